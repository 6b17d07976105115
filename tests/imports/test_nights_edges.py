"""What two hundred nights meet too rarely: one case each, two or three imports."""

import datetime as dt

import pytest
from tests.accounts.factories import UserFactory
from tests.imports.factories import TODAY, Landlord, changes_of, home, tenant

from bienveille.register.housing.models import Dwelling
from bienveille.register.imports.operations import import_files
from bienveille.register.tenants.models import Household, Lease, Person
from bienveille.register.tenants.operations import add_household, add_person, correct_person

pytestmark = pytest.mark.django_db

HOMES = [home(), home("0001-2")]
TOMORROW = TODAY + dt.timedelta(days=1)
LUC = {"PRENOM": "Luc", "ROLE": "OCCUPANT", "DATE_NAISSANCE": "01/02/1990"}


@pytest.fixture
def landlord(tmp_path):
    return Landlord(tmp_path)


@pytest.fixture
def settled(landlord):
    landlord.imports(homes=HOMES, tenants=[tenant()])
    return landlord


@pytest.fixture
def actor():
    return UserFactory(roles=["director"])


@pytest.mark.parametrize("cut", [lambda line: line.rsplit(";", 3)[0], lambda line: line + ";trop"])
def test_a_row_of_the_wrong_width_closes_nobody(settled, cut):
    """Its lease can be read all the same: whoever it was about has not left."""
    settled.imports(tenants=[tenant(), tenant(**LUC)])
    path = settled.path("locataires", [tenant(), tenant(**LUC)])
    lines = path.read_text(encoding="cp1252").splitlines()
    path.write_text("\r\n".join([*lines[:2], cut(lines[2])]), encoding="cp1252")
    (file,) = import_files(paths=[path], today=TOMORROW).as_dict()["files"]
    assert (file["rejected"], file["closed"]) == (1, 0)
    assert not Person.objects.exclude(left_on=None).exists()


def test_somebody_whose_row_is_refused_then_gone_has_left(settled):
    """The rest of the lease says what it said on the night of the refusal."""
    settled.imports(tenants=[tenant(), tenant(**LUC)])
    settled.imports(tenants=[tenant(), tenant(**LUC, DATE_SORTIE="01/01/2001")])
    files = settled.imports(tenants=[tenant()], today=TOMORROW)
    assert changes_of(files["tenants"]) == (0, 0, 1, 1)
    assert Person.objects.get(first_name="Luc").left_on == TODAY


def test_the_same_person_added_twice_by_hand_then_listed(settled, actor):
    for _ in range(2):
        add_person(actor=actor, household=Household.objects.get(), today=TODAY, last_name="Martin", first_name="Luc")
    files = settled.imports(tenants=[tenant(), tenant(**LUC)])
    assert changes_of(files["tenants"]) == (0, 1, 0, 1)
    assert Person.objects.filter(first_name="Luc").exclude(erp_key=None).count() == 1


def test_a_household_added_by_hand_is_taken_over_by_the_file(landlord, actor):
    landlord.imports(homes=HOMES)
    dwelling = Dwelling.objects.get(code="0001-1")
    added = add_household(actor=actor, dwelling=dwelling, today=TODAY, last_name="Martin", first_name="Jeanne")
    landlord.imports(tenants=[tenant()])
    assert (Person.objects.count(), Household.objects.get()) == (1, added)
    assert Lease.objects.get().household_id == added.pk


def test_a_garage_adopts_nobody(settled, actor):
    """A person added by hand, whom the file lists in the garage's contract first, then in the home's."""
    garage = tenant(N_CONTRAT="G1", NATURE_CONTRAT="STATIONNEMENT", CODE_LOGEMENT="G000001")
    settled.imports(tenants=[tenant(), garage])
    add_person(actor=actor, household=Household.objects.get(), today=TODAY, last_name="Martin", first_name="Luc")
    settled.imports(tenants=[tenant(), garage, garage | LUC])
    settled.imports(tenants=[tenant(), tenant(**LUC), garage, garage | LUC])
    assert Person.objects.filter(first_name="Luc").count() == 1


def test_an_exit_before_the_entry_that_the_register_knows_stops_nothing(settled):
    row = tenant(DATE_ENTREE="", DATE_SORTIE="31/12/2005")
    other = tenant(N_CONTRAT="002", CODE_LOGEMENT="0001-2", NOM="PETIT")
    files = settled.imports(tenants=[row, other])
    assert (files["tenants"]["records"], files["tenants"]["created"]) == (2, 1)
    lease = Lease.objects.get(number="001")
    assert lease.exit is None or lease.entry is None or lease.entry <= lease.exit


def test_an_entry_corrected_past_the_known_exit_in_a_file_without_exits(settled):
    settled.imports(tenants=[tenant(DATE_SORTIE="30/11/2026")])
    row = tenant(DATE_ENTREE="01/03/2027")
    del row["DATE_SORTIE"]
    settled.imports(tenants=[row])
    lease = Lease.objects.get()
    assert lease.exit is None or lease.entry is None or lease.entry <= lease.exit


def test_letters_that_grow_once_searched_do_not_stop_the_file(settled):
    path = settled.folder / "locataires.csv"
    row = tenant(NOM="Ⅷ" * 100, PRENOM="ﬃ" * 100)
    path.write_text(";".join(row) + "\n" + ";".join(row.values()) + "\n", encoding="utf-8")
    (file,) = import_files(paths=[path], today=TODAY).as_dict()["files"]
    assert file["accepted"] == 1
    assert Person.objects.filter(last_name="Ⅷ" * 100).count() == 1


def test_a_household_bears_the_name_of_somebody_who_lives_there(settled):
    settled.imports(tenants=[tenant(), tenant(**LUC)])
    assert Household.objects.get().name == "Mme Jeanne MARTIN"
    settled.imports(tenants=[tenant(**LUC)])
    assert Household.objects.get().name == "Mme Luc MARTIN"


def test_a_lease_that_ended_is_closed_though_the_file_no_longer_has_it(settled):
    """Its last day was announced; the file drops the row the day after."""
    other = tenant(N_CONTRAT="002", CODE_LOGEMENT="0001-2", NOM="PETIT")
    settled.imports(tenants=[tenant(DATE_SORTIE="22/11/2026"), other])
    settled.imports(tenants=[other], today=dt.date(2026, 11, 23))
    assert Household.objects.get(leases__number="001").closed_on == dt.date(2026, 11, 22)
    assert Person.objects.get(last_name="MARTIN").left_on == dt.date(2026, 11, 22)


def test_a_garage_listed_before_its_holder_finds_the_household_later(landlord):
    garage = tenant(N_CONTRAT="G1", NATURE_CONTRAT="STATIONNEMENT", CODE_LOGEMENT="G000001")
    landlord.imports(homes=HOMES, tenants=[garage])
    landlord.imports(tenants=[garage, tenant()])
    assert Lease.objects.get(number="G1").household_id == Household.objects.get().pk


def test_a_number_of_the_directory_that_passes_from_one_home_to_another(landlord):
    one, two, three = (home(f"0001-{rank}", RPLS=f"000000000{rank}") for rank in (1, 2, 3))
    landlord.imports(homes=[one, two])
    swapped = [one | {"RPLS": two["RPLS"]}, two | {"RPLS": one["RPLS"]}]
    assert changes_of(landlord.imports(homes=swapped)["housing"]) == (0, 2, 0, 0)
    landlord.imports(homes=[three | {"RPLS": one["RPLS"]}])
    numbers = dict(Dwelling.objects.values_list("code", "rpls_id"))
    assert numbers == {"0001-1": two["RPLS"], "0001-2": "", "0001-3": one["RPLS"]}


def test_an_emptied_title_is_taken_from_nobody_and_from_no_household(settled):
    settled.imports(tenants=[tenant(CIVILITE="", SITUATION="VEUF")])
    assert (Person.objects.get().title, Household.objects.get().name) == ("mrs", "Mme Jeanne MARTIN")


def test_the_time_of_day_that_somebody_prefers_stays_said_when_the_row_changes(settled, actor):
    correct_person(actor=actor, person=Person.objects.get(), changes={"best_time": "morning"}, today=TODAY)
    settled.imports(tenants=[tenant(SITUATION="VEUF")])
    person = Person.objects.get()
    assert (person.best_time, "best_time" in person.file_said) == ("morning", True)


def test_rows_of_a_lease_that_go_on_further_down(landlord):
    """Found whole at first, then somebody more: the lease has changed, and nobody of its first rows has left."""
    neighbour = tenant(N_CONTRAT="002", CODE_LOGEMENT="0001-2", NOM="DURAND")
    landlord.imports(homes=HOMES, tenants=[tenant(), neighbour])
    files = landlord.imports(tenants=[tenant(), neighbour, tenant(**LUC)], today=TOMORROW)
    assert changes_of(files["tenants"]) == (1, 0, 0, 2)
    again = landlord.imports(tenants=[tenant(), neighbour, tenant(**LUC)], today=TOMORROW)
    assert changes_of(again["tenants"]) == (0, 0, 0, 3)
    moved = landlord.imports(tenants=[tenant(**LUC), neighbour, tenant()], today=TOMORROW)
    assert changes_of(moved["tenants"]) == (0, 0, 0, 3)


def test_a_doubtful_cell_is_told_every_night_and_its_end_once(settled):
    doubtful = tenant(TEL_FIXE="NC")
    for _ in range(2):
        (warning,) = settled.imports(tenants=[doubtful], today=TOMORROW)["tenants"]["warnings"]
        assert (warning["row"], warning["reason"]) == (2, "invalid_phone")
    assert settled.imports(tenants=[tenant()], today=TOMORROW)["tenants"]["warnings"] == []
