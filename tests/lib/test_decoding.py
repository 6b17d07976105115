"""Encodings of French files, from bytes alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bienveille.ground.lib.decoding import decode, detect_file

TEXT = (
    "N° bail;Nom;Né le;Adresse\r\n000123;Lefèvre;01/02/1945;3 allée de l'Église\r\n"
    "000124;GÉRARD;12/03/1950;Résidence Hélène Boucher, bâtiment A\r\n000125;Françoise;;Cité des Mûriers\r\n"
)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "iso8859-15", "cp850", "mac_roman", "utf-16-le", "utf-16-be"]
)
def test_every_usual_encoding_is_read(encoding):
    assert decode(TEXT.encode(encoding))[0] == TEXT


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Nom;Prénom\nGÉRARD;ÉLÉONORE\nLEMAÎTRE;HÉLÈNE\n", "cp1252"),
        ("Nom;Prénom\nGÉRARD;ÉLÉONORE\nLEMAÎTRE;HÉLÈNE\n", "cp850"),
        ("Nom;Prénom\nGÉRARD;ÉLÉONORE\nLEMAÎTRE;HÉLÈNE\n", "mac_roman"),
        ("D’Orsel, Cœur de l’Île, 12,50 €\n", "cp1252"),
        ("Cœur de l'Île, 12,50 €\n", "iso8859-15"),
    ],
)
def test_capitals_and_signs_tell_the_encoding(text, encoding):
    assert decode(text.encode(encoding))[0] == text


def test_utf8_with_a_broken_byte_stays_utf8():
    raw = ("élève à l'école " * 10).encode() + b"\xe9\n"
    text, encoding = decode(raw)
    assert encoding == "utf-8"
    assert text.startswith("élève à l'école")


def test_the_mark_belongs_to_no_title_though_a_few_bytes_are_damaged():
    raw = '"PRÉNOM";"NOM"\r\n'.encode("utf-8-sig") + "Éléonore;Lefèvre\r\n".encode() * 10 + b"Ren\xe9;\xff\r\n"
    assert decode(raw)[0].startswith('"PRÉNOM"')


def test_a_mark_that_lies_is_ignored():
    raw = b"\xef\xbb\xbf" + "Lefèvre, Hélène".encode("cp1252")
    assert decode(raw)[0].endswith("Lefèvre, Hélène")


def test_a_character_cut_between_two_blocks_is_still_utf8(tmp_path):
    path = tmp_path / "long.csv"
    path.write_bytes(b"a" * ((1 << 20) - 1) + "é".encode())
    assert detect_file(path).name == "utf-8"


def test_a_long_line_without_accents_is_looked_at_once():
    raw = b"x" * 400_000 + b"\r" + b"y" * 3_000 + "é è ç".encode("cp1252") + b"\nend"
    assert decode(raw)[1] == "cp1252"


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_whatever_is_written_in_utf8_is_read_back(text):
    assert decode(text.encode("utf-8-sig"))[0] == text


@given(st.binary(max_size=400))
def test_no_bytes_make_it_fail(raw):
    text, encoding = decode(raw)
    assert isinstance(text, str)
    assert encoding
