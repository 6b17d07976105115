"""Reading people: search by name, the page of a household. Marks past their end are never shown."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Extract

from bienveille.ground.platform.text_search import name_matches
from bienveille.register.accounts.rules import Scope
from bienveille.register.tenants.models import ContactPoint, Household, Lease, Mark, Person, Relative
from bienveille.register.tenants.rules import (
    age_on,
    age_words,
    double_words,
    is_present,
    latest_birth,
    lives_alone,
    near_names,
)

#: Two letters may match a hundred thousand people: so many are sorted, no more. A longer word then finds the right one.
CANDIDATES = 500
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
    return _with_home(people)


def _with_home(people: QuerySet[Person]) -> QuerySet[Person]:
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


@dataclass(frozen=True)
class Double:
    """Two people of two households who look like one, and why."""

    first: Person
    second: Person
    why: str


#: So many pairs are shown at once: they are looked at one by one.
DOUBLES = 100


_THERE = "NOT {0}.deceased AND ({0}.left_on IS NULL OR {0}.left_on > %(on)s)"
# Everybody against everybody, by the beginning of the name: one pass over the people, one over the numbers.
_PAIRS = f"""
SELECT x.id AS one, y.id AS other, true AS by_birth
FROM tenants_person x JOIN tenants_person y ON y.birth_date = x.birth_date AND left(y.search, 4) = left(x.search, 4)
WHERE x.id < y.id AND x.household_id <> y.household_id AND {_THERE.format("x")} AND {_THERE.format("y")}
UNION ALL
SELECT x.id, y.id, false
FROM tenants_contactpoint c JOIN tenants_contactpoint d ON d.value = c.value AND d.person_id > c.person_id
JOIN tenants_person x ON x.id = c.person_id JOIN tenants_person y ON y.id = d.person_id
WHERE c.kind = 'phone' AND c.status IN ('valid', 'unverified') AND d.status IN ('valid', 'unverified')
  AND x.household_id <> y.household_id AND {_THERE.format("x")} AND {_THERE.format("y")}
"""
# Those of one household against the others, by the indexes of names and numbers: the page opens at once.
_PAIRS_OF_HOUSEHOLD = f"""
SELECT least(x.id, y.id) AS one, greatest(x.id, y.id) AS other, true AS by_birth
FROM tenants_person x JOIN tenants_person y
  ON y.birth_date = x.birth_date
  AND y.search ~>=~ left(x.search, 4) AND y.search ~<~ (left(x.search, 4) || chr(1114111))
WHERE x.household_id = %(household)s AND y.household_id <> x.household_id
  AND {_THERE.format("x")} AND {_THERE.format("y")}
UNION ALL
SELECT least(x.id, y.id), greatest(x.id, y.id), false
FROM tenants_person x JOIN tenants_contactpoint c ON c.person_id = x.id
JOIN tenants_contactpoint d ON d.value = c.value AND d.kind = 'phone' JOIN tenants_person y ON y.id = d.person_id
WHERE x.household_id = %(household)s AND y.household_id <> x.household_id AND c.kind = 'phone'
  AND c.status IN ('valid', 'unverified') AND d.status IN ('valid', 'unverified')
  AND {_THERE.format("x")} AND {_THERE.format("y")}
"""
_IN_SCOPE = """
EXISTS (
    SELECT FROM tenants_person p JOIN tenants_household h ON h.id = p.household_id
    JOIN housing_dwelling d ON d.id = h.dwelling_id JOIN housing_building b ON b.id = d.building_id
    JOIN housing_residence r ON r.id = b.residence_id JOIN accounts_agency a ON a.id = r.agency_id
    WHERE p.id = {} AND h.closed_on IS NULL
      AND (%(everything)s OR r.agency_id = ANY (%(agencies)s) OR a.company_id = ANY (%(companies)s)))
"""
_DOUBLES = f"""
WITH kept AS (
    SELECT one, other, bool_or(by_birth) AS by_birth, bool_or(NOT by_birth) AS by_phone
    FROM (PAIRS) pairs
    WHERE NOT EXISTS (SELECT FROM tenants_knownapart k WHERE k.first_id = one AND k.second_id = other)
      AND {_IN_SCOPE.format("one")} AND {_IN_SCOPE.format("other")}
    GROUP BY one, other ORDER BY one, other LIMIT %(most)s
)
SELECT p.*, k.one, k.other, k.by_birth, k.by_phone
FROM kept k JOIN tenants_person p ON p.id IN (k.one, k.other) ORDER BY k.one, k.other, p.id
"""


def possible_doubles(scope: Scope, on: date, *, household_id: UUID | None = None) -> list[Double]:
    """People of two households who may be one: near names, and the same birth date or the same number (1 query).

    Those said to be apart are left out, as those who left or died. `household_id`: only pairs with that household.
    Serves the page of a household, which looks names up, and the list of what is to be looked at: that one compares
    everybody, a second or two for a million people.
    """
    pairs = _PAIRS if household_id is None else _PAIRS_OF_HOUSEHOLD
    rows = Person.objects.raw(
        _DOUBLES.replace("PAIRS", pairs),
        {
            "on": on,
            "everything": scope.everything,
            "agencies": list(scope.agencies),
            "companies": list(scope.companies),
            "household": household_id,
            "most": DOUBLES * 5,
        },
    )
    people: list[Any] = list(rows)  # people with what makes the pair: `by_birth`, `by_phone`
    couples = zip(people[::2], people[1::2], strict=True)
    near = [couple for couple in couples if near_names(couple[0].search, couple[1].search)][:DOUBLES]
    return [Double(first, second, double_words(first.by_birth, first.by_phone)) for first, second in near]


@dataclass(frozen=True)
class DoubleRow:
    """A pair as a list may show it, each with its home unless it is protected; and whom somebody told apart."""

    first: Found
    second: Found
    why: str


def as_doubles(doubles: Iterable[Double], on: date, *, hide_protected: bool = True) -> list[DoubleRow]:
    """Pairs with their homes, as lists show people (1 query)."""
    pairs = list(doubles)
    keys = {person.pk for pair in pairs for person in (pair.first, pair.second)}
    found = {
        person.pk: as_found(person, on, hide_protected=hide_protected)
        for person in _with_home(Person.objects.filter(pk__in=keys))
    }
    return [DoubleRow(found[pair.first.pk], found[pair.second.pk], pair.why) for pair in pairs]


def somebody_known() -> bool:
    """Whether the register knows anybody yet, for the first steps of a landlord (1 query)."""
    return Person.objects.exists()


def household_record(household: Household, on: date) -> HouseholdRecord:
    """Everything on the page of a household, which `access.get_household_for` has loaded (5 queries).

    Whoever is there first, the holder of the lease before the others; usable numbers before the rest.
    """
    people = list(Person.objects.filter(household=household).order_by("pk"))
    keys = [person.pk for person in people]
    points = _by_person(ContactPoint.objects.filter(person__in=keys).order_by("kind", "status", "pk"))
    relatives = _by_person(Relative.objects.filter(person__in=keys).order_by("name", "pk"))
    marks = _by_person(Mark.objects.filter(person__in=keys, expires_on__gt=on).order_by("-noted_on", "kind"))
    residents = [
        Resident(
            person=person,
            age=age_on(person.birth_date, on),
            present=is_present(person, on),
            contact_points=sorted(points.get(person.pk, []), key=_usable_first),
            relatives=relatives.get(person.pk, []),
            marks=marks.get(person.pk, []),
        )
        for person in sorted(people, key=_holder_first)
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


def ways_and_marks(person: Person, on: date) -> Resident:
    """One person with their numbers, relatives and marks, for the pages that correct them (3 queries)."""
    return Resident(
        person=person,
        age=age_on(person.birth_date, on),
        present=is_present(person, on),
        contact_points=sorted(
            ContactPoint.objects.filter(person=person).order_by("kind", "status", "pk"), key=_usable_first
        ),
        relatives=list(Relative.objects.filter(person=person).order_by("name", "pk")),
        marks=list(Mark.objects.filter(person=person, expires_on__gt=on).order_by("-noted_on", "kind")),
    )


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


_RANKS = {"holder": 0, "co_holder": 1, "occupant": 2}
_STATUS_RANKS = {"valid": 0, "unverified": 1, "wrong": 2, "stop": 3}


def _holder_first(person: Person) -> tuple[int, date]:
    return _RANKS[person.role], person.birth_date or date.max


def _usable_first(point: ContactPoint) -> tuple[int, str, bool]:
    return _STATUS_RANKS[point.status], point.kind, bool(point.whose)
