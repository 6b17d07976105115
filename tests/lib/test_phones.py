"""Telephone numbers: every dress met in exports, and agreement with phonenumbers."""

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bienveille.ground.lib.phones import _OVERSEAS, REGIONS, display_phone, everyday_phone, everyday_phones, read_phone

DRESSES = [
    lambda n: "0" + n,
    lambda n: "0" + n[0] + "".join(" " + n[i : i + 2] for i in range(1, 9, 2)),
    lambda n: "0" + n[0] + "".join("." + n[i : i + 2] for i in range(1, 9, 2)),
    lambda n: "Tel : 0" + n[0] + "".join("-" + n[i : i + 2] for i in range(1, 9, 2)),
    lambda n: "+33" + n,
    lambda n: "0033 " + n,
    lambda n: "+33 (0)" + n,
    lambda n: n,
    lambda n: float(n),
    lambda n: int(n),
    lambda n: "0" + n + "\xa0",
    lambda n: f'="0{n}"',
    lambda n: "0" + n + " (fille)",
    lambda n: "33" + n,
]


@pytest.mark.parametrize("number", ["472107285", "685559431", "785559431", "172000000", "987654321"])
@pytest.mark.parametrize("dress", DRESSES)
def test_every_dress_gives_the_same_number(number, dress):
    assert read_phone(dress(number)).numbers == ("+33" + number,)


@pytest.mark.parametrize(
    "cell",
    ["néant", "liste rouge", "01.02.03", "06 XX XX XX XX", "0", "", None, "NC", "0000000000", "+32475123456", 12.5,
     True,     "06 12 34 56", "06123456789012", "٠٦٨٥٥٥٩٤٣١", "Tel ٠٦٨٥٥٥٩٤٣١"],
)  # fmt: skip
def test_what_is_no_french_number_is_dropped(cell):
    assert read_phone(cell).numbers == ()


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("0262 30 12 34", "+262262301234"), ("0692123456", "+262692123456"), ("+590690123456", "+590690123456"),
     ("0596 60 12 34", "+596596601234"), ("0594 28 12 34", "+594594281234"), ("0639 01 23 45", "+262639012345")],
)  # fmt: skip
def test_overseas_numbers_have_their_own_code(cell, expected):
    assert read_phone(cell).numbers == (expected,)
    assert display_phone(expected).startswith("0")


@pytest.mark.parametrize(
    ("cell", "whose", "unread"),
    [
        ("06 85 55 94 31 (fille)", "fille", False),
        ("06 85 55 94 31 - sa fille", "fille", False),
        ("Tél. : 06 85 55 94 31", "", False),
        ("port. 06 85 55 94 31", "", False),
        ("(voisine) 06 85 55 94 31", "voisine", False),
        ("06 85 55 94 31 boit beaucoup", "", True),
        ("06 85 55 94 31 (fille Julie)", "", True),
    ],
)
def test_a_remark_is_kept_only_when_it_says_who_answers(cell, whose, unread):
    read = read_phone(cell)
    assert (read.numbers, read.whose, read.unread) == (("+33685559431",), whose, unread)


@pytest.mark.parametrize("joint", [" / ", " ou ", " ; ", "\n", " "])
def test_two_numbers_in_a_cell_are_two_numbers(joint):
    assert read_phone(f"0685559431{joint}0472107285").numbers == ("+33685559431", "+33472107285")


def test_numbers_are_shown_as_french_readers_write_them():
    assert display_phone("+33472000000") == "04 72 00 00 00"
    assert display_phone("+32475123456") == "+32 475 12 34 56"
    assert display_phone("not a number") == "not a number"


def oracle(digits: str) -> str | None:
    """What phonenumbers alone says of nine national figures that are no overseas number."""
    number = phonenumbers.parse("0" + digits, "FR")
    valid = any(phonenumbers.is_valid_number_for_region(number, region) for region in REGIONS)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if valid else None


OVERSEAS = ("262", "263", "269", "590", "594", "596", "639", "690", "691", "692", "693", "694", "696", "697")


@settings(max_examples=400)
@given(st.from_regex(r"\A[1-9][0-9]{8}\Z").filter(lambda d: not d.startswith(OVERSEAS)))
def test_the_short_way_agrees_with_phonenumbers(digits):
    expected = oracle(digits)
    assert read_phone("0" + digits).numbers == ((expected,) if expected else ())


def test_the_short_way_agrees_on_every_block_of_the_plan():
    for block in range(1000, 10_000):
        digits = f"{block}00000"
        if digits.startswith(OVERSEAS):
            continue
        expected = oracle(digits)
        assert read_phone("0" + digits).numbers == ((expected,) if expected else ()), digits


@given(st.one_of(st.text(max_size=40), st.floats(), st.integers()))
def test_no_cell_makes_it_fail(cell):
    for number in read_phone(cell).numbers:
        assert number.startswith("+")
        assert display_phone(number)


@pytest.mark.parametrize("first", "123456789")
def test_each_beginning_of_number_is_judged_as_phonenumbers_does(first):
    for beginning in range(1000):
        national = f"{first}{beginning:03}12345"
        codes = [code for code in (_OVERSEAS.get(national[:3]), "33") if code]
        judged = [phonenumbers.parse(f"+{code}{national}", "FR") for code in codes]
        valid = [f"+{number.country_code}{national}" for number in judged if phonenumbers.is_valid_number(number)]
        assert read_phone("0" + national).numbers == tuple(valid[:1])


PIECES = ["0", "+33", "0033", "6", "612345678", "472107285", "262123456", "12", " ", "\n", "\r", "(fille)", "x", "é"]


@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=4).map("".join), max_size=8))
def test_many_cells_at_once_say_what_each_says(cells):
    assert everyday_phones(cells) == list(map(everyday_phone, cells))


@pytest.mark.parametrize(
    "cells",
    [
        [],
        [""],
        ["", "06 12 34 56 78", ""],
        ["0612345678\n0472107285", "", "0472107285"],
        ["0612345678\n", "0472107285", "0692123456"],
        ["04 72 10 72 85 ", "0612345678 (fille)", "999", "0033612345678"],
    ],
)
def test_empty_cells_and_cells_of_several_lines(cells):
    assert everyday_phones(cells) == list(map(everyday_phone, cells))
