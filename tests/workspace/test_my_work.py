"""« Mon rythme »: weeks, results shared with callers, words of thanks."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.housing.factories import AgencyFactory
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.services.outreach.models import CallerWeek, Thanks
from bienveille.services.outreach.operations import close_campaign
from bienveille.services.outreach.operations.thanks import NothingToSay, thank_callers
from bienveille.services.outreach.queries.thanks import results_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    return UserFactory(roles=["director"], first_name="Nadia", last_name="Ferhat")


@pytest.fixture
def last_week():
    """Last Tuesday but one week, at ten."""
    now = timezone.localtime().replace(hour=10, minute=0, second=0, microsecond=0)
    return now - timedelta(days=now.weekday() + 6)


@pytest.fixture
def campaign(last_week):
    for _ in range(5):
        HouseholdFactory(age=82, phone=True)
    return make_campaign(now=last_week)


@pytest.fixture
def caller():
    return UserFactory(roles=["caller"])


@pytest.fixture
def screen(client, caller):
    client.force_login(caller)
    return client


def url(name, *keys):
    return reverse(f"workspace:{name}", args=[getattr(key, "pk", key) for key in keys])


def body(response) -> str:
    return response.content.decode()


class TestResults:
    def test_last_week_together_never_compared(self, screen, campaign, caller, last_week):
        other = UserFactory(roles=["caller"], first_name="Marc", last_name="Autin")
        call(campaign, caller, "reached", now=last_week, weekly=True)
        call(campaign, caller, "no_answer", now=last_week)
        call(campaign, other, "reached", now=last_week, grade="orange", needs=("meals",))
        (found,) = results_for(caller, timezone.localdate())
        assert (found.own_calls, found.reached, found.referrals, found.regular) == (2, 2, 1, 1)
        html = body(screen.get(url("my_work")))
        assert "Grâce à vos 2\u00a0appels et à ceux de vos collègues" in html
        assert "Autin" not in html
        assert results_for(UserFactory(roles=["caller"]), timezone.localdate()) == []

    def test_a_campaign_that_ended_with_the_words_of_who_led_it(self, screen, campaign, caller, lead):
        call(campaign, caller, "reached", now=timezone.now())
        thank_callers(actor=lead, campaign_id=campaign.pk, words="Vous avez été là.", now=timezone.now())
        assert "Vous avez été là." not in body(screen.get(url("my_work")))
        close_campaign(campaign_id=campaign.pk, actor=lead, now=timezone.now())
        html = body(screen.get(url("my_work")))
        assert "Vous avez été là." in html
        assert "Nadia Ferhat" in html

    def test_as_many_queries_for_many_calls(self, campaign, caller, last_week):
        counts = []
        for _ in range(2):
            call(campaign, caller, "reached", now=last_week)
            with CaptureQueriesContext(connection) as queries:
                results_for(caller, timezone.localdate())
            counts.append(len(queries))
        assert counts[0] == counts[1]

    def test_words_are_written_by_who_leads(self, client, campaign, lead):
        with pytest.raises(NothingToSay):
            thank_callers(actor=lead, campaign_id=campaign.pk, words="  ", now=timezone.now())
        client.force_login(lead)
        page = url("thank_callers", campaign)
        assert client.post(page, {"words": ""}).status_code == 422
        for words in ("Merci.", "Merci à tous."):
            assert client.post(page, {"words": words}).status_code == 302
        assert Thanks.objects.get().words == "Merci à tous."
        agency = AgencyFactory()
        client.force_login(UserFactory(roles=[("agency_manager", agency)]))
        assert client.get(page).status_code == 403


class TestWeeks:
    def test_said_changed_and_left_to_the_account(self, screen, caller):
        today = timezone.localdate()
        monday = (today - timedelta(days=today.weekday())).isoformat()
        page = url("my_work")
        assert screen.post(page, {"monday": monday, "hours": "beaucoup"}).status_code == 422
        typed = {"monday": monday, "hours": "1,5", "half_days": ["tue_am"]}
        assert screen.post(page, typed).status_code == 302
        assert CallerWeek.objects.get().half_days == ["tue_am"]
        assert 'value="1,5"' in body(screen.get(page))
        screen.post(page, {"monday": monday, "hours": "0"})
        assert "absence dite" in body(screen.get(page))
        screen.post(page, {"monday": monday, "hours": ""})
        assert not CallerWeek.objects.exists()

    @pytest.mark.parametrize("monday", ["2020-01-06", "%s%d", ""])
    def test_another_week_is_not_taken(self, screen, monday):
        assert screen.post(url("my_work"), {"monday": monday, "hours": "2"}).url == url("my_work")
        assert not CallerWeek.objects.exists()
