"""The municipal register on screen: the words, the answer, the two files, what is said of them; who may."""

import pytest
from django.urls import reverse
from tests.accounts.factories import UserFactory
from tests.housing.factories import AgencyFactory, CommuneFactory, ResidenceFactory
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.cases.models import RegisterRequest
from bienveille.register.accounts.models import AuditEntry
from bienveille.register.tenants.models import Person

pytestmark = pytest.mark.django_db
ANSWER = {"agreement": "non_objection", "said_by": "person", "quality": "age", "home_service": "=1+1", "to_warn": ""}


@pytest.fixture
def residence():
    return ResidenceFactory(commune=CommuneFactory(), agency=AgencyFactory(), address="3 rue des Lilas")


@pytest.fixture
def person(residence):
    people = [{"age": 82, "last_name": "=Morel", "first_name": "Odette", "phone": True}]
    return HouseholdFactory(residence=residence, people=people).people.get()


@pytest.fixture
def screen(client, residence):
    client.force_login(UserFactory(roles=[("social_worker", residence.agency)]))
    return client


def url(name, *keys):
    return reverse(f"workspace:{name}", args=keys)


def text(response):
    return response.content.decode()


def test_from_the_words_to_the_answer_of_the_town_hall(screen, residence, person):
    code = residence.commune_id
    assert f"La mairie de {residence.commune.name} tient un registre" in text(
        screen.get(url("ask_register", person.pk))
    )
    assert screen.post(url("ask_register", person.pk), {}).status_code == 422
    assert screen.post(url("ask_register", person.pk), ANSWER)["Location"] == url("register_commune", code)
    assert "Odette" in text(screen.get(url("register_commune", code)))
    table = b"".join(screen.get(url("register_file", code, "csv")).streaming_content).decode("utf-8-sig")
    head, row = table.splitlines()[:2]
    assert head.count(";") == 10
    assert ";'=1+1;" in row.replace('"', "")
    assert row.replace('"', "").startswith("'=Morel;Odette;")
    document = screen.get(url("register_file", code, "pdf"))
    assert document.content[:5] == b"%PDF-"
    assert "no-store" in document["Cache-Control"]
    assert AuditEntry.objects.filter(action="data.exported").count() == 2
    made = RegisterRequest.objects.get()
    screen.post(url("register_sent", code), {"request": [str(made.pk), "x"]})
    screen.post(url("register_change", made.pk), {"do": "acknowledge"})
    made.refresh_from_db()
    assert made.state == "acknowledged"
    assert screen.post(url("register_change", made.pk), {}).status_code == 422
    screen.post(url("register_change", made.pk), {"reason": "deceased"})
    made.refresh_from_db()
    assert made.removal == "deceased"
    assert residence.commune.name in text(screen.get(url("registers")))


def test_who_came_since_the_page_was_read_is_not_said_to_be_sent(screen, residence, person):
    screen.post(url("ask_register", person.pk), ANSWER)
    screen.post(url("register_sent", residence.commune_id), {})
    assert RegisterRequest.objects.get().state == "to_send"


def test_a_protected_address_is_proposed_nowhere(screen, residence, person):
    Person.objects.update(protected_address=True)
    page = text(screen.get(url("ask_register", person.pk)))
    assert "Son adresse est protégée" in page
    assert residence.commune.name not in page
    assert screen.post(url("ask_register", person.pk), ANSWER).status_code == 422


def test_another_agency_finds_nothing(client, screen, residence, person):
    screen.post(url("ask_register", person.pk), ANSWER)
    made = RegisterRequest.objects.get()
    client.force_login(UserFactory(roles=[("social_worker", AgencyFactory())]))
    assert client.get(url("ask_register", person.pk)).status_code == 404
    assert client.post(url("register_change", made.pk), {"reason": "mistake"}).status_code == 404
    assert "Odette" not in text(client.get(url("register_commune", residence.commune_id)))
    table = b"".join(client.get(url("register_file", residence.commune_id, "csv")).streaming_content).decode()
    assert "Odette" not in table
    client.post(url("register_sent", residence.commune_id), {"request": [str(made.pk)]})
    made.refresh_from_db()
    assert made.state == "to_send"
    assert client.get(url("register_file", residence.commune_id, "zip")).status_code == 404
