"""Typists: the rows of a tenants' export typed here when they are few, by several processes when they are many."""

import os
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import batched
from multiprocessing import connection, get_context, parent_process

from bienveille.ground.lib.pieces import LINES, Piece, cut
from bienveille.ground.lib.tables import Table
from bienveille.register.imports.rules.tenant_lines import Reading, Typed, Typist

LARGE = 4 << 20  # bytes: under that, typing is over before other processes have begun
MOST = 4  # processes: PostgreSQL could not follow more
AHEAD = 3  # pieces asked of each process in advance

_typist: Typist | None = None


def type_table(table: Table, reading: Reading) -> Iterator[Typed]:
    """What each piece of the table becomes, in order. Raises `NotATable` for what is found while reading on."""
    processes = min(MOST, os.process_cpu_count() or 1)
    if table.form == "csv" and processes > 1 and table.path.stat().st_size > LARGE:
        yield from _side_by_side(table, reading, processes)
        return
    typist = Typist(reading)
    if table.form == "csv":
        yield from map(typist.type_piece, cut(table))
        return
    for rows in batched(table.rows(), LINES, strict=False):
        yield typist.type_records((number, cells, repr(cells)) for number, cells in rows)


def _side_by_side(table: Table, reading: Reading, processes: int) -> Iterator[Typed]:
    pool = ProcessPoolExecutor(processes, get_context("spawn"), initializer=_begin, initargs=(reading,))
    asked: deque[Future[Typed]] = deque()
    try:
        for piece in cut(table):
            asked.append(pool.submit(_type, piece))
            if len(asked) > processes * AHEAD:
                yield asked.popleft().result()
        while asked:
            yield asked.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(reading: Reading) -> None:
    """In each process, before its first piece."""
    global _typist
    _typist = Typist(reading)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _type(piece: Piece) -> Typed:
    assert _typist is not None
    return _typist.type_piece(piece)


def _end_with_parent() -> None:
    """A process whose parent was killed would wait for ever."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
