"""The official communes: loaded from the file that ships with the software."""

import gzip
from pathlib import Path

from django.db import connection, transaction

COMMUNES = Path(__file__).parents[1] / "data" / "communes.tsv.gz"


@transaction.atomic
def ensure_reference() -> int:
    """Load the official communes, or bring them up to date; returns how many rows changed (1 query when all is there).

    Communes that are not in the official list, as an old export may name them, are left alone. The file is made by
    frontend/territory.mjs.
    """
    with gzip.open(COMMUNES, "rt", encoding="utf-8") as file, connection.cursor() as cursor:
        _, expected = file.readline().rstrip("\n").split("\t")
        cursor.execute("SELECT count(*) FROM housing_commune WHERE department <> ''")
        if cursor.fetchone()[0] >= int(expected):
            return 0
        cursor.execute(
            "CREATE TEMP TABLE official (code text, name text, department text, epci text, parent text, postal text)"
            " ON COMMIT DROP"
        )
        with cursor.copy("COPY official FROM STDIN") as copy:
            while block := file.read(1 << 18):
                copy.write(block)
        cursor.execute(
            """INSERT INTO housing_commune AS c (code, name, postal_codes, department, epci, parent_id)
               SELECT code, name, string_to_array(postal, ','), department, epci, nullif(parent, '')
               FROM official ORDER BY parent <> '', code
               ON CONFLICT (code) DO UPDATE SET name = excluded.name, postal_codes = excluded.postal_codes,
                   department = excluded.department, epci = excluded.epci, parent_id = excluded.parent_id
               WHERE (c.name, c.postal_codes, c.department, c.epci, c.parent_id) IS DISTINCT FROM
                     (excluded.name, excluded.postal_codes, excluded.department, excluded.epci, excluded.parent_id)"""
        )
        return cursor.rowcount
