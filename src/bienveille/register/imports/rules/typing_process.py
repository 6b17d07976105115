"""What a process that signs and types pieces of an export runs; it loads the rules only, so it begins in an instant."""

import os
import threading
from collections.abc import Sequence
from multiprocessing import connection, parent_process

from bienveille.ground.lib.pieces import Numbered, Piece, Rows
from bienveille.register.imports.rules.tenant_lines import Reading, Signed, Typed, Typist

_typist: Typist | None = None


def begin(reading: Reading) -> None:
    """Before the first piece."""
    global _typist
    _typist = Typist(reading)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def sign_piece(piece: Piece | Rows) -> Signed:
    """The signatures of a piece."""
    assert _typist is not None
    return _typist.sign_piece(piece)


def type_piece(piece: Piece | Rows) -> Typed:
    """What becomes of a piece."""
    assert _typist is not None
    return _typist.type_piece(piece)


def type_records(records: Sequence[Numbered]) -> Typed:
    """What becomes of some records."""
    assert _typist is not None
    return _typist.type_records(records)


def doubt_records(records: Sequence[Numbered]) -> Typed:
    """What is doubtful in some records."""
    assert _typist is not None
    return _typist.doubt_records(records)


def _end_with_parent() -> None:
    """A process whose parent was killed would wait for ever."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
