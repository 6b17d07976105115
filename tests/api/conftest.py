"""What every test of the API starts from: an open campaign, a caller's program and a director's."""

import pytest
from django.utils.timezone import now
from tests.accounts.factories import UserFactory
from tests.api.programs import Api
from tests.outreach.factories import make_campaign
from tests.tenants.factories import HouseholdFactory


@pytest.fixture
def campaign():
    for age in (91, 84, 77):
        HouseholdFactory(age=age, phone=True)
    return make_campaign(now=now())


@pytest.fixture
def caller():
    return Api(UserFactory(roles=["caller"], service="Service social"))


@pytest.fixture
def manager():
    return Api(UserFactory(roles=["director"]))
