"""What was heard through walls, home by home, for the readers of the agency: places and days, never a name."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from bienveille.engines.cases.models import ReaderPair
from bienveille.register.accounts.models import User
from bienveille.register.housing.models import Dwelling, Residence
from bienveille.register.tenants.models import Household
from bienveille.services.neighbourhood.choices import HeardState
from bienveille.services.neighbourhood.models import Heard
from bienveille.services.neighbourhood.rules import is_looked_at


@dataclass(frozen=True)
class HeardHome:
    """One home, and what was heard from it that waits, the newest first."""

    dwelling: Dwelling
    heard: tuple[Heard, ...]


def heard_homes(user: User, today: date) -> list[HeardHome]:
    """What waits for somebody who was named to read, in the agencies where they are (1 query)."""
    pairs = ReaderPair.objects.filter(Q(first=user) | Q(second=user))
    agency = OuterRef("dwelling__building__residence__agency")
    own = ReaderPair.objects.filter(agency=agency)
    rows = (
        Heard.objects.filter(
            Exists(pairs.filter(agency=agency)) | Exists(pairs.filter(agency=None)) & ~Exists(own),
            state=HeardState.WAITS,
            expires_on__gte=today,
        )
        .select_related("dwelling__building__residence__commune", "told_by")
        .order_by("-on", "-pk")
    )
    grouped: dict[UUID, list[Heard]] = {}
    for row in rows:
        grouped.setdefault(row.dwelling_id, []).append(row)
    return [
        HeardHome(found[0].dwelling, tuple(found))
        for found in grouped.values()
        if is_looked_at([one.kind for one in found])
    ]


def homes_to_choose(residence: Residence) -> list[Dwelling]:
    """The homes of a residence, for who says where something was heard: doors, never names (1 query)."""
    homes = Dwelling.objects.filter(building__residence=residence).select_related("building")
    return list(homes.order_by("building__code", "staircase", "floor", "door", "code"))


def lived_in_by(dwelling: Dwelling) -> Household | None:
    """The household that lives in a home (1 query)."""
    return Household.objects.filter(dwelling=dwelling, closed_on=None).order_by("pk").first()
