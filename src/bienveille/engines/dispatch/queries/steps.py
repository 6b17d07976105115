"""What was tried beside calls: for one contact, for who goes and knocks, and what worries somebody."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from bienveille.engines.dispatch.choices import PlannedState, StepResult
from bienveille.engines.dispatch.models import Explanation, Step
from bienveille.register.accounts.models import User

_HOME = "contact__household__dwelling__building__residence"


def steps_of(contact_id: UUID) -> list[Step]:
    """Every step of a contact, newest first, with who does it and who did it (1 query)."""
    steps = Step.objects.filter(contact_id=contact_id).select_related("assigned_to", "done_by", "seen_by")
    return list(steps.order_by("-created_at", "-id"))


def explanation_of(contact_id: UUID) -> Explanation | None:
    """Why a household stays without an answer, with who said it (1 query)."""
    return Explanation.objects.filter(contact_id=contact_id).select_related("said_by").first()


def step_of(step_id: UUID) -> Step | None:
    """One step with its household, its home and its queue (1 query)."""
    related = ("contact__queue__campaign", "contact__lane__agency", _HOME, "assigned_to", "created_by", "seen_by")
    return Step.objects.filter(pk=step_id).select_related(*related).first()


def asked_of(user: User) -> list[Step]:
    """What somebody is asked to try, the earliest first, with the home (1 query).

    Never for a protected address, nor in a queue that is closed.
    """
    steps = Step.objects.filter(assigned_to=user, state=PlannedState.PLANNED, contact__queue__closed_at=None).exclude(
        contact__household__people__protected_address=True
    )
    return list(steps.select_related(_HOME).order_by("due_on", "id"))


def ended_by(user: User, since: date) -> list[Step]:
    """What somebody was asked and ended since a day, the latest first, with the household (1 query)."""
    steps = Step.objects.filter(done_by=user, assigned_to=user, state=PlannedState.DONE, done_at__date__gte=since)
    steps = steps.exclude(contact__household__people__protected_address=True)
    return list(steps.select_related("contact__household").order_by("-done_at", "-id"))


def worries_in(queue_ids: Iterable[UUID]) -> list[Step]:
    """Steps after which somebody worries and that no coordinator has seen, the oldest first (1 query)."""
    steps = Step.objects.filter(
        result=StepResult.WORRIED, seen_at=None, state=PlannedState.DONE, contact__queue_id__in=list(queue_ids)
    )
    related = ("contact__household", "contact__lane__agency", "contact__queue__campaign", "done_by")
    return list(steps.select_related(*related).order_by("done_at", "id"))
