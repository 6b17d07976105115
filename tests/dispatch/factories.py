"""Queues with people in them, for the tests of dispatch and of what stands on it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tests.tenants.factories import HouseholdFactory

from bienveille.engines.dispatch.models import Contact, Lane, Queue
from bienveille.engines.dispatch.operations import HandOut, Recorded, freeze_target, hand_out, record_attempt
from bienveille.register.accounts.models import User

#: A Saturday, as TODAY of the tenants' factories; 11 in the morning in Paris.
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
#: A Monday morning, when people are called.
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def make_queue(households: int = 3, **rules: Any) -> Queue:
    """An open queue whose households wait in one lane, in the order they were made."""
    queue = Queue.objects.create(**rules)
    for rank in range(households):
        add_contact(queue, priority=rank)
    freeze_target(queue=queue)
    return queue


def add_contact(queue: Queue, *, wave: int = 0, language: str = "", priority: int = 0, **household: Any) -> Contact:
    household.setdefault("phone", True)
    home = HouseholdFactory(**household)
    lane, _ = Lane.objects.get_or_create(
        queue=queue, wave=wave, language=language, agency=home.dwelling.building.residence.agency
    )
    return Contact.objects.create(queue=queue, lane=lane, household=home, priority=priority)


def take(queue: Queue, caller: User, now: datetime = MONDAY) -> Contact | None:
    """The contact that a caller is handed, read from the database."""
    handed: HandOut | None = hand_out(queue_id=queue.pk, caller=caller, now=now, reason="essai")
    if handed is None:
        return None
    return Contact.objects.select_related("queue", "planned_call", "household", "lane").get(pk=handed.contact_id)


def record(contact: Contact, caller: User, outcome: str, now: datetime = MONDAY, **more: Any) -> Recorded:
    """Save how a call ended, with the contact's own token."""
    token: UUID = more.pop("token", contact.token)
    return record_attempt(caller=caller, contact_id=contact.pk, token=token, outcome=outcome, now=now, **more)
