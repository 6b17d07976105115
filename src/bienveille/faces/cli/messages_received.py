"""What a few households of the demo wrote: a heating that failed, a thank-you, a stop, somebody unknown."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bienveille.services.outreach.models import Campaign

#: Words, by which channel, hours ago; a fictional number when nobody is known.
SAID: tuple[tuple[str, int], ...] = (
    ("Bonjour, plus de chauffage depuis hier soir. Merci de me rappeler.", 30),
    ("Merci pour votre appel, tout va bien.", 6),
    ("Je serai absente mardi, passez plutôt jeudi matin.", 3),
    ("STOP", 2),
)
STRANGER = "+33639980199"


def receive_messages(*, campaign: Campaign, now: datetime) -> None:
    """Answers by SMS, to households of the campaign whose number is known. Harmless twice."""
    from bienveille.engines.dispatch.models import Contact
    from bienveille.engines.messaging.channels.news import Reply
    from bienveille.engines.messaging.operations.inbox import receive
    from bienveille.register.tenants.models import ContactPoint

    households = Contact.objects.filter(queue_id=campaign.queue_id, state="reached").order_by("-id").values("household")
    points = ContactPoint.objects.filter(person__household__in=households, kind="phone", status="valid")
    numbers = list(points.order_by("person__household_id").values_list("value", flat=True)[: len(SAID)])
    said = [*zip(numbers, SAID, strict=False), (STRANGER, ("C’est au sujet de la fuite au 3e étage.", 1))]
    for number, (text, hours) in said:
        at = now - timedelta(hours=hours)
        receive(reply=Reply("sms", number, "36180", text, name=f"demo-{number}"), now=at)
