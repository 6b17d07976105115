"""A queue of households to reach: who is next, who has them in hand, what each attempt gave.

What the call was about (questions, grade, needs) belongs to the service that owns the queue. The invariants that
protect people stand here as constraints: one state per contact, one open contact per caller, one token per contact.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from bienveille.engines.dispatch.choices import Channel, ClosingReason, ContactState, Outcome, PlannedState, StopReason
from bienveille.ground.platform.records import Record
from bienveille.register.accounts.models import Agency, User
from bienveille.register.tenants.models import ContactPoint, Household


class Queue(Record):
    """The rules of one queue. `target` is frozen when it opens: the ledger must always add up to it."""

    max_attempts = models.PositiveSmallIntegerField(default=5)
    lease_minutes = models.PositiveSmallIntegerField(default=30)
    target = models.PositiveIntegerField(null=True, blank=True)
    added = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Households that came after opening; the target counts them too"
    )
    accepting = models.BooleanField(
        default=False, help_text="Hands out; false before opening, in pause and after closing"
    )
    closed_at = models.DateTimeField(null=True, blank=True, help_text="From then on nothing goes back to waiting")
    windows = models.JSONField(
        default=list,
        db_default=models.Value([], output_field=models.JSONField()),
        blank=True,
        help_text="Hours of the week when people are called, as a campaign document writes them; empty: any hour",
    )
    on_days_off = models.BooleanField(default=False, db_default=False, help_text="Public holidays are days like others")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            CheckConstraint(name="queue_attempts", condition=Q(max_attempts__gte=1, max_attempts__lte=20)),
            CheckConstraint(name="queue_lease", condition=Q(lease_minutes__gte=1, lease_minutes__lte=480)),
            CheckConstraint(name="queue_closed", condition=Q(closed_at=None) | Q(accepting=False)),
        ]


class Lane(models.Model):
    """Households of one wave, agency, language and place: callers are served from the head of the lanes that suit them.

    `open` spares the probe of empty lanes. It is turned off under `FOR UPDATE` after a second look, and whoever
    puts a contact back holds the row under `FOR KEY SHARE`, so no contact is ever left behind a closed lane.
    """

    id = models.BigAutoField(primary_key=True)
    queue = models.ForeignKey(Queue, models.CASCADE, related_name="lanes")
    wave = models.PositiveSmallIntegerField(default=0)
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, related_name="+")
    language = models.CharField(max_length=8, blank=True, help_text="ISO 639-1; empty: French or unknown")
    place = models.CharField(
        max_length=3,
        blank=True,
        default="",
        db_default="",
        help_text="Code of `calling_hours.PLACES`: whose clock and days off; empty: mainland",
    )
    open = models.BooleanField(default=True)

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["queue", "wave", "agency", "language", "place"], name="lane_once", nulls_distinct=False
            ),
        ]
        indexes = [models.Index(fields=["queue", "wave", "agency"], name="lane_open", condition=Q(open=True))]

    def __str__(self) -> str:
        return f"{self.wave}/{self.agency_id}/{self.language}"


class Contact(Record):
    """One household of one queue. `token` fences: only its holder may record what happened."""

    queue = models.ForeignKey(Queue, models.CASCADE, related_name="contacts", db_index=False)
    lane = models.ForeignKey(Lane, models.PROTECT, related_name="contacts", db_index=False)
    # The database lets it be null once the calls are erased (migration 0015): what remains is one more to count. Said
    # never null here, so that every list and every page joins it, and passes by those that have no name any more.
    household = models.ForeignKey(Household, models.PROTECT, related_name="contacts", db_index=False)
    priority = models.IntegerField(default=0, help_text="Smaller is sooner, inside the lane")
    why = ArrayField(models.CharField(max_length=120), default=list, help_text="Reasons in French, frozen at opening")
    state = models.CharField(max_length=12, choices=ContactState, default=ContactState.WAITING)
    reason = models.CharField(max_length=16, choices=ClosingReason, blank=True)
    attempts_made = models.PositiveSmallIntegerField(default=0)
    hard = models.BooleanField(default=False, db_default=False, help_text="The last situation told there was grave")
    not_before = models.DateTimeField(null=True, blank=True)
    resume_at = models.DateTimeField(
        null=True, blank=True, help_text="Withdrawn by hand: its hour if it is put back, kept from `not_before`"
    )
    token = models.UUIDField(null=True, blank=True)
    reserved_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    reserved_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    planned_call = models.ForeignKey(
        "PlannedCall",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text="The planned call for which it is held; the state then stays what it was",
    )
    kept_for = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text="On whose list of the week it stands: handed to them, not to others, while that lasts",
    )
    kept_rank = models.PositiveIntegerField(default=0, db_default=0, help_text="Its place in that list")
    kept_until = models.DateTimeField(null=True, blank=True, help_text="When the list ends: then it is anybody's again")
    lent_from = models.DateTimeField(
        null=True, blank=True, help_text="From when it may go to another caller who would otherwise have nobody"
    )

    class Meta:
        constraints = [
            UniqueConstraint(fields=["queue", "household"], name="contact_once"),
            UniqueConstraint(
                fields=["queue", "reserved_by"],
                name="contact_one_open",
                condition=Q(reserved_by__isnull=False),
            ),
            CheckConstraint(name="contact_state", condition=Q(state__in=ContactState.values)),
            # Nobody without a name is called, or waited for.
            CheckConstraint(
                name="contact_nameless",
                condition=Q(household__isnull=False)
                | Q(why=[], token=None, reserved_by=None, planned_call=None, kept_for=None)
                & ~Q(state__in=["waiting", "reserved"]),
            ),
            CheckConstraint(
                name="contact_reserved",
                condition=Q(reserved_by=None, lease_until=None) & ~Q(state="reserved")
                | Q(reserved_by__isnull=False, lease_until__isnull=False, token__isnull=False)
                & (Q(state="reserved", planned_call=None) | Q(planned_call__isnull=False) & ~Q(state="reserved")),
            ),
            CheckConstraint(
                name="contact_reason",
                condition=Q(state__in=["unreachable", "withdrawn"]) & ~Q(reason="")
                | ~Q(state__in=["unreachable", "withdrawn"]) & Q(reason=""),
            ),
            CheckConstraint(name="contact_not_before", condition=Q(not_before=None) | Q(state="waiting")),
            CheckConstraint(name="contact_resume", condition=Q(resume_at=None) | Q(state="withdrawn")),
            CheckConstraint(
                name="contact_kept",
                condition=Q(kept_for=None, kept_until=None, lent_from=None)
                | Q(kept_for__isnull=False, kept_until__isnull=False, lent_from__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["lane", "priority", "id"],
                name="contact_ready",
                condition=Q(state="waiting", not_before=None, kept_for=None),
            ),
            models.Index(
                fields=["queue", "kept_for", "kept_rank", "id"],
                name="contact_kept_ready",
                condition=Q(state="waiting", not_before=None, kept_for__isnull=False),
            ),
            models.Index(
                fields=["queue", "lent_from", "kept_rank", "id"],
                name="contact_lent",
                condition=Q(state="waiting", not_before=None, kept_for__isnull=False),
            ),
            models.Index(
                fields=["queue", "kept_until"], name="contact_kept_until", condition=Q(kept_for__isnull=False)
            ),
            models.Index(fields=["queue", "not_before"], name="contact_later", condition=Q(not_before__isnull=False)),
        ]


class Attempt(Record):
    """One call and how it ended. Never deleted while the campaign lives; `undone_at` takes it out of the figures."""

    contact = models.ForeignKey(Contact, models.PROTECT, related_name="attempts")
    caller = models.ForeignKey(User, models.PROTECT, related_name="attempts", db_index=False)
    channel = models.CharField(max_length=8, choices=Channel, default=Channel.PHONE)
    outcome = models.CharField(max_length=16, choices=Outcome)
    at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True, help_text="When the contact was handed out")
    contact_point = models.ForeignKey(
        ContactPoint, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    token = models.UUIDField(unique=True, help_text="The reservation it ended: one attempt each")
    idempotency_key = models.CharField(max_length=200, null=True, blank=True)
    answer = models.JSONField(default=dict, help_text="What the operation answered, given again for the same key")
    before = models.JSONField(default=dict, help_text="State of the contact before, so that it can be undone")
    undone_at = models.DateTimeField(null=True, blank=True)
    hard = models.BooleanField(default=False, db_default=False, help_text="It revealed a grave situation")

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["caller", "idempotency_key"],
                name="attempt_key_once",
                condition=Q(idempotency_key__isnull=False),
            ),
            CheckConstraint(name="attempt_outcome", condition=Q(outcome__in=Outcome.values)),
        ]
        indexes = [models.Index(fields=["caller", "-at"], name="attempt_caller")]


class PlannedCall(Record):
    """A call promised for a day, or every week. A row of its own: the contact stays what it was."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="planned_calls", db_index=False)
    caller = models.ForeignKey(User, models.PROTECT, related_name="planned_calls", db_index=False)
    due_on = models.DateField()
    due_when = models.CharField(
        max_length=9,
        blank=True,
        default="",
        db_default="",
        help_text="`morning`, `afternoon` or HH:MM; empty: any time",
    )
    due_from = models.DateTimeField(
        null=True, blank=True, help_text="When it may be handed out that day; only with `due_when`"
    )
    weekly = models.BooleanField(default=False, help_text="It comes back by itself: every week, or `every_days`")
    every_days = models.PositiveSmallIntegerField(default=7, db_default=7)
    promised_for = models.DateField(
        null=True, blank=True, help_text="The day first said; `due_on` moves when nobody answers"
    )
    state = models.CharField(max_length=10, choices=PlannedState, default=PlannedState.PLANNED)
    tries = models.PositiveSmallIntegerField(default=0, help_text="Attempts without an answer so far")
    planned_by = models.ForeignKey(
        Attempt, models.PROTECT, null=True, related_name="planned", help_text="The attempt that promised it"
    )
    done_by = models.ForeignKey(
        Attempt,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="kept",
        help_text="The attempt that kept the promise",
    )
    stopped_at = models.DateTimeField(null=True, blank=True, help_text="When its caller ended it, before its day")
    stop_reason = models.CharField(max_length=16, choices=StopReason, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            UniqueConstraint(fields=["contact"], name="planned_one_ahead", condition=Q(state="planned")),
            CheckConstraint(
                name="planned_when",
                condition=Q(due_when="", due_from=None) | ~Q(due_when="") & Q(due_from__isnull=False),
            ),
            CheckConstraint(
                name="planned_stopped",
                condition=Q(stopped_at=None, stop_reason="")
                | Q(stopped_at__isnull=False, state="cancelled") & ~Q(stop_reason=""),
            ),
            CheckConstraint(name="planned_rhythm", condition=Q(every_days__gte=1, every_days__lte=56)),
            CheckConstraint(name="planned_done", condition=~Q(state="done") | Q(done_by__isnull=False)),
        ]
        indexes = [
            models.Index(fields=["caller", "due_on"], name="planned_due", condition=Q(state="planned")),
            models.Index(fields=["contact"], name="planned_contact"),
        ]
