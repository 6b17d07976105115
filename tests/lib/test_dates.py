"""Dates as exports write them."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bienveille.ground.lib.dates import EMPTY, IMPOSSIBLE, OK, UNKNOWN, UNREADABLE, read_date

DAYS = st.dates(min_value=dt.date(1905, 1, 1), max_value=dt.date(2026, 12, 31))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("21/09/1944", dt.date(1944, 9, 21)),
        ("3/7/1993", dt.date(1993, 7, 3)),
        ("3-7-1993", dt.date(1993, 7, 3)),
        (" 03.07.1993 ", dt.date(1993, 7, 3)),
        ("15/02/54", dt.date(1954, 2, 15)),
        ("15/02/26", dt.date(2026, 2, 15)),
        ("15/02/27", dt.date(1927, 2, 15)),
        ("1944-09-21", dt.date(1944, 9, 21)),
        ("1944-09-21 00:00:00", dt.date(1944, 9, 21)),
        ("21/09/1944 00:00", dt.date(1944, 9, 21)),
        ("19440921", dt.date(1944, 9, 21)),
        ("21091944", dt.date(1944, 9, 21)),
        ("1er août 1944", dt.date(1944, 8, 1)),
        ("12 FÉVRIER 1960", dt.date(1960, 2, 12)),
        ("31/12/9999", dt.date(9999, 12, 31)),
        ("01/01/1900", dt.date(1900, 1, 1)),
        (16336.0, dt.date(1944, 9, 21)),
        ("16336", dt.date(1944, 9, 21)),
        (1, dt.date(1900, 1, 1)),
        (61, dt.date(1900, 3, 1)),
        (dt.datetime(1944, 9, 21, 10, 0, tzinfo=dt.UTC), dt.date(1944, 9, 21)),
        (dt.date(1944, 9, 21), dt.date(1944, 9, 21)),
        ("29/2/1992", dt.date(1992, 2, 29)),
    ],
)
def test_a_date_is_read(cell, expected):
    read = read_date(cell, last_year=2026)
    assert (read.status, read.value) == (OK, expected)


@pytest.mark.parametrize(
    ("cell", "status"),
    [
        ("", EMPTY), (None, EMPTY), ("  \xa0", EMPTY),
        ("00/00/0000", UNKNOWN), ("0000-00-00", UNKNOWN), ("NC", UNKNOWN), ("non renseigné", UNKNOWN), (0, UNKNOWN),
        ("00000000", UNKNOWN), ("-", UNKNOWN), ("00/00/1944", UNKNOWN),
        ("31/02/1947", IMPOSSIBLE), ("29/02/1991", IMPOSSIBLE), ("12/13/1950", IMPOSSIBLE), ("1950-13-12", IMPOSSIBLE),
        ("bientôt", UNREADABLE), ("1944", UNREADABLE), (-3, UNREADABLE), (float("nan"), UNREADABLE),
    ],
)  # fmt: skip
def test_what_is_not_a_date_says_why(cell, status):
    read = read_date(cell, last_year=2026)
    assert (read.status, read.value) == (status, None)


@given(DAYS, st.sampled_from(["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d", "%Y%m%d"]))
def test_a_day_written_is_the_day_read(day, form):
    assert read_date(day.strftime(form), last_year=2026).value == day


@given(st.dates(min_value=dt.date(1927, 1, 1), max_value=dt.date(2026, 12, 31)))
def test_two_digits_find_their_century(day):
    read = read_date(f"{day.day}/{day.month}/{day.year % 100:02}", last_year=2026)
    assert read.value == day
    assert read.two_digits


@given(DAYS)
def test_excel_numbers_find_their_day(day):
    assert read_date(float((day - dt.date(1899, 12, 30)).days), last_year=2026).value == day


@given(st.one_of(st.text(max_size=30), st.floats(), st.integers(), st.none(), st.booleans()))
def test_no_cell_makes_it_fail(cell):
    assert (read_date(cell, last_year=2026).value is not None) == (read_date(cell, last_year=2026).status == OK)
