"""What protects callers: how many conversations a day, and the wish to talk after a hard call."""

from django.db import models
from django.db.models import CheckConstraint, F, Q

from bienveille.engines.dispatch.models import Attempt
from bienveille.ground.platform.records import Record
from bienveille.ground.platform.sealed_fields import SealedTextField
from bienveille.register.accounts.models import User
from bienveille.services.outreach.choices import DebriefMeans, DebriefMoment, DebriefState


class CallerRhythm(Record):
    """How many conversations a caller wants in a day, and the day on which they chose to go on past it."""

    user = models.OneToOneField(User, models.CASCADE, related_name="calling_rhythm")
    daily_cap = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Empty: the landlord's own maximum")
    went_on_day = models.DateField(null=True, blank=True, help_text="The last day they knowingly went on")

    class Meta:
        constraints = [CheckConstraint(name="rhythm_cap", condition=Q(daily_cap=None) | Q(daily_cap__gte=1))]


class DebriefRequest(Record):
    """A caller would like to talk: with whom, when, how. What they wrote is for the two of them, erased at the end."""

    asked_by = models.ForeignKey(User, models.CASCADE, related_name="debriefs_asked")
    listener = models.ForeignKey(User, models.PROTECT, related_name="debriefs_heard")
    attempt = models.ForeignKey(
        Attempt, models.SET_NULL, null=True, blank=True, related_name="+", help_text="The call that was hard"
    )
    means = models.CharField(max_length=8, choices=DebriefMeans)
    moment = models.CharField(max_length=8, choices=DebriefMoment)
    words = SealedTextField(max_length=300, blank=True)
    state = models.CharField(max_length=8, choices=DebriefState, default=DebriefState.ASKED)
    planned_on = models.DateField(null=True, blank=True, help_text="The day that the listener proposed")
    asked_at = models.DateTimeField()
    closed_on = models.DateField(null=True, blank=True, help_text="The day they talked, or gave it up")

    class Meta:
        ordering = ["asked_at"]
        constraints = [
            CheckConstraint(name="debrief_two_people", condition=~Q(asked_by=F("listener"))),
            CheckConstraint(
                name="debrief_closed",
                condition=Q(state="closed", closed_on__isnull=False, words="") | ~Q(state="closed") & Q(closed_on=None),
            ),
            CheckConstraint(name="debrief_planned", condition=~Q(state="planned") | Q(planned_on__isnull=False)),
        ]
