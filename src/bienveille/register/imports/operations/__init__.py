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
from bienveille.register.imports.operations.jobs import apply_run, check_run, purge_imports
from bienveille.register.imports.operations.reading import Given, WrongFile
from bienveille.register.imports.operations.screens import (
    CannotChange,
    ColumnsRefused,
    FilesRefused,
    ProfileExists,
    ask_to_apply,
    cancel_run,
    change_columns,
    receive_files,
    record_issues_exported,
    resume_run,
    save_profile,
)

__all__ = [
    "AlreadyDone",
    "CannotChange",
    "ColumnsRefused",
    "FilesRefused",
    "Given",
    "NoLandlord",
    "OtherLandlord",
    "ProfileExists",
    "Report",
    "UnknownProfile",
    "WrongFile",
    "apply_run",
    "ask_to_apply",
    "cancel_run",
    "change_columns",
    "check_run",
    "find_profile",
    "import_files",
    "purge_imports",
    "receive_files",
    "record_issues_exported",
    "resume_run",
    "save_profile",
]
