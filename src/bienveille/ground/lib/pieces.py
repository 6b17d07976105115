"""A long text table cut into pieces that several processes can read: whole records, numbered as `Table.rows` does."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import NamedTuple

from bienveille.ground.lib.tables import MAX_CELL, Cell, NotATable, Table, looks_unclosed

LINES = 4000  # of the text, in a piece

type Numbered = tuple[int, list[Cell], str]
"""A record's number, its cells, and its text: the file's own, or of a workbook's cells what stands for it."""


class Glimpsed(NamedTuple):
    """A record of which one cell was read; `rest` gives all of them."""

    number: int
    cell: Cell
    text: str
    rest: list[Cell] | str  # the cells, or the separator at which the text is split

    def cells(self) -> list[Cell]:
        """All the cells."""
        return self.text.split(self.rest) if isinstance(self.rest, str) else self.rest  # type: ignore[return-value]


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


def glimpse(table: Table, position: int) -> Iterator[Glimpsed]:
    """Every record of any table with its cell at `position`, None when it is too short. Costs far less than all cells.

    The text of a workbook's record is what stands for its cells.
    """
    if table.form != "csv":
        for number, cells in table.rows():
            yield Glimpsed(number, cells[position] if position < len(cells) else None, repr(cells), cells)
        return
    separator, most = table.separator, position + 1
    blank = separator + "\r\n"
    for piece in cut(table):
        if piece.quoted:
            for number, cells, text in read_piece(piece):
                yield Glimpsed(number, cells[position] if position < len(cells) else None, text, cells)
            continue
        number = piece.first
        for line in io.StringIO(piece.text, newline=""):
            if line.strip(blank):
                text = line.rstrip("\r\n")
                start = text.split(separator, most)
                yield Glimpsed(number, start[position] if position < len(start) else None, text, separator)
                number += 1


def cut(table: Table) -> Iterator[Piece]:
    """The pieces of a text table (`form` "csv"), in order, in one reading. Raises `NotATable` as `Table.rows` does."""
    assert table.encoding is not None
    separator = table.separator
    with table.path.open(encoding=table.encoding.name, errors=table.encoding.errors, newline="") as stream:
        lines_left = _without_nul(stream)
        header = csv.reader(lines_left, delimiter=separator)
        read = sum(1 for _ in islice(header, table.header_line + 1))
        first = 2
        while lines := list(islice(lines_left, LINES)):
            text = "".join(lines)
            if '"' in text or max(map(len, lines)) > MAX_CELL:
                piece, whole = _quoted(first, read, lines, lines_left, table)
            else:
                blank = separator + "\r\n"
                whole = len(lines)
                records = whole - sum(not line.strip(blank) for line in lines)
                piece = Piece(first, records, text, separator, quoted=False)
            yield piece
            first += piece.records
            read += whole


def read_piece(piece: Piece) -> Iterator[Numbered]:
    """Each record of a piece that holds something."""
    number = piece.first
    if piece.quoted:
        taken: list[str] = []
        for record in csv.reader(_remembering(io.StringIO(piece.text, newline=""), taken), delimiter=piece.separator):
            if any(record):
                yield number, record, "".join(taken).rstrip("\r\n")  # type: ignore[misc]
                number += 1
            taken.clear()
        return
    blank = piece.separator + "\r\n"
    for line in io.StringIO(piece.text, newline=""):
        if line.strip(blank):
            text = line.rstrip("\r\n")
            yield number, text.split(piece.separator), text  # type: ignore[misc]
            number += 1


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
