"""What call campaigns store."""

from bienveille.services.outreach.models.campaigns import (
    CallerPause,
    Campaign,
    CampaignCaller,
    Referral,
    Report,
    Wave,
)
from bienveille.services.outreach.models.report import CampaignLesson
from bienveille.services.outreach.models.summary import CallChange, CallsOfDay, CallsOfWeek

__all__ = [
    "CallChange",
    "CallerPause",
    "CallsOfDay",
    "CallsOfWeek",
    "Campaign",
    "CampaignCaller",
    "CampaignLesson",
    "Referral",
    "Report",
    "Wave",
]
