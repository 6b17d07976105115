"""The database brought up to date: refused when too old or silent, migrated once, nothing done the second time."""

import pytest
from benchmarks.scratch import scratch_database
from django.core.management import call_command
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper

from bienveille.ground.platform import schema
from bienveille.ground.platform.postgres import PostgresRefusal


@pytest.mark.django_db
def test_nothing_to_do_is_one_query(django_assert_max_num_queries):
    with django_assert_max_num_queries(2):
        assert schema.bring_up_to_date() is False


@pytest.mark.django_db(transaction=True)
def test_what_is_missing_is_applied():
    call_command("migrate", "platform", "zero", verbosity=0)
    assert schema.bring_up_to_date() is True
    assert schema.bring_up_to_date() is False


@pytest.mark.django_db
def test_a_server_too_old(monkeypatch):
    monkeypatch.setattr(schema, "LOWEST_MAJOR", 99)
    with pytest.raises(PostgresRefusal, match=r"Ce serveur est PostgreSQL 18\s; il faut PostgreSQL 99 ou plus récent"):
        schema.bring_up_to_date()


@pytest.mark.django_db
def test_a_server_that_does_not_answer():
    nowhere = DatabaseWrapper({**connection.settings_dict, "HOST": "/nonexistent"})
    with pytest.raises(PostgresRefusal, match="La base de données ne répond pas"):
        schema.check_version(nowhere)


#: All that makes a schema, whatever the order in which it was made.
SHAPE = """
SELECT 'column', table_name, column_name, data_type || coalesce(character_maximum_length::text, '') || is_nullable
       || coalesce(column_default, '') || coalesce(generation_expression, '')
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'function', proname, pg_get_function_identity_arguments(oid), prosrc
FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT 'table', relname, relpersistence::text || relkind::text, array_to_string(reloptions, ',')
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
"""


def _shape() -> set[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(SHAPE)
        return set(cursor.fetchall())


def test_an_empty_database_is_filled_quickly_with_the_same_schema(django_db_setup, django_db_blocker, monkeypatch):
    with django_db_blocker.unblock():
        with scratch_database():  # a copy of the schema that the usual migrations made
            usual = _shape()
        monkeypatch.setitem(connection.settings_dict["TEST"], "TEMPLATE", "template1")
        with scratch_database():
            assert _shape() == usual
    assert len(usual) > 1000


@pytest.mark.faults
@pytest.mark.django_db(transaction=True)
class TestUnderLoad:
    """G29: a migration that wants a table somebody reads waits two seconds at a time, and nobody behind it longer."""

    @pytest.fixture
    def reader(self, monkeypatch):
        """Somebody who holds a table that the migration wants; gives the connection."""
        monkeypatch.setattr(schema, "STEP_WAITS", "100ms")
        monkeypatch.setattr(schema, "BETWEEN_TRIES", 0.01)
        call_command("migrate", "platform", "0001", verbosity=0)
        other = DatabaseWrapper(dict(connection.settings_dict))
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("LOCK TABLE django_migrations IN ACCESS EXCLUSIVE MODE")
        monkeypatch.setattr(schema, "_missing", lambda connection: True)
        yield other
        other.rollback()
        other.close()
        call_command("migrate", "platform", verbosity=0)

    def test_g29_it_gives_up_in_french_and_nothing_is_half_done(self, reader, monkeypatch):
        monkeypatch.setattr(schema, "TRIES", 2)
        with pytest.raises(PostgresRefusal, match="une table est occupée"):
            schema.bring_up_to_date()
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone() == ("0",)

    def test_g29_it_goes_through_once_the_table_is_free(self, reader, monkeypatch):
        monkeypatch.setattr(schema.time, "sleep", lambda seconds: reader.rollback())
        assert schema.bring_up_to_date() is True
        monkeypatch.undo()
        assert schema.bring_up_to_date() is False
