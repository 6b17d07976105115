"""Deadlines through nights, holidays and changes of the clock; whom a case alerts; who may do what. No database."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from bienveille.engines.cases.choices import CaseKind, Grade
from bienveille.engines.cases.rules import (
    Absence,
    Reachable,
    Turn,
    Whom,
    after_working_hours,
    allows,
    close_before,
    erased_on,
    first_alert_at,
    gravest,
    next_alert,
    on_duty,
    present,
    spans_of,
    take_before,
    title_of,
)

PARIS = ZoneInfo("Europe/Paris")
ANNA, BRUNO, CHLOE, DENIS = (UUID(int=number) for number in range(1, 5))
DAY = date(2026, 11, 23)


def paris(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=PARIS)


class TestTakeBefore:
    @pytest.mark.parametrize(
        "moment",
        [
            paris(2026, 11, 23, 10),
            paris(2026, 11, 21, 3),  # a Saturday night
            paris(2026, 12, 25, 12),  # Christmas
            paris(2027, 3, 28, 1, 55),  # the clock jumps from 2 to 3
            paris(2026, 10, 25, 2, 50),  # the clock goes back from 3 to 2
        ],
    )
    def test_red_is_fifteen_real_minutes_at_any_hour(self, moment):
        assert take_before(Grade.RED, moment).astimezone(UTC) - moment.astimezone(UTC) == timedelta(minutes=15)
        assert first_alert_at(Grade.RED, moment) == moment.astimezone(UTC)

    def test_orange_and_yellow_are_real_time_too(self):
        friday = paris(2026, 11, 20, 18)
        assert take_before(Grade.ORANGE, friday) == paris(2026, 11, 22, 18)
        assert take_before(Grade.YELLOW, friday) == paris(2026, 11, 27, 18)
        assert first_alert_at(Grade.ORANGE, friday) == paris(2026, 11, 22, 18)


class TestWorkingHours:
    def test_inside_one_day(self):
        assert after_working_hours(paris(2026, 11, 23, 10), timedelta(hours=3)) == paris(2026, 11, 23, 13)

    def test_the_night_does_not_count(self):
        assert after_working_hours(paris(2026, 11, 23, 16), timedelta(hours=3)) == paris(2026, 11, 24, 11)
        assert after_working_hours(paris(2026, 11, 24, 3), timedelta(hours=1)) == paris(2026, 11, 24, 10)

    def test_the_week_end_does_not_count(self):
        assert after_working_hours(paris(2026, 11, 20, 16), timedelta(hours=2)) == paris(2026, 11, 23, 10)
        assert after_working_hours(paris(2026, 11, 21, 12), timedelta(hours=8)) == paris(2026, 11, 23, 17)

    def test_days_off_do_not_count_and_differ_by_place(self):
        thursday = paris(2026, 12, 24, 16)
        assert after_working_hours(thursday, timedelta(hours=2)) == paris(2026, 12, 28, 10)  # Christmas is a Friday
        friday = paris(2027, 3, 26, 9)  # Good Friday
        assert after_working_hours(friday, timedelta(hours=8)) == paris(2027, 3, 26, 17)
        assert after_working_hours(friday, timedelta(hours=8), "57") == paris(2027, 3, 30, 17)  # and Easter Monday

    def test_the_clock_of_the_place_decides(self):
        morning = datetime(2026, 11, 23, 6, tzinfo=UTC)  # 7 in Paris, 10 in La Réunion
        assert after_working_hours(morning, timedelta(hours=2), "974") == datetime(2026, 11, 23, 8, tzinfo=UTC)
        assert after_working_hours(morning, timedelta(hours=2)) == datetime(2026, 11, 23, 10, tzinfo=UTC)

    @pytest.mark.parametrize("friday", [paris(2027, 3, 26, 16), paris(2026, 10, 23, 16)])
    def test_over_a_change_of_the_clock_the_offices_still_open_at_nine(self, friday):
        end = after_working_hours(friday, timedelta(hours=2)).astimezone(PARIS)
        assert (end.hour, end.minute) == (10, 0)
        assert end.weekday() in (0, 1)

    def test_closing(self):
        assert close_before(Grade.RED, paris(2026, 11, 23, 9)) == paris(2026, 11, 27, 17)
        assert close_before(Grade.ORANGE, paris(2026, 11, 23, 9)) == paris(2026, 12, 4, 17)
        assert erased_on(date(2026, 11, 23)) == date(2027, 11, 23)


class TestLadder:
    FULL = Reachable(
        owner=None,
        turns=(Turn(BRUNO, 2, True), Turn(CHLOE, 1, False), Turn(ANNA, 1, True)),
        managers=(BRUNO, CHLOE),
        direction=(DENIS,),
    )

    def test_one_after_the_other_then_everybody_again(self):
        told: list[UUID] = []
        steps = []
        for _ in range(5):
            step = next_alert(Grade.RED, self.FULL, told, DAY)
            steps.append((step.whom, step.users, step.wait))
            told += step.users
        quarter = timedelta(minutes=15)
        assert steps == [
            (Whom.DUTY, (ANNA,), quarter),  # the agency's first
            (Whom.DUTY, (BRUNO,), quarter),  # the agency's second
            (Whom.DUTY, (CHLOE,), quarter),  # then the landlord's
            (Whom.DIRECTION, (DENIS,), quarter),  # the managers know already
            (Whom.MANAGERS, (BRUNO, CHLOE, DENIS), timedelta(hours=1)),
        ]

    def test_the_owner_of_a_case_that_gets_worse_is_first(self):
        reach = Reachable(CHLOE, (Turn(ANNA, 1, True),), (BRUNO,), ())
        assert next_alert(Grade.RED, reach, [], DAY).users == (CHLOE,)

    def test_without_a_rota_all_managers_at_once(self):
        reach = Reachable(None, (), (ANNA, BRUNO), (DENIS,))
        assert next_alert(Grade.RED, reach, [], DAY).users == (ANNA, BRUNO)

    def test_nobody_at_all_is_looked_at_again(self):
        step = next_alert(Grade.RED, Reachable(None, (), (), ()), [], DAY)
        assert (step.users, step.wait) == ((), timedelta(minutes=15))

    def test_the_absent_are_replaced_and_a_ring_of_absents_leads_to_nobody(self):
        away = [Absence(ANNA, DAY, DAY, BRUNO), Absence(BRUNO, DAY, DAY, CHLOE)]
        assert on_duty([Turn(ANNA, 1, True), Turn(CHLOE, 2, True)], away, DAY) == [CHLOE]
        ring = [Absence(ANNA, DAY, DAY, BRUNO), Absence(BRUNO, DAY, DAY, ANNA)]
        assert present([ANNA, BRUNO, CHLOE], ring, DAY) == [CHLOE]
        assert present([ANNA], away, DAY + timedelta(days=1)) == [ANNA]
        assert present([ANNA], [Absence(ANNA, DAY, DAY, None)], DAY) == []


class TestRota:
    def test_spans(self):
        wednesday = date(2026, 11, 25)
        assert spans_of("week", wednesday, PARIS) == [(paris(2026, 11, 25, 9), paris(2026, 12, 2, 9))]
        assert spans_of("week_end", wednesday, PARIS) == [(paris(2026, 11, 27, 17), paris(2026, 11, 30, 9))]
        evenings = spans_of("evenings", wednesday, PARIS)
        assert evenings[0] == (paris(2026, 11, 23, 17), paris(2026, 11, 24, 9))
        assert evenings[-1] == (paris(2026, 11, 26, 17), paris(2026, 11, 27, 9))

    def test_the_week_end_of_a_change_of_the_clock_ends_at_nine(self):
        ((start, end),) = spans_of("week_end", date(2027, 3, 24), PARIS)
        assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=63)


class TestProcedures:
    @pytest.mark.parametrize(
        ("move", "state", "roles", "owner", "verdict"),
        [
            ("take", "new", {"social_worker"}, False, True),
            ("take", "followed", {"director"}, False, False),
            ("take", "new", {"caller"}, False, False),
            ("leave", "followed", {"director"}, False, False),
            ("leave", "followed", set(), True, True),
            ("close", "followed", {"social_worker"}, False, False),
            ("close", "followed", {"social_worker"}, True, True),
            ("close", "followed", {"agency_manager"}, False, True),
            ("hand", "new", {"agency_manager"}, False, True),
            ("reopen", "closed", {"social_worker"}, False, True),
            ("act", "closed", {"director"}, True, False),
        ],
    )
    def test_who_may(self, move, state, roles, owner, verdict):
        assert allows(CaseKind.WELFARE, move, state=state, roles=roles, owner=owner) is verdict

    def test_title(self):
        labels = {"meals": "Repas", "heating": "Chauffage"}
        assert title_of(["meals", "heating"], labels, "orange") == "Repas, chauffage"
        assert title_of([], labels, "red") == "Danger ou urgence signalé"
        assert gravest(["yellow", "red", "orange"]) == "red"
        assert gravest([]) == "green"
