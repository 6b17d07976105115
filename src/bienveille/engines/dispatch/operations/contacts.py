"""One contact under lock: found, put in hand, let go, put back in its lane. What callers do is beside."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import connection

from bienveille.engines.dispatch.choices import ContactState
from bienveille.engines.dispatch.models import Contact
from bienveille.ground.platform.prepared import Prepared, one_row
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.models import User


class StaleToken(Refusal):
    """The household is no longer in this caller's hands: it expired and went on, or the call is already saved."""

    message = (
        "Ce ménage n’est plus entre vos mains : la réservation a expiré, ou l’appel est déjà enregistré. "
        "Votre saisie est gardée sur cette page ; demandez l’appel suivant pour continuer."
    )


class UnknownContact(Refusal):
    """No such contact for this caller; said the same way whether it exists or not."""

    message = "Ce ménage ne vous est pas confié."


_LOCK_LANES_OF = (
    "SELECT pg_advisory_xact_lock_shared(dispatch_lanes_lock(queue_id)) FROM dispatch_contact WHERE id = %s"
)
_locked = Prepared(
    lambda contact_id: (
        Contact.objects.select_for_update(of=["self"], no_key=True)
        .select_related("queue", "lane", "household", "planned_call")
        .filter(pk=contact_id)
    ),
    UUID,
)


@contextmanager
def may_go_back(queue_id: UUID) -> Iterator[None]:
    """Around a contact that goes back to its lane: see `dispatch_lanes_lock` for why the lock comes first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(dispatch_lanes_lock(%s))", [queue_id])
        yield


@contextmanager
def contact_may_go_back(contact_id: UUID) -> Iterator[None]:
    """The same around one contact, its queue being looked up in the same statement. Refuses an unknown one.

    The queue of a contact never changes: it may be read before any lock.
    """
    if one_row(_LOCK_LANES_OF, [contact_id]) is None:
        raise UnknownContact
    yield


def reopen_lane(contact: Contact) -> None:
    """Open the lane of a contact that is ready again."""
    if contact.state == ContactState.WAITING and contact.not_before is None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE dispatch_lane SET open = true WHERE id = %s AND NOT open", [contact.lane_id])


def locked_contact(contact_id: UUID) -> Contact:
    """The contact, its row held until the transaction ends. Refuses an unknown one."""
    found = _locked(contact_id)
    if not found:
        raise UnknownContact
    return found[0]


def let_go(contact: Contact) -> None:
    """Nobody has it in hand any more; the caller saves."""
    contact.reserved_by = contact.reserved_at = contact.lease_until = contact.planned_call = None


def queue_of(contact_id: UUID) -> UUID:
    """The queue of a contact, which never changes: read before any lock. Refuses an unknown contact."""
    queue_id = Contact.objects.filter(pk=contact_id).values_list("queue_id", flat=True).first()
    if queue_id is None:
        raise UnknownContact
    return queue_id


def hold(contact: Contact, caller: User, now: datetime, planned_call_id: str | None = None) -> None:
    """Put a contact in a caller's hands, with a new token."""
    contact.token = uuid4()
    contact.reserved_by, contact.reserved_at = caller, now
    contact.lease_until = now + timedelta(minutes=contact.queue.lease_minutes)
    if planned_call_id:
        contact.planned_call_id = UUID(planned_call_id)
    else:
        contact.state = ContactState.RESERVED
