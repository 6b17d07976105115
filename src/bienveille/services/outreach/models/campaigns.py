"""Benevolent call campaigns: who is called, by whom, with which questions, and what the calls revealed.

The queue itself (states, hand-out, attempts) belongs to `dispatch`.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from bienveille.engines.cases.models import Case
from bienveille.engines.dispatch.models import Attempt, Queue
from bienveille.engines.questionnaires.choices import Need
from bienveille.engines.questionnaires.models import QuestionnaireVersion, Response
from bienveille.ground.platform.records import Record
from bienveille.ground.platform.sealed_fields import SealedTextField
from bienveille.register.accounts.models import User
from bienveille.services.outreach.choices import CampaignState, Grade, Purpose


class Campaign(Record):
    """A campaign of calls. Its purpose binds every use of what it collects."""

    name = models.CharField(max_length=150)
    purpose = models.CharField(max_length=60, choices=Purpose)
    queue = models.OneToOneField(Queue, models.PROTECT, related_name="campaign")
    questionnaire = models.ForeignKey(QuestionnaireVersion, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=CampaignState, default=CampaignState.DRAFT)
    all_callers = models.BooleanField(default=True, help_text="Everybody with the role may call")
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField(auto_now_add=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    keep_answers_days = models.PositiveSmallIntegerField(
        default=365, help_text="Answers and notes are erased after that"
    )
    calls_erased_on = models.DateField(
        null=True, blank=True, editable=False, help_text="First day on which its calls were erased; the counts stay"
    )
    starts_on = models.DateField(null=True, blank=True, help_text="Foreseen first day of calls; opening is by hand")
    ends_on = models.DateField(null=True, blank=True, help_text="Foreseen last day of calls; closing is by hand")
    voicemail = models.CharField(
        max_length=400, blank=True, default="", db_default="", help_text="Words left on a voicemail; empty: ours"
    )
    sms = models.CharField(max_length=306, blank=True, default="", db_default="", help_text="Same, by text message")
    send_sms = models.BooleanField(
        default=False, db_default=False, help_text="The landlord sends these words by itself when nobody answers"
    )

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            CheckConstraint(
                name="campaign_days",
                condition=Q(starts_on=None) | Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
            ),
            CheckConstraint(name="campaign_state", condition=Q(state__in=CampaignState.values)),
            CheckConstraint(name="campaign_name", condition=~Q(name="")),
            CheckConstraint(
                name="campaign_opened",
                condition=Q(state="draft") | Q(state="closed") | Q(opened_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Wave(Record):
    """Whom a campaign calls, in order: the first wave is served before the second."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="waves")
    rank = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=150)
    audience = models.JSONField()
    priority = ArrayField(models.CharField(max_length=30), default=list, blank=True)

    class Meta:
        ordering = ["campaign", "rank"]
        constraints = [UniqueConstraint(fields=["campaign", "rank"], name="wave_rank_once")]

    def __str__(self) -> str:
        return self.name


class CampaignCaller(Record):
    """Somebody who calls for a campaign."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="callers")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")

    class Meta:
        constraints = [UniqueConstraint(fields=["campaign", "user"], name="campaign_caller_once")]


class Report(Record):
    """What one call revealed: grade, needs, one note, answers. It ends on a day known from the start."""

    attempt = models.OneToOneField(Attempt, models.CASCADE, related_name="report")
    grade = models.CharField(max_length=8, choices=Grade, blank=True)
    needs = ArrayField(models.CharField(max_length=24, choices=Need), default=list, blank=True)
    note = SealedTextField(max_length=500, blank=True)
    note_kept_despite_guard = models.BooleanField(
        default=False, help_text="Kept by the caller after a warning: to be read again"
    )
    response = models.ForeignKey(Response, models.SET_NULL, null=True, blank=True, related_name="+")
    expires_on = models.DateField()
    read_again_at = models.DateTimeField(null=True, blank=True, help_text="When a coordinator read the note again")
    read_again_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            CheckConstraint(
                name="report_read_again",
                condition=Q(read_again_at=None, read_again_by=None)
                | Q(read_again_at__isnull=False, read_again_by__isnull=False),
            ),
            CheckConstraint(name="report_grade", condition=Q(grade__in=["", *Grade.values])),
        ]
        indexes = [models.Index(fields=["expires_on"], name="report_expiry")]


class Referral(Record):
    """What one call handed over, by when, and what the person agreed to. Who sees to it is told by its case alone."""

    attempt = models.OneToOneField(Attempt, models.CASCADE, related_name="referral")
    grade = models.CharField(max_length=8, choices=Grade, blank=True)
    needs = ArrayField(models.CharField(max_length=24, choices=Need), default=list, blank=True)
    agreed = models.BooleanField(
        null=True, help_text="The person agreed that a partner calls back; unknown when not asked"
    )
    due_at = models.DateTimeField(help_text="When somebody must have taken it")
    created_at = models.DateTimeField()
    case = models.ForeignKey(
        Case, models.SET_NULL, null=True, blank=True, related_name="+", help_text="Says who took it; null once erased"
    )

    class Meta:
        constraints = [
            CheckConstraint(name="referral_due", condition=Q(due_at__gte=F("created_at"))),
        ]


class CallerPause(Record):
    """A caller takes a rest until a day, of their own accord: nobody asks why. Resuming deletes the row."""

    user = models.OneToOneField(User, models.CASCADE, related_name="calling_pause")
    until = models.DateField(help_text="The day they call again")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id} {self.until}"
