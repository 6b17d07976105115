"""Screens of regular calls: a caller's own people, the coordinator's list, the change of hands."""

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

from bienveille.engines.dispatch.models import Contact, PlannedCall
from bienveille.register.accounts.models import AuditEntry
from bienveille.services.outreach.models import CallerPause, RecurringCall
from bienveille.services.outreach.operations import take_promised

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign():
    for _ in range(4):
        HouseholdFactory(age=82, phone=True)
    return make_campaign(now=timezone.now())


@pytest.fixture
def caller():
    return UserFactory(first_name="Josiane", last_name="Tellier", roles=["caller"])


@pytest.fixture
def other():
    return UserFactory(first_name="Marc", last_name="Autin", roles=["caller"])


@pytest.fixture
def director():
    return UserFactory(roles=["director"])


@pytest.fixture
def planned(campaign, caller):
    call(campaign, caller, "reached", now=timezone.now(), weekly=True, note="Aime parler de son jardin.")
    return PlannedCall.objects.select_related("contact__lane", "contact__household").get()


@pytest.fixture
def screen(client, caller):
    client.force_login(caller)
    return client


def url(name, *keys):
    return reverse(f"workspace:{name}", args=[getattr(key, "pk", key) for key in keys])


def body(response) -> str:
    return response.content.decode()


def late(planned, days):
    PlannedCall.objects.filter(pk=planned.pk).update(promised_for=timezone.localdate() - timedelta(days=days))


class TestCaller:
    def test_my_people_with_their_last_words(self, screen, planned):
        html = body(screen.get(url("my_people")))
        assert "Aime parler de son jardin." in html
        assert "Appeler maintenant" in html

    def test_nobody_yet(self, screen):
        assert "Vous n’appelez encore personne régulièrement" in body(screen.get(url("my_people")))

    def test_rhythm_wish_and_end(self, screen, planned):
        here, day = url("weekly_call", planned), timezone.localdate() + timedelta(days=5)
        assert screen.post(here, {"do": "rhythm", "every_days": "0"}).status_code == 422
        past = {"do": "rhythm", "every_days": "3", "due_on": "2020-01-01", "due_when": ""}
        assert screen.post(here, past).status_code == 422
        typed = {"do": "rhythm", "every_days": "3", "due_on": day.isoformat(), "due_when": "morning"}
        assert screen.post(here, typed).status_code == 302
        assert "Tous les 3\u00a0jours" in body(screen.get(here))
        assert screen.post(here, {"do": "wanted"}).status_code == 302
        assert RecurringCall.objects.get().confirmed_on == timezone.localdate()
        assert screen.post(here, {"do": "stop"}).status_code == 422
        assert screen.post(here, {"do": "stop", "reason": "no_longer_needed"}).url == url("my_people")
        assert screen.post(here, {"do": "wanted"}).status_code == 409

    def test_somebody_else_s_does_not_exist(self, client, planned, other):
        client.force_login(other)
        assert client.get(url("weekly_call", planned)).status_code == 404
        assert client.post(url("weekly_call", planned), {"do": "stop", "reason": "other"}).status_code == 404
        assert client.get(url("hand_over_weekly", planned)).status_code == 403

    def test_the_call_page_says_what_to_say(self, screen, campaign, planned, caller):
        today = timezone.localdate()
        CallerPause.objects.create(user=caller, until=today + timedelta(days=30), created_at=timezone.now())
        take_promised(planned_call_id=planned.pk, caller=caller, now=timezone.now())
        RecurringCall.objects.create(contact=planned.contact, usual_caller=caller)
        html = body(screen.get(url("call", campaign)))
        assert "dites-lui que quelqu’un d’autre appellera" in html


class TestCoordinator:
    @pytest.fixture
    def screen(self, client, director):
        client.force_login(director)
        return client

    def test_missed_twice_is_in_red_and_on_top(self, screen, planned):
        late(planned, 9)
        html = body(screen.get(url("weekly_calls")))
        assert "a été manqué" in html
        assert "bv-left-late" in html
        assert "Manqué 2\u00a0fois" in html
        assert AuditEntry.objects.filter(action="household.listed", reason="Appels réguliers").exists()
        late(planned, 1)
        assert "bv-left-late" not in body(screen.get(url("weekly_calls")))

    def test_handed_over_until_the_return(self, screen, planned, caller, other):
        back = timezone.localdate() + timedelta(days=20)
        CallerPause.objects.create(user=caller, until=back, created_at=timezone.now())
        html = body(screen.get(url("weekly_calls")))
        assert "attend quelqu’un" in html
        here = url("hand_over_weekly", planned)
        page = body(screen.get(here))
        assert "Marc Autin" in page
        assert "Aime parler de son jardin." in page
        assert screen.post(here, {"to": str(other.pk), "how_long": "until"}).status_code == 422
        typed = {"to": str(other.pk), "how_long": "until", "back_on": back.isoformat(), "told": "on"}
        assert screen.post(here, typed).url == url("weekly_calls")
        assert "Remplace Josiane T." in body(screen.get(url("weekly_calls")))
        assert screen.post(url("weekly_call", planned), {"do": "back"}).status_code == 302
        planned.refresh_from_db()
        assert planned.caller_id == caller.pk

    def test_one_that_was_stopped_is_taken_up_by_somebody_else(self, screen, planned, other):
        stop = {"do": "stop", "reason": "caller_unable"}
        assert screen.post(url("weekly_call", planned), stop).url == url("weekly_calls")
        assert "sans personne depuis" in body(screen.get(url("weekly_calls")))
        typed = {"to": str(other.pk), "how_long": "for_good"}
        assert screen.post(url("hand_over_weekly", planned), typed).status_code == 302
        planned.refresh_from_db()
        assert (planned.state, planned.caller_id) == ("planned", other.pk)

    def test_other_agencies_do_not_exist(self, client, planned):
        agency = AgencyFactory()
        client.force_login(UserFactory(agency=agency, roles=[("agency_manager", agency)]))
        assert client.get(url("weekly_call", planned)).status_code == 404
        assert client.get(url("hand_over_weekly", planned)).status_code == 404
        assert planned.contact.household.display_name not in body(client.get(url("weekly_calls")))

    def test_as_many_queries_for_many(self, screen, campaign, caller, planned):
        screen.get(url("weekly_calls"))  # the session's first sign of life
        counts = []
        for _ in range(2):
            call(campaign, caller, "reached", now=timezone.now(), weekly=True)
            with CaptureQueriesContext(connection) as queries:
                screen.get(url("weekly_calls"))
            counts.append(len(queries))
        assert counts[0] == counts[1]
        assert Contact.objects.filter(planned_calls__weekly=True).count() == 3
