"""Tables found and opened, and files that are none."""

import csv
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bienveille.ground.lib.tables import NotATable, open_table

FIXTURES = Path(__file__).parent.parent / "fixtures"
KNOWN = frozenset(("NOM", "PRENOM", "EMAIL", "ROLE"))
HEADER = ["NOM", "PRENOM", "EMAIL", "ROLE"]


def is_title(cell: str) -> bool:
    return cell in KNOWN


def write(tmp_path, content: str | bytes, name="f.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def opened(tmp_path, content):
    return open_table(write(tmp_path, content), is_title=is_title)


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_separator_is_found(tmp_path, separator, end):
    lines = [separator.join(HEADER), separator.join(["A", "B", "x@y.fr", "C"])]
    table = opened(tmp_path, end.join(lines) + end)
    assert (table.separator, table.header) == (separator, HEADER)
    assert list(table.rows()) == [(2, ["A", "B", "x@y.fr", "C"])]


def test_a_list_within_cells_does_not_fool_it(tmp_path):
    table = opened(tmp_path, "NOM;PRENOM;EMAIL;ROLE\nA, B, C, D;b;c, d;e, f, g\nA, B;b;c;d\n")
    assert table.separator == ";"


def test_titles_above_the_header_are_left_aside(tmp_path):
    table = opened(tmp_path, "sep=;\nExport du progiciel\n\nÉdité le;20/11/2026\nNOM;PRENOM;EMAIL;ROLE\nA;B;;C\n")
    assert (table.header, list(table.rows())) == (HEADER, [(2, ["A", "B", "", "C"])])


def test_a_quoted_newline_starts_no_record_and_blank_lines_are_none(tmp_path):
    table = opened(tmp_path, 'NOM;PRENOM;EMAIL;ROLE\nA;"un\ndeux";;C\n\n;;;\nB;b;;C\n\n')
    assert [(number, cells[0]) for number, cells in table.rows()] == [(2, "A"), (3, "B")]


def test_a_header_nobody_knows_is_still_found(tmp_path):
    table = opened(tmp_path, "Liste\n\nAlpha;Bêta;Gamma;Delta\n1;2;3;4\n")
    assert table.header == ["Alpha", "Bêta", "Gamma", "Delta"]


@pytest.mark.parametrize("landlord", ["erp-cp1252", "erp-utf8", "erp-xlsx"])
def test_the_fixtures_open(landlord):
    for path in sorted((FIXTURES / landlord).glob("*.[cx]*")):
        table = open_table(path, is_title=is_title)
        assert table.header_line == (3 if landlord == "erp-xlsx" else 0)
        assert {len(cells) for _, cells in table.rows()} == {len(table.header)}


def docx() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr("word/document.xml", "<w/>")
    return stream.getvalue()


WORKBOOK = (FIXTURES / "erp-xlsx" / "collaborateurs.xlsx").read_bytes()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\r\n  \n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "pdf"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "image"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image"),
        (b"{\\rtf1\\ansi NOM;PRENOM}", "document"),
        (docx(), "document"),
        (b"\x1f\x8b\x08\x00", "archive"),
        (b"<html><table><tr><td>NOM</td></tr></table>", "html"),
        (b'{"structures": []}', "json"),
        (WORKBOOK[: len(WORKBOOK) // 2], "damaged"),
        (WORKBOOK[:2000] + b"\x00" * 500 + WORKBOOK[2500:], "damaged"),
        (bytes(range(256)) * 20, "binary"),
        (b"NOM;PRENOM;EMAIL\nA;B;C\n", "too_few_columns"),
        (b"bonjour\ntout le monde\n", "too_few_columns"),
        (b"NOM;PRENOM;EMAIL;ROLE\n", "no_rows"),
        (b'NOM;PRENOM;EMAIL;ROLE\nA;"B;c@d.fr;E\nF;G;h@i.fr;J\nK;L;m@n.fr;O\n', "unclosed_quote"),
        (b'NOM;PRENOM;EMAIL;ROLE\nA;"B;c@d.fr;E\n' + b"F;G;h@i.fr;J\n" * 20_000, "unclosed_quote"),
    ],
)  # fmt: skip
def test_what_is_no_table_says_what_it_is(tmp_path, content, code):
    with pytest.raises(NotATable) as caught:
        list(opened(tmp_path, content).rows())
    assert caught.value.code == code


def test_a_workbook_that_unpacks_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("bienveille.ground.lib.tables.MAX_UNPACKED", 1000)
    with pytest.raises(NotATable) as caught:
        opened(tmp_path, WORKBOOK)
    assert caught.value.code == "too_big"


CELL = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=("Cc", "Zl", "Zp")), max_size=8
)


@given(st.lists(st.lists(CELL, min_size=4, max_size=4), min_size=1, max_size=10), st.sampled_from([";", ","]))
def test_what_is_written_is_read(tmp_path_factory, rows, separator):
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=separator)
    writer.writerow(HEADER)
    writer.writerows(rows)
    kept = [row for row in rows if any(row)]
    path = write(tmp_path_factory.mktemp("t"), stream.getvalue())
    if not kept:
        with pytest.raises(NotATable):
            open_table(path, is_title=is_title)
        return
    table = open_table(path, is_title=is_title)
    assert [cells for _, cells in table.rows()] == kept


@given(st.binary(max_size=300))
def test_no_bytes_make_it_fail_otherwise(tmp_path_factory, raw):
    path = write(tmp_path_factory.mktemp("t"), raw)
    try:
        table = open_table(path, is_title=is_title)
        assert len(table.header) >= 4
        list(table.rows())
    except NotATable:
        pass
