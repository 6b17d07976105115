"""Statements that PostgreSQL plans once for each connection: for the few requests that are made all day long."""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

from django.db import DatabaseError, connection
from django.db.models import Model, QuerySet
from django.db.models.expressions import DatabaseDefault
from psycopg import Cursor


def one_row(statement: str, params: Sequence[Any] | Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The first row of a statement, prepared at its fifth use (setting BIENVEILLE_PREPARE_AFTER).

    Django's cursors, and those that its connections give, bind their values on the client: the server then plans
    the statement anew each time, which for a dozen joins costs more than running it.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        return cursor.execute(statement, params).fetchone()


#: The queryset (`Any`: Django keeps to itself how rows become objects), its compiler, its statement, and for each of
#: the statement's values either its place among those of a call, or itself.
type _Written = tuple[Any, Any, str, list[tuple[int | None, Any]]]


class Prepared[Row]:
    """A queryset of the ORM whose statement is written once for each process, and prepared as `one_row` prepares.

    For a key or a few, writing the statement costs more than running it: some two milliseconds for five joins. The
    queryset is built once, with a stand-in for each value; a call gives the values in the same order, and its rows
    are what the queryset itself would have given. Its shape may depend on nothing but those values.

    >>> wishes = Prepared(lambda household: CallWish.objects.filter(household_id=household), UUID)
    >>> wishes(contact.household_id)
    [<CallWish: …>]
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Row]], *kinds: type[UUID] | type[date]) -> None:
        self._build, self._kinds = build, kinds
        self._written: _Written | None = None

    def __call__(self, *values: UUID | date) -> list[Row]:
        connection.ensure_connection()
        connection.validate_no_broken_transaction()
        written = self._written
        if written is None:
            written = self._written = self._write()
        queryset, compiler, statement, params = written
        filled = [constant if place is None else values[place] for place, constant in params]
        with connection.wrap_database_errors, _cursor() as cursor:
            rows = cursor.execute(statement, filled).fetchall()
        mine: Any = copy(compiler)  # threads share what was written, not what was read
        mine.connection = connection
        mine.execute_sql = lambda *_arguments, **_options: [rows]
        asked: Any = SimpleNamespace(
            query=SimpleNamespace(get_compiler=lambda using: mine),
            db=queryset.db,
            _fetch_mode=queryset._fetch_mode,
            _known_related_objects={},
        )
        return list(queryset._iterable_class(asked))

    def _write(self) -> _Written:
        stand_ins = [uuid4() if kind is UUID else date.min + timedelta(rank) for rank, kind in enumerate(self._kinds)]
        queryset: Any = self._build(*stand_ins)
        compiler = queryset.query.get_compiler(using=queryset.db)
        statement, params = compiler.as_sql()
        places: list[tuple[int | None, Any]]
        places = [(stand_ins.index(value), None) if value in stand_ins else (None, value) for value in params]
        if {place for place, _ in places} - {None} != set(range(len(stand_ins))):
            raise TypeError("A value given to a prepared query is nowhere in its statement.")
        return queryset, compiler, statement, places


def insert(row: Model) -> None:
    """Write a new row in a prepared statement. Columns whose value the database makes are not read back."""
    fields = [field for field in row._meta.local_concrete_fields if not _made_by_database(row, field)]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    values = ", ".join(["%s"] * len(fields))
    _run(f'INSERT INTO "{row._meta.db_table}" ({columns}) VALUES ({values})', _values(row, fields, new=True))
    row._state.adding, row._state.db = False, connection.alias


def update(row: Model, *names: str) -> None:
    """Write some fields of a row in a prepared statement. Refuses (DatabaseError) a row that is not there."""
    fields: list[Any] = [row._meta.get_field(name) for name in names]
    columns = ", ".join(f'"{field.column}" = %s' for field in fields)
    statement = f'UPDATE "{row._meta.db_table}" SET {columns} WHERE "{row._meta.pk.column}" = %s'
    if _run(statement, [*_values(row, fields, new=False), row.pk]) != 1:
        raise DatabaseError(f"{row._meta.label} to be written is not there.")


def _made_by_database(row: Model, field: Any) -> bool:
    value = getattr(row, field.attname)
    return isinstance(value, DatabaseDefault) or (field.primary_key and value is None)


def _values(row: Model, fields: Sequence[Any], *, new: bool) -> list[Any]:
    return [field.get_db_prep_save(field.pre_save(row, new), connection) for field in fields]


def _run(statement: str, params: Sequence[Any]) -> int:
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors, _cursor() as cursor:
        return cursor.execute(statement, params).rowcount


def _cursor() -> Any:
    """One that prepares; its statements are counted where Django's are."""
    cursor: Any = Cursor(connection.connection)
    return connection.make_debug_cursor(cursor) if connection.queries_logged else cursor
