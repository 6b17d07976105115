"""Typed rows of a tenants' export as lines for COPY, and what lets the next import skip the rows that have not changed.

Knows neither Django nor the database, so that other processes load it in an instant (`operations/typing.py`).
"""

import datetime as dt
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from bienveille.ground.lib.copy_text import NULL, array, escaped
from bienveille.ground.lib.names import clean_code
from bienveille.ground.lib.pieces import Numbered, Piece, Rows, read_piece
from bienveille.ground.lib.words import search_name
from bienveille.register.imports.rules.cells import Issue, Memo
from bienveille.register.imports.rules.recognition import ColumnMap
from bienveille.register.imports.rules.tenants import Rejected, TenantReader, TenantRow

#: To be raised whenever the same row would be read otherwise: every row is then read again.
READING = 2
SIGNED_BITS = (1 << 62) - 1
#: Characters of a searchable name kept in a person's key: some letters become several when searched.
SEARCHED = 240
#: The columns of `imp_tenant` that a line fills, in its order.
COLUMNS = (
    "row", "lease", "kind", "dwelling", "entry", "exit", "title", "last_name", "first_name", "birth", "role",
    "marital", "languages", "phones", "whose", "emails", "disabled", "fingerprint", "key", "signature", "doubtful",
    "person_id", "phone_id", "email_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """All that decides what a row means. `secret` keeps signatures from being guessed outside."""

    columns: ColumnMap
    today: dt.date
    width: int
    secret: bytes
    with_disability: bool = False
    at: int = 0  # milliseconds since 1970, of the keys that are drawn here

    @property
    def key(self) -> bytes:
        """The key of the signatures: rows signed under another one all count as changed. The year is part of it, since
        years of two digits are read with it.
        """
        facts = (READING, sorted(self.columns.positions.items()), self.today.year, self.width, self.with_disability)
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


class Signed(NamedTuple):
    """Runs, which are rows of one lease that follow one another: leases, signatures, first rows' numbers, lengths."""

    leases: list[str]
    signatures: list[int]
    firsts: list[int]
    lengths: list[int]


def sign(text: str, key: bytes) -> int:
    """The signature of a run's text, 62 bits. Those of a lease's runs are added up, whatever their order."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8, salt=key).digest()) & SIGNED_BITS


_LEASE_CELL = itemgetter(0)


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
        self.reader = TenantReader(
            reading.columns, today=reading.today, width=reading.width, with_disability=reading.with_disability
        )
        self.names, self.arrays = Memo(search_name), Memo(array)
        self._lease = reading.columns.positions["lease_number"][0]
        self._stamp = f"{reading.at:012x}7"
        self._drawn, self._place = "", 0

    def sign_piece(self, piece: Piece | Rows) -> Signed:
        """The runs of a piece, in its order."""
        signed, first = Signed([], [], [], []), piece.first
        for cell, rows in groupby(_cells(piece, self._lease), _LEASE_CELL):
            texts = [text for _, text in rows]
            signed.leases.append(clean_code(cell))
            signed.signatures.append(sign("\n".join(texts), self.key))
            signed.firsts.append(first)
            signed.lengths.append(len(texts))
            first += len(texts)
        return signed

    def type_piece(self, piece: Piece | Rows) -> Typed:
        """Every record of a piece."""
        return self.type_records(read_piece(piece))

    def type_records(self, records: Iterable[Numbered]) -> Typed:
        """Records from wherever they come."""
        typed = Typed()
        read, warnings, lines = self.reader.read, self.reader.warnings, typed.lines
        for run in self._runs(records):
            # The run's signature goes with its first row: those of a lease are added up. With a refused row, the lease
            # is not remembered.
            signature = sign("\n".join([text for _, _, text in run]), self.key)
            for number, cells, _ in run:
                known = len(warnings)
                row = read(number, cells)
                if isinstance(row, Rejected):
                    typed.rejects.append(row.issue)
                    if row.lease:
                        typed.doubtful.append(row.lease)
                    else:
                        typed.unreadable += 1
                else:
                    lines.append(self._line(row, signature, doubtful=len(warnings) > known))
                signature = 0
            typed.records += len(run)
        typed.warnings = warnings[:]
        warnings.clear()
        return typed

    def doubt_records(self, records: Iterable[Numbered]) -> Typed:
        """Records already known as they are: only what is doubtful in them is told."""
        typed = self.type_records(records)
        typed.lines.clear()
        return typed

    def _runs(self, records: Iterable[Numbered]) -> Iterator[list[Numbered]]:
        """Records of one lease that follow one another in the file."""
        run: list[Numbered] = []
        current: Any = None
        position, following = self._lease, 0
        for record in records:
            number, cells, _ = record
            cell = cells[position] if position < len(cells) else None
            if run and (cell != current or number != following):
                yield run
                run = []
            run.append(record)
            current, following = cell, number + 1
        if run:
            yield run

    def _line(self, row: TenantRow, signature: int, *, doubtful: bool) -> str:
        """The row as COPY reads it. The fingerprint is that of the person's own columns, not of the lease's."""
        last, first, lease = escaped(row.last_name), escaped(row.first_name), escaped(row.lease)
        arrays = self.arrays
        person = (
            f"{row.title}\t{last}\t{first}\t{row.birth or NULL}\t{row.role}\t{row.marital}\t{arrays[row.languages]}\t"
            f"{array(row.phones)}\t{arrays[row.whose]}\t{array(row.emails)}\t{'t' if row.disabled else 'f'}"
        )
        fingerprint = int.from_bytes(blake2b(person.encode(), digest_size=8).digest(), "big", signed=True)
        searched = f"{self.names[row.last_name]} {self.names[row.first_name]}".strip()[:SEARCHED]
        return (
            f"{row.row}\t{lease}\t{row.kind}\t{escaped(row.dwelling)}\t{row.entry or NULL}\t{row.exit or NULL}\t"
            f"{person}\t{fingerprint}\t{lease}|{searched}\t{signature}\t{'t' if doubtful else 'f'}\t"
            f"{self._key()}\t{self._key()}\t{self._key()}\n"
        )

    def _key(self) -> str:
        """A UUID of version 7 (RFC 9562). Drawn by thousands: PostgreSQL's own asks the system for each."""
        place = self._place
        if place >= len(self._drawn):
            self._drawn, place = os.urandom(9 * 4096).hex(), 0
        self._place = place + 18
        return f"{self._stamp}{self._drawn[place : place + 3]}8{self._drawn[place + 3 : place + 18]}"
