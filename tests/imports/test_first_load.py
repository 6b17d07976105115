"""Indexes laid aside for a first load come back as they were, and nothing changes in what is imported."""

import re

import pytest
from django.db import IntegrityError, connection
from tests.imports.factories import Landlord, changes_of, home, tenant

from bienveille.register.imports.operations import first_load
from bienveille.register.tenants.models import Person

pytestmark = pytest.mark.django_db

HOMES = [home(), home("0001-2")]
TENANTS = [tenant(), tenant(N_CONTRAT="002", CODE_LOGEMENT="0001-2", NOM="PETIT")]


def schema():
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1")
        indexes = cursor.fetchall()
        cursor.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), condeferrable, condeferred, "
            "convalidated FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2"
        )
        # PostgreSQL moves the casts of a predicate that it has read back.
        plain = {
            (name, re.sub(r"::(character varying|text)(\[\])?|[()]", "", definition)) for name, definition in indexes
        }
        return plain, set(cursor.fetchall())


@pytest.fixture
def landlord(tmp_path, monkeypatch):
    monkeypatch.setattr(first_load, "WORTH_IT", 1)
    return Landlord(tmp_path)


@pytest.fixture
def laid_aside(monkeypatch):
    """The definitions laid aside, as they are."""
    seen = []
    real = first_load.run

    def watching(statement, *arguments):
        if statement.startswith(("DROP INDEX", "ALTER TABLE")):
            seen.append(statement)
        return real(statement, *arguments)

    monkeypatch.setattr(first_load, "run", watching)
    return seen


def test_they_come_back_as_they_were(landlord, laid_aside):
    before = schema()
    files = landlord.imports(homes=HOMES, tenants=TENANTS)
    assert changes_of(files["tenants"]) == (2, 0, 0, 0)
    assert any("tenants_contactpoint DROP CONSTRAINT" in statement for statement in laid_aside)
    after = schema()
    assert [a ^ b for a, b in zip(after, before, strict=True)] == [set(), set()]


def test_constraints_hold_again(landlord):
    landlord.imports(homes=HOMES, tenants=TENANTS)
    person = Person.objects.first()
    person.pk, person._state.adding = None, True
    with pytest.raises(IntegrityError):
        Person.objects.bulk_create([Person(household_id=person.household_id, last_name="X", erp_key=person.erp_key)])


def test_a_register_that_holds_people_keeps_its_indexes(landlord, laid_aside):
    landlord.imports(homes=HOMES, tenants=TENANTS)
    laid_aside.clear()
    files = landlord.imports(tenants=TENANTS)
    assert changes_of(files["tenants"]) == (0, 0, 0, 2)
    assert laid_aside == []


def test_a_failure_in_between_brings_them_back(landlord, monkeypatch):
    from bienveille.register.imports.operations import tenant_statements

    before = schema()
    monkeypatch.setattr(tenant_statements, "FIRST_POINTS", "SELECT 1 / 0")
    with pytest.raises(Exception, match="division"):
        landlord.imports(homes=HOMES, tenants=TENANTS)
    assert schema() == before
