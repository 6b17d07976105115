"""A household in every queue at once: taken out because nobody is left to call, put back when that was wrong."""

from uuid import UUID

from django.db import connection, transaction

from bienveille.engines.dispatch.choices import ClosingReason, ContactState
from bienveille.engines.dispatch.models import Contact
from bienveille.engines.dispatch.operations.contacts import may_go_back
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit


@transaction.atomic
def withdraw_household(
    *, actor: User, household_id: UUID, reason: ClosingReason, state: ContactState = ContactState.WITHDRAWN
) -> int:
    """Take a household that waits out of every open queue, with the reason that the ledger shows. How many queues.

    `state`: unreachable when something else than a call is to be tried.

    In a caller's hands it is left as it is: they say how the call ended. Promised calls stay where they are, and are
    not handed out while nobody may be called (`still_callable`).
    """
    waiting = Contact.objects.filter(household_id=household_id, queue__closed_at=None, state=ContactState.WAITING)
    taken = 0
    for queue_id in waiting.order_by("queue_id").values_list("queue_id", flat=True):
        with may_go_back(queue_id):
            contact = waiting.select_for_update(of=["self"], no_key=True).filter(queue_id=queue_id).first()
            if contact is None or contact.reserved_by_id is not None:
                continue
            contact.state, contact.reason = state, reason
            contact.resume_at = contact.not_before if state == ContactState.WITHDRAWN else None
            contact.not_before = contact.token = None
            contact.save(update_fields=["state", "reason", "resume_at", "not_before", "token"])
            _audit(actor, contact, reason.label, state)
            taken += 1
    return taken


@transaction.atomic
def restore_household(*, actor: User, household_id: UUID, reason: ClosingReason) -> int:
    """Put a household back in the open queues that it left for this reason: same wave, rank, hour. How many queues."""
    gone = Contact.objects.filter(
        household_id=household_id,
        queue__closed_at=None,
        state__in=[ContactState.WITHDRAWN, ContactState.UNREACHABLE],
        reason=reason,
    )
    put_back = 0
    for queue_id in gone.order_by("queue_id").values_list("queue_id", flat=True):
        with may_go_back(queue_id), connection.cursor() as cursor:
            contact = gone.select_for_update(of=["self"], no_key=True).filter(queue_id=queue_id).first()
            if contact is None or contact.reserved_by_id is not None:
                continue
            contact.state, contact.reason = ContactState.WAITING, ""
            contact.not_before, contact.resume_at = contact.resume_at, None
            contact.save(update_fields=["state", "reason", "not_before", "resume_at"])
            cursor.execute("SELECT dispatch_reopen(%s)", [queue_id])
            _audit(actor, contact, f"Retrait annulé ({reason.label.lower()})", ContactState.WAITING)
            put_back += 1
    return put_back


def _audit(actor: User, contact: Contact, reason: str, state: ContactState) -> None:
    record_audit(
        actor=actor,
        action=AuditAction.CONTACT_CHANGED,
        subject_type="tenants.Household",
        subject_id=contact.household_id,
        reason=reason,
        detail={"state": state},
    )
