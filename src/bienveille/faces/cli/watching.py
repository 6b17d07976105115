"""What the demo shows of places to watch: a cold spell in one building, its situations closed, a watch proposed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bienveille.register.accounts.models import User

#: So many situations in one building, one household in five at least.
FEWEST, MOST = 10, 25


def chill(manager: User, worker: User, keeper: User, moment: datetime) -> None:
    """Five weeks ago the boiler of a building failed: situations signalled, closed; a watch is proposed. Once.

    In another home of the place that the building manager looks after, somebody cried last week.
    """
    from django.db.models import Count, Q

    from bienveille.engines.cases.models import Case
    from bienveille.engines.cases.operations import Signal, close_case, signal_household, take_case
    from bienveille.register.housing.models import Dwelling
    from bienveille.register.tenants.models import Household
    from bienveille.services.neighbourhood.models import Heard, WatchProposal
    from bienveille.services.neighbourhood.operations import propose_watches, tell_heard

    if WatchProposal.objects.exists() or Heard.objects.exists():
        return
    building = "dwelling__building"
    place = (
        Household.objects.filter(
            closed_on=None,
            dwelling__building__residence__watched=False,
            dwelling__building__residence__agency=manager.agency_id,
        )
        .values(building)
        .annotate(n=Count("pk"))
        .filter(n__gte=FEWEST, n__lte=MOST)
        .order_by("-n", building)
        .first()
    )
    if place is not None:
        then = moment - timedelta(days=35)
        followed = Case.objects.filter(household__isnull=False).values("household")
        cold = Household.objects.filter(closed_on=None, dwelling__building=place[building]).exclude(
            Q(people__protected_address=True) | Q(pk__in=followed)
        )
        for rank, home in enumerate(cold.distinct().order_by("pk")[: max(5, -(-place["n"] // 5))]):
            told = then + timedelta(hours=rank)
            case = signal_household(actor=worker, household_id=home.pk, signal=Signal("orange", ("heating",)), now=told)
            take_case(actor=worker, case_id=case.pk, now=told + timedelta(hours=1))
            close_case(
                actor=worker,
                case_id=case.pk,
                outcome="helped",
                words="Chaudière réparée.",
                revision=None,
                now=told + timedelta(days=2),
            )
    propose_watches(today=moment.date())
    lived_in = Dwelling.objects.filter(building__residence__managers__user=keeper, households__isnull=False)
    heard = lived_in.order_by("-code").first()
    if heard is not None:
        tell_heard(
            actor=keeper,
            dwelling=heard,
            kind="cry",
            on=moment.date() - timedelta(days=4),
            words="Vers 22 h, une dizaine de minutes.",
            keep=False,
            now=moment,
            today=moment.date(),
        )
