"""Typed rows on their way to the database: temporary tables filled by COPY, and the issues met on the way."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from bienveille.ground.lib.copy_text import escaped as escaped
from bienveille.ground.lib.tables import Table
from bienveille.register.imports.rules.cells import Issue
from bienveille.register.imports.rules.partners import Entry
from bienveille.register.imports.rules.recognition import ColumnMap

CHUNK = 1 << 16  # characters sent to the server at once


@dataclass(slots=True)
class Source:
    """One recognised file: a table with its columns, or a directory of partners already parsed."""

    name: str
    kind: str
    table: Table | None = None
    columns: ColumnMap | None = None
    directory: list[Entry] | None = None
    sheets: list[Table] = field(default_factory=list)  # of a directory that is a table


@dataclass(slots=True)
class Outcome:
    """What became of one file. Numbers of people for tenants, of homes, of users, of records for the other kinds."""

    source: Source
    records: int = 0
    created: int = 0
    updated: int = 0
    closed: int = 0
    unchanged: int = 0
    rejects: list[Issue] = field(default_factory=list)
    warnings: list[Issue] = field(default_factory=list)
    extra: dict[str, int] = field(default_factory=dict)
    moves: Counter[str] = field(default_factory=Counter)  # how many more of what the register counts (`call._COUNTS`)
    tallied: bool = False  # whether `moves` says it all: nothing needs to be counted again

    @property
    def rejected(self) -> int:
        return len(self.rejects)

    @property
    def accepted(self) -> int:
        return self.records - self.rejected

    @property
    def warned(self) -> int:
        """Accepted rows with at least one doubtful cell."""
        return len({issue.row for issue in self.warnings})


@contextmanager
def copying(statement: str) -> Iterator[Any]:
    """`write(line)` sends lines of COPY's text format in large pieces."""
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        pieces: list[str] = []
        size = 0

        def write(line: str) -> None:
            nonlocal size
            pieces.append(line)
            size += len(line)
            if size >= CHUNK:
                copy.write("".join(pieces))
                pieces.clear()
                size = 0

        yield write
        if pieces:
            copy.write("".join(pieces))


def still() -> None:
    """What is called at every record when nobody looks."""


def run(statement: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> int:
    """Run one statement; how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.rowcount


def rows(statement: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
    """All the rows of one query."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchall()


def value(statement: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> Any:
    """The only value of one query."""
    return rows(statement, parameters)[0][0]


def counted(records: Iterable[Any], outcome: Outcome) -> Iterator[Any]:
    """Pass the records on while counting them."""
    for record in records:
        outcome.records += 1
        yield record
