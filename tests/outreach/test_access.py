"""Who may see and change a campaign: roles and authors."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from tests.accounts.factories import UserFactory
from tests.housing.factories import AgencyFactory
from tests.outreach.factories import make_campaign

from bienveille.services.outreach.access import get_campaign_for

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [
        ("administrator", True, True),
        ("director", True, True),
        ("agency_manager", True, PermissionDenied),
        ("caller", True, Http404),
        ("social_worker", False, Http404),
        ("building_manager", False, Http404),
        ("communication", False, Http404),
        ("partner", False, Http404),
        ("tenant", False, Http404),
    ],
)
def test_each_role(role, reads, writes):
    campaign = make_campaign(opened=False)
    grant = (role, AgencyFactory(lyon=True)) if role == "agency_manager" else role
    user = UserFactory(roles=[grant])
    if reads:
        assert get_campaign_for(user, campaign.pk) == campaign
    else:
        with pytest.raises(Http404):
            get_campaign_for(user, campaign.pk)
    if writes is True:
        assert get_campaign_for(user, campaign.pk, write=True) == campaign
    else:
        with pytest.raises(writes):
            get_campaign_for(user, campaign.pk, write=True)


def test_an_agency_manager_changes_their_own():
    campaign = make_campaign(opened=False)
    user = UserFactory(roles=[("agency_manager", AgencyFactory(lyon=True))])
    type(campaign).objects.filter(pk=campaign.pk).update(created_by=user)
    assert get_campaign_for(user, campaign.pk, write=True) == campaign
