"""A first import written straight: rows that leave no doubt go to the register's tables while others are still typed.

What the rest of the file, or the homes, throw doubt on afterwards (a lease met twice, a home that is unknown) is taken
back and typed as any other row: what comes out is the same.
"""

from collections.abc import Callable, Iterable

from django.db import connection

from bienveille.register.imports.operations import tenant_statements as sql
from bienveille.register.imports.operations.staging import Outcome, rows, run, still
from bienveille.register.imports.operations.typists import Typists
from bienveille.register.imports.rules.straight_lines import LEASES, PEOPLE, POINTS
from bienveille.register.imports.rules.tenant_lines import COLUMNS, Straight

CHUNK = 1 << 20  # bytes sent to a table at once
LOOSE, SEEN_TWICE = 50, 0.1  # leases looked at before judging; share met again in a file that is not in their order


def write_straight(
    typists: Typists, outcome: Outcome, *, note: Callable[[Iterable[str]], None], moved: Callable[[], None]
) -> int:
    """Write the whole table: into `imp_straight`, people and how to reach them, or into `imp_tenant`.

    `note` takes the leases of refused rows. Gives how many rows were refused without their lease being known.
    """
    run(sql.STRAIGHT)
    leases, people, points, others = (
        _Table(name, columns)
        for name, columns in (
            ("imp_straight", LEASES),
            ("tenants_person", PEOPLE),
            ("tenants_contactpoint", POINTS),
            ("imp_tenant", COLUMNS),
        )
    )
    doubtful: list[str] = []
    unreadable = met_again = 0
    met: set[str] = set()
    for typed in typists.write_all():
        outcome.records += typed.records
        outcome.rejects += typed.rejects
        outcome.warnings += typed.warnings
        doubtful += typed.doubtful
        unreadable += typed.unreadable
        others.write("".join(typed.lines).encode())
        if typed.straight:
            straight: Straight = typed.straight
            leases.write(straight.leases)
            people.write(straight.people)
            points.write(straight.points)
            outcome.created += straight.persons
            met_again += sum(lease in met for lease in straight.some)
            met.update(straight.some)
            typists.straight = met_again < max(LOOSE, len(met) * SEEN_TWICE)
        if moved is not still:
            for _ in range(typed.records):
                moved()
    for table in (leases, people, points, others):
        table.send()
    note(doubtful)
    _take_back(typists, outcome)
    return unreadable


def _take_back(typists: Typists, outcome: Outcome) -> None:
    run(sql.DOUBTED)
    runs = rows("SELECT row, people FROM imp_doubted ORDER BY row")
    if runs:
        for statement in sql.TAKEN_BACK:
            run(statement)
        outcome.created -= sum(people for _, people in runs)
        again = _Table("imp_tenant", COLUMNS)
        for typed in typists.type_runs(runs, ()):  # type: ignore[arg-type]
            again.write("".join(typed.lines).encode())
        again.send()
    run("DROP TABLE imp_doubted")


class _Table:
    """Lines on their way to a table. A connection fills one at a time: they leave in large pieces."""

    def __init__(self, name: str, columns: Iterable[str]) -> None:
        self._statement = f"COPY {name} ({', '.join(columns)}) FROM STDIN"
        self._waiting: list[bytes] = []
        self._size = 0

    def write(self, lines: bytes) -> None:
        self._waiting.append(lines)
        self._size += len(lines)
        if self._size >= CHUNK:
            self.send()

    def send(self) -> None:
        if self._size:
            with connection.cursor() as cursor, cursor.copy(self._statement) as copy:
                for lines in self._waiting:
                    copy.write(lines)
        self._waiting, self._size = [], 0
