"""The lists of least cost: equal to a linear program's optimum, never past a capacity, the reasons true."""

import random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ortools.linear_solver import pywraplp

from bienveille.engines.dispatch.rules.assignment import (
    HARD_STEP,
    LOAD_STEP,
    OTHER_VOICE,
    Household,
    Seat,
    advice,
    assign,
    capacity_of,
    left_out_costs,
    may_have,
    pair_cost,
    quarters,
    total_cost,
)

AGENCIES = [UUID(int=rank + 1) for rank in range(4)]


def town(seed: int, households: int, callers: int) -> tuple[list[Household], list[Seat]]:
    """Households and callers drawn at random: agencies, languages, hard situations, voices of before."""
    draw = random.Random(seed)
    seats = [
        Seat(
            UUID(int=1000 + rank),
            draw.choice([None, *AGENCIES]),
            frozenset(draw.sample(AGENCIES, draw.randint(0, 2))),
            frozenset(draw.choice([("fr",), ("fr", "ar"), (), ("pt",)])),
            frozenset(draw.choice([(), ("écoute",)])),
            draw.randint(0, 6),
        )
        for rank in range(callers)
    ]
    voices = [seat.key for seat in seats] + [None, UUID(int=9)]
    people = [
        Household(
            UUID(int=10_000 + rank),
            draw.choice(AGENCIES),
            draw.choice(["", "", "", "ar", "pt", "tr"]),
            draw.randint(1, 3),
            rank,
            draw.random() < 0.3,
            draw.choice(voices),
        )
        for rank in range(households)
    ]
    return people, seats


def optimum(households: list[Household], seats: list[Seat], hard_most: int, hard_skill: str) -> float:
    """The same table of costs as a linear program over every pair, solved by another solver."""
    solver = pywraplp.Solver.CreateSolver("GLOP")
    objective = solver.Objective()
    load, heavy = [[] for _ in seats], [[] for _ in seats]
    places = {seat.key: rank for rank, seat in enumerate(seats)}
    for one, alone in zip(households, left_out_costs(households), strict=True):
        left = solver.NumVar(0, 1, "")
        objective.SetCoefficient(left, float(alone))
        ways = [left]
        last = places.get(one.voice, -1)
        known = last >= 0 and may_have(one, seats[last], hard_skill)
        for rank, seat in enumerate(seats):
            if not may_have(one, seat, hard_skill):
                continue
            way = solver.NumVar(0, 1, "")
            objective.SetCoefficient(way, pair_cost(one, seat) + (OTHER_VOICE if known and last != rank else 0))
            ways.append(way)
            (load[rank]).append(way)
            if one.hard:
                heavy[rank].append(way)
        solver.Add(sum(ways) == 1)
    for rank, seat in enumerate(seats):
        for terms, steps in (
            (load[rank], [(room, LOAD_STEP * part) for part, room in enumerate(quarters(seat.capacity))]),
            (heavy[rank], [(1, HARD_STEP * step) for step in range(hard_most)]),
        ):
            slices = []
            for room, cost in steps:
                piece = solver.NumVar(0, room, "")
                objective.SetCoefficient(piece, cost)
                slices.append(piece)
            if terms:
                solver.Add(sum(terms) == sum(slices))
    objective.SetMinimization()
    assert solver.Solve() == pywraplp.Solver.OPTIMAL
    return objective.Value()


@pytest.mark.parametrize("seed", range(12))
def test_the_optimum_of_a_linear_program(seed):
    households, seats = town(seed, households=40, callers=7)
    skill = "écoute" if seed % 3 == 0 else ""
    found = assign(households, seats, hard_most=2, hard_skill=skill)
    assert found.cost == total_cost(households, seats, found.callers, hard_skill=skill)
    assert found.cost == pytest.approx(optimum(households, seats, 2, skill), abs=0.5)


@given(seed=st.integers(0, 10_000), hard_most=st.integers(0, 3))
def test_within_every_limit_and_the_reasons_are_true(seed, hard_most):
    households, seats = town(seed, households=25, callers=5)
    found = assign(households, seats, hard_most=hard_most)
    assert found == assign(households, seats, hard_most=hard_most) or found.solver_seconds  # same lists, other clock
    assert found.callers == assign(households, seats, hard_most=hard_most).callers
    for rank, seat in enumerate(seats):
        mine = [one for one, caller in zip(households, found.callers, strict=True) if caller == rank]
        assert len(mine) <= seat.capacity
        assert sum(one.hard for one in mine) <= hard_most
        assert all(may_have(one, seat) for one in mine)
    there = [seat for seat in seats if seat.capacity]
    for one, caller, reason in zip(households, found.callers, found.reasons, strict=True):
        assert (caller >= 0) == (reason == "")
        if reason == "language":
            assert not any(seat.speaks(one.language) for seat in there)
        if reason == "agency":
            assert not any(seat.calls_for(one.agency) for seat in there)
        if reason == "together":
            assert not any(may_have(one, seat) for seat in there)
        if reason == "capacity" and there and not one.hard:
            able = [rank for rank, seat in enumerate(seats) if may_have(one, seat)]
            assert all(found.callers.count(rank) >= seats[rank].capacity for rank in able)


def alone(rank: int, **more) -> Household:
    return Household(UUID(int=500 + rank), AGENCIES[0], "", more.pop("wave", 1), rank, **more)


def seat(rank: int, capacity: int, **more) -> Seat:
    return Seat(UUID(int=1000 + rank), more.pop("agency", AGENCIES[0]), capacity=capacity, **more)


class TestPreferences:
    def test_the_same_voice_comes_back(self):
        seats = [seat(0, 5), seat(1, 5)]
        found = assign([alone(0, voice=seats[1].key), alone(1, voice=seats[0].key)], seats, hard_most=3)
        assert found.callers == [1, 0]

    def test_first_waves_then_first_ranks_when_hours_lack(self):
        households = [alone(rank, wave=2) for rank in range(200)] + [alone(rank, wave=1) for rank in range(200)]
        found = assign(households, [seat(0, 300)], hard_most=3)
        left = [place for place, caller in enumerate(found.callers) if caller < 0]
        assert left == list(range(100, 200))
        assert {found.reasons[place] for place in left} == {"capacity"}

    def test_a_voice_never_takes_the_place_of_an_earlier_wave(self):
        households = [alone(0, wave=1), alone(0, wave=2, voice=UUID(int=1000))]
        assert assign(households, [seat(0, 1)], hard_most=3).callers == [0, -1]

    def test_hard_situations_are_shared(self):
        found = assign([alone(rank, hard=True) for rank in range(6)], [seat(n, 10) for n in range(3)], hard_most=3)
        assert sorted(found.callers) == [0, 0, 1, 1, 2, 2]

    def test_and_too_many_of_them_wait_for_somebody_else(self):
        found = assign([alone(rank, hard=True) for rank in range(4)], [seat(0, 10)], hard_most=2)
        assert found.reasons.count("hard") == 2

    def test_hours_are_filled_together(self):
        found = assign([alone(rank) for rank in range(20)], [seat(0, 20), seat(1, 20)], hard_most=3)
        assert found.callers.count(0) == found.callers.count(1) == 10

    def test_the_caller_of_the_agency_before_another(self):
        found = assign([alone(0)], [seat(0, 5, agency=AGENCIES[1]), seat(1, 5)], hard_most=3)
        assert found.callers == [1]

    def test_whoever_speaks_another_language_is_kept_for_it(self):
        seats = [seat(0, 1, languages=frozenset({"fr", "ar"})), seat(1, 1)]
        foreign = Household(UUID(int=600), AGENCIES[0], "ar", 1, 1)
        assert assign([alone(0), foreign], seats, hard_most=3).callers == [1, 0]

    def test_each_list_begins_with_somebody_who_comes_first(self):
        found = assign([alone(rank) for rank in range(8)], [seat(0, 6), seat(1, 2)], hard_most=3)
        assert found.callers == [0, 1, 0, 1, 0, 0, 0, 0]


def test_what_would_change_it():
    left = [("capacity", AGENCIES[0], ""), ("capacity", AGENCIES[0], ""), ("language", AGENCIES[1], "tr")] * 2
    said = advice(left, minutes_each=20)
    assert [(one.reason, one.households, one.hours) for one in said] == [("capacity", 4, 2), ("language", 2, 1)]


def test_hours_become_calls():
    assert capacity_of(3, 20, 2, 2) == 7
    assert capacity_of(None, 20, 0, 2) == 6
    assert capacity_of(1, 20, 5, 2) == 0


def test_nobody_to_place_and_nobody_to_call():
    assert assign([], [seat(0, 3)], hard_most=3).callers == []
    assert assign([alone(0)], [], hard_most=3).reasons == ["capacity"]
