"""A long text table cut into blocks of bytes that several processes read by themselves: only their places travel.

A block is even: whole lines, each of which is a record, without quotation mark nor blank line, all ended alike. From
the first place that is not, the rest of the table is cut by `pieces.cut`, which reads anything.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from bienveille.ground.lib.decoding import Encoding
from bienveille.ground.lib.pieces import Numbered, Piece, Place, Rows, cut, rows_of
from bienveille.ground.lib.tables import MAX_CELL, NotATable, Table

SIZE = 1 << 19  # bytes of a block, the rest of its last group aside
LONGEST_GROUP = 1_000  # lines: a block ends in the middle of a longer one
_LONE = re.compile(rb"\r(?!\n)")  # the end of a line of another make
#: Encodings in which a separator and the end of a line are the bytes of ASCII, whatever stands before them.
_PLAIN = frozenset(["utf-8", "utf-8-sig", "cp1252", "iso8859-15", "cp850", "mac_roman"])


@dataclass(frozen=True, slots=True)
class Block:
    """Records that follow one another: the number of the first one (header = 1), how many, where they are."""

    first: int
    records: int
    path: Path
    begin: int
    length: int
    encoding: Encoding
    separator: str

    def text(self) -> str:
        """The lines, as read."""
        return self._bytes().decode(self.encoding.name, self.encoding.errors)

    def texts(self) -> list[str]:
        """The text of each record."""
        text = self.text()
        lines = text.split("\r\n" if "\r" in text else "\n")
        return lines if lines[-1] else lines[:-1]

    def piece(self) -> Piece:
        """The same records as a piece."""
        return Piece(self.first, self.records, self.text(), self.separator, quoted=False)

    def some(self, numbers: Iterable[int]) -> Iterator[Numbered]:
        """Some of the records, by their numbers."""
        separator, encoding, errors = self.separator, self.encoding.name, self.encoding.errors
        raw, at, line = b"", 0, self.first - 1  # `at`: where the line after `line` begins
        for number in numbers:
            raw = raw or self._bytes()
            while line < number - 1:  # to look for the ends of lines costs less than to take all the lines apart
                at = raw.find(b"\n", at) + 1
                line += 1
            end = raw.find(b"\n", at)
            text = raw[at : end if end >= 0 else len(raw)].removesuffix(b"\r").decode(encoding, errors)
            yield number, text.split(separator), text  # type: ignore[misc]

    def lines(self) -> bytes:
        """The lines as they are written, a carriage return at the end of each, a line feed between them."""
        raw = self._bytes()
        if b"\r" in raw:  # each stands before a line feed
            return raw[:-1] if raw.endswith(b"\n") else raw + b"\r"
        return raw.removesuffix(b"\n").replace(b"\n", b"\r\n") + b"\r"

    def _bytes(self) -> bytes:
        with self.path.open("rb") as stream:
            stream.seek(self.begin)
            raw = stream.read(self.length)
        if len(raw) < self.length:  # the file was cut short meanwhile
            raise NotATable("damaged")
        return raw


def written_in(table: Table) -> str:
    """The encoding in which the bytes of blocks are those of a table's text; UTF-8 for a workbook."""
    return _encoding(table.encoding).name if table.encoding else "utf-8"


def pieces_of(table: Table, position: int, *, known: Sequence[Block] = ()) -> Iterator[Block | Piece | Rows]:
    """The pieces of a table of any form, in order. Lines that follow one another with the same cell at `position` stay
    together in a block; `known`: the first blocks, when they were cut before. Raises `NotATable` as `Table.rows` does.
    """
    if table.form != "csv":
        yield from rows_of(table)
        return
    yield from known
    last = known[-1] if known else None
    for block in _blocks(table, position, after=last):
        yield block
        last = block
    if last is None:
        yield from cut(table)
    else:
        passed = table.header_line + last.first - 1 + last.records
        yield from cut(table, since=Place(last.begin + last.length, last.first + last.records, passed))


def _blocks(table: Table, position: int, *, after: Block | None) -> Iterator[Block]:
    """Even blocks from the header on, or from another block on, until the first place that is not."""
    assert table.encoding is not None
    if table.encoding.name not in _PLAIN:
        return
    encoding = _encoding(table.encoding)
    separator = table.separator.encode()
    blank = re.compile(rb"\n[%b\r\n]" % re.escape(separator))
    with table.path.open("rb") as stream:
        for _ in range(table.header_line + 1):
            title = stream.readline(MAX_CELL)
            if not title.endswith(b"\n") or b'"' in title or b"\r" in title.removesuffix(b"\r\n"):
                return
        first = 2
        if after:
            stream.seek(after.begin + after.length)
            first = after.first + after.records
        while True:
            begin = stream.tell()
            raw = stream.read(SIZE)
            if not raw:
                return
            raw += stream.readline()
            raw += b"".join(_rest_of_group(stream, raw, separator, position))
            records = _records(raw, blank)
            if not records:
                return
            yield Block(first, records, table.path, begin, len(raw), encoding, table.separator)
            first += records


def _encoding(encoding: Encoding) -> Encoding:
    """That of what follows the mark of its beginning."""
    return Encoding("utf-8", encoding.errors) if encoding.name == "utf-8-sig" else encoding


def _rest_of_group(stream: BinaryIO, raw: bytes, separator: bytes, position: int) -> Iterator[bytes]:
    """The lines that follow with the same cell at `position` as the last one of `raw`."""
    current = _cell(raw[raw.rfind(b"\n", 0, -1) + 1 :], separator, position)
    for _ in range(LONGEST_GROUP):
        line = stream.readline()
        if not line or _cell(line, separator, position) != current:
            stream.seek(-len(line), os.SEEK_CUR)
            return
        yield line


def _cell(line: bytes, separator: bytes, position: int) -> bytes | None:
    cells = line.rstrip(b"\r\n").split(separator, position + 1)
    return cells[position] if position < len(cells) else None


def _records(raw: bytes, blank: re.Pattern[bytes]) -> int:
    """How many records even lines hold; nil when they are not even."""
    if b'"' in raw or b"\x00" in raw or blank.search(raw) or blank.match(b"\n" + raw[:1]):
        return 0
    lines = raw.count(b"\n")
    if b"\r" in raw and (raw.count(b"\r") != lines or _LONE.search(raw)):
        return 0
    window = MAX_CELL // 2  # a longer line leaves one of them without end of line
    if any(raw.find(b"\n", at, at + window) < 0 for at in range(0, len(raw) - window + 1, window)):
        return 0
    return lines + (not raw.endswith(b"\n"))
