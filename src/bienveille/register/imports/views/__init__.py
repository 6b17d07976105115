"""The screens of imports: the steps of one, its issues, being told of those that come by themselves."""

from bienveille.register.imports.views.alerts import alerts
from bienveille.register.imports.views.issues import issues_page
from bienveille.register.imports.views.profiles import delete_profile, profiles, saved_profile
from bienveille.register.imports.views.steps import apply, cancel, columns, departures, new, profile, resume, run, runs

__all__ = [
    "alerts",
    "apply",
    "cancel",
    "columns",
    "delete_profile",
    "departures",
    "issues_page",
    "new",
    "profile",
    "profiles",
    "resume",
    "run",
    "runs",
    "saved_profile",
]
