"""What can be done with a landlord's files: import them, or drop them on a screen, look, correct, apply, give up."""

from bienveille.register.imports.operations.call import (
    AlreadyDone,
    NoLandlord,
    OtherLandlord,
    Report,
    UnknownProfile,
    find_profile,
    import_files,
)
from bienveille.register.imports.operations.drops import look_at_drops, receive_drop
from bienveille.register.imports.operations.jobs import apply_run, check_run, purge_imports
from bienveille.register.imports.operations.profiles import ProfileInUse, change_profile, delete_profile
from bienveille.register.imports.operations.reading import Given, WrongFile, members_of, on_disk
from bienveille.register.imports.operations.receiving import FilesRefused
from bienveille.register.imports.operations.reports import (
    choose_alerts,
    report_run,
    send_alert,
    send_silence,
    watch_silence,
)
from bienveille.register.imports.operations.screens import (
    CannotChange,
    ColumnsRefused,
    DeparturesUnsaid,
    ProfileExists,
    ask_to_apply,
    cancel_run,
    change_columns,
    choose_departures,
    receive_files,
    record_issues_exported,
    resume_run,
    save_profile,
)

__all__ = [
    "AlreadyDone",
    "CannotChange",
    "ColumnsRefused",
    "DeparturesUnsaid",
    "FilesRefused",
    "Given",
    "NoLandlord",
    "OtherLandlord",
    "ProfileExists",
    "ProfileInUse",
    "Report",
    "UnknownProfile",
    "WrongFile",
    "apply_run",
    "ask_to_apply",
    "cancel_run",
    "change_columns",
    "change_profile",
    "check_run",
    "choose_alerts",
    "choose_departures",
    "delete_profile",
    "find_profile",
    "import_files",
    "look_at_drops",
    "members_of",
    "on_disk",
    "purge_imports",
    "receive_drop",
    "receive_files",
    "record_issues_exported",
    "report_run",
    "resume_run",
    "save_profile",
    "send_alert",
    "send_silence",
    "watch_silence",
]
