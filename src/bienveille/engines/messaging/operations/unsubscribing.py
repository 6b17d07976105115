"""The link at the end of an e-mail: signed, without account, it stops messages to that address and nothing else."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from bienveille.engines.messaging.choices import Channel, StopWay
from bienveille.engines.messaging.models import Delivery, Stop
from bienveille.engines.messaging.operations.stops import stop_channel

_ROUTE = "portal:stop_messages"
_SIGNED = 16


def stop_link(delivery_id: UUID) -> str:
    """The address of the page that stops messages; nothing when this installation does not know its own."""
    root = settings.PUBLIC_URL.rstrip("/")
    return root + reverse(_ROUTE, args=[stop_token(delivery_id)]) if root else ""


def stop_token(delivery_id: UUID) -> str:
    """The key of a message and its signature."""
    return urlsafe_b64encode(delivery_id.bytes + _signature(delivery_id)).decode("ascii").rstrip("=")


def read_token(token: str) -> UUID | None:
    """The key of the message whose link this is; None when it was not signed here."""
    try:
        octets = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (Error, ValueError):
        return None
    if len(octets) != 16 + _SIGNED:
        return None
    key = UUID(bytes=octets[:16])
    return key if constant_time_compare(octets[16:], _signature(key)) else None


def written_to(token: str) -> Delivery | None:
    """The message whose link this is, while it is kept (1 query)."""
    key = read_token(token)
    return Delivery.objects.filter(pk=key, channel=Channel.EMAIL).first() if key else None


@transaction.atomic
def stop_by_link(*, token: str) -> Stop | None:
    """Send no more e-mail to the address that got this link. None when the link opens nothing."""
    found = written_to(token)
    if found is None:
        return None
    return stop_channel(channel=Channel.EMAIL, value=found.to, way=StopWay.LINK)


def _signature(key: UUID) -> bytes:
    return salted_hmac("messaging.stop", key.hex, algorithm="sha256").digest()[:_SIGNED]
