"""Rows that are refused, cells that are doubtful, files that stop everything."""

from pathlib import Path

import pytest
from django.db import connection
from tests.imports.factories import TODAY, Landlord, home, tenant

from bienveille.register.accounts.models import Landlord as LandlordRow
from bienveille.register.housing.models import Dwelling
from bienveille.register.imports import operations
from bienveille.register.imports.models import ImportIssue, ImportRun
from bienveille.register.imports.operations import (
    NoLandlord,
    OtherLandlord,
    WrongFile,
    import_files,
    tenant_statements,
)
from bienveille.register.tenants.models import ContactPoint, Household, Person

pytestmark = pytest.mark.django_db

FIXTURES = Path(__file__).parent.parent / "fixtures"
HOMES = [home(), home("0001-2", ETAGE="3"), home("0002-1", CODE_RESIDENCE="0002", NOM_RESIDENCE="Résidence Deux")]


@pytest.fixture
def landlord(tmp_path):
    return Landlord(tmp_path)


@pytest.fixture
def settled(landlord):
    """A landlord whose homes and one household are in the register."""
    landlord.imports(homes=HOMES, tenants=[tenant()])
    return landlord


def test_unknown_homes_are_looked_up_however_many_they_are(db):
    """The planner expects none: joined, a million rows would be compared with each of half a million codes."""
    with connection.cursor() as cursor:
        cursor.execute(tenant_statements.STAGE)
        cursor.execute(f"EXPLAIN {tenant_statements.UNKNOWN_DWELLINGS}")
        plan = [line.strip() for (line,) in cursor.fetchall()]
    looked_up = next(rank for rank, line in enumerate(plan) if "hashed SubPlan" in line)
    assert plan[looked_up - 1].startswith("->  Seq Scan on imp_tenant t ")


class TestRejects:
    @pytest.mark.parametrize(
        ("change", "reason", "column"),
        [
            ({"DATE_SORTIE": "01/01/2009"}, "exit_before_entry", "DATE_SORTIE"),
            ({"CODE_LOGEMENT": "9999"}, "unknown_dwelling", "CODE_LOGEMENT"),
            ({"NOM": " "}, "missing_name", "NOM"),
            ({"N_CONTRAT": ""}, "missing_key", "N_CONTRAT"),
        ],
    )
    def test_a_wrong_row_is_refused_and_the_others_are_taken(self, landlord, change, reason, column):
        files = landlord.imports(homes=HOMES, tenants=[tenant(), tenant(N_CONTRAT="002") | change])
        assert [(r["row"], r["reason"], r["column"]) for r in files["tenants"]["rejects"]] == [(3, reason, column)]
        assert (files["tenants"]["accepted"], files["tenants"]["created"]) == (1, 1)
        assert ImportIssue.objects.get(severity="reject").row == 3

    def test_a_garage_without_a_name_is_refused_and_without_a_known_home_is_not(self, landlord):
        garage = tenant(NATURE_CONTRAT="STATIONNEMENT", CODE_LOGEMENT="G1")
        files = landlord.imports(homes=HOMES, tenants=[garage, garage | {"N_CONTRAT": "2", "NOM": "", "PRENOM": ""}])
        assert [r["reason"] for r in files["tenants"]["rejects"]] == ["missing_name"]

    def test_the_same_person_twice_is_refused_once(self, landlord):
        twins = [tenant(), tenant(), tenant(DATE_NAISSANCE="05/06/1970")]
        files = landlord.imports(homes=HOMES, tenants=twins)
        assert [(r["row"], r["reason"]) for r in files["tenants"]["rejects"]] == [(3, "duplicate_key")]
        assert Person.objects.count() == 2

    def test_a_home_twice_is_refused_once(self, landlord):
        files = landlord.imports(homes=[home(), home(TYPE="T5")])
        assert [(r["row"], r["reason"]) for r in files["housing"]["rejects"]] == [(3, "duplicate_key")]
        assert Dwelling.objects.get().type == "t2"

    def test_rows_too_short_or_too_long_are_refused(self, landlord):
        path = landlord.path("patrimoine", HOMES)
        text = path.read_text(encoding="cp1252").splitlines()
        text[2] = text[2].rsplit(";", 2)[0]
        text[3] += ";trop"
        path.write_text("\r\n".join(text), encoding="cp1252")
        report = import_files(paths=[path], today=TODAY, org="H").as_dict()
        assert [(r["row"], r["reason"]) for r in report["files"][0]["rejects"]] == [
            (3, "too_few_columns"),
            (4, "too_many_columns"),
        ]

    def test_records_are_accepted_plus_rejected(self, landlord):
        rows = [tenant(N_CONTRAT=str(n), NOM="" if n % 3 else "X") for n in range(10)]
        file = landlord.imports(homes=HOMES, tenants=rows)["tenants"]
        assert (file["records"], file["accepted"], file["rejected"]) == (10, 4, 6)


class TestDoubtfulCells:
    def test_each_is_dropped_with_a_warning_that_names_it(self, landlord):
        row = tenant(DATE_NAISSANCE="31/02/1947", TEL_PORTABLE="néant", EMAIL="x@x", LANGUE="klingon", CIVILITE="Dr")
        file = landlord.imports(homes=HOMES, tenants=[row])["tenants"]
        assert {(w["row"], w["column"], w["value"], w["reason"]) for w in file["warnings"]} == {
            (2, "DATE_NAISSANCE", "31/02/1947", "impossible_date"),
            (2, "TEL_PORTABLE", "néant", "invalid_phone"),
            (2, "EMAIL", "x@x", "invalid_email"),
            (2, "LANGUE", "klingon", "unknown_language"),
            (2, "CIVILITE", "Dr", "unknown_value"),
        }
        assert (file["warned"], file["accepted"]) == (1, 1)
        assert Person.objects.get().birth_date is None

    def test_who_answers_is_kept_and_a_free_remark_is_not_even_in_the_report(self, landlord):
        rows = [tenant(TEL_FIXE="04 72 10 72 85 (fille)", TEL_PORTABLE="06 85 55 94 31 boit beaucoup")]
        file = landlord.imports(homes=HOMES, tenants=rows)["tenants"]
        assert [(w["value"], w["reason"]) for w in file["warnings"]] == [("06 85 55 94 31", "phone_remark")]
        assert dict(ContactPoint.objects.filter(kind="phone").values_list("value", "whose")) == {
            "+33472107285": "fille",
            "+33685559431": "",
        }

    def test_rows_of_a_lease_that_disagree_follow_the_first(self, landlord):
        rows = [tenant(), tenant(PRENOM="Luc", CODE_LOGEMENT="0001-2")]
        file = landlord.imports(homes=HOMES, tenants=rows)["tenants"]
        assert [(w["row"], w["reason"]) for w in file["warnings"]] == [(3, "lease_conflict")]
        assert Household.objects.select_related("dwelling").get().dwelling.code == "0001-1"


WORKBOOK = (FIXTURES / "erp-xlsx" / "collaborateurs.xlsx").read_bytes()
WRONG = {
    "courrier.pdf": (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
    "vide.csv": (b"", "vide"),
    "photo.csv": (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image"),
    "coupe.xlsx": (WORKBOOK[:3000], "tronqué"),
    "trois.csv": (b"NOM;PRENOM;EMAIL\nA;B;c@d.fr\n", "3\u00a0colonnes"),
    "autre.csv": (b"Alpha;Beta;Gamma;Delta\n1;2;3;4\n", "ce qu’il décrit"),
    "guillemet.csv": (b'NOM;PRENOM;EMAIL;ROLE\nA;"B;c@d.fr;E\nF;G;h@i.fr;J\nK;L;m@n.fr;O\n', "guillemet"),
    "titres.csv": (b"NOM;PRENOM;EMAIL;ROLE\n", "aucune ligne"),
    "autre.json": (b'{"a": 1}', "structures"),
    "coupe.json": (b'{"structures": [', "tronqué"),
    "profond.json": (b"[" * 100_000, "tronqué"),
}


class TestWrongFiles:
    @pytest.mark.parametrize("name", WRONG)
    def test_one_clear_sentence_and_nothing_half_imported(self, landlord, name):
        content, says = WRONG[name]
        wrong = landlord.folder / name
        wrong.write_bytes(content)
        homes = landlord.path("patrimoine", HOMES)
        with pytest.raises(WrongFile) as caught:
            import_files(paths=[homes, wrong], today=TODAY, org="H")
        assert str(caught.value).startswith(f"«\u00a0{name}\u00a0» n’est pas importé\u00a0: ")
        assert says in str(caught.value)
        assert not Dwelling.objects.exists()
        assert not LandlordRow.objects.exists()
        assert ImportRun.objects.get().state == "refused"

    def test_a_file_found_wrong_on_the_way_undoes_the_others(self, landlord):
        rows = [tenant(N_CONTRAT=str(n)) for n in range(200)]
        path = landlord.path("locataires", rows)
        lines = path.read_bytes().split(b"\r\n")
        lines[150] = lines[150].replace(b"MARTIN", b'"MARTIN', 1)
        path.write_bytes(b"\r\n".join(lines))
        with pytest.raises(WrongFile, match="guillemet"):
            import_files(paths=[landlord.path("patrimoine", HOMES), path], today=TODAY, org="H")
        assert not Dwelling.objects.exists()

    def test_an_empty_database_wants_a_name(self, landlord):
        with pytest.raises(NoLandlord):
            import_files(paths=[landlord.path("patrimoine", HOMES)], today=TODAY)

    def test_another_landlords_name_is_refused(self, settled):
        with pytest.raises(OtherLandlord):
            import_files(paths=[settled.path("patrimoine", HOMES)], today=TODAY, org="Un autre bailleur")

    def test_a_failure_in_the_middle_leaves_nothing(self, landlord, monkeypatch):
        monkeypatch.setattr(operations.call, "record_audit", lambda **_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            landlord.imports(homes=HOMES, tenants=[tenant()])
        assert not Dwelling.objects.exists()
        assert not Person.objects.exists()
