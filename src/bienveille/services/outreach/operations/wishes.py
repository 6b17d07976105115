"""When a household asks to be called: the register keeps it, and the campaigns follow."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localtime

from bienveille.engines.dispatch import operations as dispatch
from bienveille.engines.dispatch.choices import ClosingReason, ContactState
from bienveille.register.accounts.models import User
from bienveille.register.tenants import operations as tenants
from bienveille.register.tenants.models import CallWish
from bienveille.services.outreach.rules import CallWishSaid


@transaction.atomic
def say_call_wish(
    *, actor: User, household_id: UUID, wish: CallWishSaid, source: str, now: datetime
) -> CallWish | None:
    """Keep when a household asks to be called, and let the open campaigns follow it.

    Who prefers to be written to leaves the calls, unreachable with that reason, so that somebody writes; who agrees to
    be called again takes its place back. Refuses what `tenants.say_wish` refuses.
    """
    kept = keep_wish(actor=actor, household_id=household_id, wish=wish, source=source, now=now)
    follow_wish(actor=actor, household_id=household_id, in_writing=wish.in_writing)
    return kept


def keep_wish(*, actor: User, household_id: UUID, wish: CallWishSaid, source: str, now: datetime) -> CallWish | None:
    """Only in the register: a call being saved reads it to say when to try again."""
    return tenants.say_wish(
        actor=actor,
        household_id=household_id,
        not_on=wish.not_on,
        parts=wish.parts,
        in_writing=wish.in_writing,
        source=source,
        today=localtime(now).date(),
    )


def follow_wish(*, actor: User, household_id: UUID, in_writing: bool) -> None:
    """The open campaigns follow what the register says; said twice, it is done once."""
    if in_writing:
        dispatch.withdraw_household(
            actor=actor, household_id=household_id, reason=ClosingReason.WRITING, state=ContactState.UNREACHABLE
        )
        return
    # Hours said anew may meet those of a campaign at last; the hand-out looks again.
    for reason in (ClosingReason.WRITING, ClosingReason.HOURS):
        dispatch.restore_household(actor=actor, household_id=household_id, reason=reason)
