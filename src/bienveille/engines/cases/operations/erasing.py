"""What becomes of situations when people are erased: an open one holds them back, a closed one goes with them."""

from uuid import UUID

from bienveille.engines.cases.choices import CaseState
from bienveille.engines.cases.models import Case
from bienveille.register.tenants.operations import Going


def held_by_cases(going: Going) -> set[UUID]:
    """Households and people that an open situation is about: somebody still sees to it (2 queries)."""
    alive = Case.objects.exclude(state=CaseState.CLOSED)
    held = set(alive.filter(household__in=going.households).values_list("household_id", flat=True))
    return held | set(alive.filter(person__in=going.people).values_list("person_id", flat=True))


def forget_cases(going: Going) -> None:
    """Erase the closed situations of these households, with their steps, their referrals, their alerts."""
    Case.objects.filter(household__in=going.households).delete()
