"""An SMS counted as networks count it: two alphabets, whole signs only, and what to write to pay less."""

import pytest

from bienveille.engines.messaging.rules.sms_parts import Alphabet, lighten, measure


@pytest.mark.parametrize(
    ("text", "alphabet", "units", "parts", "left"),
    [
        ("", "gsm7", 0, 0, 160),
        ("a" * 160, "gsm7", 160, 1, 0),
        ("a" * 161, "gsm7", 161, 2, 145),
        ("a" * 306, "gsm7", 306, 2, 0),
        ("a" * 307, "gsm7", 307, 3, 152),
        ("€" * 80, "gsm7", 160, 1, 0),
        ("ê" * 70, "ucs2", 70, 1, 0),
        ("ê" * 71, "ucs2", 71, 2, 63),
        ("ê" * 134, "ucs2", 134, 2, 0),
        ("ê" * 135, "ucs2", 135, 3, 66),
        ("🙂" * 35, "ucs2", 70, 1, 0),
        ("éèàùìòÇ\n", "gsm7", 8, 1, 152),
    ],
)
def test_parts(text, alphabet, units, parts, left):
    found = measure(text)
    assert (found.alphabet, found.units, found.parts, found.left) == (alphabet, units, parts, left)


def test_a_sign_of_two_units_is_never_cut_between_two_parts():
    # 152 letters leave one septet free: the euro goes whole into the next part.
    assert measure("a" * 152 + "€" + "a" * 151).parts == 2
    assert measure("a" * 152 + "€" + "a" * 152).parts == 3
    assert measure("ê" + "a" * 65 + "🙂" + "a" * 66).parts == 3


def test_the_characters_that_cost_are_named_with_what_to_write_instead():
    found = measure("L’été\u00a0: reçu, «\u00a0être\u00a0» 🙂")
    assert {one.character: one.instead for one in found.heavy} == {
        "’": "'", "\u00a0": " ", "ç": "c", "«": '"', "»": '"', "ê": "e", "🙂": "",
    }  # fmt: skip
    assert next(one for one in found.heavy if one.character == "\u00a0").times == 3
    assert next(one for one in found.heavy if one.character == "\u00a0").name == "espace insécable"


def test_lightened_words_keep_their_meaning():
    assert lighten("L’été\u00a0: «\u00a0cœur\u00a0» reçu…") == 'L\'été : "coeur" recu...'
    assert measure(lighten("Où êtes-vous\u00a0? À l’hôpital – Île d’Yeu")).alphabet is Alphabet.GSM7
    assert lighten("🙂") == "🙂"
