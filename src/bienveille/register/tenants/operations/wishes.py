"""When a household asks to be called, or to be written to instead: said, said anew, forgotten."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db import transaction

from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.tenants.choices import DayPart, FactSource
from bienveille.register.tenants.models import CallWish, Household
from bienveille.register.tenants.operations.rows import HouseholdHasLeft


class InvalidWish(Refusal):
    message = "Ce souhait ne peut pas être enregistré."


@transaction.atomic
def say_wish(
    *,
    actor: User,
    household_id: UUID,
    not_on: Iterable[int] = (),
    parts: Iterable[str] = (),
    in_writing: bool = False,
    source: str = FactSource.STAFF,
    today: date,
) -> CallWish | None:
    """Keep when a household asks to be called, as it was said; nothing said erases it. The same words change nothing.

    `not_on`: days without calls, Monday is 1; `parts`: what suits, none for the whole day. Refuses a week without a
    day left, and a household gone. Never says why.
    """
    days, wanted = sorted(set(not_on)), sorted(set(parts), key=DayPart.values.index)
    if len(days) == 7:
        raise InvalidWish("Gardez un jour au moins, ou dites que ce foyer préfère qu’on lui écrive.")
    if any(day not in range(1, 8) for day in days) or source not in FactSource.values:
        raise InvalidWish
    if len(wanted) == len(DayPart.values):
        wanted = []
    household = Household.objects.select_for_update(no_key=True).get(pk=household_id)
    if household.closed_on is not None:
        raise HouseholdHasLeft
    known = CallWish.objects.filter(household=household).first()
    before = (known.not_on, known.parts, known.in_writing) if known else ([], [], False)
    if before == (days, wanted, in_writing):
        return known
    record_audit(
        actor=actor,
        action=AuditAction.HOUSEHOLD_CHANGED,
        subject=household,
        detail={"change": "call_wish", "source": source},
    )
    if not (days or wanted or in_writing):
        CallWish.objects.filter(household=household).delete()
        return None
    facts = {"not_on": days, "parts": wanted, "in_writing": in_writing}
    told = {"source": source, "said_on": today, "noted_by": actor}
    wish, _ = CallWish.objects.update_or_create(household=household, defaults=facts | told)
    return wish
