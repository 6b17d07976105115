"""Names, addresses, languages and e-mail addresses of a cell."""

import pytest
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from bienveille.ground.lib.addresses import commune_key, commune_label, read_insee, read_postcode, read_street
from bienveille.ground.lib.emails import is_email, read_emails
from bienveille.ground.lib.languages import NAMES, language_name, read_language, read_languages
from bienveille.ground.lib.names import clean_code, clean_text, read_title
from bienveille.ground.lib.words import plain


def accepted_by_django(text):
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


LABEL = st.text("ab9-", min_size=1, max_size=4)


@given(
    st.one_of(
        st.text(max_size=30),
        st.builds("{}@{}.{}".format, st.text("ab.+\"' é", max_size=6), LABEL, LABEL),
        st.builds("{}@{}.fr".format, LABEL, LABEL),
    )
)
@example("a@localhost")
@example("a@[127.0.0.1]")
@example("a@[::1]")
@example("a@[1.2.3]")
@example("a" * 400 + "@b.fr")
@example('"a b"@c.fr')
@example("x@x")
@example("a@b.c")
@example("a@b.xn--p1ai")
@example("a@é.fr")
def test_our_check_agrees_with_django_on_ascii(text):
    assert is_email(text) == (text.isascii() and accepted_by_django(text))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("Guy.Bousquet55@Courriel.example", ("guy.bousquet55@courriel.example",)),
        (" a.b@c.fr ; d@e.fr", ("a.b@c.fr", "d@e.fr")),
        ("a.b@c.fr ou a.b@c.fr", ("a.b@c.fr",)),
        ("mailto:a.b@c.fr", ("a.b@c.fr",)),
        ("virginie.wagner24 at courriel.example", ()),
        ("pas de mail", ()), ("x@x", ()), ("aucun@", ()), ("", ()), (None, ()), (3.0, ()),
        ('"\\\t"@c.fr', ()), ('"\x01"@c.fr ; d@e.fr', ("d@e.fr",)),
    ],
)  # fmt: skip
def test_addresses_of_a_cell(cell, expected):
    assert read_emails(cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("  VASSEUR    ", "VASSEUR"), ("DE\xa0 SOUSA", "DE SOUSA"), ("a\x00b\x07c", "abc"), (12.0, "12"), (None, "")],
)
def test_text_is_cleaned_and_not_respelled(cell, expected):
    assert clean_text(cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"), [('="00123"', "00123"), ("'00123", "00123"), (123.0, "123"), (" 01 ", "01")]
)
def test_codes_lose_the_armour_of_spreadsheets(cell, expected):
    assert clean_code(cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("MME", "Mme"),
        ("Monsieur", "M."),
        ("MR", "M."),
        ("M.", "M."),
        ("MLLE", "Mme"),
        ("M. et Mme", ""),
        ("Dr", None),
        ("", None),
    ],
)
def test_titles(cell, expected):
    assert read_title(cell) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("63 bis pl. Quivogne", ("63", "bis", "place", "Quivogne")),
        ("128 CRS de la République", ("128", "", "cours", "de la République")),
        ("9 CRS d’Orsel", ("9", "", "cours", "d’Orsel")),
        ("12, av de la Gare", ("12", "", "avenue", "de la Gare")),
        ("12b rue X", ("12", "b", "rue", "X")),
        ("3 rond point des Arts", ("3", "", "rond-point", "des Arts")),
        ("Le Bourg", ("", "", "", "Le Bourg")),
        ("", ("", "", "", "")),
    ],
)
def test_street_lines(line, expected):
    street = read_street(line)
    assert (street.number, street.suffix, street.way, street.name) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [("SAINT ETIENNE", "ST-ETIENNE"), ("Saint-Étienne", "ST ETIENNE"), ("LYON 09", "Lyon 9e"),
     ("LYON 2EME ARRONDISSEMENT", "lyon 2e"),
     ("LYON 1ER", "Lyon 1er Arrondissement"), ("BOURGOIN JALLIEU", "Bourgoin-Jallieu"),
     ("GRENOBLE CEDEX 9", "Grenoble"),
     ("STE FOY LES LYON", "Sainte-Foy-lès-Lyon")],
)  # fmt: skip
def test_one_commune_has_one_key(one, other):
    assert commune_key(one) == commune_key(other)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("BOURGOIN JALLIEU", "Bourgoin-Jallieu"), ("ST-ETIENNE", "Saint-Etienne"), ("Saint-Étienne", "Saint-Étienne"),
     ("LYON 1ER", "Lyon 1er"),     ("LYON 09", "Lyon 9e"), ("L'ISLE D'ABEAU", "L’Isle-d’Abeau"),
     ("VILLENEUVE LES AVIGNON", "Villeneuve-les-Avignon")],
)  # fmt: skip
def test_a_commune_has_a_readable_label(name, expected):
    assert commune_label(name) == expected


@pytest.mark.parametrize(
    ("cell", "expected"), [("69005", "69005"), (1000.0, "01000"), ("1000", "01000"), ("99999", None), ("x", None)]
)
def test_postcodes(cell, expected):
    assert read_postcode(cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("69385", "69385"), ("2a004", "2A004"), (1004.0, "01004"), ("97411", "97411"), ("6938", "06938"), ("abc", None)],
)
def test_insee_codes(cell, expected):
    assert read_insee(cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("FR", "fr"),
        ("espagnol", "es"),
        ("Turc", "tr"),
        ("PT", "pt"),
        ("anglais", "en"),
        ("arabe", "ar"),
        ("klingon", None),
        ("", None),
        (3, None),
    ],
)
def test_languages(cell, expected):
    assert read_language(cell) == expected


@pytest.mark.parametrize(
    "cell", ["français/turc", "Français ; TURC", "FR, tr", "français et turc", "français, turc, français"]
)
def test_lists_of_languages(cell):
    assert read_languages(cell) == (("fr", "tr"), ())


def test_a_word_that_names_no_language_is_reported():
    assert read_languages("français, klingon") == (("fr",), ("klingon",))


def test_every_language_is_found_by_its_own_name():
    for code, name in NAMES.items():
        assert read_language(name) == code
        assert language_name(code) == name


@given(st.text(max_size=40))
def test_no_text_makes_them_fail(text):
    assert plain(plain(text)) == plain(text)
    commune_label(text)
    commune_key(text)
    assert isinstance(str(read_street(text)), str)
    clean_code(text)
    read_title(text)
    assert "\x00" not in clean_text(text)
