"""What a coordinator does to households of a queue, several at once: take out, put back, free, give to another."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from bienveille.engines.dispatch.choices import ClosingReason, ContactState, PlannedState
from bienveille.engines.dispatch.models import Contact, PlannedCall
from bienveille.engines.dispatch.operations.contacts import let_go, may_go_back
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit


class CannotFree(Refusal):
    """Nobody holds the household any more, or somebody else does."""

    message = "Cette réservation a déjà changé : l’appel est enregistré, rendu, ou confié à quelqu’un d’autre."


@transaction.atomic
def withdraw_many(*, actor: User, queue_id: UUID, contact_ids: Collection[UUID], motive: str) -> list[UUID]:
    """Take households that wait out of the queue, with a motive that is audited. Gives those taken out.

    One in a caller's hands, or whose call is over, is left as it is: the coordinator is told how many were not.
    """
    with may_go_back(queue_id):
        contacts = [
            contact
            for contact in _locked(queue_id, contact_ids)
            if contact.state == ContactState.WAITING and contact.reserved_by_id is None
        ]
        for contact in contacts:
            contact.state, contact.reason = ContactState.WITHDRAWN, ClosingReason.BY_HAND
            contact.resume_at, contact.not_before, contact.token = contact.not_before, None, None
        Contact.objects.bulk_update(contacts, ["state", "reason", "resume_at", "not_before", "token"])
        for contact in contacts:
            _audit(actor, contact, motive, state=ContactState.WITHDRAWN)
    return [contact.pk for contact in contacts]


@transaction.atomic
def put_back(*, actor: User, queue_id: UUID, contact_ids: Collection[UUID]) -> list[UUID]:
    """Put households taken out by hand back in their place: same wave, same rank, same hour. Gives those put back.

    Only those taken out by hand, and only while the queue is not closed; running it twice puts nobody back twice.
    """
    with may_go_back(queue_id):
        contacts = [
            contact
            for contact in _locked(queue_id, contact_ids)
            if contact.state == ContactState.WITHDRAWN
            and contact.reason == ClosingReason.BY_HAND
            and contact.queue.closed_at is None
        ]
        for contact in contacts:
            contact.state, contact.reason = ContactState.WAITING, ""
            contact.not_before, contact.resume_at = contact.resume_at, None
        Contact.objects.bulk_update(contacts, ["state", "reason", "not_before", "resume_at"])
        with connection.cursor() as cursor:
            cursor.execute("SELECT dispatch_reopen(%s)", [queue_id])
        for contact in contacts:
            _audit(actor, contact, "Retrait annulé", state=ContactState.WAITING)
    return [contact.pk for contact in contacts]


@transaction.atomic
def free(*, actor: User, queue_id: UUID, contact_id: UUID, holder_id: UUID, since: datetime) -> None:
    """Take a household out of the hands of a caller who keeps it too long: it goes back to its place.

    The caller's report is still honoured as long as nobody else was given the household, as after a reservation that
    expired. Refuses when it is no longer that reservation (`since`: when it began).
    """
    with may_go_back(queue_id):
        contact = next(iter(_locked(queue_id, [contact_id])), None)
        if contact is None or contact.reserved_by_id != holder_id or contact.reserved_at != since:
            raise CannotFree
        if contact.state == ContactState.RESERVED:
            closed = contact.queue.closed_at is not None
            contact.state = ContactState.WITHDRAWN if closed else ContactState.WAITING
            contact.reason = ClosingReason.CLOSED if closed else ""
        let_go(contact)
        contact.save()
        with connection.cursor() as cursor:
            cursor.execute("SELECT dispatch_reopen(%s)", [queue_id])
        _audit(actor, contact, "Réservation libérée", freed=str(holder_id))


@transaction.atomic
def reassign(*, actor: User | None, queue_id: UUID, promises: Mapping[UUID, UUID]) -> dict[UUID, UUID]:
    """Give promised calls to other callers, promise by promise (`{planned call: caller}`). Gives who had each before.

    What it gives undoes it. A call being made now, kept, cancelled or already that caller's is left as it is.
    """
    former: dict[UUID, UUID] = {}
    calls = PlannedCall.objects.filter(pk__in=promises, contact__queue_id=queue_id)
    holders = {one.contact_id: one.pk for one in calls}
    for contact in _locked(queue_id, holders.keys()):
        planned = PlannedCall.objects.select_for_update(no_key=True).get(pk=holders[contact.pk])
        being_made = contact.reserved_by_id is not None and contact.planned_call_id == planned.pk
        new = promises[planned.pk]
        if planned.state != PlannedState.PLANNED or being_made or planned.caller_id == new:
            continue
        former[planned.pk] = planned.caller_id
        planned.caller_id = new
        planned.save(update_fields=["caller"])
        _audit(actor, contact, "Appel promis confié à quelqu’un d’autre", former=str(former[planned.pk]), now=str(new))
    return former


def _locked(queue_id: UUID, contact_ids: Collection[UUID]) -> list[Contact]:
    """These contacts of the queue under lock, always in the same order: two coordinators never wait in a circle."""
    contacts = Contact.objects.select_for_update(of=["self"], no_key=True).select_related("queue")
    return list(contacts.filter(queue_id=queue_id, pk__in=contact_ids).order_by("pk"))


def _audit(actor: User | None, contact: Contact, reason: str, **detail: str) -> None:
    record_audit(
        actor=actor,
        action=AuditAction.CONTACT_CHANGED,
        subject_type="tenants.Household",
        subject_id=contact.household_id,
        reason=reason,
        detail=detail,
    )
