"""Entries, exits and the state of homes, counted by PostgreSQL from the leases themselves, in a handful of rows."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from bienveille.register.accounts.rules import Scope
from bienveille.register.tenants.queries import SAME_PEOPLE
from bienveille.services.letting.models import TerritoryDepartment
from bienveille.services.letting.rules.definitions import Measures
from bienveille.services.letting.rules.moves import Moves, Place, Stock, newest_year
from bienveille.services.letting.rules.periods import Period, months_before

_SCOPE = """(%(everything)s OR g.id = ANY(%(agencies)s::uuid[]) OR g.company_id = ANY(%(companies)s::uuid[]))
  AND (%(agency)s::uuid IS NULL OR g.id = %(agency)s::uuid)"""
_PLACE = """JOIN housing_building b ON b.id = d.building_id
JOIN housing_residence r ON r.id = b.residence_id
JOIN accounts_agency g ON g.id = r.agency_id
LEFT JOIN housing_commune c ON c.code = r.commune_id"""
# The home of a lot is the one it was added with, else the one that has its code since. `away`: not ours that day,
# because it was not taken over yet, was sold already, or was sold and has not come back.
_LOT = """SELECT coalesce(m.dwelling_id, k.id) AS dwelling_id,
       max(o.effective_on) FILTER (WHERE o.direction = 'taken_over') AS taken,
       max(o.effective_on) FILTER (WHERE o.direction = 'sold') AS sold
FROM letting_stocklothome m JOIN letting_stocklot o ON o.id = m.lot_id
LEFT JOIN housing_dwelling k ON m.dwelling_id IS NULL AND k.code = m.code
GROUP BY 1"""
_AWAY = """CASE WHEN s.sold < s.taken THEN {day} >= s.sold{sale} AND {day} < s.taken{start}
            ELSE coalesce({day} < s.taken{start}, false) OR coalesce({day} >= s.sold{sale}, false) END"""
# A lease that begins on the day of the take-over came with the home; one that ends the day before a sale left with it.
_AWAY_OF_LEASE = _AWAY.format(day="x.day", start=" + (x.way = 'entry')::int", sale=" - (x.way = 'exit')::int")
# A lease renewed by the landlord's software arrives as another household.
_OLDER = "(coalesce(o.entry, '-infinity'), o.id) < (coalesce(x.entry, '-infinity'), x.id)"
_NEWER = "(coalesce(o.entry, '-infinity'), o.id) > (coalesce(x.entry, '-infinity'), x.id)"
_MOVES = f"""
WITH lot AS MATERIALIZED ({_LOT}),
x AS (
    SELECT 'entry' AS way, l.entry AS day, l.* FROM tenants_lease l
    WHERE l.kind = 'housing' AND l.entry BETWEEN %(first)s AND %(last)s
    UNION ALL
    SELECT 'exit', l.exit, l.* FROM tenants_lease l
    WHERE l.kind = 'housing' AND l.exit BETWEEN %(first)s AND %(last)s),
said AS (
    SELECT x.way, x.day, x.dwelling_id, CASE
        WHEN {_AWAY_OF_LEASE} THEN 'stock'
        WHEN x.way = 'entry' AND EXISTS (
            SELECT FROM tenants_lease o WHERE o.dwelling_id = x.dwelling_id AND o.kind = 'housing' AND {_OLDER}
              AND (o.exit IS NULL OR o.exit >= x.day - %(renewal)s) AND {SAME_PEOPLE}) THEN 'renewed'
        WHEN x.way = 'exit' AND EXISTS (
            SELECT FROM tenants_lease o WHERE o.dwelling_id = x.dwelling_id AND o.kind = 'housing' AND {_NEWER}
              AND o.entry <= x.day + %(renewal)s AND (o.exit IS NULL OR o.exit >= x.day)
              AND {SAME_PEOPLE}) THEN 'renewed'
        WHEN x.way = 'entry' AND EXISTS (
            SELECT FROM tenants_lease o WHERE o.dwelling_id = x.dwelling_id AND o.kind = 'housing' AND {_OLDER}
              AND o.exit BETWEEN x.day - %(renewal)s AND x.day
              AND (o.same_people IS NULL AND NOT EXISTS (
                    SELECT FROM tenants_person q WHERE q.household_id = o.household_id)
                OR x.same_people IS NULL AND NOT EXISTS (
                    SELECT FROM tenants_person q WHERE q.household_id = x.household_id))) THEN 'uncertain'
        ELSE 'move' END AS what
    FROM x LEFT JOIN lot s ON s.dwelling_id = x.dwelling_id)
SELECT g.code, g.name, coalesce(c.department, ''), date_trunc('month', said.day)::date,
       count(*) FILTER (WHERE way = 'entry' AND what IN ('move', 'uncertain')),
       count(*) FILTER (WHERE way = 'entry' AND what IN ('move', 'uncertain')
                          AND (d.built_in IS NULL OR d.built_in <= %(newest)s)),
       count(*) FILTER (WHERE way = 'exit' AND what = 'move'),
       count(*) FILTER (WHERE way = 'entry' AND what = 'renewed'),
       count(*) FILTER (WHERE what = 'stock'),
       count(*) FILTER (WHERE what = 'uncertain')
FROM said JOIN housing_dwelling d ON d.id = said.dwelling_id {_PLACE}
WHERE {_SCOPE}
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
# A lease of that day beats what was declared, which is a year old at worst; a declaration older than the last exit
# says nothing of the home since. `since`: the first empty day. `later`: the first lease known began after that day; the
# one before, if there was one, was not imported, so nobody knows whether the home was empty.
_STOCK = f"""
WITH lot AS MATERIALIZED ({_LOT}),
lease AS (
    SELECT dwelling_id,
           bool_or((entry IS NULL OR entry <= %(on)s) AND (exit IS NULL OR exit >= %(on)s)) AS let,
           max(exit) FILTER (WHERE exit < %(on)s) AS left_on,
           min(coalesce(entry, '-infinity')) > %(on)s AS later
    FROM tenants_lease WHERE kind = 'housing' GROUP BY dwelling_id),
home AS (
    SELECT g.code, g.name, coalesce(c.department, '') AS department, d.built_in, y.left_on, d.occupancy_on,
           CASE WHEN {_AWAY.format(day="%(on)s", start="", sale="")} THEN 'gone'
                WHEN y.let THEN 'let'
                WHEN d.occupancy = '' OR d.occupancy_on > %(on)s OR d.occupancy_on <= y.left_on
                  OR (d.occupancy_on IS NULL AND y.left_on IS NOT NULL)
                THEN CASE WHEN y.later THEN 'later' ELSE 'vacant' END
                WHEN d.occupancy = 'let' THEN 'unlisted'
                WHEN d.occupancy = 'vacant_technical' THEN 'technical'
                ELSE d.occupancy END AS state
    FROM housing_dwelling d {_PLACE}
    LEFT JOIN lease y ON y.dwelling_id = d.id LEFT JOIN lot s ON s.dwelling_id = d.id
    WHERE {_SCOPE}),
dated AS (
    SELECT *, coalesce(left_on + 1, CASE WHEN occupancy_on <= %(on)s THEN occupancy_on END) AS since,
           built_in IS NULL OR built_in <= %(newest)s AS old_enough
    FROM home)
SELECT code, name, department,
       count(*) FILTER (WHERE state = 'let'),
       count(*) FILTER (WHERE state = 'vacant'),
       count(*) FILTER (WHERE state = 'vacant' AND since < %(long)s),
       count(*) FILTER (WHERE state = 'vacant' AND since IS NULL),
       count(*) FILTER (WHERE state = 'technical'),
       count(*) FILTER (WHERE state = 'association'),
       count(*) FILTER (WHERE state = 'other'),
       count(*) FILTER (WHERE state = 'unlisted'),
       count(*) FILTER (WHERE state = 'later'),
       count(*) FILTER (WHERE state IN ('let', 'vacant') AND old_enough),
       count(*) FILTER (WHERE state IN ('let', 'vacant') AND built_in IS NULL),
       count(*) FILTER (WHERE state = 'gone')
FROM dated GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


def moves(period: Period, measures: Measures, *, scope: Scope, agency: UUID | None = None) -> list[Moves]:
    """Leases begun and ended in a period, by agency, département and month (1 query).

    Serves « Chiffres », the page of moves: a row for each place and month, however many leases there are.
    """
    parameters = _scoped(scope, agency) | {
        "first": period.first,
        "last": period.last,
        "renewal": measures.renewal_days,
        "newest": newest_year(period.last, measures.service_years),
    }
    with connection.cursor() as cursor:
        cursor.execute(_MOVES, parameters)
        return [Moves(Place(*row[:3]), *row[3:]) for row in cursor.fetchall()]


def stock(on: date, measures: Measures, *, scope: Scope, agency: UUID | None = None) -> list[Stock]:
    """Homes by state at the end of a day, by agency and département (1 query).

    Serves « Chiffres », the page of moves: vacancy, and what the turnover is reckoned on.
    """
    parameters = _scoped(scope, agency) | {
        "on": on,
        "long": months_before(on + timedelta(days=1), measures.long_vacancy_months),
        "newest": newest_year(on, measures.service_years),
    }
    with connection.cursor() as cursor:
        cursor.execute(_STOCK, parameters)
        return [Stock(Place(*row[:3]), *row[3:]) for row in cursor.fetchall()]


@dataclass(frozen=True)
class Known:
    """What the register cannot know of moves."""

    undated: int  # leases whose entry date is unknown: they are in no entry
    first_exit: date | None  # the oldest one known: exports often leave out leases ended long ago


def leases_known(*, scope: Scope, agency: UUID | None = None) -> Known:
    """How far back the leases of some agencies say anything, for « À savoir » below the figures (1 query)."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT count(*) FILTER (WHERE l.entry IS NULL), min(l.exit)
                FROM tenants_lease l JOIN housing_dwelling d ON d.id = l.dwelling_id {_PLACE}
                WHERE l.kind = 'housing' AND {_SCOPE}""",
            _scoped(scope, agency),
        )
        return Known(*cursor.fetchone())


def territories() -> dict[str, str]:
    """Code of a département → the landlord's territory that it is in (1 query)."""
    return dict(TerritoryDepartment.objects.order_by("department").values_list("department", "territory"))


def departments_held(*, scope: Scope) -> dict[str, int]:
    """Code of each département where the landlord has homes, and how many (1 query). Serves « Territoires »."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT c.department, count(*) FROM housing_dwelling d {_PLACE}
                WHERE c.department <> '' AND {_SCOPE} GROUP BY 1 ORDER BY 1""",
            _scoped(scope, None),
        )
        return dict(cursor.fetchall())


def _scoped(scope: Scope, agency: UUID | None) -> dict[str, Any]:
    return {
        "everything": scope.everything,
        "agencies": list(scope.agencies),
        "companies": list(scope.companies),
        "agency": agency,
    }
