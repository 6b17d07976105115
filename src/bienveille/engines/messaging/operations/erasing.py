"""What becomes of messages when people are erased: their words and addresses go, the counts of mailings stay."""

from uuid import UUID

from django.db.models import Case, CharField, F, Q, Value, When
from django.db.models.functions import Cast, Concat

from bienveille.engines.messaging.choices import DeliveryState, InboxState
from bienveille.engines.messaging.models import Delivery, InboundMessage
from bienveille.register.tenants.operations import Going

_LEAVING = (DeliveryState.WAITING, DeliveryState.SENDING)


def held_by_messages(going: Going) -> set[UUID]:
    """Households and people to whom a message is leaving, or who wrote and have no answer yet (4 queries)."""
    leaving = Delivery.objects.filter(state__in=_LEAVING)
    open_ones = InboundMessage.objects.filter(state=InboxState.OPEN)
    return {
        key
        for rows in (leaving, open_ones)
        for field, keys in (("household", going.households), ("person", going.people))
        for key in rows.filter(**{f"{field}__in": keys}).values_list(f"{field}_id", flat=True)
    }


def forget_messages(going: Going) -> None:
    """Erase what they wrote; of what was written to them, only that a message left, and how it ended, stays."""
    theirs = Q(household__in=going.households) | Q(person__in=going.people)
    InboundMessage.objects.filter(theirs).delete()
    nobody = Concat(Value("effacé-"), Cast(F("number"), CharField()))
    Delivery.objects.filter(theirs).update(
        household=None,
        person=None,
        to=Case(When(to="", then=Value("")), default=nobody),
        subject="",
        body="",
        provider_id="",
        detail="",
    )
