"""Entries, exits, turnover and vacancy: counts of leases and homes added up into figures. No database, no clock."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from fractions import Fraction

from bienveille.services.letting.choices import DEPARTMENTS
from bienveille.services.letting.rules.periods import Period

NO_DEPARTMENT = "Département inconnu"


@dataclass(frozen=True)
class Place:
    """Where a home is: its agency (code and name) and its département (code, "" when unknown)."""

    agency: str
    agency_name: str
    department: str


@dataclass(frozen=True)
class Moves:
    """Leases that began or ended in one place and one month."""

    place: Place
    month: date
    entries: int = 0
    settled_entries: int = 0  # of which in homes that count in the turnover
    exits: int = 0
    renewed: int = 0  # leases followed by another one of the same people: neither entry nor exit
    with_stock: int = 0  # leases that came or went with a lot of homes
    uncertain: int = 0  # entries on the day after somebody left who is no longer known


@dataclass(frozen=True)
class Stock:
    """Homes of one place on one day, each in one state."""

    place: Place
    let: int = 0
    vacant: int = 0  # offered, empty
    long_vacant: int = 0  # of which for longer than the definition says
    undated: int = 0  # of which nobody knows since when
    technical: int = 0
    association: int = 0
    other: int = 0
    unlisted: int = 0  # declared as let, with no lease here
    later: int = 0  # whose first lease known is more recent than that day
    settled: int = 0  # let or offered, and counting in the turnover
    undated_service: int = 0  # of which the year of construction is unknown
    gone: int = 0  # sold before that day, or not taken over yet


@dataclass
class Figures:
    """The figures of one line: a place, a month or the whole."""

    key: str
    name: str
    months: Fraction = Fraction(12)
    entries: int = 0
    settled_entries: int = 0
    exits: int = 0
    renewed: int = 0
    with_stock: int = 0
    uncertain: int = 0
    let: int = 0
    vacant: int = 0
    long_vacant: int = 0
    undated: int = 0
    technical: int = 0
    association: int = 0
    other: int = 0
    unlisted: int = 0
    later: int = 0
    settled: int = 0
    undated_service: int = 0
    gone: int = 0
    parts: set[str] = field(default_factory=set)  # what a line gathers, when its name does not say it

    def add(self, one: Moves | Stock) -> None:
        for part in fields(one):
            if part.name not in ("place", "month"):
                setattr(self, part.name, getattr(self, part.name) + getattr(one, part.name))

    @property
    def entries_per_month(self) -> Fraction | None:
        return self.entries / self.months if self.months else None

    @property
    def exits_per_month(self) -> Fraction | None:
        return self.exits / self.months if self.months else None

    @property
    def balance(self) -> int:
        return self.entries - self.exits

    @property
    def offered(self) -> int:
        """Homes let or offered."""
        return self.let + self.vacant

    @property
    def turnover(self) -> Fraction | None:
        """Entries of the period over the homes that count; of this period, not of a year."""
        return Fraction(self.settled_entries, self.settled) if self.settled else None

    @property
    def yearly_turnover(self) -> Fraction | None:
        """What it would be in twelve months at the same pace."""
        turnover = self.turnover
        return None if turnover is None or not self.months else turnover * 12 / self.months

    @property
    def vacancy(self) -> Fraction | None:
        return Fraction(self.vacant, self.offered) if self.offered else None

    @property
    def long_vacancy(self) -> Fraction | None:
        return Fraction(self.long_vacant, self.offered) if self.offered else None


@dataclass(frozen=True)
class Report:
    """Everything that the page of moves shows; each list adds up to `whole`."""

    period: Period
    whole: Figures
    by_agency: list[Figures]
    by_territory: list[Figures]
    by_month: list[Figures]


def report(
    period: Period, moves: Iterable[Moves], stock: Iterable[Stock], territories: Mapping[str, str] | None = None
) -> Report:
    """Adds up by agency, by territory and by month. `territories`: code of a département → the territory it is in."""
    moved, homes = list(moves), list(stock)
    grouped = territories or {}
    by_territory = _by(
        period, [*moved, *homes], lambda place: _territory(place, grouped), lambda place: place.department
    )
    return Report(
        period=period,
        whole=_line("", "Ensemble", period.length, [*moved, *homes]),
        by_agency=_by(period, [*moved, *homes], lambda place: (place.agency, place.agency_name)),
        by_territory=by_territory,
        by_month=[
            _line(
                month.isoformat(),
                month.isoformat(),
                Fraction(1),
                [one for one in moved if one.month == month],
            )
            for month in period.months
        ],
    )


def department_name(code: str) -> str:
    """« Loire »; the code itself when it is no département."""
    return DEPARTMENTS.get(code, code) if code else NO_DEPARTMENT


def _territory(place: Place, territories: Mapping[str, str]) -> tuple[str, str]:
    if place.department in territories:
        name = territories[place.department]
        return f"territory:{name}", name
    return place.department, department_name(place.department)


def _by(
    period: Period,
    rows: list[Moves | Stock],
    key: Callable[[Place], tuple[str, str]],
    part: Callable[[Place], str] | None = None,
) -> list[Figures]:
    lines: dict[tuple[str, str], Figures] = {}
    for row in rows:
        found = key(row.place)
        line = lines.setdefault(found, Figures(found[0], found[1], period.length))
        line.add(row)
        if part is not None:
            line.parts.add(part(row.place))
    return sorted(lines.values(), key=lambda line: (line.name, line.key))


def _line(key: str, name: str, months: Fraction, rows: Iterable[Moves | Stock]) -> Figures:
    line = Figures(key, name, months)
    for row in rows:
        line.add(row)
    return line


def newest_year(last: date, years: int) -> int:
    """The last year of construction of a home that has been in service so long on that day.

    Only the year is known: the home is said in service on its 31 December.
    """
    whole = last.year - years
    return whole if (last.month, last.day) == (12, 31) else whole - 1
