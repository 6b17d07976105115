"""Leases that a tenants' file no longer lists: who leaves, who is kept; and a file that is another landlord's."""

import datetime as dt

import pytest
from benchmarks.touches import counting
from tests.accounts.factories import UserFactory
from tests.imports.factories import TODAY, Landlord, changes_of, home, tenant, write_csv

from bienveille.register.housing.models import Dwelling
from bienveille.register.imports.models import ImportRun
from bienveille.register.imports.operations import WrongFile, import_files
from bienveille.register.imports.rules.departures import Departures
from bienveille.register.tenants.models import Household, Lease, Person
from bienveille.register.tenants.operations import add_household

pytestmark = pytest.mark.django_db

MANY = 100
YESTERDAY = TODAY - dt.timedelta(days=1)
HOMES = [home(f"L{number}") for number in range(MANY)]
ROWS = [tenant(N_CONTRAT=f"{number:04}", CODE_LOGEMENT=f"L{number}", NOM=f"NOM{number}") for number in range(MANY)]


@pytest.fixture
def settled(tmp_path):
    landlord = Landlord(tmp_path)
    landlord.imports(homes=HOMES, tenants=ROWS)
    return landlord


def told(file: dict) -> tuple[int, int, int]:
    return file["absent"], file["held"], file["closed"]


class TestFew:
    def test_they_left_the_day_before(self, settled):
        file = settled.imports(tenants=ROWS[5:])["tenants"]
        assert told(file) == (5, 0, 5)
        assert changes_of(file) == (0, 0, 5, MANY - 5)
        assert set(Lease.objects.filter(number__lt="0005").values_list("exit", flat=True)) == {YESTERDAY}
        gone = Household.objects.filter(leases__number__lt="0005")
        assert set(gone.values_list("closed_on", "dwelling")) == {(YESTERDAY, None)}
        assert set(Person.objects.filter(household__in=gone).values_list("left_on", flat=True)) == {YESTERDAY}
        assert told(settled.imports(tenants=ROWS[5:])["tenants"]) == (0, 0, 0)

    def test_they_are_back_when_the_file_lists_them_again(self, settled):
        before = set(Person.objects.values_list("pk", "household"))
        settled.imports(tenants=ROWS[3:])
        file = settled.imports(tenants=ROWS, today=TODAY + dt.timedelta(days=1))["tenants"]
        assert changes_of(file) == (0, 3, 0, MANY - 3)
        assert set(Person.objects.filter(left_on=None).values_list("pk", "household")) == before
        assert not Household.objects.exclude(closed_on=None).exists()
        assert not Lease.objects.exclude(exit=None).exists()

    def test_a_lease_that_begins_today_may_not_be_there_yet(self, settled):
        settled.imports(tenants=[*ROWS, tenant(N_CONTRAT="new", CODE_LOGEMENT="L1", DATE_ENTREE="21/11/2026")])
        assert told(settled.imports(tenants=ROWS)["tenants"]) == (0, 0, 0)

    def test_a_refused_row_says_that_its_lease_is_there(self, settled):
        file = settled.imports(tenants=[ROWS[0] | {"NOM": "", "PRENOM": ""}, *ROWS[1:]])["tenants"]
        assert (file["rejected"], told(file)) == (1, (0, 0, 0))

    def test_a_garage_no_longer_listed_makes_nobody_leave(self, settled):
        garage = tenant(N_CONTRAT="G1", NATURE_CONTRAT="STATIONNEMENT", CODE_LOGEMENT="G1", NOM="NOM3")
        settled.imports(tenants=[*ROWS, garage])
        assert told(settled.imports(tenants=ROWS)["tenants"]) == (0, 0, 0)

    def test_a_household_added_by_hand_stays(self, settled):
        actor = UserFactory(roles=["director"])
        dwelling = Dwelling.objects.get(code="L1")
        added = add_household(actor=actor, dwelling=dwelling, today=TODAY, last_name="Ailleurs")
        settled.imports(tenants=ROWS[1:])
        added.refresh_from_db()
        assert added.closed_on is None


class TestMany:
    def test_nobody_leaves_before_somebody_says_so(self, settled):
        file = settled.imports(tenants=ROWS[6:])["tenants"]
        assert told(file) == (6, 6, 0)
        assert not Household.objects.exclude(closed_on=None).exists()
        assert not Lease.objects.exclude(exit=None).exists()

    def test_forty_in_a_hundred_are_held_and_the_others_are_imported(self, settled):
        rows = [ROWS[40] | {"SITUATION": "MARIE"}, *ROWS[41:]]
        file = settled.imports(tenants=rows)["tenants"]
        assert told(file) == (40, 40, 0)
        assert Person.objects.get(last_name="NOM40").marital_status == "married"

    def test_a_file_said_to_be_whole_makes_them_leave(self, settled):
        file = settled.imports(tenants=ROWS[40:], departures=Departures.CLOSE)["tenants"]
        assert told(file) == (40, 0, 40)
        assert Household.objects.filter(closed_on=YESTERDAY).count() == 40

    def test_a_file_said_to_be_a_part_makes_nobody_leave(self, settled):
        assert told(settled.imports(tenants=ROWS[1:], departures=Departures.KEEP)["tenants"]) == (1, 1, 0)

    def test_a_row_without_its_lease_may_be_anybody_s(self, settled):
        file = settled.imports(tenants=[ROWS[0] | {"N_CONTRAT": ""}, *ROWS[1:]])["tenants"]
        assert (file["rejected"], told(file)) == (1, (1, 1, 0))

    def test_the_next_whole_file_finds_everybody_where_they_were(self, settled):
        before = list(Person.objects.order_by("pk").values())
        settled.imports(tenants=ROWS[60:])
        file = settled.imports(tenants=ROWS)["tenants"]
        assert changes_of(file) == (0, 0, 0, MANY)
        assert list(Person.objects.order_by("pk").values()) == before


class TestOneFilePerAgency:
    """Several exports in one call make one whole."""

    @pytest.mark.parametrize("cut", [3, 50])
    def test_nobody_is_absent_who_is_in_another_file(self, settled, cut):
        paths = [
            write_csv(settled.folder / f"{name}.csv", rows) for name, rows in (("a", ROWS[:cut]), ("b", ROWS[cut:]))
        ]
        with counting() as touches:
            files = import_files(paths=paths, today=TODAY).as_dict()["files"]
            assert touches.look() == {}
        assert sum(file["absent"] for file in files) == sum(file["closed"] for file in files) == 0
        assert sum(file["unchanged"] for file in files) == MANY


class TestAnotherLandlord:
    def test_nothing_is_applied_and_the_share_is_told(self, settled):
        strangers = [tenant(N_CONTRAT=f"X{rank}", CODE_LOGEMENT=f"Z{rank}") for rank in range(98)]
        before = list(Person.objects.order_by("pk").values())
        with pytest.raises(WrongFile, match="98"):
            settled.imports(tenants=[*strangers, *ROWS[:2]], departures=Departures.CLOSE)
        assert list(Person.objects.order_by("pk").values()) == before
        assert not Lease.objects.filter(number__startswith="X").exists()
        assert ImportRun.objects.latest("started_at").state == "refused"

    def test_a_few_unknown_homes_are_refused_row_by_row(self, settled):
        rows = [*ROWS, *(row | {"N_CONTRAT": f"X{row['N_CONTRAT']}", "CODE_LOGEMENT": "?"} for row in ROWS[:40])]
        file = settled.imports(tenants=rows)["tenants"]
        assert (file["rejected"], {reject["reason"] for reject in file["rejects"]}) == (40, {"unknown_dwelling"})

    def test_a_small_file_says_nothing_of_whose_it_is(self, tmp_path):
        landlord = Landlord(tmp_path)
        landlord.imports(homes=HOMES)
        file = landlord.imports(tenants=[row | {"CODE_LOGEMENT": "?"} for row in ROWS[:10]])["tenants"]
        assert file["rejected"] == 10
