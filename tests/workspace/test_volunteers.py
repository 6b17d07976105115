"""Screens of the call for volunteers: the page of the link, for staff and without an account; the coordinators'."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import MONDAY
from tests.housing.factories import AgencyFactory

from bienveille.register.accounts.models import Landlord
from bienveille.services.outreach.models import VolunteerCall, VolunteerOffer
from bienveille.services.outreach.operations import volunteers

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    return UserFactory(roles=["director"], email="cap@bailleur.example")


@pytest.fixture
def opened(lead):
    return volunteers.open_volunteer_call(
        actor=lead, name="Grand froid", words="Deux heures par semaine.", agency=None, public=True,
        email_domain="bailleur.example", asked=None, now=MONDAY,
    )  # fmt: skip


def url(name, *keys):
    return reverse(f"workspace:{name}", args=[getattr(key, "pk", key) for key in keys])


def body(response) -> str:
    return response.content.decode()


TYPED = {"willing": "yes", "first_name": "Léa", "last_name": "Morel", "hours_per_week": "2,5", "languages": ["fr"]}


class TestLink:
    def test_the_same_answer_whatever_the_address(self, client, opened):
        page = url("volunteer", opened.secret)
        assert "Deux heures par semaine." in body(client.get(page))
        answers = {
            re.sub(r'(nonce|value)="[^"]*"', "", body(client.post(page, {**TYPED, "email": email})))
            for email in (
                "neuf@bailleur.example",
                "neuf@bailleur.example",
                "cap@bailleur.example",
                "a@ailleurs.example",
            )
        }
        assert len(answers) == 1
        assert set(VolunteerOffer.objects.values_list("email", flat=True)) == {
            "neuf@bailleur.example",
            "cap@bailleur.example",
        }

    def test_a_program_that_fills_everything_is_thanked_and_not_kept(self, client, opened):
        filled = {**TYPED, "email": "robot@bailleur.example", "website": "http://x.example"}
        assert client.post(url("volunteer", opened.secret), filled).status_code == 200
        assert not VolunteerOffer.objects.exists()

    def test_too_often_from_one_place(self, client, opened):
        page = url("volunteer", opened.secret)
        statuses = [client.post(page, {}).status_code for _ in range(14)]
        assert statuses[0] == 422
        assert statuses[-1] == 429

    def test_unknown_or_closed_it_says_the_same(self, client, opened, lead):
        volunteers.close_volunteer_call(actor=lead, call_id=opened.pk, now=MONDAY)
        closed, unknown = client.get(url("volunteer", opened.secret)), client.get(url("volunteer", "inconnu"))
        assert closed.status_code == unknown.status_code == 410
        assert re.sub(r'nonce="[^"]*"', "", body(closed)) == re.sub(r'nonce="[^"]*"', "", body(unknown))

    def test_not_public_asks_to_sign_in_then_shows_the_answer_again(self, client, opened):
        VolunteerCall.objects.update(public=False)
        page = url("volunteer", opened.secret)
        assert client.get(page).url.startswith("/connexion/?next=")
        client.force_login(UserFactory(first_name="Inès", roles=["communication"]))
        assert "Grand froid" in body(client.get(url("home")))
        html = body(client.get(page))
        assert 'value="Inès"' in html
        assert 'name="email"' not in html
        assert client.post(page, {**TYPED, "hours_per_week": "beaucoup"}).status_code == 422
        assert client.post(page, TYPED).status_code == 200
        assert 'value="2,5"' in body(client.get(page))


class TestCoordinators:
    @pytest.fixture
    def screen(self, client, lead):
        client.force_login(lead)
        return client

    def test_open_read_accept_thank_and_end(self, screen, lead):
        assert "Aucun appel à volontaires" in body(screen.get(url("volunteer_calls")))
        new = url("new_volunteer_call")
        assert screen.post(new, {"name": "Canicule", "public": "on", "email_domain": ""}).status_code == 422
        screen.post(new, {"name": "Canicule", "public": "on", "email_domain": "bailleur.example", "asked": "40"})
        call = VolunteerCall.objects.get()
        outside = Client()
        for name in ("lea", "paul"):
            outside.post(url("volunteer", call.secret), {**TYPED, "email": f"{name}@bailleur.example"})
        html = body(screen.get(url("volunteer_calls")))
        assert "2\u00a0réponses sur 40\u00a0personnes" in html
        first, second = VolunteerOffer.objects.order_by("pk")
        assert "2,5" in body(screen.get(url("volunteer_call", call)))
        assert "lea@bailleur.example" in body(screen.get(url("volunteer_offer", first)))
        assert screen.post(url("volunteer_offer", first), {"do": "accept"}).status_code == 302
        assert screen.post(url("volunteer_offer", first), {"do": "decline", "reply": "Non"}).status_code == 409
        assert screen.post(url("volunteer_offer", second), {"do": "decline", "reply": ""}).status_code == 422
        assert screen.post(url("volunteer_offer", second), {"do": "decline", "reply": "Merci."}).status_code == 302
        screen.post(url("volunteer_call", call))
        call.refresh_from_db()
        assert call.closed_at is not None

    def test_another_agency_s_answers_do_not_exist(self, client, opened):
        agency, other = AgencyFactory(), AgencyFactory()
        answer = volunteers.Answer(first_name="Léa", last_name="Morel", willing=True, agency_id=other.pk)
        offer = volunteers.answer_as_user(user=UserFactory(), call_id=opened.pk, answer=answer, now=MONDAY)
        client.force_login(UserFactory(roles=[("agency_manager", agency)]))
        assert client.get(url("volunteer_offer", offer)).status_code == 404
        assert client.post(url("volunteer_offer", offer), {"do": "accept"}).status_code == 404
        assert "Morel" not in body(client.get(url("volunteer_call", opened)))
        assert client.post(url("volunteer_call", opened)).status_code == 404

    def test_rules_of_callers(self, screen):
        Landlord.objects.create(name="Essai")
        assert screen.post(url("calling_rules"), {"most_a_day": "500"}).status_code == 422
        assert screen.post(url("calling_rules"), {"most_a_day": "12"}).status_code == 302
        assert Landlord.objects.get().settings["calling"] == {"training": False, "most_a_day": 12}
