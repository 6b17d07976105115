"""When somebody may be called: hours of a week, days off, in the time of the place where they live. No clock, no call.

No law sets the hours of a call made out of care: they are the landlord's own rules. Only the days off come from the
law (`DAYS_OFF_SOURCES`). Everything is judged at the home of whoever is called.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays

MORNING, AFTERNOON, EVENING = "morning", "afternoon", "evening"
#: Minutes of the day at which its three parts begin. The end of the day begins when people come home.
PARTS: Mapping[str, int] = {MORNING: 0, AFTERNOON: 13 * 60, EVENING: 17 * 60}
DAY = 24 * 60
#: How far a next moment is looked for: longer than any chain of days off.
HORIZON_DAYS = 400


@dataclass(frozen=True)
class Place:
    """A part of France with its own time or its own days off. `subdivision` is how `holidays` calls it."""

    name: str
    zone: str
    subdivision: str | None = None
    more_days_off: tuple[tuple[int, int], ...] = ()  # month, day


#: By code: the first figures of the INSEE code of the commune, empty elsewhere in mainland France.
PLACES: Mapping[str, Place] = {
    "": Place("France métropolitaine", "Europe/Paris"),
    "57": Place("Moselle", "Europe/Paris", "57"),
    "67": Place("Alsace", "Europe/Paris", "6AE"),
    "971": Place("Guadeloupe", "America/Guadeloupe", "971"),
    "972": Place("Martinique", "America/Martinique", "972"),
    "973": Place("Guyane", "America/Cayenne", "973"),
    "974": Place("La Réunion", "Indian/Reunion", "974"),
    "975": Place("Saint-Pierre-et-Miquelon", "America/Miquelon", "PM"),
    "976": Place("Mayotte", "Indian/Mayotte", "976"),
    "977": Place("Saint-Barthélemy", "America/Guadeloupe", "BL"),
    "978": Place("Saint-Martin", "America/Guadeloupe", "MF", ((5, 27),)),
    "984": Place("Terres australes", "Indian/Kerguelen", "TF"),
    "986": Place("Wallis-et-Futuna", "Pacific/Wallis", "WF"),
    "987": Place("Polynésie française", "Pacific/Tahiti", "PF"),
    "988": Place("Nouvelle-Calédonie", "Pacific/Noumea", "NC"),
}


@dataclass(frozen=True)
class Source:
    """Where a rule comes from, and since when it says so."""

    what: str
    article: str
    since: date


#: Days off are law: they are never called « rules of the landlord ».
DAYS_OFF_SOURCES = (
    Source("Les onze fêtes légales", "Code du travail, article L. 3133-1", date(2008, 5, 1)),
    Source(
        "Le Vendredi saint et le 26 décembre en Moselle et en Alsace",
        "Code du travail, article L. 3134-13",
        date(2008, 5, 1),
    ),
    Source(
        "La commémoration de l’abolition de l’esclavage outre-mer",
        "Code du travail, article L. 3422-2",
        date(2017, 3, 2),
    ),
)
#: Hours that the law sets for selling by telephone. Calls made out of care are not sales: a landmark, nothing more.
SALES_HOURS_SOURCE = Source(
    "du lundi au vendredi, de 10 h à 13 h et de 14 h à 20 h, hors jours fériés",
    "Code de la consommation, article D. 223-9",
    date(2023, 3, 1),
)


def place_of(commune: str | None) -> str:
    """The code in `PLACES` of the place of a commune, by its INSEE code; empty when it is unknown."""
    code = commune or ""
    if code[:2] in ("97", "98"):
        return code[:3] if code[:3] in PLACES else ""
    return {"57": "57", "67": "67", "68": "67"}.get(code[:2], "")


def zone_of(place: str) -> ZoneInfo:
    return ZoneInfo(PLACES[place].zone)


@lru_cache(maxsize=256)
def days_off(place: str, year: int) -> Mapping[date, str]:
    """Public holidays of a place in a year, with their French names."""
    known = PLACES[place]
    found = dict(holidays.country_holidays("FR", subdiv=known.subdivision, years=year, language="fr").items())
    for month, day in known.more_days_off:
        found.setdefault(date(year, month, day), "Abolition de l’esclavage")
    return found


def is_day_off(place: str, day: date) -> bool:
    return day in days_off(place, day.year)


@dataclass(frozen=True)
class Window:
    """Hours during which people may be called, on some days. `start` and `end` in minutes of the day, `end` excluded.

    Days are ISO: Monday is 1.
    """

    days: frozenset[int]
    start: int
    end: int

    def __post_init__(self) -> None:
        if not self.days or not self.days <= set(range(1, 8)) or not 0 <= self.start < self.end <= DAY:
            raise ValueError(f"{sorted(self.days)} {self.start}-{self.end}")


@dataclass(frozen=True)
class Wish:
    """When a household asks to be called. Nothing said suits always; `parts` empty: any part of the day."""

    not_on: frozenset[int] = frozenset()
    parts: frozenset[str] = frozenset()

    def suits(self, day: date, part: str) -> bool:
        return day.isoweekday() not in self.not_on and (not self.parts or part in self.parts)


@dataclass(frozen=True)
class Span:
    """Some hours of one day of a place, inside one part of the day. `start` and `end` (excluded) in UTC."""

    start: datetime
    end: datetime
    day: date
    part: str


#: Any hour of any day.
ANY_HOUR = (Window(frozenset(range(1, 8)), 0, DAY),)
#: What the guided creation proposes, and when a try is made again when a campaign says nothing.
GOOD_MANNERS = (Window(frozenset(range(1, 6)), 9 * 60, 19 * 60 + 30),)


@dataclass(frozen=True)
class Hours:
    """When somebody may be called: hours of the week, days off, their own wish, at the time of their place."""

    windows: tuple[Window, ...] = ANY_HOUR
    place: str = ""
    on_days_off: bool = False
    wish: Wish = field(default_factory=Wish)

    @property
    def zone(self) -> ZoneInfo:
        return zone_of(self.place)

    def local(self, moment: datetime) -> datetime:
        """A moment as the clock shows it where they live."""
        return moment.astimezone(self.zone)

    def spans_on(self, day: date) -> list[Span]:
        """The hours of one day when they may be called, in order; none on a day off."""
        if not self.on_days_off and self.windows != ANY_HOUR and is_day_off(self.place, day):
            return []
        found = []
        for start, end in _merged(self.windows, day.isoweekday()):
            for part, first, last in _cut(start, end):
                if self.wish.suits(day, part):
                    span = Span(_instant(day, first, self.zone), _instant(day, last, self.zone), day, part)
                    if span.start < span.end:
                        found.append(span)
        return found

    def spans(self, first: date, days: int = HORIZON_DAYS) -> Iterator[Span]:
        for ahead in range(days):
            yield from self.spans_on(first + timedelta(days=ahead))

    def allows(self, moment: datetime) -> bool:
        return any(one.start <= moment < one.end for one in self.spans_on(self.local(moment).date()))

    def next(self, moment: datetime) -> datetime | None:
        """That moment when they may be called then, else the first one after; None when there is none at all."""
        for span in self.spans(self.local(moment).date()):
            if span.end > moment:
                return max(span.start, moment)
        return None

    def next_days(self, day: date) -> Iterator[list[Span]]:
        """The days after one on which they may be called, each with its hours."""
        for ahead in range(1, HORIZON_DAYS):
            if found := self.spans_on(day + timedelta(days=ahead)):
                yield found

    def without_wish(self) -> "Hours":
        return replace(self, wish=Wish())


def part_of(moment: time | datetime) -> str:
    """The part of the day of an hour, as the clock shows it there."""
    minutes = moment.hour * 60 + moment.minute
    return next(part for part, start in reversed(list(PARTS.items())) if minutes >= start)


def _merged(windows: Sequence[Window], weekday: int) -> list[tuple[int, int]]:
    """Hours of a weekday, overlapping ones made one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted((one.start, one.end) for one in windows if weekday in one.days):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _cut(start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """Hours cut where a part of the day ends and the next begins."""
    limits = [*PARTS.values(), DAY]
    for part, low, high in zip(PARTS, limits, limits[1:], strict=False):
        first, last = max(start, low), min(end, high)
        if first < last:
            yield part, first, last


def _instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """When a clock of the place shows that hour; an hour skipped in spring is the moment of the change."""
    local = datetime.combine(day, time(), tzinfo=zone) + timedelta(minutes=minutes)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    # The skipped hour: go back by what the clock jumped over, to the moment at which it jumps.
    before = instant - timedelta(hours=3)
    after = instant
    while after - before > timedelta(minutes=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == before.astimezone(zone).utcoffset():
            before = middle
        else:
            after = middle
    return after.replace(second=0, microsecond=0)


def read_windows(raw: object) -> tuple[tuple[Window, ...], list[str]]:
    """Hours as a document writes them, `[{days = [1, 2], from = "09:00", to = "19:30"}]`, and what is wrong in them."""
    if not isinstance(raw, list | tuple) or len(raw) > 20:
        return (), ["Les horaires sont une liste de vingt plages au plus."]
    windows: list[Window] = []
    wrong: list[str] = []
    for rank, one in enumerate(raw, start=1):
        if not isinstance(one, Mapping) or one.keys() != {"days", "from", "to"}:
            wrong.append(f"Plage {rank} : indiquez « days », « from » et « to », et rien d’autre.")
            continue
        days, start, end = one["days"], _minutes(one["from"]), _minutes(one["to"])
        if not isinstance(days, list | tuple) or not days or any(day not in range(1, 8) for day in days):
            wrong.append(f"Plage {rank} : les jours vont de 1 (lundi) à 7 (dimanche).")
        elif start is None or end is None:
            wrong.append(f"Plage {rank} : écrivez les heures ainsi : 09:00.")
        elif start >= end:
            wrong.append(f"Plage {rank} : l’heure de fin suit l’heure de début.")
        else:
            windows.append(Window(frozenset(int(day) for day in days), start, end))
    return (() if wrong else tuple(windows)), wrong


def written(windows: Sequence[Window]) -> list[dict[str, Any]]:
    """The same hours as a document writes them; `read_windows` reads them back."""
    return [{"days": sorted(one.days), "from": _hour(one.start), "to": _hour(one.end)} for one in windows]


def _hour(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _minutes(value: object) -> int | None:
    if isinstance(value, time):  # TOML has its own hours
        return value.hour * 60 + value.minute
    hours, colon, minutes = str(value).partition(":")
    if not colon or len(hours) != 2 or len(minutes) != 2 or not (hours + minutes).isdecimal():
        return None
    total = int(hours) * 60 + int(minutes)
    return total if int(minutes) < 60 and total <= DAY else None
