"""What a campaign taught, in its coordinator's words: the part of the report that no figure says."""

from django.db import models

from bienveille.ground.platform.records import Record
from bienveille.register.accounts.models import User
from bienveille.services.outreach.models.campaigns import Campaign


class CampaignLesson(Record):
    """What was learned from a campaign; printed as it is in its report, so without anybody's name."""

    campaign = models.OneToOneField(Campaign, models.CASCADE, related_name="lesson")
    text = models.TextField(max_length=4000, blank=True)
    written_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    written_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.text[:60]
