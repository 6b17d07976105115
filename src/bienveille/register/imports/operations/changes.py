"""What changed since the last import: leases whose rows say the same are not read again; those no longer listed end.

Each lease remembers the signature of its rows (`Lease.erp_signature`). A first reading of the file only signs: a row
costs a microsecond or two. A second one types the rows of the leases that differ, all of them together, so that what
happens next is what would happen if everything had been read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import batched
from typing import Any, NamedTuple

from bienveille.ground.lib.copy_text import escaped
from bienveille.ground.lib.names import clean_code
from bienveille.ground.lib.pieces import Numbered, Piece, cut, numbered, read_piece
from bienveille.ground.lib.tables import Table
from bienveille.register.imports.choices import Departures
from bienveille.register.imports.operations import tenant_statements as sql
from bienveille.register.imports.operations.staging import Outcome, copying, rows, run, value
from bienveille.register.imports.rules.departures import may_close
from bienveille.register.imports.rules.tenant_lines import SIGNED_BITS, Reading, Typed, Typist, sign

WORTH_IT = 0.1  # of the leases: when more have changed, reading everything at once is as fast
FEW = 2_000  # leases: they are read here and now, whatever share of the file they are


class Run(NamedTuple):
    """Rows of one lease that follow one another: the sum of their signatures, the first one's number, how many."""

    lease: str
    signature: int
    first: int
    rows: int


def see(table: Table, reading: Reading, parameters: dict[str, Any]) -> bool:
    """Sign the file's leases and compare (`imp_seen`); False when all must be read anyway."""
    if not value("SELECT EXISTS (SELECT FROM tenants_lease WHERE erp_signature IS NOT NULL)"):
        return False
    run(sql.SIGNED)
    with copying("COPY imp_signed FROM STDIN") as write:
        for one in sign_table(table, reading):
            write(f"{escaped(one.lease)}\t{one.signature}\t{one.first}\t{one.rows}\n")
    run("ANALYZE imp_signed (number)")
    run(sql.SEEN, parameters)
    changed, every = rows("SELECT count(*) FILTER (WHERE changed), count(*) FROM imp_seen")[0]
    if changed > max(every * WORTH_IT, FEW):
        run("DROP TABLE imp_seen, imp_signed")
        return False
    return True


def sign_table(table: Table, reading: Reading) -> Iterator[Run]:
    """The leases of a table, in the order of its rows."""
    key, position = reading.key, reading.columns.positions["lease_number"][0]
    current: Any = None
    number, total, row, first = "", 0, 1, 2
    for cell, text in _cells(table, position):
        row += 1
        if cell != current:
            if row > first:
                yield Run(number, total & SIGNED_BITS, first, row - first)
            current, number, total, first = cell, clean_code(cell), 0, row
        total += sign(text, key)
    if row >= first:
        yield Run(number, total & SIGNED_BITS, first, row - first + 1)


def _cells(table: Table, position: int) -> Iterator[tuple[Any, str]]:
    """One cell of every record, None when the record is too short, and the record's text."""
    if table.form != "csv":
        for _, cells, text in numbered(table):
            yield cells[position] if position < len(cells) else None, text
        return
    separator, most = table.separator, position + 1
    for piece in cut(table):
        lines = piece.lines()
        if lines is None:
            for _, cells, text in read_piece(piece):
                yield cells[position] if position < len(cells) else None, text
            continue
        for line in lines:
            start = line.split(separator, most)
            yield start[position] if position < len(start) else None, line


def typed_anew(table: Table, reading: Reading) -> Iterator[Typed]:
    """Type the rows of the leases that changed, and count the others. Asks the database before it gives anything."""
    wanted = [
        number
        for first, count in rows(
            "SELECT s.first, s.rows FROM imp_signed s JOIN imp_seen n USING (number) WHERE n.changed ORDER BY 1"
        )
        for number in range(first, first + count)
    ]
    run("DROP TABLE imp_signed")
    return _typed_anew(table, Typist(reading), wanted)


def _typed_anew(table: Table, typist: Typist, wanted: list[int]) -> Iterator[Typed]:
    """`wanted`: numbers of rows, in order."""
    place = 0
    for piece in _pieces(table):
        picked: list[int] = []
        while place < len(wanted) and wanted[place] < piece.first + piece.records:
            picked.append(wanted[place])
            place += 1
        typed = typist.type_records(_picked(piece, picked))
        typed.records = piece.records
        yield typed


class _Rows(NamedTuple):
    """Rows of a workbook, as a piece."""

    first: int
    records: int
    rows: tuple[Numbered, ...]


def _pieces(table: Table) -> Iterator[Piece | _Rows]:
    if table.form == "csv":
        yield from cut(table)
        return
    for some in batched(numbered(table), FEW, strict=False):
        yield _Rows(some[0][0], len(some), some)


def _picked(piece: Piece | _Rows, picked: list[int]) -> Iterator[Numbered]:
    if isinstance(piece, _Rows):
        yield from (piece.rows[number - piece.first] for number in picked)
        return
    lines = piece.lines() if picked else []
    if lines is None:
        among = set(picked)
        yield from (one for one in read_piece(piece) if one[0] in among)
        return
    for number in picked:
        line = lines[number - piece.first]
        yield number, line.split(piece.separator), line  # type: ignore[misc]


@dataclass(slots=True)
class Together:
    """The tenants' files of one call, one per agency perhaps: who is absent is known once all of them were read."""

    files: int
    read: int = 0
    unreadable: int = 0

    @property
    def complete(self) -> bool:
        return self.read == self.files

    def listed(self, unreadable: int) -> None:
        """One more file was read, whose leases are in `imp_seen`: from now on those of the files before are too."""
        self.read += 1
        self.unreadable += unreadable
        if self.files > 1:
            run("CREATE TEMP TABLE IF NOT EXISTS imp_listed (number text) ON COMMIT DROP")
            run("INSERT INTO imp_listed SELECT number FROM imp_seen")
            run("INSERT INTO imp_seen (number, changed, people) SELECT number, true, 0 FROM imp_listed")


def close_absent(outcome: Outcome, parameters: dict[str, Any], departures: Departures, *, unreadable: int) -> None:
    """End the leases that no file lists, when they may be believed; else only say how many there are."""
    run(sql.ABSENT_LEASES, parameters)
    absent, running = value("SELECT count(*) FROM imp_absent"), value(sql.RUNNING_LEASES, parameters)
    outcome.extra["absent"] = absent
    if not absent:
        return
    if not may_close(departures, absent=absent, running=running, unreadable=unreadable):
        outcome.extra["held"] = absent
        return
    run(sql.CLOSED_LEASES, parameters)
    run(sql.ABSENT_AS_ENDED, parameters)
