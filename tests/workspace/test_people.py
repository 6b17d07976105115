"""Finding a tenant and opening a household: who may, what is shown, what is audited."""

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import ContactPointFactory, HouseholdFactory, MarkFactory, RelativeFactory

from bienveille.engines.messaging.models import Delivery, InboundMessage
from bienveille.register.accounts.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def here():
    return AgencyFactory(lyon=True)


@pytest.fixture
def household(here):
    return HouseholdFactory(agency=here, age=82, phone=True, first_name="Éléonore", last_name="Lefèvre")


@pytest.fixture
def as_social_worker(client, here):
    client.force_login(UserFactory(roles=[("social_worker", here)]))
    return client


def body(response) -> str:
    return response.content.decode()


class TestSearch:
    def search(self, client, text):
        return body(client.get(reverse("workspace:people"), {"q": text}))

    def test_by_the_start_of_names(self, as_social_worker, household):
        assert "Mme Éléonore Lefèvre" in self.search(as_social_worker, "lefevre eleo")
        listed = AuditEntry.objects.get(action="household.listed")
        assert listed.detail == {"found": 1}
        assert "lefevre" not in listed.reason, "the name typed is not kept: it may be that of somebody who is not there"

    def test_only_in_ones_agencies(self, as_social_worker):
        HouseholdFactory(agency=AgencyFactory(saint_etienne=True), first_name="Zoé", last_name="Ailleurs")
        assert "Personne de ce nom" in self.search(as_social_worker, "ailleurs")

    def test_nothing_typed_lists_nobody(self, as_social_worker, household):
        assert "Lefèvre" not in self.search(as_social_worker, "")
        assert not AuditEntry.objects.filter(action="household.listed").exists()

    def test_protected_address_is_hidden(self, as_social_worker, here):
        HouseholdFactory(agency=here, protected=True, last_name="Cachée")
        html = self.search(as_social_worker, "cachee")
        assert "Adresse protégée" in html
        assert "Résidence R" not in html


class TestHousehold:
    def page(self, client, household):
        return client.get(reverse("workspace:household", args=[household.pk]))

    def test_says_who_how_to_reach_and_what_happened(self, as_social_worker, household):
        person = household.people.get()
        ContactPointFactory(person=person, value="+33472000001", status="wrong")
        RelativeFactory(person=person, name="Nadia Benali")
        MarkFactory(person=person, kind="lives_alone")
        MarkFactory(person=person, kind="carer", expired=True)
        campaign = make_campaign(now=timezone.now())
        caller = UserFactory(roles=["caller"])
        call(campaign, caller, "reached", now=timezone.now(), note="Va bien.", grade="green", weekly=True)
        html = body(self.page(as_social_worker, household))
        for words in ["82\u00a0ans", "Faux numéro", "Nadia Benali", "Vit seule", "Va bien.", "Chaque semaine", "Joint"]:
            assert words in html
        assert "Aidante" not in html
        assert AuditEntry.objects.filter(action="household.read", subject_id=household.pk).count() == 1

    def test_of_another_agency_does_not_exist(self, as_social_worker):
        assert (
            self.page(as_social_worker, HouseholdFactory(agency=AgencyFactory(saint_etienne=True))).status_code == 404
        )

    def test_callers_never(self, client, household):
        client.force_login(UserFactory(roles=["caller"]))
        assert self.page(client, household).status_code == 403

    def test_protected_address(self, client, as_social_worker, here):
        hidden = HouseholdFactory(agency=here, protected=True)
        residence = hidden.dwelling.building.residence.name
        html = body(self.page(as_social_worker, hidden))
        assert "adresse de ce ménage est protégée" in html
        assert residence not in html
        client.force_login(UserFactory(roles=["director"]))
        assert residence in body(self.page(client, hidden))

    def test_household_that_left(self, client, household):
        household.people.update(left_on="2026-06-30")
        type(household).objects.filter(pk=household.pk).update(closed_on="2026-06-30")
        client.force_login(UserFactory(roles=["director"]))
        html = body(self.page(client, household))
        assert "est parti" in html
        assert "N’habitent plus là" in html


class TestMessagesInHistory:
    def test_what_was_sent_and_received_is_told_without_the_words_of_the_inbox(self, client):
        household = HouseholdFactory(people=[{"last_name": "Rey", "phone": True}])
        person = household.people.get()
        way = {"household": household, "person": person, "channel": "sms", "to": "+33639980001"}
        now = timezone.now()
        Delivery.objects.create(**way, state="sent", sent_at=now, body="Nous avons essayé de vous appeler.")
        Delivery.objects.create(**way, state="stopped", reason="held", ended_at=now, body="Autre message.")
        Delivery.objects.create(**way, body="Pas encore parti.")
        InboundMessage.objects.create(
            channel="sms", sender=way["to"], received_at=now, match="one", household=household, text="Je pleure."
        )
        client.force_login(UserFactory(roles=["director"]))
        html = client.get(reverse("workspace:household", args=[household.pk])).text
        assert "SMS envoyé" in html
        assert "Nous avons essayé de vous appeler." in html
        assert "SMS retenu" in html
        assert "SMS reçu" in html
        assert "Je pleure" not in html
        assert "Pas encore parti" not in html
