"""A situation, what happened to it, whom it alerted. Notes and needs end with the case, a year after it is closed."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from bienveille.engines.cases.choices import (
    ActionKind,
    AlertChannel,
    CaseKind,
    CaseOutcome,
    CaseState,
    Grade,
)
from bienveille.engines.questionnaires.choices import Need
from bienveille.ground.platform.records import Record
from bienveille.ground.platform.sealed_fields import SealedTextField
from bienveille.register.accounts.models import Agency, User
from bienveille.register.housing.models import Residence
from bienveille.register.tenants.models import Household, Person

ALIVE = ~Q(state=CaseState.CLOSED)


class Case(Record):
    """A situation followed until it is closed. One household has one open case of a kind."""

    kind = models.CharField(max_length=16, choices=CaseKind)
    household = models.ForeignKey(Household, models.PROTECT, null=True, blank=True, related_name="+")
    person = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="+", help_text="Whom of the household, if one"
    )
    residence = models.ForeignKey(Residence, models.PROTECT, null=True, blank=True, related_name="+")
    agency = models.ForeignKey(
        Agency, models.PROTECT, null=True, blank=True, related_name="+", help_text="Whose it is; that of its home"
    )
    readers = models.ManyToManyField(
        User,
        through="cases.CaseReader",
        through_fields=("case", "user"),
        related_name="+",
        blank=True,
        help_text="Of a confidential case only",
    )
    needs = ArrayField(models.CharField(max_length=24, choices=Need), default=list, blank=True)
    grade = models.CharField(max_length=8, choices=Grade)
    state = models.CharField(max_length=10, choices=CaseState, default=CaseState.NEW)
    owner = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    signalled_at = models.DateTimeField(help_text="The last time that it asked for somebody")
    take_before = models.DateTimeField(help_text="When somebody must have taken it")
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    close_before = models.DateTimeField(help_text="When it should be closed")
    next_step = SealedTextField(max_length=150, blank=True, help_text="What is to be done next")
    next_step_on = models.DateField(null=True, blank=True)
    news_at = models.DateTimeField(null=True, blank=True, help_text="Something new that its owner has not read yet")
    alert_round = models.PositiveSmallIntegerField(default=1, help_text="Each time it asks for somebody anew")
    next_alert_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    outcome = models.CharField(max_length=10, choices=CaseOutcome, blank=True)
    expires_on = models.DateField(null=True, blank=True, help_text="Erased after that day; set when it is closed")
    revision = models.PositiveIntegerField(default=1, help_text="One more with each change: two people see each other")

    class Meta:
        constraints = [
            CheckConstraint(name="case_kind", condition=Q(kind__in=CaseKind.values)),
            CheckConstraint(name="case_state", condition=Q(state__in=CaseState.values)),
            CheckConstraint(name="case_grade", condition=Q(grade__in=Grade.values)),
            CheckConstraint(
                name="case_subject",
                condition=Q(household__isnull=False, residence=None)
                | Q(household=None, person=None, residence__isnull=False),
            ),
            CheckConstraint(
                name="case_taken",
                condition=Q(state="new", acknowledged_at=None)
                | Q(state="followed", acknowledged_at__isnull=False, owner__isnull=False)
                | Q(state="closed"),
            ),
            CheckConstraint(
                name="case_closed",
                condition=Q(state="closed", closed_at__isnull=False, expires_on__isnull=False) & ~Q(outcome="")
                | ~Q(state="closed") & Q(closed_at=None, expires_on=None, outcome=""),
            ),
            CheckConstraint(name="case_next_step", condition=Q(next_step_on=None) | ~Q(next_step="")),
            UniqueConstraint(fields=["household", "kind"], name="case_one_open_each", condition=ALIVE),
            UniqueConstraint(fields=["residence", "kind"], name="case_one_open_place", condition=ALIVE),
        ]
        indexes = [
            models.Index(fields=["next_alert_at"], name="case_to_alert", condition=Q(next_alert_at__isnull=False)),
            models.Index(fields=["expires_on"], name="case_expiry", condition=Q(expires_on__isnull=False)),
            models.Index(fields=["agency", "take_before"], name="case_alive", condition=ALIVE),
        ]


class CaseAction(Record):
    """One thing that happened to a case: signalled by a call, taken, visited, handed over… Never changed after."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="actions")
    kind = models.CharField(max_length=10, choices=ActionKind)
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    to = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    words = SealedTextField(max_length=500, blank=True)
    kept_despite_guard = models.BooleanField(default=False, help_text="Kept by its writer after a warning")
    grade = models.CharField(max_length=8, choices=Grade, blank=True, help_text="Of a signal")
    needs = ArrayField(models.CharField(max_length=24, choices=Need), default=list, blank=True)
    source = models.UUIDField(null=True, blank=True, help_text="Key of the call that signalled")
    answered_at = models.DateTimeField(null=True, blank=True, help_text="When somebody saw to that signal")
    undone_at = models.DateTimeField(null=True, blank=True, help_text="The call was taken back")
    revision = models.PositiveIntegerField(help_text="The revision of the case that it made")

    class Meta:
        constraints = [
            CheckConstraint(name="case_action_kind", condition=Q(kind__in=ActionKind.values)),
            UniqueConstraint(fields=["source"], name="case_action_source_once", condition=Q(source__isnull=False)),
        ]
        indexes = [models.Index(fields=["case", "-at"], name="case_action_latest")]


class Alert(Record):
    """Somebody was alerted by one way. Kept with the case: when it was due, sent, seen, answered."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="alerts")
    round = models.PositiveSmallIntegerField()
    turn = models.PositiveSmallIntegerField(help_text="How many times this person was alerted in this round")
    whom = models.CharField(max_length=10, help_text="The rung: owner, duty, managers, direction")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    channel = models.CharField(max_length=8, choices=AlertChannel)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True, help_text="They opened the case")
    acknowledged_at = models.DateTimeField(null=True, blank=True, help_text="They took the case")

    class Meta:
        constraints = [
            CheckConstraint(name="alert_channel", condition=Q(channel__in=AlertChannel.values)),
            UniqueConstraint(fields=["case", "round", "turn", "user", "channel"], name="alert_once"),
        ]
