"""What a process that signs and types pieces of an export runs; it loads the rules only, so it begins in an instant."""

import gc
import os
import threading
from collections.abc import Sequence
from multiprocessing import connection, parent_process

from bienveille.ground.lib.blocks import Block
from bienveille.ground.lib.pieces import Numbered, Piece, Rows
from bienveille.register.imports.rules.tenant_lines import Reading, Signed, Typed, Typist

_typist: Typist | None = None


def begin(reading: Reading) -> None:
    """Before the first piece."""
    global _typist
    _typist = Typist(reading)
    gc.disable()  # nothing here refers to itself, and looking for it would take a third of the time
    threading.Thread(target=_end_with_parent, daemon=True).start()


def ready() -> None:
    """Nothing: once it is done, the process has begun."""


def sign_pieces(pieces: Sequence[Block | Piece | Rows]) -> list[Signed]:
    """The signatures of pieces."""
    assert _typist is not None
    return [_typist.sign_piece(piece) for piece in pieces]


def type_piece(piece: Block | Piece | Rows) -> Typed:
    """What becomes of a piece."""
    assert _typist is not None
    return _typist.type_piece(piece)


def write_piece(piece: Block | Piece | Rows) -> Typed:
    """What becomes of a piece into an empty register."""
    assert _typist is not None
    return _typist.write_piece(piece)


def type_some(block: Block, wanted: Sequence[int], doubtful: Sequence[int]) -> Typed:
    """What becomes of some records of a block."""
    assert _typist is not None
    return _typist.type_some(block, wanted, doubtful)


def type_several(asked: Sequence[tuple[Block, Sequence[int], Sequence[int]]]) -> list[Typed]:
    """`type_some`, of several blocks."""
    return [type_some(block, wanted, doubtful) for block, wanted, doubtful in asked]


def type_picked(wanted: Sequence[Numbered], doubtful: Sequence[Numbered]) -> Typed:
    """What becomes of some records."""
    assert _typist is not None
    return _typist.type_picked(wanted, doubtful)


def _end_with_parent() -> None:
    """A process whose parent was killed would wait for ever."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
