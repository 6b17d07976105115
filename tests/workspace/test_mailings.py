"""The pages of mailings: prepared, counted, tried, read by a second person, started, held, stopped, reported."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.housing.factories import ResidenceFactory
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.messaging.choices import DeliveryState, MailingState
from bienveille.engines.messaging.models import Delivery, Mailing, Text
from bienveille.engines.messaging.operations import templates as texts
from bienveille.engines.messaging.operations.mailings import ask_approval, settle
from bienveille.engines.messaging.queries.mailings import approved_above
from bienveille.engines.messaging.queries.templates import latest_version
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import AuditEntry, Landlord
from bienveille.register.accounts.rules import Scope

pytestmark = pytest.mark.django_db
EVERYWHERE = Scope(everything=True)


@pytest.fixture
def landlord():
    return Landlord.objects.create(name="Habitat du Val", siret="", kind="oph")


@pytest.fixture
def writer(client, landlord):
    writer = UserFactory(roles=["communication"], first_name="Colin", phone="+33639980001")
    client.force_login(writer)
    return writer


@pytest.fixture
def template(writer):
    made = texts.create_template(actor=writer, name="Chaudière", use="", kind="service", now=timezone.now())
    for channel, subject in (("sms", ""), ("email", "Chaudière en panne"), ("letter", "Chaudière en panne")):
        texts.write_text(
            actor=writer,
            template_id=made.pk,
            revision=latest_version(made).revision,
            channel=channel,
            language="fr",
            easy=False,
            subject=subject,
            body="{{ bailleur }} : la chaudière de {{ résidence }} est en panne.",
            now=timezone.now(),
        )
    return made


@pytest.fixture
def households(landlord):
    place = ResidenceFactory(name="Les Lilas")
    return [
        HouseholdFactory(residence=place, people=[{"last_name": "Rey", "phone": True}]),
        HouseholdFactory(residence=place, people=[{"last_name": "Sow", "email": True}]),
        HouseholdFactory(residence=place, people=[{"last_name": "Luce"}]),
    ]


def typed(template, **more):
    return {
        "name": "Chaudière des Lilas",
        "text": template.pk,
        "audience": "tous",
        "purpose": "emergency",
        "channels": ["email", "sms"],
        "reach": "first",
        **more,
    }


@pytest.fixture
def mailing(client, template, households):
    client.post(reverse("workspace:new_mailing"), typed(template))
    return Mailing.objects.get()


def page(client, mailing):
    return client.get(reverse("workspace:mailing", args=[mailing.pk])).text


def act(client, mailing, do, **more):
    return client.post(reverse("workspace:act_mailing", args=[mailing.pk]), {"do": do, **more}, follow=True)


class TestWrite:
    def test_what_is_missing_is_said_beside_its_field(self, client, template):
        answer = client.post(reverse("workspace:new_mailing"), typed(template, channels=[], name=""))
        assert answer.status_code == 422
        assert "Choisissez au moins un moyen." in answer.text

    def test_an_unfinished_text_never_leaves(self, client, writer, households):
        ready = texts.copy_ready_text(actor=writer, slug="waste", now=timezone.now())
        client.post(reverse("workspace:new_mailing"), typed(ready, channels=["sms"]))
        mailing = Mailing.objects.get()
        assert "Ce texte n’est pas encore complet" in page(client, mailing)
        answer = act(client, mailing, "settle")
        assert (answer.status_code, "Il reste à écrire" in answer.text) == (409, True)
        assert Mailing.objects.get().state == MailingState.DRAFT

    def test_a_draft_changes_and_keeps_its_audience(self, client, template, mailing):
        url = reverse("workspace:change_mailing", args=[mailing.pk])
        assert "Le public de ce brouillon" in client.get(url).text
        client.post(url, typed(template, name="Autre nom", audience="garder", channels=["sms"]))
        mailing.refresh_from_db()
        assert (mailing.name, mailing.channels, mailing.audience) == ("Autre nom", ["sms"], {"all": []})


class TestPreview:
    def test_counts_costs_and_words(self, client, mailing):
        client.post(reverse("workspace:message_prices"), {"sms": "0,05", "letter": "", "above": 200})
        shown = page(client, mailing)
        assert "0,05\u00a0€" in shown
        assert "la chaudière de Les Acacias est en panne" in shown
        assert "sans aucun de ces moyens" in shown

    def test_a_price_that_is_none_is_refused(self, client, writer):
        answer = client.post(reverse("workspace:message_prices"), {"sms": "cher", "above": 200})
        assert (answer.status_code, "Écrivez un prix" in answer.text) == (422, True)

    def test_a_trial_comes_to_oneself(self, client, writer, mailing):
        act(client, mailing, "try")
        sent = Delivery.objects.filter(user=writer).order_by("channel")
        assert [(one.channel, one.to) for one in sent] == [("email", writer.email), ("sms", "+33639980001")]
        assert sent[0].subject.startswith("Essai")
        assert "Les Acacias" in sent[1].body


class TestSecondPerson:
    @pytest.mark.parametrize("said", ["", "-1", "5001", "tous"])
    def test_a_number_that_would_do_away_with_it_is_refused(self, client, writer, said):
        answer = client.post(reverse("workspace:message_prices"), {"above": said})
        assert answer.status_code == 422
        assert approved_above() == 200

    def test_above_the_threshold_another_person_agrees(self, client, mailing):
        client.post(reverse("workspace:message_prices"), {"above": 2})
        assert "Demander une relecture" in page(client, mailing)
        assert act(client, mailing, "settle").status_code == 409
        act(client, mailing, "ask")
        assert "Vous avez préparé cet envoi" in page(client, mailing)
        assert act(client, mailing, "approve").status_code == 409
        client.force_login(UserFactory(roles=["director"], first_name="Denis"))
        assert "Donner mon accord" in page(client, mailing)
        act(client, mailing, "approve")
        mailing.refresh_from_db()
        assert mailing.state == MailingState.READY

    def test_what_a_second_person_reads_is_what_leaves(self, writer, template, mailing):
        ask_approval(actor=writer, mailing_id=mailing.pk)
        texts.write_text(
            actor=writer,
            template_id=template.pk,
            revision=latest_version(template).revision,
            channel="sms",
            language="fr",
            easy=False,
            subject="",
            body="Autre chose",
            now=timezone.now(),
        )
        assert {one.body for one in Text.objects.filter(version__mailings=mailing)} == {
            "{{ bailleur }} : la chaudière de {{ résidence }} est en panne."
        }

    def test_sent_back_it_is_a_draft_again(self, client, mailing):
        act(client, mailing, "ask")
        act(client, mailing, "send_back", reason="Trop long")
        mailing.refresh_from_db()
        assert mailing.state == MailingState.DRAFT
        assert AuditEntry.objects.filter(reason="Trop long").exists()


class TestSend:
    @pytest.fixture
    def ready(self, writer, mailing):
        return settle(actor=writer, mailing_id=mailing.pk, scope=EVERYWHERE)

    def test_started_after_a_confirmation_and_everybody_has_a_line(self, client, ready):
        url = reverse("workspace:start_mailing", args=[ready.pk])
        assert "Le public compte 3 foyers, dont 1" in client.get(url).text
        answer = client.post(url, follow=True)
        assert "L’envoi est lancé" in answer.text
        assert sum(ready.deliveries.values_list("superseded", flat=True)) == 0
        assert ready.deliveries.count() == 3
        assert client.post(url).status_code == 409

    def test_planned_then_not(self, client, ready):
        assert act(client, ready, "plan", day="demain", hour="9:00").status_code == 422
        tomorrow = timezone.localdate() + timedelta(days=1)
        assert "Départ prévu" in act(client, ready, "plan", day=tomorrow.isoformat(), hour="09:30").text
        act(client, ready, "unplan")
        ready.refresh_from_db()
        assert ready.planned_at is None

    def test_held_stopped_and_those_who_remain(self, client, ready):
        client.post(reverse("workspace:start_mailing", args=[ready.pk]))
        assert "en pause" in act(client, ready, "pause").text
        act(client, ready, "resume")
        stop = reverse("workspace:stop_mailing", args=[ready.pk])
        assert "Arrêter est définitif" in client.get(stop).text
        client.post(stop, {"reason": "Réparée"})
        rest = reverse("workspace:mailing_rest", args=[ready.pk])
        shown = client.get(rest).text
        assert all(name in shown for name in ("Rey", "Sow", "Luce"))
        filtered = client.get(rest, {"etat": "unreachable"}).text
        assert ("Luce" in filtered, "Rey" in filtered) == (True, False)
        exported = client.get(rest, {"export": "csv"})
        assert "Luce" in b"".join(exported.streaming_content if exported.streaming else [exported.content]).decode()
        assert AuditEntry.objects.filter(action=AuditAction.EXPORTED).exists()

    def test_a_doubt_is_settled_by_who_asked_the_provider(self, client, ready):
        client.post(reverse("workspace:start_mailing", args=[ready.pk]))
        doubt = ready.deliveries.filter(channel="sms").get()
        Delivery.objects.filter(pk=doubt.pk).update(state=DeliveryState.UNKNOWN, first_tried_at=timezone.now())
        assert "Il est parti" in client.get(reverse("workspace:mailing_rest", args=[ready.pk])).text
        url = reverse("workspace:settle_doubt", args=[ready.pk, doubt.pk])
        client.post(url, {"left": "1"})
        doubt.refresh_from_db()
        assert doubt.state == DeliveryState.SENT
        assert "déjà connu" in client.post(url, {"left": "1"}, follow=True).text


def test_somebody_of_one_agency_sees_only_their_own(client, mailing):
    partly = UserFactory(roles=[])
    partly.grants.create(role="communication", agency=ResidenceFactory().agency)
    client.force_login(partly)
    assert client.get(reverse("workspace:mailing", args=[mailing.pk])).status_code == 404
    assert mailing.name not in client.get(reverse("workspace:mailings")).text
    assert client.get(reverse("workspace:message_prices")).status_code == 403
