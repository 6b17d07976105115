"""French numbers."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bienveille.ground.lib.numbers import read_decimal, read_integer


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1 234,56 €", "1234.56"), ("1\u202f234,56", "1234.56"), ("1.234,50", "1234.5"), ("-10,89", "-10.89"),
        ("10,89-", "-10.89"), ("(12,00)", "-12"), ("64.16", "64.16"), ("1.234.567", "1234567"),
        ("1,234,567.5", "1234567.5"),
        ("3,5", "3.5"), ("39,51 m²", "39.51"), (36.51, "36.51"), (3, "3"), ("−4", "-4"), ("0", "0"), ("3,5 h", "3.5"),
    ],
)  # fmt: skip
def test_a_number_is_read(cell, expected):
    assert read_decimal(cell) == Decimal(expected)


@pytest.mark.parametrize(
    "cell", ["", None, "NC", "RDC", "12,5,", "=2+3", True, float("nan"), float("inf"), "١٢", "--3"]
)
def test_what_is_not_a_number_is_none(cell):
    assert read_decimal(cell) is None


@pytest.mark.parametrize(("cell", "expected"), [("3", 3), (3.0, 3), ("3,00", 3), ("3,5", None), ("RDC", None)])
def test_whole_numbers(cell, expected):
    assert read_integer(cell) == expected


@given(st.decimals(min_value=-9_999_999, max_value=9_999_999, places=2))
def test_french_writing_is_read_back(number):
    written = f"{number:,.2f}".replace(",", " ").replace(".", ",")
    assert read_decimal(written) == number


@given(st.text(max_size=20))
def test_no_text_makes_it_fail(text):
    read_decimal(text)
    read_integer(text)
