"""The three landlords' exports give their truth, key by key."""

import datetime as dt
import json
from pathlib import Path

import pytest
from django.db import connection, transaction

from bienveille.register.imports.operations import import_files
from bienveille.register.imports.queries import register_figures
from bienveille.register.tenants.models import Lease, Person

pytestmark = pytest.mark.django_db

FIXTURES = Path(__file__).parent.parent / "fixtures"
LANDLORDS = ("erp-cp1252", "erp-utf8", "erp-xlsx")
REASONS = {"exit before entry": "exit_before_entry", "unknown dwelling": "unknown_dwelling", "no name": "missing_name"}


def truth_of(landlord):
    return json.loads((FIXTURES / landlord / "truth.json").read_text(encoding="utf-8"))


def files_of(landlord):
    return sorted(path for path in (FIXTURES / landlord).iterdir() if path.name != "truth.json")


def numeric_keys(landlord):
    return [key for key, value in truth_of(landlord).items() if isinstance(value, int) and key != "tenant_rows"]


@pytest.fixture(scope="module")
def imported(request, django_db_setup, django_db_blocker):
    """One landlord imported once for the module, undone at its end."""
    landlord = request.param
    truth = truth_of(landlord)
    today = dt.date.fromisoformat(truth["on"])
    with django_db_blocker.unblock():
        atomic = transaction.atomic()
        atomic.__enter__()
        try:
            report = import_files(paths=files_of(landlord), today=today, org="Habitat des Trois Rivières").as_dict()
            yield landlord, truth, report, register_figures(on=today)
        finally:
            transaction.set_rollback(True)
            atomic.__exit__(None, None, None)


@pytest.mark.parametrize("key", numeric_keys(LANDLORDS[0]))
@pytest.mark.parametrize("imported", LANDLORDS, indirect=True)
def test_every_figure_is_right(imported, key):
    _, truth, _, figures = imported
    assert figures[key] == truth[key]


@pytest.mark.parametrize("imported", LANDLORDS, indirect=True)
def test_rejects_are_those_and_no_other(imported):
    _, truth, report, _ = imported
    tenants = next(file for file in report["files"] if file["kind"] == "tenants")
    assert [(reject["row"], reject["reason"]) for reject in tenants["rejects"]] == [
        (reject["row"], REASONS[reject["reason"]]) for reject in truth["rejects"]
    ]
    assert tenants["records"] == truth["tenant_rows"]
    assert tenants["created"] == truth["persons"]


def test_every_landlord_has_the_same_keys():
    assert len({tuple(numeric_keys(landlord)) for landlord in LANDLORDS}) == 1


@pytest.mark.parametrize("imported", LANDLORDS, indirect=True)
def test_every_sampled_household_is_right(imported):
    _, truth, _, _ = imported
    on = dt.date.fromisoformat(truth["on"])
    for sample in truth["sample"]:
        lease = Lease.objects.select_related("dwelling__building__residence__agency").get(number=sample["lease"])
        people = list(Person.objects.filter(household=lease.household_id).prefetch_related("contact_points"))
        births = [person.birth_date for person in people if person.birth_date]
        kinds = {point.kind for person in people for point in person.contact_points.all()}
        assert {
            "lease": lease.number,
            "dwelling": lease.dwelling.code,
            "agency": lease.dwelling.building.residence.agency.code,
            "persons": len(people),
            "alone": len(people) == 1,
            "oldest": max((age(birth, on) for birth in births), default=None),
            "phone": "phone" in kinds,
            "email": "email" in kinds,
        } == sample


def age(birth, on):
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


@pytest.mark.parametrize("imported", LANDLORDS, indirect=True)
def test_the_same_files_again_change_nothing(imported):
    landlord, truth, first, figures = imported
    today = dt.date.fromisoformat(truth["on"])
    with transaction.atomic():
        again = import_files(paths=files_of(landlord), today=today).as_dict()
        for before, after in zip(first["files"], again["files"], strict=True):
            assert (after["created"], after["updated"], after["closed"]) == (0, 0, 0)
            assert after["unchanged"] == before["created"]
            assert (after["rejects"], after["warnings"]) == (before["rejects"], before["warnings"])
        assert register_figures(on=today) == figures
        transaction.set_rollback(True)


@pytest.mark.parametrize("imported", LANDLORDS, indirect=True)
def test_nothing_of_the_columns_left_aside_is_in_the_database(imported):
    """Balances, means of payment, comments: looked for in every text of every table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables "
            "WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(
                f'SELECT count(*) FROM "{table}" t WHERE to_jsonb(t)::text ~ %s',
                ["dragon|après-midi|voir la fille|PRELEVEMENT|ESPECES"],
            )
            assert cursor.fetchone() == (0,), table
