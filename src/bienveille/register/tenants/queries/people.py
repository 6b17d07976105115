"""Reading people: search by name, the page of a household. Marks past their end are never shown."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Extract

from bienveille.ground.platform.text_search import name_matches
from bienveille.register.accounts.rules import Scope
from bienveille.register.tenants.choices import MarkKind
from bienveille.register.tenants.models import ContactPoint, Household, Lease, Mark, Person, Relative
from bienveille.register.tenants.rules import age_on, age_words, holder_first, is_present, latest_birth, lives_alone

#: Two letters may match a hundred thousand people: so many are sorted, no more. A longer word then finds the right one.
CANDIDATES = 500
ALL_KINDS = frozenset(MarkKind.values)
NO_RESIDENCE: frozenset[UUID] = frozenset()


@dataclass(frozen=True)
class Found:
    """One line of a search. The home is left out when somebody of the household has a protected address."""

    person_id: UUID
    household_id: UUID
    name: str
    age: int | None
    gone: bool
    agency: str
    residence: str
    commune: str
    protected: bool


@dataclass(frozen=True)
class Resident:
    """Somebody of a household with what is known today. `age` is None when unknown."""

    person: Person
    age: int | None
    present: bool
    contact_points: list[ContactPoint]
    relatives: list[Relative]
    marks: list[Mark]

    @property
    def age_words(self) -> str:
        return age_words(self.age)


@dataclass(frozen=True)
class HouseholdRecord:
    """The page of a household. `protected`: its address is shown to two roles only (`access.may_see_address`)."""

    household: Household
    residents: list[Resident]
    former: list[Resident]
    leases: list[Lease]
    alone: bool
    protected: bool


#: The oldest has the earliest birth date: turned round, so that the arrow of a list tells the truth.
BY_AGE = Extract("birth_date", "epoch") * Value(-1)


def people_found(
    *,
    text: str = "",
    on: date,
    scope: Scope,
    residences: Collection[UUID] = NO_RESIDENCE,
    agency: UUID | None = None,
    age_from: int | None = None,
    mark: str = "",
    hide_protected: bool = True,
) -> QuerySet[Person]:
    """People whose names hold every word typed as the start of a word, accents and order aside; narrowed as asked.

    Serves the list of tenants (1 query, once ordered and cut; see `as_found`). « lefevre eleo » and « élé lef » find
    Éléonore Lefèvre. Nothing asked, nobody found. Of a name, 500 people at most: a longer word then finds the right
    one. By agency, whose address is hidden from this reader is left out: the filter would tell where they live.
    """
    match = name_matches("search", text) if text else None
    narrowed = agency is not None or age_from is not None or mark
    if (text and match is None) or not (text or narrowed) or (scope.nothing and not residences):
        return Person.objects.none()
    people = Person.objects.filter(_within(scope, residences))
    if match is not None:
        people = people.filter(match)
    if agency is not None:
        people = people.filter(household__dwelling__building__residence__agency=agency)
        if hide_protected:
            people = people.filter(~_someone_protected())
    if age_from is not None:
        people = people.filter(birth_date__lte=latest_birth(age_from, on), deceased=False)
    if mark:
        people = people.filter(Exists(Mark.objects.filter(person=OuterRef("pk"), kind=mark, expires_on__gt=on)))
    if not text:
        people = people.filter(Q(left_on=None) | Q(left_on__gt=on), deceased=False)
    else:
        people = Person.objects.filter(pk__in=people.values("pk")[:CANDIDATES])
    return with_home(people)


def with_home(people: QuerySet[Person]) -> QuerySet[Person]:
    """What `as_found` reads."""
    return people.annotate(
        agency_name=F("household__dwelling__building__residence__agency__name"),
        residence_name=F("household__dwelling__building__residence__name"),
        commune_name=F("household__dwelling__building__residence__commune__name"),
        household_closed=F("household__closed_on"),
        hidden=_someone_protected(),
    )


def as_found(person: Any, on: date, *, hide_protected: bool = True) -> Found:
    """One row of `people_found` as a list may show it: the home is left out when it is protected."""
    veiled = person.hidden and hide_protected
    return Found(
        person_id=person.pk,
        household_id=person.household_id,
        name=person.display_name,
        age=None if person.deceased else age_on(person.birth_date, on),
        gone=person.household_closed is not None or not is_present(person, on),
        agency=(person.agency_name or "") if not veiled else "",
        residence=(person.residence_name or "") if not veiled else "",
        commune=(person.commune_name or "") if not veiled else "",
        protected=person.hidden,
    )


def find_people(
    text: str,
    on: date,
    *,
    scope: Scope,
    residences: Collection[UUID] = NO_RESIDENCE,
    hide_protected: bool = True,
    limit: int = 50,
) -> list[Found]:
    """The first people of a search by name, those who live there before those who left (1 query).

    Nothing typed, nothing found. The view writes the audit row (`household.listed`).
    """
    found = people_found(text=text, on=on, scope=scope, residences=residences, hide_protected=hide_protected)
    rows = found.order_by(F("household__closed_on").asc(nulls_first=True), "search", "pk")[:limit]
    return [as_found(person, on, hide_protected=hide_protected) for person in rows]


def somebody_known() -> bool:
    """Whether the register knows anybody yet, for the first steps of a landlord (1 query)."""
    return Person.objects.exists()


def household_record(household: Household, on: date, *, kinds: Collection[str] = ALL_KINDS) -> HouseholdRecord:
    """Everything on the page of a household, which `access.get_household_for` has loaded (5 queries).

    `kinds`: the marks that its reader may read (`access.readable_kinds`). Whoever is there first, the holder of the
    lease before the others; usable numbers before the rest.
    """
    people = list(Person.objects.filter(household=household).order_by("pk"))
    keys = [person.pk for person in people]
    points = _by_person(ContactPoint.objects.filter(person__in=keys).order_by("kind", "status", "pk"))
    relatives = _by_person(Relative.objects.filter(person__in=keys).order_by("name", "pk"))
    marks = _by_person(_believed(on, kinds).filter(person__in=keys))
    residents = [
        Resident(
            person=person,
            age=age_on(person.birth_date, on),
            present=is_present(person, on),
            contact_points=sorted(points.get(person.pk, []), key=_usable_first),
            relatives=relatives.get(person.pk, []),
            marks=marks.get(person.pk, []),
        )
        for person in sorted(people, key=holder_first)
    ]
    present = [resident for resident in residents if resident.present]
    return HouseholdRecord(
        household=household,
        residents=present,
        former=[resident for resident in residents if not resident.present],
        leases=list(Lease.objects.filter(household=household).order_by(F("entry").desc(nulls_last=True), "number")),
        alone=lives_alone(people, on),
        protected=any(resident.person.protected_address for resident in present),
    )


def ways_and_marks(person: Person, on: date, *, kinds: Collection[str] = ALL_KINDS) -> Resident:
    """One person with their numbers, relatives and marks, for the pages that correct them (3 queries)."""
    return Resident(
        person=person,
        age=age_on(person.birth_date, on),
        present=is_present(person, on),
        contact_points=sorted(
            ContactPoint.objects.filter(person=person).order_by("kind", "status", "pk"), key=_usable_first
        ),
        relatives=list(Relative.objects.filter(person=person).order_by("name", "pk")),
        marks=list(_believed(on, kinds).filter(person=person)),
    )


def _believed(on: date, kinds: Collection[str]) -> QuerySet[Mark]:
    """Marks that have not ended, of the kinds that somebody may read, with who noted them."""
    return (
        Mark.objects.filter(expires_on__gt=on, kind__in=sorted(kinds))
        .select_related("noted_by")
        .order_by("-noted_on", "kind")
    )


#: A death is told to who calls the household for so long; one of an unknown day as long as it is on the record.
MOURNING = timedelta(days=365)


def lost_since(on: date) -> Q:
    """People of a household who died not long before that day (no query)."""
    recent = Q(deceased_on=None) | Q(deceased_on__gt=on - MOURNING)
    return Q(deceased=True, opposed_on=None, merged_into=None) & recent


def is_protected(household_id: UUID, on: date) -> bool:
    """Whether somebody living there that day has a protected address (1 query)."""
    there = Q(left_on=None) | Q(left_on__gt=on)
    return Person.objects.filter(there, household=household_id, deceased=False, protected_address=True).exists()


def _within(scope: Scope, residences: Collection[UUID]) -> Q:
    if scope.everything:
        return Q()
    within = Q(household__dwelling__building__residence__agency__in=scope.agencies)
    within |= Q(household__dwelling__building__residence__agency__company__in=scope.companies)
    if residences:
        within |= Q(household__dwelling__building__residence__in=residences)
    return within


def _someone_protected() -> Exists:
    """Nobody's day is looked at here: the address of somebody who has just left stays hidden in lists."""
    return Exists(Person.objects.filter(household=OuterRef("household"), deceased=False, protected_address=True))


def _by_person[Row: (ContactPoint, Relative, Mark)](rows: Iterable[Row]) -> dict[UUID, list[Row]]:
    grouped: dict[UUID, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row.person_id, []).append(row)
    return grouped


_STATUS_RANKS = {"valid": 0, "unverified": 1, "wrong": 2, "stop": 3}


def _usable_first(point: ContactPoint) -> tuple[int, str, bool]:
    return _STATUS_RANKS[point.status], point.kind, bool(point.whose)
