"""Whom a campaign covers since its opening, and what each update of its list changed."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from bienveille.ground.platform.records import Record
from bienveille.register.accounts.models import User
from bienveille.register.accounts.rules import Scope
from bienveille.services.outreach.models.campaigns import Campaign


class Coverage(Record):
    """The agencies that whoever opened a campaign covered that day: newcomers are looked for there, nowhere else."""

    campaign = models.OneToOneField(Campaign, models.CASCADE, related_name="coverage")
    everything = models.BooleanField()
    companies = ArrayField(models.UUIDField(), default=list, blank=True)
    agencies = ArrayField(models.UUIDField(), default=list, blank=True)
    updated_at = models.DateTimeField(help_text="When the list was last compared with the register")

    @property
    def scope(self) -> Scope:
        return Scope(self.everything, frozenset(self.companies), frozenset(self.agencies))


class ListUpdate(Record):
    """One update of a campaign's list: how many came in, came back, left and why. Counts only, no name."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="list_updates")
    at = models.DateTimeField()
    by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False, help_text="Empty: by itself"
    )
    added = models.PositiveIntegerField(default=0)
    returned = models.PositiveIntegerField(default=0, help_text="Who had left, or had no number, and may be called")
    left = models.JSONField(default=dict, help_text="{reason: households}")

    class Meta:
        ordering = ["-at"]
