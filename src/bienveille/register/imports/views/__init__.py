"""The screens of imports: the steps of one, its issues, being told of those that come by themselves."""

from bienveille.register.imports.views.alerts import alerts
from bienveille.register.imports.views.issues import issues_page
from bienveille.register.imports.views.steps import apply, cancel, columns, departures, new, profile, resume, run, runs

__all__ = [
    "alerts",
    "apply",
    "cancel",
    "columns",
    "departures",
    "issues_page",
    "new",
    "profile",
    "resume",
    "run",
    "runs",
]
