"""What is tried beside calls for a household that nobody reached, and why it stays without an answer."""

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from bienveille.engines.dispatch.choices import PlannedState, StepKind, StepResult
from bienveille.engines.dispatch.models.queues import Contact
from bienveille.ground.platform.records import Record
from bienveille.ground.platform.sealed_fields import SealedTextField
from bienveille.register.accounts.models import User


class Step(Record):
    """Something else than a call that a contact waits for: a visit, a letter, a word to the social centre.

    The contact keeps its state while a step is under way; what the step gives may change it (`rules.steps`).
    """

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="steps", db_index=False)
    kind = models.CharField(max_length=16, choices=StepKind)
    state = models.CharField(max_length=10, choices=PlannedState, default=PlannedState.PLANNED)
    assigned_to = models.ForeignKey(User, models.PROTECT, related_name="steps", db_index=False)
    due_on = models.DateField()
    say = SealedTextField(max_length=200, blank=True, help_text="What to say there: facts, nothing of health")
    result = models.CharField(max_length=16, choices=StepResult, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    before = models.JSONField(default=dict, help_text="State of the contact before, so that it can be taken back")
    seen_at = models.DateTimeField(null=True, blank=True, help_text="When a coordinator saw that somebody worries")
    seen_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["contact", "kind"], name="step_one_ahead", condition=Q(state="planned")),
            CheckConstraint(name="step_kind", condition=Q(kind__in=StepKind.values)),
            CheckConstraint(
                name="step_done",
                condition=Q(state="done", done_at__isnull=False, done_by__isnull=False) & ~Q(result="")
                | ~Q(state="done") & Q(done_at=None, done_by=None, result=""),
            ),
            CheckConstraint(
                name="step_seen",
                condition=Q(seen_at=None, seen_by=None)
                | Q(seen_at__isnull=False, seen_by__isnull=False, result="worried"),
            ),
        ]
        indexes = [
            models.Index(fields=["contact", "created_at"], name="step_contact"),
            models.Index(fields=["assigned_to", "due_on"], name="step_due", condition=Q(state="planned")),
            models.Index(fields=["contact"], name="step_worry", condition=Q(result="worried", seen_at=None)),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class Explanation(Record):
    """Why a household stays without an answer, in a coordinator's words. One each; it can be written anew."""

    contact = models.OneToOneField(Contact, models.CASCADE, related_name="explanation")
    words = SealedTextField(max_length=200, help_text="A fact, nothing of health")
    said_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    said_at = models.DateTimeField()

    class Meta:
        constraints = [CheckConstraint(name="explanation_words", condition=~Q(words=""))]

    def __str__(self) -> str:
        return self.words
