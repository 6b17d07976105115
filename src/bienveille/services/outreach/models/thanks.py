"""What callers are told of what their calls made possible, in the coordinator's words."""

from django.db import models
from django.db.models import CheckConstraint, Q

from bienveille.ground.platform.records import Record
from bienveille.register.accounts.models import User
from bienveille.services.outreach.models.campaigns import Campaign


class Thanks(Record):
    """The words that callers of a campaign read beside its results; without a row, the figures speak alone."""

    campaign = models.OneToOneField(Campaign, models.CASCADE, related_name="thanks")
    words = models.CharField(max_length=600)
    written_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    written_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "thanks"
        constraints = [CheckConstraint(name="thanks_words", condition=~Q(words=""))]
