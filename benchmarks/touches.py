"""Counts the rows that statements really touch, by triggers: an import that rewrites what has not changed is seen."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

#: What an import of tenants may change: the register, and what it remembers of the file.
REGISTER = ("tenants_household", "tenants_lease", "tenants_person", "tenants_contactpoint", "tenants_mark")

_TABLE = "CREATE TEMP TABLE touched (place text, done text, id uuid)"
_FUNCTION = """
CREATE FUNCTION pg_temp.note_touched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('INSERT INTO pg_temp.touched SELECT %L, %L, %I FROM rows_touched', TG_TABLE_NAME, TG_OP, TG_ARGV[0]);
    RETURN NULL;
END $$
"""
_KEY = """
SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
WHERE i.indrelid = %s::regclass AND i.indisprimary
"""


class Touches:
    """What was touched since the last look; keys by table and verb."""

    def look(self) -> dict[tuple[str, str], list[str]]:
        """What was touched since the last look; forgets it."""
        found: dict[tuple[str, str], list[str]] = {}
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM touched RETURNING place, lower(done), id::text")
            for place, done, key in cursor.fetchall():
                found.setdefault((place, done), []).append(key)
        return found


@contextmanager
def counting(tables: tuple[str, ...] = REGISTER) -> Iterator[Touches]:
    """Statement triggers on the tables while it lasts: they cost little, whatever the number of rows untouched."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLE)
        cursor.execute(_FUNCTION)
        for table in tables:
            cursor.execute(_KEY, [table])
            (key,) = cursor.fetchone()
            for verb, rows in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
                cursor.execute(
                    f"CREATE TRIGGER touched_{verb.lower()} AFTER {verb} ON {table} "
                    f"REFERENCING {rows} TABLE AS rows_touched FOR EACH STATEMENT "
                    f"EXECUTE FUNCTION pg_temp.note_touched('{key}')"
                )
    try:
        yield Touches()
    finally:
        with connection.cursor() as cursor:
            for table in tables:
                for verb in ("insert", "update", "delete"):
                    cursor.execute(f"DROP TRIGGER IF EXISTS touched_{verb} ON {table}")
            cursor.execute("DROP FUNCTION pg_temp.note_touched()")
            cursor.execute("DROP TABLE touched")
