"""The dated table of emergency numbers: order, dates, and what is not verified says so."""

from datetime import date

import pytest

from bienveille.ground.platform import reference

WINTER, SUMMER = date(2026, 11, 21), date(2027, 7, 14)


@pytest.fixture
def table(tmp_path, monkeypatch):
    """Writes a table of its own and makes it the one that is read."""

    def write(text: str) -> None:
        path = tmp_path / f"{abs(hash(text))}.toml"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setattr(reference, "EMERGENCY_NUMBERS", path)

    return write


ENTRY = """
[[numbers]]
number = "1 23"
label = "Un"
when = "Un jour."
family = "help"
valid_from = 2026-01-01
source = "essai"
"""


def test_the_most_urgent_first():
    numbers = [one.number for one in reference.emergency_numbers(WINTER)]
    assert numbers[:6] == ["15", "18", "17", "112", "114", "3114"]
    families = [reference.FAMILIES.index(one.family) for one in reference.emergency_numbers(SUMMER)]
    assert families == sorted(families)
    assert {"119", "3919", "3977", "115"} < set(numbers)
    assert len(numbers) == len(set(numbers))


def test_the_strip_holds_five_numbers_all_verified():
    strip = reference.strip_numbers(WINTER)
    assert [one.href for one in strip] == ["tel:15", "tel:18", "tel:17", "sms:114", "tel:3114"]
    assert all(one.checked_on and one.short for one in strip)


def test_whatever_is_not_verified_says_so_and_names_who_to_ask():
    for one in reference.emergency_numbers(SUMMER):
        assert one.unchecked == (one.checked_on is None)
        assert one.source.startswith("À vérifier") == one.unchecked


def test_the_heat_line_answers_in_its_season_only():
    heat = "0\u00a0800\u00a006\u00a066\u00a066"
    assert heat in [one.number for one in reference.emergency_numbers(SUMMER)]
    assert heat not in [one.number for one in reference.emergency_numbers(WINTER)]


def test_a_number_answers_from_its_first_day_to_its_last(table):
    table(ENTRY + "checked_on = 2026-01-01\nvalid_until = 2026-12-31\n")
    assert reference.emergency_numbers(date(2025, 12, 31)) == []
    assert reference.emergency_numbers(date(2027, 1, 1)) == []
    (one,) = reference.emergency_numbers(date(2026, 12, 31))
    assert (one.number, one.href) == ("1\u00a023", "tel:123")


@pytest.mark.parametrize(
    "fault",
    [
        "",
        "checked_on = 2026-01-01\nunchecked = true",
        "unchecked = true\nstrip = true\nshort = 'Un'",
        "checked_on = 2026-01-01\nstrip = true",
        "checked_on = 2026-01-01\nscheme = 'fax'",
        "checked_on = 2026-01-01\ncolour = 'red'",
    ],
)
def test_a_faulty_table_is_refused_and_named(table, fault):
    table(ENTRY + fault)
    with pytest.raises(reference.InvalidReference, match="1 23"):
        reference.emergency_numbers(WINTER)
