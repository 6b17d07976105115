"""What an audience asks of a residence under watch."""

import pytest
from tests.housing.factories import ResidenceFactory
from tests.tenants.factories import TODAY, HouseholdFactory

from bienveille.engines.audiences.queries import check, count, describe

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("inside", "households", "words"),
    [(True, 1, "dans une résidence sous veille"), (False, 2, "hors des résidences sous veille")],
)
def test_households_of_residences_under_watch(inside, households, words):
    HouseholdFactory(residence=ResidenceFactory(watched=True))
    for _ in range(2):
        HouseholdFactory()
    rule = {"watched": inside}
    assert words in describe(rule)
    assert count(check(rule), TODAY).households == households
