"""Imports that follow one another: what is created, changed, closed, left alone."""

import datetime as dt
import json
from pathlib import Path

import pytest
from tests.imports.factories import STAFF, TODAY, Landlord, changes_of, home, tenant, write_csv

from bienveille.register.accounts.models import Agency, AuditEntry, RoleGrant, User
from bienveille.register.accounts.models import Landlord as LandlordRow
from bienveille.register.housing.models import Commune, Dwelling, Residence
from bienveille.register.imports.models import ImportFile, ImportIssue, ImportRun
from bienveille.register.imports.operations import UnknownProfile, import_files
from bienveille.register.imports.queries import register_figures
from bienveille.register.partners.models import Service, Structure
from bienveille.register.tenants.models import ContactPoint, Household, Lease, Mark, Person

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


class TestFirstImport:
    def test_the_landlord_is_created_with_its_name(self, landlord):
        landlord.imports(homes=HOMES)
        assert LandlordRow.objects.get().name == "Habitat des Trois Rivières"

    def test_homes_are_as_the_file_says(self, landlord):
        landlord.imports(homes=HOMES)
        dwelling = Dwelling.objects.select_related("building__residence__agency", "building__residence__commune").get(
            code="0001-1"
        )
        residence = dwelling.building.residence
        assert (dwelling.floor, dwelling.type, float(dwelling.surface), dwelling.lift) == (0, "t2", 40.5, True)
        assert (dwelling.dpe, dwelling.ownership, dwelling.building.code) == ("c", "full", "A")
        assert (residence.agency.code, residence.in_qpv, residence.commune.code) == ("LYO", False, "69385")
        assert (residence.commune.name, residence.commune.postal_codes) == ("Lyon 5e", ["69005"])

    def test_people_are_as_the_file_says(self, settled):
        person = Person.objects.select_related("household").get()
        assert (person.title, person.last_name, person.birth_date, person.role) == (
            "mrs",
            "MARTIN",
            dt.date(1945, 4, 3),
            "holder",
        )
        assert (person.marital_status, person.languages) == ("widowed", ["fr"])
        assert person.household.name == "Mme Jeanne MARTIN"
        assert sorted(ContactPoint.objects.values_list("kind", "value", "status", "source")) == [
            ("email", "jeanne.martin@courriel.example", "valid", "erp"),
            ("phone", "+33685559431", "valid", "erp"),
        ]

    def test_nothing_is_kept_of_columns_left_aside(self, settled):
        assert not Mark.objects.exists()
        file = ImportFile.objects.get(kind="tenants")
        assert file.ignored_columns == ["HANDICAP", "SOLDE", "COMMENTAIRE"]
        assert not ImportIssue.objects.exists()

    def test_one_audit_row_says_it(self, settled):
        entry = AuditEntry.objects.get(action="import.applied")
        assert entry.subject_id == ImportRun.objects.get().pk
        assert entry.detail["files"]["tenants"]["created"] == 1

    def test_each_run_says_what_the_register_counts_before_and_after(self, settled):
        settled.imports(tenants=[tenant(), tenant(N_CONTRAT="2", CODE_LOGEMENT="0001-2", TEL_PORTABLE="")])
        settled.imports(homes=[home("0003-1")])
        settled.imports(staff=[STAFF])
        before = dict.fromkeys(("dwellings", "households", "persons", "leases", "phones", "users", "services"), 0)
        for run, changes in zip(
            ImportRun.objects.order_by("started_at"),
            [
                {"dwellings": 3, "households": 1, "persons": 1, "leases": 1, "phones": 1},
                {"households": 2, "persons": 2, "leases": 2},
                {"dwellings": 4},
                {"users": User.objects.filter(is_active=True).count()},
            ],
            strict=True,
        ):
            assert run.figures == {"before": before, "after": before | changes}
            before = run.figures["after"]

    def test_a_former_tenant_leaves_a_lease_and_no_person(self, landlord):
        files = landlord.imports(homes=HOMES, tenants=[tenant(DATE_SORTIE="20/11/2026")])
        assert changes_of(files["tenants"]) == (0, 0, 0, 0)
        assert files["tenants"]["accepted"] == 1
        assert Lease.objects.get().exit == dt.date(2026, 11, 20)
        assert not Person.objects.exists()
        assert not Household.objects.exists()

    @pytest.mark.parametrize("last_day", ["21/11/2026", "31/12/9999", "", "00/00/0000", "01/03/2027"])
    def test_a_lease_runs_until_its_last_day_is_past(self, landlord, last_day):
        landlord.imports(homes=HOMES, tenants=[tenant(DATE_SORTIE=last_day)])
        assert register_figures(on=TODAY)["households"] == 1

    def test_a_garage_is_a_lease_of_the_same_household(self, landlord):
        garage = tenant(N_CONTRAT="G1", NATURE_CONTRAT="STATIONNEMENT", CODE_LOGEMENT="G000001")
        other = tenant(N_CONTRAT="G2", NATURE_CONTRAT="STATIONNEMENT", CODE_LOGEMENT="G000002", NOM="AUTRE")
        files = landlord.imports(homes=HOMES, tenants=[tenant(), garage, other])
        assert files["tenants"]["rejected"] == 0
        assert changes_of(files["tenants"]) == (1, 0, 0, 0)
        household = Household.objects.get()
        assert dict(Lease.objects.values_list("number", "household_id")) == {
            "001": household.pk,
            "G1": household.pk,
            "G2": None,
        }

    def test_staff_become_accounts_with_their_role(self, landlord):
        social = STAFF | {"EMAIL": "lea@bailleur.example", "NOM": "PETIT", "ROLE": "CESF", "AGENCE": "Siège"}
        landlord.imports(homes=HOMES, staff=[STAFF, social])
        caller = User.objects.get(email="paul.durand@bailleur.example")
        agency = Agency.objects.get(code="LYO")
        assert (float(caller.hours_per_week), caller.languages, caller.agency_id) == (3.5, ["fr", "tr"], agency.pk)
        assert not caller.has_usable_password()
        assert sorted(RoleGrant.objects.values_list("user__email", "role", "agency")) == [
            ("lea@bailleur.example", "social_worker", None),
            ("paul.durand@bailleur.example", "caller", agency.pk),
        ]

    def test_a_file_grants_no_right_over_everything(self, landlord):
        stranger = STAFF | {"EMAIL": "a@b.fr", "AGENCE": "Agence de Nulle Part"}
        files = landlord.imports(homes=HOMES, staff=[STAFF | {"ROLE": "Administrateur"}, stranger])
        assert [warning["reason"] for warning in files["staff"]["warnings"]] == ["role_not_granted", "unknown_agency"]
        assert not RoleGrant.objects.exists()


class TestAgain:
    def test_the_same_files_again_change_nothing(self, settled):
        before = list(Person.objects.values()) + list(ContactPoint.objects.values()) + list(Lease.objects.values())
        files = settled.imports(homes=HOMES, tenants=[tenant()])
        assert changes_of(files["tenants"]) == (0, 0, 0, 1)
        assert changes_of(files["housing"]) == (0, 0, 0, 3)
        after = list(Person.objects.values()) + list(ContactPoint.objects.values()) + list(Lease.objects.values())
        assert before == after

    @pytest.mark.parametrize(
        ("change", "field", "value"),
        [
            ({"DATE_NAISSANCE": "03/04/1946"}, "birth_date", dt.date(1946, 4, 3)),
            ({"SITUATION": "MARIE"}, "marital_status", "married"),
            ({"LANGUE": "Turc"}, "languages", ["tr"]),
        ],
    )
    def test_a_changed_cell_updates_the_person(self, settled, change, field, value):
        files = settled.imports(tenants=[tenant(**change)])
        assert changes_of(files["tenants"]) == (0, 1, 0, 0)
        assert getattr(Person.objects.get(), field) == value

    def test_an_empty_cell_erases_nothing(self, settled):
        settled.imports(tenants=[tenant(DATE_NAISSANCE="", LANGUE="", TEL_PORTABLE="", EMAIL="", CIVILITE="")])
        person = Person.objects.get()
        assert (person.birth_date, person.languages, person.title) == (dt.date(1945, 4, 3), ["fr"], "mrs")
        assert ContactPoint.objects.filter(status="valid").count() == 2

    def test_a_correction_made_here_stays_while_the_file_says_the_same(self, settled):
        Person.objects.update(birth_date=dt.date(1950, 1, 2))
        assert changes_of(settled.imports(tenants=[tenant()])["tenants"]) == (0, 0, 0, 1)
        assert Person.objects.get().birth_date == dt.date(1950, 1, 2)

    def test_a_lease_that_ends_closes_its_people_and_its_household(self, settled):
        files = settled.imports(tenants=[tenant(DATE_SORTIE="15/11/2026")])
        assert changes_of(files["tenants"]) == (0, 0, 1, 0)
        assert Person.objects.get().left_on == dt.date(2026, 11, 15)
        household = Household.objects.get()
        assert (household.closed_on, household.dwelling_id) == (dt.date(2026, 11, 15), None)
        assert changes_of(settled.imports(tenants=[tenant(DATE_SORTIE="15/11/2026")])["tenants"]) == (0, 0, 0, 0)

    def test_a_lease_whose_last_day_passes_closes_with_the_same_file(self, settled):
        settled.imports(tenants=[tenant(DATE_SORTIE="30/11/2026")])
        assert Person.objects.get().left_on is None
        files = settled.imports(tenants=[tenant(DATE_SORTIE="30/11/2026")], today=dt.date(2026, 12, 1))
        assert files["tenants"]["closed"] == 1

    def test_a_lease_that_opens_again_brings_them_back(self, settled):
        settled.imports(tenants=[tenant(DATE_SORTIE="15/11/2026")])
        files = settled.imports(tenants=[tenant()])
        assert changes_of(files["tenants"]) == (0, 1, 0, 0)
        assert (Person.objects.get().left_on, Household.objects.get().closed_on) == (None, None)
        assert register_figures(on=TODAY)["persons"] == 1

    def test_somebody_no_longer_listed_in_the_lease_has_left(self, settled):
        settled.imports(tenants=[tenant(), tenant(NOM="MARTIN", PRENOM="Luc", ROLE="OCCUPANT")])
        files = settled.imports(tenants=[tenant()])
        assert changes_of(files["tenants"]) == (0, 0, 1, 1)
        assert Person.objects.get(first_name="Luc").left_on == dt.date(2026, 11, 20)
        back = settled.imports(tenants=[tenant(), tenant(NOM="MARTIN", PRENOM="Luc", ROLE="OCCUPANT")])
        assert changes_of(back["tenants"]) == (0, 1, 0, 1)

    def test_a_refused_row_closes_nobody(self, settled):
        luc = tenant(NOM="MARTIN", PRENOM="Luc", ROLE="OCCUPANT")
        settled.imports(tenants=[tenant(), luc])
        files = settled.imports(tenants=[tenant(), luc | {"DATE_SORTIE": "01/01/2001"}])
        assert files["tenants"]["closed"] == 0
        assert not Person.objects.exclude(left_on=None).exists()

    def test_a_lease_the_file_does_not_mention_is_left_alone(self, settled):
        other = tenant(N_CONTRAT="002", CODE_LOGEMENT="0001-2", NOM="PETIT")
        files = settled.imports(tenants=[other])
        assert changes_of(files["tenants"]) == (1, 0, 0, 0)
        assert not Person.objects.exclude(left_on=None).exists()

    def test_a_household_follows_its_lease_to_another_home(self, settled):
        settled.imports(tenants=[tenant(CODE_LOGEMENT="0002-1")])
        assert Household.objects.select_related("dwelling").get().dwelling.code == "0002-1"

    def test_homes_follow_the_file(self, settled):
        files = settled.imports(homes=[home(TYPE="T3", ETAGE=""), *HOMES[1:]])
        assert changes_of(files["housing"]) == (0, 1, 0, 2)
        assert (Dwelling.objects.get(code="0001-1").type, Dwelling.objects.get(code="0001-1").floor) == ("t3", 0)

    def test_a_renamed_residence_touches_its_homes(self, settled):
        files = settled.imports(homes=[row | {"NOM_RESIDENCE": "Les Lilas"} for row in HOMES[:2]] + HOMES[2:])
        assert changes_of(files["housing"]) == (0, 2, 0, 1)
        assert Residence.objects.get(code="0001").name == "Les Lilas"

    def test_staff_follow_the_file_and_keep_one_grant(self, settled):
        other = home("0003-1", CODE_RESIDENCE="3", CODE_AGENCE="STE", LIB_AGENCE="Agence de Saint-Étienne")
        settled.imports(homes=[*HOMES, other], staff=[STAFF])
        assert changes_of(settled.imports(staff=[STAFF])["staff"]) == (0, 0, 0, 1)
        files = settled.imports(staff=[STAFF | {"AGENCE": "AGENCE DE SAINT ETIENNE"}])
        assert changes_of(files["staff"]) == (0, 1, 0, 0)
        assert RoleGrant.objects.select_related("agency").get().agency.code == "STE"

    def test_homonyms_of_one_lease_keep_their_identity(self, settled):
        father, son = tenant(), tenant(DATE_NAISSANCE="01/01/1975", ROLE="OCCUPANT")
        settled.imports(tenants=[father, son])
        identities = dict(Person.objects.values_list("birth_date", "id"))
        files = settled.imports(tenants=[son, father])
        assert changes_of(files["tenants"]) == (0, 0, 0, 2)
        assert dict(Person.objects.values_list("birth_date", "id")) == identities
        files = settled.imports(tenants=[son])
        assert files["tenants"]["closed"] == 1
        assert Person.objects.exclude(left_on=None).get().birth_date == dt.date(1945, 4, 3)


class TestHandsOff:
    """What people did here is theirs."""

    def test_a_number_found_wrong_stays_wrong(self, settled):
        ContactPoint.objects.filter(kind="phone").update(status="wrong")
        settled.imports(tenants=[tenant(SITUATION="MARIE")])
        assert ContactPoint.objects.get(kind="phone").status == "wrong"

    def test_opposition_protection_and_death_stay(self, settled):
        Person.objects.update(opposed_on=TODAY, protected_address=True, deceased=True, left_on=TODAY)
        settled.imports(tenants=[tenant(SITUATION="MARIE")])
        person = Person.objects.get()
        assert (person.opposed_on, person.protected_address, person.deceased, person.left_on) == (
            TODAY,
            True,
            True,
            TODAY,
        )

    def test_a_replaced_number_waits_for_a_check_and_comes_back(self, settled):
        files = settled.imports(tenants=[tenant(TEL_PORTABLE="07 85 55 94 31")])
        assert changes_of(files["tenants"]) == (0, 1, 0, 0)
        assert dict(ContactPoint.objects.filter(kind="phone").values_list("value", "status")) == {
            "+33685559431": "unverified",
            "+33785559431": "valid",
        }
        settled.imports(tenants=[tenant()])
        assert ContactPoint.objects.get(value="+33685559431").status == "valid"

    def test_a_number_added_here_stays_usable(self, settled):
        ContactPoint.objects.create(person=Person.objects.get(), kind="phone", value="+33472000000", source="call")
        settled.imports(tenants=[tenant(TEL_PORTABLE="07 85 55 94 31")])
        assert ContactPoint.objects.get(value="+33472000000").status == "valid"

    def test_somebody_added_here_is_not_doubled_when_the_file_lists_them(self, settled):
        Person.objects.create(household=Household.objects.get(), last_name="Petit", first_name="Éva")
        settled.imports(tenants=[tenant(), tenant(NOM="PETIT", PRENOM="Eva", ROLE="OCCUPANT")])
        assert Person.objects.count() == 2
        assert Person.objects.get(first_name="Eva").erp_key == "001|petit eva"

    def test_somebody_added_here_and_never_listed_stays(self, settled):
        Person.objects.create(household=Household.objects.get(), last_name="Petit")
        assert settled.imports(tenants=[tenant()])["tenants"]["closed"] == 0


class TestProfile:
    def test_a_profile_keeps_a_declared_disability_for_its_purpose(self, landlord):
        rows = [tenant(), tenant(N_CONTRAT="002", CODE_LOGEMENT="0001-2", HANDICAP="N")]
        landlord.imports(homes=HOMES, tenants=rows, profile="accessibility")
        mark = Mark.objects.select_related("person").get()
        assert (mark.kind, mark.source, mark.purpose) == ("disability_declared", "erp", "accessibility")
        assert (mark.person.erp_key, mark.noted_on, mark.expires_on) == (
            "001|martin jeanne",
            TODAY,
            dt.date(2028, 11, 21),
        )

    def test_a_profile_that_does_not_exist_is_refused(self, landlord):
        with pytest.raises(UnknownProfile, match="accessibility"):
            landlord.imports(homes=HOMES, profile="tout")


class TestPartners:
    def paths(self, folder, document):
        path = folder / "partenaires.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        return [path]

    def document(self):
        return json.loads((FIXTURES / "erp-utf8" / "partenaires.json").read_text(encoding="utf-8"))

    def test_they_come_in_once(self, tmp_path):
        paths = self.paths(tmp_path, self.document())
        first = import_files(paths=paths, today=TODAY, org="H").as_dict()["files"][0]
        again = import_files(paths=paths, today=TODAY).as_dict()["files"][0]
        assert (changes_of(first), changes_of(again)) == ((104, 0, 0, 0), (0, 0, 0, 104))
        assert (Structure.objects.count(), Service.objects.count()) == (52, 52)

    def test_wrong_records_are_refused_and_changes_applied(self, tmp_path):
        document = self.document()
        import_files(paths=self.paths(tmp_path, document), today=TODAY, org="H")
        document["structures"][0]["nom"] = "Un autre nom"
        document["structures"][1]["code_insee"] = "nimporte"
        document["structures"][2]["id"] = ""
        document["services"][5]["structure_id"] = "bienveille--nulle-part"
        file = import_files(paths=self.paths(tmp_path, document), today=TODAY).as_dict()["files"][0]
        assert [(r["row"], r["reason"]) for r in file["rejects"]] == [
            (3, "invalid_record"), (4, "missing_key"), (59, "unknown_structure"),
        ]  # fmt: skip
        assert changes_of(file) == (0, 1, 0, 100)

    def test_a_bare_list_as_published_is_read(self, tmp_path):
        file = import_files(paths=self.paths(tmp_path, self.document()["structures"]), today=TODAY, org="H").as_dict()
        assert file["files"][0]["created"] == 52


class TestDryRun:
    def test_it_tells_everything_and_writes_nothing(self, landlord):
        files = landlord.imports(homes=HOMES, tenants=[tenant()], dry_run=True)
        assert (files["applied"], files["tenants"]["created"]) == (False, 1)
        for model in (LandlordRow, Dwelling, Person, Commune, ImportRun, AuditEntry):
            assert not model.objects.exists()


def test_unknown_columns_are_listed_and_not_fatal(landlord):
    files = landlord.imports(homes=[row | {"CPT_ANA": "7061"} for row in HOMES])
    assert files["housing"]["unknown_columns"] == ["CPT_ANA"]
    assert files["housing"]["created"] == 3


def test_files_come_in_any_order(landlord):
    tenants = landlord.path("a", [tenant()])
    homes = write_csv(landlord.folder / "z.csv", HOMES)
    report = import_files(paths=[tenants, homes], today=TODAY, org="H").as_dict()
    assert [file["kind"] for file in report["files"]] == ["tenants", "housing"]
    assert report["files"][0]["created"] == 1
