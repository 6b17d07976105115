"""Typists: the rows of a tenants' export signed and typed here when they are few, by several processes when many."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from types import TracebackType
from typing import Self

from bienveille.ground.lib.pieces import Numbered, Piece, Rows, pieces_of, read_piece
from bienveille.ground.lib.tables import Table
from bienveille.register.imports.rules import typing_process
from bienveille.register.imports.rules.tenant_lines import Reading, Signed, Typed, Typist

LARGE = 4 << 20  # bytes: under that, the work is over before other processes have begun
MOST = 4  # processes: PostgreSQL could not follow more
AHEAD = 3  # pieces asked of each process in advance

type _Runs = Sequence[tuple[int, int]]  # the first row's number, how many rows


class Typists:
    """Those who read one table. Each method gives what it makes piece by piece, in the table's order, and raises
    `NotATable` for what is found while reading on.
    """

    def __init__(self, table: Table, reading: Reading) -> None:
        self.table = table
        self._alone = Typist(reading)
        self._pool: ProcessPoolExecutor | None = None
        self._ahead = 0
        processes = min(MOST, os.process_cpu_count() or 1)
        if table.form == "csv" and processes > 1 and table.path.stat().st_size > LARGE:
            self._pool = ProcessPoolExecutor(
                processes, get_context("spawn"), initializer=typing_process.begin, initargs=(reading,)
            )
            self._ahead = processes * AHEAD

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def sign_all(self) -> Iterator[Signed]:
        """The signatures of the whole table."""
        alone, elsewhere = self._alone.sign_piece, typing_process.sign_piece
        return self._in_order(self._ask(alone, elsewhere, piece) for piece in pieces_of(self.table))

    def type_all(self) -> Iterator[Typed]:
        """The whole table, typed."""
        alone, elsewhere = self._alone.type_piece, typing_process.type_piece
        return self._in_order(self._ask(alone, elsewhere, piece) for piece in pieces_of(self.table))

    def type_runs(self, wanted: _Runs, doubtful: _Runs) -> Iterator[Typed]:
        """Some rows only, in order, typed; all are counted. Of the `doubtful` ones only the doubts are given."""
        return self._in_order(self._type_runs(wanted, doubtful))

    def _type_runs(self, wanted: _Runs, doubtful: _Runs) -> "Iterator[Typed | Future[Typed]]":
        picks, doubts = _Picks(wanted), _Picks(doubtful)
        for piece in pieces_of(self.table):
            records, others = picks.of(piece), doubts.of(piece)
            yield Typed(records=piece.records - len(records) - len(others))
            if records:
                yield self._ask(self._alone.type_records, typing_process.type_records, records)
            if others:
                yield self._ask(self._alone.doubt_records, typing_process.doubt_records, others)

    def _ask[A, B](self, alone: Callable[[A], B], elsewhere: Callable[[A], B], what: A) -> "B | Future[B]":
        return self._pool.submit(elsewhere, what) if self._pool else alone(what)

    def _in_order[B](self, asked: "Iterator[B | Future[B]]") -> Iterator[B]:
        """What was asked, once done; not more than a few pieces wait."""
        waiting: deque[B | Future[B]] = deque()
        for one in asked:
            waiting.append(one)
            if len(waiting) > self._ahead:
                yield _done(waiting.popleft())
        while waiting:
            yield _done(waiting.popleft())


def _done[B](one: "B | Future[B]") -> B:
    return one.result() if isinstance(one, Future) else one


class _Picks:
    """Runs of rows, in order, found again piece after piece."""

    def __init__(self, runs: _Runs) -> None:
        self._numbers = (number for first, rows in runs for number in range(first, first + rows))
        self._next = next(self._numbers, None)

    def of(self, piece: Piece | Rows) -> list[Numbered]:
        """The records of the piece that are wanted."""
        picked: list[int] = []
        while self._next is not None and self._next < piece.first + piece.records:
            picked.append(self._next)
            self._next = next(self._numbers, None)
        if not picked:
            return []
        if isinstance(piece, Rows):
            return [piece.rows[number - piece.first] for number in picked]
        lines = piece.lines()
        if lines is None:
            among = set(picked)
            return [one for one in read_piece(piece) if one[0] in among]
        texts = [(number, lines[number - piece.first]) for number in picked]
        return [(number, line.split(piece.separator), line) for number, line in texts]  # type: ignore[misc]
