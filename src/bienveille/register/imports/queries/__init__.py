"""What the register holds on a day, and what imports did: one function per list or figure."""

from bienveille.register.imports.queries.register import AGES, register_figures
from bienveille.register.imports.queries.runs import (
    all_runs,
    files_of,
    first_rejects,
    issues,
    profile_labels,
    reasons,
)

__all__ = [
    "AGES",
    "all_runs",
    "files_of",
    "first_rejects",
    "issues",
    "profile_labels",
    "reasons",
    "register_figures",
]
