"""Vacant homes for somebody who must leave within hours: which suit, which is kept, what is done already."""

from datetime import date, datetime
from uuid import UUID

from django.db.models import Case as CaseWhen
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value, When

from bienveille.engines.cases.models import Case
from bienveille.register.housing.choices import Occupancy, Ownership
from bienveille.register.housing.models import Commune, Dwelling
from bienveille.register.tenants.models import Household, Lease
from bienveille.services.letting.models import EntryStep, HomeHold, Rehousing
from bienveille.services.letting.rules.rehousing import sizes_from

#: Declared empty for works or a sale, entrusted to somebody else: not to be let tonight.
_NOT_TO_LET = (Occupancy.VACANT_TECHNICAL, Occupancy.ASSOCIATION, Occupancy.OTHER)
#: Enough to choose from.
MOST_HOMES = 12


def rehousing_of(case: Case) -> Rehousing | None:
    """The rehousing of a confidential case (1 query)."""
    return Rehousing.objects.filter(case=case).first()


def vacant_homes(today: date) -> QuerySet[Dwelling]:
    """Homes where nobody lives, without a running lease, that the landlord may let (no query until read)."""
    lived_in = Household.objects.filter(dwelling=OuterRef("pk"), closed_on=None)
    running = Lease.objects.filter(Q(exit=None) | Q(exit__gte=today), dwelling=OuterRef("pk"), kind="housing")
    return Dwelling.objects.filter(~Exists(lived_in), ~Exists(running), ~Q(ownership=Ownership.MANAGED)).exclude(
        occupancy__in=_NOT_TO_LET
    )


def homes_for(rehousing: Rehousing, home: Dwelling | None, now: datetime, today: date) -> QuerySet[Dwelling]:
    """Vacant homes that suit, the best fit first, of every agency (2 queries when read: the commune, the homes).

    Never in the building of today; never in the communes to avoid nor, when asked, in that of today; none kept for
    somebody else.
    """
    kept = HomeHold.objects.filter(dwelling=OuterRef("pk"), released_at=None, until__gt=now)
    sizes = sizes_from(rehousing.smallest)
    found = vacant_homes(today).filter(~Exists(kept.exclude(rehousing=rehousing)), type__in=sizes)
    if rehousing.step_free:
        found = found.filter(Q(floor=0) | Q(lift=True))
    avoided = list(rehousing.avoided)
    if home is not None:
        found = found.exclude(building=home.building_id)
        if rehousing.other_commune and home.building.residence.commune_id:
            avoided.append(home.building.residence.commune_id)
    if avoided:
        # An arrondissement and its city are one place to somebody who looks for another.
        parents = Commune.objects.filter(code__in=avoided, parent__isnull=False).values_list("parent", flat=True)
        around = [*avoided, *parents]
        place = "building__residence__commune"
        found = found.exclude(**{f"{place}__in": around}).exclude(**{f"{place}__parent__in": around})
    rank = CaseWhen(*[When(type=size, then=Value(place)) for place, size in enumerate(sizes)], default=Value(99))
    # A home declared let, whose lease nobody knows, comes last: it is to be checked first.
    let = CaseWhen(When(occupancy=Occupancy.LET, then=Value(1)), default=Value(0))
    return (
        found.annotate(rank=rank, declared_let=let)
        .select_related("building__residence__commune", "building__residence__agency")
        .order_by("declared_let", "rank", F("surface").asc(nulls_last=True), "code")
    )


def hold_of(rehousing: Rehousing) -> HomeHold | None:
    """The home kept for a rehousing, with its place (1 query)."""
    return (
        HomeHold.objects.filter(rehousing=rehousing, released_at=None)
        .select_related("dwelling__building__residence__commune", "dwelling__building__residence__agency")
        .first()
    )


def steps_done(rehousing: Rehousing) -> dict[str, EntryStep]:
    """The steps of the entry that are done, by key, with who did them (1 query)."""
    return {step.key: step for step in EntryStep.objects.filter(rehousing=rehousing).select_related("done_by")}


def unknown_communes(codes: list[str]) -> list[str]:
    """Of these codes, those that are no commune (1 query)."""
    known = set(Commune.objects.filter(code__in=codes).values_list("code", flat=True))
    return [code for code in codes if code not in known]


def home_by_key(dwelling_id: UUID) -> Dwelling | None:
    """A home with its place (1 query)."""
    return Dwelling.objects.select_related("building__residence").filter(pk=dwelling_id).first()
