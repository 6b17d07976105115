"""What campaigns know of one household, for its page."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bienveille.engines.dispatch.choices import PlannedState
from bienveille.engines.dispatch.models import Attempt, Contact, PlannedCall
from bienveille.engines.questionnaires.choices import Need


@dataclass(frozen=True)
class HouseholdEvent:
    """One call that a household got: when, how it ended, by whom, what it revealed."""

    at: datetime
    outcome: str
    label: str
    caller: str
    campaign: str
    minutes: int | None  # from the hand-out to the report
    grade: str
    needs: tuple[str, ...]
    note: str


def events_for_household(household_id: UUID, *, limit: int = 100) -> list[HouseholdEvent]:
    """The calls a household got in every campaign, newest first, those taken back left out (1 query)."""
    attempts = (
        Attempt.objects.filter(contact__household_id=household_id, undone_at=None)
        .select_related("caller", "report", "contact__queue__campaign")
        .order_by("-at", "-id")[:limit]
    )
    return [_event(attempt) for attempt in attempts]


def _event(attempt: Attempt) -> HouseholdEvent:
    report = attempt.report if hasattr(attempt, "report") else None
    lasted = (attempt.at - attempt.started_at).total_seconds() if attempt.started_at else 0
    return HouseholdEvent(
        at=attempt.at,
        outcome=attempt.outcome,
        label=attempt.get_outcome_display(),
        caller=attempt.caller.initials,
        campaign=attempt.contact.queue.campaign.name,
        minutes=int(lasted // 60) or None,
        grade=report.grade if report else "",
        needs=tuple(Need(need).label for need in report.needs) if report else (),
        note=report.note if report else "",
    )


def standing_of_household(household_id: UUID) -> list[Contact]:
    """Where a household stands in each campaign that is not closed, the newest first (1 query)."""
    contacts = Contact.objects.filter(household_id=household_id, queue__closed_at=None)
    return list(contacts.select_related("queue__campaign").order_by("-queue__campaign__opened_at"))


def promises_to_household(household_id: UUID) -> list[PlannedCall]:
    """The calls that a household was promised, with who promised them (1 query)."""
    calls = PlannedCall.objects.filter(contact__household_id=household_id, state=PlannedState.PLANNED)
    return list(calls.select_related("caller", "contact__queue__campaign").order_by("due_on", "id"))
