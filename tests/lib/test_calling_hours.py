"""Hours of a week at the clock of a place: the next moment is allowed, is the first, and exists."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bienveille.ground.lib.calling_hours import (
    ANY_HOUR,
    DAY,
    GOOD_MANNERS,
    PARTS,
    PLACES,
    Hours,
    Window,
    Wish,
    days_off,
    is_day_off,
    part_of,
    place_of,
    read_windows,
    written,
)

pytestmark = pytest.mark.faults

moments = st.datetimes(datetime(2025, 1, 1), datetime(2031, 12, 31), timezones=st.just(UTC))
days = st.frozensets(st.integers(1, 7), min_size=1)


@st.composite
def windows(draw, low=4 * 60, high=23 * 60):
    """Hours of the day; away from the night, when clocks change."""
    found = []
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(low, high - 1))
        found.append(Window(draw(days), start, draw(st.integers(start + 1, high))))
    return tuple(found)


all_hours = st.builds(
    Hours,
    windows=windows(),
    place=st.sampled_from(list(PLACES)),
    on_days_off=st.booleans(),
    wish=st.builds(Wish, st.frozensets(st.integers(1, 7), max_size=3), st.frozensets(st.sampled_from(list(PARTS)))),
)


def allowed(hours, moment):
    """The same question asked of the clock on the wall, without spans."""
    there = hours.local(moment)
    minutes = there.hour * 60 + there.minute
    if not hours.on_days_off and is_day_off(hours.place, there.date()):
        return False
    if not hours.wish.suits(there.date(), part_of(there)):
        return False
    return any(there.isoweekday() in one.days and one.start <= minutes < one.end for one in hours.windows)


@given(hours=all_hours, moment=moments)
def test_a_moment_is_allowed_when_the_clock_on_the_wall_says_so(hours, moment):
    assert hours.allows(moment) == allowed(hours, moment)


@given(hours=all_hours, moment=moments)
def test_the_next_moment_is_allowed_and_there_is_none_before(hours, moment):
    found = hours.next(moment)
    if found is None:
        return
    assert found >= moment
    assert allowed(hours, found)
    if found > moment:
        assert not allowed(hours, moment)
        assert not allowed(hours, found - timedelta(seconds=1))
        step = (found - moment) / 50
        assert not any(allowed(hours, moment + step * rank) for rank in range(50))


@given(hours=all_hours, moment=moments)
def test_there_is_always_a_next_moment_unless_nothing_said_meets(hours, moment):
    assert hours.without_wish().next(moment) is not None
    meets = any(
        one.start < min(end, one.end) and start < one.end and day not in hours.wish.not_on
        for one in hours.windows
        for day in one.days
        for part, start, end in zip(PARTS, PARTS.values(), [*list(PARTS.values())[1:], DAY], strict=True)
        if not hours.wish.parts or part in hours.wish.parts
    )
    assert (hours.next(moment) is not None) == meets


@given(hours=st.builds(Hours, windows=windows(0, DAY), place=st.sampled_from(list(PLACES))), moment=moments)
def test_nights_too_even_when_the_clock_changes(hours, moment):
    found = hours.next(moment)
    assert found is not None
    assert hours.next(found) == found
    assert hours.allows(found)


@given(place=st.sampled_from(list(PLACES)), moment=moments)
def test_without_hours_any_moment_is_allowed_holidays_too(place, moment):
    assert Hours(ANY_HOUR, place).next(moment) == moment


@given(found=windows(0, DAY))
def test_hours_written_are_read_back(found):
    assert read_windows(written(found)) == (found, [])


def test_nine_in_the_morning_stays_nine_on_both_sides_of_the_change_of_clocks():
    paris = Hours(GOOD_MANNERS)
    assert paris.next(datetime(2026, 3, 27, 19, 0, tzinfo=UTC)) == datetime(2026, 3, 30, 7, 0, tzinfo=UTC)
    assert paris.next(datetime(2026, 10, 23, 19, 0, tzinfo=UTC)) == datetime(2026, 10, 26, 8, 0, tzinfo=UTC)


def test_an_hour_skipped_in_spring_opens_at_the_change():
    nights = Hours((Window(frozenset([7]), 150, 240),), on_days_off=True)  # 2:30 to 4:00, that Sunday
    assert nights.next(datetime(2026, 3, 28, 12, 0, tzinfo=UTC)) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("commune", "place"),
    [
        ("69123", ""), ("57463", "57"), ("67482", "67"), ("68224", "67"), ("97411", "974"), ("97105", "971"),
        ("98818", "988"), ("97801", "978"), ("2A004", ""), ("75056", ""), ("97999", ""), ("", ""), (None, ""),
    ],
)  # fmt: skip
def test_the_place_of_a_commune(commune, place):
    assert place_of(commune) == place


@pytest.mark.parametrize(
    ("place", "day", "off"),
    [
        ("", date(2026, 4, 3), False),
        ("57", date(2026, 4, 3), True),
        ("67", date(2026, 12, 26), True),
        ("974", date(2026, 12, 20), True),
        ("971", date(2026, 5, 27), True),
        ("972", date(2026, 5, 22), True),
        ("973", date(2026, 6, 10), True),
        ("976", date(2026, 4, 27), True),
        ("977", date(2026, 10, 9), True),
        ("978", date(2026, 5, 27), True),
        ("", date(2026, 12, 20), False),
        ("", date(2026, 5, 1), True),
    ],
)
def test_days_off_of_a_place(place, day, off):
    assert is_day_off(place, day) is off


def test_days_off_are_named_in_french():
    assert days_off("67", 2026)[date(2026, 12, 26)] == "Saint-Étienne"


@pytest.mark.parametrize(
    "raw",
    [
        {},
        [{"days": [1], "from": "09:00"}],
        [{"days": [], "from": "09:00", "to": "10:00"}],
        [{"days": [8], "from": "09:00", "to": "10:00"}],
        [{"days": ["1"], "from": "09:00", "to": "10:00"}],
        [{"days": [1], "from": "9:00", "to": "10:00"}],
        [{"days": [1], "from": "10:00", "to": "09:00"}],
        [{"days": [1], "from": "10:60", "to": "11:00"}],
        [{"days": [1], "from": "10:00", "to": "25:00"}],
        [{"days": [1], "from": None, "to": 3}],
        [{"days": [1], "from": "09:00", "to": "10:00", "more": 1}],
        ["lundi"],
        [{"days": [1], "from": "09:00", "to": "10:00"}] * 21,
    ],
)
def test_hours_badly_written_are_refused_with_words(raw):
    found, wrong = read_windows(raw)
    assert found == ()
    assert wrong
