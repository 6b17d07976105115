"""What a register must say after each night, worked out in plain Python from the file's lines and what people did here.

It is written from the rules of the importer's docstrings and of docs/glossary.md, one person after the other; it shares
no code with the importer, which works by sets.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tests.imports.night_landlord import DAY, Line

if TYPE_CHECKING:
    from tests.imports.night_merges import Joined

FACTS = ("title", "last_name", "first_name", "birth_date", "role", "marital_status", "languages")


@dataclass(eq=False)
class Point:
    value: str
    status: str = "valid"
    source: str = "erp"
    by: bool = False  # somebody here said something of its status
    verified: dt.date | None = None  # somebody was reached there

    @property
    def judged(self) -> bool:
        return self.by or self.verified is not None


@dataclass(eq=False)
class Household:
    home: str | None
    closed_on: dt.date | None = None
    people: list["Somebody"] = field(default_factory=list)
    pk: UUID | None = None


@dataclass(eq=False)
class Somebody:
    """A person of the register. `lease` is None for somebody added by hand whom no file has listed."""

    household: Household
    lease: str | None
    name: tuple[int, int]
    rank: int
    facts: dict[str, Any]
    called: tuple[int, int]
    said: tuple[Any, ...] | None = None  # what the file's row said last
    file_said: dict[str, str] = field(default_factory=dict)
    left_on: dt.date | None = None
    points: dict[tuple[str, str], Point] = field(default_factory=dict)
    kept: dict[str, Any] = field(
        default_factory=lambda: {
            "deceased": False, "deceased_on": None, "opposed_on": None, "protected_address": False, "best_time": "",
        }
    )  # fmt: skip
    marks: dict[str, dt.date] = field(default_factory=dict)
    merged_into: "Somebody | None" = None
    pk: UUID | None = None


@dataclass(eq=False)
class Lease:
    number: str
    kind: str
    home: str
    entry: dt.date | None
    exit: dt.date | None
    household: Household | None = None

    def runs(self, today: dt.date) -> bool:
        return self.kind == "housing" and (self.exit is None or self.exit >= today)


@dataclass
class Night:
    """What the report of one import must say."""

    rejects: list[tuple[int, str]] = field(default_factory=list)
    created: int = 0
    updated: int = 0
    closed: int = 0
    unchanged: int = 0
    absent: int = 0
    held: int = 0


class Oracle:
    def __init__(self) -> None:
        self.leases: dict[str, Lease] = {}
        self.people: list[Somebody] = []
        self.households: list[Household] = []
        self.merges: list[Joined] = []
        self.apart: set[tuple[Somebody, Somebody]] = set()

    # ---- one night ---------------------------------------------------------------------------------------------------

    def night(self, lines: list[Line], today: dt.date) -> Night:
        told = Night()
        accepted = self._accepted(lines, told)
        listed, known_before = self._who(accepted), dict(self.leases)
        former_exits = {number: lease.exit for number, lease in self.leases.items()}
        self._leases(accepted, today, former_exits)
        self._adopt(accepted, listed, today)
        updated: set[int] = set()
        closed: set[int] = set()
        self._fresh: set[int] = set()  # rows merged into another of which the file says something new
        for rank, line in accepted.items():
            if self.leases[line.lease].runs(today) and (line.exit is None or line.exit >= today):
                self._person(rank, line, listed, told, updated)
        self._absent(lines, today, told)
        silent = self._silent(lines, accepted, listed, today)
        self._ended(today, closed)
        for rank, line in accepted.items():  # their own row has ended
            one = listed.get(rank)
            ended = one and self.leases[line.lease].runs(today) and line.exit and line.exit < today
            if one and ended and not self.stands(one, today):
                self._leave(one, line.exit, closed)  # type: ignore[arg-type]
        self._no_longer_listed(lines, accepted, listed, known_before, today, closed)
        self._stay(silent, today, updated, closed)
        self._garages(accepted)
        told.updated, told.closed = len(updated), len(closed)
        told.unchanged -= told.updated
        told.rejects.sort()
        return told

    def _accepted(self, lines: list[Line], told: Night) -> dict[int, Line]:
        """Rows taken, by their number; the header is row 1. Of two rows for one person the second is refused."""
        accepted: dict[int, Line] = {}
        seen: set[tuple[Any, ...]] = set()
        for rank, line in enumerate(lines, start=2):
            same = (line.lease, line.name, line.facts["birth_date"])
            if line.fault:
                told.rejects.append((rank, line.fault))
            elif same in seen:
                told.rejects.append((rank, "duplicate_key"))
            else:
                seen.add(same)
                accepted[rank] = line
        return accepted

    def _who(self, accepted: dict[int, Line]) -> dict[int, Somebody]:
        """Who each row is about, of those already here: by birth date among homonyms, else whoever has the name."""
        groups: dict[tuple[str, tuple[int, int]], list[int]] = {}
        for rank, line in accepted.items():
            groups.setdefault((line.lease, line.name), []).append(rank)
        found: dict[int, Somebody] = {}
        for (lease, name), ranks in groups.items():
            free = sorted((p for p in self.people if (p.lease, p.name) == (lease, name)), key=lambda p: p.rank)
            for rank in ranks:
                birth = accepted[rank].facts["birth_date"]
                same = next((p for p in free if birth and p.facts["birth_date"] == birth), None)
                if same:
                    found[rank] = same
                    free.remove(same)
            for rank in ranks:
                if rank not in found and free:
                    found[rank] = free.pop(0)
        return found

    def _leases(self, accepted: dict[int, Line], today: dt.date, former_exits: dict[str, dt.date | None]) -> None:
        """The first row decides the home and the kind; the lease runs as long as one row does."""
        rows: dict[str, list[Line]] = {}
        for line in accepted.values():
            rows.setdefault(line.lease, []).append(line)
        for number, mine in rows.items():
            exits = [line.exit for line in mine]
            last = None if None in exits else max(exits)  # type: ignore[type-var]
            entry = min((line.entry for line in mine if line.entry), default=None)
            lease = self.leases.get(number)
            if lease is None:
                lease = self.leases[number] = Lease(number, mine[0].kind, mine[0].home, entry, last)
            else:
                lease.kind, lease.home, lease.entry, lease.exit = mine[0].kind, mine[0].home, entry or lease.entry, last
            if not lease.runs(today):
                continue
            home = lease.household
            if home is None:
                lease.household = home = self._by_hand(lease, mine) or Household(lease.home)
                if home not in self.households:
                    self.households.append(home)
            elif home.closed_on is None or ((former := former_exits.get(number)) and former < today):
                home.home, home.closed_on = lease.home, None

    def _by_hand(self, lease: Lease, mine: list[Line]) -> Household | None:
        """The household added here by hand, in that home, with somebody of that lease."""
        taken = {id(other.household) for other in self.leases.values()}
        names = {line.name for line in mine}
        free = [one for one in self.households if one.closed_on is None and id(one) not in taken]
        for household in free:
            listed = any(one.lease is None and one.called in names for one in household.people)
            if listed and household.home == lease.home:
                return household
        return None

    def _adopt(self, accepted: dict[int, Line], listed: dict[int, Somebody], today: dt.date) -> None:
        """Somebody added here by hand whom the file now lists in that lease."""
        for rank, line in accepted.items():
            lease = self.leases[line.lease]
            if rank in listed or lease.household is None or not lease.runs(today):
                continue
            found = [one for one in lease.household.people if one.lease is None and one.called == line.name]
            found = [one for one in found if one.merged_into is None]
            if found:  # who lives there, then who left last
                one = min(found, key=lambda one: (one.left_on is not None, -(one.left_on or today).toordinal(), one.pk))
                one.lease, one.name, listed[rank] = line.lease, line.name, one

    def _person(self, rank: int, line: Line, listed: dict[int, Somebody], told: Night, updated: set[int]) -> None:
        said = (*line.facts.values(), line.phones, line.emails)
        told.unchanged += 1
        one = listed.get(rank)
        if one is None:
            household = self.leases[line.lease].household
            assert household is not None
            taken = {p.rank for p in self.people if (p.lease, p.name) == (line.lease, line.name)}
            free = next(number for number in range(1, 99) if number not in taken)
            one = Somebody(household, line.lease, line.name, free, dict(line.facts), line.name, said)
            household.people.append(one)
            self.people.append(one)
            listed[rank] = one
            one.points = {("phone", value): Point(value) for value, _ in line.phones}
            one.points |= {("email", value): Point(value) for value in line.emails}
            told.created += 1
            told.unchanged -= 1
            return
        if one.said == said:
            return
        one.said = said
        if one.merged_into is not None:  # the row is left alone; its numbers go to the one who stands for both
            stands = one.merged_into
            self._fresh.add(id(one))
            if self._add_points(stands, line):
                updated.add(id(stands))
            return
        if self._say(one, line) | self._reach(one, line):
            updated.add(id(one))

    def _say(self, one: Somebody, line: Line) -> bool:
        """A field corrected here stays as long as the file says what it said then; an empty cell erases nothing."""
        before = (dict(one.facts), dict(one.file_said), one.left_on)
        still = {name: said for name, said in one.file_said.items() if name not in FACTS}  # no file speaks of those
        for name in FACTS:
            value = line.facts[name]
            written = _text(value)
            if name in one.file_said and written in (one.file_said[name], ""):
                still[name] = one.file_said[name]
            if value and one.file_said.get(name) != written:
                one.facts[name] = value
        one.file_said = still
        one.called = (
            line.name[0] if one.facts["last_name"] == line.facts["last_name"] else one.called[0],
            line.name[1] if one.facts["first_name"] == line.facts["first_name"] else one.called[1],
        )
        if not one.kept["deceased"]:
            one.left_on = None
        home, own = one.household, self.leases[line.lease].household
        assert own is not None
        _settle(one, own)
        return before != (one.facts, one.file_said, one.left_on) or home is not own

    def _reach(self, one: Somebody, line: Line) -> bool:
        """A number replaced waits for a check; one that is back is good again; what people said of one stays said.

        Of somebody who stands for two rows nothing is replaced: the other row may say it.
        """
        changed = False
        both = any(other.merged_into is one for other in self.people)
        for kind, values in (("phone", [value for value, _ in line.phones]), ("email", list(line.emails))):
            for (sort, value), point in one.points.items():
                if sort != kind or point.source != "erp" or point.judged:
                    continue
                if point.status == "valid" and values and value not in values and not both:
                    point.status, changed = "unverified", True
                elif point.status == "unverified" and value in values:
                    point.status, changed = "valid", True
        return self._add_points(one, line) or changed

    @staticmethod
    def _add_points(one: Somebody, line: Line) -> bool:
        known = len(one.points)
        for value, _ in line.phones:
            one.points.setdefault(("phone", value), Point(value))
        for value in line.emails:
            one.points.setdefault(("email", value), Point(value))
        return len(one.points) > known

    # ---- who leaves --------------------------------------------------------------------------------------------------

    @staticmethod
    def _leave(one: Somebody, day: dt.date, closed: set[int]) -> None:
        if one.left_on is None:
            one.left_on, one.said = day, None
            closed.add(id(one))

    def _absent(self, lines: list[Line], today: dt.date, told: Night) -> None:
        """A lease of a home that runs and that no row names ended the day before, when so few are absent that the file
        must be whole, and when every row said its lease; else nothing happens to it.
        """
        named = {line.lease for line in lines if line.fault != "missing_key"}
        running = [lease for lease in self.leases.values() if lease.runs(today)]
        absent = [one for one in running if one.number not in named and (one.entry is None or one.entry < today)]
        told.absent = len(absent)
        if any(line.fault == "missing_key" for line in lines) or len(absent) * 20 > len(running):
            told.held = len(absent)
            return
        for lease in absent:
            lease.exit = today - DAY

    def _ended(self, today: dt.date, closed: set[int]) -> None:
        for lease in self.leases.values():
            self._end(lease, today, closed)

    def _end(self, lease: Lease, today: dt.date, closed: set[int]) -> None:
        household = lease.household
        if lease.kind != "housing" or lease.runs(today) or household is None or lease.exit is None:
            return
        if any(o is not lease and o.household is household and o.runs(today) for o in self.leases.values()):
            return
        for one in household.people:
            self._leave(one, lease.exit, closed)
        if household.closed_on is None:
            household.home, household.closed_on = None, lease.exit

    def _no_longer_listed(
        self,
        lines: list[Line],
        accepted: dict[int, Line],
        listed: dict[int, Somebody],
        known_before: dict[str, Lease],
        today: dt.date,
        closed: set[int],
    ) -> None:
        """A refused row may be theirs: then nobody of that lease leaves."""
        doubtful = {line.lease for line in lines if line.fault and line.fault != "missing_key"}
        still = {id(one) for one in listed.values()}
        for number in {line.lease for line in accepted.values()} - doubtful:
            lease = self.leases[number]
            if number not in known_before or not lease.runs(today) or lease.household is None:
                continue
            for one in list(lease.household.people):
                if one.lease == number and id(one) not in still and not self.stands(one, today):
                    self._leave(one, today - DAY, closed)

    # ---- two rows for one person ---------------------------------------------------------------------------------------

    def rows_for(self, one: Somebody, today: dt.date) -> list[Somebody]:
        """The rows merged into this one that the file lists in a home, the latest lease first."""
        found = [
            other for other in self.people
            if other.merged_into is one and other.said is not None and other.lease and self.leases[other.lease].runs(today)
        ]  # fmt: skip
        entry = {id(other): self.leases[other.lease or ""].entry or dt.date.min for other in found}
        return sorted(
            found, key=lambda other: (id(other) not in self._fresh, -entry[id(other)].toordinal(), other.lease)
        )

    def stands(self, one: Somebody, today: dt.date) -> bool:
        """Whether they live where another row says, their own having left the file."""
        if one.said is not None or one.lease is None or one.kept["deceased"]:
            return False
        return any(self.leases[o.lease or ""].household is one.household for o in self.rows_for(one, today))

    def _silent(
        self, lines: list[Line], accepted: dict[int, Line], listed: dict[int, Somebody], today: dt.date
    ) -> set[int]:
        """Rows merged into another that the file no longer has; gives those who stood for them."""
        doubtful = {line.lease for line in lines if line.fault and line.fault != "missing_key"}
        ended = {id(one) for rank, one in listed.items() if (day := accepted[rank].exit) and day < today}
        there = {id(one) for one in listed.values()}
        stood: set[int] = set()
        for one in self.people:
            if one.merged_into is None or one.said is None or one.lease is None:
                continue
            lease = self.leases[one.lease]
            read = one.lease in {line.lease for line in accepted.values()}
            gone = id(one) in ended or (id(one) not in there and one.lease not in doubtful)
            if not lease.runs(today) or (read and gone):
                one.said = None
                stood.add(id(one.merged_into))
        return stood

    def _stay(self, silent: set[int], today: dt.date, updated: set[int], closed: set[int]) -> None:
        """Whose own row has left while another says where they live is there; silent in its turn, they have left."""
        for one in self.people:
            if one.said is not None or one.lease is None or one.merged_into is not None or one.kept["deceased"]:
                continue
            rows, own = self.rows_for(one, today), self.leases[one.lease]
            elsewhere = own.household is not one.household or not own.runs(today)
            homes = [self.leases[other.lease or ""].household for other in rows]
            if one.left_on is None:
                moves = elsewhere and one.household not in homes
            else:
                moves = id(one) in closed or any(id(other) in self._fresh for other in rows)
            if rows and moves and homes[0]:
                _settle(one, homes[0])
                one.left_on = None
                closed.discard(id(one))
                updated.add(id(one))
            elif not rows and elsewhere and id(one) in silent:
                self._leave(one, today - DAY, closed)

    def _garages(self, accepted: dict[int, Line]) -> None:
        """To the only household where somebody who lives there has the holder's name and birth date."""
        for line in accepted.values():
            lease = self.leases[line.lease]
            if lease.kind == "housing" or lease.household or not line.facts["birth_date"]:
                continue
            found = {
                id(one.household): one.household
                for one in self.people
                if one.left_on is None
                and one.called == line.name
                and one.facts["birth_date"] == line.facts["birth_date"]
            }
            if len(found) == 1:
                (lease.household,) = found.values()


def _settle(one: Somebody, household: Household) -> None:
    if one.household is not household:
        one.household.people.remove(one)
        household.people.append(one)
        one.household = household


def _text(value: Any) -> str:
    if value is None:
        return ""
    return ",".join(value) if isinstance(value, list) else str(value)
