"""Lots of homes: their list, what the register knows of their homes, the homes one by one, the steps done."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection
from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from bienveille.register.accounts.rules import Scope
from bienveille.register.housing.models import Building, Dwelling
from bienveille.register.tenants.choices import ContactStatus
from bienveille.register.tenants.models import ContactPoint, Household
from bienveille.services.letting.models import StockLot, StockLotHome, StockLotStep

#: States of a home of a lot, by what is left to find out: value → words.
HOME_STATES = (
    ("unknown", "Code inconnu"),
    ("vacant", "Sans locataire connu"),
    ("unreachable", "Ni téléphone ni courriel"),
    ("no_phone", "Sans téléphone"),
    ("no_email", "Sans courriel"),
    ("complete", "Téléphone et courriel connus"),
)
_USABLE = (ContactStatus.VALID, ContactStatus.UNVERIFIED)
# One row for each home of the lot that the register knows, with the households that live there.
_FOUND = """
WITH home AS (
    SELECT m.id AS member, coalesce(m.dwelling_id, k.id) AS id
    FROM letting_stocklothome m LEFT JOIN housing_dwelling k ON m.dwelling_id IS NULL AND k.code = m.code
    WHERE m.lot_id = %(lot)s),
living AS (
    SELECT h.dwelling_id, count(*) AS households,
           count(*) FILTER (WHERE y.phone IS NOT TRUE) AS no_phone,
           count(*) FILTER (WHERE y.email IS NOT TRUE) AS no_email,
           count(*) FILTER (WHERE y.phone IS NOT TRUE AND y.email IS NOT TRUE) AS unreachable
    FROM home JOIN tenants_household h ON h.dwelling_id = home.id AND h.closed_on IS NULL
    LEFT JOIN LATERAL (
        SELECT bool_or(c.kind = 'phone') AS phone, bool_or(c.kind = 'email') AS email
        FROM tenants_person p JOIN tenants_contactpoint c ON c.person_id = p.id
        WHERE p.household_id = h.id AND NOT p.deceased AND (p.left_on IS NULL OR p.left_on > %(on)s)
          AND c.status IN ('valid', 'unverified')) y ON true
    GROUP BY h.dwelling_id)
SELECT coalesce(d.ownership, '-'), count(*), coalesce(sum(l.households), 0)::int, coalesce(sum(l.no_phone), 0)::int,
       coalesce(sum(l.no_email), 0)::int, coalesce(sum(l.unreachable), 0)::int,
       count(*) FILTER (WHERE d.id IS NOT NULL AND l.dwelling_id IS NULL),
       count(*) FILTER (WHERE r.agency_id <> %(agency)s::uuid),
       count(*) FILTER (WHERE EXISTS (
           SELECT FROM letting_stocklothome o JOIN letting_stocklot t ON t.id = o.lot_id
           WHERE t.id <> %(lot)s AND t.direction = %(direction)s AND o.dwelling_id = d.id))
FROM home LEFT JOIN housing_dwelling d ON d.id = home.id
LEFT JOIN housing_building b ON b.id = d.building_id LEFT JOIN housing_residence r ON r.id = b.residence_id
LEFT JOIN living l ON l.dwelling_id = d.id
GROUP BY 1
"""


@dataclass
class Found:
    """What the register knows today of the homes of a lot."""

    by_ownership: dict[str, int]
    unknown: int = 0  # codes that no home has
    households: int = 0
    no_phone: int = 0
    no_email: int = 0
    unreachable: int = 0  # neither
    vacant: int = 0  # homes where nobody is known
    elsewhere: int = 0  # homes of another agency than the lot's
    twice: int = 0  # homes also in another lot of the same direction

    @property
    def known(self) -> int:
        return sum(self.by_ownership.values())

    @property
    def given(self) -> int:
        return self.known + self.unknown


@dataclass(frozen=True)
class Batch:
    """Homes added to a lot at once."""

    key: UUID
    at: datetime
    by: str
    count: int


def lots_within(scope: Scope) -> QuerySet[StockLot]:
    """The list of lots, with their numbers of homes and of steps done: to be ordered and cut (1 query)."""
    lots = StockLot.objects.select_related("agency")
    if not scope.everything:
        lots = lots.filter(Q(agency__in=scope.agencies) | Q(agency__company__in=scope.companies))
    return lots.annotate(
        given=_count(StockLotHome.objects.filter(lot=OuterRef("pk"))),
        done=_count(StockLotStep.objects.filter(lot=OuterRef("pk"))),
    )


def _count(rows: QuerySet) -> Coalesce:
    return Coalesce(Subquery(rows.order_by().values("lot").annotate(count=Count("pk")).values("count")), 0)


def lot_found(lot: StockLot, on: date) -> Found:
    """What the register knows of a lot's homes and of those who live there, for its page (1 query)."""
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, {"lot": lot.pk, "on": on, "agency": lot.agency_id, "direction": lot.direction})
        rows = cursor.fetchall()
    found = Found({})
    for ownership, homes, *counts in rows:
        if ownership == "-":
            found.unknown = homes
            continue
        found.by_ownership[ownership] = homes
        for name, count in zip(
            ("households", "no_phone", "no_email", "unreachable", "vacant", "elsewhere", "twice"), counts, strict=True
        ):
            setattr(found, name, getattr(found, name) + count)
    return found


def lot_homes(lot: StockLot, on: date, *, state: str = "", text: str = "") -> QuerySet[StockLotHome]:
    """The homes of a lot with what is known of each, for its page: to be ordered and cut (1 query).

    Nobody is named there: only whether somebody lives in the home, and how they may be reached.
    """
    homes = StockLotHome.objects.filter(lot=lot).annotate(
        home=Coalesce(
            F("dwelling_id"), Subquery(Dwelling.objects.filter(code=OuterRef("code")).order_by().values("pk")[:1])
        )
    )
    dwelling = Dwelling.objects.filter(pk=OuterRef("home")).order_by()
    household = Household.objects.filter(dwelling=OuterRef("home"), closed_on=None)
    contact = ContactPoint.objects.filter(
        Q(person__left_on=None) | Q(person__left_on__gt=on),
        person__household__dwelling=OuterRef("home"),
        person__household__closed_on=None,
        person__deceased=False,
        status__in=_USABLE,
    )
    homes = homes.annotate(
        residence=Subquery(dwelling.values("building__residence__name")[:1]),
        ownership=Subquery(dwelling.values("ownership")[:1]),
        type=Subquery(dwelling.values("type")[:1]),
        occupied=Exists(household),
        phone=Exists(contact.filter(kind="phone")),
        email=Exists(contact.filter(kind="email")),
    ).annotate(
        state=Case(
            When(home=None, then=Value("unknown")),
            When(occupied=False, then=Value("vacant")),
            When(phone=False, email=False, then=Value("unreachable")),
            When(phone=False, then=Value("no_phone")),
            When(email=False, then=Value("no_email")),
            default=Value("complete"),
            output_field=CharField(),
        )
    )
    if state:
        homes = homes.filter(state=state)
    if text:
        homes = homes.filter(Q(code__icontains=text) | Q(residence__icontains=text))
    return homes


def lot_batches(lot: StockLot) -> list[Batch]:
    """Each time homes were added to a lot, the newest first (1 query)."""
    rows = (
        StockLotHome.objects.filter(lot=lot)
        .values("batch", "added_at", "added_by__first_name", "added_by__last_name")
        .annotate(count=Count("pk"))
        .order_by("-added_at", "batch")
    )
    return [
        Batch(
            row["batch"], row["added_at"], _name(row["added_by__first_name"], row["added_by__last_name"]), row["count"]
        )
        for row in rows
    ]


def steps_done(lot: StockLot) -> dict[str, tuple[datetime, str]]:
    """Step → when it was done, and by whom (1 query)."""
    rows = StockLotStep.objects.filter(lot=lot).values_list(
        "key", "done_at", "done_by__first_name", "done_by__last_name"
    )
    return {key: (at, _name(first, last)) for key, at, first, last in rows}


def _name(first: str | None, last: str | None) -> str:
    return " ".join(filter(None, [first, last]))


def known_codes(codes: Collection[str]) -> dict[str, tuple[UUID, UUID, UUID]]:
    """Code of a home → its key, its agency and that agency's company, for those that exist (1 query)."""
    rows = Dwelling.objects.filter(code__in=codes).values_list(
        "code", "pk", "building__residence__agency", "building__residence__agency__company"
    )
    return {code: (home, agency, company) for code, home, agency, company in rows}


def buildings_found(text: str, *, scope: Scope, limit: int = 40) -> list[tuple[Building, int]]:
    """Buildings of residences whose name or code has this text, with their homes counted (1 query).

    Serves the choice of a lot's homes by building.
    """
    found = Building.objects.filter(
        Q(residence__name__icontains=text) | Q(residence__code__iexact=text), dwellings__isnull=False
    )
    if not scope.everything:
        found = found.filter(
            Q(residence__agency__in=scope.agencies) | Q(residence__agency__company__in=scope.companies)
        )
    shown = found.select_related("residence__agency", "residence__commune").annotate(
        count=Count("dwellings", distinct=True)
    )
    return [(one, one.count) for one in shown.order_by("residence__name", "residence__code", "code")[:limit]]


def codes_of_buildings(buildings: Iterable[UUID], *, scope: Scope) -> list[str]:
    """Codes of the homes of some buildings within a scope (1 query)."""
    homes = Dwelling.objects.filter(building__in=list(buildings))
    if not scope.everything:
        agency = "building__residence__agency"
        homes = homes.filter(Q(**{f"{agency}__in": scope.agencies}) | Q(**{f"{agency}__company__in": scope.companies}))
    return list(homes.order_by("code").values_list("code", flat=True))


def lot_names(lot_ids: Collection[UUID | str]) -> dict[str, str]:
    """Names of the lots that have these keys (1 query)."""
    return {str(pk): name for pk, name in StockLot.objects.filter(pk__in=lot_ids).values_list("pk", "name")}


def recent_lots(limit: int = 200) -> dict[str, str]:
    """Every lot by its key, the newest first (1 query)."""
    rows = StockLot.objects.order_by("-effective_on", "name").values_list("pk", "name")
    return {str(pk): name for pk, name in rows[:limit]}
