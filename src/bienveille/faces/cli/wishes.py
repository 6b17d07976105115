"""What a few households of the demo asked for: an hour, a day without calls, a letter instead."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bienveille.register.accounts.models import User
    from bienveille.services.outreach.models import Campaign

#: Days without calls, parts of the day that suit, a letter instead; one for each of the next households to call.
SAID: tuple[tuple[tuple[int, ...], tuple[str, ...], bool], ...] = (
    ((), ("afternoon",), False),
    ((3,), (), False),
    ((), ("morning", "evening"), False),
    ((), (), True),
)


def say_wishes(*, campaign: Campaign, actor: User, now: datetime) -> None:
    """Households that wait far down the list: none of them changes what a visitor is given first. Harmless twice."""
    from bienveille.engines.dispatch.models import Contact
    from bienveille.services.outreach.operations import say_call_wish
    from bienveille.services.outreach.rules import CallWishSaid

    waiting = Contact.objects.filter(queue_id=campaign.queue_id, state="waiting").order_by("-priority", "-id")
    for contact, (not_on, parts, in_writing) in zip(waiting[: len(SAID)], SAID, strict=False):
        say_call_wish(
            actor=actor,
            household_id=contact.household_id,
            wish=CallWishSaid(not_on, parts, in_writing),
            source="tenant",
            now=now,
        )
