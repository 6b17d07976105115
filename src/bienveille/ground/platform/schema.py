"""The database brought to what the code expects: version checked, migrations applied once; no migration lives here."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState
from django.db.utils import OperationalError

from bienveille.ground.platform.postgres import LOWEST_MAJOR, PostgresRefusal
from bienveille.ground.platform.sealed_keys import prove_before_migrating

#: What a step of a migration waits for a table that people use, and how often it is tried again: whoever works
#: meanwhile waits behind it no longer than that.
STEP_WAITS = "2s"
TRIES, BETWEEN_TRIES = 30, 2.0
LOCK_NOT_AVAILABLE = "55P03"

#: Advisory lock of those who migrate: two commands that start together do not both do it.
MIGRATION_LOCK = 7_264_091_351


def bring_up_to_date() -> bool:
    """Check the server's version, apply the migrations that are missing; True when there were some.

    Costs one query when there is nothing to do.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    check_version(connection)
    if not _missing(connection):
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            if not _missing(connection):  # somebody else did it while we waited
                return False
            prove_before_migrating()
            sys.stderr.write("Mise à jour de la base de données…\n")
            with nullcontext() if connection.introspection.table_names() else quick_states():
                _migrate(connection)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])
    return True


def _migrate(connection: BaseDatabaseWrapper) -> None:
    """Apply what is missing while people work: a step that cannot have its table at once lets everybody pass, then
    tries again. Each migration is one transaction: one that was not applied in entirety has done nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [STEP_WAITS])
        try:
            for tried in range(1, TRIES + 1):
                try:
                    call_command("migrate", verbosity=0, interactive=False)
                    return
                except OperationalError as error:
                    if getattr(error.__cause__, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                        raise
                    if tried == TRIES:
                        raise PostgresRefusal(
                            "La base n’a pas pu être mise à jour\u00a0: une table est occupée depuis trop longtemps. "
                            "Rien n’est perdu\u00a0; attendez la fin d’un import ou d’une sauvegarde, puis recommencez."
                        ) from error
                time.sleep(BETWEEN_TRIES)
        finally:
            cursor.execute("RESET lock_timeout")


@contextmanager
def quick_states() -> Iterator[None]:
    """While an empty database is filled, a model that a step changed is drawn anew alone.

    Django draws with it all that it leads to, which is nearly every model: four fifths of the time. The statements are
    the same (`tests/platform/test_schema.py` compares both schemas), and functions that read models get whole states:
    they are told that these are delayed.
    """
    usual = ProjectState._find_reload_model  # type: ignore[attr-defined]

    def alone(state: ProjectState, app_label: str, model_name: str, delay: bool = False) -> set[tuple[str, str]]:
        state.is_delayed = True
        return {(app_label, model_name)}

    ProjectState._find_reload_model = alone  # type: ignore[attr-defined]
    try:
        yield
    finally:
        ProjectState._find_reload_model = usual  # type: ignore[attr-defined]


def is_set_up() -> bool:
    """Whether the database has our tables, of whatever version; refuses a server that is too old (2 queries)."""
    connection = connections[DEFAULT_DB_ALIAS]
    check_version(connection)
    return "django_migrations" in connection.introspection.table_names()


def check_version(connection: BaseDatabaseWrapper) -> None:
    """Refuse, in French, a server that cannot be reached or is too old."""
    try:
        connection.ensure_connection()
    except OperationalError as error:
        raise PostgresRefusal(f"La base de données ne répond pas\u00a0:\n{error}".rstrip()) from error
    major = connection.connection.info.server_version // 10_000
    if major < LOWEST_MAJOR:
        raise PostgresRefusal(
            f"Ce serveur est PostgreSQL {major}\u00a0; il faut PostgreSQL {LOWEST_MAJOR} ou plus récent."
        )


def _missing(connection: BaseDatabaseWrapper) -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
