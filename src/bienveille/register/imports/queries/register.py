"""What the register holds on a day."""

import datetime as dt
from typing import Any

from django.db import connection

AGES = (65, 70, 75, 90)

# A household counts when its housing lease runs on that day in a home of the register, with those who live there then.
# Age is in full years: somebody born on 29 February turns a year older on 1 March of ordinary years.
_REGISTER = f"""
WITH home AS (
    SELECT DISTINCT ON (l.household_id) l.household_id, a.code AS agency
    FROM tenants_lease l
    JOIN housing_dwelling d ON d.id = l.dwelling_id JOIN housing_building b ON b.id = d.building_id
    JOIN housing_residence r ON r.id = b.residence_id JOIN accounts_agency a ON a.id = r.agency_id
    WHERE l.kind = 'housing' AND l.household_id IS NOT NULL
      AND (l.entry IS NULL OR l.entry <= %(on)s) AND (l.exit IS NULL OR l.exit >= %(on)s)
    ORDER BY l.household_id, l.entry DESC NULLS LAST
), usable AS (
    SELECT person_id, bool_or(kind = 'phone') AS phone, bool_or(kind = 'email') AS email
    FROM tenants_contactpoint WHERE status = 'valid' GROUP BY person_id
), household AS (
    SELECT h.household_id, h.agency, count(*) AS persons,
           max(extract(year FROM age(%(on)s::date, p.birth_date))) AS oldest,
           COALESCE(bool_or(u.phone), false) AS phone, COALESCE(bool_or(u.email), false) AS email
    FROM home h JOIN tenants_person p ON p.household_id = h.household_id
    LEFT JOIN usable u ON u.person_id = p.id
    WHERE (p.left_on IS NULL OR p.left_on >= %(on)s) AND NOT (p.deceased AND COALESCE(p.deceased_on, %(on)s) <= %(on)s)
    GROUP BY h.household_id, h.agency
)
SELECT agency, count(*), sum(persons), count(*) FILTER (WHERE phone), count(*) FILTER (WHERE email),
       {
    ", ".join(
        f'''count(*) FILTER (WHERE oldest >= {age}),
       count(*) FILTER (WHERE oldest >= {age} AND persons = 1),
       count(*) FILTER (WHERE oldest >= {age} AND phone)'''
        for age in AGES
    )
}
FROM household GROUP BY GROUPING SETS ((agency), ())
"""


def register_figures(*, on: dt.date) -> dict[str, Any]:
    """Homes, households and people of the register on a day, with elders by agency (`register`; 2 queries)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM housing_dwelling), (SELECT count(*) FROM housing_residence), "
            "(SELECT COALESCE(array_agg(code ORDER BY code), '{}') FROM accounts_agency)"
        )
        dwellings, residences, agencies = cursor.fetchone()
        cursor.execute(_REGISTER, {"on": on})
        lines = {line[0]: line[1:] for line in cursor.fetchall()}
    nothing = (0, 0, 0, 0, *(0,) * 3 * len(AGES))
    everything = lines.get(None, nothing)
    figures: dict[str, Any] = {
        "on": on.isoformat(),
        "dwellings": dwellings,
        "residences": residences,
        "households": everything[0],
        "persons": int(everything[1] or 0),
        "with_phone": everything[2],
        "with_email": everything[3],
    }
    for index, age in enumerate(AGES):
        for code in (*agencies, None):
            elders, alone, phone = lines.get(code, nothing)[4 + 3 * index : 7 + 3 * index]
            name = code or "all"
            figures[f"households_{age}+_{name}"] = elders
            figures[f"households_{age}+_alone_{name}"] = alone
            figures[f"households_{age}+_with_phone_{name}"] = phone
    return figures
