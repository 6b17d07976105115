"""Code 128 against properties that the standard states of its whole table, and a symbol worked out by hand."""

import pytest

from bienveille.ground.lib.barcodes import PATTERNS, code128


def test_every_symbol_has_three_bars_and_three_spaces_in_eleven_modules() -> None:
    symbols = PATTERNS[:-1]
    assert len(symbols) == len(set(symbols)) == 106
    assert {sum(map(int, symbol)) for symbol in symbols} == {11}
    assert all(set(symbol) <= set("1234") and len(symbol) == 6 for symbol in symbols)


def test_bars_of_a_symbol_are_an_even_number_of_modules() -> None:
    # ISO/IEC 15417: this parity is what lets a reader catch one edge read wrong.
    assert all(sum(map(int, symbol[::2])) % 2 == 0 for symbol in PATTERNS[:-1])


def test_the_known_corners_of_the_table() -> None:
    corners = {0: "212222", 33: "111323", 64: "111422", 99: "113141", 103: "211412", 104: "211214", 105: "211232"}
    assert {rank: PATTERNS[rank] for rank in corners} == corners
    assert PATTERNS[-1] == "2331112"


def test_a_number_with_its_check() -> None:
    # 105 + 1 × 12 + 2 × 34 = 185; 185 mod 103 = 82.
    assert "".join(map(str, code128("1234"))) == "211232" + "112232" + "131123" + "121241" + "2331112"


@pytest.mark.parametrize("text", ["123", "12a4", "", "١٢"])
def test_only_pairs_of_figures(text: str) -> None:
    with pytest.raises(ValueError, match="even number"):
        code128(text)
