"""The screens of imports: drop, look, correct, apply, follow, give up; who may, and what stays of the files."""

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from tests.accounts.factories import UserFactory
from tests.imports.factories import Landlord, home, tenant

from bienveille.register.accounts.models import AuditEntry
from bienveille.register.housing.models import Dwelling
from bienveille.register.imports.models import ImportFile, ImportRun
from bienveille.register.imports.operations import apply_run, check_run
from bienveille.register.tenants.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "kept"


@pytest.fixture
def landlord(tmp_path):
    made = Landlord(tmp_path)
    made.imports(homes=[home(), home("0001-2")], tenants=[tenant()])
    return made


@pytest.fixture
def client(landlord):
    made = Client()
    made.force_login(UserFactory(first_name="Nadia", roles=["director"]))
    return made


def given(path, name=""):
    return SimpleUploadedFile(name or path.name, path.read_bytes())


def drop(client, *files, **more):
    return client.post(reverse("imports:new"), {"exports": list(files), **more})


def text(response):
    return response.content.decode()


def dropped(client, *files, **more) -> ImportRun:
    response = drop(client, *files, **more)
    assert response.status_code == 302, text(response)
    return ImportRun.objects.latest("started_at")


def checked(client, *files, **more) -> ImportRun:
    found = dropped(client, *files, **more)
    check_run(run_id=str(found.pk))
    found.refresh_from_db()
    return found


def page(client, run, **more):
    return client.get(reverse("imports:run", args=[run.pk]), **more)


def newcomers(landlord, *extra):
    rows = [
        tenant(),
        tenant(N_CONTRAT="002", CODE_LOGEMENT="0001-2", NOM="ROYER", PRENOM="Anaïs", SOLDE="817,93"),
        tenant(N_CONTRAT="003", CODE_LOGEMENT="0009-9", NOM="PETIT"),
        *extra,
    ]
    return landlord.path("export", rows)


class TestDrop:
    def test_a_file_is_kept_recognised_and_checked_by_a_job(self, client, landlord):
        run = dropped(client, given(newcomers(landlord)))
        file = run.files.get()
        assert (run.state, run.channel, file.kind, file.encoding) == ("checking", "web", "tenants", "cp1252")
        assert default_storage.exists(file.stored)
        assert "export" not in file.stored
        assert "Les fichiers sont vérifiés" in text(page(client, run))

    def test_nothing_left_aside_is_ever_kept_as_a_sample(self, client, landlord):
        run = dropped(client, given(newcomers(landlord)))
        samples = run.files.get().samples
        assert samples["NOM"] == ["MARTIN", "ROYER", "PETIT"]
        assert {"SOLDE", "COMMENTAIRE", "HANDICAP"} & samples.keys() == set()

    def test_a_wrong_file_gets_one_sentence_and_nothing_is_kept(self, client, landlord, tmp_path):
        response = drop(
            client, given(newcomers(landlord)), SimpleUploadedFile("courrier.pdf", b"%PDF-1.7 bonjour"),
        )  # fmt: skip
        assert response.status_code == 422
        assert "«\u00a0courrier.pdf\u00a0» n’est pas importé\u00a0: c’est un document PDF" in text(response)
        assert not ImportRun.objects.filter(channel="web").exists()
        assert [path for path in (tmp_path / "kept").rglob("*") if path.is_file()] == []

    def test_no_file_and_too_many_files(self, client, landlord):
        assert "Choisissez au moins un fichier." in text(drop(client))
        many = [given(newcomers(landlord), f"{n}.csv") for n in range(11)]
        assert "10 fichiers au plus" in text(drop(client, *many))
        assert ImportRun.objects.filter(channel="web").count() == 0

    def test_an_empty_file_is_said_to_be_empty(self, client):
        assert "le fichier est vide" in text(drop(client, SimpleUploadedFile("rien.csv", b"")))


class TestPreview:
    def test_counts_before_and_after_and_nothing_written(self, client, landlord):
        run = checked(client, given(newcomers(landlord)))
        assert (run.state, run.checked_revision) == ("ready", 1)
        assert run.figures["before"]["persons"] == 1
        assert run.figures["after"]["persons"] == 2
        assert Person.objects.count() == 1
        shown = text(page(client, run))
        assert "Appliquer les 2\u00a0lignes" in shown
        assert "+\u00a01" in shown
        assert "Logement absent" not in shown
        assert "Ce logement n’est pas dans le patrimoine" in shown
        assert "Importer d’abord le patrimoine" in shown
        assert "817,93" not in shown
        assert "Ne pas déranger" not in shown

    def test_it_says_how_each_file_was_understood(self, client, landlord):
        shown = text(page(client, checked(client, given(newcomers(landlord)))))
        assert "Windows-1252, point-virgule, titres en ligne 1" in shown
        assert "Jamais conservée" in shown
        assert "Laissée de côté par défaut" in shown

    def test_a_job_run_twice_changes_nothing(self, client, landlord):
        run = checked(client, given(newcomers(landlord)))
        before = list(ImportFile.objects.filter(run=run).values())
        check_run(run_id=str(run.pk))
        assert list(ImportFile.objects.filter(run=run).values()) == before
