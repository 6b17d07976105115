"""A message to many households: who, why, by which channels, and where it stands."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, F, Q

from bienveille.engines.messaging.choices import PERSONAL, MailingState, Reach
from bienveille.engines.messaging.models.templates import TemplateVersion
from bienveille.ground.platform.records import Record
from bienveille.register.accounts.models import User


class Mailing(Record):
    """One text to the households of an audience. The rule is copied: an audience that changes changes nothing here."""

    name = models.CharField(max_length=150)
    purpose = models.CharField(max_length=60, help_text="Purpose of the landlord's register of processing")
    version = models.ForeignKey(TemplateVersion, models.PROTECT, related_name="mailings", help_text="What it says")
    audience = models.JSONField(help_text="Rule, see docs/contracts, « audience predicates »")
    channels = ArrayField(models.CharField(max_length=8), help_text="Channels, the one tried first before the others")
    reach = models.CharField(max_length=6, choices=Reach, default=Reach.FIRST)
    urgent = models.BooleanField(
        default=False, help_text="Somebody's safety is at stake: leaves at any hour, without waiting for a quiet period"
    )
    state = models.CharField(max_length=8, choices=MailingState, default=MailingState.DRAFT)
    agencies = ArrayField(
        models.UUIDField(), null=True, blank=True, help_text="Agencies of who starts it; null: the whole landlord"
    )
    companies = ArrayField(models.UUIDField(), default=list, blank=True)
    target = models.PositiveIntegerField(default=0, help_text="Deliveries that count, frozen when it starts")
    left_out = models.JSONField(default=dict, help_text="Households that are never written to, counted by reason")
    figures = models.JSONField(default=dict, help_text="Counts that stay when the deliveries are erased")
    planned_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField(auto_now_add=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            CheckConstraint(name="mailing_state", condition=Q(state__in=MailingState.values)),
            CheckConstraint(name="mailing_reach", condition=Q(reach__in=Reach.values)),
            CheckConstraint(
                name="mailing_channels",
                condition=Q(channels__contained_by=[str(one) for one in PERSONAL]) & ~Q(channels=[]),
            ),
            CheckConstraint(
                name="mailing_second_person", condition=Q(approved_by=None) | ~Q(approved_by=F("created_by"))
            ),
            CheckConstraint(
                name="mailing_started",
                condition=Q(state__in=["draft", "asked", "ready", "stopped"]) | Q(started_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["planned_at"], name="mailing_due", condition=Q(state="ready", planned_at__isnull=False)
            ),
            models.Index(fields=["state"], name="mailing_alive", condition=Q(state="sending")),
        ]

    def __str__(self) -> str:
        return self.name
