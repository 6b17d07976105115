"""A caller's own day: promises by day, weekly people, figures, rest; and, for coordinators, what rests with a rest."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery

from bienveille.engines.dispatch.choices import Outcome, PlannedState, StopReason
from bienveille.engines.dispatch.models import Attempt, Contact, PlannedCall
from bienveille.engines.dispatch.operations import UNDO_MINUTES
from bienveille.engines.dispatch.queries import still_callable
from bienveille.ground.platform.prepared import Prepared
from bienveille.register.accounts.models import User
from bienveille.register.accounts.rules import Scope
from bienveille.services.outreach.models import CallerPause, Campaign, Report
from bienveille.services.outreach.queries.campaigns import users_calling

#: How long a weekly call that was ended may be taken up again from the caller's page.
STOPPED_SHOWN = timedelta(days=7)
#: How long coordinators are shown those whom a caller can no longer call.
LEFT_SHOWN = timedelta(days=60)


@dataclass(frozen=True)
class WeeklyPerson:
    """Somebody whom a caller calls every week: since when, what they said last, the day of the next call."""

    planned: PlannedCall
    since: datetime | None
    last_words: str
    last_at: datetime | None


@dataclass(frozen=True)
class MyFigures:
    """What a caller did: calls made and households reached, today and since Monday."""

    calls_today: int
    reached_today: int
    calls_week: int
    reached_week: int


def pause_of(caller: User, today: date) -> CallerPause | None:
    """The rest of a caller, while it lasts (1 query)."""
    return CallerPause.objects.filter(user=caller, until__gt=today).first()


def _awake(callers: QuerySet[User], user_id: UUID, today: date) -> QuerySet[User, bool]:
    resting = Exists(CallerPause.objects.filter(user=OuterRef("pk"), until__gt=today))
    return callers.filter(pk=user_id).values_list(~resting, flat=True)


# Asked each time that somebody takes a household.
_any_caller_awake = Prepared(lambda user_id, today: _awake(users_calling(None), user_id, today), UUID, date)
_named_caller_awake = Prepared(
    lambda campaign_id, user_id, today: _awake(users_calling(campaign_id), user_id, today), UUID, UUID, date
)


def may_be_handed(campaign: Campaign, user: User, today: date) -> bool | None:
    """Whether a user may be handed a household now: None when they do not call there, False at rest (1 query)."""
    if campaign.all_callers:
        awake = _any_caller_awake(user.pk, today)
    else:
        awake = _named_caller_awake(campaign.pk, user.pk, today)
    return awake[0] if awake else None


def weekly_people(caller: User) -> list[WeeklyPerson]:
    """Those whom a caller calls every week, by the day of the next call (1 query)."""
    planned = PlannedCall.objects.filter(
        still_callable(), caller=caller, weekly=True, state=PlannedState.PLANNED, contact__queue__closed_at=None
    )
    return _weekly(planned.order_by("due_on", "due_from", "id"))


def stopped_weekly(caller: User, now: datetime) -> list[WeeklyPerson]:
    """Those whom a caller ceased to call this week, who may be taken up again (1 query)."""
    planned = PlannedCall.objects.filter(
        caller=caller, weekly=True, stopped_at__gt=now - STOPPED_SHOWN, contact__queue__closed_at=None
    ).filter(~_promised_again())
    return _weekly(planned.order_by("-stopped_at"))


def left_alone(scope: Scope, now: datetime) -> list[PlannedCall]:
    """Weekly calls that a caller could no longer make, and that nobody has taken up since (1 query).

    For coordinators: the households of their agencies.
    """
    planned = PlannedCall.objects.filter(
        still_callable(),
        stop_reason=StopReason.CALLER_UNABLE,
        stopped_at__gt=now - LEFT_SHOWN,
        contact__queue__closed_at=None,
    ).filter(~_promised_again())
    return list(_for_coordinators(planned, scope).order_by("stopped_at", "id"))


def promises_of_resting(scope: Scope, today: date) -> list[PlannedCall]:
    """Calls promised by callers at rest that fall due before they are back, the oldest first (1 query).

    For coordinators: the households of their agencies.
    """
    planned = PlannedCall.objects.filter(
        still_callable(),
        state=PlannedState.PLANNED,
        caller__calling_pause__until__gt=today,
        contact__queue__closed_at=None,
    )
    planned = planned.filter(due_on__lt=F("caller__calling_pause__until"))
    return list(_for_coordinators(planned, scope).order_by("due_on", "id"))


def my_figures(caller: User, midnight: datetime) -> MyFigures:
    """Calls and households reached, today and since Monday, in every campaign (1 query)."""
    monday = midnight - timedelta(days=midnight.weekday())
    counts = Attempt.objects.filter(caller=caller, undone_at=None, at__gte=monday).aggregate(
        calls_week=Count("id"),
        reached_week=Count("id", filter=Q(outcome=Outcome.REACHED)),
        calls_today=Count("id", filter=Q(at__gte=midnight)),
        reached_today=Count("id", filter=Q(outcome=Outcome.REACHED, at__gte=midnight)),
    )
    return MyFigures(**counts)


def households_in_hand(caller: User) -> list[Contact]:
    """Households that a caller holds, one a campaign at most, the one held longest first (1 query)."""
    held = Contact.objects.filter(reserved_by=caller).select_related("household").order_by("reserved_at")
    return list(held)


def last_saved_call(caller: User, now: datetime, queue_id: UUID | None = None) -> Attempt | None:
    """The call just saved, while it may still be taken back, with what it revealed and who leads there (1 query)."""
    attempts = Attempt.objects.filter(caller=caller, undone_at=None, at__gt=now - timedelta(minutes=UNDO_MINUTES))
    if queue_id is not None:
        attempts = attempts.filter(contact__queue_id=queue_id)
    attempts = attempts.select_related("report", "contact__household", "contact__queue__campaign__created_by")
    return attempts.order_by("-at", "-id").first()


def weekly_call(caller: User, planned_call_id: UUID) -> PlannedCall | None:
    """One of a caller's weekly calls, planned or ended, with its household (1 query)."""
    planned = PlannedCall.objects.filter(pk=planned_call_id, caller=caller, weekly=True)
    return planned.select_related("contact__household", "contact__queue__campaign").first()


def _weekly(planned: QuerySet[PlannedCall]) -> list[WeeklyPerson]:
    first = (
        PlannedCall.objects.filter(contact=OuterRef("contact"), caller=OuterRef("caller"), weekly=True)
        .order_by()
        .values("contact")
        .annotate(first=Min("planned_by__at"))
        .values("first")
    )
    said = Report.objects.filter(
        attempt__contact__household=OuterRef("contact__household"), attempt__undone_at=None
    ).exclude(note="")
    said = said.order_by("-attempt__at")
    rows = planned.annotate(
        since=Subquery(first),
        last_words=Subquery(said.values("note")[:1]),
        last_at=Subquery(said.values("attempt__at")[:1]),
    ).select_related("contact__household", "contact__queue__campaign")
    return [WeeklyPerson(row, row.since, row.last_words or "", row.last_at) for row in rows]


def _promised_again() -> Exists:
    return Exists(PlannedCall.objects.filter(contact=OuterRef("contact"), state=PlannedState.PLANNED))


def _for_coordinators(planned: QuerySet[PlannedCall], scope: Scope) -> QuerySet[PlannedCall]:
    if not scope.everything:
        planned = planned.filter(
            Q(contact__lane__agency__in=scope.agencies) | Q(contact__lane__agency__company__in=scope.companies)
        )
    return planned.select_related("contact__household", "contact__queue__campaign", "caller__calling_pause")
