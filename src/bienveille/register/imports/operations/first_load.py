"""Filling empty tables fast: keys, indexes and references laid aside, then rebuilt and checked before the commit."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import DatabaseError, transaction

from bienveille.register.imports.operations.staging import rows, run, value

WORTH_IT = 20_000  # rows: under that, keeping indexes up to date costs less than rebuilding them

_OWNED = "SELECT bool_and(pg_has_role(relowner, 'USAGE')) FROM pg_class WHERE oid = ANY (%s::regclass[])"
# Keys, then what is unique, then references: those of other tables too, which need the keys.
_CONSTRAINTS = """
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
FROM pg_constraint
WHERE conrelid = ANY (%(names)s::regclass[]) AND contype IN ('p', 'u')
   OR contype = 'f' AND (conrelid = ANY (%(names)s::regclass[]) OR confrelid = ANY (%(names)s::regclass[]))
ORDER BY array_position(ARRAY['p', 'u', 'f']::"char"[], contype), conname
"""
_REFERRING = """
SELECT DISTINCT conrelid::regclass::text FROM pg_constraint
WHERE contype = 'f' AND confrelid = ANY (%(names)s::regclass[]) AND conrelid <> ALL (%(names)s::regclass[]) ORDER BY 1
"""
_INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index i
WHERE indrelid = ANY (%s::regclass[]) AND NOT indisprimary
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid AND contype IN ('u', 'p', 'x'))
ORDER BY 1
"""


@contextmanager
def without_indexes(tables: Sequence[str], *, incoming: int) -> Iterator[bool]:
    """Lay aside what slows down the filling of `tables`, when they are empty and ours and it is worth it.

    Gives whether it was done. The tables, and those that refer to them, are locked meanwhile: nobody works with an
    empty register.
    """
    names = list(tables)
    if incoming < WORTH_IT or not _all_ours_and_empty(names):
        yield False
        return
    run("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks still to be made cannot be altered
    run("SET CONSTRAINTS ALL DEFERRED")
    _begin_files_anew(names)
    constraints, indexes = rows(_CONSTRAINTS, {"names": names}), rows(_INDEXES, [names])
    for table, name, _ in reversed(constraints):
        run(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for name, _ in indexes:
        run(f"DROP INDEX {name}")
    yield True
    run("SET LOCAL maintenance_work_mem = '256MB'")
    for table, name, definition in constraints:
        run(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    for _, definition in indexes:
        run(definition)


def _begin_files_anew(names: list[str]) -> None:
    """Give the tables new files in this transaction: a server that keeps no journal for copies (`wal_level` minimal, as
    ours) then writes their rows once, at the commit, instead of twice.
    """
    if value("SELECT current_setting('wal_level')") == "minimal":
        for name in names:
            run(f"CLUSTER {name} USING {name}_pkey")


def _all_ours_and_empty(names: list[str]) -> bool:
    locked = names + [name for (name,) in rows(_REFERRING, {"names": names})]
    if not value(_OWNED, [locked]):
        return False
    try:
        with transaction.atomic():
            run("SET LOCAL lock_timeout = '3s'")
            run(f"LOCK TABLE {', '.join(locked)} IN ACCESS EXCLUSIVE MODE")
            run("SET LOCAL lock_timeout = 0")
    except DatabaseError:
        return False
    return not any(value(f"SELECT EXISTS (SELECT FROM {name})") for name in names)
