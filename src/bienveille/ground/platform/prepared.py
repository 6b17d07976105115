"""Statements that PostgreSQL plans once for each connection: for the few requests that are made all day long."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from psycopg import Cursor


def one_row(statement: str, params: Sequence[Any]) -> tuple[Any, ...] | None:
    """The first row of a statement, prepared at its fifth use (setting BIENVEILLE_PREPARE_AFTER).

    Django's cursors, and those that its connections give, bind their values on the client: the server then plans
    the statement anew each time, which for a dozen joins costs more than running it.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        return cursor.execute(statement, params).fetchone()
