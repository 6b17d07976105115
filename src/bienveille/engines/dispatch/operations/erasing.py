"""Calls erased: the household goes from them and every word, the day and the outcome stay for the figures."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Exists, OuterRef, Q

from bienveille.engines.dispatch.choices import ContactState, PlannedState
from bienveille.engines.dispatch.models import Contact, Explanation, PlannedCall, Step
from bienveille.register.tenants.operations import Going

#: An erased explanation still says that there was one.
NO_WORDS = "—"
# The day and the hour stay: figures go by them. To the minute, a caller would remember who it was.
_ATTEMPTS = """
UPDATE dispatch_attempt a
SET at = date_trunc('hour', a.at, %(zone)s),
    started_at = date_trunc('hour', a.at, %(zone)s) - (a.at - a.started_at),
    contact_point_id = NULL, token = gen_random_uuid(), idempotency_key = NULL, answer = '{}', before = '{}',
    hard = false
WHERE a.contact_id = ANY (%(contacts)s)
"""
_STEPS = "UPDATE dispatch_step SET say = '', before = '{}' WHERE contact_id = ANY (%(contacts)s)"
_CONTACTS = """
UPDATE dispatch_contact SET household_id = NULL, why = '{}', hard = false, token = NULL, resume_at = NULL, priority = 0,
       kept_for_id = NULL, kept_until = NULL, lent_from = NULL
WHERE id = ANY (%(contacts)s)
"""


def held_by_calls(going: Going) -> set[UUID]:
    """Households that somebody holds, that an open queue still has to call, or was told to try otherwise (1 query)."""
    promised = PlannedCall.objects.filter(contact=OuterRef("pk"), state=PlannedState.PLANNED)
    asked = Step.objects.filter(contact=OuterRef("pk"), state=PlannedState.PLANNED)
    due = Q(state=ContactState.WAITING) | Q(Exists(promised)) | Q(Exists(asked))
    held = Q(reserved_by__isnull=False) | Q(due, queue__closed_at=None)
    contacts = Contact.objects.filter(held, household__in=going.households)
    return set(contacts.values_list("household_id", flat=True))


def forget_contacts(contact_ids: Collection[UUID]) -> None:
    """Take the household and every word out of these contacts, their calls and what was tried beside (4 statements).

    States, outcomes, days and callers stay, so that every figure stays what it was. Not for one that is to be called.
    """
    named: dict[str, Any] = {"contacts": list(contact_ids), "zone": settings.TIME_ZONE}
    Explanation.objects.filter(contact__in=contact_ids).update(words=NO_WORDS)
    with connection.cursor() as cursor:
        for statement in (_ATTEMPTS, _STEPS, _CONTACTS):
            cursor.execute(statement, named)
