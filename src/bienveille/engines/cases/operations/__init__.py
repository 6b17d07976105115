"""One function for each thing that can be done with a case, and the jobs that watch over them."""

from bienveille.engines.cases.operations.alerts import (
    advance_case,
    advance_ladders,
    climb_ladders,
    send_alert,
    write_to,
)
from bienveille.engines.cases.operations.changes import CannotDoThat, CaseChanged
from bienveille.engines.cases.operations.digests import make_digests, send_digest, tell_mornings, write_digest
from bienveille.engines.cases.operations.following import (
    WORDS_LENGTH,
    AlreadyTaken,
    CannotHandOver,
    CannotReopen,
    Done,
    InvalidAction,
    close_case,
    hand_over,
    leave_case,
    note_action,
    reopen_case,
    see_case,
    take_case,
)
from bienveille.engines.cases.operations.opening import CannotOpenThat, Signal, signal_household, take_back_signal
from bienveille.engines.cases.operations.retention import erase_cases, purge_cases
from bienveille.engines.cases.operations.rota import (
    CannotBeAway,
    CannotBeOnDuty,
    add_absence,
    add_turns,
    remove_absence,
    remove_turn,
)

__all__ = [
    "WORDS_LENGTH",
    "AlreadyTaken",
    "CannotBeAway",
    "CannotBeOnDuty",
    "CannotDoThat",
    "CannotHandOver",
    "CannotOpenThat",
    "CannotReopen",
    "CaseChanged",
    "Done",
    "InvalidAction",
    "Signal",
    "add_absence",
    "add_turns",
    "advance_case",
    "advance_ladders",
    "climb_ladders",
    "close_case",
    "erase_cases",
    "hand_over",
    "leave_case",
    "make_digests",
    "note_action",
    "purge_cases",
    "remove_absence",
    "remove_turn",
    "reopen_case",
    "see_case",
    "send_alert",
    "send_digest",
    "signal_household",
    "take_back_signal",
    "take_case",
    "tell_mornings",
    "write_digest",
    "write_to",
]
