"""What recurring calls need beyond the promise itself: who usually calls, who stands in, what was asked and told."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from bienveille.engines.dispatch.models import Contact
from bienveille.ground.platform.records import Record
from bienveille.register.accounts.models import User
from bienveille.services.outreach.choices import HalfDay


class RecurringCall(Record):
    """Somebody who is called regularly: by whom usually, by whom while that caller is away, asked again when.

    Made at the first hand-over or answer; without a row the caller of the promise is the usual one.
    """

    contact = models.OneToOneField(Contact, models.CASCADE, related_name="recurring")
    usual_caller = models.ForeignKey(User, models.PROTECT, related_name="+")
    stand_in = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    stand_in_until = models.DateField(null=True, blank=True, help_text="The day the usual caller calls again")
    told_on = models.DateField(null=True, blank=True, help_text="When the person was told that somebody else calls")
    confirmed_on = models.DateField(null=True, blank=True, help_text="When the person last said that they want it")

    class Meta:
        constraints = [
            CheckConstraint(
                name="recurring_stand_in",
                condition=Q(stand_in=None, stand_in_until=None)
                | Q(stand_in__isnull=False, stand_in_until__isnull=False) & ~Q(stand_in=F("usual_caller")),
            ),
        ]
        indexes = [
            models.Index(fields=["stand_in_until"], name="recurring_back", condition=Q(stand_in__isnull=False)),
        ]


class CallerWeek(Record):
    """What a caller can give in one week, when it is not what their account says: hours, half-days."""

    user = models.ForeignKey(User, models.CASCADE, related_name="calling_weeks", db_index=False)
    monday = models.DateField()
    hours = models.DecimalField(max_digits=4, decimal_places=1)
    half_days = ArrayField(models.CharField(max_length=6, choices=HalfDay), default=list, blank=True)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["user", "monday"], name="caller_week_once"),
            CheckConstraint(name="caller_week_monday", condition=Q(monday__iso_week_day=1)),
            CheckConstraint(name="caller_week_hours", condition=Q(hours__gte=0, hours__lte=60)),
        ]
