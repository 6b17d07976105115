"""When a campaign will end, and what would change it: played many times over from what its days have been so far.

The method, in the words of the page: « on rejoue la suite de la campagne quatre cents fois, en tirant au sort des
journées parmi les dernières et, à chaque appel, une réponse aussi souvent qu'elle a été obtenue jusqu'ici ; huit fois
sur dix, la fin tombe entre ces deux dates ». A household is called once a day at most, and as often as the rules of
the campaign say. No clock, no database; the same facts and the same seed give the same answer.
"""

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

#: A range is given from so many days of calls on: fewer say nothing of the days to come.
FEWEST_DAYS = 3
#: The last days that count, empty ones included: a pace changes over a campaign.
LAST_DAYS = 15
#: How much the answer rate of all calls weighs in that of the third or fourth call, which few households had.
PRIOR = 12
TIMES = 400
#: Beyond so many days of calls the campaign does not end at this pace.
HORIZON = 260
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Work:
    """What remains, and what calls have given: households by number of attempts made.

    `waiting`: those still to be called. `tried[n]`: households that had an n-th call; `ended[n]`: those whom it
    settled. `max_attempts`: after so many calls without an answer, the household is unreachable.
    """

    waiting: Mapping[int, int]
    tried: Mapping[int, int]
    ended: Mapping[int, int]
    max_attempts: int

    @property
    def left(self) -> int:
        return sum(self.waiting.values())


@dataclass(frozen=True)
class Pace:
    """How many calls a day: `days` of the past with theirs, those without a call included when people usually call.

    `off`: days when nobody calls (holidays). `absent`: for those at rest, until which day, and which part of the calls
    they made. `share`: the part of the calls that goes to households still to be reached; the others keep promises.
    `today_left`: the part of today that is still to come.
    """

    days: Mapping[date, int]
    off: Collection[date] = ()
    absent: Sequence[tuple[date, float]] = ()
    share: float = 1.0
    today_left: float = 0.0
    more: float = 0.0  # calls a day more than before (or fewer): what a change would bring


@dataclass(frozen=True)
class Forecast:
    """The end: as likely before `middle` as after; between `early` and `late` eight times out of ten.

    None instead of a day: not within a year at this pace.
    """

    early: date | None
    middle: date | None
    late: date | None
    calls_a_day: float
    left: int


def forecast(work: Work, pace: Pace, *, today: date, seed: int, times: int = TIMES) -> Forecast | None:
    """The range of the end; None while there are too few days of calls to say, or nobody is left to call."""
    rates = recent_days(pace, today)
    if work.left == 0 or len([calls for calls in rates if calls]) < FEWEST_DAYS:
        return None
    draw = random.Random(seed)
    calendar = _calendar(pace, today)
    ends = sorted(_play(work, pace, rates, calendar, draw) for _ in range(times))

    def at(part: float) -> date | None:
        end = ends[min(len(ends) - 1, int(part * len(ends)))]
        return calendar[end] if end < len(calendar) else None

    return Forecast(at(0.1), at(0.5), at(0.9), sum(rates) / len(rates), work.left)


def with_more(pace: Pace, calls_a_day: float) -> Pace:
    """The same campaign with so many calls a day more (fewer when negative)."""
    return replace(pace, more=pace.more + calls_a_day)


def callers_needed(
    work: Work, pace: Pace, *, each: float, by: date, today: date, seed: int, most: int = 30
) -> int | None:
    """How many more callers, each making `each` calls a day, would likely end it by a day; None above `most`."""
    low, high = 0, most
    while low < high:
        middle = (low + high) // 2
        found = forecast(work, with_more(pace, middle * each), today=today, seed=seed, times=TIMES // 4)
        if found is not None and found.middle is not None and found.middle <= by:
            high = middle
        else:
            low = middle + 1
    found = forecast(work, with_more(pace, low * each), today=today, seed=seed, times=TIMES // 4)
    return low if found is not None and found.middle is not None and found.middle <= by else None


def recent_days(pace: Pace, today: date) -> list[int]:
    """Calls of the last days on which people usually call, today left out, days without any call included."""
    past = sorted(day for day in pace.days if day < today)
    if not past:
        return []
    usual = _usual(pace)
    days: list[int] = []
    day = today - ONE_DAY
    while day >= past[0] and len(days) < LAST_DAYS:
        if day in pace.days or (day.weekday() in usual and day not in pace.off):
            days.append(pace.days.get(day, 0))
        day -= ONE_DAY
    return days


def _usual(pace: Pace) -> set[int]:
    """The days of the week on which this campaign calls: Monday to Friday until a week has shown otherwise."""
    seen = {day.weekday() for day, calls in pace.days.items() if calls}
    return seen if (max(pace.days) - min(pace.days)).days >= 7 else seen | set(range(5))


def _calendar(pace: Pace, today: date) -> list[date]:
    """The days of calls to come, today first when something of it is left."""
    usual = _usual(pace)
    days: list[date] = []
    day = today if pace.today_left > 0 else today + ONE_DAY
    while len(days) < HORIZON and usual:
        if (day.weekday() in usual and day not in pace.off) or (day == today and pace.today_left > 0):
            days.append(day)
        day += ONE_DAY
    return days


def _settled(work: Work, draw: random.Random) -> list[float]:
    """How likely an n-th call settles a household, drawn from what is known of it: little known, widely drawn."""
    tried, ended = sum(work.tried.values()), sum(work.ended.values())
    overall = (ended + 1) / (tried + 2)
    rates = []
    for rank in range(1, work.max_attempts + 1):
        there, settled = work.tried.get(rank, 0), min(work.ended.get(rank, 0), work.tried.get(rank, 0))
        rates.append(draw.betavariate(settled + PRIOR * overall, there - settled + PRIOR * (1 - overall)))
    return rates


def _play(work: Work, pace: Pace, rates: Sequence[int], calendar: Sequence[date], draw: random.Random) -> int:
    """One possible sequel: the place in the calendar of the day on which nobody is left; its length when none is."""
    settled = _settled(work, draw)
    # Drawn twice: once for what the pace really is, which these few days only suggest, once for each day to come.
    sample = draw.choices(rates, k=len(rates))
    last = work.max_attempts
    ready = [0] * last
    for made, count in work.waiting.items():
        ready[min(made, last - 1)] += count
    for place, day in enumerate(calendar):
        calls = max(0.0, draw.choice(sample) * pace.share + pace.more)
        calls *= max(0.0, 1 - sum(part for until, part in pace.absent if until > day))
        if place == 0 and pace.today_left > 0:
            calls *= pace.today_left
        room, again = round(calls), [0] * (last + 1)
        for made in range(last - 1, -1, -1):
            if room <= 0:
                break
            called = min(ready[made], room)
            if called:
                room -= called
                again[made + 1] = called - draw.binomialvariate(called, settled[made])
                ready[made] -= called
        left = 0
        for made in range(last):
            ready[made] += again[made]
            left += ready[made]
        if left == 0:
            return place
    return len(calendar)


@dataclass(frozen=True)
class Change:
    """What would change the end: the words that say it, and the likely day then. `callers`: more, or fewer."""

    kind: str  # more | fewer | wished
    callers: int
    agency: str
    end: date | None


def changes_of(
    work: Work,
    pace: Pace,
    end: Forecast,
    *,
    each: float,
    agency: str,
    wished: date | None,
    today: date,
    seed: int,
) -> list[Change]:
    """Two callers more, two fewer, and as many as the wished end asks for; only what changes the day is told."""
    changes = []
    for kind, callers in (("more", 2), ("fewer", -2)):
        found = forecast(work, with_more(pace, callers * each), today=today, seed=seed, times=TIMES // 2)
        if found is not None and found.middle != end.middle:
            changes.append(Change(kind, abs(callers), agency if kind == "more" else "", found.middle))
    if wished is not None and wished > today and (end.middle is None or end.middle > wished):
        needed = callers_needed(work, pace, each=each, by=wished, today=today, seed=seed)
        if needed:
            changes.append(Change("wished", needed, "", wished))
    return changes
