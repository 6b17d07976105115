"""A lot of homes: what was announced beside what is found, the steps still to do, in words. No database, no clock."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from bienveille.ground.lib.typography import counted, number
from bienveille.register.housing.choices import Ownership
from bienveille.services.letting.choices import Direction

FOLDER = Path(__file__).parent.parent / "checklists"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Announced:
    """What the seller or the buyer announced; None is « not said », which is not nil."""

    total: int | None = None
    full: int | None = None
    co_owned: int | None = None
    managed: int | None = None

    @property
    def parts(self) -> dict[str, int | None]:
        return {
            Ownership.FULL.value: self.full,
            Ownership.CO_OWNED.value: self.co_owned,
            Ownership.MANAGED.value: self.managed,
        }

    @property
    def sum(self) -> int | None:
        """What the parts add up to; None when none was said."""
        said = [part for part in self.parts.values() if part is not None]
        return sum(said) if said else None


@dataclass(frozen=True)
class Line:
    """One ownership: announced, found in the register, and the difference when both are known."""

    label: str
    announced: int | None
    found: int
    whole: bool = False

    @property
    def gap(self) -> int | None:
        return None if self.announced is None else self.found - self.announced


@dataclass(frozen=True)
class Comparison:
    """What was announced beside what the register holds; nothing is put right, everything is shown."""

    lines: list[Line]
    total: Line
    parts_sum: int | None
    parts_gap: int | None  # the parts' sum less the announced total
    remarks: list[str]


def compare(announced: Announced, found: Mapping[str, int]) -> Comparison:
    """`found`: homes of the lot that the register knows, by ownership ("" when it is not said)."""
    lines = [Line(str(Ownership(key).label), said, found.get(key, 0)) for key, said in announced.parts.items()]
    if unsaid := found.get("", 0):
        lines.append(Line("Propriété non renseignée", None, unsaid))
    total = Line("Total", announced.total, sum(found.values()), whole=True)
    gap = None if announced.sum is None or announced.total is None else announced.sum - announced.total
    return Comparison(lines, total, announced.sum, gap, _remarks(announced, total, gap))


def _remarks(announced: Announced, total: Line, gap: int | None) -> list[str]:
    remarks = []
    if gap:
        remarks.append(
            f"Les parts annoncées font {number(announced.sum or 0)}, soit {number(abs(gap))} de "
            f"{'plus' if gap > 0 else 'moins'} que le total annoncé de {number(announced.total or 0)}. "
            "Les deux sont gardés tels quels."
        )
    if total.gap:
        remarks.append(
            f"Le registre compte {counted(total.found, 'logement')} de ce lot, soit {number(abs(total.gap))} de "
            f"{'plus' if total.gap > 0 else 'moins'} que le total annoncé."
        )
    return remarks


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, and when: so many days from the effective day."""

    key: str
    label: str
    text: str
    days: int


@dataclass(frozen=True)
class StepLine:
    """A step of one lot: when it is due, who did it and when."""

    step: Step
    due: date
    done_at: datetime | None
    done_by: str
    late: bool


def checklist(direction: str) -> tuple[Step, ...]:
    """The steps of a take-over or of a sale, in the order in which they come."""
    return _steps(FOLDER / f"{Direction(direction).value}.toml")


@lru_cache
def _steps(path: Path) -> tuple[Step, ...]:
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(sorted((Step(**raw) for raw in document["steps"]), key=lambda step: step.days))


def step_lines(
    direction: str, effective_on: date, done: Mapping[str, tuple[datetime, str]], today: date
) -> list[StepLine]:
    """Each step of a lot. `done`: key → when and by whom; one that is not done by its day is late."""
    lines = []
    for step in checklist(direction):
        due = effective_on + timedelta(days=step.days)
        at, by = done.get(step.key, (None, ""))
        lines.append(StepLine(step, due, at, by, late=at is None and due < today))
    return lines
