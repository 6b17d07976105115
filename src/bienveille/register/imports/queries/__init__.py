"""What the register holds on a day, and what imports did: one function per list or figure."""

from bienveille.register.imports.queries.alerts import alert_of, alerts_due, last_arrival
from bienveille.register.imports.queries.documents import run_document
from bienveille.register.imports.queries.register import AGES, register_figures
from bienveille.register.imports.queries.runs import (
    all_runs,
    files_of,
    first_rejects,
    issues,
    profile_labels,
    reasons,
    saved_profiles,
)

__all__ = [
    "AGES",
    "alert_of",
    "alerts_due",
    "all_runs",
    "files_of",
    "first_rejects",
    "issues",
    "last_arrival",
    "profile_labels",
    "reasons",
    "register_figures",
    "run_document",
    "saved_profiles",
]
