"""Forms of the workspace."""

from bienveille.faces.workspace.forms.calls import (
    OUTCOMES,
    OFTEN,
    NEXT_CALLS,
    CallForm,
    PauseForm,
    StopWeeklyForm,
)
from bienveille.faces.workspace.forms.fields import (
    day_field,
)
from bienveille.faces.workspace.forms.people import (
    PersonForm,
    CorrectionForm,
    HouseholdForm,
    ContactPointForm,
    MarkForm,
    RelativeForm,
    OppositionForm,
    ReasonForm,
    ProtectForm,
    DeathForm,
    MergeForm,
    UndoMergeForm,
    AccessForm,
    LeftForm,
)

__all__ = [
    "OUTCOMES",
    "OFTEN",
    "NEXT_CALLS",
    "CallForm",
    "PauseForm",
    "StopWeeklyForm",
    "day_field",
    "PersonForm",
    "CorrectionForm",
    "HouseholdForm",
    "ContactPointForm",
    "MarkForm",
    "RelativeForm",
    "OppositionForm",
    "ReasonForm",
    "ProtectForm",
    "DeathForm",
    "MergeForm",
    "UndoMergeForm",
    "AccessForm",
    "LeftForm",
]
