"""Letters: how they are addressed, numbered, sorted, cut in files and set, page by page."""

import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bienveille.engines.messaging.operations.letters import Letterhead, platform_csv, platform_rows, set_sheaves
from bienveille.engines.messaging.rules.letters import (
    LINES,
    WIDTH,
    AddressTooLong,
    Home,
    Letter,
    address_lines,
    capitals,
    delivery_key,
    letter_number,
    place_of,
    serial_of,
    sheaves_by_place,
    sheaves_for_post,
)

HOME = Home("Les Tilleuls", "B", "2", 3, "14", "12 bis, rue de l’Œuvre", "69003", "Lyon 3e")
HEAD = Letterhead("Habitat des Deux-Rives", ("4 quai des Tanneurs",), "Le 22 novembre 2026", ("Claire Morin",))


def letter(rank: int = 1, *, body: tuple[str, ...] = ("Bonjour.",), place: tuple[str, str] = ("", "")) -> Letter:
    address = address_lines("Madame Élise Rey", HOME)
    return Letter(UUID(int=rank), letter_number(rank), address, "Votre résidence", body, place)


class TestAddress:
    def test_from_the_closest_to_the_widest(self) -> None:
        assert address_lines("Madame Élise Rey", HOME) == (
            "Madame Élise Rey",
            "APPARTEMENT 14 ESCALIER 2 ETAGE 3",
            "RESIDENCE LES TILLEULS BATIMENT B",
            "12 BIS RUE DE L OEUVRE",
            "69003 LYON",
        )

    def test_unknown_pieces_leave_no_empty_line(self) -> None:
        bare = Home(street="1, rue Neuve", postal_code="38200", town="Vienne")
        assert address_lines("M. Ahmed Benali", bare) == ("M. Ahmed Benali", "1 RUE NEUVE", "38200 VIENNE")

    def test_a_long_line_is_shortened_only_as_far_as_it_must(self) -> None:
        home = Home(street="120, boulevard du Maréchal-de-Lattre-de-Tassigny", postal_code="69003", town="Lyon")
        assert address_lines("M. Roy", home)[1] == "120 BD DU MAL DE LATTRE DE TASSIGNY"

    def test_what_is_still_too_long_goes_on_in_the_next_line(self) -> None:
        lines = address_lines("Madame et Monsieur Anne-Sophie Vanderbruggen-Lefèvre", HOME)
        assert lines[:2] == ("Mme et M. Anne-Sophie", "Vanderbruggen-Lefèvre")
        assert len(lines) == LINES

    def test_nobody_s_address_is_cut(self) -> None:
        home = Home("Residence " + "Tilleuls " * 9, "B", "2", 3, "14", "12, rue " + "Longue " * 9, "69003", "Lyon")
        with pytest.raises(AddressTooLong):
            address_lines("Madame Rey", home)

    @pytest.mark.parametrize("home", [Home(street="1 rue Neuve"), Home(postal_code="69003", town="Lyon")])
    def test_no_address_at_all(self, home: Home) -> None:
        with pytest.raises(ValueError, match="no address"):
            address_lines("Madame Rey", home)

    @given(
        st.text(alphabet="aéœ '-Z9", min_size=1, max_size=60),
        st.text(alphabet="abcé -1", max_size=50),
        st.text(alphabet="rué de1 ", max_size=60),
    )
    def test_six_lines_of_thirty_eight_signs_or_a_refusal(self, name: str, residence: str, street: str) -> None:
        home = Home(residence, "B2", "C", 12, "1204", street, "97400", "Saint-Denis")
        try:
            lines = address_lines(name, home)
        except ValueError:
            return
        assert len(lines) <= LINES
        assert all(0 < len(line) <= WIDTH for line in lines[1:])
        assert lines[-1] == "97400 SAINT DENIS"

    def test_capitals_without_accents_or_punctuation(self) -> None:
        assert capitals("12 bis, rue de l’Œuvre-Ça") == "12 BIS RUE DE L OEUVRE CA"


class TestNumber:
    @given(st.integers(1, 999_999_999))
    def test_read_back(self, serial: int) -> None:
        number = letter_number(serial)
        assert len(number) == 10
        assert serial_of(f" {number[:3]} {number[3:]}\n") == serial

    @given(st.integers(1, 999_999_999), st.integers(0, 9), st.integers(1, 9))
    def test_one_figure_typed_wrong_is_caught(self, serial: int, place: int, shift: int) -> None:
        number = letter_number(serial)
        wrong = str((int(number[place]) + shift) % 10)
        assert serial_of(number[:place] + wrong + number[place + 1 :]) is None

    @pytest.mark.parametrize("typed", ["", "abc", "123", "0000000000", "00000000181"])
    def test_what_is_not_ours(self, typed: str) -> None:
        assert serial_of(typed) is None

    @pytest.mark.parametrize("serial", [0, 10**9])
    def test_numbers_that_do_not_fit(self, serial: int) -> None:
        with pytest.raises(ValueError, match="nine figures"):
            letter_number(serial)


class TestOrder:
    def test_as_somebody_walks(self) -> None:
        walk = [
            Home("Les Tilleuls", "A", "1", 0, "2"),
            Home("Les Tilleuls", "A", "1", 2, "9"),
            Home("Les Tilleuls", "A", "1", 2, "10"),
            Home("Les Tilleuls", "A", "10", 0, "1"),
            Home("Les Tilleuls", "B", "", None, ""),
        ]
        backwards = walk[::-1]
        assert sorted(backwards, key=delivery_key) == walk

    def test_one_file_for_each_staircase(self) -> None:
        first, second = place_of(HOME), ("Les Tilleuls", "escalier 3")
        assert first == ("Les Tilleuls", "bâtiment B, escalier 2")
        letters = [letter(rank, place=first if rank < 4 else second) for rank in range(1, 6)]
        sheaves = list(sheaves_by_place(letters, chunk=2))
        assert [(one.staircase, one.part, one.parts, len(one.letters)) for one in sheaves] == [
            ("bâtiment B, escalier 2", 1, 2, 2),
            ("bâtiment B, escalier 2", 2, 2, 1),
            ("escalier 3", 1, 1, 2),
        ]

    def test_a_postal_platform_gets_equal_files(self) -> None:
        sheaves = list(sheaves_for_post([letter(rank) for rank in range(1, 6)], chunk=2))
        assert [len(one.letters) for one in sheaves] == [2, 2, 1]


def test_set_in_order_with_the_pages_of_each_letter() -> None:
    """Tagged PDF/UA-1 (Typst refuses to make one that is not); a letter of three pages moves those that follow."""
    letters = [letter(1), letter(2, body=("Une ligne de texte. " * 12,) * 30), letter(3, body=("- un\n- deux",))]
    (sheaf,) = sheaves_by_place(letters)
    ((same, done),) = set_sheaves([sheaf], HEAD, cover=True)
    assert same is sheaf
    assert b"pdfuaid" in done.pdf
    assert [key.int for key, _ in done.pages] == [1, 2, 3]
    first, second, third = (page for _, page in done.pages)
    assert (first, second) == (2, 3)  # the cover is the first page
    assert third >= second + 3
    assert done.page_count == third
    assert len(re.findall(rb"/Type\s*/Page\b", done.pdf)) == done.page_count

    rows = platform_rows("lettres-1.pdf", sheaf, done)
    assert [row[1:3] for row in rows] == [["2", "2"], ["3", str(third - 1)], [str(third), str(third)]]
    text = platform_csv(rows).decode("utf-8-sig").splitlines()
    assert text[0].startswith("fichier;page_debut;page_fin;adresse_1;")
    assert text[1] == (
        "lettres-1.pdf;2;2;Madame Élise Rey;APPARTEMENT 14 ESCALIER 2 ETAGE 3;RESIDENCE LES TILLEULS BATIMENT B;"
        "12 BIS RUE DE L OEUVRE;69003 LYON;;0000000018"
    )
