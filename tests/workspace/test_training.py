"""Screens before the first call, after a hard one, and when the day is full."""

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.services.outreach.models import CallerPause, DebriefRequest
from bienveille.services.outreach.operations import training as operations
from bienveille.services.outreach.queries.training import readiness

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign():
    for _ in range(4):
        HouseholdFactory(age=82, phone=True)
    return make_campaign(now=timezone.now())


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


class TestBeginner:
    @pytest.fixture
    def caller(self):
        return UserFactory(roles=["caller"], trained=False)

    def test_from_the_button_to_the_charter_the_questions_and_the_call(self, screen, caller, campaign):
        response = screen.post(url("next_call", campaign), follow=True)
        assert "Avant votre premier appel" in body(response)
        assert screen.post(url("training"), {}).status_code == 422
        assert screen.post(url("training"), {"accepted": "on"}).url == url("training_step", 1)
        wrong = screen.post(url("training_step", 1), {"answer": "explain"})
        assert wrong.status_code == 422
        assert "Pas tout à fait" in body(wrong)
        assert screen.post(url("training_step", 1), {}).status_code == 422
        assert screen.post(url("training_step", 1), {"answer": "again"}).url == url("training_step", 2)
        assert screen.post(url("training_step", 2), {"answer": "need"}).url == url("training_step", 3)
        done = screen.post(url("training_step", 3), {"answer": "number"}, follow=True)
        assert "Vous êtes prêt pour les appels" in body(done)
        assert readiness(caller, timezone.localdate()).ready
        assert screen.post(url("next_call", campaign)).url == url("call", campaign)

    def test_no_question_before_the_charter(self, screen):
        assert screen.post(url("training_step", 2), {"answer": "need"}).url == url("training")
        assert screen.get(url("training_step", 4)).status_code == 404


class TestAfterAHardCall:
    def test_page_says_what_happens_next_and_lets_one_talk(self, screen, caller, campaign):
        lead = UserFactory(roles=["director"], first_name="Nadia", last_name="Ferhat")
        type(campaign).objects.filter(pk=campaign.pk).update(created_by=lead)
        attempt = call(campaign, caller, "reached", now=timezone.now(), grade="red").attempt
        html = body(screen.get(url("after_call", attempt)))
        assert "Comment allez-vous" in html
        assert "Quelqu’un la prend en charge au plus tard" in html
        address = url("ask_debrief_after", attempt)
        assert "Nadia Ferhat" in body(screen.get(address))
        assert screen.post(address, {"listener": str(caller.pk)}).status_code == 422
        typed = {"listener": str(lead.pk), "moment": "today", "means": "phone", "words": "Elle pleurait."}
        assert screen.post(address, typed).url == url("debriefs")
        asked = DebriefRequest.objects.get()
        screen.force_login(lead)
        assert "Elle pleurait." in body(screen.get(url("debriefs")))
        assert screen.post(url("debrief", asked), {"on": "hier"}).status_code == 422
        today = timezone.localdate().isoformat()
        assert screen.post(url("debrief", asked), {"on": today}).status_code == 302
        screen.post(url("debrief", asked), {"do": "close"})
        asked.refresh_from_db()
        assert (asked.state, asked.words) == ("closed", "")

    def test_nobody_else_sees_it(self, screen, caller, campaign):
        attempt = call(campaign, UserFactory(roles=["caller"]), "reached", now=timezone.now(), grade="red").attempt
        mine = call(campaign, caller, "reached", now=timezone.now(), grade="green").attempt
        assert screen.get(url("after_call", attempt)).status_code == 404
        assert screen.get(url("after_call", mine)).status_code == 404
        assert screen.get(url("ask_debrief_after", attempt)).status_code == 404

    def test_only_the_listener_proposes_a_day(self, screen, caller):
        lead = UserFactory(roles=["director"])
        asked = DebriefRequest.objects.create(
            asked_by=caller, listener=lead, means="phone", moment="today", asked_at=timezone.now()
        )
        assert screen.post(url("debrief", asked), {"on": timezone.localdate().isoformat()}).status_code == 404
        screen.force_login(UserFactory(roles=["director"]))
        assert screen.post(url("debrief", asked), {"do": "close"}).status_code == 404

    def test_pause_until_tomorrow(self, screen, caller):
        assert screen.post(url("pause_today")).url == url("calls")
        assert (CallerPause.objects.get(user=caller).until - timezone.localdate()).days == 1


class TestFullDay:
    def test_a_kind_page_then_a_little_more_once(self, screen, caller, campaign):
        operations.choose_daily_cap(caller=caller, cap=1)
        call(campaign, caller, "reached", now=timezone.now())
        response = screen.post(url("next_call", campaign), follow=True)
        assert "C’est assez pour aujourd’hui" in body(response)
        assert "Continuer un peu, une fois" in body(response)
        assert screen.post(url("go_on")).url == url("calls")
        assert screen.post(url("next_call", campaign)).url == url("call", campaign)
        assert screen.post(url("go_on")).status_code == 409

    def test_own_number_within_the_landlord_s(self, screen):
        assert screen.post(url("my_work"), {"cap": "99"}).status_code == 422
        assert screen.post(url("my_work"), {"cap": "beaucoup"}).status_code == 422
        assert screen.post(url("my_work"), {"cap": "4"}).status_code == 302
        assert 'value="4"' in body(screen.get(url("my_work")))
