"""What changed since the last import: leases whose rows say the same are not read again; those no longer listed end.

Each lease remembers the signature of its rows (`Lease.erp_signature`). A first reading of the file only signs: a row
costs a microsecond or two. A second one types the rows of the leases that differ, all of them together, so that what
happens next is what would happen if everything had been read.
"""

from collections.abc import Iterator
from itertools import batched
from typing import Any

from bienveille.ground.lib.copy_text import escaped
from bienveille.ground.lib.pieces import LINES, glimpse
from bienveille.ground.lib.tables import Table
from bienveille.register.imports.operations import tenant_statements as sql
from bienveille.register.imports.operations.staging import Outcome, copying, rows, run, value
from bienveille.register.imports.rules.departures import Departures, may_close
from bienveille.register.imports.rules.tenant_lines import LeaseCells, Reading, Typed, Typist, sign

WORTH_IT = 0.1  # of the leases: when more have changed, reading everything at once is as fast


def see(table: Table, reading: Reading, parameters: dict[str, Any]) -> bool:
    """Sign the file's leases and compare (`imp_seen`); False when all must be read anyway."""
    if not value("SELECT EXISTS (SELECT FROM tenants_lease WHERE erp_signature IS NOT NULL)"):
        return False
    run(sql.SIGNED)
    with copying("COPY imp_signed FROM STDIN") as write:
        for number, signature in _signed(table, reading):
            write(f"{escaped(number)}\t{signature}\n")
    run("ANALYZE imp_signed (number)")
    run(sql.SEEN, parameters)
    run("DROP TABLE imp_signed")
    changed, every = rows("SELECT count(*) FILTER (WHERE changed), count(*) FROM imp_seen")[0]
    if changed > every * WORTH_IT and changed > LINES:
        run("DROP TABLE imp_seen")
        return False
    return True


def _signed(table: Table, reading: Reading) -> Iterator[tuple[str, int]]:
    """A lease's number and the sum of the signatures of its rows, as long as they follow one another."""
    lease, key = LeaseCells(reading.columns), reading.key
    current, total, begun = "", 0, False
    for one in glimpse(table, lease.position):
        number = lease.number(one.cell)
        if number != current or total >> 62:
            if begun:
                yield current, total
            current, total, begun = number, 0, True
        total += sign(one.text, key)
        begun = True
    if begun:
        yield current, total


def typed_anew(table: Table, reading: Reading) -> Iterator[Typed]:
    """Type the rows of the leases that changed, and count the others. Asks the database before it gives anything."""
    changed = {number for (number,) in rows("SELECT number FROM imp_seen WHERE changed")}
    return _typed_anew(table, reading, changed)


def _typed_anew(table: Table, reading: Reading, changed: set[str]) -> Iterator[Typed]:
    lease, typist = LeaseCells(reading.columns), Typist(reading)
    for batch in batched(glimpse(table, lease.position), LINES, strict=False):
        picked = [one for one in batch if lease.number(one.cell) in changed]
        typed = typist.type_records((one.number, one.cells(), one.text) for one in picked)
        typed.records = len(batch)
        yield typed


def close_absent(outcome: Outcome, parameters: dict[str, Any], departures: Departures, *, unreadable: int) -> None:
    """End the leases that the file does not list, when it may be believed; else only say how many there are."""
    run(sql.ABSENT_LEASES, parameters)
    absent, running = value("SELECT count(*) FROM imp_absent"), value(sql.RUNNING_LEASES, parameters)
    outcome.extra["absent"] = absent
    outcome.extra["held"] = 0
    if not absent:
        return
    if not may_close(departures, absent=absent, running=running, unreadable=unreadable):
        outcome.extra["held"] = absent
        return
    run(sql.CLOSED_LEASES, parameters)
    run(sql.ABSENT_AS_ENDED, parameters)
