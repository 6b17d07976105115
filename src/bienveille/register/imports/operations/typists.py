"""Typists: the rows of a tenants' export signed and typed here when they are few, by several processes when many."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from queue import SimpleQueue
from threading import Semaphore, Thread
from types import TracebackType
from typing import Self

from bienveille.ground.lib.blocks import Block, pieces_of
from bienveille.ground.lib.pieces import Numbered, Piece, Rows, read_piece
from bienveille.ground.lib.tables import Table
from bienveille.register.imports.rules import typing_process
from bienveille.register.imports.rules.tenant_lines import Reading, Signed, Typed, Typist

LARGE = 4 << 20  # bytes: under that, the work is over before other processes have begun
MOST = 4  # processes: PostgreSQL could not follow more
AHEAD = 3  # pieces asked of each process in advance
EARLY = 20_000  # runs of rows typed before it is known whether they must be: they wait here
AT_ONCE = 4  # blocks asked of a process together: to ask costs as much as to sign a few hundred rows

type _Runs = Sequence[tuple[int, int]]  # the first row's number, how many rows


class Typists:
    """Those who read one table. Each method gives what it makes piece by piece, in the table's order, and raises
    `NotATable` for what is found while reading on.
    """

    def __init__(self, table: Table, reading: Reading) -> None:
        self.table, self.reading = table, reading
        self._alone = Typist(reading)
        self._lease = reading.columns.positions["lease_number"][0]
        self.straight = True
        self._blocks: list[Block] = []  # of the first reading, for the second
        self._pool: ProcessPoolExecutor | None = None
        self._ahead = 0
        self._signing: _Ahead | None = None
        self._early: dict[int, _Early] = {}  # by the rank of the block
        self._foreseen: list[_Early] = []  # not asked yet
        self._early_runs = 0
        processes = min(MOST, os.process_cpu_count() or 1)
        if table.form == "csv" and processes > 1 and table.path.stat().st_size > LARGE:
            self._pool = ProcessPoolExecutor(
                processes, get_context("spawn"), initializer=typing_process.begin, initargs=(reading,)
            )
            for _ in range(processes):  # they begin while the register is asked
                self._pool.submit(typing_process.ready)
            self._ahead = processes * AHEAD

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._signing:
            self._signing.stop()
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def sign_all(self) -> Iterator[Signed]:
        """The signatures of the whole table."""
        self.sign_ahead()
        return self._signing.all() if self._signing else map(self._alone.sign_piece, self._pieces())

    def sign_ahead(self) -> None:
        """Begin to sign, while something else is asked of the register here."""
        if self._pool and not self._signing:
            self._signing = _Ahead(self._pool, self._pieces(), self._ahead)

    def type_early(self, rank: int, wanted: _Runs, doubtful: _Runs) -> None:
        """Begin to type some rows of a piece that was signed, which will probably be asked for (`type_runs`): other
        processes would wait while the register is asked about the rest.
        """
        self._early_runs += len(wanted) + len(doubtful)
        if not self._pool or rank >= len(self._blocks):
            return
        if self._early_runs > EARLY:
            self._forget_early()
            return
        picks = [number for first, length in wanted for number in range(first, first + length)]
        doubts = [number for first, length in doubtful for number in range(first, first + length)]
        self._early[rank] = early = _Early(self._blocks[rank], picks, doubts)
        self._foreseen.append(early)
        if len(self._foreseen) >= AT_ONCE:
            self._ask_early()

    def _ask_early(self) -> None:
        if self._pool and self._foreseen:
            some = [(one.block, one.picks, one.doubts) for one in self._foreseen]
            asked = self._pool.submit(typing_process.type_several, some)
            for place, one in enumerate(self._foreseen):
                one.asked, one.place = asked, place
        self._foreseen.clear()

    def _forget_early(self) -> None:
        for early in self._early.values():
            if early.asked:
                early.asked.cancel()
        self._early.clear()
        self._foreseen.clear()

    def type_all(self) -> Iterator[Typed]:
        """The whole table, typed."""
        self._forget_early()
        if self._signing:
            self._signing.stop()
        alone, elsewhere = self._alone.type_piece, typing_process.type_piece
        return self._in_order(self._ask(alone, elsewhere, piece) for piece in self._pieces())

    @property
    def many(self) -> bool:
        """Whether several processes share the work."""
        return self._pool is not None

    def write_all(self) -> Iterator[Typed]:
        """The whole table, typed; what can be written into an empty register as it is, apart, while `straight`."""
        plain, straight = self._alone.type_piece, self._alone.write_piece
        return self._in_order(
            self._ask(straight, typing_process.write_piece, piece)
            if self.straight
            else self._ask(plain, typing_process.type_piece, piece)
            for piece in self._pieces()
        )

    def type_runs(self, wanted: _Runs, doubtful: _Runs) -> Iterator[Typed]:
        """Some rows only, in order, typed; all are counted. Of the `doubtful` ones only the doubts are given."""
        return self._in_order(self._type_runs(wanted, doubtful), small=True)

    def _type_runs(self, wanted: _Runs, doubtful: _Runs) -> "Iterator[Typed | Future[Typed] | _Early]":
        self._ask_early()
        picks, doubts = _Picks(wanted), _Picks(doubtful)
        for rank, piece in enumerate(self._pieces()):
            numbers, others = picks.of(piece), doubts.of(piece)
            yield Typed(records=piece.records - len(numbers) - len(others))
            if not numbers and not others:
                continue
            early = self._early.pop(rank, None)
            if early and (early.picks, early.doubts) == (numbers, others):
                yield early
            elif isinstance(piece, Block):
                yield self._ask(self._alone.type_some, typing_process.type_some, piece, numbers, others)
            else:
                records, told = _records(piece, numbers), _records(piece, others)
                yield self._ask(self._alone.type_picked, typing_process.type_picked, records, told)

    def _pieces(self) -> Iterator[Block | Piece | Rows]:
        known = tuple(self._blocks)
        for place, piece in enumerate(pieces_of(self.table, self._lease, known=known)):
            if isinstance(piece, Block) and place >= len(known):
                self._blocks.append(piece)
            yield piece

    def _ask[*A, B](self, alone: Callable[[*A], B], elsewhere: Callable[[*A], B], *what: *A) -> "B | Future[B]":
        return self._pool.submit(elsewhere, *what) if self._pool else alone(*what)

    def _in_order[B](self, asked: "Iterator[B | Future[B] | _Early]", *, small: bool = False) -> Iterator[B]:
        """What was asked, once done; not more than a few pieces wait, a few times more when they are `small`."""
        waiting: deque[B | Future[B] | _Early] = deque()
        most = self._ahead * 5 if small else self._ahead
        for one in asked:
            waiting.append(one)
            if len(waiting) > most:
                yield _done(waiting.popleft())
        while waiting:
            yield _done(waiting.popleft())


@dataclass(eq=False, slots=True)
class _Early:
    """Rows of a block that are typed before they are asked for, with those of other blocks."""

    block: Block
    picks: list[int]
    doubts: list[int]
    asked: "Future[list[Typed]] | None" = None
    place: int = 0

    def result(self) -> Typed:
        """Once it is done."""
        assert self.asked is not None
        return self.asked.result()[self.place]


class _Ahead:
    """Signs every piece of a table, beside: a thread cuts it. What a block becomes is small: all of them may wait."""

    def __init__(self, pool: ProcessPoolExecutor, pieces: Iterator[Block | Piece | Rows], most: int) -> None:
        self._pool, self._pieces = pool, pieces
        self._asked: SimpleQueue[tuple[Future[list[Signed]], bool] | BaseException | None] = SimpleQueue()
        self._room = Semaphore(most)  # for pieces that travel whole
        self._stopped = False
        self._thread = Thread(target=self._ask, name="import-signing", daemon=True)
        self._thread.start()

    def all(self) -> Iterator[Signed]:
        """The signatures, in the table's order."""
        while one := self._asked.get():
            if isinstance(one, BaseException):
                raise one
            signed, travels = one
            yield from signed.result()
            if travels:
                self._room.release()

    def stop(self) -> None:
        """Ask for nothing more."""
        self._stopped = True
        self._room.release()
        self._thread.join()
        while not self._asked.empty():
            one = self._asked.get()
            if isinstance(one, tuple):
                one[0].cancel()

    def _ask(self) -> None:
        try:
            blocks: list[Block] = []
            for piece in self._pieces:
                if isinstance(piece, Block):
                    blocks.append(piece)
                if blocks and (len(blocks) == AT_ONCE or not isinstance(piece, Block)):
                    self._submit(blocks, travels=False)
                    blocks = []
                if not isinstance(piece, Block):
                    self._room.acquire()
                    self._submit([piece], travels=True)
                if self._stopped:
                    break
            if blocks:
                self._submit(blocks, travels=False)
            self._asked.put(None)
        except BaseException as error:  # told to whoever waits for the rest
            self._asked.put(error)

    def _submit(self, pieces: Sequence[Block | Piece | Rows], *, travels: bool) -> None:
        if not self._stopped:
            self._asked.put((self._pool.submit(typing_process.sign_pieces, pieces), travels))


def _done[B](one: "B | Future[B] | _Early") -> B:
    return one.result() if isinstance(one, Future | _Early) else one  # type: ignore[return-value]


class _Picks:
    """Runs of rows, in order, found again piece after piece."""

    def __init__(self, runs: _Runs) -> None:
        self._numbers = (number for first, rows in runs for number in range(first, first + rows))
        self._next = next(self._numbers, None)

    def of(self, piece: Block | Piece | Rows) -> list[int]:
        """The numbers of the records of the piece that are wanted."""
        picked: list[int] = []
        while self._next is not None and self._next < piece.first + piece.records:
            picked.append(self._next)
            self._next = next(self._numbers, None)
        return picked


def _records(piece: Piece | Rows, numbers: Sequence[int]) -> list[Numbered]:
    if not numbers:
        return []
    if isinstance(piece, Rows):
        return [piece.rows[number - piece.first] for number in numbers]
    lines = piece.lines()
    if lines is None:
        among = set(numbers)
        return [one for one in read_piece(piece) if one[0] in among]
    texts = [(number, lines[number - piece.first]) for number in numbers]
    return [(number, line.split(piece.separator), line) for number, line in texts]  # type: ignore[misc]
