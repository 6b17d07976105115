"""The three landlords' exports give their truth, key by key."""

import datetime as dt
import json
from pathlib import Path

import pytest

from bienveille.register.imports.operations import import_files
from bienveille.register.imports.queries import register_figures

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
    from django.db import transaction

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


@pytest.mark.parametrize(
    ("imported", "key"),
    [(landlord, key) for landlord in LANDLORDS for key in numeric_keys(landlord)],
    indirect=["imported"],
)
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
