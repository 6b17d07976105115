"""Sheets that people take away: nothing in them runs, and numbers, days and phones stay what they are."""

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from bienveille.ground.lib import spreadsheets
from bienveille.ground.lib.spreadsheets import Column, Sheet, TooManyRows, csv_cell, csv_lines, phone_text, write_xlsx

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
NASTY = [
    "=1+1",
    "+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    " =1",
    "\u00a0=1",
    "\ufeff=1",
]
TEXTS = st.one_of(
    st.text(), st.sampled_from(NASTY), st.builds(str.__add__, st.sampled_from(list("=+-@\t\r")), st.text())
)


def csv_rows(sheet: Sheet) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(csv_lines(sheet)).decode("utf-8-sig"), newline=""), delimiter=";"))


def workbook(*sheets: Sheet) -> io.BytesIO:
    out = io.BytesIO()
    write_xlsx(sheets, out)
    out.seek(0)
    return out


def cells(*sheets: Sheet, rank: int = 0) -> list[list[object]]:
    return CalamineWorkbook.from_filelike(workbook(*sheets)).get_sheet_by_index(rank).to_python()


def inside(file: io.BytesIO) -> dict[str, ElementTree.Element]:
    with zipfile.ZipFile(file) as book:
        return {name: ElementTree.fromstring(book.read(name)) for name in book.namelist() if name.endswith(".xml")}


class TestNothingRuns:
    @given(TEXTS, TEXTS, TEXTS)
    def test_in_csv(self, title, text, heading):
        for row in csv_rows(Sheet("x", [Column(title)], [[text]], [heading])):
            for cell in row:
                assert not spreadsheets.starts_a_formula(cell)

    @given(st.lists(TEXTS, min_size=2, max_size=4))
    def test_a_text_never_leaves_its_cell_in_csv(self, texts):
        rows = csv_rows(Sheet("x", [Column("t")] * len(texts), [texts]))
        assert [len(row) for row in rows] == [len(texts)] * 2

    @given(TEXTS, TEXTS, TEXTS)
    def test_in_xlsx(self, title, text, heading):
        parts = inside(workbook(Sheet("x", [Column(title)], [[text]], [heading])))
        assert not [
            1 for part in parts.values() for element in part.iter() if element.tag in (f"{MAIN}f", f"{MAIN}hyperlink")
        ]

    @pytest.mark.parametrize("text", NASTY)
    def test_a_formula_stays_a_text_when_its_cell_is_edited(self, text):
        parts = inside(workbook(Sheet("x", [Column("t")], [[text]])))
        cell = next(c for c in parts["xl/worksheets/sheet1.xml"].iter(f"{MAIN}c") if c.get("r") == "A2")
        assert cell.get("t") == "inlineStr"
        style = parts["xl/styles.xml"].find(f"{MAIN}cellXfs")[int(cell.get("s"))]
        assert style.get("quotePrefix") == "1"

    def test_a_number_below_nil_is_still_a_number(self):
        assert csv_cell(-5) == "-5"
        assert csv_cell(Decimal("-1.50")) == "-1,50"
        assert cells(Sheet("x", [Column("t", "number")], [[-5]]))[1] == [-5.0]

    def test_what_is_no_number_is_a_text(self):
        assert csv_cell(float("-inf")) == "'-inf"
        assert cells(Sheet("x", [Column("t", "number")], [[float("nan")]]))[1] == ["nan"]


class TestPhones:
    @pytest.mark.parametrize(
        ("number", "shown"),
        [
            ("+33465710142", "04 65 71 01 42"),
            ("+262262161234", "02 62 16 12 34"),
            ("+32470123456", "00 32470123456"),
            ("3114", "3114"),
        ],
    )
    def test_are_read_and_dialled_as_they_are(self, number, shown):
        assert phone_text(number) == shown
        assert csv_cell(number, "phone") == shown
        assert cells(Sheet("x", [Column("t", "phone")], [[number]]))[1] == [shown]


class TestValues:
    def test_csv_is_french(self):
        moment = datetime(2026, 11, 21, 22, 5, tzinfo=UTC)
        columns = [
            Column("a"),
            Column("b", "number"),
            Column("c", "percent"),
            Column("d", "date"),
            Column("e", "moment"),
            Column("f"),
            Column("g"),
        ]
        rows = csv_rows(Sheet("x", columns, [["Émery ; « 1 »", 1206, 0.897, date(2026, 12, 1), moment, None, True]]))
        assert rows[1] == ["Émery ; « 1 »", "1206", "89,7 %", "01/12/2026", "21/11/2026 23:05", "", "oui"]

    def test_csv_is_known_as_utf8(self):
        assert b"".join(csv_lines(Sheet("x", [Column("é")], []))).startswith(b"\xef\xbb\xbf")

    def test_a_note_stays_on_its_line(self):
        assert csv_cell("Va mieux.\r\n\tÀ rappeler") == "Va mieux. À rappeler"

    def test_xlsx_keeps_numbers_days_and_hours(self):
        moment = datetime(2026, 11, 21, 22, 5, tzinfo=UTC)
        columns = [
            Column("a", "number"),
            Column("b", "percent"),
            Column("c", "date"),
            Column("d", "moment"),
            Column("e"),
        ]
        assert cells(Sheet("x", columns, [[1206, 0.5, date(2026, 12, 1), moment, None]]))[1] == [
            1206.0,
            0.5,
            date(2026, 12, 1),
            datetime(2026, 11, 21, 23, 5),
            "",
        ]

    def test_a_day_before_spreadsheets_is_written_out(self):
        assert cells(Sheet("x", [Column("t", "date")], [[date(1899, 2, 1)]]))[1] == ["01/02/1899"]

    def test_the_heading_comes_first_then_the_titles(self):
        sheet = Sheet("x", [Column("Nom"), Column("Appels", "number")], [["Émery", 3]], ["Ménages", "Exporté hier"])
        assert cells(sheet) == [["Ménages", ""], ["Exporté hier", ""], ["", ""], ["Nom", "Appels"], ["Émery", 3.0]]
        assert csv_rows(sheet) == [["Ménages"], ["Exporté hier"], [], ["Nom", "Appels"], ["Émery", "3"]]

    @given(st.text())
    def test_any_text_makes_a_file_that_opens(self, text):
        assert len(cells(Sheet(text, [Column("t")], [[text]]), Sheet(text, [Column("t")], []), rank=1)) == 1

    @pytest.mark.parametrize("sign", ["é", "🏠"])
    def test_a_text_too_long_is_cut(self, sign):
        [[_], [cell]] = cells(Sheet("x", [Column("t")], [[sign * 40_000]]))
        assert len(cell.encode("utf-16-le")) in (2 * 32_767, 2 * 32_766)

    def test_sheets_have_names_that_excel_takes(self):
        names = ["Par agence", "par AGENCE", "a/b:c*d?e[f]g\\h", "'x'", "", "History", "x" * 40, "x" * 40]
        book = CalamineWorkbook.from_filelike(workbook(*[Sheet(name, [Column("t")], []) for name in names]))
        assert book.sheet_names == [
            "Par agence",
            "par AGENCE 2",
            "a b c d e f g h",
            "x",
            "Feuille",
            "Historique",
            "x" * 31,
            "x" * 29 + " 2",
        ]

    def test_too_many_rows_are_refused(self, monkeypatch):
        monkeypatch.setattr(spreadsheets, "LAST_ROW", 3)
        with pytest.raises(TooManyRows):
            workbook(Sheet("x", [Column("t")], [["a"]] * 4))

    def test_a_row_of_another_length_is_a_fault(self):
        with pytest.raises(ValueError, match="zip"):
            csv_rows(Sheet("x", [Column("t")], [["a", "b"]]))
