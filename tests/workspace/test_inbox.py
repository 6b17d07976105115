"""The inbox's screens: one's agencies only, given, attached, answered, turned into a situation; queries do not grow."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.tenants.factories import ContactPointFactory, HouseholdFactory, PersonFactory

from bienveille.engines.cases.models import Case
from bienveille.engines.messaging.channels.news import Reply
from bienveille.engines.messaging.models import Delivery
from bienveille.engines.messaging.operations import inbox
from bienveille.register.accounts.models import AuditEntry

pytestmark = pytest.mark.django_db
NUMBER = "+33639980001"


def living(value=NUMBER):
    household = HouseholdFactory()
    ContactPointFactory(person=PersonFactory(household=household, last_name="Tournebriole"), value=value)
    return household


def said(text="Ma chaudière est en panne", sender=NUMBER):
    return inbox.receive(reply=Reply("sms", sender, "36180", text), now=timezone.now())


def address(name, *arguments):
    return reverse(f"workspace:{name}", args=arguments)


@pytest.fixture
def director(client):
    user = UserFactory(roles=["director"])
    client.force_login(user)
    return user


def test_the_list_and_its_queries(client, director):
    def count():
        with CaptureQueriesContext(connection) as found:
            page = client.get(address("inbox"))
        assert page.status_code == 200
        return len(found), page.content.decode()

    assert "Aucun message n’attend" in count()[1]
    living()
    said()
    first, page = count()
    assert "chaudière" in page
    for rank in range(2, 8):
        living(f"+3363998000{rank}")
        said(sender=f"+3363998000{rank}")
    assert count()[0] == first


def test_another_agency_sees_nothing(client):
    living()
    message = said()
    elsewhere = HouseholdFactory().dwelling.building.residence.agency
    client.force_login(UserFactory(roles=[("social_worker", elsewhere)]))

    assert client.get(address("inbound", message.pk)).status_code == 404
    assert client.post(address("answer_inbound", message.pk), {"body": "x"}).status_code == 404
    assert "chaudière" not in client.get(address("inbox")).content.decode()


def test_a_message_is_opened_given_and_answered(client, director):
    living()
    message = said()

    page = client.get(address("inbound", message.pk)).content.decode()
    assert "Ma chaudière est en panne" in page
    assert AuditEntry.objects.filter(actor=director, reason="Message reçu ouvert à l’écran").exists()
    client.post(address("assign_inbound", message.pk), {"do": "me"})
    message.refresh_from_db()
    assert message.assigned_to_id == director.pk
    wrong = client.post(address("answer_inbound", message.pk), {"body": ""})
    assert (wrong.status_code, "Écrivez la réponse" in wrong.content.decode()) == (422, True)
    assert client.post(address("answer_inbound", message.pk), {"body": "Nous passons demain."}).status_code == 302
    assert Delivery.objects.get().body == "Nous passons demain."
    again = client.post(address("answer_inbound", message.pk), {"body": "Encore"})
    assert (again.status_code, "déjà été traité" in again.content.decode()) == (409, True)


def test_an_unknown_number_is_attached_by_name(client, director):
    household = living("+33639980009")
    message = said(sender="+33639980002")

    page = client.get(address("inbound", message.pk), {"q": "tournebriole"}).content.decode()
    assert address("attach_inbound", message.pk, household.pk) in page
    client.post(address("attach_inbound", message.pk, household.pk))
    message.refresh_from_db()
    assert message.household_id == household.pk


def test_it_becomes_a_situation(client, director):
    household = living()
    message = said()

    assert client.get(address("inbound_case", message.pk)).status_code == 200
    assert client.post(address("inbound_case", message.pk), {}).status_code == 422
    saved = client.post(address("inbound_case", message.pk), {"grade": "orange", "words": "Plus de chauffage."})
    case = Case.objects.get()
    message.refresh_from_db()
    assert saved["Location"] == address("case", case.pk)
    assert (case.household_id, message.case_id, message.state) == (household.pk, case.pk, "done")
    again = client.post(address("inbound_case", message.pk), {"grade": "orange", "words": "Plus de chauffage."})
    assert again.status_code == 409
    assert Case.objects.count() == 1


def test_done_and_undone(client, director):
    message = said()

    client.post(address("finish_inbound", message.pk))
    assert "Traité" in client.get(address("inbound", message.pk)).content.decode()
    client.post(address("finish_inbound", message.pk), {"do": "reopen"})
    message.refresh_from_db()
    assert message.state == "open"


def test_who_asked_to_stop_is_told_on_the_page(client, director):
    page = client.get(address("inbound", said("STOP").pk)).content.decode()

    assert "Plus de messages ici" in page
    assert "Envoyer la réponse" not in page
