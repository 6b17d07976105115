"""Exports made of the same mess with other values give their own truth too, whatever the seed."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.imports import messy
from tests.imports.factories import TODAY

from bienveille.register.imports.operations import import_files
from bienveille.register.imports.queries import register_figures

pytestmark = pytest.mark.django_db


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(min_value=0, max_value=10**6))
def test_the_truth_comes_out(tmp_path, seed):
    landlord = messy.make(seed)
    paths = landlord.write(tmp_path)
    with transaction.atomic():
        tenants = import_files(paths=paths, today=TODAY, org="H").as_dict()["files"][1]
        assert [(reject["row"], reject["reason"]) for reject in tenants["rejects"]] == landlord.rejects
        assert tenants["records"] == tenants["accepted"] + tenants["rejected"] == len(landlord.rows)
        figures = register_figures(on=TODAY)
        assert {key: figures[key] for key in landlord.figures()} == landlord.figures()
        again = import_files(paths=paths, today=TODAY).as_dict()["files"][1]
        assert (again["created"], again["updated"], again["closed"]) == (0, 0, 0)
        assert again["unchanged"] == tenants["created"]
        transaction.set_rollback(True)
