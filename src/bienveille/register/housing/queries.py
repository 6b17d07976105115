"""Reading residences: finding one by its name or its code, who looks after it, when it was under watch."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Count, Q

from bienveille.ground.platform.text_search import name_matches
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import User
from bienveille.register.accounts.rules import Scope
from bienveille.register.housing.choices import DEPARTMENTS
from bienveille.register.housing.models import Commune, Epci, Residence, Watch

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


def managers_of(residence: Residence) -> list[User]:
    """Who looks after a residence on site, by name (1 query)."""
    found = User.objects.filter(residences__residence=residence, is_active=True)
    return list(found.order_by("last_name", "first_name", "pk"))


def possible_managers(residence: Residence) -> list[User]:
    """Active building managers who do not look after a residence yet, by name (1 query)."""
    named = User.objects.filter(residences__residence=residence)
    found = User.objects.filter(is_active=True, grants__role=Role.BUILDING_MANAGER).exclude(pk__in=named).distinct()
    return list(found.order_by("last_name", "first_name", "pk"))


def watches_of(residence: Residence, *, limit: int = 10) -> list[Watch]:
    """The watches of a residence, the newest first, with who began and ended them (1 query)."""
    watches = Watch.objects.filter(residence=residence).select_related("started_by", "ended_by")
    return list(watches.order_by("-started_on", "-pk")[:limit])


def territory_of(commune: Commune | None) -> list[tuple[str, str]]:
    """The département and the EPCI of a commune, as keys and values, for the page of a residence (1 query)."""
    if commune is None:
        return []
    department = DEPARTMENTS.get(commune.department, commune.department)
    epci = Epci.objects.filter(code=commune.epci).first() if commune.epci else None
    facts = [("Département", department), ("Intercommunalité", epci.name if epci else "")]
    return [(label, words) for label, words in facts if words]
