"""Somebody has died: the register says so, and no campaign asks for them; or it was a mistake, and all comes back."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from bienveille.engines.dispatch import operations as dispatch
from bienveille.engines.dispatch.choices import ClosingReason
from bienveille.register.accounts.models import User
from bienveille.register.tenants import operations as tenants
from bienveille.register.tenants.models import Person
from bienveille.register.tenants.rules import is_present


@dataclass(frozen=True)
class AfterDeath:
    """What a death changed: whether somebody still lives there, from how many campaigns the household was taken out."""

    somebody_left: bool
    campaigns: int


@transaction.atomic
def report_death(*, actor: User, person: Person, today: date, on: date | None = None) -> AfterDeath:
    """Somebody has died: nobody will ask for them again. A household that holds nobody else leaves the campaigns.

    Where others live on, the household keeps its place, and who calls them is told. Refuses a day to come. Said twice,
    it is done once. No letter leaves by itself.
    """
    held = tenants.report_deceased(actor=actor, person=person, today=today, on=on)
    people = Person.objects.filter(household=held.household_id)
    if any(is_present(one, today) for one in people):
        return AfterDeath(True, 0)
    taken = dispatch.withdraw_household(actor=actor, household_id=held.household_id, reason=ClosingReason.DECEASED)
    return AfterDeath(False, taken)


@transaction.atomic
def take_back_death(*, actor: User, person: Person, reason: str) -> int:
    """They are alive: they may be called again, in the place their household had. How many campaigns.

    Refuses without the reason.
    """
    held = tenants.take_back_death(actor=actor, person=person, reason=reason)
    return dispatch.restore_household(actor=actor, household_id=held.household_id, reason=ClosingReason.DECEASED)
