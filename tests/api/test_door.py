"""The short cuts of the request that callers make all day say what the house says, whoever comes to whichever campaign."""

from datetime import timedelta

import pytest
from django.http import Http404
from django.utils.timezone import localdate, now
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.outreach.factories import make_campaign

from bienveille.faces.api.queries import door_of, token_holder
from bienveille.ground.platform.limits import Limit
from bienveille.register.accounts.access import authenticate_token
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import ApiToken
from bienveille.register.accounts.operations import create_api_token, deactivate_user
from bienveille.services.outreach.access import get_campaign_for
from bienveille.services.outreach.models import CallerPause
from bienveille.services.outreach.queries import may_be_handed

pytestmark = pytest.mark.django_db
FREE = Limit(per_minute=0, burst=0)


def seen(user, campaign):
    try:
        return bool(get_campaign_for(user, campaign.pk))
    except Http404:
        return False


@pytest.mark.parametrize("role", [None, *Role.values, "caller in an agency"])
def test_a_door_opens_for_whom_the_house_lets_in(role):
    today = localdate()
    roles = [("caller", AgencyFactory())] if role == "caller in an agency" else [role] if role else []
    user, resting = UserFactory(roles=roles), UserFactory(roles=roles)
    CallerPause.objects.create(user=resting, until=today + timedelta(days=1), created_at=now())
    back = UserFactory(roles=roles)
    CallerPause.objects.create(user=back, until=today, created_at=now())
    everybody = make_campaign(opened=False)
    named = make_campaign(opened=False, callers={"emails": [user.email, resting.email, back.email]})
    other = make_campaign(opened=False, callers={"emails": [UserFactory().email]})
    for campaign in (everybody, named, other):
        for who in (user, resting, back):
            door = door_of(campaign.pk, who, today)
            handed = may_be_handed(campaign, who, today)
            assert door.seen == seen(who, campaign)
            assert door.calls == (handed is not None)
            if door.calls:
                assert door.rests == (not handed)
            assert (door.queue_id, door.questionnaire_id, door.name) == (
                campaign.queue_id, campaign.questionnaire_id, campaign.name,
            )  # fmt: skip


def test_no_such_campaign():
    assert door_of(UserFactory().pk, UserFactory(), localdate()) is None


class TestToken:
    def both(self, secret, moment):
        """What the two say of a secret; they agree."""
        found = token_holder(secret, FREE, moment)
        long_way = authenticate_token(secret=secret, now=moment)
        assert (found[0] if found else None) == long_way
        return found

    def test_a_good_one(self):
        user = UserFactory(languages=["fr", "ar"], agency=AgencyFactory())
        secret = create_api_token(actor=None, user=user, label="", now=now())
        found, wait = self.both(secret, now())
        assert (found.pk, found.email, found.languages, found.agency_id, wait) == (
            user.pk, user.email, ["fr", "ar"], user.agency_id, 0,
        )  # fmt: skip

    def test_a_dead_one(self):
        user = UserFactory()
        secret = create_api_token(actor=None, user=user, label="", now=now(), days=2)
        assert self.both(secret, now() + timedelta(days=1))
        assert self.both(secret, now() + timedelta(days=3)) is None
        assert self.both("bv_faux", now()) is None
        revoked = create_api_token(actor=None, user=user, label="", now=now())
        ApiToken.objects.order_by("-pk")[:1].get().delete()
        assert self.both(revoked, now()) is None
        ApiToken.objects.update(revoked_at=now())
        assert self.both(secret, now()) is None
        ApiToken.objects.update(revoked_at=None)
        deactivate_user(actor=None, user=user, now=now())
        assert self.both(secret, now()) is None


def test_a_caller_at_rest_keeps_the_household_in_hand_and_gets_no_other(caller, campaign):
    first = caller.post(f"/campaigns/{campaign.pk}/next")
    CallerPause.objects.create(user=caller.user, until=localdate() + timedelta(days=1), created_at=now())
    again = caller.post(f"/campaigns/{campaign.pk}/next")
    assert again.json()["token"] == first.json()["token"]
    body = {"token": first.json()["token"], "outcome": "reached"}
    assert caller.post(f"/contacts/{first.json()['contact']}/attempts", body).status_code == 201
    assert caller.post(f"/campaigns/{campaign.pk}/next").status_code == 204
