"""What puts a household in a caller's hands or takes it out without a call: next one, promised one, keep, give back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localtime

from bienveille.engines.dispatch.choices import ClosingReason, ContactState, PlannedState
from bienveille.engines.dispatch.models import Contact, PlannedCall
from bienveille.engines.dispatch.operations.contacts import (
    StaleToken,
    UnknownContact,
    contact_may_go_back,
    hold,
    let_go,
    locked_contact,
    reopen_lane,
)
from bienveille.engines.dispatch.queries import hours_of_contact, obstacle_to
from bienveille.ground.platform.prepared import one_row
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import current_channel, record_audit

#: A call that lasts keeps its household; a page left open does not keep it for ever.
LONGEST_CALL = timedelta(hours=2)


class AlreadyHolding(Refusal):
    """A caller has one household in hand at a time."""

    message = "Vous avez déjà un appel en cours. Terminez-le ou rendez-le, puis recommencez."


class OutsideHours(Refusal):
    """A promised call is not begun when nobody is called there; the page says when calls open again."""

    message = "Ce n’est pas une heure à laquelle ce ménage peut être appelé : attendez la reprise des appels."


class NoLongerCalled(Refusal):
    """Somebody died, left, objected or is protected since the call was promised; or no number is left."""

    message = "Ce ménage n’est plus à appeler : sa fiche a changé depuis votre promesse."


@dataclass(frozen=True)
class HandOut:
    """A household given to a caller. `fresh` is false when they already held it."""

    contact_id: UUID
    fresh: bool


def hand_out(*, queue_id: UUID, caller: User, now: datetime, reason: str) -> HandOut | None:
    """Give me the next household to call: mine if I already hold one, else the first that suits me (1 round trip).

    None when nobody is to be called now. Audited inside the same statement.
    """
    row = one_row(
        "SELECT contact_id, fresh FROM dispatch_hand_out(%s, %s, %s, %s, %s, %s, %s, %s)",
        [
            queue_id,
            caller.pk,
            caller.agency_id,
            caller.languages,
            now,
            localtime(now).date(),
            reason[:300],
            str(current_channel()),
        ],
    )
    return HandOut(*row) if row else None


def keep_in_hand(*, caller: User, contact_id: UUID, token: UUID, now: datetime) -> bool:
    """Hold on to a household while its call lasts, two hours at most. False when it is no longer mine.

    Without it, a call longer than the reservation would let somebody else ring the same door.
    """
    contacts = Contact.objects.filter(
        pk=contact_id, token=token, reserved_by=caller, reserved_at__gt=now - LONGEST_CALL
    ).select_related("queue")
    contact = contacts.first()
    if contact is None:
        return False
    until = now + timedelta(minutes=contact.queue.lease_minutes)
    return Contact.objects.filter(pk=contact_id, token=token, reserved_by=caller).update(lease_until=until) == 1


@transaction.atomic
def release(*, caller: User, contact_id: UUID, token: UUID) -> None:
    """Give a household back without having called: it is the next one again, for whoever asks.

    Refuses a stale token. A promised call that is given back stays promised.
    """
    with contact_may_go_back(contact_id):
        contact = locked_contact(contact_id)
        if contact.token != token or contact.reserved_by_id != caller.pk:
            raise StaleToken
        if contact.state == ContactState.RESERVED:
            contact.state = ContactState.WITHDRAWN if contact.queue.closed_at else ContactState.WAITING
            contact.reason = ClosingReason.CLOSED if contact.queue.closed_at else ""
        contact.token = None
        let_go(contact)
        contact.save()
        reopen_lane(contact)
        record_audit(
            actor=caller,
            action=AuditAction.CONTACT_RELEASED,
            subject_type="tenants.Household",
            subject_id=contact.household_id,
        )


@transaction.atomic
def take_planned(*, caller: User, planned_call_id: UUID, now: datetime, reason: str) -> UUID:
    """Start one of my promised calls now, before its turn. Gives the contact's key.

    Refuses when I already hold another household, a promise that is not mine, kept or cancelled, and a household that
    may no longer be called, or not at this hour of the place where it lives.
    """
    planned = PlannedCall.objects.filter(pk=planned_call_id, caller=caller).select_related("contact").first()
    if planned is None:
        raise UnknownContact
    contact = locked_contact(planned.contact_id)
    planned.refresh_from_db(fields=["state", "caller"])  # kept, cancelled or confided to somebody else meanwhile
    if contact.reserved_by_id == caller.pk:
        return contact.pk
    if planned.state != PlannedState.PLANNED or planned.caller_id != caller.pk or contact.reserved_by_id:
        raise UnknownContact
    if Contact.objects.filter(queue_id=contact.queue_id, reserved_by=caller).exists():
        raise AlreadyHolding
    if obstacle_to(contact.pk, localtime(now).date()):
        raise NoLongerCalled
    if not hours_of_contact(contact).without_wish().allows(now):
        raise OutsideHours
    hold(contact, caller, now, str(planned.pk))
    contact.save()
    record_audit(
        actor=caller,
        action=AuditAction.HOUSEHOLD_HANDED,
        subject_type="tenants.Household",
        subject_id=contact.household_id,
        reason=reason,
    )
    return contact.pk
