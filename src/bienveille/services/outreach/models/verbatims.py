"""Sentences of tenants that may be quoted: what was said, who agreed, what is shown without their name."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, Q

from bienveille.engines.dispatch.models import Attempt
from bienveille.ground.platform.records import Record
from bienveille.ground.platform.sealed_fields import SealedTextField
from bienveille.register.accounts.models import User
from bienveille.register.tenants.models import Person
from bienveille.services.outreach.choices import Emotion, VerbatimRefusal, VerbatimState

VERBATIM_LENGTH = 300


class Verbatim(Record):
    """One sentence of a conversation that the person agreed to see quoted, without their name.

    `said` is what the caller wrote down and stays hidden; `shown` is what a coordinator made of it. Withdrawing
    erases both for good.
    """

    attempt = models.OneToOneField(Attempt, models.CASCADE, related_name="verbatim")
    said = SealedTextField(max_length=VERBATIM_LENGTH, blank=True)
    shown = SealedTextField(max_length=VERBATIM_LENGTH, blank=True)
    emotions = ArrayField(models.CharField(max_length=12, choices=Emotion), default=list, blank=True)
    agreed_by = models.ForeignKey(Person, models.CASCADE, related_name="+", help_text="Who said yes")
    agreed_words = models.CharField(max_length=200, help_text="The question that was read to them")
    state = models.CharField(max_length=10, choices=VerbatimState, default=VerbatimState.WAITING)
    refusal = models.CharField(max_length=14, choices=VerbatimRefusal, blank=True)
    moderated_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    moderated_at = models.DateTimeField(null=True, blank=True)
    expires_on = models.DateField(help_text="Kept until that day, as the answers of the call")

    class Meta:
        constraints = [
            CheckConstraint(name="verbatim_state", condition=Q(state__in=VerbatimState.values)),
            CheckConstraint(
                name="verbatim_words",
                condition=Q(state="waiting", shown="") & ~Q(said="")
                | Q(state="refused", shown="") & ~Q(said="")
                | Q(state="published") & ~Q(said="") & ~Q(shown="")
                | Q(state="withdrawn", said="", shown=""),
            ),
            CheckConstraint(
                name="verbatim_refusal",
                condition=Q(state="refused") & ~Q(refusal="") | ~Q(state="refused") & Q(refusal=""),
            ),
            CheckConstraint(
                name="verbatim_moderated",
                condition=Q(state="waiting", moderated_at=None, moderated_by=None)
                | ~Q(state="waiting") & Q(moderated_at__isnull=False, moderated_by__isnull=False),
            ),
            CheckConstraint(name="verbatim_agreed", condition=~Q(agreed_words="")),
        ]
        indexes = [
            models.Index(fields=["expires_on"], name="verbatim_expiry"),
            models.Index(fields=["state"], name="verbatim_waiting", condition=Q(state="waiting")),
        ]
