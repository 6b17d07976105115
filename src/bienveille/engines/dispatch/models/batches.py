"""The lists of a week: who calls whom from Monday to Sunday, and whom nobody could be found for.

A list never changes the state of a household: it says for whom it is kept (`Contact.kept_for`), and until when.
"""

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from bienveille.engines.dispatch.choices import LineEnd, NotListed, PlanState
from bienveille.engines.dispatch.models.queues import Contact, Queue
from bienveille.ground.platform.records import Record
from bienveille.register.accounts.models import User


class WeekPlan(Record):
    """The lists of one queue for one week: a proposal to look at, then what callers follow."""

    queue = models.ForeignKey(Queue, models.CASCADE, related_name="plans")
    starts_on = models.DateField(help_text="A Monday, or the day they were prepared when the week had begun")
    ends_on = models.DateField(help_text="Last day, included")
    state = models.CharField(max_length=10, choices=PlanState, default=PlanState.DRAFT)
    minutes_each = models.PositiveSmallIntegerField(help_text="Minutes counted for one call")
    hard_most = models.PositiveSmallIntegerField(help_text="Hard situations for one caller, at most")
    hard_skill = models.CharField(max_length=40, blank=True, help_text="What a hard situation asks of its caller")
    lent_at_once = models.BooleanField(
        default=False, help_text="Its households go to whoever has nobody else, without waiting for the last day"
    )
    cost = models.BigIntegerField(default=0, help_text="What the assignment cost, in the units of the table of costs")
    prepared_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    prepared_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-starts_on", "-prepared_at"]
        constraints = [
            CheckConstraint(name="plan_days", condition=Q(ends_on__gte=F("starts_on"))),
            CheckConstraint(name="plan_state", condition=Q(state__in=PlanState.values)),
            CheckConstraint(name="plan_minutes", condition=Q(minutes_each__gte=5, minutes_each__lte=120)),
            CheckConstraint(name="plan_confirmed", condition=Q(state="draft") | Q(confirmed_at__isnull=False)),
            UniqueConstraint(fields=["queue"], name="plan_one_draft", condition=Q(state="draft")),
            UniqueConstraint(fields=["queue"], name="plan_one_confirmed", condition=Q(state="confirmed")),
        ]

    def __str__(self) -> str:
        return f"{self.queue_id} {self.starts_on}"


class Batch(Record):
    """One caller's list for the week."""

    plan = models.ForeignKey(WeekPlan, models.CASCADE, related_name="batches", db_index=False)
    caller = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    capacity = models.PositiveIntegerField(help_text="Calls that their hours allow, promised ones taken off")
    promised = models.PositiveIntegerField(default=0, help_text="Calls that they had promised for that week")
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When the list was freed before its end")

    class Meta:
        constraints = [UniqueConstraint(fields=["plan", "caller"], name="batch_once")]
        indexes = [models.Index(fields=["caller"], name="batch_caller", condition=Q(ended_at=None))]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.caller_id}"


class BatchLine(Record):
    """One household of a plan: on a caller's list, or on nobody's with the reason. `token` fences its paper row."""

    plan = models.ForeignKey(WeekPlan, models.CASCADE, related_name="lines", db_index=False)
    batch = models.ForeignKey(Batch, models.CASCADE, null=True, related_name="lines", db_index=False)
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="+", db_index=False)
    position = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=12, choices=NotListed, blank=True, help_text="Why nobody has it")
    same_voice = models.BooleanField(default=False, help_text="Its caller is who reached the household last time")
    hard = models.BooleanField(default=False, help_text="The last call to the household was orange or red")
    token = models.UUIDField(help_text="Changes when the line changes hands: an older sheet is then known as such")
    offered_at = models.DateTimeField(null=True, blank=True, help_text="When its caller asked somebody else to take it")
    ended_at = models.DateTimeField(null=True, blank=True)
    end = models.CharField(max_length=10, choices=LineEnd, blank=True)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["plan", "contact"], name="line_once", condition=Q(ended_at=None)),
            CheckConstraint(
                name="line_placed",
                condition=Q(batch=None) & ~Q(reason="") | Q(batch__isnull=False, reason=""),
            ),
            CheckConstraint(
                name="line_ended", condition=Q(ended_at=None, end="") | Q(ended_at__isnull=False) & ~Q(end="")
            ),
        ]
        indexes = [
            models.Index(fields=["batch", "position"], name="line_batch"),
            models.Index(fields=["plan", "reason"], name="line_reason", condition=Q(batch=None)),
            models.Index(fields=["contact"], name="line_contact"),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.position}"
