"""The ladder: what each outcome leads to, and when the next try is."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bienveille.engines.dispatch.choices import ClosingReason, ContactState, Outcome
from bienveille.engines.dispatch.rules import decide, decide_planned, hours_of, next_try, next_weekly, retry_hours
from bienveille.ground.lib.calling_hours import PARTS, Hours, Wish, part_of

PARIS = ZoneInfo("Europe/Paris")
FRIDAY_MORNING = datetime(2026, 11, 20, 10, 30, tzinfo=PARIS)


def verdict(outcome, made=1, most=5, **more):
    return decide(outcome, attempts_made=made, max_attempts=most, now=FRIDAY_MORNING, **more)


@pytest.mark.parametrize(
    ("outcome", "state", "reason"),
    [
        ("reached", "reached", ""),
        ("refused", "refused", ""),
        ("deceased", "withdrawn", "deceased"),
        ("moved", "withdrawn", "moved"),
        ("wrong_number", "unreachable", "wrong_number"),
    ],
)
def test_outcomes_that_close(outcome, state, reason):
    got = verdict(outcome)
    assert (got.state, got.reason, got.not_before) == (state, reason, None)


def test_no_answer_on_friday_morning_is_tried_on_monday_afternoon():
    assert verdict("no_answer").not_before == datetime(2026, 11, 23, 13, 0, tzinfo=PARIS)


def test_each_try_without_answer_takes_the_part_of_the_day_tried_least():
    tuesday = datetime(2026, 11, 17, 10, 0, tzinfo=PARIS)
    tried, moment = [], tuesday
    for _ in range(6):
        got = decide("no_answer", attempts_made=1, max_attempts=9, now=moment, tried=tried).not_before
        assert got.astimezone(PARIS).date() > moment.astimezone(PARIS).date()
        tried.append(moment)
        moment = got
    parts = [part_of(one.astimezone(PARIS)) for one in tried]
    assert parts[:3] == ["morning", "afternoon", "evening"]
    assert sorted(parts[3:]) == ["afternoon", "evening", "morning"]


def test_a_household_that_no_hour_suits_is_told_apart():
    hours = hours_of([{"days": [1], "from": "09:00", "to": "12:00"}], wish=Wish(parts=frozenset(["evening"])))
    got = decide("no_answer", attempts_made=1, max_attempts=5, now=FRIDAY_MORNING, hours=hours)
    assert (got.state, got.reason) == (ContactState.UNREACHABLE, ClosingReason.HOURS)


def test_it_is_the_clock_of_the_household_that_counts():
    reunion = hours_of([{"days": [1, 2, 3, 4, 5], "from": "09:00", "to": "19:30"}], place="974")
    sunday_night = datetime(2026, 11, 22, 23, 0, tzinfo=PARIS)  # Monday 2 in the morning there
    got = decide("busy", attempts_made=1, max_attempts=5, now=sunday_night, hours=reunion)
    assert got.not_before == datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Indian/Reunion"))
    assert next_try(reunion, sunday_night, [sunday_night]).astimezone(reunion.zone).day == 24


def test_a_message_leaves_two_working_days_to_call_back():
    assert verdict("voicemail").not_before == datetime(2026, 11, 24, 13, 0, tzinfo=PARIS)


def test_busy_is_tried_in_half_an_hour_and_never_at_night():
    assert verdict("busy").not_before == FRIDAY_MORNING + timedelta(minutes=30)
    late = datetime(2026, 11, 20, 19, 15, tzinfo=PARIS)
    got = decide("busy", attempts_made=1, max_attempts=5, now=late)
    assert got.not_before == datetime(2026, 11, 23, 9, 0, tzinfo=PARIS)


def test_another_number_left_is_tried_at_once():
    got = verdict("wrong_number", other_numbers=1)
    assert (got.state, got.not_before) == (ContactState.WAITING, None)


def test_the_last_try_without_answer_closes_with_its_reason():
    assert verdict("no_answer", made=5).reason == ClosingReason.NO_ANSWER
    assert verdict("language", made=5).reason == ClosingReason.LANGUAGE


def test_who_asks_to_be_called_later_is_called_later_even_past_the_last_try():
    got = verdict("call_later", made=9, call_back_on=date(2026, 11, 25))
    assert got.not_before == datetime(2026, 11, 25, 9, 0, tzinfo=PARIS)


@given(
    outcome=st.sampled_from(Outcome.values),
    made=st.integers(1, 30),
    most=st.integers(1, 20),
    others=st.integers(0, 3),
    now=st.datetimes(datetime(2026, 1, 1), datetime(2030, 12, 31), timezones=st.just(PARIS)),
)
def test_every_outcome_ends_somewhere_and_the_ladder_never_loops(outcome, made, most, others, now):
    got = decide(outcome, attempts_made=made, max_attempts=most, now=now, other_numbers=others)
    assert got.state != ContactState.RESERVED
    assert bool(got.reason) == (got.state in (ContactState.UNREACHABLE, ContactState.WITHDRAWN))
    if got.not_before is not None:
        assert got.state == ContactState.WAITING
        assert got.not_before >= now
    if made >= most and outcome not in ("call_later", "wrong_number"):
        assert got.state != ContactState.WAITING


@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2030, 12, 31), timezones=st.just(PARIS)),
    place=st.sampled_from(["", "57", "974", "988"]),
    not_on=st.frozensets(st.integers(1, 7), max_size=4),
    parts=st.frozensets(st.sampled_from(list(PARTS))),
    outcome=st.sampled_from(["no_answer", "voicemail", "language", "busy", "interrupted"]),
)
def test_retries_fall_in_hours_that_suit_and_never_twice_a_day(now, place, not_on, parts, outcome):
    hours = Hours(place=place, wish=Wish(not_on, parts))
    later = decide(outcome, attempts_made=1, max_attempts=5, now=now, hours=hours)
    if later.state == ContactState.UNREACHABLE:
        assert not_on >= {1, 2, 3, 4, 5}
        return
    assert retry_hours(hours).allows(later.not_before)
    if outcome not in ("busy", "interrupted"):
        assert hours.local(later.not_before).date() > hours.local(now).date()


class TestPlanned:
    def planned(self, outcome, **more):
        values = {"due_on": date(2026, 11, 20), "tries": 0, "weekly": True, "today": date(2026, 11, 20), **more}
        return decide_planned(outcome, **values)

    def test_reached_keeps_the_promise(self):
        assert self.planned("reached").kept

    def test_silence_moves_it_to_the_next_working_day(self):
        assert self.planned("no_answer").due_on == date(2026, 11, 23)

    def test_after_three_silences_a_weekly_call_waits_for_its_day(self):
        got = self.planned("no_answer", tries=2)
        assert (got.due_on, got.tries) == (date(2026, 11, 27), 0)

    def test_a_single_promise_is_never_dropped_by_silence(self):
        assert self.planned("no_answer", tries=40, weekly=False).due_on is not None

    def test_refusal_ends_it(self):
        got = self.planned("refused")
        assert not got.kept
        assert got.due_on is None

    @given(last=st.dates(date(2026, 1, 1), date(2026, 12, 31)), late=st.integers(0, 60))
    def test_weekly_keeps_its_day_of_the_week(self, last, late):
        today = last + timedelta(days=late)
        due = next_weekly(last, today)
        assert due.weekday() == last.weekday()
        assert today < due <= today + timedelta(days=7)
