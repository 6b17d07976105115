"""Tables as offices send them (text, Excel, OpenDocument): found, opened, read row by row; not typed."""

import csv
import datetime as dt
import itertools
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import TextIO

import python_calamine

from bienveille.ground.lib.decoding import Encoding, detect_file
from bienveille.ground.lib.names import clean_text

type Cell = str | float | int | bool | dt.date | dt.datetime | dt.time | dt.timedelta | None
type Row = tuple[int, list[Cell]]
"""A record's number (header = 1, a quoted newline starts no record) and its cells, text or typed."""

SEPARATORS = (";", ",", "\t", "|")
LOOK_AHEAD = 60  # records read to find the header
MAX_CELL = 100_000  # characters: beyond, a quotation mark was never closed
MAX_UNPACKED = 2 << 30  # bytes of a workbook once unpacked: beyond, it is a bomb or not for this door
MIN_COLUMNS = 4
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

# What a file is when it is not a table: first bytes → code. The caller has the sentence.
_MAGIC = (
    (b"%PDF", "pdf"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"RIFF", "image"),
    (b"BM", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
    (b"\x00\x00\x00\x18ftyp", "image"),
    (b"\x00\x00\x00\x1cftyp", "image"),
    (b"{\\rtf", "document"),
    (b"\x1f\x8b", "archive"),
    (b"7z\xbc\xaf", "archive"),
    (b"Rar!", "archive"),
)


class NotATable(Exception):
    """The file cannot be read as a table; `code` says why and `detail` gives what the sentence may quote.

    Codes: empty, pdf, image, document, archive, binary, html, json, damaged, locked, too_big, no_rows,
    too_few_columns, no_header, unclosed_quote, no_sheet.
    """

    def __init__(self, code: str, **detail: object) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


@dataclass(slots=True)
class Table:
    """An opened table: its header and how it was found; `rows()` reads the records, once or many times."""

    path: Path
    form: str  # "csv" or "workbook"
    header: list[str]
    header_line: int  # records above it are titles; 0 = the first one
    encoding: Encoding | None = None
    separator: str = ""
    sheet: str = ""
    sheets: list[str] = field(default_factory=list)  # the visible ones of the workbook
    _records: Callable[[], Iterator[list[Cell]]] = field(default=lambda: iter(()), repr=False)

    def rows(self) -> Iterator[Row]:
        """Every record under the header that holds something; empty ones are no records and have no number."""
        number = 1
        for cells in itertools.islice(self._records(), self.header_line + 1, None):
            if any(cell not in ("", None) for cell in cells):
                number += 1
                yield number, cells


def open_table(path: Path, *, is_title: Callable[[str], bool], sheet: str = "") -> Table:
    """Recognise and open `path`; `is_title` says whether a cell is a column title the caller knows.

    The header is the record, among the first ones, with the most known titles; without any, the first of the widest
    records of text. Of a workbook, the sheet with rows whose header knows most titles, or the one that `sheet` names,
    whatever the case of its letters. Raises `NotATable`.
    """
    _refuse_what_is_no_table(path)
    with path.open("rb") as stream:
        head = stream.read(8)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", _COMPOUND)):
        return _open_workbook(path, is_title, packed=head.startswith(b"PK"), sheet=sheet)
    return _open_text(path, is_title)


def _refuse_what_is_no_table(path: Path) -> None:
    with path.open("rb") as stream:
        head = stream.read(4096)
    if not head.strip(b"\x00\t\r\n \xef\xbb\xbf"):
        if path.stat().st_size <= 4096:
            raise NotATable("empty")
        raise NotATable("binary")
    for magic, code in _MAGIC:
        if head.startswith(magic) and (magic != b"BM" or b"\x00" in head[:32]):
            raise NotATable(code)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<?xml", b"<workbook")):
        raise NotATable("html")
    if start.startswith((b"{", b"[")) and b'"' in head:
        raise NotATable("json")


# --- text -------------------------------------------------------------------------------------------------------------


def _open_text(path: Path, is_title: Callable[[str], bool]) -> Table:
    encoding = detect_file(path)
    with path.open("rb") as binary:
        head = binary.read(4096)
    controls = sum(byte < 9 or 13 < byte < 32 for byte in head)
    if controls > len(head) / 20 and not encoding.name.startswith(("utf-16", "utf-32")):
        raise NotATable("binary")
    best: tuple[tuple[int, int, int], str, int, list[str]] | None = None
    for separator in SEPARATORS:
        with _text(path, encoding) as stream:
            records = _first_records(stream, separator)
        index = find_header(records, is_title)
        if index is None:
            continue
        header = [clean_text(cell) for cell in records[index]]
        width = len(header)
        known = sum(map(is_title, header))
        regular = sum(len(record) == width for record in records[index:])
        score = (known, regular if width > 1 else 0, width)
        if best is None or score > best[0]:
            best = (score, separator, index, header)
    if best is None:
        raise NotATable("no_header")
    _, separator, index, header = best
    while header and not header[-1]:
        header.pop()
    if len(header) < MIN_COLUMNS:
        raise NotATable("too_few_columns", columns=len(header), titles=header)

    def records_again() -> Iterator[list[Cell]]:
        with _text(path, encoding) as stream:
            yield from _records(stream, separator, width=len(header))

    table = Table(path, "csv", header, index, encoding, separator, _records=records_again)
    if next(table.rows(), None) is None:
        raise NotATable("no_rows")
    return table


def _text(path: Path, encoding: Encoding) -> TextIO:
    return path.open(encoding=encoding.name, errors=encoding.errors, newline="")


def _first_records(stream: TextIO, separator: str) -> list[list[Cell]]:
    records: list[list[Cell]] = []
    try:
        for record in itertools.islice(csv.reader(_without_nul(stream), delimiter=separator), LOOK_AHEAD):
            records.append(list(record))
    except csv.Error:
        pass  # an open quotation mark further down: what was read before is enough to find the header
    return records


def _without_nul(stream: TextIO) -> Iterator[str]:
    """PostgreSQL refuses NUL, and some mainframes pad with it."""
    for line in stream:
        yield line.replace("\x00", "") if "\x00" in line else line


def _records(stream: TextIO, separator: str, *, width: int) -> Iterator[list[Cell]]:
    """Records of a text; one that swallowed its followers after an unclosed quotation mark stops everything."""
    limit = csv.field_size_limit(MAX_CELL)
    try:
        number = 0
        for record in csv.reader(_without_nul(stream), delimiter=separator):
            number += 1
            if looks_unclosed(record, separator, width=width):
                raise NotATable("unclosed_quote", record=number)
            yield record  # type: ignore[misc]
    except csv.Error as error:
        raise NotATable("unclosed_quote", record=number + 1) from error
    finally:
        csv.field_size_limit(limit)


def looks_unclosed(record: list[str], separator: str, *, width: int) -> bool:
    """Whether a cell swallowed the records that follow it, after a quotation mark that nobody closed."""
    return len(record) != width and any(
        "\n" in cell and any(line.count(separator) >= max(3, width // 2) for line in cell.split("\n"))
        for cell in record
    )


# --- workbooks --------------------------------------------------------------------------------------------------------


def _open_workbook(path: Path, is_title: Callable[[str], bool], *, packed: bool, sheet: str) -> Table:
    if packed:
        _check_package(path)
    try:
        book = python_calamine.CalamineWorkbook.from_path(path)
        names = [one.name for one in book.sheets_metadata if _is_visible_sheet(one)]
    except python_calamine.PasswordError as error:
        raise NotATable("locked") from error
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise NotATable("damaged") from error
    found: list[tuple[tuple[int, int], str, int, list[str]]] = []
    widest: list[str] = []
    for name in _named(sheet, names) if sheet else names:
        records = list(itertools.islice(_sheet_records(book, name), LOOK_AHEAD))
        index = find_header(records, is_title)
        if index is None:
            continue
        header = [clean_text(cell) for cell in records[index]]
        while header and not header[-1]:
            header.pop()
        if len(header) > len(widest):
            widest = header
        score = (sum(map(is_title, header)), len(header))
        if len(header) >= MIN_COLUMNS:
            found.append((score, name, index, header))
    if not found:
        raise NotATable("too_few_columns" if widest else "empty", columns=len(widest), titles=widest)
    for _, name, index, header in sorted(found, key=itemgetter(0), reverse=True):  # the first one of those alike
        table = Table(path, "workbook", header, index, sheet=name, sheets=names)
        table._records = partial(_sheet_records, book, name)
        if next(table.rows(), None) is not None:  # a model that nobody filled hides no sheet with rows
            return table
    raise NotATable("no_rows")


def _named(sheet: str, names: list[str]) -> list[str]:
    found = [name for name in names if clean_text(name).casefold() == clean_text(sheet).casefold()]
    if not found:
        raise NotATable("no_sheet", sheet=clean_text(sheet)[:100], sheets=", ".join(names))
    return found[:1]


def open_sheets(path: Path) -> list[Table]:
    """Every visible sheet of a workbook already opened once that has a header and rows, in their order.

    For the few files whose sheets belong together; a text is one table.
    """
    book = python_calamine.CalamineWorkbook.from_path(path)
    tables = []
    for name in [sheet.name for sheet in book.sheets_metadata if _is_visible_sheet(sheet)]:
        index = find_header(list(itertools.islice(_sheet_records(book, name), LOOK_AHEAD)), lambda cell: False)
        if index is None:
            continue
        header = [clean_text(cell) for cell in next(itertools.islice(_sheet_records(book, name), index, None))]
        while header and not header[-1]:
            header.pop()

        def records(name: str = name) -> Iterator[list[Cell]]:
            return _sheet_records(book, name)

        table = Table(path, "workbook", header, index, sheet=name, _records=records)
        if len(header) >= MIN_COLUMNS and next(table.rows(), None) is not None:
            tables.append(table)
    return tables


def _check_package(path: Path) -> None:
    """A workbook is a zip: whole, of a kind we know, and not one that unpacks without end."""
    try:
        with zipfile.ZipFile(path) as package:
            infos = package.infolist()
            names = {info.filename for info in infos}
            damaged = package.testzip() if sum(i.file_size for i in infos) <= MAX_UNPACKED else None
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, OSError, ValueError) as error:
        raise NotATable("damaged") from error
    except RuntimeError as error:  # an encrypted member, or a compression that nobody uses
        raise NotATable("locked" if "encrypted" in str(error) else "damaged") from error
    except Exception as error:  # zlib.error has no common parent with the rest
        if type(error).__name__ != "error":
            raise
        raise NotATable("damaged") from error
    if sum(info.file_size for info in infos) > MAX_UNPACKED:
        raise NotATable("too_big")
    if damaged:
        raise NotATable("damaged")
    if not names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}:
        raise NotATable("document" if any(n.startswith(("word/", "ppt/")) for n in names) else "archive")


def _is_visible_sheet(sheet: python_calamine.SheetMetadata) -> bool:
    return (
        sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
        and sheet.visible == python_calamine.SheetVisibleEnum.Visible
    )


def _sheet_records(book: python_calamine.CalamineWorkbook, name: str) -> Iterator[list[Cell]]:
    try:
        yield from book.get_sheet_by_name(name).iter_rows()  # type: ignore[misc]
    except (python_calamine.CalamineError, ValueError) as error:
        raise NotATable("damaged") from error


# --- header -----------------------------------------------------------------------------------------------------------


def find_header(records: list[list[Cell]], is_title: Callable[[str], bool]) -> int | None:
    """The record that names the columns: the most known titles; else the first of the widest of distinct texts."""
    best: tuple[int, int] | None = None
    chosen: int | None = None
    for index, record in enumerate(records):
        texts = [clean_text(cell) for cell in record if isinstance(cell, str) and clean_text(cell)]
        if not texts or len(texts) < sum(cell not in ("", None) for cell in record):
            continue  # a typed cell: a date or a number names no column
        score = (len({text for text in texts if is_title(text)}), len(set(texts)))
        if best is None or score > best:
            best, chosen = score, index
    return chosen
