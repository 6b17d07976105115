"""What is done to a whole queue: freeze, pause, close, wake; and a household taken out of it by hand."""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.timezone import now as clock

from bienveille.engines.dispatch.choices import ClosingReason, ContactState, PlannedState
from bienveille.engines.dispatch.models import Contact, PlannedCall, Queue
from bienveille.engines.dispatch.operations.contacts import queue_of
from bienveille.engines.dispatch.operations.coordination import withdraw_many
from bienveille.ground.platform.jobs import job
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.models import User


class CannotWithdraw(Refusal):
    """Only a household that waits can be taken out."""

    message = "Ce ménage ne peut plus être retiré : il est entre les mains d’un appelant ou son appel est terminé."


@transaction.atomic
def withdraw(*, actor: User, contact_id: UUID, motive: str) -> None:
    """Take a household out of the campaign, with a motive that is audited. Refuses one in hand or already closed."""
    if not withdraw_many(actor=actor, queue_id=queue_of(contact_id), contact_ids=[contact_id], motive=motive):
        raise CannotWithdraw


def freeze_target(*, queue: Queue) -> int:
    """Count the contacts once they are all there: from now on the states must add up to this number."""
    queue.target = Contact.objects.filter(queue=queue).count()
    queue.accepting = True
    queue.save(update_fields=["target", "accepting"])
    return queue.target


def pause_queue(*, queue: Queue, paused: bool) -> None:
    """Stop handing out, or start again. Calls under way are finished and saved."""
    queue.accepting = not paused
    queue.save(update_fields=["accepting"])


@transaction.atomic
def close_queue(*, queue: Queue, now: datetime) -> int:
    """Close for good: those still waiting are withdrawn, promises are cancelled; calls under way may be saved.

    Gives how many households had not been reached.
    """
    queue.accepting, queue.closed_at = False, now
    queue.save(update_fields=["accepting", "closed_at"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(dispatch_lanes_lock(%s))", [queue.pk])
    left = Contact.objects.filter(queue=queue, state=ContactState.WAITING).update(
        state=ContactState.WITHDRAWN, reason=ClosingReason.CLOSED, not_before=None
    )
    PlannedCall.objects.filter(contact__queue=queue, state=PlannedState.PLANNED, contact__reserved_by=None).update(
        state=PlannedState.CANCELLED
    )
    return left


def wake(*, queue: Queue, now: datetime) -> int:
    """Put back whoever is due again, and whoever was held by a caller who vanished. Running it twice is harmless."""
    total = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT dispatch_wake(%s, %s, 1000)", [queue.pk, now])
            woken = cursor.fetchone()[0]
        total += woken
        if not woken:
            return total


@job(queue="dispatch")
def wake_queues() -> int:
    """Wake every queue that hands out, and every other one that still has a household in somebody's hands.

    The second kind was paused or closed while a caller vanished: without this their household would stay reserved.
    """
    held = Contact.objects.filter(queue=OuterRef("pk"), reserved_by__isnull=False)
    return sum(wake(queue=queue, now=clock()) for queue in Queue.objects.filter(Q(accepting=True) | Exists(held)))
