"""Pure decisions of call campaigns: no database, no clock."""

from bienveille.services.outreach.rules.campaigns import (
    AGENCY_SERVICE,
    LONGEST_KEEPING,
    REFERRAL_DELAY,
    YELLOW_CALL_BACK_DAYS,
    CampaignDocument,
    DocumentErrors,
    WaveDocument,
    Workload,
    read_document,
    reasons,
    referral_due,
    service_label,
    silence,
    working_days,
    workload,
)

__all__ = [
    "AGENCY_SERVICE",
    "LONGEST_KEEPING",
    "REFERRAL_DELAY",
    "YELLOW_CALL_BACK_DAYS",
    "CampaignDocument",
    "DocumentErrors",
    "WaveDocument",
    "Workload",
    "read_document",
    "reasons",
    "referral_due",
    "service_label",
    "silence",
    "working_days",
    "workload",
]
