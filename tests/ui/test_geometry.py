"""Widths of the ledger bar, pages to show, and the wording of rules: pure, with properties."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bienveille.ground.ui import rules

N = "\u00a0"
counts = st.lists(st.integers(min_value=0, max_value=2_000_000), min_size=6, max_size=6)


@given(counts.filter(any))
def test_widths_fill_the_bar_and_show_every_part(figures):
    widths = rules.widths(figures)
    assert sum(widths) == pytest.approx(100)
    for count, width in zip(figures, widths, strict=True):
        assert width == 0 if count == 0 else width >= rules.SMALLEST_PART - 1e-9


@given(counts.filter(any))
def test_a_larger_count_is_never_drawn_smaller(figures):
    drawn = sorted(zip(figures, rules.widths(figures), strict=True))
    assert all(a[1] <= b[1] + 1e-9 for a, b in itertools.pairwise(drawn))


def test_nothing_to_draw():
    assert rules.widths([0, 0]) == [0, 0]


def test_ledger_parts_are_in_ledger_order_and_touch():
    parts = rules.ledger_parts({"withdrawn": 1, "reached": 61, "waiting": 25, "reserved": 2, "refused": 5})
    assert [part.state for part in parts] == [
        "reached",
        "reserved",
        "waiting",
        "refused",
        "unreachable",
        "withdrawn",
    ]
    assert parts[0].x == "0.00%"
    assert float(parts[-1].x[:-1]) + float(parts[-1].width[:-1]) == pytest.approx(100, abs=0.02)
    assert [part.label for part in parts][-1] == "Retiré"
    assert parts[0].share == f"65{N}%"
    assert parts[1].share == ""


def test_ledger_refuses_a_state_it_does_not_know():
    with pytest.raises(ValueError, match="lost"):
        rules.ledger_parts({"lost": 1})


def test_ledger_words():
    parts = rules.ledger_parts({"reached": 1206})
    assert rules.ledger_words(parts, 1206, "ménage", "ménages").startswith(
        f"Sur 1{N}206{N}ménages{N}: 1{N}206 joints, 0 en cours"
    )


@pytest.mark.parametrize(
    ("page", "last", "window"),
    [
        (1, 1, [1]),
        (1, 3, [1, 2, 3]),
        (3, 25, [1, 2, 3, 4, None, 25]),
        (12, 25, [1, None, 11, 12, 13, None, 25]),
        (25, 25, [1, None, 24, 25]),
        (6, 10, [1, None, 5, 6, 7, None, 10]),
        (4, 5, [1, 2, 3, 4, 5]),
    ],
)
def test_page_window(page, last, window):
    assert rules.page_window(page, last) == window


def test_errors_title():
    assert rules.errors_title(1) == "Un point à corriger, rien n’est perdu"
    assert rules.errors_title(2) == "Deux points à corriger, rien n’est perdu"
    assert rules.errors_title(12) == "12 points à corriger, rien n’est perdu"


def test_keys():
    assert rules.key_words("ctrl+enter") == "Ctrl + Entrée"
    assert rules.key_attribute("ctrl+enter") == "Control+Enter"
    assert rules.key_attribute("alt+s") == "Alt+S"
