"""Which services can help near a home, and the directory of those who offer them; nothing here is about a person."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, When

from bienveille.ground.lib.words import search_name
from bienveille.ground.platform.text_search import SearchName, name_matches
from bienveille.register.housing.models import Commune, Epci, Residence
from bienveille.register.partners.choices import NEARNESS
from bienveille.register.partners.models import Service, Structure
from bienveille.register.partners.rules import (
    COMMUNE,
    COUNTRY,
    DEPARTMENT,
    EPCI,
    STALE,
    Area,
    ServiceMatch,
    area_of,
    freshness,
    matches_on,
)

#: The best services of each need: its own thematiques and types, or what somebody here said of it; the nearest
#: coverage first, then the freshest card. The index on coverages gives the candidates, once for all the needs (that on
#: thematiques would give most of the directory); structures that ended are few, and known by an index of their own.
#: `wanted`: a thematique of a need, for each type that it takes, or for any ('*').
_BEST = """
WITH near AS MATERIALIZED (
  SELECT s.id, s.thematiques, s.type, s.needs, s.date_maj, s.nom,
         CASE WHEN s.coverage && %(communes)s::varchar[] THEN 0
              WHEN %(epci)s = ANY (s.coverage) THEN 1
              WHEN %(department)s = ANY (s.coverage) THEN 2
              ELSE 3 END AS nearness
  FROM partners_service s
  WHERE s.coverage && %(codes)s::varchar[] AND s.ended_on IS NULL
    AND NOT EXISTS (SELECT FROM partners_structure p WHERE p.id = s.structure_id AND p.ended_on IS NOT NULL)
), wanted AS (
  SELECT * FROM unnest(%(wanted_needs)s::varchar[], %(wanted_codes)s::varchar[], %(wanted_types)s::varchar[])
    AS w (need, code, type)
), answers AS (
  SELECT w.need, n.id FROM near n CROSS JOIN unnest(n.thematiques) AS t (code) JOIN wanted w USING (code)
  WHERE w.type IN ('*', n.type)
  UNION
  SELECT said.need, n.id FROM near n CROSS JOIN unnest(n.needs) AS said (need) WHERE said.need = ANY (%(needs)s)
)
SELECT need, id, nearness, total
FROM (
  SELECT a.need, n.id, n.nearness, count(*) OVER (PARTITION BY a.need) AS total,
         row_number() OVER (PARTITION BY a.need ORDER BY n.nearness, n.date_maj DESC, n.nom, n.id) AS place
  FROM answers a JOIN near n USING (id)
) best
WHERE place <= %(limit)s
ORDER BY need, place
"""


@dataclass(frozen=True)
class Offer:
    """A service offered in a place, how near its coverage is (0 the commune, 3 all of France), if it may be old."""

    service: Service
    nearness: int
    is_stale: bool

    @property
    def phone(self) -> str:
        return self.service.telephone or self.service.structure.telephone

    @property
    def where(self) -> str:
        return NEARNESS[self.nearness]


@dataclass(frozen=True)
class Answers:
    """What answers one need in a place: the best ones, and how many there are in all."""

    match: ServiceMatch
    best: tuple[Offer, ...] = ()
    total: int = 0

    @property
    def more(self) -> int:
        return self.total - len(self.best)


def offer_of(service: Service, *, on: date) -> Offer:
    """A service read by `services_offered`, as it is shown (no query)."""
    return Offer(service, service.nearness, freshness(service.date_maj, on) == STALE)  # type: ignore[attr-defined]


def area_around(commune: Commune) -> Area:
    """The area of a commune already read (no query)."""
    return area_of(commune.code, parent=commune.parent_id or "", epci=commune.epci, department=commune.department)


def area_of_code(code: str) -> Area:
    """The area of a commune by its code; itself alone when nobody knows it (1 query)."""
    commune = Commune.objects.filter(code=code).first()
    return area_around(commune) if commune else area_of(code)


def best_services(
    area: Area, *, on: date, needs: Collection[str] | None = None, per_need: int = 3
) -> dict[str, Answers]:
    """For each need, the best services that cover a place and how many there are (2 queries, 1 when there is none).

    Serves the caller's screen, the page of a commune and its printed sheet. Every need of the table has its line, in
    its order; those that nobody answers here are empty. Closed services and those gone from their source are left out.
    """
    matches = {need: match for need, match in matches_on(on).items() if needs is None or need in needs}
    if not matches:
        return {}
    found = _ranked(area, matches, per_need)
    services = {
        one.pk: one
        for one in Service.objects.filter(pk__in={pk for _, pk, _, _ in found}).select_related("structure")
    } if found else {}  # fmt: skip
    offers: dict[str, list[Offer]] = defaultdict(list)
    totals: dict[str, int] = {}
    for need, pk, nearness, total in found:
        offers[need].append(Offer(services[pk], nearness, freshness(services[pk].date_maj, on) == STALE))
        totals[need] = total
    return {need: Answers(match, tuple(offers[need]), totals.get(need, 0)) for need, match in matches.items()}


def _ranked(area: Area, matches: Mapping[str, ServiceMatch], per_need: int) -> list[tuple[str, str, int, int]]:
    wanted = [
        (need, code, type_)
        for need, match in matches.items()
        for code in match.thematiques
        for type_ in match.types or ("*",)
    ]
    parameters: dict[str, Any] = {
        "communes": list(area.communes),
        "epci": area.epci,
        "department": area.department,
        "codes": area.codes,
        "needs": list(matches),
        "wanted_needs": [need for need, _, _ in wanted],
        "wanted_codes": [code for _, code, _ in wanted],
        "wanted_types": [type_ for _, _, type_ in wanted],
        "limit": per_need,
    }
    with connection.cursor() as cursor:
        cursor.execute(_BEST, parameters)
        return cursor.fetchall()


def nearness_to(area: Area) -> Case:
    """How near the coverage of a service is to a place, for `annotate` and `order_by`."""
    return Case(
        When(coverage__overlap=list(area.communes), then=COMMUNE),
        When(coverage__contains=[area.epci], then=EPCI),
        When(coverage__contains=[area.department], then=DEPARTMENT),
        default=COUNTRY,
        output_field=IntegerField(),
    )


def answering(need: str, on: date) -> Q:
    """Services that answer a need: by their codes, or because somebody here said so."""
    match = matches_on(on).get(need)
    said = Q(needs__contains=[need])
    if match is None or not match.thematiques:
        return said
    by_codes = Q(thematiques__overlap=list(match.thematiques))
    return said | (by_codes & Q(type__in=match.types) if match.types else by_codes)


def services_offered(area: Area, *, on: date, need: str = "") -> "QuerySet[Service]":
    """Every service offered in a place, the nearest first, then the freshest, with `nearness` (1 query, and a count).

    Serves the page of a commune when somebody wants all that answers one need.
    """
    found = Service.objects.filter(coverage__overlap=area.codes, ended_on=None, structure__ended_on=None)
    if need:
        found = found.filter(answering(need, on))
    found = found.annotate(nearness=nearness_to(area)).select_related("structure")
    return found.order_by("nearness", "-date_maj", "nom", "id")


def directory(
    *,
    on: date,
    text: str = "",
    need: str = "",
    area: Area | None = None,
    own: bool | None = None,
    ended: bool = False,
    older_than: date | None = None,
) -> "QuerySet[Structure]":
    """The page "Partenaires": who helps, with the names of what each offers as `offers` (1 query, and a count).

    Narrowed by words of its name, of its commune or of what it does; by a need; by a place that one of its services
    covers; kept by hand here or not; closed and gone (`ended`) or not; whose card is older than a day.
    """
    structures = Structure.objects.filter(ended_on__isnull=not ended)
    services = Service.objects.filter(structure=OuterRef("pk"))
    if not ended:
        services = services.filter(ended_on=None)
    if text:
        match, by_service = name_matches("search", text), name_matches("search", text)
        if match is None or by_service is None:
            return structures.none()
        named = Structure.objects.filter(match).values("pk")
        doing = Service.objects.filter(by_service).values("structure_id")
        structures = structures.filter(pk__in=named.union(doing))
    if need or area:
        wanted = services
        if need:
            wanted = wanted.filter(answering(need, on))
        if area:
            wanted = wanted.filter(coverage__overlap=area.codes)
        structures = structures.filter(Exists(wanted))
    if own is not None:
        structures = structures.filter(own=own)
    if older_than is not None:
        structures = structures.filter(date_maj__lt=older_than)
    return structures.annotate(offers=ArraySubquery(services.order_by("nom", "id").values("nom")))


def services_by_structure(structures: Iterable[Structure], *, ended: bool = False) -> dict[str, list[Service]]:
    """What each of these offers, by name (1 query); `ended`: with what is closed or gone."""
    found = Service.objects.filter(structure__in=[one.pk for one in structures])
    if not ended:
        found = found.filter(ended_on=None)
    grouped: dict[str, list[Service]] = defaultdict(list)
    for service in found.order_by("nom", "id"):
        grouped[service.structure_id].append(service)
    return dict(grouped)


def communes_served() -> list[tuple[str, str]]:
    """(code, name) of the communes where the landlord has homes, and of the cities of their arrondissements (1 query).

    By name: the choices of a place.
    """
    rows = Residence.objects.exclude(commune=None).values_list(
        "commune__code", "commune__name", "commune__parent__code", "commune__parent__name"
    )
    named: dict[str, str] = {}
    for code, name, parent, parent_name in rows.order_by().distinct():
        named[code] = name
        if parent:
            named[parent] = parent_name
    return sorted(named.items(), key=lambda pair: (pair[1], pair[0]))


def places_in_words(codes: Collection[str], departments: Mapping[str, str]) -> dict[str, str]:
    """The names of the codes of a coverage: communes, EPCI, départements, France (2 queries at most)."""
    named = {code: departments[code] for code in codes if code in departments}
    named |= {"france": "Toute la France"} if "france" in codes else {}
    communes = [code for code in codes if len(code) == 5]
    if communes:
        named |= dict(Commune.objects.filter(code__in=communes).values_list("code", "name"))
    groupings = [code for code in codes if len(code) == 9]
    if groupings:
        named |= dict(Epci.objects.filter(code__in=groupings).values_list("code", "name"))
    return {code: named.get(code, code) for code in codes}


def find_communes(names: Collection[str]) -> dict[str, list[Commune]]:
    """The communes that each of these words names: a code, a postal code or a name, accents aside (1 query).

    Several communes may have one name, or one postal code.
    """
    wanted = {name: search_name(name) for name in names}
    plain_name = SearchName("name")
    found = Commune.objects.annotate(plain_name=plain_name).filter(
        Q(code__in=[one.upper() for one in wanted])
        | Q(postal_codes__overlap=list(wanted))
        | Q(plain_name__in=[one for one in wanted.values() if one])
    )
    communes = list(found.order_by("code"))
    return {
        name: [
            one for one in communes if name.upper() == one.code or name in one.postal_codes or words == one.plain_name
        ]  # type: ignore[attr-defined]
        for name, words in wanted.items()
    }
