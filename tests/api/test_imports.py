"""The landlord's program brings its exports: received, checked, applied by themselves, read again; who may, and limits."""

import json
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.api.programs import Api
from tests.architecture.house import ROOT
from tests.architecture.json_schema import faults
from tests.imports.factories import Landlord, home, tenant

from bienveille.faces.api.views import problems
from bienveille.register.accounts.models import AuditEntry
from bienveille.register.housing.models import Dwelling
from bienveille.register.imports.models import ImportRun
from bienveille.register.imports.operations import apply_run, check_run
from bienveille.register.tenants.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "kept"


@pytest.fixture
def landlord(tmp_path):
    made = Landlord(tmp_path)
    made.imports(homes=[home()])
    return made


@pytest.fixture
def program(landlord):
    return Api(UserFactory(roles=["depositor"]))


@pytest.fixture
def tenants(landlord):
    return "locataires.csv", landlord.path("export", [tenant(), tenant(PRENOM="Luc"), tenant(NOM="")]).read_bytes()


def done(answer) -> dict:
    """The jobs of a deposit, then what its program reads."""
    assert answer.status_code == 202, answer.content
    check_run(run_id=answer.json()["id"])
    apply_run(run_id=answer.json()["id"])
    return answer


def test_received_checked_and_applied_without_anybody(program, tenants):
    answer = program.deposit(tenants)
    assert answer.json()["state"] == "checking"
    assert answer["Location"] == f"/api/v1/imports/{answer.json()['id']}"
    assert Person.objects.count() == 0
    done(answer)
    read = program.get(answer["Location"].removeprefix("/api/v1")).json()
    assert (read["state"], read["applied"], Person.objects.count()) == ("applied", True, 2)
    (file,) = read["files"]
    assert (file["file"], file["kind"], file["records"], file["rejected"]) == ("locataires.csv", "tenants", 3, 1)
    assert [(one["row"], one["reason"]) for one in file["rejects"]] == [(4, "missing_name")]
    assert file["households"] == 1
    assert faults(read, ROOT / "docs" / "contracts" / "import-run.schema.json") == []
    run = ImportRun.objects.get(pk=read["id"])
    assert (run.channel, run.actor_id, run.automatic) == ("api", program.user.pk, True)
    assert not default_storage.exists(run.files.get().stored or "imports/rien")


def test_the_example_is_of_the_shape():
    folder = ROOT / "docs" / "contracts"
    example = json.loads((folder / "import-run.example.json").read_text(encoding="utf-8"))
    assert faults(example, folder / "import-run.schema.json") == []


def test_one_file_in_the_body_and_a_zip(program, landlord, tenants):
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        package.writestr("nuit/patrimoine.csv", Path(landlord.path("p", [home(), home("0001-2")])).read_bytes())
        package.writestr("nuit/locataires.csv", tenants[1])
    headers = {"Authorization": f"Bearer {program.secret}"}
    answer = Client().generic(
        "POST", "/api/v1/imports?name=nuit.zip", packed.getvalue(), content_type="application/zip", headers=headers
    )
    done(answer)
    read = program.get(f"/imports/{answer.json()['id']}").json()
    assert [file["file"] for file in read["files"]] == ["patrimoine.csv", "locataires.csv"]
    assert (Dwelling.objects.count(), Person.objects.count()) == (2, 2)


def test_the_same_key_brings_the_same_answer_and_one_import(program, tenants):
    key = {"Idempotency-Key": "nuit-1"}
    first, again = program.deposit(tenants, **key), program.deposit(tenants, **key)
    assert first.json() == again.json()
    assert first["Location"] == again["Location"]
    assert ImportRun.objects.filter(channel="api").count() == 1
    other = program.deposit(("locataires.csv", tenants[1] + b"\n"), **key)
    assert (other.status_code, list(other.json()["errors"])) == (422, ["Idempotency-Key"])


def test_a_wrong_file_leaves_a_refused_import_that_says_why(program, tenants):
    answer = program.deposit(tenants, ("courrier.pdf", b"%PDF-1.7 bonjour"))
    assert (answer.status_code, answer.json()["state"]) == (202, "refused")
    read = program.get(f"/imports/{answer.json()['id']}").json()
    assert "courrier.pdf" in read["refusal"]
    assert [file["kind"] for file in read["files"]] == [None, None]
    assert default_storage.listdir("imports")[1] == []
    assert faults(read, ROOT / "docs" / "contracts" / "import-run.schema.json") == []


@pytest.mark.parametrize(
    ("query", "content", "kind", "field"),
    [
        ("", b"NOM;PRENOM", "text/csv", "name"),
        ("?name=a.csv", b"", "text/csv", "files"),
        ("?name=a.csv&profile=inconnu", b"NOM", "text/csv", "profile"),
        ("?name=a.csv&departures=tous", b"NOM", "text/csv", "departures"),
        ("?name=a/b.csv", b"NOM", "text/csv", "name"),
    ],
)
def test_what_is_wrong_in_the_request_keeps_nothing(program, query, content, kind, field):
    headers = {"Authorization": f"Bearer {program.secret}"}
    answer = Client().generic("POST", f"/api/v1/imports{query}", content, content_type=kind, headers=headers)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
    assert not ImportRun.objects.filter(channel="api").exists()


def test_an_empty_or_broken_form(program):
    assert list(program.deposit().json()["errors"]) == ["files"]
    headers = {"Authorization": f"Bearer {program.secret}"}
    for body, kind in ((b"rien", "multipart/form-data"), (b"--x\r\n", "multipart/form-data; boundary=\xff")):
        answer = Client().generic("POST", "/api/v1/imports", body, content_type=kind, headers=headers)
        assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_an_image_is_not_read(program):
    headers = {"Authorization": f"Bearer {program.secret}"}
    answer = Client().generic("POST", "/api/v1/imports?name=a", b"x", content_type="image/png", headers=headers)
    assert answer.status_code == 415


def test_the_body_has_an_end(program, monkeypatch):
    monkeypatch.setattr(problems, "LARGEST_DEPOSIT", 10)
    headers = {"Authorization": f"Bearer {program.secret}"}
    answer = Client().generic("POST", "/api/v1/imports?name=a.csv", b"x" * 20, content_type="text/csv", headers=headers)
    assert answer.status_code == 413
    other = Client().generic(
        "POST", "/api/v1/campaigns", b"x" * 1_000_001, content_type="application/json", headers=headers
    )
    assert other.status_code == 413


class TestWhoMay:
    @pytest.mark.parametrize("role", ["administrator", "director", "depositor"])
    def test_these_may(self, landlord, tenants, role):
        assert Api(UserFactory(roles=[role])).deposit(tenants).status_code == 202

    def test_nobody_else(self, landlord, tenants, program):
        mine = program.deposit(tenants).json()["id"]
        agency = AgencyFactory()
        for roles in ([], ["caller"], ["agency_manager"], [("administrator", agency)], [("depositor", agency)]):
            other = Api(UserFactory(roles=roles))
            assert other.deposit(tenants).status_code == 403
            assert other.get(f"/imports/{mine}").status_code == 404

    def test_a_program_reads_its_own_and_who_imports_reads_all(self, program, tenants):
        mine = program.deposit(tenants).json()["id"]
        assert Api(UserFactory(roles=["depositor"])).get(f"/imports/{mine}").status_code == 404
        assert Api(UserFactory(roles=["director"])).get(f"/imports/{mine}").status_code == 200

    def test_it_is_audited_as_done_by_a_program(self, program, tenants):
        mine = program.deposit(tenants).json()["id"]
        entry = AuditEntry.objects.get(subject_id=mine, action="import.changed")
        assert (entry.actor_id, entry.channel, entry.detail["did"]) == (program.user.pk, "api", "received")


def test_reading_costs_the_same_however_many_rows_are_wrong(program, landlord):
    ids = []
    for wrong in (1, 40):
        rows = [tenant(N_CONTRAT=str(n), NOM="") for n in range(wrong)]
        answer = program.deposit(("locataires.csv", landlord.path("e", rows).read_bytes()))
        ids.append(done(answer).json()["id"])
    counts = []
    for one in ids:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert program.get(f"/imports/{one}").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 8
