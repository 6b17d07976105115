"""What can be done to a campaign, and what a caller does in it. Each locks, decides, audits."""

from bienveille.services.outreach.operations.calls import (
    NOTE_LENGTH,
    CallReport,
    InvalidReport,
    NotACaller,
    check_report,
    record_call,
    take_back_call,
    take_next,
    take_promised,
)
from bienveille.services.outreach.operations.campaigns import (
    CannotClose,
    CannotOpen,
    CannotPause,
    InvalidDocument,
    NobodyToCall,
    close_campaign,
    create_campaign,
    open_campaign,
    pause_campaign,
)
from bienveille.services.outreach.operations.pauses import CannotPauseThen, resume_calling, take_a_pause

__all__ = [
    "NOTE_LENGTH",
    "CallReport",
    "CannotClose",
    "CannotOpen",
    "CannotPause",
    "CannotPauseThen",
    "InvalidDocument",
    "InvalidReport",
    "NobodyToCall",
    "NotACaller",
    "check_report",
    "close_campaign",
    "create_campaign",
    "open_campaign",
    "pause_campaign",
    "record_call",
    "resume_calling",
    "take_a_pause",
    "take_back_call",
    "take_next",
    "take_promised",
]
