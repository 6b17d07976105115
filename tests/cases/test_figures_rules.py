"""Which counts leave the team: attacked by whoever reads the published page, from outside or from any agency."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bienveille.engines.cases.rules.figures import (
    CaseFigures,
    Delays,
    Sendings,
    for_everybody,
    for_the_team,
    hidden,
    stands_alone,
)

A, B, C = (UUID(int=rank) for rank in (1, 2, 3))
counts = st.integers(0, 14)
tallies = st.fixed_dictionaries({A: counts, B: counts, C: counts})
cells = st.dictionaries(st.sampled_from("abcdef"), tallies, min_size=1)


def learned(found, gone, reader, *, by_agency=False):
    """What a reader works out of counts and their total: exact small counts that are not theirs. Written apart."""
    if gone == set(found):
        whole = sum(count for tally in found.values() for agency, count in tally.items() if agency != reader)
        if not stands_alone({agency: sum(t.get(agency, 0) for t in found.values()) for agency in (A, B, C)}):
            return []  # the total is hidden too
    else:
        whole = sum(count for tally in found.values() for agency, count in tally.items() if agency != reader)
    seen = [
        sum(count for agency, count in tally.items() if agency != reader)
        for key, tally in found.items()
        if key not in gone
    ]
    unknown = [key for key in gone if not (by_agency and key == reader)]
    left = whole - sum(seen)  # what the unknown counts make together
    small = [one for one in seen if 0 < one < 5]
    if unknown and (0 < left < 5 or (len(unknown) == 1 and left)):
        small.append(left)
    return small


@pytest.mark.parametrize(
    ("tally", "shown"),
    [
        ({}, True),
        ({A: 4}, False),
        ({A: 5}, True),
        ({A: 2, B: 3}, False),  # five in all, but either of them subtracts its own
        ({A: 10, B: 4}, False),
        ({A: 10, B: 5}, True),
        ({A: 2, B: 2, C: 2}, False),
        ({A: 3, B: 3, C: 3}, True),
        ({A: 0, B: 7}, True),
    ],
)
def test_a_count_by_itself(tally, shown):
    assert stands_alone(tally) is shown


def test_one_small_count_takes_the_smallest_other_with_it():
    assert hidden({"red": {A: 3}, "orange": {A: 9}, "yellow": {A: 7}}) == {"red", "yellow"}


def test_two_that_make_less_than_five_take_a_third():
    assert hidden({"red": {A: 1}, "green": {A: 1}, "orange": {A: 9}, "yellow": {A: 7}}) == {"red", "green", "yellow"}


def test_nothing_small_nothing_hidden():
    assert hidden({"red": {A: 5, B: 6}, "orange": {A: 0, B: 9}, "yellow": {}}) == set()


def test_an_agency_knows_its_own_line():
    # Beside C, only B is small; C, who knows its own, would read B in the total: A is hidden too.
    assert hidden({A: {A: 20}, B: {B: 3}, C: {C: 3}}, by_agency=True) == {A, B, C}


def test_a_total_that_tells_takes_everything():
    assert hidden({"red": {A: 7}, "orange": {B: 3}}) == {"red", "orange"}


@given(cells)
def test_nobody_reads_a_small_count_in_parts_of_a_total(found):
    gone = hidden(found)
    for reader in (None, A, B, C):
        assert learned(found, gone, reader) == []


@given(tallies)
def test_nobody_reads_a_small_agency(tally):
    found = {agency: {agency: count} for agency, count in tally.items()}
    gone = hidden(found, by_agency=True)
    for reader in (None, A, B, C):
        assert learned(found, gone, reader, by_agency=True) == []


def figures(**more):
    ten = {A: 10, B: 10}
    whole = {
        "grades": {"red": {A: 2}, "orange": {A: 18, B: 20}},
        "states": {"new": ten, "closed": ten},
        "outcomes": {"helped": {A: 8, B: 9}, "moved": {A: 2, B: 1}},
        "needs": {"meals": {A: 4}, "heating": ten},
        "agencies": {A: {A: 20}, B: {B: 20}},
        "communes": {A: {"Lyon": 17, "Bron": 3}, B: {"Vienne": 20}},
        "opened": {},
        "closed": {},
        "taking": {
            "red": Delays({A: 2}, {}, {}, {A: 2}, 60.0),
            "orange": Delays({A: 16, B: 20}, {A: 2}, {}, {A: 18, B: 20}, 3600.0),
        },
        "closing": {},
        "reopened": {A: 1},
        "partners": {"CCAS": Sendings({A: 9, B: 8}, {A: 2}), "Repas à domicile": Sendings({A: 6, B: 6}, {})},
    }
    return CaseFigures(**whole | more)


def test_for_the_team_everything_is_exact():
    shown = for_the_team(figures())
    assert not shown.hides
    assert (shown.total, shown.grades["red"], shown.reopened, shown.communes[A, "Bron"]) == (40, 2, 1, 3)
    assert shown.taking["orange"].share == pytest.approx(36 / 38)


def test_for_everybody_what_is_small_goes_with_what_tells_it():
    shown = for_everybody(figures())
    assert shown.hides
    assert shown.total == 40
    assert shown.grades == {"red": None, "orange": None}
    assert shown.needs == {"meals": None, "heating": 20}
    assert shown.agencies == {A: 20, B: 20}
    assert shown.communes == {(A, "Lyon"): None, (A, "Bron"): None, (B, "Vienne"): 20}
    assert shown.outcomes == {"helped": None, "moved": None}
    assert shown.reopened is None
    # A hidden grade hides its delays; a share would tell the two that were late.
    assert shown.taking["red"].median is None
    assert shown.taking["orange"] == type(shown.taking["orange"])(None, None, None, None, None, None)


def test_a_partner_whose_silences_are_few():
    shown = for_everybody(figures()).partners
    assert (shown["CCAS"].sent, shown["CCAS"].answered, shown["CCAS"].share) == (19, None, None)
    assert (shown["Repas à domicile"].answered, shown["Repas à domicile"].share) == (12, 1.0)


def test_a_share_that_would_tell_who_is_late():
    shown = for_everybody(figures(taking={"orange": Delays({A: 16, B: 20}, {A: 2}, {}, {A: 18, B: 20}, 3600.0)}))
    one = shown.taking["orange"]
    assert (one.asked, one.in_time, one.late, one.share, one.median) == (38, None, None, None, 3600.0)


def test_too_few_to_say_anything():
    shown = for_everybody(figures(grades={"red": {A: 2, B: 2}}))
    assert shown.total is None
    assert shown.grades == {"red": None}
