"""The official communes and EPCI: those that ship with the software, and the yearly files of the statistics institute.

Communes that are no longer official, as an old export may name them, are left alone: homes still point to them.
"""

import gzip
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db import connection, transaction

from bienveille.ground.lib.names import clean_text
from bienveille.ground.lib.tables import NotATable, Table, open_table
from bienveille.ground.lib.words import plain
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.housing.rules import (
    COMMUNES_FILE,
    OFFICIAL_TITLES,
    official_file,
    parent_commune,
    read_commune,
    read_member,
)

DATA = Path(__file__).parents[1] / "data"
COMMUNES, EPCI = DATA / "communes.tsv.gz", DATA / "epci.tsv.gz"

_COMMUNES = """
INSERT INTO housing_commune AS c (code, name, postal_codes, department, epci, parent_id)
SELECT code, name, string_to_array(postal, ','), department, epci, nullif(parent, '')
FROM official ORDER BY parent <> '', code
ON CONFLICT (code) DO UPDATE SET name = excluded.name, postal_codes = excluded.postal_codes,
    department = excluded.department, epci = excluded.epci, parent_id = excluded.parent_id
WHERE (c.name, c.postal_codes, c.department, c.epci, c.parent_id) IS DISTINCT FROM
      (excluded.name, excluded.postal_codes, excluded.department, excluded.epci, excluded.parent_id)
"""
_EPCI = """
INSERT INTO housing_epci AS e (code, name) SELECT DISTINCT ON (code) code, name FROM official WHERE code <> ''
ON CONFLICT (code) DO UPDATE SET name = excluded.name WHERE e.name <> excluded.name
"""


class NotOfficial(Refusal):
    """The file is neither the communes nor the members of the EPCI."""

    message = (
        "Ce fichier n’est ni la liste officielle des communes (colonnes TYPECOM, COM, LIBELLE), ni la composition des "
        "intercommunalités (colonnes CODGEO, EPCI, LIBEPCI)."
    )


@dataclass(frozen=True)
class Loaded:
    """What an official file changed: which one it was, how many lines it has, how many rows are new or corrected."""

    kind: str
    read: int
    changed: int


@transaction.atomic
def ensure_reference() -> int:
    """Load the official communes and EPCI, or bring them up to date; how many communes changed (2 queries when all is
    there). The files are made by frontend/territory.mjs.
    """
    changed = _ensure(
        COMMUNES,
        "SELECT count(*) FROM housing_commune WHERE department <> ''",
        "code text, name text, department text, epci text, parent text, postal text",
        _COMMUNES,
    )
    _ensure(EPCI, "SELECT count(*) FROM housing_epci", "code text, name text", _EPCI)
    return changed


def _ensure(path: Path, count: str, columns: str, statement: str) -> int:
    with gzip.open(path, "rt", encoding="utf-8") as file, connection.cursor() as cursor:
        _, expected = file.readline().rstrip("\n").split("\t")
        cursor.execute(count)
        if cursor.fetchone()[0] >= int(expected):
            return 0
        _stage(columns, iter(lambda: file.read(1 << 18), ""))
        cursor.execute(statement)
        return int(cursor.rowcount)


def _stage(columns: str, blocks: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.official")
        cursor.execute(f"CREATE TEMP TABLE official ({columns}) ON COMMIT DROP")
        with cursor.copy("COPY official FROM STDIN") as copy:
            for block in blocks:
                copy.write(block)


def load_official(*, path: Path) -> Loaded:
    """Take the communes, or the members of each EPCI, as the statistics institute publishes them every year.

    Refuses any other file. Names follow the file; postal codes, which it has not, are kept; a commune that is not in it
    is left alone.
    """
    try:
        table = open_table(path, is_title=lambda cell: plain(cell) in OFFICIAL_TITLES)
        kind = official_file({plain(title) for title in table.header})
        if not kind:
            raise NotOfficial
        lines = list(_lines(table))
    except (NotATable, OSError) as error:
        raise NotOfficial from error
    with transaction.atomic(), connection.cursor() as cursor:
        if kind == COMMUNES_FILE:
            return Loaded(kind, len(lines), _load_communes(cursor, [read_commune(line) for line in lines]))
        return Loaded(kind, len(lines), _load_members(cursor, [read_member(line) for line in lines]))


def _lines(table: Table) -> Iterator[dict[str, str]]:
    titles = [plain(title) for title in table.header]
    for _, cells in table.rows():
        yield dict(zip(titles, map(clean_text, cells), strict=False))


def _copied(rows: Iterable[tuple[str, ...] | None]) -> Iterator[str]:
    for row in rows:
        if row is not None:
            yield "\t".join(cell.replace("\\", "\\\\") for cell in row) + "\n"


def _load_communes(cursor, rows: list) -> int:  # type: ignore[no-untyped-def, type-arg]
    _stage("code text, name text, department text, parent text", _copied(rows))
    cursor.execute(
        """INSERT INTO housing_commune AS c (code, name, postal_codes, department, epci, parent_id)
           SELECT DISTINCT ON (parent <> '', code) code, name, ARRAY[]::varchar[], department, '', nullif(parent, '')
           FROM official o WHERE code ~ '^([0-9]{2}|2[AB])[0-9]{3}$'
             AND (parent = '' OR EXISTS (SELECT FROM official p WHERE p.code = o.parent)
                  OR EXISTS (SELECT FROM housing_commune p WHERE p.code = o.parent))
           ORDER BY parent <> '', code
           ON CONFLICT (code) DO UPDATE SET name = excluded.name, department = excluded.department,
               parent_id = excluded.parent_id
           WHERE (c.name, c.department, c.parent_id) IS DISTINCT FROM
                 (excluded.name, excluded.department, excluded.parent_id)"""
    )
    return int(cursor.rowcount)


def _load_members(cursor, rows: list) -> int:  # type: ignore[no-untyped-def, type-arg]
    """An arrondissement belongs to the EPCI of its commune."""
    _stage("commune text, code text, name text", _copied(rows))
    cursor.execute(_EPCI)
    named = cursor.rowcount
    cursor.execute(
        """UPDATE housing_commune c SET epci = o.code FROM official o
           WHERE c.epci <> o.code AND (o.commune = c.code OR (o.commune = c.parent_id
             AND NOT EXISTS (SELECT FROM official own WHERE own.commune = c.code)))"""
    )
    return int(named + cursor.rowcount)


@transaction.atomic
def adopt_arrondissements() -> int:
    """Give each arrondissement of Paris, Lyon and Marseille its commune, when an import made it before the official
    list was there; how many were adopted (1 query when there is none).
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT code FROM housing_commune WHERE parent_id IS NULL AND code ~ '^(751|6938|132)'")
        orphans = {code: parent for (code,) in cursor.fetchall() if (parent := parent_commune(code))}
        if not orphans:
            return 0
        cities = {"75056": "Paris", "69123": "Lyon", "13055": "Marseille"}
        for parent in sorted(set(orphans.values())):
            cursor.execute(
                "INSERT INTO housing_commune (code, name, postal_codes, department, epci)"
                " VALUES (%s, %s, '{}', %s, '') ON CONFLICT (code) DO NOTHING",
                [parent, cities[parent], parent[:2]],
            )
        cursor.execute(
            "UPDATE housing_commune c SET parent_id = o.parent FROM unnest(%s::text[], %s::text[]) o (code, parent)"
            " WHERE c.code = o.code",
            [list(orphans), list(orphans.values())],
        )
        return int(cursor.rowcount)
