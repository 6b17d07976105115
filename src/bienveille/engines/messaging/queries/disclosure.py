"""What is kept of the messages of somebody: for that person (GDPR art. 15), and for the history of their household."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.timezone import localtime

from bienveille.engines.messaging.choices import Channel, DeliveryState
from bienveille.engines.messaging.models import Delivery, InboundMessage, Stop
from bienveille.ground.lib.disclosure import Fact, Part, Veil, known
from bienveille.ground.lib.phones import display_phone
from bienveille.ground.lib.typography import calendar_day, clock
from bienveille.register.tenants.models import ContactPoint

#: What is not news of a household: a message that waits, one that another channel or number replaces.
_NOT_YET = (DeliveryState.WAITING, DeliveryState.SENDING, DeliveryState.COVERED, DeliveryState.UNREACHABLE)


def told_of_messages(person_ids: Collection[UUID], household_ids: Collection[UUID], veil: Veil) -> list[Part]:
    """Messages sent to somebody or to their household as a whole, theirs to us, what they asked to stop (3 queries)."""
    sent = (
        Delivery.objects.filter(Q(person__in=person_ids) | Q(person=None, household__in=household_ids))
        .select_related("mailing")
        .order_by("-created_at", "-pk")
    )
    received = InboundMessage.objects.filter(person__in=person_ids).order_by("-received_at", "-pk")
    own = ContactPoint.objects.filter(person__in=person_ids, whose="").values("value")
    stops = Stop.objects.filter(value__in=own).order_by("-since", "-pk")
    return [
        Part("messages", "Les messages que nous vous avons envoyés", lines=tuple(_sent(one, veil) for one in sent)),
        Part("messages_received", "Vos messages", lines=tuple(_received(one, veil) for one in received)),
        Part("stops", "Les messages que vous ne voulez plus", lines=tuple(_stop(one) for one in stops)),
    ]


def sent_to_household(household_id: UUID, *, limit: int) -> QuerySet[Delivery]:
    """What came of the messages of a household, newest first, each with its mailing and moment `at` (1 query)."""
    found = Delivery.objects.filter(household=household_id, superseded=False).exclude(state__in=_NOT_YET)
    moment = Coalesce(F("sent_at"), F("ended_at"), F("created_at"))
    return found.select_related("mailing").annotate(at=moment).order_by("-at", "-pk")[:limit]


def received_from_household(household_id: UUID, *, limit: int) -> QuerySet[InboundMessage]:
    """What a household wrote, the newest first (1 query). Its words stay in the inbox."""
    return InboundMessage.objects.filter(household=household_id).order_by("-received_at", "-pk")[:limit]


def _sent(one: Delivery, veil: Veil) -> tuple[Fact, ...]:
    return known(
        ("Par", one.get_channel_display()),
        ("À", display_phone(one.to)),
        ("Envoi", one.mailing.name if one.mailing else ""),
        ("Objet", veil(one.subject)),
        ("Texte", veil(one.body)),
        ("Envoyé le", _moment(one.sent_at)),
        ("Où cela en est", one.get_state_display()),
        ("Pourquoi", one.get_reason_display()),
    )


def _received(one: InboundMessage, veil: Veil) -> tuple[Fact, ...]:
    return known(
        ("Reçu le", _moment(one.received_at)),
        ("Par", Channel(one.channel).label),
        ("De", display_phone(one.sender)),
        ("Objet", veil(one.subject)),
        ("Texte", veil(one.text)),
        ("Où cela en est", one.get_state_display()),
    )


def _stop(one: Stop) -> tuple[Fact, ...]:
    return known(
        ("Plus de messages par", one.get_channel_display()),
        ("À", display_phone(one.value)),
        ("Depuis le", _moment(one.since)),
        ("Comment vous l’avez dit", one.get_way_display()),
    )


def _moment(at: datetime | None) -> str:
    return f"{calendar_day(localtime(at).date())} à {clock(localtime(at))}" if at else ""
