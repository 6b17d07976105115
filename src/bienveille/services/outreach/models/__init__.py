"""What call campaigns store."""

from bienveille.services.outreach.models.arrivals import Coverage, ListUpdate
from bienveille.services.outreach.models.campaigns import (
    CallerPause,
    Campaign,
    CampaignCaller,
    Referral,
    Report,
    Wave,
)
from bienveille.services.outreach.models.debriefs import CallerRhythm, DebriefRequest
from bienveille.services.outreach.models.messages import CallMessage
from bienveille.services.outreach.models.report import CampaignLesson
from bienveille.services.outreach.models.scales import CampaignScale, ScaleAnswer
from bienveille.services.outreach.models.shared import PickUp, ResidentNews, SharedCall
from bienveille.services.outreach.models.summary import CallChange, CallsOfDay, CallsOfWeek, KeptCount
from bienveille.services.outreach.models.thanks import Thanks
from bienveille.services.outreach.models.training import CallerTraining, CharterAcceptance
from bienveille.services.outreach.models.verbatims import VERBATIM_LENGTH, Verbatim
from bienveille.services.outreach.models.volunteers import VolunteerCall, VolunteerOffer
from bienveille.services.outreach.models.weekly_calls import CallerWeek, RecurringCall

__all__ = [
    "VERBATIM_LENGTH",
    "CallChange",
    "CallMessage",
    "CallerPause",
    "CallerRhythm",
    "CallerTraining",
    "CallerWeek",
    "CallsOfDay",
    "CallsOfWeek",
    "Campaign",
    "CampaignCaller",
    "CampaignLesson",
    "CampaignScale",
    "CharterAcceptance",
    "Coverage",
    "DebriefRequest",
    "KeptCount",
    "ListUpdate",
    "PickUp",
    "RecurringCall",
    "Referral",
    "Report",
    "ResidentNews",
    "ScaleAnswer",
    "SharedCall",
    "Thanks",
    "Verbatim",
    "VolunteerCall",
    "VolunteerOffer",
    "Wave",
]
