"""Exports packed in a ZIP: on a screen and on the command line, each recognised by its own header, or named if wrong."""

import json
import zipfile
from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.imports.factories import Landlord, home, tenant
from tests.imports.test_commands import ORG, SCHEMA, check, run

from bienveille.faces.cli import import_
from bienveille.register.housing.models import Dwelling
from bienveille.register.imports.models import ImportRun
from bienveille.register.imports.operations import apply_run, ask_to_apply, check_run, receive_files
from bienveille.register.imports.rules.archives import ARCHIVES, MEMBERS, archive_message
from bienveille.register.tenants.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def landlord(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "kept"
    return Landlord(tmp_path)


@pytest.fixture
def night(landlord, tmp_path):
    """Homes and tenants of one night, in one file."""
    path = tmp_path / "nuit.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.write(landlord.path("l", [tenant(), tenant(NOM="")]), "export/locataires.csv")
        package.write(landlord.path("p", [home()]), "export/patrimoine.csv")
    return path


def nested() -> bytes:
    inner, outer = BytesIO(), BytesIO()
    with zipfile.ZipFile(inner, "w") as package:
        package.writestr("a.csv", b"NOM;PRENOM")
    with zipfile.ZipFile(outer, "w") as package:
        package.writestr("dossier/encore.zip", inner.getvalue())
    return outer.getvalue()


def test_the_command_line_takes_what_it_holds(capsys, night):
    assert run(import_, night, *ORG, "--json") == 3
    document = json.loads(capsys.readouterr().out)
    check(document, SCHEMA)
    assert [(file["file"], file["kind"]) for file in document["files"]] == [
        ("locataires.csv", "tenants"), ("patrimoine.csv", "housing"),
    ]  # fmt: skip
    assert (Dwelling.objects.count(), Person.objects.count()) == (1, 1)


def test_the_command_line_names_the_member_that_is_wrong(capsys, tmp_path):
    path = tmp_path / "nuit.zip"
    path.write_bytes(nested())
    assert run(import_, path, *ORG) == 4
    said = capsys.readouterr().err
    assert (
        "«\u00a0nuit.zip\u00a0» n’est pas importée, à cause de «\u00a0encore.zip\u00a0»\u00a0: c’est une archive"
        in said
    )


def test_the_screen_shows_each_of_its_files(landlord, night):
    landlord.imports(homes=[home("0001-2")])
    client = Client()
    client.force_login(UserFactory(roles=["director"]))
    answer = client.post(reverse("imports:new"), {"exports": [SimpleUploadedFile("nuit.zip", night.read_bytes())]})
    assert answer.status_code == 302
    found = ImportRun.objects.latest("started_at")
    assert list(found.files.order_by("rank").values_list("name", "kind")) == [
        ("locataires.csv", "tenants"), ("patrimoine.csv", "housing"),
    ]  # fmt: skip
    check_run(run_id=str(found.pk))
    found.refresh_from_db()
    ask_to_apply(actor=UserFactory(roles=["director"]), run_id=found.pk, revision=1, now=found.started_at)
    apply_run(run_id=str(found.pk))
    assert (Dwelling.objects.count(), Person.objects.count()) == (2, 1)
    assert default_storage.listdir("imports")[1] == []


def test_the_screen_refuses_the_whole_and_keeps_nothing(landlord):
    landlord.imports(homes=[home()])
    client = Client()
    client.force_login(UserFactory(roles=["director"]))
    answer = client.post(reverse("imports:new"), {"exports": [SimpleUploadedFile("nuit.zip", nested())]})
    assert answer.status_code == 422
    assert "à cause de «\u00a0encore.zip\u00a0»" in answer.content.decode()
    assert not ImportRun.objects.filter(channel="web").exists()


def test_every_fault_has_its_sentence():
    for code in MEMBERS:
        assert "m.csv" in archive_message("a.zip", code, "m.csv", most=20)
    for code in ARCHIVES:
        assert archive_message("a.zip", code, "", most=20).endswith(".")
    assert "plus de 20 fichiers" in archive_message("a.zip", "too_many", "", most=20)


def test_every_fault_that_an_archive_can_have_is_known():
    """The codes of `WrongArchive`: with a member, or for the whole."""
    assert set(MEMBERS) == {"damaged", "locked", "nested", "too_big", "no_plain_file"}
    assert set(ARCHIVES) == {"damaged", "too_many", "no_members"}


def test_two_files_of_one_name_stay_apart(landlord, tmp_path):
    path = tmp_path / "nuit.zip"
    with zipfile.ZipFile(path, "w") as package:
        for agency in ("nord", "sud"):
            package.write(landlord.path("p", [home(f"{agency}-1")]), f"{agency}/patrimoine.csv")
    found = receive_files(
        actor=UserFactory(roles=["director"]),
        files=[SimpleUploadedFile("nuit.zip", path.read_bytes())],
        now=timezone.now(),
    )
    assert sorted(found.files.values_list("name", flat=True)) == ["nord/patrimoine.csv", "sud/patrimoine.csv"]
