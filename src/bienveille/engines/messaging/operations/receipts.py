"""What providers tell of messages that left: delivered, failed, nobody there, a complaint. Told twice, told once."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.timezone import now as clock

from bienveille.engines.messaging.choices import DeliveryState, StopWay
from bienveille.engines.messaging.models import Delivery
from bienveille.engines.messaging.operations.stops import stop_channel
from bienveille.engines.messaging.rules.receipts import Fate, Receipt
from bienveille.ground.platform.jobs import job
from bienveille.register.tenants.choices import ContactStatus
from bienveille.register.tenants.models import ContactPoint
from bienveille.register.tenants.operations import flag_contact_point

#: A receipt may come before the batch has written down what the provider called its messages.
TRY_AGAIN = (timedelta(minutes=1), timedelta(minutes=10))

#: What may still be learnt of a message, by its state: a doubt is settled, and « delivered » may turn out false.
_ON_THE_WAY = (DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.UNKNOWN)
_MOVES = {
    Fate.DELIVERED: (DeliveryState.DELIVERED, _ON_THE_WAY),
    Fate.FAILED: (DeliveryState.BOUNCED, (*_ON_THE_WAY, DeliveryState.DELIVERED)),
    Fate.DEAD: (DeliveryState.BOUNCED, (*_ON_THE_WAY, DeliveryState.DELIVERED)),
}


def take_receipt(*, channel: str, receipt: Receipt, now: datetime) -> bool:
    """Write down one piece of news; if its message is not known yet, look again later. Whether it was known."""
    if apply_receipt(channel=channel, receipt=receipt, now=now):
        return True
    _look_again(channel, receipt, 0, now)
    return False


@job(queue="messages")
def settle_receipt(*, channel: str, fate: str, key: str | None, provider_id: str, detail: str, turn: int) -> None:
    """A receipt that came before its message was known: once more, then it is forgotten."""
    receipt = Receipt(Fate(fate), UUID(key) if key else None, provider_id, detail)
    if not apply_receipt(channel=channel, receipt=receipt, now=clock()):
        _look_again(channel, receipt, turn, clock())


@transaction.atomic
def apply_receipt(*, channel: str, receipt: Receipt, now: datetime) -> bool:
    """Move the message it is about, and what it teaches of the address. Whether there is such a message.

    Nobody there: the number or address is marked wrong, for whoever it is noted; a person may say otherwise. A
    complaint: nothing more is sent there.
    """
    found = _message(channel, receipt)
    if found is None:
        return False
    if receipt.fate == Fate.COMPLAINT:
        stop_channel(channel=channel, value=found.to, way=StopWay.COMPLAINT)
        return True
    state, before = _MOVES[receipt.fate]
    if found.state in before and found.state != state:
        found.state, found.ended_at, found.lease_until = state, now, None
        found.sent_at = found.sent_at or found.first_tried_at or now
        found.detail = receipt.detail[:200] or found.detail
        found.save(update_fields=["state", "ended_at", "sent_at", "detail", "lease_until"])
    if receipt.fate == Fate.DEAD:
        mark_wrong(value=found.to, now=now)
    return True


def mark_wrong(*, value: str, now: datetime) -> int:
    """Nobody has this number or address: every note of it that is still believed says so. How many were marked."""
    believed = ContactPoint.objects.filter(
        value=value, status__in=[ContactStatus.VALID, ContactStatus.UNVERIFIED], person__merged_into=None
    )
    points = list(believed)
    for point in points:  # one or two: those of a household
        flag_contact_point(actor=None, contact_point=point, status=ContactStatus.WRONG, now=now)
    return len(points)


def _message(channel: str, receipt: Receipt) -> Delivery | None:
    messages = Delivery.objects.select_for_update().filter(channel=channel)
    if receipt.key is not None:
        return messages.filter(pk=receipt.key).first()
    if not receipt.provider_id:
        return None
    return messages.filter(provider_id=receipt.provider_id).order_by("-id").first()


def _look_again(channel: str, receipt: Receipt, turn: int, now: datetime) -> None:
    if turn >= len(TRY_AGAIN) or not (receipt.key or receipt.provider_id):
        return
    settle_receipt.enqueue(
        at=now + TRY_AGAIN[turn],
        channel=str(channel),
        fate=str(receipt.fate),
        key=str(receipt.key) if receipt.key else None,
        provider_id=receipt.provider_id,
        detail=receipt.detail,
        turn=turn + 1,
    )
