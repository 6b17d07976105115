"""French typography: every rule the interface relies on, with the exact characters."""

from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bienveille.ground.lib import typography as ty

N = "\u00a0"
TODAY = date(2026, 11, 24)  # a Tuesday


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0, None, "0"),
        (999, None, "999"),
        (1206, None, f"1{N}206"),
        (1234567, None, f"1{N}234{N}567"),
        (1234.5, 2, f"1{N}234,50"),
        (Decimal("0.005"), 2, "0,01"),
        (-35, None, "−35"),
        (1e7, 0, f"10{N}000{N}000"),
    ],
)
def test_number(value, decimals, text):
    assert ty.number(value, decimals) == text


@given(st.integers())
def test_number_keeps_every_digit(value):
    assert int(ty.number(value).replace(N, "").replace("−", "-")) == value


def test_percent_and_euros():
    assert ty.percent(0.897) == f"90{N}%"
    assert ty.percent(0.8, 1) == f"80,0{N}%"
    assert ty.euros(1234.5) == f"1{N}234,50{N}€"


@pytest.mark.parametrize(("count", "text"), [(0, "0 appel"), (1, "1 appel"), (2, "2 appels"), (1938, "1 938 appels")])
def test_counted(count, text):
    assert ty.counted(count, "appel") == text.replace(" ", N)


def test_counted_irregular():
    assert ty.counted(3, "mois", "mois") == f"3{N}mois"


def test_listed():
    assert ty.listed([]) == ""
    assert ty.listed(["a"]) == "a"
    assert ty.listed(["a", "b", "c"]) == "a, b et c"
    assert ty.listed(["a", "b"], "ou") == "a ou b"


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (date(2026, 11, 23), "hier"),
        (date(2026, 11, 24), "aujourd’hui"),
        (date(2026, 11, 25), "demain"),
        (date(2026, 12, 1), f"le mardi 1er{N}décembre"),
        (date(2026, 4, 14), f"le mardi 14{N}avril"),
        (date(2027, 1, 5), f"le mardi 5{N}janvier"),
        (date(1998, 6, 1), f"le 1er{N}juin 1998"),
        (date(2027, 11, 24), f"le 24{N}novembre 2027"),
    ],
)
def test_day_in_words(day, text):
    assert ty.day_in_words(day, TODAY) == text


def test_calendar_day_of_a_day_equal_to_part_of_the_year():
    assert ty.calendar_day(date(2026, 2, 2)) == f"lundi 2{N}février 2026"


def test_clock_and_moment():
    assert ty.clock(time(9, 0)) == f"9{N}h"
    assert ty.clock(time(16, 5)) == f"16{N}h{N}05"
    assert ty.moment_in_words(datetime(2026, 11, 24, 14, 41), TODAY) == f"aujourd’hui à 14{N}h{N}41"
    assert ty.short_day(date(2026, 11, 1)) == "01/11/2026"


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (date(2026, 11, 24), "aujourd’hui"),
        (date(2026, 11, 23), "hier"),
        (date(2026, 11, 21), "il y a 3 jours"),
        (date(2026, 11, 3), "il y a 3 semaines"),
        (date(2026, 4, 14), "il y a 7 mois"),
        (date(2025, 11, 25), "il y a 11 mois"),
        (date(2022, 11, 25), "il y a 3 ans"),
        (date(2026, 11, 25), "demain"),
    ],
)
def test_ago(day, text):
    assert ty.ago(day, TODAY).replace(N, " ") == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (40, "40 s"),
        (540, "9 min"),
        (3 * 3600 + 600, "3 h 10"),
        (21 * 3600, "21 h"),
        (47 * 3600 + 60, "47 h"),
        (4 * 86400, "4 jours"),
    ],
)
def test_duration(seconds, text):
    assert ty.duration(seconds).replace(N, " ") == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("+33465710142", "04 65 71 01 42"),
        ("0465710142", "04 65 71 01 42"),
        ("+262692123456", "06 92 12 34 56"),
        ("+590690123456", "06 90 12 34 56"),
        ("+4930123456", "+4930123456"),
        ("3114", "3114"),
    ],
)
def test_phone(raw, text):
    assert ty.phone(raw) == text.replace(" ", N)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Danger ? Appelez", f"Danger{N}? Appelez"),
        ("à 14:30, https://exemple.fr/?a=1", "à 14:30, https://exemple.fr/?a=1"),
        ("«oui»", f"«{N}oui{N}»"),
        ("1 206 ménages", f"1{N}206 ménages"),
        ("le 24 2026", "le 24 2026"),
        ("58\u202f%", f"58{N}%"),
    ],
)
def test_spaced(raw, text):
    assert ty.spaced(raw) == text


@given(st.text())
def test_spaced_twice_changes_nothing(text):
    assert ty.spaced(ty.spaced(text)) == ty.spaced(text)


def test_quoted():
    assert ty.quoted("Comment allez-vous ?") == f"«{N}Comment allez-vous{N}?{N}»"
    assert ty.quoted(f"«{N}Oui. »") == f"«{N}Oui.{N}»"


def test_ordinals_are_raised_and_the_rest_is_escaped():
    assert ty.ordinals_html("4e étage, le 1er juin") == "4<sup>e</sup> étage, le 1<sup>er</sup> juin"
    assert ty.ordinals_html("<b>1re</b> vague") == "&lt;b&gt;1<sup>re</sup>&lt;/b&gt; vague"
    assert ty.ordinals_html("bât. 2E, 12er") == "bât. 2E, 12er"
