"""Writes sheets that people take away, XLSX and CSV: real numbers and dates, no cell that runs; no Django, no clock.

What people typed or imported may begin with a sign that a spreadsheet reads as a formula. In XLSX such a text is a
text, and stays one when the cell is edited; in CSV, which knows only texts, an apostrophe stands before it.
"""

import codecs
import csv
import io
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any, BinaryIO, Literal
from zoneinfo import ZoneInfo

import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException
from xlsxwriter.format import Format

from bienveille.ground.lib import typography

type Kind = Literal["text", "number", "percent", "date", "moment", "phone"]

FRANCE = ZoneInfo("Europe/Paris")
#: What begins a formula for Excel, LibreOffice or their kin, full-width signs of other keyboards included.
STARTS_A_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
LONGEST_CELL = 32_767
LAST_ROW = 1_048_576
FIRST_DAY = date(1900, 3, 1)  # spreadsheets count days from 1900, a leap year in their own calendar only

_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_BREAKS = re.compile(r"[\t\r\n]+")
_NAME_SIGNS = re.compile(r"[\[\]:*?/\\]|[^\u0000-\uffff]")
_PATTERNS = {"number": "#,##0", "percent": "0.0%", "date": "dd/mm/yyyy", "moment": "dd/mm/yyyy hh:mm"}


class TooManyRows(Exception):
    """More rows than a sheet can hold; a CSV file has no limit."""


@dataclass(frozen=True)
class Column:
    """One column of a sheet. `kind`: text, number, percent (a share between 0 and 1), date, moment or phone (E.164)."""

    title: str
    kind: Kind = "text"
    width: int = 0  # in characters; found from the title and the kind when nil


@dataclass(frozen=True)
class Sheet:
    """A table to write: `heading` says in one to three lines what it is, when it was made, for whom."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Any]]
    heading: Sequence[str] = field(default_factory=tuple)


def starts_a_formula(text: str) -> bool:
    """Whether a spreadsheet could take this text for something to compute, even behind blanks."""
    return text.startswith(STARTS_A_FORMULA) or text.lstrip(" \u00a0\u202f\ufeff\u200b").startswith(STARTS_A_FORMULA)


def phone_text(number: str) -> str:
    """`+33465710142` → `04 65 71 01 42`; another country's begins with 00, because a + begins a formula."""
    shown = typography.phone(number).replace(typography.NBSP, " ").strip()
    return f"00 {shown[1:].strip()}" if shown.startswith("+") else shown


def clean_cell(value: Any) -> str:
    """A value as a spreadsheet keeps it: no sign it refuses, no longer than a cell."""
    text = _UNWRITABLE.sub("\ufffd", str(value))
    if len(text) <= LONGEST_CELL // 2:
        return text
    return text.encode("utf-16-le")[: 2 * LONGEST_CELL].decode("utf-16-le", "ignore")  # counted as Excel counts


def _local(moment: datetime, zone: tzinfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None) if moment.tzinfo else moment


# ---- CSV: UTF-8 with its mark, semicolons, as spreadsheets set in French expect


def csv_cell(value: Any, kind: Kind = "text", zone: tzinfo = FRANCE) -> str:
    """One cell in French: numbers with a comma, days as 21/11/2026, texts on one line that no spreadsheet runs."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, (int, float, Decimal)):
        if kind == "percent":
            return typography.percent(value, 1).replace(typography.NBSP, " ").replace("−", "-")
        return str(value).replace(".", ",") if _is_plain(value) else _text_for_csv(str(value))
    if isinstance(value, datetime):
        return _local(value, zone).strftime("%d/%m/%Y %H:%M")
    if isinstance(value, date):
        return typography.short_day(value)
    return _text_for_csv(phone_text(str(value)) if kind == "phone" else str(value))


def _is_plain(value: int | float | Decimal) -> bool:
    return bool(re.fullmatch(r"-?\d+(?:\.\d+)?", str(value)))


def _text_for_csv(text: str) -> str:
    line = _BREAKS.sub(" ", clean_cell(text))
    return f"'{line}" if starts_a_formula(text) or starts_a_formula(line) else line


def csv_lines(sheet: Sheet, zone: tzinfo = FRANCE) -> Iterator[bytes]:
    """The file piece by piece, so that a long list is sent while it is read."""
    yield codecs.BOM_UTF8
    kinds = [column.kind for column in sheet.columns]
    for line in sheet.heading:
        yield _csv_line([csv_cell(line)])
    if sheet.heading:
        yield b"\r\n"
    yield _csv_line([csv_cell(column.title) for column in sheet.columns])
    for row in sheet.rows:
        yield _csv_line([csv_cell(value, kind, zone) for value, kind in zip(row, kinds, strict=True)])


def _csv_line(cells: Sequence[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line, delimiter=";", lineterminator="\r\n").writerow(cells)
    return line.getvalue().encode()


# ---- XLSX


def write_xlsx(sheets: Sequence[Sheet], out: BinaryIO, zone: tzinfo = FRANCE) -> None:
    """Writes a workbook; rows are read once, one at a time, and memory does not grow with them."""
    with tempfile.TemporaryDirectory(prefix="bienveille-") as folder:
        book = xlsxwriter.Workbook(
            out,
            {
                "constant_memory": True,
                "tmpdir": folder,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        names: set[str] = set()
        try:
            for sheet in sheets:
                _write_sheet(book, sheet, _sheet_name(sheet.name, names), zone)
        finally:
            # A workbook left open warns when it goes, and so does an empty one.
            if not names:
                book.add_worksheet()
            book.close()


def _sheet_name(wanted: str, taken: set[str]) -> str:
    """A name that Excel takes: 31 signs, none of `[]:*?/\\`, each once whatever its case."""
    base = _NAME_SIGNS.sub(" ", clean_cell(wanted)).strip(" '")[:31].strip(" '") or "Feuille"
    if base.casefold() == "history":  # kept by Excel for itself
        base = "Historique"
    name, rank = base, 2
    while name.casefold() in taken:
        name = f"{base[: 31 - len(f' {rank}')]} {rank}"
        rank += 1
    taken.add(name.casefold())
    return name


def _write_sheet(book: xlsxwriter.Workbook, sheet: Sheet, name: str, zone: tzinfo) -> None:
    page = book.add_worksheet(name)
    formats = {kind: book.add_format({"num_format": pattern, "valign": "top"}) for kind, pattern in _PATTERNS.items()}
    formats["text"] = book.add_format({"valign": "top", "num_format": "@"})
    formats["quoted"] = book.add_format({"valign": "top", "num_format": "@", "quote_prefix": True})
    formats["decimal"] = book.add_format({"num_format": "#,##0.00", "valign": "top"})
    strong = book.add_format({"bold": True})
    title = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom"})
    for rank, column in enumerate(sheet.columns):
        page.set_column(rank, rank, column.width or _width(column))
    top = 0
    for top, line in enumerate(sheet.heading, start=1):
        page.write_string(top - 1, 0, clean_cell(line), strong if top == 1 else None)
    header = top + 1 if sheet.heading else 0
    for rank, column in enumerate(sheet.columns):
        page.write_string(header, rank, clean_cell(column.title), title)
    page.freeze_panes(header + 1, 1)
    page.repeat_rows(header)
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)
    page.set_footer("&L&A&R&P / &N")
    last = header
    for last, row in enumerate(sheet.rows, start=header + 1):
        if last >= LAST_ROW:
            raise TooManyRows
        for rank, (value, column) in enumerate(zip(row, sheet.columns, strict=True)):
            _write_cell(page, last, rank, value, column.kind, formats, zone)
    if last > header and sheet.columns:
        page.autofilter(header, 0, last, len(sheet.columns) - 1)


def _width(column: Column) -> int:
    least = {"date": 11, "moment": 16, "phone": 16, "number": 10, "percent": 10}.get(column.kind, 14)
    return max(least, min(len(column.title) + 2, 28))


def _write_cell(
    page: Any, row: int, rank: int, value: Any, kind: Kind, formats: dict[str, Format], zone: tzinfo
) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        value = "oui" if value else "non"
    elif isinstance(value, (int, float, Decimal)) and _is_plain(value):
        whole = value == int(value)
        wanted = "percent" if kind == "percent" else "number" if whole else "decimal"
        page.write_number(row, rank, value, formats[wanted])
        return
    elif isinstance(value, (date, datetime)):
        moment = _local(value, zone) if isinstance(value, datetime) else value
        if (moment.date() if isinstance(moment, datetime) else moment) >= FIRST_DAY:
            page.write_datetime(row, rank, moment, formats["moment" if isinstance(moment, datetime) else "date"])
            return
        value = csv_cell(value)
    text = clean_cell(phone_text(str(value)) if kind == "phone" else value)
    problem = page.write_string(row, rank, text, formats["quoted" if starts_a_formula(text) else "text"])
    if problem:
        raise XlsxWriterException(f"cell {row}, {rank} refused: {problem}")
