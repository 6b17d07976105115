"""Numbers in notes: found when their key is right or words before say what they are; other numbers are left alone."""

import pytest

from bienveille.ground.lib.note_guard import Family, check_note
from bienveille.ground.lib.note_numbers import nir_key

# Made up: the months of these social security numbers do not exist, the accounts and cards are those of manuals.
NUMBERS = [
    (Family.IDENTITY, "2 41 20 99 000 017 80"),
    (Family.IDENTITY, "241209900001780"),
    (Family.IDENTITY, "1 37 23 99 000 052 48."),
    (Family.BANK, "FR14 2004 1010 0505 0001 3M02 606 pour le virement"),
    (Family.BANK, "de89370400440532013000"),
    (Family.BANK, "20041 01005 0500013M026 06"),
    (Family.BANK, "4111-1111-1111-1111"),
    (Family.THIRD_PARTIES, "06 39 98 12 34"),
    (Family.THIRD_PARTIES, "+33 6 39 98 12 34"),
    (Family.THIRD_PARTIES, "voisin@example.org"),
]


class TestFound:
    @pytest.mark.parametrize(("family", "number"), NUMBERS)
    def test_in_its_family_wherever_it_stands(self, family, number):
        for note in (number, f"noter {number}", f"Rappeler mardi : {number} merci"):
            assert [finding.family for finding in check_note(note)] == [family], note

    def test_a_number_of_corsica_has_its_own_key(self):
        assert nir_key("241202a990017") == nir_key("2412019990017")
        assert nir_key("241202b990017") == nir_key("2412018990017")
        assert check_note(f"2 41 20 2A 990 001 {nir_key('241202a990001'):02d}")

    def test_words_before_make_up_for_a_key_that_is_wrong_or_missing(self):
        assert check_note("n° sécu 2 41 20 99 000 017 81")
        assert check_note("sécu 2412099000017")


class TestLeftAlone:
    @pytest.mark.parametrize(
        "note",
        [
            "2 41 20 99 000 017 81",  # a wrong key
            "2 41 15 99 000 017 80",  # no such month
            "4111 1111 1111 1112",
            "FR14 2004 1010 0505 0001 3M02 607",
            "20041 01005 0500013M026 07",
            "dossier 202604120031",
            "référence 12 45 78 99",
            "badge 4408 2217 6630",
            "0 800 47 33 33",
            "08 00 47 33 33",
            "le 3114, le 15, le 3919",
            "de 14 h à 16 h, bât. B, appt 2412",
            "12 05 1938 0012",
        ],
    )
    def test_a_number_without_its_key(self, note):
        assert check_note(note) == []
