"""The lists of a week as screens show them: loads, whom nobody has, one caller's list."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from bienveille.engines.dispatch.choices import ContactState, PlanState
from bienveille.engines.dispatch.models import BatchLine, Contact, Queue, WeekPlan
from bienveille.ground.lib.names import spelled
from bienveille.register.accounts.models import User


def proposed_plan(queue: Queue) -> WeekPlan | None:
    """The lists proposed and not confirmed yet (1 query)."""
    return (
        WeekPlan.objects.filter(queue=queue, state=PlanState.DRAFT)
        .select_related("prepared_by", "queue__campaign")
        .first()
    )


def confirmed_plan(queue: Queue, today: date) -> WeekPlan | None:
    """The lists that callers follow now; none once their last day is over (1 query)."""
    plans = WeekPlan.objects.filter(queue=queue, state=PlanState.CONFIRMED, ends_on__gte=today)
    return plans.select_related("prepared_by", "queue__campaign").first()


@dataclass(frozen=True)
class BatchLoad:
    """One caller's list in figures. `called`: no longer waiting; `offered`: they ask somebody else to take."""

    batch_id: UUID
    caller_id: UUID
    name: str
    agency: str
    capacity: int
    promised: int
    ended: bool
    lines: int
    called: int
    same_voice: int
    hard: int
    offered: int

    @property
    def left(self) -> int:
        return self.lines - self.called


_LOADS = """
SELECT b.id, b.caller_id, u.first_name, u.last_name, u.email, coalesce(g.name, ''),
       b.capacity, b.promised, b.ended_at IS NOT NULL, count(l.id),
       count(l.id) FILTER (WHERE c.state NOT IN ('waiting', 'reserved')), count(l.id) FILTER (WHERE l.same_voice),
       count(l.id) FILTER (WHERE l.hard), count(l.id) FILTER (WHERE l.offered_at IS NOT NULL AND c.state = 'waiting')
FROM dispatch_batch b
JOIN accounts_user u ON u.id = b.caller_id
LEFT JOIN accounts_agency g ON g.id = u.agency_id
LEFT JOIN dispatch_batchline l ON l.batch_id = b.id AND l.ended_at IS NULL
LEFT JOIN dispatch_contact c ON c.id = l.contact_id
WHERE b.plan_id = %s
GROUP BY b.id, u.id, g.name
ORDER BY count(l.id) DESC, u.last_name, u.first_name, u.id
"""


def _name(first: str, last: str, email: str) -> str:
    return f"{spelled(first)} {spelled(last)}".strip() or email


def batch_loads(plan: WeekPlan) -> list[BatchLoad]:
    """Every caller of a plan, the longest list first, those without any household too (1 query)."""
    with connection.cursor() as cursor:
        cursor.execute(_LOADS, [plan.pk])
        return [BatchLoad(row[0], row[1], _name(*row[2:5]), *row[5:]) for row in cursor.fetchall()]


@dataclass(frozen=True)
class LeftOut:
    """Households on nobody's list for one reason, in one agency and language."""

    reason: str
    agency_id: UUID | None
    agency: str
    language: str
    households: int


def left_out(plan: WeekPlan) -> list[LeftOut]:
    """Whom nobody has, by reason, agency and language, the most first (1 query)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT l.reason, n.agency_id, coalesce(g.name, ''), n.language, count(*)::int
               FROM dispatch_batchline l JOIN dispatch_contact c ON c.id = l.contact_id
               JOIN dispatch_lane n ON n.id = c.lane_id LEFT JOIN accounts_agency g ON g.id = n.agency_id
               WHERE l.plan_id = %s AND l.batch_id IS NULL AND l.ended_at IS NULL
               GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 1, 3, 4""",
            [plan.pk],
        )
        return [LeftOut(*row) for row in cursor.fetchall()]


def lines_of_plan(plan: WeekPlan) -> QuerySet[BatchLine]:
    """Every line of a plan that still holds, with household, lane and caller; the page filters and sorts (no query)."""
    return BatchLine.objects.filter(plan=plan, ended_at=None).select_related(
        "contact__household", "contact__lane__agency", "contact__queue", "batch__caller", "plan"
    )


def lines_of_batch(batch_id: UUID) -> list[BatchLine]:
    """One caller's list in its order (1 query)."""
    lines = BatchLine.objects.filter(batch=batch_id, ended_at=None).select_related(
        "contact__household", "contact__lane__agency", "batch__caller", "plan"
    )
    return list(lines.order_by("position", "pk"))


def kept_for_me(caller: User, today: date) -> list[BatchLine]:
    """What stands on my lists of the week, campaign by campaign, in order; called ones too (1 query)."""
    lines = BatchLine.objects.filter(
        Q(ended_at=None),
        batch__caller=caller,
        batch__ended_at=None,
        plan__state=PlanState.CONFIRMED,
        plan__ends_on__gte=today,
        plan__queue__closed_at=None,
    )
    related = (
        "plan__queue__campaign", "batch", "contact__household__dwelling__building__residence", "contact__lane__agency"
    )  # fmt: skip
    return list(lines.select_related(*related).order_by("plan__starts_on", "plan", "position", "pk"))


def offered_lines(caller: User, queue_ids: Collection[UUID], today: date) -> list[BatchLine]:
    """What other callers of these queues ask somebody to take, the oldest request first (1 query).

    Shown without a name: agency and language only.
    """
    lines = BatchLine.objects.filter(
        plan__queue__in=queue_ids,
        plan__state=PlanState.CONFIRMED,
        plan__ends_on__gte=today,
        batch__ended_at=None,
        ended_at=None,
        offered_at__isnull=False,
        contact__state=ContactState.WAITING,
    ).exclude(batch__caller=caller)
    return list(
        lines.select_related("contact__lane__agency", "plan__queue__campaign", "batch").order_by("offered_at", "pk")
    )


def waiting_on_lists(queue: Queue) -> int:
    """How many households could be called now and are kept for somebody, for a caller who has nobody (1 query)."""
    return Contact.objects.filter(
        queue=queue, state=ContactState.WAITING, not_before=None, kept_for__isnull=False
    ).count()


def line_of(line_id: UUID) -> BatchLine | None:
    """One line of lists in force or proposed, with all around it (1 query)."""
    related = ("plan__queue", "batch__caller", "contact__household", "contact__lane__agency")
    return BatchLine.objects.select_related(*related).filter(pk=line_id).first()


def lines_with_tokens(keys: Collection[UUID]) -> dict[UUID, BatchLine]:
    """Lines by key with what tells whether a sheet still holds (1 query)."""
    related = ("plan__queue", "batch__caller", "contact__household")
    return {one.pk: one for one in BatchLine.objects.select_related(*related).filter(pk__in=keys)}
