"""Hours on the screens: the week of a campaign, when a household asks to be called, when calls open again."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from tests.accounts.factories import UserFactory
from tests.outreach.factories import make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.dispatch import operations as dispatch
from bienveille.engines.dispatch.models import Contact, Lane
from bienveille.register.tenants.models import CallWish
from bienveille.services.outreach import operations
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.rules import CallWishSaid

pytestmark = pytest.mark.django_db

NEVER = [{"days": [1], "from": "03:00", "to": "03:01"}]
PARIS = ZoneInfo("Europe/Paris")


def body(response):
    return response.content.decode()


@pytest.fixture
def director():
    return UserFactory(roles=["director"])


@pytest.fixture
def as_director(client, director):
    client.force_login(director)
    return client


@pytest.fixture
def caller():
    return UserFactory(first_name="Josiane", roles=["caller"], trained=True)


class TestWeek:
    def address(self, campaign):
        return reverse("workspace:draft_hours", args=[campaign.pk])

    def test_saves_the_week_the_days_off_and_the_words(self, as_director, director):
        draft = make_campaign(opened=False)
        Campaign.objects.update(created_by=director)
        data = {
            "mode": "set",
            "from1_1": "09:00", "to1_1": "12:30", "from1_2": "14:00", "to1_2": "18:00",
            "from2_1": "09:00", "to2_1": "12:30",
            "on_days_off": "on",
            "sms": "{bailleur} vous rappellera.",
            "do": "next",
        }  # fmt: skip
        assert as_director.post(self.address(draft), data).status_code == 302
        saved = Campaign.objects.select_related("queue").get()
        assert saved.queue.windows == [
            {"days": [1, 2], "from": "09:00", "to": "12:30"},
            {"days": [1], "from": "14:00", "to": "18:00"},
        ]
        assert saved.queue.on_days_off
        assert saved.sms == "{bailleur} vous rappellera."
        html = body(as_director.get(self.address(draft)))
        assert "De 9\u00a0h à 12\u00a0h\u00a030 et de 14\u00a0h à 18\u00a0h" in html

    def test_the_rules_step_keeps_the_hours(self, as_director, director):
        draft = make_campaign(opened=False, rules={"windows": NEVER, "on_public_holidays": True})
        Campaign.objects.update(created_by=director)
        page = reverse("workspace:draft_rules", args=[draft.pk])
        data = {"max_attempts": 4, "lease_minutes": 30, "keep_answers_days": 90, "do": "next"}
        assert as_director.post(page, data).status_code == 302
        saved = Campaign.objects.select_related("queue").get()
        assert (saved.queue.max_attempts, saved.queue.windows, saved.queue.on_days_off) == (4, NEVER, True)

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            ({"mode": "set"}, "Ouvrez un jour au moins"),
            ({"mode": "set", "from1_1": "12:00", "to1_1": "09:00"}, "L’heure de fin suit"),
            ({"mode": "set", "from1_1": "12:00"}, "le début et la fin"),
            ({"mode": "set", "from1_1": "midi", "to1_1": "13:00"}, "Écrivez une heure"),
            ({"mode": "any", "sms": "Appelez le 06"}, "nomme le bailleur"),
            ({"mode": "any", "voicemail": "{bailleur} : votre cancer"}, "santé"),
        ],
    )
    def test_what_is_wrong_is_said_and_kept(self, as_director, director, data, words):
        draft = make_campaign(opened=False)
        Campaign.objects.update(created_by=director)
        response = as_director.post(self.address(draft), data)
        assert response.status_code == 422
        assert words in body(response)

    def test_a_campaign_that_runs_changes_its_hours_at_once(self, as_director, director, caller):
        HouseholdFactory(age=82, phone=True)
        campaign = make_campaign(rules={"windows": NEVER})
        Campaign.objects.update(created_by=director)
        monday = datetime(2026, 11, 23, 10, 0, tzinfo=PARIS)
        assert operations.take_next(campaign=campaign, caller=caller, now=monday) is None
        page = reverse("workspace:campaign_hours", args=[campaign.pk])
        assert as_director.get(page).status_code == 200
        assert as_director.post(page, {"mode": "any"}).status_code == 302
        campaign.refresh_from_db()
        assert operations.take_next(campaign=campaign, caller=caller, now=monday) is not None

    def test_a_closed_campaign_keeps_its_hours(self, as_director, director):
        HouseholdFactory(age=82, phone=True)
        campaign = make_campaign()
        Campaign.objects.update(created_by=director, state="closed")
        response = as_director.post(reverse("workspace:campaign_hours", args=[campaign.pk]), {"mode": "any"})
        assert response.status_code == 422


class TestNobody:
    def test_says_when_calls_open_again(self, client, caller):
        HouseholdFactory(age=82, phone=True)
        campaign = make_campaign(rules={"windows": NEVER})
        client.force_login(caller)
        campaign.refresh_from_db()
        html = body(client.post(reverse("workspace:next_call", args=[campaign.pk]), follow=True))
        assert "Les appels reprennent" in html
        assert "3\u00a0h" in html


class TestCall:
    def take(self, client, caller, **rules):
        home = HouseholdFactory(age=82, phone=True)
        campaign = make_campaign(rules=rules)
        client.force_login(caller)
        client.post(reverse("workspace:next_call", args=[campaign.pk]))
        return campaign, home

    def save(self, client, campaign, **data):
        contact = Contact.objects.get()
        form = {"contact": contact.pk, "token": contact.token, "outcome": "no_answer", **data}
        return client.post(reverse("workspace:call", args=[campaign.pk]), form)

    def test_says_the_hour_where_they_live_and_the_words_to_leave(self, client, caller):
        campaign, _ = self.take(client, caller)
        page = reverse("workspace:call", args=[campaign.pk])
        html = body(client.get(page))
        assert "Il est" not in html
        assert "ici Josiane" in html
        Lane.objects.update(place="974")
        assert "(La Réunion)" in body(client.get(page))

    def test_a_wish_heard_during_the_call_is_kept_and_followed(self, client, caller):
        campaign, home = self.take(client, caller)
        typed = {"w-shown": "1", "w-parts": ["evening"], "w-not_on": ["3"]}
        assert self.save(client, campaign, **typed).status_code == 302
        kept = CallWish.objects.get()
        assert (kept.household_id, kept.parts, kept.not_on, kept.source) == (home.pk, ["evening"], [3], "call")
        assert Contact.objects.get().not_before.astimezone(PARIS).hour == 17

    def test_who_asks_for_a_letter_leaves_the_calls_and_comes_back_when_they_change_their_mind(self, client, caller):
        campaign, home = self.take(client, caller)
        self.save(client, campaign, **{"w-shown": "1", "w-in_writing": "on"})
        contact = Contact.objects.get()
        assert (contact.state, contact.reason) == ("unreachable", "writing")
        now = datetime(2026, 11, 24, 10, 0, tzinfo=PARIS)
        said = {"actor": caller, "household_id": home.pk, "source": "tenant", "now": now}
        operations.say_call_wish(wish=CallWishSaid(), **said)
        assert Contact.objects.get().state == "waiting"
        assert not CallWish.objects.exists()

    def test_a_stale_page_keeps_no_wish(self, client, caller):
        campaign, _ = self.take(client, caller)
        contact = Contact.objects.get()
        dispatch.release(caller=caller, contact_id=contact.pk, token=contact.token)
        form = {
            "contact": contact.pk, "token": contact.token, "outcome": "no_answer",
            "w-shown": "1", "w-in_writing": "on",
        }  # fmt: skip
        assert client.post(reverse("workspace:call", args=[campaign.pk]), form).status_code == 409
        assert not CallWish.objects.exists()

    def test_a_week_without_a_day_is_refused(self, client, caller):
        campaign, _ = self.take(client, caller)
        response = self.save(client, campaign, **{"w-shown": "1", "w-not_on": list("1234567")})
        assert response.status_code == 422
        assert "Gardez un jour" in body(response)


class TestHousehold:
    def test_a_wish_is_noted_shown_and_erased(self, as_director):
        home = HouseholdFactory(age=82, phone=True)
        page = reverse("workspace:call_wish", args=[home.pk])
        assert as_director.get(page).status_code == 200
        data = {"shown": "1", "parts": ["afternoon"], "not_on": ["3"], "source": "tenant"}
        assert as_director.post(page, data).status_code == 302
        html = body(as_director.get(reverse("workspace:household", args=[home.pk])))
        assert "Plutôt l’après-midi, jamais le mercredi" in html
        as_director.post(page, {"shown": "1", "source": "tenant"})
        assert not CallWish.objects.exists()
