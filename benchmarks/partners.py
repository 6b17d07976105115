"""The directory of partners at 100,000 services: what a caller is shown beside a call, a page of the directory."""

import time
from collections.abc import Callable
from datetime import date
from statistics import median

from django.db import connection

from benchmarks.scratch import scratch_database

TODAY = date(2026, 11, 21)
#: Communes asked about, from the largest cities (many services) to villages, and the arrondissement of one.
PLACES = ("69381", "69123", "75056", "13055", "42218", "69266", "38053", "01004", "29155", "48095")

# One service in three is for its own commune, one in six says no zone, the others are for an EPCI, a département, or
# (three in a hundred) all of France; thematiques are drawn among those of the table and as many others.
_STRUCTURES = """
INSERT INTO partners_structure (id, source, date_maj, nom, commune, code_insee, lien_source, code_postal, adresse,
    complement_adresse, telephone, courriel, horaires_accueil, siret, description, site_web, accessibilite_lieu,
    reseaux_porteurs, own, notes)
SELECT 'bench--' || n, 'bench', %(today)s::date - (n %% 900), 'Structure ' || n, c.name, c.code, '', '', '', '', '',
       '', '', '', repeat('Qui nous sommes. ', 20), '', '', '{}', false, ''
FROM generate_series(1, %(structures)s) n
JOIN (SELECT code, name, row_number() OVER (ORDER BY md5(code)) AS place FROM housing_commune) c
  ON c.place = 1 + (n * 7919::bigint) %% (SELECT count(*) FROM housing_commune)
"""
_SERVICES = """
INSERT INTO partners_service (id, structure_id, source, date_maj, nom, description, type, thematiques, needs, frais,
    frais_precisions, publics, publics_precisions, conditions_acces, modes_accueil, zone_eligibilite,
    contact_nom_prenom, lien_mobilisation, modes_mobilisation, mobilisable_par, mobilisation_precisions, commune,
    code_insee, lien_source, code_postal, adresse, complement_adresse, telephone, courriel, horaires_accueil)
SELECT s.id || '-' || n, s.id, 'bench', s.date_maj, 'Service ' || n, repeat('Ce que nous faisons. ', 30),
       (ARRAY['aide-materielle', 'accompagnement', 'information', 'atelier'])[1 + n %% 4],
       ARRAY[(%(themes)s::varchar[])[1 + abs(hashtext(n::text)) %% %(many)s]], '{}', '', '', '{}', '', '', '{}',
       CASE WHEN n %% 100 < 34 THEN ARRAY[c.code] WHEN n %% 100 < 50 THEN '{}'::varchar[]
            WHEN n %% 100 < 70 AND c.epci <> '' THEN ARRAY[c.epci] WHEN n %% 100 < 97 THEN ARRAY[c.department]
            ELSE ARRAY['france'] END,
       '', '', '{}', '{}', '', c.name, c.code, '', '', '', '', '', '', ''
FROM generate_series(1, %(services)s) n
JOIN partners_structure s ON s.id = 'bench--' || (1 + n %% %(structures)s)
JOIN housing_commune c ON c.code = s.code_insee
"""


def run(rows: int = 100_000, runs: int = 20) -> dict[str, object]:
    """`rows` services; milliseconds of the caller's help, beside reading the very same rows by their keys."""
    with scratch_database():
        _fill(rows)
        ours, limit, page, everything = [], [], [], []
        for _ in range(runs):
            for code in PLACES:
                spent, found = _help(code)
                ours.append(spent)
                limit.append(_same_rows(found))
            page.append(_timed(_page))
            everything.append(_timed(_first_page))
        mine, bare = median(ours), median(limit)
    return {
        "name": "partners",
        "ours": round(1000 * mine, 1),
        "limit": round(1000 * bare, 1),
        "unit": "ms",
        "ratio": round(bare / mine, 2),
        "runs": runs,
        "slowest_ms": round(1000 * max(ours), 1),
        "directory_search_ms": round(1000 * median(page), 1),
        "directory_first_page_ms": round(1000 * median(everything), 1),
    }


def _fill(rows: int) -> None:
    from bienveille.register.housing.operations import ensure_reference
    from bienveille.register.partners.rules import matches_on

    ensure_reference()
    themes = sorted({code for match in matches_on(TODAY).values() for code in match.thematiques})
    themes += [f"autre--theme-{rank}" for rank in range(len(themes))]
    values = {"today": TODAY, "structures": rows * 6 // 10, "services": rows, "themes": themes, "many": len(themes)}
    with connection.cursor() as cursor:
        cursor.execute(_STRUCTURES, values)
        cursor.execute(_SERVICES, values)
        cursor.execute("VACUUM ANALYZE partners_structure, partners_service, housing_commune")


def _help(code: str) -> tuple[float, list[str]]:
    from bienveille.register.partners.queries import area_of_code, best_services

    area = area_of_code(code)
    started = time.perf_counter()
    found = best_services(area, on=TODAY)
    spent = time.perf_counter() - started
    return spent, [offer.service.pk for answers in found.values() for offer in answers.best]


def _same_rows(keys: list[str]) -> float:
    from bienveille.register.partners.models import Service

    return _timed(lambda: list(Service.objects.filter(pk__in=keys).select_related("structure")))


def _page() -> None:
    from bienveille.register.partners.queries import area_of_code, directory

    found = directory(on=TODAY, text="structure 12", need="meals", area=area_of_code("69266"))
    list(found.order_by("search", "pk")[:50])


def _first_page() -> None:
    from bienveille.register.partners.queries import directory

    found = directory(on=TODAY)
    found.count()
    list(found.order_by("search", "pk")[:50])


def _timed(what: Callable[[], object]) -> float:
    started = time.perf_counter()
    what()
    return time.perf_counter() - started
