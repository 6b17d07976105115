"""What call campaigns store."""

from bienveille.services.outreach.models.campaigns import (
    CallerPause,
    Campaign,
    CampaignCaller,
    Referral,
    Report,
    Wave,
)

__all__ = [
    "CallerPause",
    "Campaign",
    "CampaignCaller",
    "Referral",
    "Report",
    "Wave",
]
