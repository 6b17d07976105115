"""Titles that say the fact, homes in one line: pure."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bienveille.faces.workspace import rules


@pytest.mark.parametrize(
    ("reached", "target", "title"),
    [
        (0, 0, "Personne n’est encore dans cette campagne"),
        (0, 12, "Aucun ménage n’a encore été joint"),
        (1, 12, "Moins d’un ménage sur dix a été joint"),
        (2, 12, "Un ménage sur dix a été joint"),
        (965, 1206, "Huit ménages sur dix ont été joints"),
        (1205, 1206, "Neuf ménages sur dix ont été joints"),
        (1206, 1206, "Tous les ménages ont été joints"),
        (1, 1, "Le ménage a été joint"),
    ],
)
def test_reached_title(reached, target, title):
    assert rules.reached_title(reached, target) == title


@given(st.integers(1, 5000).flatmap(lambda target: st.tuples(st.integers(0, target), st.just(target))))
def test_title_never_flatters(figures):
    reached, target = figures
    title = rules.reached_title(reached, target)
    tenths = rules._TENTHS.index(title.split()[0]) if title.split()[0] in rules._TENTHS else None
    assert tenths is None or tenths * target <= reached * 10
    assert title.startswith("Tous") == (reached == target > 1)


def test_rows_are_sorted_and_nil_is_left_out():
    labels = {"meals": "Repas", "heating": "Chauffage", "rent": "Loyer"}
    rows = rules.sorted_rows({"rent": 1, "heating": 3, "meals": 3, "lift": 0}, labels)
    assert [(row.label, row.value) for row in rows] == [("Repas", 3), ("Chauffage", 3), ("Loyer", 1)]


def home(**facts):
    commune = SimpleNamespace(name="Villeurbanne")
    residence = SimpleNamespace(name="Les Tilleuls", commune=commune)
    building = SimpleNamespace(code=facts.pop("building", "B"), residence=residence)
    return (
        SimpleNamespace(building=building, staircase="", door="", floor=4, **facts)
        if "floor" not in facts
        else (SimpleNamespace(building=building, staircase="", door="42", **facts))
    )


def test_home_line():
    assert rules.home_line(home()) == "Les Tilleuls, bât.\u00a0B, 4e étage, Villeurbanne"
    assert rules.home_line(home(floor=None, building="")) == "Les Tilleuls, porte\u00a042, Villeurbanne"


@pytest.mark.parametrize(
    ("floor", "words"), [(0, "rez-de-chaussée"), (1, "1er étage"), (3, "3e étage"), (-1, "1er sous-sol")]
)
def test_floors(floor, words):
    assert rules.floor_words(floor) == words


@pytest.mark.parametrize(
    ("ages", "words"),
    [
        ([84], "84\u00a0ans"),
        ([None], ""),
        ([84, 79], "2 personnes, 84 et 79 ans"),
        ([40, 12, None], "3 personnes, 40 et 12 ans"),
        ([40, 12, 9], "3 personnes, 40, 12 et 9 ans"),
    ],
)
def test_people_line(ages, words):
    assert rules.people_line([SimpleNamespace(age=age) for age in ages]) == words
