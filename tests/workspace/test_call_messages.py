"""Messages around calls on the screens: before a wave, when nobody answers, what was agreed."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.outreach.factories import make_campaign
from tests.tenants.factories import ContactPointFactory, HouseholdFactory, PersonFactory

from bienveille.engines.dispatch.models import Contact
from bienveille.engines.messaging.models import Delivery, Mailing
from bienveille.engines.messaging.operations import templates as texts
from bienveille.register.accounts.models import Landlord
from bienveille.services.outreach import operations
from bienveille.services.outreach.models import Campaign

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ways_out(settings):
    settings.CHANNELS = {"sms": {"class": "never.built"}}
    Landlord.objects.update_or_create(defaults={"name": "Habitat"})


@pytest.fixture
def caller(client):
    found = UserFactory(first_name="Josiane", roles=["caller"], trained=True)
    client.force_login(found)
    return found


@pytest.fixture
def campaign():
    person = PersonFactory(household=HouseholdFactory(), birth_date=date(1940, 1, 1))
    ContactPointFactory(person=person, value="+33639981234")
    return make_campaign(rules={"send_sms": True}, now=timezone.now())


@pytest.fixture
def in_hand(campaign, caller):
    handed = operations.take_next(campaign=campaign, caller=caller, now=timezone.now())
    return Contact.objects.get(pk=handed.contact_id)


def typed(contact, **more):
    return {"contact": contact.pk, "token": contact.token, "idempotency_key": "k", **more}


def test_the_caller_reads_what_leaves_by_itself(client, campaign, in_hand):
    html = client.get(reverse("workspace:call", args=[campaign.pk])).text
    assert "Un SMS part tout seul" in html
    assert "Écrire ce SMS" not in html
    assert "Un SMS au 06 39 98 12 34" in html
    assert 'name="agreed_by" value="email"' not in html, "nobody gave an address"


def test_what_is_agreed_leaves_from_the_call(client, campaign, in_hand):
    day = timezone.localdate() + timedelta(days=3)
    data = typed(
        in_hand, outcome="reached", grade="green", next="once", call_back_on=day.isoformat(), agreed_by="sms",
        q_well="yes", then="pause",
    )  # fmt: skip
    answer = client.post(reverse("workspace:call", args=[campaign.pk]), data)
    assert answer.status_code == 302, answer.text
    assert "nous vous rappellerons" in Delivery.objects.get().body


def test_a_refusal_stands_beside_its_field(client, campaign, in_hand):
    data = typed(in_hand, outcome="reached", grade="green", next="none", agreed_by="sms")
    answer = client.post(reverse("workspace:call", args=[campaign.pk]), data)
    assert answer.status_code == 422
    assert "Il n’y a rien à écrire" in answer.text


def test_the_step_of_hours_lets_the_landlord_send(client):
    director = UserFactory(roles=["director"])
    client.force_login(director)
    draft = make_campaign(opened=False)
    Campaign.objects.update(created_by=director)
    url = reverse("workspace:draft_hours", args=[draft.pk])
    assert "L’envoyer tout seul" in client.get(url).text
    assert client.post(url, {"mode": "any", "send_sms": "on", "do": "next"}).status_code == 302
    assert Campaign.objects.get().send_sms


def test_the_households_of_a_wave_are_told_before(client):
    director = UserFactory(roles=["director"])
    client.force_login(director)
    draft = make_campaign(opened=False)
    text = texts.copy_ready_text(actor=director, slug="we-will-call", now=timezone.now())
    wave = draft.waves.get()
    url = f"{reverse('workspace:new_mailing')}?public=vague-{wave.pk}"
    assert url in client.get(reverse("workspace:campaign", args=[draft.pk])).text
    html = client.get(url).text
    assert "Avant les appels" in html
    data = {
        "name": "Avant les appels", "text": text.pk, "audience": f"vague-{wave.pk}", "purpose": "wellbeing",
        "channels": ["sms"], "reach": "first",
    }  # fmt: skip
    assert client.post(reverse("workspace:new_mailing"), data).status_code == 302
    assert Mailing.objects.get().audience == wave.audience
