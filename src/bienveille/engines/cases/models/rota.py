"""Who is on duty and who is away; what the daily digest told whom."""

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from bienveille.ground.platform.records import Record
from bienveille.register.accounts.models import Agency, User


class DutyTurn(Record):
    """Somebody is on duty from one moment to another, for an agency or for the whole landlord."""

    agency = models.ForeignKey(
        Agency, models.CASCADE, null=True, blank=True, related_name="+", help_text="Null: the whole landlord"
    )
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    rank = models.PositiveSmallIntegerField(default=1, help_text="1 is called first")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            CheckConstraint(name="duty_turn_span", condition=Q(ends_at__gt=F("starts_at"))),
            CheckConstraint(name="duty_turn_rank", condition=Q(rank__gte=1, rank__lte=3)),
        ]
        indexes = [models.Index(fields=["ends_at"], name="duty_turn_end")]


class CaseAbsence(Record):
    """Somebody who follows cases is away; who stands in. Nobody asks why."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="Last day, included")
    substitute = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="+")
    created_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            CheckConstraint(name="case_absence_span", condition=Q(ends_on__gte=F("starts_on"))),
            CheckConstraint(name="case_absence_other", condition=~Q(substitute=F("user"))),
        ]
        indexes = [models.Index(fields=["ends_on"], name="case_absence_end")]


class CaseDigest(Record):
    """What the digest of one morning told somebody: figures only. One each day at most."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    day = models.DateField()
    waiting = models.PositiveIntegerField(help_text="Cases that nobody took in time")
    overdue = models.PositiveIntegerField(help_text="Cases not closed in time, steps not done in time")
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [UniqueConstraint(fields=["user", "day"], name="case_digest_once")]
