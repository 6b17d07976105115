"""Every list costs the same whatever it holds: each page is opened with a few rows, then with many."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.audiences.operations import save_audience

pytestmark = pytest.mark.django_db

PAGES = ["/", "/campagnes/", "/locataires/?q=dupont", "/utilisateurs/", "/publics/", "/imports/", "/questionnaires/"]


def grow(times, director, round_):
    """More of everything that a list shows."""
    for rank in range(times):
        people = [{"last_name": "DUPONT", "age": 80, "phone": True}]
        HouseholdFactory(people=people)
        caller = UserFactory(roles=["caller"])
        campaign = make_campaign(now=timezone.now(), name=f"Campagne {round_} {rank}")
        call(campaign, caller, "reached")
        save_audience(actor=director, name=f"Public {round_} {rank}", rule={"age": {"min": 75}}, purpose="wellbeing")


def cost(client, address):
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


@pytest.mark.parametrize("address", PAGES)
def test_as_many_queries_with_few_rows_as_with_many(address):
    director = UserFactory(roles=["director", "administrator"])
    client = Client()
    client.force_login(director)
    grow(2, director, "courte")
    client.get(address)  # what is read once in a process is read
    few = cost(client, address)
    grow(6, director, "longue")
    assert cost(client, address) == few
