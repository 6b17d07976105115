"""What counts as an entry, an exit, a vacant home: one case at a time, on raw leases."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.letting.factories import LONG_AGO, StockLotFactory, StockLotHomeFactory, town

from bienveille.register.accounts.rules import Scope
from bienveille.register.tenants.models import Person
from bienveille.services.letting.queries.moves import departments_held, leases_known, moves, stock
from bienveille.services.letting.rules.definitions import measures_on
from bienveille.services.letting.rules.moves import report
from bienveille.services.letting.rules.periods import Period

pytestmark = pytest.mark.django_db

YEAR = Period("2025", date(2025, 1, 1), date(2025, 12, 31))
EVERYTHING = Scope(everything=True)
JUNE = date(2025, 6, 15)
DAY = timedelta(days=1)


@pytest.fixture
def place():
    return town(AgencyFactory(lyon=True), "69")


def figures(period=YEAR, *, scope=EVERYTHING, agency=None):
    measures = measures_on(period.last)
    return report(
        period,
        moves(period, measures, scope=scope, agency=agency),
        stock(period.last, measures, scope=scope, agency=agency),
    ).whole


def counts(**options):
    got = figures(**options)
    return got.entries, got.exits


class TestMoves:
    def test_first_and_last_day_of_the_period_count(self, place):
        first, second = place.new_homes(2)
        place.let(first, YEAR.first, YEAR.last)
        place.let(second, YEAR.first - DAY, YEAR.last + DAY)
        place.save()
        assert counts() == (1, 1)

    def test_the_month_is_that_of_the_last_day(self, place):
        place.let(place.new_homes(1)[0], LONG_AGO, date(2025, 6, 30))
        place.save()
        (row,) = moves(YEAR, measures_on(YEAR.last), scope=EVERYTHING)
        assert (row.month, row.exits) == (date(2025, 6, 1), 1)

    @pytest.mark.parametrize("gap", [1, 0, -10])
    def test_renewed_by_the_same_people(self, place, gap):
        """The landlord's software makes another contract, and imports another household with the same names."""
        home = place.new_homes(1)[0]
        place.let(home, LONG_AGO, JUNE, name="MOREL")
        place.let(home, JUNE + gap * DAY, name="MOREL")
        place.save()
        got = figures()
        assert (got.entries, got.exits, got.renewed) == (0, 0, 1)

    def test_renewed_in_the_same_household(self, place):
        home = place.new_homes(1)[0]
        lease = place.let(home, LONG_AGO, JUNE, name="MOREL")
        place.let(home, JUNE + DAY, household=lease.household)
        place.save()
        assert counts() == (0, 0)

    def test_renewed_while_the_old_contract_was_never_closed(self, place):
        home = place.new_homes(1)[0]
        lease = place.let(home, LONG_AGO, name="MOREL")
        place.let(home, JUNE, household=lease.household)
        place.save()
        assert counts() == (0, 0)

    def test_renewed_then_left(self, place):
        home = place.new_homes(1)[0]
        place.let(home, LONG_AGO, JUNE, name="MOREL")
        place.let(home, JUNE + DAY, JUNE + 60 * DAY, name="MOREL")
        place.save()
        assert counts() == (0, 1)

    def test_two_contracts_of_one_household_that_end_together_are_one_exit(self, place):
        home = place.new_homes(1)[0]
        lease = place.let(home, LONG_AGO, JUNE, name="MOREL")
        place.let(home, JUNE - 90 * DAY, JUNE, household=lease.household)
        place.save()
        assert counts() == (0, 1)

    @pytest.mark.parametrize(
        "other", [{"name": "BENALI"}, {"name": "MOREL", "born": date(1991, 1, 1)}], ids=["name", "birth"]
    )
    def test_other_people_the_day_after_are_a_move(self, place, other):
        home = place.new_homes(1)[0]
        place.let(home, LONG_AGO, JUNE, name="MOREL")
        place.let(home, JUNE + DAY, **other)
        place.save()
        assert counts() == (1, 1)
        assert figures().uncertain == 0

    def test_an_unknown_birth_date_says_nothing_against(self, place):
        home = place.new_homes(1)[0]
        place.let(home, LONG_AGO, JUNE, name="MOREL", born=None)
        place.let(home, JUNE + DAY, name="MOREL")
        place.save()
        assert counts() == (0, 0)

    def test_two_spellings_told_to_be_one_person(self, place):
        home = place.new_homes(1)[0]
        place.let(home, LONG_AGO, JUNE, name="MOREL")
        place.let(home, JUNE + DAY, name="MORELL-BENALI")
        place.save()
        assert counts() == (1, 1)
        old, new = Person.objects.order_by("last_name")
        Person.objects.filter(pk=old.pk).update(
            merged_into=new, merged_at=timezone.now(), merged_by=UserFactory(), left_on=JUNE
        )
        assert counts() == (0, 0)

    def test_the_same_people_two_days_later_moved_back(self, place):
        home = place.new_homes(1)[0]
        place.let(home, LONG_AGO, JUNE, name="MOREL")
        place.let(home, JUNE + 2 * DAY, name="MOREL")
        place.save()
        assert counts() == (1, 1)

    def test_unknown_people_the_day_before_are_said(self, place):
        """A lease that had ended before its first import is kept without its people."""
        home = place.new_homes(1)[0]
        place.let(home, LONG_AGO, JUNE)
        place.let(home, JUNE + DAY, name="MOREL")
        place.save()
        assert counts() == (1, 1)
        assert figures().uncertain == 1

    def test_a_transfer_is_an_exit_and_an_entry(self, place):
        small, large = place.new_homes(2)
        lease = place.let(small, LONG_AGO, JUNE, name="MOREL")
        place.let(large, JUNE + DAY, household=lease.household)
        place.save()
        assert counts() == (1, 1)

    def test_garages_and_shops_do_not_count(self, place):
        home = place.new_homes(1)[0]
        for kind in ("parking", "commercial", "other"):
            place.let(home, JUNE, JUNE + DAY, kind=kind)
            place.let(None, JUNE, JUNE + DAY, kind=kind)
        place.save()
        assert counts() == (0, 0)

    def test_an_unknown_entry_is_no_entry_and_is_said(self, place):
        place.let(place.new_homes(1)[0], None, JUNE)
        place.let(None, None, kind="parking")
        place.save()
        assert counts() == (0, 1)
        known = leases_known(scope=EVERYTHING)
        assert (known.undated, known.first_exit) == (1, JUNE)

    def test_homes_taken_over_come_with_their_leases(self, place):
        before, that_day, after = place.new_homes(3)
        place.let(before, date(2025, 2, 1))
        place.let(that_day, JUNE)
        place.let(after, JUNE + DAY, name="MOREL")
        place.save()
        lot = StockLotFactory(effective_on=JUNE)
        for home in (before, that_day, after):
            StockLotHomeFactory(lot=lot, dwelling=home)
        got = figures()
        assert (got.entries, got.with_stock) == (1, 2)

    def test_homes_sold_leave_with_their_leases(self, place):
        before, eve, after, kept = place.new_homes(4)
        place.let(before, LONG_AGO, JUNE - 2 * DAY)
        place.let(eve, LONG_AGO, JUNE - DAY)
        place.let(after, LONG_AGO, JUNE + 30 * DAY)
        place.let(kept, LONG_AGO, JUNE)
        place.save()
        lot = StockLotFactory(direction="sold", effective_on=JUNE)
        for home in (before, eve):
            StockLotHomeFactory(lot=lot, dwelling=home)
        StockLotHomeFactory(lot=lot, dwelling=None, code=after.code)  # known by its code alone
        got = figures()
        assert (got.exits, got.with_stock, got.gone) == (2, 2, 3)

    def test_homes_sold_and_bought_back_count_but_in_between(self, place):
        homes = place.new_homes(3)
        for home, day in zip(homes, [date(2025, 1, 20), JUNE, date(2025, 11, 5)], strict=True):
            place.let(home, day)
        place.save()
        sold = StockLotFactory(direction="sold", effective_on=date(2025, 3, 1))
        back = StockLotFactory(effective_on=date(2025, 10, 1))
        for home in homes:
            StockLotHomeFactory(lot=sold, dwelling=home)
            StockLotHomeFactory(lot=back, dwelling=home)
        got = figures()
        assert (got.entries, got.with_stock, got.gone, got.let) == (2, 1, 0, 3)

    def test_new_homes_are_entries_and_no_turnover(self, place):
        old, new, unknown = (place.new_homes(1, built_in=year)[0] for year in (2024, 2025, None))
        for home in (old, new, unknown):
            place.let(home, JUNE)
        place.save()
        got = figures()
        assert (got.entries, got.settled_entries, got.settled, got.undated_service) == (3, 2, 2, 1)


class TestStock:
    ON = YEAR.last

    def state(self):
        (row,) = stock(self.ON, measures_on(self.ON), scope=EVERYTHING)
        return {
            name: getattr(row, name)
            for name in ("let", "vacant", "technical", "association", "other", "unlisted", "gone")
            if getattr(row, name)
        }

    @pytest.mark.parametrize(
        ("entry", "exit", "found"),
        [
            (LONG_AGO, None, "let"),
            (None, None, "let"),
            (LONG_AGO, ON, "let"),  # the last day is still let
            (ON, None, "let"),
            (LONG_AGO, ON - DAY, "vacant"),
            (ON + DAY, None, "vacant"),
        ],
    )
    def test_leases_say_it_first(self, place, entry, exit, found):
        home = place.new_homes(1, occupancy="vacant_technical", occupancy_on=date(2000, 1, 1))[0]
        place.let(home, entry, exit)
        place.save()
        expected = "technical" if found == "vacant" and exit is None else found
        assert self.state() == {expected: 1}

    @pytest.mark.parametrize(
        ("declared", "found"),
        [
            ("", "vacant"), ("vacant", "vacant"), ("vacant_technical", "technical"), ("association", "association"),
            ("other", "other"), ("let", "unlisted"),
        ],
    )  # fmt: skip
    def test_without_a_lease_the_declaration_says_it(self, place, declared, found):
        place.new_homes(1, occupancy=declared, occupancy_on=date(2025, 1, 1) if declared else None)
        assert self.state() == {found: 1}

    @pytest.mark.parametrize(
        ("declared_on", "found"), [(JUNE - DAY, "vacant"), (JUNE + DAY, "technical"), (ON + DAY, "vacant")]
    )
    def test_a_declaration_older_than_the_last_exit_says_nothing_since(self, place, declared_on, found):
        home = place.new_homes(1, occupancy="vacant_technical", occupancy_on=declared_on)[0]
        place.let(home, LONG_AGO, JUNE)
        place.save()
        assert self.state() == {found: 1}

    def test_vacant_for_long(self, place):
        """Three months to the day are not more than three months."""
        for left in (date(2025, 9, 29), date(2025, 9, 30), date(2025, 12, 1)):
            place.let(place.new_homes(1)[0], LONG_AGO, left)
        place.new_homes(1, occupancy="vacant", occupancy_on=date(2025, 1, 1))
        place.new_homes(1)
        place.save()
        got = figures()
        assert (got.vacant, got.long_vacant, got.undated) == (5, 2, 1)

    def test_a_first_lease_to_come_says_nothing_of_before(self, place):
        """The lease before it was perhaps not imported: the home is not called vacant."""
        place.let(place.new_homes(1)[0], self.ON + DAY)
        place.save()
        got = figures()
        assert (self.state(), got.later, got.offered, got.settled) == ({}, 1, 0, 0)

    def test_homes_sold_are_gone_on_the_day(self, place):
        home, later = place.new_homes(2)
        StockLotHomeFactory(lot=StockLotFactory(direction="sold", effective_on=self.ON), dwelling=home)
        StockLotHomeFactory(lot=StockLotFactory(direction="sold", effective_on=self.ON + DAY), dwelling=later)
        assert self.state() == {"gone": 1, "vacant": 1}

    def test_homes_not_taken_over_yet_are_not_there(self, place):
        home, today = place.new_homes(2)
        StockLotHomeFactory(lot=StockLotFactory(effective_on=self.ON + DAY), dwelling=home)
        StockLotHomeFactory(lot=StockLotFactory(effective_on=self.ON), dwelling=today)
        assert self.state() == {"gone": 1, "vacant": 1}


class TestScope:
    @pytest.fixture
    def two(self, place):
        other = town(AgencyFactory(saint_etienne=True), "42")
        for one in (place, other, other):
            one.let(one.new_homes(1)[0], JUNE)
        place.save()
        other.save()
        return place, other

    def test_one_sees_ones_agencies(self, two):
        place, other = two
        assert counts(scope=Scope(agencies=frozenset([place.agency.pk]))) == (1, 0)
        assert counts(scope=Scope(companies=frozenset([other.agency.company_id]))) == (3, 0)
        assert counts(scope=Scope()) == (0, 0)
        assert departments_held(scope=Scope(agencies=frozenset([other.agency.pk]))) == {"42": 2}

    def test_one_agency_chosen(self, two):
        assert counts(agency=two[1].agency.pk) == (2, 0)
        assert counts(agency=two[1].agency.pk, scope=Scope(agencies=frozenset([two[0].agency.pk]))) == (0, 0)


def test_as_many_queries_whatever_the_number_of_leases(place):
    def cost():
        with CaptureQueriesContext(connection) as seen:
            figures()
        return len(seen)

    for rounds in (2, 30):
        for home in place.new_homes(rounds):
            place.let(home, LONG_AGO, JUNE, name="MOREL")
            place.let(home, JUNE + DAY, name="MOREL")
        place.save()
        assert cost() == 2
