"""Typed rows of a tenants' export as lines for COPY, and what lets the next import skip the rows that have not changed.

Knows neither Django nor the database, so that other processes load it in an instant (`operations/typing.py`).
"""

import datetime as dt
import os
import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import accumulate, chain, groupby, repeat
from operator import itemgetter
from typing import Any, NamedTuple

from bienveille.ground.lib.blocks import Block
from bienveille.ground.lib.copy_text import NULL, escaped
from bienveille.ground.lib.copy_text import array as texts_of
from bienveille.ground.lib.names import clean_code
from bienveille.ground.lib.pieces import Numbered, Piece, Rows, read_piece
from bienveille.ground.lib.words import search_name
from bienveille.register.imports.rules.cells import Issue, Memo
from bienveille.register.imports.rules.digests import fingerprint, fingerprints, signatures
from bienveille.register.imports.rules.plain_rows import DOUBT, PlainReader, PlainRow, PlainRows
from bienveille.register.imports.rules.recognition import ColumnMap
from bienveille.register.imports.rules.straight_lines import SEARCHED, Run, Straight, straight_lines
from bienveille.register.imports.rules.tenants import Rejected, TenantReader, TenantRow

#: To be raised whenever the same row would be read otherwise: every row is then read again.
READING = 3
#: The columns of `imp_tenant` that a line fills, in its order.
COLUMNS = (
    "row", "lease", "kind", "dwelling", "entry", "exit", "title", "last_name", "first_name", "birth", "role",
    "marital", "languages", "phones", "whose", "emails", "disabled", "fingerprint", "key", "signature", "doubtful",
    "person_id", "phone_id", "email_id", "lease_key", "household_key",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """All that decides what a row means. `secret` keeps signatures from being guessed outside."""

    columns: ColumnMap
    today: dt.date
    width: int
    secret: bytes
    with_disability: bool = False
    text: bool = False  # a workbook's cells are typed
    encoding: str = "utf-8"  # of the text that is signed, the file's own: most rows are signed as they are written
    at: int = 0  # milliseconds since 1970, of the keys that are drawn here

    @property
    def key(self) -> bytes:
        """The key of the signatures: rows signed under another one all count as changed. The year is part of it, since
        years of two digits are read with it.
        """
        columns = sorted(self.columns.positions.items())
        facts = (READING, columns, self.today.year, self.width, self.with_disability, self.encoding)
        return blake2b(repr(facts).encode(), key=self.secret[:64], digest_size=blake2b.SALT_SIZE).digest()


@dataclass(slots=True)
class Typed:
    """What became of some records: lines for COPY, what was refused or doubtful, leases that a refused row is about.

    `unreadable`: refused rows of which not even the lease is known.
    """

    records: int = 0
    lines: list[str] = field(default_factory=list)
    rejects: list[Issue] = field(default_factory=list)
    warnings: list[Issue] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)
    unreadable: int = 0
    straight: Straight | None = None


class Signed(NamedTuple):
    """Runs, which are rows of one lease that follow one another: leases (one a line), signatures, the first row's
    number of the first one, lengths. Compact: a whole table of them waits between two processes.
    """

    leases: str
    signatures: "array[int]"
    first: int
    lengths: "array[int]"

    def runs(self) -> Iterator[tuple[str, int, int, int]]:
        """The lease, the signature, the first row's number and the length of each."""
        firsts = accumulate(self.lengths, initial=self.first)
        return zip(self.leases.split("\n"), self.signatures, firsts, self.lengths, strict=False)

    def some(self, places: Sequence[int]) -> Iterator[tuple[str, int, int, int]]:
        """The same of a few runs, by their places."""
        if not places:
            return
        leases, firsts = self.leases.split("\n"), list(accumulate(self.lengths, initial=self.first))
        for place in places:
            yield leases[place], self.signatures[place], firsts[place], self.lengths[place]


_HEX = [f"{number:03x}" for number in range(1 << 12)]
_LEASE_CELL = itemgetter(0)
_PLAIN_CODES = re.compile(r"[0-9A-Za-z\n_./-]*", re.ASCII)  # nothing to clean


def _runs_of(separator: str, position: int) -> re.Pattern[bytes]:
    """Finds the runs of even lines: the lines and the lease's cell. Passes over a line that ends with that cell."""
    apart = re.escape(separator.encode())
    before = rb"(?:[^%b\n]*+%b){%d}" % (apart, apart, position) if position else b""
    return re.compile(rb"(%b([^%b\n]*+)%b.*+(?:\n%b\2%b.*+)*+)\n?" % (before, apart, apart, before, apart))


def _cells(piece: Piece | Rows, position: int) -> Iterator[tuple[Any, str]]:
    """One cell of every record, None when the record is too short, and the record's text."""
    lines = piece.lines()
    if lines is None or isinstance(piece, Rows):
        for _, cells, text in read_piece(piece):
            yield cells[position] if position < len(cells) else None, text
        return
    separator, most = piece.separator, position + 1
    for line in lines:
        beginning = line.split(separator, most)
        yield beginning[position] if position < len(beginning) else None, line


class Typist:
    """Signs and types the rows of one file, piece by piece."""

    def __init__(self, reading: Reading) -> None:
        self.reading, self.key = reading, reading.key
        self._begun = blake2b(digest_size=8, salt=self.key)
        self.reader = TenantReader(
            reading.columns, today=reading.today, width=reading.width, with_disability=reading.with_disability
        )
        plain = PlainReader(self.reader)
        self._plain = plain if reading.text and plain.possible else None
        self.names, self.arrays = Memo(search_name), Memo(texts_of)
        self._lease = reading.columns.positions["lease_number"][0]
        self._runs_pattern: re.Pattern[bytes] | None = None
        self._stamp = f"{reading.at:012x}7"
        self._drawn, self._place = "", 0

    def sign_piece(self, piece: Block | Piece | Rows) -> Signed:
        """The runs of a piece, in its order."""
        if isinstance(piece, Block):
            return self._sign_block(piece)
        leases: list[str] = []
        signed, lengths = array("q"), array("I")
        for cell, rows in groupby(_cells(piece, self._lease), _LEASE_CELL):
            texts = [text for _, text in rows]
            leases.append(clean_code(cell))
            signed.append(self._sign(texts))
            lengths.append(len(texts))
        return Signed("\n".join(leases), signed, piece.first, lengths)

    def _sign_block(self, block: Block) -> Signed:
        """The same of a block, its runs found all at once, signed as they are written."""
        assert block.encoding.name == self.reading.encoding
        if self._runs_pattern is None:
            self._runs_pattern = _runs_of(block.separator, self._lease)
        text = block.lines()
        found = self._runs_pattern.findall(text)
        runs = [run for run, _ in found]
        if sum(map(len, runs)) + len(runs) - 1 != len(text):  # a line too short, or that ends with its lease
            return self.sign_piece(block.piece())
        cells = b"\n".join([cell for _, cell in found]).decode(block.encoding.name)
        return Signed(
            cells if _PLAIN_CODES.fullmatch(cells) else "\n".join(map(clean_code, cells.split("\n"))),
            signatures(runs, self._begun),
            block.first,
            array("I", [run.count(b"\n") + 1 for run in runs]),
        )

    def _sign(self, texts: Sequence[str]) -> int:
        """The signature of a run, from the text of its rows. A byte that could not be read makes it another one: those
        rows are read every night.
        """
        run = "\r\n".join(texts).encode(self.reading.encoding, "replace") + b"\r"  # as `Block.lines` writes it
        return signatures([run], self._begun)[0]

    def type_piece(self, piece: Block | Piece | Rows) -> Typed:
        """Every record of a piece."""
        return self.type_records(read_piece(piece.piece() if isinstance(piece, Block) else piece))

    def type_some(self, block: Block, wanted: Sequence[int], doubtful: Sequence[int]) -> Typed:
        """`type_picked`, of records of a block, by their numbers."""
        records = list(block.some(sorted({*wanted, *doubtful})))
        told = set(doubtful)
        return self.type_picked(
            [one for one in records if one[0] not in told], [one for one in records if one[0] in told]
        )

    def type_picked(self, wanted: Iterable[Numbered], doubtful: Iterable[Numbered]) -> Typed:
        """Some records; of the doubtful ones, already known as they are, only the doubts are told."""
        typed, every = self.type_records(wanted), list(doubtful)
        wanted_lines = len(typed.lines)
        for (number, cells, _), row in zip(every, self._plain_rows(every), strict=False):
            if row is None or DOUBT in "".join(row):
                self._type_one(number, cells, 0, typed)
        del typed.lines[wanted_lines:]
        typed.records += len(every)
        typed.warnings += self.reader.warnings
        self.reader.warnings.clear()
        return typed

    def type_records(self, records: Iterable[Numbered]) -> Typed:
        """Records from wherever they come."""
        every = list(records)
        typed = Typed(records=len(every))
        self._type_all(every, self._plain_rows(every), self._signatures(every), typed)
        typed.warnings = self.reader.warnings[:]
        self.reader.warnings.clear()
        return typed

    def write_piece(self, piece: Block | Piece | Rows) -> Typed:
        """Every record of a piece; leases without doubt are ready to be written as they are, the others typed."""
        if self._plain is None:
            return self.type_piece(piece)
        if isinstance(piece, Block):
            return self._write_block(piece, self._plain)
        every = list(read_piece(piece))
        if not every:
            return Typed()
        rows = self._plain.read([cells for _, cells, _ in every])
        runs = [(begin, end, self._sign_run(every, begin, end)) for begin, end in self._runs(every)]
        return self._write([number for number, _, _ in every], rows, runs, lambda begin, end: every[begin:end])

    def _write_block(self, block: Block, plain: PlainReader) -> Typed:
        """The same of a block, whose runs are signed and whose cells are taken apart all at once."""
        lines, first, separator = block.texts(), block.first, block.separator
        signed = self._sign_block(block)
        ends = list(accumulate(signed.lengths))
        return self._write(
            range(first, first + len(lines)),
            plain.read_lines(lines, separator),
            zip([0, *ends], ends, signed.signatures, strict=False),
            lambda begin, end: [(first + at, list(lines[at].split(separator)), lines[at]) for at in range(begin, end)],
        )

    def _write(
        self,
        numbers: Sequence[int],
        rows: PlainRows,
        runs: Iterable[Run],
        records: Callable[[int, int], Sequence[Numbered]],
    ) -> Typed:
        """`records`: those of a run, when they are needed."""
        typed = Typed(records=len(numbers))
        keys, marks = self._many_keys(numbers), fingerprints(rows.persons)
        typed.straight, others = straight_lines(rows, numbers, runs, keys, marks)
        for begin, end, signature in others:
            self._type_all(records(begin, end), rows.rows(begin, end), chain((signature,), repeat(0)), typed)
        typed.warnings = self.reader.warnings[:]
        self.reader.warnings.clear()
        return typed

    def _type_all(
        self, every: Sequence[Numbered], rows: Iterable[PlainRow | None], signed: Iterable[int], typed: Typed
    ) -> None:
        for (number, cells, _), row, signature in zip(every, rows, signed, strict=False):
            line = self._plain_line(number, row, signature) if row else DOUBT
            if DOUBT in line:
                self._type_one(number, cells, signature, typed)
            else:
                typed.lines.append(line)

    def _plain_rows(self, records: Sequence[Numbered]) -> Iterable[PlainRow | None]:
        if self._plain and records:
            return self._plain.read([cells for _, cells, _ in records]).rows()
        return repeat(None)

    def _signatures(self, records: Sequence[Numbered]) -> list[int]:
        """That of each run of rows of one lease that follow one another, at its first row: those of a lease are added
        up. Nil elsewhere.
        """
        found = [0] * len(records)
        for begin, end in self._runs(records):
            found[begin] = self._sign_run(records, begin, end)
        return found

    def _runs(self, records: Sequence[Numbered]) -> Iterator[tuple[int, int]]:
        """Where rows of one lease that follow one another begin and end."""
        position = self._lease
        begin, following, current = 0, 0, None
        for at, (number, cells, _) in enumerate(records):
            cell = cells[position] if position < len(cells) else None
            if at and (cell != current or number != following):
                yield begin, at
                begin = at
            current, following = cell, number + 1
        if records:
            yield begin, len(records)

    def _sign_run(self, records: Sequence[Numbered], begin: int, end: int) -> int:
        return self._sign([text for _, _, text in records[begin:end]])

    def _type_one(self, number: int, cells: Sequence[Any], signature: int, typed: Typed) -> None:
        """A record that needs thought. A lease with a refused one is not remembered, whatever its signature."""
        known = len(self.reader.warnings)
        row = self.reader.read(number, cells)
        if isinstance(row, Rejected):
            typed.rejects.append(row.issue)
            if row.lease:
                typed.doubtful.append(row.lease)
            else:
                typed.unreadable += 1
        else:
            typed.lines.append(self._line(row, signature, doubtful=len(self.reader.warnings) > known))

    def _plain_line(self, number: int, row: PlainRow, signature: int) -> str:
        """What `_line` makes of the same row."""
        lease, contract, person, searched = row
        return (
            f"{number}\t{lease}\t{contract}\t{person}\t{fingerprint(person)}\t{lease}|{searched.strip()[:SEARCHED]}\t"
            f"{signature}\tf\t{self._keys(number, first=signature > 0)}\n"
        )

    def _line(self, row: TenantRow, signature: int, *, doubtful: bool) -> str:
        """The row as COPY reads it. The fingerprint is that of the person's own columns, not of the lease's."""
        last, first, lease = escaped(row.last_name), escaped(row.first_name), escaped(row.lease)
        arrays = self.arrays
        person = (
            f"{row.title}\t{last}\t{first}\t{row.birth or NULL}\t{row.role}\t{row.marital}\t{arrays[row.languages]}\t"
            f"{texts_of(row.phones)}\t{arrays[row.whose]}\t{texts_of(row.emails)}\t{'t' if row.disabled else 'f'}"
        )
        searched = f"{self.names[row.last_name]} {self.names[row.first_name]}".strip()[:SEARCHED]
        return (
            f"{row.row}\t{lease}\t{row.kind}\t{escaped(row.dwelling)}\t{row.entry or NULL}\t{row.exit or NULL}\t"
            f"{person}\t{fingerprint(person)}\t{lease}|{searched}\t{signature}\t{'t' if doubtful else 'f'}\t"
            f"{self._keys(row.row, first=signature > 0)}\n"
        )

    def _keys(self, row: int, *, first: bool) -> str:
        """UUIDs of version 7 (RFC 9562) for a person, a number and an address; for a lease and a household too on the
        `first` row of a run. They follow one another as the rows do, so that indexes are filled in their order. Drawn
        by thousands: PostgreSQL's own asks the system for each.
        """
        begin = self._key(row)
        if first:
            return f"{begin}0\t{begin}2\t{begin}1\t{begin}3\t{begin}4"
        return f"{begin}0\t{begin}2\t{begin}1\t{NULL}\t{NULL}"

    def _many_keys(self, rows: Sequence[int]) -> list[str]:
        """`_key`, of many rows."""
        drawn, stamp, places = os.urandom(6 * len(rows)).hex(), self._stamp, range(0, 12 * len(rows), 12)
        return [
            f"{stamp}{_HEX[row >> 12 & 0xFFF]}8{_HEX[row & 0xFFF]}{drawn[place : place + 11]}"
            for row, place in zip(rows, places, strict=True)
        ]

    def _key(self, row: int) -> str:
        """What the keys of a row have in common; a digit is missing."""
        place = self._place
        if place >= len(self._drawn):
            self._drawn, place = os.urandom(11 * 4096).hex(), 0
        self._place = place + 11
        return f"{self._stamp}{row >> 12 & 0xFFF:03x}8{row & 0xFFF:03x}{self._drawn[place : place + 11]}"
