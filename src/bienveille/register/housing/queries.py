"""Reading residences: finding one by its name or its code."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Count, Q

from bienveille.ground.platform.text_search import name_matches
from bienveille.register.accounts.rules import Scope
from bienveille.register.housing.models import Residence

NO_RESIDENCE: frozenset[UUID] = frozenset()


def find_residences(
    text: str, *, scope: Scope, residences: Collection[UUID] = NO_RESIDENCE, limit: int = 20
) -> list[Residence]:
    """Residences whose name or code holds every word typed as the start of a word, with their `homes` (1 query).

    Serves the search of the bar. Within one's agencies, or among the residences that a building manager looks after.
    """
    match = name_matches("search", text)
    if match is None or (scope.nothing and not residences):
        return []
    found = Residence.objects.filter(match)
    if not scope.everything:
        within = Q(agency__in=scope.agencies) | Q(agency__company__in=scope.companies) | Q(pk__in=residences)
        found = found.filter(within)
    found = found.select_related("agency", "commune").annotate(homes=Count("buildings__dwellings"))
    return list(found.order_by("search", "pk")[:limit])
