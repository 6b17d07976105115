"""A long text table cut into pieces that several processes can read: whole records, numbered as `Table.rows` does."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import batched, chain, islice
from typing import Self

from bienveille.ground.lib.tables import MAX_CELL, Cell, NotATable, Table, looks_unclosed

SIZE = 1 << 19  # characters of a piece, the rest of its last record aside
AT_ONCE = 2_000  # rows of a workbook that make a piece

type Numbered = tuple[int, list[Cell], str]
"""A record's number, its cells, and its text: the file's own, or what stands for the cells of a workbook."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Records that follow one another: the number of the first one (header = 1), how many hold something, their text.

    `quoted`: a cell may be quoted, and only `csv` can tell the records apart; else each line is one.
    """

    first: int
    records: int
    text: str
    separator: str
    quoted: bool
    remembered: list[list[str]] = field(default_factory=list, compare=False, repr=False)  # here, not in other processes

    def __reduce__(self) -> tuple[type[Self], tuple[int, int, str, str, bool]]:
        return type(self), (self.first, self.records, self.text, self.separator, self.quoted)

    def lines(self) -> list[str] | None:
        """The text of each record, when each line is one; None when the records must be read one by one."""
        if self.quoted:
            return None
        lines = self.remembered[0] if self.remembered else _lines(self.text)
        return lines if lines and len(lines) == self.records else None


@dataclass(frozen=True, slots=True)
class Place:
    """The beginning of a line of a text table: bytes before it, the number of the next record, lines passed."""

    offset: int
    first: int
    passed: int


def cut(table: Table, *, since: Place | None = None) -> Iterator[Piece]:
    """The pieces of a text table (`form` "csv"), in order, in one reading. Raises `NotATable` as `Table.rows` does.

    `since`: what stands before, header included, was read otherwise.
    """
    assert table.encoding is not None
    separator = table.separator
    firsts = {"", separator}  # how a record begins that may hold nothing
    name = "utf-8" if since and table.encoding.name == "utf-8-sig" else table.encoding.name
    with table.path.open("rb") as raw, io.TextIOWrapper(raw, name, table.encoding.errors, newline="") as stream:
        if since:
            raw.seek(since.offset)
            read, first = since.passed, since.first
        else:
            header = csv.reader(_without_nul(stream), delimiter=separator)
            read, first = sum(1 for _ in islice(header, table.header_line + 1)), 2
        while text := stream.read(SIZE):
            text += stream.readline()
            if "\x00" in text:
                text = text.replace("\x00", "")
            lines = _lines(text)
            if '"' in text or lines is None or (lines and max(map(len, lines)) > MAX_CELL):
                whole = list(io.StringIO(text, newline=""))
                piece, passed = _quoted(first, read, whole, _without_nul(stream), table)
            else:
                passed = records = len(lines)
                if not firsts.isdisjoint({line[:1] for line in lines}):
                    records -= sum(not line.strip(separator) for line in lines)
                piece = Piece(first, records, text, separator, quoted=False)
                piece.remembered.append(lines)
            yield piece
            first += piece.records
            read += passed


@dataclass(frozen=True, slots=True)
class Rows:
    """Records of a workbook, as a piece."""

    first: int
    records: int
    rows: tuple[Numbered, ...]

    def lines(self) -> None:
        """Nothing: they are read one by one."""


def rows_of(table: Table) -> Iterator[Rows]:
    """The records of a workbook, in order."""
    for some in batched(numbered(table), AT_ONCE, strict=False):
        yield Rows(some[0][0], len(some), some)


def read_piece(piece: Piece | Rows) -> Iterator[Numbered]:
    """Each record of a piece that holds something."""
    if isinstance(piece, Rows):
        yield from piece.rows
        return
    number = piece.first
    if not piece.quoted:
        blank = piece.separator + "\r\n"
        for line in _lines(piece.text) or ():
            if line.strip(blank):
                yield number, line.split(piece.separator), line  # type: ignore[misc]
                number += 1
        return
    taken: list[str] = []
    for record in csv.reader(_remembering(io.StringIO(piece.text, newline=""), taken), delimiter=piece.separator):
        if any(record):
            yield number, record, "".join(taken).rstrip("\r\n")  # type: ignore[misc]
            number += 1
        taken.clear()


def numbered(table: Table) -> Iterator[Numbered]:
    """Every record of a table of any form that holds something."""
    if table.form == "csv":
        for piece in cut(table):
            yield from read_piece(piece)
    else:
        for number, cells in table.rows():
            yield number, cells, repr(cells)


def _lines(text: str) -> list[str] | None:
    """The lines of a text, without what ends them; None when some end otherwise than the others."""
    if "\r" not in text:
        lines = text.split("\n")
    elif "\n" not in text:
        lines = text.split("\r")
    else:
        lines = text.split("\r\n")
        if not text.count("\n") == text.count("\r") == len(lines) - 1:
            return None
    if not lines[-1]:
        lines.pop()
    return lines


def _quoted(first: int, read: int, lines: list[str], further: Iterator[str], table: Table) -> tuple[Piece, int]:
    """A piece in which cells may be quoted, with the rest of its last record, and how many records were read."""
    taken: list[str] = []
    records = whole = 0
    limit = csv.field_size_limit(MAX_CELL)
    try:
        reader = csv.reader(_remembering(chain(lines, further), taken), delimiter=table.separator)
        while len(taken) < len(lines):
            record = next(reader, None)
            if record is None:
                break
            whole += 1
            if looks_unclosed(record, table.separator, width=len(table.header)):
                raise NotATable("unclosed_quote", record=read + whole)
            records += any(record)
    except csv.Error as error:
        raise NotATable("unclosed_quote", record=read + whole + 1) from error
    finally:
        csv.field_size_limit(limit)
    return Piece(first, records, "".join(taken), table.separator, quoted=True), whole


def _remembering(lines: Iterable[str], taken: list[str]) -> Iterator[str]:
    for line in lines:
        taken.append(line)
        yield line


def _without_nul(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield line.replace("\x00", "") if "\x00" in line else line
