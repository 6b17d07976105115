"""Somebody of the staff, and a simulated ProConnect that is set for the landlord."""

import pytest
from tests.accounts import provider as simulated
from tests.accounts.factories import UserFactory


@pytest.fixture
def provider(settings):
    with simulated.running() as server:
        settings.PROCONNECT = server.configured
        yield server


@pytest.fixture
def claire():
    return UserFactory(first_name="Claire", last_name="Essai", email="claire.essai@bailleur.example")
