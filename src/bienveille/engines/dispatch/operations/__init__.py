"""What can be done to a queue: hand out, record, give back, undo, withdraw, close. Each locks, decides, audits."""

from bienveille.engines.dispatch.operations.contacts import StaleToken, UnknownContact
from bienveille.engines.dispatch.operations.coordination import CannotFree, free, put_back, reassign, withdraw_many
from bienveille.engines.dispatch.operations.hands import (
    LONGEST_CALL,
    AlreadyHolding,
    HandOut,
    NoLongerCalled,
    hand_out,
    keep_in_hand,
    release,
    take_planned,
)
from bienveille.engines.dispatch.operations.households import restore_household, withdraw_household
from bienveille.engines.dispatch.operations.outcomes import (
    UNDO_MINUTES,
    CannotPlan,
    CannotPlanThen,
    CannotUndo,
    Recorded,
    record_attempt,
    undo_attempt,
)
from bienveille.engines.dispatch.operations.promises import CannotResume, CannotStop, resume_weekly, stop_weekly
from bienveille.engines.dispatch.operations.queues import (
    CannotWithdraw,
    close_queue,
    freeze_target,
    pause_queue,
    wake,
    wake_queues,
    withdraw,
)

__all__ = [
    "LONGEST_CALL",
    "UNDO_MINUTES",
    "AlreadyHolding",
    "CannotFree",
    "CannotPlan",
    "CannotPlanThen",
    "CannotResume",
    "CannotStop",
    "CannotUndo",
    "CannotWithdraw",
    "HandOut",
    "NoLongerCalled",
    "Recorded",
    "StaleToken",
    "UnknownContact",
    "close_queue",
    "free",
    "freeze_target",
    "hand_out",
    "keep_in_hand",
    "pause_queue",
    "put_back",
    "reassign",
    "record_attempt",
    "release",
    "restore_household",
    "resume_weekly",
    "stop_weekly",
    "take_planned",
    "undo_attempt",
    "wake",
    "wake_queues",
    "withdraw",
    "withdraw_household",
    "withdraw_many",
]
