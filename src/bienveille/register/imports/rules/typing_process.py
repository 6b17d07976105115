"""What a process that types pieces of an export runs; it loads nothing but the rules, so it begins in an instant."""

import os
import threading
from multiprocessing import connection, parent_process

from bienveille.ground.lib.pieces import Piece
from bienveille.register.imports.rules.tenant_lines import Reading, Typed, Typist

_typist: Typist | None = None


def begin(reading: Reading) -> None:
    """Before the first piece."""
    global _typist
    _typist = Typist(reading)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def type_piece(piece: Piece) -> Typed:
    """What becomes of a piece."""
    assert _typist is not None
    return _typist.type_piece(piece)


def _end_with_parent() -> None:
    """A process whose parent was killed would wait for ever."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
