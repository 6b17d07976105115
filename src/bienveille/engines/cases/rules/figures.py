"""Which counts of cases leave the team that follows them: none from one to four, nor one that subtraction would give.

Whoever reads figures made for everybody also knows those of their own agency exactly. A count is therefore hidden when
it is small, or when it is small once any one agency has taken its own away; and each hidden count keeps another one
hidden beside it, so that the total says neither.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

LEAST = 5

#: How many of something, agency by agency (None: no agency).
type Tally = Mapping[UUID | None, int]
type Cells[K] = Mapping[K, Tally]


def stands_alone(tally: Tally) -> bool:
    """Whether a count may be shown: neither it, nor what any agency leaves of it without its own, is from 1 to 4."""
    whole = sum(tally.values())
    return all(_harmless(whole - own) for own in (0, *tally.values()))


def _harmless(count: int) -> bool:
    return count == 0 or count >= LEAST


def hidden[K](cells: Cells[K], *, by_agency: bool = False) -> set[K]:
    """Among counts that add up to a shown total, those to hide; all of them when the total itself must be hidden.

    `by_agency`: each count is that of one agency, which knows it.
    """
    whole: dict[UUID | None, int] = {}
    for tally in cells.values():
        for agency, count in tally.items():
            whole[agency] = whole.get(agency, 0) + count
    if not stands_alone(whole):
        return set(cells)
    gone = {key for key, tally in cells.items() if not stands_alone(tally)}
    # The smallest of what is left goes too, until nobody can tell one hidden count from another.
    left = [key for key in cells if key not in gone and any(cells[key].values())]
    left.sort(key=lambda one: sum(cells[one].values()))
    while gone and not _covered(cells, gone, by_agency=by_agency) and left:
        gone.add(left.pop(0))
    return gone


def _covered[K](cells: Cells[K], gone: Collection[K], *, by_agency: bool) -> bool:
    """Whether nobody, from outside or from any one agency, can compute one of the hidden counts from the others."""
    agencies = {agency for tally in cells.values() for agency, count in tally.items() if count}
    for reader in [*agencies, _OUTSIDE]:
        unknown = [key for key in gone if not (by_agency and set(cells[key]) == {reader})]
        rest = sum(count for key in unknown for agency, count in cells[key].items() if agency != reader)
        if rest and (rest < LEAST or len(unknown) < 2):
            return False
    return True


_OUTSIDE = UUID(int=0)


@dataclass(frozen=True)
class Delays:
    """What had to be done by a moment: done in time, late (done or not), or not due yet. `median`, of what is done."""

    in_time: Tally = field(default_factory=dict)
    late: Tally = field(default_factory=dict)
    running: Tally = field(default_factory=dict)
    done: Tally = field(default_factory=dict)
    median: float | None = None  # seconds

    @property
    def all(self) -> Tally:
        return added([self.in_time, self.late, self.running])


@dataclass(frozen=True)
class Sendings:
    """What was sent to one partner: how many were answered, how many not yet or never."""

    answered: Tally
    silent: Tally


def added(tallies: Iterable[Tally]) -> dict[UUID | None, int]:
    """The sum of counts, agency by agency."""
    found: dict[UUID | None, int] = {}
    for tally in tallies:
        for agency, count in tally.items():
            found[agency] = found.get(agency, 0) + count
    return found


@dataclass(frozen=True)
class CaseFigures:
    """The cases opened in some months, counted agency by agency; confidential ones are nowhere in it."""

    grades: Cells[str]
    states: Cells[str]
    outcomes: Cells[str]  # of those that are closed
    needs: Cells[str]  # one case may have several
    agencies: Cells[UUID | None]
    communes: Mapping[UUID | None, Mapping[str, int]]
    opened: Cells[date]  # by month
    closed: Cells[date]  # by month, whenever they were opened
    taking: Mapping[str, Delays]  # by grade of the call that asked for somebody
    closing: Mapping[str, Delays]  # by grade of the case
    reopened: Tally
    partners: Mapping[str, Sendings]  # referrals that left, by the partner's name


@dataclass(frozen=True)
class ShownPartner:
    """One partner as a page shows it; None: hidden."""

    sent: int | None
    answered: int | None
    share: float | None


@dataclass(frozen=True)
class ShownDelays:
    """Delays as a page shows them; None: hidden, or nothing to measure."""

    asked: int | None
    in_time: int | None
    late: int | None
    running: int | None
    share: float | None
    median: float | None


@dataclass(frozen=True)
class ShownFigures:
    """The same figures, with None for what is hidden. `total` None: nothing may be shown."""

    total: int | None
    grades: Mapping[str, int | None]
    states: Mapping[str, int | None]
    outcomes: Mapping[str, int | None]
    needs: Mapping[str, int | None]
    agencies: Mapping[UUID | None, int | None]
    communes: Mapping[tuple[UUID | None, str], int | None]
    opened: Mapping[date, int | None]
    closed: Mapping[date, int | None]
    taking: Mapping[str, ShownDelays]
    closing: Mapping[str, ShownDelays]
    reopened: int | None
    partners: Mapping[str, ShownPartner]

    @property
    def hides(self) -> bool:
        """Whether something is hidden."""
        counts = [
            *self.grades.values(), *self.states.values(), *self.outcomes.values(), *self.needs.values(),
            *self.agencies.values(), *self.communes.values(), *self.opened.values(), *self.closed.values(),
        ]  # fmt: skip
        partners = [count for one in self.partners.values() for count in (one.sent, one.answered)]
        delays = [*self.taking.values(), *self.closing.values()]
        return None in (self.reopened, *counts, *partners) or any(
            None in (one.asked, one.in_time, one.late, one.running) for one in delays
        )


def for_the_team(figures: CaseFigures) -> ShownFigures:
    """Every count as it is, for those who follow these cases."""
    return _shown(figures, outside=False)


def for_everybody(figures: CaseFigures) -> ShownFigures:
    """The counts that may leave the team. `figures` must be those of every agency."""
    return _shown(figures, outside=True)


def _shown(figures: CaseFigures, *, outside: bool) -> ShownFigures:
    whole = added(figures.grades.values())
    nothing = outside and not stands_alone(whole)
    states = _open(figures.states, outside)
    agencies = _open(figures.agencies, outside, by_agency=True)
    return ShownFigures(
        total=None if nothing else sum(whole.values()),
        grades=_open(figures.grades, outside),
        states=states,
        outcomes=_open(figures.outcomes, outside, shut=states.get("closed", 0) is None),
        needs={key: _alone(tally, outside) for key, tally in figures.needs.items()},
        agencies=agencies,
        communes=_communes(figures.communes, agencies, outside),
        opened=_open(figures.opened, outside),
        closed=_open(figures.closed, outside),
        taking=_delays(figures.taking, outside),
        closing=_delays(figures.closing, outside),
        reopened=_alone(figures.reopened, outside),
        partners={name: _partner(one, outside) for name, one in figures.partners.items()},
    )


def _partner(one: Sendings, outside: bool) -> ShownPartner:
    """A share is shown with both its parts: with one, it would tell the other."""
    sent = _alone(added([one.answered, one.silent]), outside)
    parts = _open({"answered": one.answered, "silent": one.silent}, outside, shut=sent is None)
    answered = parts["answered"]
    return ShownPartner(sent, answered, answered / sent if sent and answered is not None else None)


def _alone(tally: Tally, outside: bool) -> int | None:
    return None if outside and not stands_alone(tally) else sum(tally.values())


def _open[K](cells: Cells[K], outside: bool, *, by_agency: bool = False, shut: bool = False) -> dict[K, int | None]:
    """Counts that add up; `shut`: their total is hidden, so are they."""
    gone = set() if not outside else set(cells) if shut else hidden(cells, by_agency=by_agency)
    return {key: None if key in gone else sum(tally.values()) for key, tally in cells.items()}


def _communes(
    communes: Mapping[UUID | None, Mapping[str, int]], agencies: Mapping[UUID | None, int | None], outside: bool
) -> dict[tuple[UUID | None, str], int | None]:
    """Communes add up to their agency: hidden with it, else as any counts that add up."""
    found: dict[tuple[UUID | None, str], int | None] = {}
    for agency, counts in communes.items():
        cells: Cells[str] = {name: {None: count} for name, count in counts.items()}
        shown = _open(cells, outside, shut=agencies.get(agency) is None)
        found |= {(agency, name): count for name, count in shown.items()}
    return found


def _delays(delays: Mapping[str, Delays], outside: bool) -> dict[str, ShownDelays]:
    """Grade by grade; the parts of a hidden grade are hidden, and so is a share that would tell them."""
    grades = _open({grade: one.all for grade, one in delays.items()}, outside)
    found = {}
    for grade, one in delays.items():
        parts = _open(
            {"in_time": one.in_time, "late": one.late, "running": one.running}, outside, shut=grades[grade] is None
        )
        in_time, late = parts["in_time"], parts["late"]
        due = None if in_time is None or late is None else in_time + late
        few = outside and (grades[grade] is None or not stands_alone(one.done))
        found[grade] = ShownDelays(
            asked=grades[grade],
            in_time=in_time,
            late=late,
            running=parts["running"],
            share=in_time / due if due and in_time is not None else None,
            median=None if few else one.median,
        )
    return found
