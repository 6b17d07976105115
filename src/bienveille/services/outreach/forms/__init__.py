"""Forms of call campaigns: they clean types and shapes, and hold no rule."""

from bienveille.services.outreach.forms.campaigns import (
    DAY_FORMATS,
    PRIORITY_HINTS,
    WRONG_DAY,
    MotiveForm,
    PurposeForm,
    RulesForm,
    WaveForm,
)
from bienveille.services.outreach.forms.hours import HoursForm, good_manners, hours_initial
from bienveille.services.outreach.forms.lists import (
    GiveToForm,
    ListsForm,
)
from bienveille.services.outreach.forms.report import LessonForm

__all__ = [
    "DAY_FORMATS",
    "PRIORITY_HINTS",
    "WRONG_DAY",
    "GiveToForm",
    "HoursForm",
    "LessonForm",
    "ListsForm",
    "MotiveForm",
    "PurposeForm",
    "RulesForm",
    "WaveForm",
    "good_manners",
    "hours_initial",
]
