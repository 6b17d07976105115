"""The values that texts ask for, for a chunk of recipients or of residences, and where one would be empty."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from bienveille.engines.audiences.queries import EVERYWHERE, check, compile_rule
from bienveille.ground.lib.names import spelled
from bienveille.ground.lib.typography import calendar_day, phone
from bienveille.register.accounts.rules import Scope
from bienveille.register.tenants.models import Household, Person

type Recipient = tuple[UUID, UUID | None]
type Values = dict[str, str]

# The nearest number wins: of the residence, of its agency, of everybody.
_LINE = """(SELECT l.number FROM messaging_line l
    WHERE l.kind = '{kind}' AND (l.residence_id = r.id OR l.agency_id = r.agency_id
          OR (l.residence_id IS NULL AND l.agency_id IS NULL))
    ORDER BY l.residence_id NULLS LAST, l.agency_id NULLS LAST LIMIT 1)"""
_OFFICE, _ON_CALL = _LINE.format(kind="office"), _LINE.format(kind="on_call")
_PLACE = f"""coalesce(r.name, '') AS residence, coalesce(r.address, '') AS address, coalesce(c.name, '') AS commune,
    coalesce(g.name, '') AS agency, coalesce({_OFFICE}, '') AS office, coalesce({_ON_CALL}, '') AS on_call,
    coalesce((SELECT name FROM accounts_landlord), '') AS landlord"""
_PLACES = """LEFT JOIN housing_commune c ON c.code = r.commune_id
LEFT JOIN accounts_agency g ON g.id = r.agency_id"""
_HOMES = f"""LEFT JOIN housing_dwelling d ON d.id = h.dwelling_id
LEFT JOIN housing_building b ON b.id = d.building_id
LEFT JOIN housing_residence r ON r.id = b.residence_id
{_PLACES}"""
_HOME = f"""{_PLACE}, coalesce(b.code, '') AS building, coalesce(d.staircase, '') AS staircase,
    coalesce(d.code, '') AS dwelling"""

#: The column that holds the value of each name; the others are never empty.
COLUMNS = {
    "résidence": "residence",
    "adresse": "address",
    "commune": "commune",
    "agence": "agency",
    "téléphone de l’agence": "office",
    "numéro d’astreinte": "on_call",
    "bailleur": "landlord",
    "bâtiment": "building",
    "entrée": "staircase",
    "logement": "dwelling",
}


def values_for(recipients: Iterable[Recipient], *, on: date) -> dict[Recipient, Values]:
    """The values of each (household, person), the person being the holder when none is named (1 query)."""
    asked = list(recipients)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT asked.household_id AS household_id, asked.person_id AS person_id, h.name AS household,
                       p.title AS title, p.first_name AS first_name, p.last_name AS last_name, {_HOME}
                FROM unnest(%s::uuid[], %s::uuid[]) AS asked(household_id, person_id)
                JOIN tenants_household h ON h.id = asked.household_id
                {_HOMES}
                LEFT JOIN LATERAL (
                    SELECT * FROM tenants_person o
                    WHERE o.household_id = h.id AND (asked.person_id IS NULL OR o.id = asked.person_id)
                      AND NOT o.deceased AND (o.left_on IS NULL OR o.left_on > %s)
                    ORDER BY CASE o.role WHEN 'holder' THEN 0 WHEN 'co_holder' THEN 1 ELSE 2 END, o.id LIMIT 1
                ) p ON true""",
            ([one[0] for one in asked], [one[1] for one in asked], on),
        )
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {
        (row["household_id"], row["person_id"]): {**_values(row, on), "civilité et nom": _name(row)} for row in rows
    }


def place_values(residences: Iterable[UUID], *, on: date) -> dict[UUID, Values]:
    """The values of residences, for what hangs in a hall: nobody's name, no home (1 query)."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT r.id AS id, {_PLACE} FROM housing_residence r {_PLACES} WHERE r.id = ANY(%s::uuid[])",
            (list(residences),),
        )
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {row["id"]: _values(row, on) for row in rows}


@dataclass(frozen=True, slots=True)
class Lacking:
    """A household for which a text would have holes: which names would be empty."""

    household_id: UUID
    name: str
    residence: str
    empty: tuple[str, ...]

    @property
    def display_name(self) -> str:
        return Household(name=self.name).display_name


def lacking(
    document: object, asked: Iterable[str], on: date, *, limit: int, scope: Scope = EVERYWHERE
) -> tuple[int, list[Lacking]]:
    """How many households of an audience lack one of the values asked for, and the first of them (1 query).

    `document`: the rule of the audience. The rule itself costs 1 query per kind of code that it names.
    """
    names = [name for name in asked if name in COLUMNS]
    if not names:
        return 0, []
    compiled = compile_rule(check(document), on, scope=scope)
    empty = " OR ".join(f"v.{COLUMNS[name]} = ''" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT v.id, v.name, v.residence, {", ".join(f"v.{COLUMNS[name]}" for name in names)}, count(*) OVER ()
                FROM (SELECT h.id AS id, h.name AS name, {_HOME}
                      FROM ({compiled.sql}) a JOIN tenants_household h ON h.id = a.household_id
                      {_HOMES}) v
                WHERE {empty} ORDER BY v.residence, v.name, v.id LIMIT %s""",
            (*compiled.params, limit),
        )
        rows = cursor.fetchall()
    found = [
        Lacking(row[0], row[1], row[2], tuple(name for name, value in zip(names, row[3:-1], strict=True) if not value))
        for row in rows
    ]
    return (rows[0][-1] if rows else 0), found


def _values(row: dict[str, Any], on: date) -> Values:
    values = {name: row.get(column) or "" for name, column in COLUMNS.items()}
    values |= {
        name: phone(values[name]) if values[name] else "" for name in ("téléphone de l’agence", "numéro d’astreinte")
    }
    return {**values, "commune": spelled(values["commune"]), "date": calendar_day(on)}


def _name(row: dict[str, Any]) -> str:
    """« Mme Delacroix », first and last name when there is no title, the household's own name when nobody is named."""
    if not row["last_name"]:
        return Household(name=row["household"]).display_name
    person = Person(
        title=row["title"], first_name="" if row["title"] else row["first_name"], last_name=row["last_name"]
    )
    return person.display_name
