"""What the page of a lot shows: announced beside found, tenants found and missing, codes to come; who sees which lot."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.housing.factories import DwellingFactory
from tests.letting.factories import StockLotFactory, StockLotHomeFactory
from tests.tenants.factories import TODAY, HouseholdFactory

from bienveille.engines.audiences.queries import check, compile_rule, count, describe
from bienveille.engines.audiences.rules import InvalidRule
from bienveille.register.housing.models import Dwelling
from bienveille.services.letting.access import get_lot_for, managing_scope
from bienveille.services.letting.queries.lots import lot_found, lot_homes, lots_within
from bienveille.services.letting.rules.codes import column_of_codes, pasted_codes
from bienveille.services.letting.rules.lots import Announced, checklist, compare, step_lines

PUBLISHED = json.loads((Path(__file__).parents[1] / "fixtures" / "published.json").read_text(encoding="utf-8"))


class TestCompare:
    published = PUBLISHED["takeover"]
    announced = Announced(
        published["announced"], published["full_ownership"], published["co_owned"], published["managed"]
    )

    def test_parts_that_do_not_add_up_are_shown_and_kept(self):
        got = compare(self.announced, {"full": 138, "co_owned": 97, "managed": 121})
        assert (got.total.announced, got.parts_sum, got.parts_gap) == (339, 356, 17)
        assert [line.announced for line in got.lines] == [138, 97, 121]
        assert got.remarks == [
            "Les parts annoncées font 356, soit 17 de plus que le total annoncé de 339. "
            "Les deux sont gardés tels quels.",
            "Le registre compte 356\u00a0logements de ce lot, soit 17 de plus que le total annoncé.",
        ]

    def test_what_agrees_needs_no_remark(self):
        assert compare(Announced(3, 1, 2, 0), {"full": 1, "co_owned": 2}).remarks == []

    def test_what_was_not_said_has_no_difference(self):
        got = compare(Announced(), {"full": 2, "": 1})
        assert (got.parts_sum, got.parts_gap, got.remarks) == (None, None, [])
        assert [(line.label, line.found, line.gap) for line in got.lines][-1] == ("Propriété non renseignée", 1, None)
        assert got.total.found == 3

    def test_nil_is_said(self):
        assert compare(Announced(0, 0, None, None), {}).parts_sum == 0


class TestChecklist:
    @pytest.mark.parametrize("direction", ["taken_over", "sold"])
    def test_each_list_is_whole_and_in_order(self, direction):
        steps = checklist(direction)
        assert len({step.key for step in steps}) == len(steps) >= 9
        assert [step.days for step in steps] == sorted(step.days for step in steps)
        assert all(step.label and step.text and len(step.key) <= 40 for step in steps)

    def test_late_when_its_day_is_past_and_nobody_did_it(self):
        done = {"contracts": (datetime(2026, 11, 10, tzinfo=UTC), "Nadia Ferhat")}
        lines = {line.step.key: line for line in step_lines("taken_over", date(2027, 1, 1), done, TODAY)}
        assert lines["contracts"].due == date(2026, 11, 2)
        assert not lines["contracts"].late
        assert lines["codes"].late  # due on 17 November
        assert not lines["insurance"].late
        on_the_day = step_lines("taken_over", date(2027, 1, 1), {}, date(2026, 11, 17))
        assert {line.step.key for line in on_the_day if line.late} == {"contracts"}


class TestCodes:
    def test_pasted(self):
        assert pasted_codes('A-1\r\n A-2 ;A-1\t\'0003,="0004"\x00') == ["A-1", "A-2", "0003", "0004"]

    @pytest.mark.parametrize(
        ("records", "known", "found"),
        [
            ([["CODE"], ["1"], ["2"]], (), ["1", "2"]),
            ([["Nord"], ["Sud"]], (), ["Nord", "Sud"]),  # codes without a digit have no title above them
            ([["CODE"], ["1"]], ("CODE",), ["CODE", "1"]),
            ([["x", "9"], ["y", "8"]], ("8",), ["9", "8"]),
            ([["x", "9"], ["y"]], ("9",), ["9"]),
            ([["1"], [""], []], (), ["1"]),
            ([], (), []),
        ],
    )
    def test_column(self, records, known, found):
        assert column_of_codes(records, known) == found


@pytest.mark.django_db
class TestFound:
    @pytest.fixture
    def lot(self):
        lyon = AgencyFactory(lyon=True)
        lot = StockLotFactory(agency=lyon)
        homes = [
            DwellingFactory(code=f"H-{rank}", ownership=ownership, building__residence__agency=lyon)
            for rank, ownership in enumerate(["full", "full", "co_owned", "managed", ""])
        ]
        HouseholdFactory(dwelling=homes[0], phone=True, email=True)
        HouseholdFactory(dwelling=homes[1], phone=True)
        HouseholdFactory(dwelling=homes[2], email=True)
        HouseholdFactory(dwelling=homes[3], people=[{"phone": True, "dead": True}, {}])
        for home in homes:
            StockLotHomeFactory(lot=lot, dwelling=home)
        StockLotHomeFactory(lot=lot, dwelling=None, code="PAS-ENCORE")
        return lot

    def test_counts(self, lot):
        found = lot_found(lot, TODAY)
        assert found.by_ownership == {"full": 2, "co_owned": 1, "managed": 1, "": 1}
        assert (found.known, found.unknown, found.given) == (5, 1, 6)
        assert (found.households, found.no_phone, found.no_email, found.unreachable, found.vacant) == (4, 2, 2, 1, 1)
        assert (found.elsewhere, found.twice) == (0, 0)

    def test_an_empty_lot(self):
        found = lot_found(StockLotFactory(), TODAY)
        assert (found.known, found.given, found.households) == (0, 0, 0)

    def test_homes_one_by_one(self, lot):
        states = {home.code: home.state for home in lot_homes(lot, TODAY).order_by("code")}
        assert states == {
            "H-0": "complete", "H-1": "no_email", "H-2": "no_phone", "H-3": "unreachable", "H-4": "vacant",
            "PAS-ENCORE": "unknown",
        }  # fmt: skip
        assert [home.code for home in lot_homes(lot, TODAY, state="vacant")] == ["H-4"]
        assert [home.code for home in lot_homes(lot, TODAY, text="pas-")] == ["PAS-ENCORE"]

    def test_a_code_joins_its_lot_when_its_home_is_imported(self, lot):
        home = DwellingFactory(code="PAS-ENCORE", ownership="full", building__residence__agency=lot.agency)
        HouseholdFactory(dwelling=home, phone=True)
        found = lot_found(lot, TODAY)
        assert (found.unknown, found.by_ownership["full"], found.households) == (0, 3, 5)
        assert lot_homes(lot, TODAY).get(code="PAS-ENCORE").state == "no_email"

    def test_other_agencies_and_other_lots_are_said(self, lot):
        other = DwellingFactory(building__residence__agency=AgencyFactory(saint_etienne=True))
        StockLotHomeFactory(lot=lot, dwelling=other)
        StockLotHomeFactory(lot=StockLotFactory(), dwelling=other)
        StockLotHomeFactory(lot=StockLotFactory(direction="sold"), dwelling=Dwelling.objects.get(code="H-0"))
        found = lot_found(lot, TODAY)
        assert (found.elsewhere, found.twice) == (1, 1)

    def test_who_left_is_no_longer_there(self, lot):
        household = HouseholdFactory(dwelling=DwellingFactory(), phone=True)
        StockLotHomeFactory(lot=lot, dwelling=household.dwelling)
        household.closed_on = TODAY
        household.save()
        assert lot_found(lot, TODAY).vacant == 2


@pytest.mark.django_db
class TestCriterion:
    def test_who_lives_in_the_lot(self):
        lot, other = StockLotFactory(name="Val d’Ambre"), StockLotFactory()
        inside, by_code, outside = (HouseholdFactory(age=50) for _ in range(3))
        StockLotHomeFactory(lot=lot, dwelling=inside.dwelling)
        StockLotHomeFactory(lot=lot, dwelling=None, code=by_code.dwelling.code)
        StockLotHomeFactory(lot=other, dwelling=outside.dwelling)
        rule = check({"takeover_lot": str(lot.pk)})
        compiled = compile_rule(rule, TODAY)
        with connection.cursor() as cursor:
            cursor.execute(compiled.sql, compiled.params)
            assert {row[0] for row in cursor.fetchall()} == {inside.pk, by_code.pk}
        assert count(check({"not": {"takeover_lot": str(lot.pk)}}), TODAY).households == 1
        assert count(check({"takeover_lot": [str(lot.pk), str(other.pk)]}), TODAY).households == 3
        assert describe({"takeover_lot": str(lot.pk)}) == "Ménages du lot «\u00a0Val d’Ambre\u00a0»"

    @pytest.mark.parametrize("value", ["", "x", 3, [], "00000000-0000-7000-8000-000000000000"])
    def test_what_is_no_lot(self, value):
        with pytest.raises(InvalidRule):
            check({"takeover_lot": value})


@pytest.mark.django_db
class TestAccess:
    @pytest.mark.parametrize(
        ("roles", "own", "several"),
        [
            (["administrator"], True, True), (["director"], True, True), (["social_worker"], False, False),
            (["caller"], False, False), (["building_manager"], False, False), ([], False, False),
        ],
    )  # fmt: skip
    def test_roles_over_everything(self, roles, own, several):
        user = UserFactory(roles=roles)
        for agency, seen in ((AgencyFactory(lyon=True), own), (None, several)):
            lot = StockLotFactory(agency=agency)
            if seen:
                assert get_lot_for(user, lot.pk) == lot
            else:
                with pytest.raises(Http404):
                    get_lot_for(user, lot.pk)

    def test_a_manager_sees_the_lots_of_their_agency(self):
        lyon = AgencyFactory(lyon=True)
        user = UserFactory(roles=[("agency_manager", lyon)])
        mine, *others = (StockLotFactory(agency=agency) for agency in (lyon, AgencyFactory(saint_etienne=True), None))
        assert get_lot_for(user, mine.pk) == mine
        assert [lot.pk for lot in lots_within(managing_scope(user))] == [mine.pk]
        for lot in others:
            with pytest.raises(Http404):
                get_lot_for(user, lot.pk)


@pytest.mark.django_db
def test_as_many_queries_whatever_the_number_of_homes():
    lot = StockLotFactory()

    def cost():
        with CaptureQueriesContext(connection) as seen:
            lot_found(lot, TODAY)
            list(lot_homes(lot, TODAY).order_by("code"))
            list(lots_within(managing_scope(UserFactory(roles=["director"]))))
        return len(seen)

    few = cost()
    for _ in range(12):
        StockLotHomeFactory(lot=lot, dwelling=HouseholdFactory(phone=True).dwelling)
        StockLotFactory()
    assert cost() == few
