"""Residences as places where people live: how many, who is old, who is alone, who was reached, who is a relay.

Whether somebody may see all this is decided elsewhere; names behind a protected address are left out by the screens.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, IntegerField, Max, Min, OuterRef, Prefetch, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Extract

from bienveille.engines.dispatch.choices import Outcome
from bienveille.engines.dispatch.models import Attempt
from bienveille.ground.lib.disclosure import Part, known
from bienveille.ground.lib.typography import short_day
from bienveille.ground.platform.text_search import name_matches
from bienveille.register.accounts.rules import Scope
from bienveille.register.housing.models import Dwelling, Residence, Watch
from bienveille.register.tenants.choices import ContactKind, ContactStatus
from bienveille.register.tenants.models import ContactPoint, Household, Person
from bienveille.register.tenants.rules import latest_birth
from bienveille.services.neighbourhood.models import RelayTenant
from bienveille.services.neighbourhood.rules import OF_AGE

ELDER = 75
NO_RESIDENCE: frozenset[UUID] = frozenset()
USABLE = (ContactStatus.VALID, ContactStatus.UNVERIFIED)
#: So many people are listed at once, to choose a relay: a longer word then finds the right one.
MOST_PEOPLE = 50


def present(on: date, prefix: str = "") -> Q:
    """Alive and living there that day."""
    return Q(**{f"{prefix}deceased": False}) & (Q(**{f"{prefix}left_on": None}) | Q(**{f"{prefix}left_on__gt": on}))


def _count(rows: QuerySet[Any, Any], place: str) -> Coalesce:
    """How many of these rows are in the residence of the outer query; `place`: the way from a row to its residence."""
    counted = rows.filter(**{place: OuterRef("pk")}).order_by().values(place).annotate(n=Count("pk"))
    return Coalesce(Subquery(counted.values("n"), output_field=IntegerField()), 0)


_HOME_OF_PERSON = "household__dwelling__building__residence"


def _elders(on: date) -> QuerySet[Person]:
    return Person.objects.filter(present(on), household__closed_on=None, birth_date__lte=latest_birth(ELDER, on))


def _alone(on: date) -> QuerySet[Person]:
    """People of that age with whom nobody else lives."""
    others = Person.objects.filter(present(on), household=OuterRef("household")).exclude(pk=OuterRef("pk"))
    return _elders(on).filter(~Exists(others))


def residences_seen(
    *,
    on: date,
    scope: Scope,
    residences: Collection[UUID] = NO_RESIDENCE,
    agency: UUID | None = None,
    commune: str = "",
    watched: bool | None = None,
    text: str = "",
) -> QuerySet[Residence]:
    """Residences of one's agencies, or that a building manager looks after, with the figures of each.

    Serves the list, the map and the residences under watch (1 query, once ordered and cut). `homes`, `households`,
    `elders` (people of 75 or more), `alone` (those with whom nobody lives), `last_reached`: summed up for the rows of
    a page only, unless the list is sorted by them.
    """
    found = Residence.objects.select_related("agency", "commune")
    if not scope.everything:
        within = Q(agency__in=scope.agencies) | Q(agency__company__in=scope.companies) | Q(pk__in=residences)
        found = found.filter(within)
    if agency is not None:
        found = found.filter(agency=agency)
    if commune:
        found = found.filter(Q(commune=commune) | Q(commune__parent=commune))
    if watched is not None:
        found = found.filter(watched=watched)
    if text:
        match = name_matches("search", text)
        found = found.none() if match is None else found.filter(match)
    reached = Attempt.objects.filter(outcome=Outcome.REACHED, undone_at=None).filter(
        contact__household__dwelling__building__residence=OuterRef("pk")
    )
    last = reached.order_by().values("contact__household__dwelling__building__residence").annotate(last=Max("at"))
    return found.annotate(
        homes=_count(Dwelling.objects.all(), "building__residence"),
        households=_count(Household.objects.filter(closed_on=None), "dwelling__building__residence"),
        elders=_count(_elders(on), _HOME_OF_PERSON),
        alone=_count(_alone(on), _HOME_OF_PERSON),
        last_reached=Subquery(last.values("last")),
    )


def communes_of(*, scope: Scope, residences: Collection[UUID] = NO_RESIDENCE) -> list[tuple[str, str]]:
    """Communes where one has residences, by name, for the filter of the list (1 query).

    An arrondissement is there under its own name, and so is the commune that holds it.
    """
    found = Residence.objects.filter(commune__isnull=False)
    if not scope.everything:
        found = found.filter(
            Q(agency__in=scope.agencies) | Q(agency__company__in=scope.companies) | Q(pk__in=residences)
        )
    rows = found.values_list("commune__code", "commune__name", "commune__parent__code", "commune__parent__name")
    named: dict[str, str] = {}
    for code, name, parent, parent_name in rows.distinct():
        named[code] = name
        if parent:
            named[parent] = parent_name
    return sorted(named.items(), key=lambda pair: (pair[1], pair[0]))


def with_watch(found: QuerySet[Residence]) -> QuerySet[Residence]:
    """The same residences, each with its open watch in `open_watches` (1 query more)."""
    watches = Watch.objects.filter(ended_on=None).select_related("started_by")
    return found.prefetch_related(Prefetch("watches", watches, to_attr="open_watches"))


@dataclass(frozen=True)
class ResidenceFigures:
    """What the page of a residence counts. `vacant`: homes where no household lives, whatever was declared."""

    homes: int
    vacant: int
    households: int
    elders: int
    alone: int
    reachable: int

    @property
    def unreachable(self) -> int:
        return self.households - self.reachable


def residence_figures(residence: Residence, on: date) -> ResidenceFigures:
    """The figures of one residence, for its page (1 query)."""
    lived_in = Household.objects.filter(dwelling=OuterRef("pk"), closed_on=None)
    by_phone = ContactPoint.objects.filter(
        present(on, "person__"), person__household=OuterRef("pk"), kind=ContactKind.PHONE, status__in=USABLE
    )
    here = "dwelling__building__residence"
    row = (
        Residence.objects.filter(pk=residence.pk)
        .annotate(
            homes=_count(Dwelling.objects.all(), "building__residence"),
            vacant=_count(Dwelling.objects.filter(~Exists(lived_in)), "building__residence"),
            households=_count(Household.objects.filter(closed_on=None), here),
            elders=_count(_elders(on), _HOME_OF_PERSON),
            alone=_count(_alone(on), _HOME_OF_PERSON),
            reachable=_count(Household.objects.filter(Exists(by_phone), closed_on=None), here),
        )
        .values("homes", "vacant", "households", "elders", "alone", "reachable")
        .get()
    )
    return ResidenceFigures(**row)


#: The oldest has the earliest birth date: turned round, so that the arrow of a list tells the truth.
BY_AGE = Extract("oldest_birth", "epoch") * Value(-1)


def homes_of(
    residence: Residence, on: date, *, building: UUID | None = None, lived_in: str = "", hide_protected: bool = True
) -> QuerySet[Dwelling]:
    """The homes of a residence, with the households that live there and their people (3 queries, once cut).

    `lived_in`: `yes`, `no`, `elder` (somebody of 75 or more) or `alone` (such a person, alone). Homes with a protected
    address are not found by the last two, for who may not know: the filter would tell. `oldest_birth` is that of
    somebody present; nothing for those homes.
    """
    open_one = Household.objects.filter(dwelling=OuterRef("pk"), closed_on=None)
    protected = Person.objects.filter(
        present(on), household__dwelling=OuterRef("pk"), household__closed_on=None, protected_address=True
    )
    people = Person.objects.filter(present(on), household__dwelling=OuterRef("pk"), household__closed_on=None)
    if hide_protected:
        people = people.filter(
            ~Exists(Person.objects.filter(present(on), household=OuterRef("household"), protected_address=True))
        )
    oldest = people.order_by().values("household__dwelling").annotate(oldest=Min("birth_date")).values("oldest")
    homes = Dwelling.objects.filter(building__residence=residence).select_related("building")
    homes = homes.annotate(lived_in=Exists(open_one), veiled=Exists(protected), oldest_birth=Subquery(oldest))
    if building is not None:
        homes = homes.filter(building=building)
    if lived_in in ("yes", "no"):
        homes = homes.filter(lived_in=lived_in == "yes")
    elif lived_in:
        chosen = (_elders(on) if lived_in == "elder" else _alone(on)).filter(household__dwelling=OuterRef("pk"))
        homes = homes.filter(Exists(chosen))
        if hide_protected:
            homes = homes.filter(veiled=False)
    there = Person.objects.filter(present(on)).order_by("birth_date", "search", "pk")
    households = Household.objects.filter(closed_on=None).order_by("name", "pk")
    return homes.prefetch_related(
        Prefetch(
            "households",
            households.prefetch_related(Prefetch("people", there, to_attr="there")),
            to_attr="open_households",
        )
    )


def buildings_of(residence: Residence) -> list[tuple[str, str]]:
    """The buildings of a residence by their code, for the filter of its homes (1 query)."""
    rows = residence.buildings.order_by("code").values_list("pk", "code")
    return [(str(key), code or "Sans nom") for key, code in rows]


def staircases_of(residence: Residence) -> list[dict[str, Any]]:
    """Each building and staircase of a residence, with its homes and its floors (1 query)."""
    grouped = Dwelling.objects.filter(building__residence=residence).values("staircase", "building__code")
    rows = grouped.annotate(
        homes=Count("pk"),
        top=Max("floor"),
        without_lift=Count("pk", filter=Q(lift=False)),
        with_lift=Count("pk", filter=Q(lift=True)),
    )
    return [dict(row) for row in rows.order_by("building__code", "staircase")]


@dataclass(frozen=True)
class LastCall:
    """One of the last calls to somebody of a residence. `veiled`: somebody there has a protected address."""

    at: Any
    outcome: str
    caller: str
    household_id: UUID
    household: str
    veiled: bool


def last_calls(residence: Residence, on: date, *, limit: int = 8) -> list[LastCall]:
    """The last calls to those who live in a residence, those taken back left out (1 query)."""
    protected = Person.objects.filter(present(on), household=OuterRef("contact__household"), protected_address=True)
    attempts = (
        Attempt.objects.filter(
            contact__household__dwelling__building__residence=residence,
            contact__household__closed_on=None,
            undone_at=None,
        )
        .select_related("caller", "contact__household")
        .annotate(veiled=Exists(protected))
        .order_by("-at", "-id")[:limit]
    )
    return [
        LastCall(
            at=one.at,
            outcome=one.get_outcome_display(),
            caller=one.caller.initials,
            household_id=one.contact.household_id,
            household=one.contact.household.display_name,
            veiled=one.veiled,
        )
        for one in attempts
    ]


# ---- Relay tenants -----------------------------------------------------------------------------------------------


def lives_in(residence: Residence, on: date) -> QuerySet[Person]:
    """Adults who live in a residence and whose name may be told there, for who chooses a relay (no query until read).

    Somebody whose age is unknown is taken for an adult; a household with a protected address is left out.
    """
    protected = Person.objects.filter(present(on), household=OuterRef("household"), protected_address=True)
    return Person.objects.filter(
        Q(birth_date=None) | Q(birth_date__lte=latest_birth(OF_AGE, on)),
        ~Exists(protected),
        present(on),
        household__closed_on=None,
        household__dwelling__building__residence=residence,
    )


def may_be_named(residence: Residence, person: Person, on: date) -> bool:
    """Whether somebody's name may be told in a residence, because they live there and nothing hides it (1 query)."""
    return lives_in(residence, on).filter(pk=person.pk).exists()


def possible_relays(residence: Residence, on: date, text: str = "") -> list[Person]:
    """Adults of a residence who are not relays, by name; fifty at most (1 query)."""
    people = lives_in(residence, on).exclude(pk__in=stands(on).values("person"))
    if text:
        match = name_matches("search", text)
        people = people.none() if match is None else people.filter(match)
    return list(people.select_related("household").order_by("search", "pk")[: MOST_PEOPLE + 1])


def stands(on: date) -> QuerySet[RelayTenant]:
    """Relays that day: agreed, neither ended nor past their last day, still living in that residence (no query)."""
    protected = Person.objects.filter(present(on), household=OuterRef("person__household"), protected_address=True)
    return RelayTenant.objects.filter(
        present(on, "person__"),
        ~Exists(protected),
        ended_on=None,
        agreed_on__lte=on,
        until__gte=on,
        person__household__closed_on=None,
        person__household__dwelling__building__residence=F("residence"),
    )


def relays_of(residence: Residence, on: date) -> list[RelayTenant]:
    """The relay tenants of a residence, for its page (1 query)."""
    relays = stands(on).filter(residence=residence).select_related("person__household")
    return list(relays.order_by("person__search", "pk"))


def told_of_relays(person_ids: Collection[UUID]) -> list[Part]:
    """What somebody agreed to do for their residence, for that person (GDPR art. 15; 1 query)."""
    relays = RelayTenant.objects.filter(person__in=list(person_ids)).select_related("residence").order_by("agreed_on")
    lines = tuple(
        known(
            ("Résidence", relay.residence.name),
            ("Vous avez accepté le", short_day(relay.agreed_on)),
            ("Ce que vous faites", relay.role),
            ("Ce que vous ne souhaitez pas faire", relay.limits),
            ("Jusqu’au", short_day(relay.ended_on or relay.until)),
        )
        for relay in relays
    )
    return [Part("relays", "Votre rôle de locataire relais", lines=lines)] if lines else []


def relays_by_residence(keys: Collection[UUID], on: date) -> dict[UUID, list[RelayTenant]]:
    """The relay tenants of several residences, for the list of those under watch (1 query)."""
    found: dict[UUID, list[RelayTenant]] = {}
    relays = stands(on).filter(residence__in=list(keys)).select_related("person__household")
    for relay in relays.order_by("person__search", "pk"):
        found.setdefault(relay.residence_id, []).append(relay)
    return found
