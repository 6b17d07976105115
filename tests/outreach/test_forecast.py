"""The forecast: right as often as it says, on campaigns whose end is known; and what a change would bring."""

import random
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bienveille.services.outreach.rules import Forecast, Pace, Work, callers_needed, forecast, recent_days, with_more

MONDAY = date(2027, 1, 4)
ONE_DAY = timedelta(days=1)


def invented(seed: int, stop: float) -> tuple[Work, Pace, date, date]:
    """A campaign played to its end by a crowd of its own: what was known at some point, and when it really ended."""
    draw = random.Random(seed)
    households, callers, most = draw.randint(300, 1500), draw.randint(4, 14), draw.randint(3, 5)
    presence, each = draw.uniform(0.6, 0.95), draw.uniform(8, 20)
    answers = [draw.uniform(0.45, 0.7)] + [draw.uniform(0.25, 0.5) for _ in range(most)]
    ready, made = Counter({0: households}), Counter()
    tried, ended = Counter(), Counter()
    days: dict[date, int] = {}
    known = None
    day = MONDAY
    while sum(ready.values()):
        if day.weekday() < 5:
            if known is None and len(days) >= 5 and sum(ready.values()) < stop * households:
                known = Work(dict(ready), dict(tried), dict(ended), most), dict(days), day
            room = sum(round(draw.gauss(each, each / 4)) for _ in range(callers) if draw.random() < presence)
            calls, again = 0, Counter()
            for attempts in sorted(ready, reverse=True):
                for _ in range(min(ready[attempts], room - calls)):
                    calls += 1
                    ready[attempts] -= 1
                    tried[attempts + 1] += 1
                    if draw.random() < answers[attempts]:
                        ended[attempts + 1] += 1
                    elif attempts + 1 < most:
                        again[attempts + 1] += 1
            ready += again
            made[day] = days[day] = calls
        day += ONE_DAY
    if known is None:
        return invented(seed + 1000, stop)
    work, before, today = known
    return work, Pace(days=before, today_left=1.0), today, max(made)


def foreseen(*facts, **known) -> Forecast:
    """A forecast with all its days."""
    found = forecast(*facts, **known)
    assert found is not None
    assert None not in (found.early, found.middle, found.late)
    return found


class TestForecast:
    @pytest.mark.parametrize("stop", [0.7, 0.4])
    def test_right_eight_times_out_of_ten(self, stop):
        inside, spans, count = 0, [], 60
        for seed in range(count):
            work, pace, today, end = invented(seed, stop)
            found = foreseen(work, pace, today=today, seed=seed, times=80)
            assert found.early <= found.middle <= found.late
            inside += found.early <= end <= found.late
            spans.append((found.late - found.early).days / max(1, (end - today).days))
        assert 0.70 <= inside / count <= 0.97
        # It says something: the range is on average shorter than the time that is left.
        assert sum(spans) / count < 0.8

    def test_same_facts_same_answer(self):
        work, pace, today, _ = invented(3, 0.6)
        assert forecast(work, pace, today=today, seed=7) == forecast(work, pace, today=today, seed=7)

    def test_too_early_to_say(self):
        work, pace, today, _ = invented(3, 0.6)
        days = dict(sorted(pace.days.items())[-2:])
        assert forecast(work, replace(pace, days=days), today=today, seed=1) is None

    def test_nobody_left(self):
        work, pace, today, _ = invented(3, 0.6)
        assert forecast(replace(work, waiting={}), pace, today=today, seed=1) is None

    def test_never_at_this_pace(self):
        work, pace, today, _ = invented(3, 0.6)
        slow = replace(pace, days=dict.fromkeys(pace.days, 1))
        found = forecast(replace(work, waiting={0: 100_000}), slow, today=today, seed=1, times=20)
        assert found is not None
        assert (found.middle, found.late) == (None, None)

    def test_more_callers_end_it_sooner_and_fewer_later(self):
        work, pace, today, _ = invented(11, 0.8)
        usual = foreseen(work, pace, today=today, seed=5, times=100)
        sooner = foreseen(work, with_more(pace, 60), today=today, seed=5, times=100)
        later = foreseen(work, with_more(pace, -30), today=today, seed=5, times=100)
        assert sooner.middle < usual.middle < later.middle

    def test_who_rests_is_missed(self):
        work, pace, today, _ = invented(11, 0.8)
        resting = replace(pace, absent=[(today + timedelta(days=60), 0.5)])
        usual = foreseen(work, pace, today=today, seed=5, times=100)
        assert usual.middle < foreseen(work, resting, today=today, seed=5, times=100).middle

    def test_holidays_are_not_called(self):
        work, pace, today, _ = invented(11, 0.8)
        off = [today + timedelta(days=ahead) for ahead in range(14)]
        assert foreseen(work, replace(pace, off=off, today_left=0.0), today=today, seed=5, times=50).early > off[-1]

    def test_callers_needed(self):
        work, pace, today, _ = invented(11, 0.8)
        usual = foreseen(work, pace, today=today, seed=5, times=100)
        by = today + (usual.middle - today) / 2
        needed = callers_needed(work, pace, each=12, by=by, today=today, seed=5)
        assert needed in range(1, 30)
        assert callers_needed(work, pace, each=12, by=usual.middle + timedelta(days=30), today=today, seed=5) == 0
        assert callers_needed(work, pace, each=0.1, by=today + ONE_DAY, today=today, seed=5) is None


class TestRecentDays:
    def test_a_day_without_calls_counts(self):
        days = {MONDAY: 10, MONDAY + ONE_DAY: 12, MONDAY + 3 * ONE_DAY: 8}
        assert recent_days(Pace(days=days), MONDAY + 4 * ONE_DAY) == [8, 0, 12, 10]

    def test_neither_holidays_nor_weekends(self):
        days = {MONDAY + ahead * ONE_DAY: 10 for ahead in (0, 1, 3, 4)}
        pace = Pace(days=days, off=[MONDAY + 2 * ONE_DAY])
        assert recent_days(pace, MONDAY + 7 * ONE_DAY) == [10, 10, 10, 10]
