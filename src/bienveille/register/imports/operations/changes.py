"""What changed since the last import: leases whose rows say the same are not read again; those no longer listed end.

Each lease remembers the signature of its rows (`Lease.erp_signature`). A first reading of the file only signs: a row
costs some three microseconds, shared by several processes. A second one types the rows of the leases that differ, all
of them together, so that what happens next is what would happen if everything had been read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from bienveille.register.imports.choices import Departures
from bienveille.register.imports.operations import change_statements as sql
from bienveille.register.imports.operations.staging import Outcome, rows, run, value
from bienveille.register.imports.operations.typists import Typists
from bienveille.register.imports.rules.departures import may_close
from bienveille.register.imports.rules.digests import SIGNED_BITS, whole_numbers

WORTH_IT = 0.1  # of the leases: when more have changed, reading everything at once is as fast
FEW = 2_000  # leases: they are read here and now, whatever share of the file they are
_DOUBTFUL = -3  # less a signature: the lease has a doubtful cell
_UNTOLD = (None, 0)


class Seen(NamedTuple):
    """What signing a file has told: the runs of rows to read (the first one's number, how many); those of which only
    the doubts are to be told again; how many people live under the leases that need not be read.
    """

    wanted: Sequence[tuple[int, int]]
    doubtful: Sequence[tuple[int, int]]
    skipped: int


def see(typists: Typists, parameters: dict[str, Any]) -> Seen | None:
    """Sign the file's leases and compare them with the register's; those that it does not list go to `imp_left`.

    A signature covers the lease's number: what is remembered and not met again belongs to the leases that differ and to
    those that are gone. Only of those are numbers looked up.

    None when all must be read anyway: nothing was ever signed, too much has changed, or the rows of a lease that seemed
    unchanged go on further down.
    """
    signatures, people = rows(sql.REMEMBERED, parameters)[0]
    if people is None:
        return None
    unmet = set(whole_numbers(signatures))
    del signatures
    listed = 0
    sums: dict[str, int] = {}  # of the leases that seem to differ: what is read now
    pending: list[tuple[str, int, int]] = []
    doubtful: list[tuple[int, int]] = []
    for rank, signed in enumerate(typists.sign_all()):
        known, before = signed.signatures.tolist(), len(unmet)
        others = [place for place, signature in enumerate(known) if signature not in unmet]
        unmet.difference_update(known)
        if before - len(unmet) != len(known) - len(others):  # a lease met twice
            return None
        listed += len(known) - len(others)
        begun, doubted = len(pending), len(doubtful)
        for lease, signature, first, length in signed.some(others):
            if _DOUBTFUL - signature in unmet:
                unmet.remove(_DOUBTFUL - signature)
                doubtful.append((first, length))
                listed += 1
            else:
                pending.append((lease, first, length))
                sums[lease] = sums.get(lease, 0) + signature
        if others:
            runs = [(first, length) for _, first, length in pending[begun:]]
            typists.type_early(rank, runs, doubtful[doubted:])
    if not listed and len(sums) > FEW:  # signed otherwise, as each first of January: there is nothing to compare
        return None
    met = parameters | {"met": list(sums)}
    told = {number: (signature, people) for number, signature, people in rows(sql.TOLD, met)}
    remembered = {signature for signature, _ in told.values()}
    if not unmet.issuperset(remembered):  # rows further down of a lease that seemed all there, and unchanged
        return None
    changed = {lease for lease, total in sums.items() if told.get(lease, _UNTOLD)[0] != total & SIGNED_BITS}
    if len(changed) > max((listed + len(sums)) * WORTH_IT, FEW):
        return None
    run(sql.LEFT, met | {"unmet": list(unmet - remembered)})
    run("ANALYZE imp_left")
    read_again = sum(told[lease][1] for lease in changed if lease in told)
    skipped = people - read_again - value(sql.LEFT_PEOPLE)
    wanted = [(first, length) for lease, first, length in pending if lease in changed]
    return Seen(wanted, doubtful, skipped)


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
        """One more file was read, which does not list the leases of `imp_left`; `imp_unlisted` has those that none of
        the files lists.
        """
        self.read += 1
        self.unreadable += unreadable
        if self.read == 1:
            run("ALTER TABLE imp_left RENAME TO imp_unlisted")
        else:
            run("DELETE FROM imp_unlisted u WHERE NOT EXISTS (SELECT FROM imp_left l WHERE l.number = u.number)")
            run("DROP TABLE imp_left")


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
    outcome.moves["leases"] -= run(sql.CLOSED_LEASES, parameters)
    run(sql.ABSENT_AS_ENDED, parameters)
