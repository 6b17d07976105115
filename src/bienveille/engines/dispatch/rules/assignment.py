"""Who calls whom this week, at the least cost: a minimum-cost flow. Pure: facts in, lists out; no database, no clock.

The table of costs, in one unit. Leaving somebody out costs more than anything else, the first waves and the best ranks
the most; then come, from the heaviest:

| What | Cost | Why |
|---|---|---|
| nobody calls the household | `NOT_PLACED`, and more for the first waves and ranks | reach the most, the first first |
| another voice than last time, when that caller is there | `OTHER_VOICE` | trust is a voice one knows |
| a caller of another agency who covers this one | `OTHER_AGENCY` | they know the place |
| a caller's second hard situation, third… | `HARD_STEP`, twice that… | nobody carries all the heavy calls |
| a caller of several languages where French is spoken | `SPARE_LANGUAGE` | kept for who needs them |
| each quarter of a caller's hours after the first | `LOAD_STEP` more | hours are filled together |

Rank counts by hundredths of a wave (`PER_BAND`), waves by `PER_WAVE`. Households that differ only by rank go through
one node for all of them: 20,000 households and 300 callers are some sixty thousand arcs instead of six million, for
the same optimum.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from uuid import UUID

import numpy as np
from ortools.graph.python import min_cost_flow

NOT_PLACED = 10_000_000
PER_WAVE = 200_000
PER_BAND = 1_000
BANDS = 100
OTHER_VOICE = 60
OTHER_AGENCY = 10
HARD_STEP = 8
SPARE_LANGUAGE = 5
LOAD_STEP = 2
QUARTERS = 4
LAST_WAVE = 50
FRENCH = ""


@dataclass(frozen=True)
class Seat:
    """A caller of the week: where, in what and how much they call. `covers` empty: every agency."""

    key: UUID
    agency: UUID | None = None
    covers: frozenset[UUID] = frozenset()
    languages: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    capacity: int = 0

    def speaks(self, language: str) -> bool:
        """Every caller of a French landlord speaks French."""
        return language == FRENCH or language in self.languages

    def calls_for(self, agency: UUID | None) -> bool:
        return not self.covers or agency is None or agency in self.covers


@dataclass(frozen=True)
class Household:
    """What matters of a household: where, in which language, after whom, how heavy, and who spoke to them last."""

    key: UUID
    agency: UUID | None
    language: str
    wave: int
    rank: int  # inside the wave: smaller is sooner
    hard: bool = False
    voice: UUID | None = None


@dataclass(frozen=True)
class Assignment:
    """For each household, in the order given: the place of its caller in the seats, -1 for nobody, and why nobody."""

    callers: list[int]
    reasons: list[str]  # values of NotListed; empty when somebody has it
    cost: int
    solver_seconds: float
    arcs: int

    @property
    def placed(self) -> int:
        return sum(1 for caller in self.callers if caller >= 0)


def left_out_costs(households: Sequence[Household]) -> Any:
    """What leaving each household out costs: by wave, then by hundredth of its wave (array of integers)."""
    count = len(households)
    waves = np.fromiter((one.wave for one in households), np.int64, count)
    ranks = np.fromiter((one.rank for one in households), np.int64, count)
    order = np.lexsort((ranks, waves))
    sorted_waves = waves[order]
    first = np.searchsorted(sorted_waves, sorted_waves, side="left")
    size = np.searchsorted(sorted_waves, sorted_waves, side="right") - first
    band = np.empty(count, np.int64)
    band[order] = (np.arange(count) - first) * BANDS // np.maximum(size, 1)
    return NOT_PLACED + PER_WAVE * (LAST_WAVE - np.minimum(waves, LAST_WAVE)) + PER_BAND * (BANDS - band)


def may_have(household: Household, seat: Seat, hard_skill: str = "") -> bool:
    """Whether this caller may have this household at all."""
    able = not (household.hard and hard_skill) or hard_skill in seat.skills
    return able and seat.speaks(household.language) and seat.calls_for(household.agency)


def pair_cost(household: Household, seat: Seat) -> int:
    """What this caller costs for this household, voices apart."""
    near = seat.agency is None or household.agency is None or seat.agency == household.agency
    spare = household.language == FRENCH and len(seat.languages - {"fr"}) > 0
    return (0 if near else OTHER_AGENCY) + (SPARE_LANGUAGE if spare else 0)


def quarters(capacity: int) -> list[int]:
    """A capacity in four nearly equal parts, the largest first."""
    return [(capacity + QUARTERS - 1 - part) // QUARTERS for part in range(QUARTERS)]


class _Network:
    """Arcs gathered by blocks, then given to the solver at once."""

    def __init__(self) -> None:
        self.blocks: list[tuple[Any, Any, Any, Any]] = []
        self.size = 0

    def add(self, tails: Any, heads: Any, capacities: Any, costs: Any) -> slice:
        tails, heads, capacities, costs = np.broadcast_arrays(tails, heads, capacities, costs)
        self.blocks.append((tails, heads, capacities, costs))
        place = slice(self.size, self.size + len(tails))
        self.size += len(tails)
        return place

    def columns(self) -> list[Any]:
        return [np.concatenate([block[rank] for block in self.blocks]).astype(np.int64) for rank in range(4)]


def assign(
    households: Sequence[Household], seats: Sequence[Seat], *, hard_most: int, hard_skill: str = ""
) -> Assignment:
    """The lists of least cost. `hard_most`: hard situations for one caller at most; the same facts, the same lists."""
    if not households:
        return Assignment([], [], 0, 0.0, 0)
    if not seats:
        return Assignment(
            [-1] * len(households), ["capacity"] * len(households), int(left_out_costs(households).sum()), 0.0, 0
        )
    count, callers = len(households), len(seats)
    kinds = [(one.agency, one.language, one.hard) for one in households]
    names = {kind: rank for rank, kind in enumerate(dict.fromkeys(kinds))}
    group = np.fromiter((names[kind] for kind in kinds), np.int64, count)
    samples = [households[int(np.argmax(group == rank))] for rank in range(len(names))]
    groups = len(names)
    fits = np.array([[may_have(one, seat, hard_skill) for seat in seats] for one in samples], bool).reshape(
        groups, callers
    )
    pair = np.array([[pair_cost(one, seat) for seat in seats] for one in samples], np.int64).reshape(groups, callers)
    hard_group = np.array([one.hard for one in samples], bool)
    places = {seat.key: rank for rank, seat in enumerate(seats)}
    voice = np.fromiter((places.get(one.voice, -1) if one.voice else -1 for one in households), np.int64, count)
    voice[(voice >= 0) & ~fits[group, voice]] = -1
    capacity = np.array([seat.capacity for seat in seats], np.int64)

    # Nodes: households, groups, callers, the door of their hard situations, and the end of the week.
    first_group = count
    first_caller = first_group + groups
    first_door = first_caller + callers
    end = first_door + callers
    entry = np.where(hard_group[:, None], first_door + np.arange(callers)[None, :], first_caller + np.arange(callers))

    network = _Network()
    ahead = np.arange(count)
    out = network.add(ahead, end, 1, left_out_costs(households))
    through = network.add(ahead, first_group + group, 1, np.where(voice >= 0, OTHER_VOICE, 0))
    known = np.flatnonzero(voice >= 0)
    direct = network.add(known, entry[group[known], voice[known]], 1, pair[group[known], voice[known]])
    to_group, to_caller = np.nonzero(fits & (capacity > 0)[None, :])
    sizes = np.bincount(group, minlength=groups)
    room = np.minimum(sizes[to_group], capacity[to_caller])
    shared = network.add(first_group + to_group, entry[to_group, to_caller], room, pair[to_group, to_caller])
    for step in range(hard_most):
        network.add(first_door + np.arange(callers), first_caller + np.arange(callers), 1, HARD_STEP * step)
    parts = np.array([quarters(seat.capacity) for seat in seats], np.int64).reshape(callers, QUARTERS)
    for part in range(QUARTERS):
        network.add(first_caller + np.arange(callers), end, parts[:, part], LOAD_STEP * part)

    solver = min_cost_flow.SimpleMinCostFlow()
    solver.add_arcs_with_capacity_and_unit_cost(*network.columns())
    solver.set_nodes_supplies(np.append(ahead, end), np.append(np.ones(count, np.int64), -count))
    started = perf_counter()
    status = solver.solve()
    seconds = perf_counter() - started
    if status != solver.OPTIMAL:
        raise RuntimeError(f"the assignment was not solved: {status}")
    flow = np.asarray(solver.flows(np.arange(network.size)))

    found = np.full(count, -1, np.int64)
    taken = known[flow[direct] > 0]
    found[taken] = voice[taken]
    _deal(found, households, group, np.flatnonzero(flow[through] > 0), to_group, to_caller, flow[shared])
    assert int(np.count_nonzero(found < 0)) == int(np.count_nonzero(flow[out] > 0))
    reasons = _reasons(households, seats, found, hard_most, hard_skill)
    return Assignment([int(one) for one in found], reasons, int(solver.optimal_cost()), seconds, network.size)


def _deal(
    found: Any, households: Sequence[Household], group: Any, waiting: Any, to_group: Any, to_caller: Any, shares: Any
) -> None:
    """Deals the households of a group in turn, the best ranks first: each list begins with somebody who comes first."""
    used = np.flatnonzero(shares > 0)
    amounts = shares[used]
    callers, of_group = np.repeat(to_caller[used], amounts), np.repeat(to_group[used], amounts)
    turn = np.arange(len(callers)) - np.repeat(np.cumsum(amounts) - amounts, amounts)
    places = np.lexsort((callers, turn, of_group))
    waves = np.array([households[one].wave for one in waiting], np.int64)
    ranks = np.array([households[one].rank for one in waiting], np.int64)
    order = np.lexsort((waiting, ranks, waves, group[waiting]))
    found[waiting[order]] = callers[places]


def _reasons(
    households: Sequence[Household], seats: Sequence[Seat], found: Any, hard_most: int, hard_skill: str
) -> list[str]:
    """Why each household that nobody has could not be placed; empty for the others."""
    reasons = [""] * len(households)
    heavy = np.zeros(len(seats), np.int64)
    for one, caller in zip(households, found, strict=True):
        if caller >= 0 and one.hard:
            heavy[caller] += 1
    load = np.bincount(found[found >= 0], minlength=len(seats))
    told: dict[Any, str] = {}
    for place in map(int, np.flatnonzero(found < 0)):
        one = households[place]
        kind = (one.agency, one.language, one.hard)
        if kind not in told:
            told[kind] = _why(one, seats, load, heavy, hard_most, hard_skill)
        reasons[place] = told[kind]
    return reasons


def _why(one: Household, seats: Sequence[Seat], load: Any, heavy: Any, hard_most: int, hard_skill: str) -> str:
    there = [seat for seat in seats if seat.capacity > 0] or list(seats)
    speaking = [seat for seat in there if seat.speaks(one.language)]
    covering = [seat for seat in there if seat.calls_for(one.agency)]
    both = [seat for seat in speaking if seat.calls_for(one.agency)]
    if not there:
        return "capacity"
    if not speaking:
        return "language"
    if not covering:
        return "agency"
    if not both:
        return "together"
    if one.hard and hard_skill and not any(hard_skill in seat.skills for seat in both):
        return "skill"
    if one.hard:
        able = [rank for rank, seat in enumerate(seats) if may_have(one, seat, hard_skill)]
        if any(load[rank] < seats[rank].capacity and heavy[rank] >= hard_most for rank in able):
            return "hard"
    return "capacity"


@dataclass(frozen=True)
class Advice:
    """What would place some of those left out: an agency, a language, so many hours or one caller more."""

    reason: str
    agency: UUID | None
    language: str
    households: int
    hours: int  # rounded up; for `capacity` and, of a new caller, what they would all ask


def advice(left: Sequence[tuple[str, UUID | None, str]], minutes_each: int) -> list[Advice]:
    """What would change it, the most people first. `left`: reason, agency and language of each left out."""
    counts: dict[tuple[str, UUID | None, str], int] = {}
    for one in left:
        counts[one] = counts.get(one, 0) + 1
    order = sorted(counts.items(), key=lambda item: (-item[1], item[0][0], str(item[0][1]), item[0][2]))
    return [
        Advice(reason, agency, language, number, -(-number * minutes_each // 60))
        for (reason, agency, language), number in order
    ]


def capacity_of(hours: float | None, minutes_each: int, promised: int, usual_hours: float) -> int:
    """Calls that a week's hours allow, those already promised taken off; who said nothing counts for `usual_hours`."""
    return max(0, int((usual_hours if hours is None else hours) * 60) // minutes_each - promised)


def total_cost(
    households: Sequence[Household], seats: Sequence[Seat], callers: Sequence[int], *, hard_skill: str = ""
) -> int:
    """What given lists cost by the table above, counted household by household: how tests and the bench check it."""
    left_out = left_out_costs(households)
    load, heavy = [0] * len(seats), [0] * len(seats)
    places = {seat.key: rank for rank, seat in enumerate(seats)}
    total = 0
    for rank, (one, caller) in enumerate(zip(households, callers, strict=True)):
        if caller < 0:
            total += int(left_out[rank])
            continue
        total += pair_cost(one, seats[caller])
        last = places.get(one.voice, -1) if one.voice else -1
        if last >= 0 and last != caller and may_have(one, seats[last], hard_skill):
            total += OTHER_VOICE
        if one.hard:
            total += HARD_STEP * heavy[caller]
            heavy[caller] += 1
        load[caller] += 1
    for seat, used in zip(seats, load, strict=True):
        for part, room in enumerate(quarters(seat.capacity)):
            inside = min(used, room)
            total += LOAD_STEP * part * inside
            used -= inside
    return total
