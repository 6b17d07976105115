"""The database brought up to date: refused when too old or silent, migrated once, nothing done the second time."""

import pytest
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
