"""Typists: the rows of a tenants' export typed here when they are few, by several processes when they are many."""

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import batched
from multiprocessing import get_context

from bienveille.ground.lib.pieces import cut, numbered
from bienveille.ground.lib.tables import Table
from bienveille.register.imports.rules.tenant_lines import Reading, Typed, Typist
from bienveille.register.imports.rules.typing_process import begin, type_piece

LARGE = 4 << 20  # bytes: under that, typing is over before other processes have begun
MOST = 4  # processes: PostgreSQL could not follow more
AT_ONCE = 2_000  # rows of a workbook
AHEAD = 3  # pieces asked of each process in advance


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
    for some in batched(numbered(table), AT_ONCE, strict=False):
        yield typist.type_records(some)


def _side_by_side(table: Table, reading: Reading, processes: int) -> Iterator[Typed]:
    pool = ProcessPoolExecutor(processes, get_context("spawn"), initializer=begin, initargs=(reading,))
    asked: deque[Future[Typed]] = deque()
    try:
        for piece in cut(table):
            asked.append(pool.submit(type_piece, piece))
            if len(asked) > processes * AHEAD:
                yield asked.popleft().result()
        while asked:
            yield asked.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
