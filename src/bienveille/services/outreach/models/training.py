"""What a caller has read and understood before the first call: the charter they accepted, the short training."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import UniqueConstraint

from bienveille.ground.platform.records import Record
from bienveille.register.accounts.models import User


class CharterAcceptance(Record):
    """A caller accepted a version of the charter, on a day."""

    user = models.ForeignKey(User, models.CASCADE, related_name="charter_acceptances", db_index=False)
    version = models.CharField(max_length=10, help_text="Of `rules.training`, e.g. 2026-11")
    accepted_at = models.DateTimeField()

    class Meta:
        constraints = [UniqueConstraint(fields=["user", "version"], name="charter_accepted_once")]


class CallerTraining(Record):
    """How far a caller is in the five-minute training. Wrong answers are not kept: they are how one learns."""

    user = models.OneToOneField(User, models.CASCADE, related_name="calling_training")
    answered = ArrayField(models.CharField(max_length=20), default=list, help_text="Questions answered right")
    started_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
