"""People who may be one: which pairs are looked at, what each row holds, what was merged and may be undone."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q

from bienveille.register.accounts.rules import Scope
from bienveille.register.tenants.models import ContactPoint, Mark, Merge, Person, Relative
from bienveille.register.tenants.queries.people import Found, as_found, with_home
from bienveille.register.tenants.rules import double_words, near_names


@dataclass(frozen=True)
class Double:
    """Two people who look like one, and why."""

    first: Person
    second: Person
    why: str


@dataclass(frozen=True)
class Doubles:
    """One page of pairs. `after`: where the next page begins, empty on the last one."""

    pairs: list[Double]
    after: str


#: So many pairs are shown at once: they are looked at one by one. So many are read to find them: names that only
#: begin alike are many more.
PER_PAGE, READ = 50, 400

_THERE = """NOT {0}.deceased AND {0}.merged_into_id IS NULL AND ({0}.left_on IS NULL OR {0}.left_on > %(on)s)"""
# Each list walks one index from where the last page ended and stops once it has enough: groups of people born the same
# day whose names begin alike (`person_birth`); people of one number (`contact_point_value`). Families share numbers:
# under one roof, only the birth date suggests.
_BORN = f"""
SELECT 'naissance' AS kind, one AS place, one, other, true AS by_birth
FROM (
    SELECT p.birth_date, left(p.search, 4) AS beginning, array_agg(p.id) AS ids
    FROM tenants_person p
    WHERE p.birth_date IS NOT NULL AND {_THERE.format("p")}
      AND (p.birth_date, left(p.search, 4)) >= (
        COALESCE((SELECT birth_date FROM tenants_person WHERE id = %(one)s), '-infinity'),
        COALESCE((SELECT left(search, 4) FROM tenants_person WHERE id = %(one)s), ''))
    GROUP BY p.birth_date, left(p.search, 4) HAVING count(*) > 1
) groups, unnest(groups.ids) AS one, unnest(groups.ids) AS other
WHERE one < other AND APART AND (%(one)s::uuid IS NULL OR (one, other) > (%(one)s::uuid, %(other)s::uuid)
      OR NOT %(one)s::uuid = ANY (groups.ids))
ORDER BY groups.birth_date, groups.beginning, one, other
"""
_RUNG = f"""
SELECT 'numero' AS kind, c.id AS place, x.id AS one, y.id AS other, false AS by_birth
FROM tenants_contactpoint c
JOIN tenants_contactpoint d ON d.value = c.value AND d.kind = 'phone' AND d.person_id > c.person_id
JOIN tenants_person x ON x.id = c.person_id JOIN tenants_person y ON y.id = d.person_id
CROSS JOIN LATERAL (SELECT x.id AS one, y.id AS other) pair
WHERE c.kind = 'phone' AND c.status IN ('valid', 'unverified') AND d.status IN ('valid', 'unverified')
  AND x.household_id <> y.household_id AND {_THERE.format("x")} AND {_THERE.format("y")}
  AND string_to_array(x.search, ' ') && string_to_array(y.search, ' ')
  AND (x.birth_date = y.birth_date AND left(x.search, 4) = left(y.search, 4)) IS NOT TRUE AND APART
  AND c.value >= COALESCE((SELECT value FROM tenants_contactpoint WHERE id = %(point)s), '')
  AND (%(point)s::uuid IS NULL OR (x.id, y.id) > (%(one)s::uuid, %(other)s::uuid)
       OR c.value > (SELECT value FROM tenants_contactpoint WHERE id = %(point)s))
ORDER BY c.value, x.id, y.id
"""
# Those of one household against the others, by the same indexes: its page opens at once.
_OF_HOUSEHOLD = f"""
SELECT 'foyer' AS kind, NULL::uuid AS place, one, other, bool_or(by_birth) AS by_birth
FROM (
    SELECT least(x.id, y.id) AS one, greatest(x.id, y.id) AS other, true AS by_birth
    FROM tenants_person x JOIN tenants_person y
      ON y.birth_date = x.birth_date AND left(y.search, 4) = left(x.search, 4) AND y.id <> x.id
    WHERE x.household_id = %(household)s AND {_THERE.format("x")} AND {_THERE.format("y")}
    UNION ALL
    SELECT least(x.id, y.id), greatest(x.id, y.id), false
    FROM tenants_person x JOIN tenants_contactpoint c ON c.person_id = x.id
    JOIN tenants_contactpoint d ON d.value = c.value AND d.kind = 'phone' JOIN tenants_person y ON y.id = d.person_id
    WHERE x.household_id = %(household)s AND y.household_id <> x.household_id AND c.kind = 'phone'
      AND c.status IN ('valid', 'unverified') AND d.status IN ('valid', 'unverified')
      AND {_THERE.format("x")} AND {_THERE.format("y")}
) pairs
WHERE APART GROUP BY one, other ORDER BY one, other
"""
_IN_SCOPE = """
EXISTS (
    SELECT FROM tenants_person p JOIN tenants_household h ON h.id = p.household_id
    JOIN housing_dwelling d ON d.id = h.dwelling_id JOIN housing_building b ON b.id = d.building_id
    JOIN housing_residence r ON r.id = b.residence_id JOIN accounts_agency a ON a.id = r.agency_id
    WHERE p.id = {} AND h.closed_on IS NULL
      AND (%(everything)s OR r.agency_id = ANY (%(agencies)s) OR a.company_id = ANY (%(companies)s)))
"""
_APART = f"""
NOT EXISTS (SELECT FROM tenants_knownapart k WHERE k.first_id = one AND k.second_id = other)
AND {_IN_SCOPE.format("one")} AND {_IN_SCOPE.format("other")}
"""
_SAME_NUMBER = """
EXISTS (SELECT FROM tenants_contactpoint c JOIN tenants_contactpoint d ON d.value = c.value AND d.kind = 'phone'
        WHERE c.person_id = k.one AND d.person_id = k.other AND c.kind = 'phone'
          AND c.status IN ('valid', 'unverified') AND d.status IN ('valid', 'unverified')) AS by_phone
"""
_PEOPLE = f"""
WITH kept AS MATERIALIZED (CANDIDATES LIMIT %(most)s),
     ranked AS MATERIALIZED (SELECT row_number() OVER () AS rank, k.*, {_SAME_NUMBER} FROM kept k)
SELECT p.*, k.kind, k.place, k.one, k.other, k.by_birth, k.by_phone
FROM ranked k JOIN tenants_person p ON p.id IN (k.one, k.other) ORDER BY k.rank, p.id
"""


def possible_doubles(scope: Scope, on: date, *, household_id: UUID | None = None, after: str = "") -> Doubles:
    """People who may be one: near names, and the same birth date or the same number (1 query).

    Those said to be apart are left out, as those who left, died or were merged. `household_id`: only pairs with that
    household, for its page. Else one page of the list of what is to be looked at, from `after` on.
    """
    kind, place, one, other = _read_place(after)
    if household_id is not None:
        candidates = _OF_HOUSEHOLD
    elif kind == "numero":
        candidates = _RUNG
    else:
        candidates = f"({_BORN} LIMIT %(most)s) UNION ALL ({_RUNG} LIMIT %(most)s)"
    numbers = kind == "numero"
    rows = Person.objects.raw(
        _PEOPLE.replace("CANDIDATES", candidates).replace("APART", _APART),
        {
            "on": on,
            "everything": scope.everything,
            "agencies": list(scope.agencies),
            "companies": list(scope.companies),
            "household": household_id,
            "most": READ,
            "one": one,
            "other": other,
            "point": place if numbers else None,
        },
    )
    read = list(_couples(rows))
    near = [couple for couple in read if near_names(couple[0].search, couple[1].search)]
    shown = near[:PER_PAGE]
    last = shown[-1] if len(near) > PER_PAGE else (read[-1] if len(read) >= READ else None)
    pairs = [Double(first, second, double_words(first.by_birth, first.by_phone)) for first, second in shown]
    return Doubles(pairs, _place_of(last[0]) if last and household_id is None else "")


def _couples(rows: Iterable[Any]) -> Iterable[tuple[Any, Any]]:
    """The two people of each pair, in the order of the list; a pair that shares two numbers comes once."""
    met: dict[tuple[UUID, UUID], dict[UUID, Any]] = {}
    for person in rows:
        met.setdefault((person.one, person.other), {})[person.pk] = person
    for (one, other), both in met.items():
        yield both[one], both[other]


def _place_of(person: Any) -> str:
    return f"{person.kind}.{person.place}.{person.one}.{person.other}"


def _read_place(text: str) -> tuple[str, UUID | None, UUID | None, UUID | None]:
    """Where a page begins; whatever is not a place is the beginning."""
    parts = text.split(".")
    if len(parts) == 4 and parts[0] in ("naissance", "numero"):
        try:
            place, one, other = (UUID(part) for part in parts[1:])
        except ValueError:
            return "", None, None, None
        return parts[0], place, one, other
    return "", None, None, None


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
        for person in with_home(Person.objects.filter(pk__in=keys))
    }
    return [DoubleRow(found[pair.first.pk], found[pair.second.pk], pair.why) for pair in pairs]


@dataclass(frozen=True)
class Side:
    """One of two rows that are compared: who, where, and all that is known."""

    person: Person
    found: Found
    contact_points: list[ContactPoint]
    marks: list[Mark]
    relatives: list[Relative]


def two_sides(
    first: Person, second: Person, on: date, *, kinds: Collection[str], hide_protected: bool = True
) -> tuple[Side, Side]:
    """All that is known of two people, to be compared before they are merged (4 queries).

    `kinds`: the marks that the reader may read.
    """
    people = [first, second]
    homes = {row.pk: row for row in with_home(Person.objects.filter(pk__in=[first.pk, second.pk]))}
    points = list(ContactPoint.objects.filter(person__in=people).order_by("kind", "value"))
    marks = list(Mark.objects.filter(person__in=people, expires_on__gt=on, kind__in=sorted(kinds)).order_by("kind"))
    relatives = list(Relative.objects.filter(person__in=people).order_by("name"))
    one, other = (
        Side(
            person=person,
            found=as_found(homes[person.pk], on, hide_protected=hide_protected),
            contact_points=[row for row in points if row.person_id == person.pk],
            marks=[row for row in marks if row.person_id == person.pk],
            relatives=[row for row in relatives if row.person_id == person.pk],
        )
        for person in people
    )
    return one, other


def merges_of(household_id: UUID) -> list[Merge]:
    """What was merged in a household, into it or out of it, the newest first; merges undone are left out (1 query)."""
    of_it = Q(kept__household=household_id) | Q(gone__household=household_id)
    return list(
        Merge.objects.filter(of_it, undone_at=None)
        .select_related("kept__household", "gone__household", "merged_by")
        .order_by("-merged_at", "pk")
    )
