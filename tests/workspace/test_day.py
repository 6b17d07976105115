"""« Ma journée »: what a caller is shown and may do there; what coordinators see of those who rest."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.dispatch.models import Attempt, Contact, PlannedCall
from bienveille.services.outreach.models import CallerPause

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign():
    for _ in range(5):
        HouseholdFactory(age=82, phone=True)
    return make_campaign(now=timezone.now())


@pytest.fixture
def caller():
    return UserFactory(first_name="Josiane", last_name="Tellier", roles=["caller"])


@pytest.fixture
def screen(client, caller):
    client.force_login(caller)
    return client


def url(name, *keys):
    return reverse(f"workspace:{name}", args=[getattr(key, "pk", key) for key in keys])


def body(response) -> str:
    return response.content.decode()


def in_days(count: int) -> str:
    return (timezone.localdate() + timedelta(days=count)).isoformat()


class TestPage:
    def test_promises_by_day_with_their_hour(self, screen, campaign, caller):
        today = timezone.localdate()
        nine = timezone.localtime().replace(hour=9, minute=0)  # whatever the hour of the test, 14:30 is to come
        for days, when in ((0, "14:30"), (3, "morning"), (1, "")):
            call(campaign, caller, "reached", now=nine, call_back_on=today + timedelta(days=days),
                 call_back_when=when)  # fmt: skip
        PlannedCall.objects.filter(due_when="").update(due_on=today - timedelta(days=2))
        html = body(screen.get(url("calls")))
        assert html.index("En retard") < html.index(">Aujourd’hui<") < html.index("Dans la semaine")
        assert "pour aujourd’hui vers 14\u00a0h\u00a030" in html
        assert "le matin" in html

    def test_weekly_person_stopped_with_a_reason_and_taken_up_again(self, screen, campaign, caller):
        call(campaign, caller, "reached", now=timezone.now(), weekly=True, note="A repris la marche.")
        planned = PlannedCall.objects.get()
        html = body(screen.get(url("calls")))
        assert "A repris la marche." in html
        assert "depuis aujourd’hui" in html
        address = url("stop_weekly", planned)
        assert screen.post(address, {}).status_code == 422
        assert screen.post(address, {"reason": "caller_unable"}).status_code == 302
        assert "Arrêté" in body(screen.get(url("calls")))
        screen.post(url("resume_weekly", planned))
        planned.refresh_from_db()
        assert planned.state == "planned"

    def test_somebody_else_s_weekly_call_does_not_exist(self, screen, campaign):
        call(campaign, UserFactory(roles=["caller"]), "reached", now=timezone.now(), weekly=True)
        assert screen.get(url("stop_weekly", PlannedCall.objects.get())).status_code == 404

    def test_a_call_under_way_is_not_stopped(self, screen, campaign, caller):
        call(campaign, caller, "reached", now=timezone.now(), weekly=True)
        planned = PlannedCall.objects.get()
        screen.post(url("start_promised", planned))
        response = screen.post(url("stop_weekly", planned), {"reason": "other"})
        assert response.status_code == 409
        assert "il est en cours" in body(response)

    @pytest.mark.parametrize(("grade", "shown"), [("red", True), ("orange", True), ("yellow", False), ("", False)])
    def test_after_a_heavy_call_somebody_asks(self, screen, campaign, caller, grade, shown):
        lead = UserFactory(first_name="Nadia", last_name="Ferhat", email="nadia@bailleur.example")
        type(campaign).objects.update(created_by=lead)
        call(campaign, caller, "reached", now=timezone.now(), grade=grade, note="Seule.")
        html = body(screen.get(url("calls")))
        assert ("Comment allez-vous" in html) is shown
        assert ("Nadia Ferhat" in html) is shown

    def test_same_number_of_queries_whatever_was_promised(self, screen, campaign, caller):
        address = url("calls")
        call(campaign, caller, "reached", now=timezone.now(), weekly=True, note="Va bien.", grade="orange")
        screen.get(address)
        with CaptureQueriesContext(connection) as few:
            screen.get(address)
        for _ in range(3):
            call(campaign, caller, "reached", now=timezone.now(), weekly=True, note="Va bien.")
        make_campaign(now=timezone.now(), name="Une autre")
        with CaptureQueriesContext(connection) as many:
            screen.get(address)
        assert len(many) == len(few)


class TestRest:
    def test_nothing_is_handed_out_and_one_resumes(self, screen, campaign, caller):
        assert screen.post(url("pause_me"), {"until": in_days(3)}).status_code == 302
        html = body(screen.get(url("calls")))
        assert "Vous êtes en pause" in html
        assert "Prendre l’appel suivant" not in html
        page = screen.post(url("next_call", campaign), follow=True)
        assert "Vous êtes en pause" in body(page)
        assert not Contact.objects.filter(reserved_by=caller).exists()
        screen.post(url("resume_me"))
        assert not CallerPause.objects.exists()
        assert "Prendre l’appel suivant" in body(screen.get(url("calls")))

    @pytest.mark.parametrize("until", ["", "hier", in_days(0), in_days(-2), in_days(500)])
    def test_a_day_that_is_no_rest_is_said_beside_the_field(self, screen, campaign, until):
        response = screen.post(url("pause_me"), {"until": until})
        assert response.status_code == 422
        assert "data-bv-errors" in body(response)
        assert f'value="{until}"' in body(response) or not until

    def test_coordinators_see_what_is_left(self, client, screen, campaign, caller):
        call(campaign, caller, "reached", now=timezone.now(), call_back_on=timezone.localdate() + timedelta(days=1))
        screen.post(url("pause_me"), {"until": in_days(7)})
        client.force_login(UserFactory(roles=["director"]))
        html = body(client.get("/"))
        assert "Ces appels promis attendent quelqu’un" in html
        assert "par Josiane Tellier" in html


class TestPromisedHour:
    def saved(self, client, campaign, **typed):
        client.post(url("next_call", campaign))
        contact = Contact.objects.get(reserved_by__isnull=False)
        data = {"contact": contact.pk, "token": contact.token, "idempotency_key": "k", "outcome": "reached",
                "q_good_moment": "yes", "q_agrees": "yes", "next": "once", **typed}  # fmt: skip
        return client.post(url("call", campaign), data)

    def test_is_kept(self, screen, campaign):
        self.saved(screen, campaign, call_back_on=in_days(2), call_back_when="14:30", then="pause")
        planned = PlannedCall.objects.get()
        assert planned.due_when == "14:30"
        assert timezone.localtime(planned.due_from).hour == 14

    def test_that_is_no_hour_is_refused(self, screen, campaign):
        response = self.saved(screen, campaign, call_back_on=in_days(2), call_back_when="03:00")
        assert response.status_code == 422
        assert not Attempt.objects.exists()

    def test_the_script_is_told_where_to_go_and_only_once(self, screen, campaign):
        screen.post(url("next_call", campaign))
        contact = Contact.objects.get(reserved_by__isnull=False)
        data = {"contact": contact.pk, "token": contact.token, "idempotency_key": "k", "outcome": "no_answer"}
        headers = {"X-Bienveille-Outbox": "1"}
        first = screen.post(url("call", campaign), data, headers=headers)
        again = screen.post(url("call", campaign), data, headers=headers)
        assert first.json()["next"] == again.json()["next"] == url("call", campaign)
        assert Attempt.objects.count() == 1
        refused = screen.post(url("call", campaign), {**data, "idempotency_key": "other"}, headers=headers)
        assert refused.status_code == 409
        assert refused["Content-Type"].startswith("text/html")
