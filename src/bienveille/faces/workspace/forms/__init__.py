"""Forms of the workspace."""

from bienveille.faces.workspace.forms.calls import (
    NEXT_CALLS,
    OFTEN,
    OUTCOMES,
    CallForm,
    PauseForm,
    StopWeeklyForm,
)
from bienveille.faces.workspace.forms.fields import (
    day_field,
)
from bienveille.faces.workspace.forms.lists import (
    ReturnForm,
)
from bienveille.faces.workspace.forms.people import (
    AccessForm,
    ContactPointForm,
    CorrectionForm,
    DeathForm,
    HouseholdForm,
    LeftForm,
    MarkForm,
    MergeForm,
    OppositionForm,
    PersonForm,
    ProtectForm,
    ReasonForm,
    RelativeForm,
    UndoMergeForm,
)
from bienveille.faces.workspace.forms.scales import ScaleForm
from bienveille.faces.workspace.forms.verbatims import PublishVerbatimForm, QuoteForm, RefuseVerbatimForm
from bienveille.faces.workspace.forms.wishes import CallWishForm, HouseholdWishForm

__all__ = [
    "NEXT_CALLS",
    "OFTEN",
    "OUTCOMES",
    "AccessForm",
    "CallForm",
    "CallWishForm",
    "ContactPointForm",
    "CorrectionForm",
    "DeathForm",
    "HouseholdForm",
    "HouseholdWishForm",
    "LeftForm",
    "MarkForm",
    "MergeForm",
    "OppositionForm",
    "PauseForm",
    "PersonForm",
    "ProtectForm",
    "PublishVerbatimForm",
    "QuoteForm",
    "ReasonForm",
    "RefuseVerbatimForm",
    "RelativeForm",
    "ReturnForm",
    "ScaleForm",
    "StopWeeklyForm",
    "UndoMergeForm",
    "day_field",
]
