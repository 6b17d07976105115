"""Handing a situation to a partner, on screen: choose, prepare, read the words, send, withdraw; who may."""

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.cases.factories import make_case
from tests.cases.referral_factories import make_referral
from tests.housing.factories import AgencyFactory
from tests.partners.factories import ServiceFactory, StructureFactory
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.cases.models import PartnerReferral
from bienveille.register.tenants.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def lyon():
    return AgencyFactory(code="LYO", name="Agence de Lyon")


@pytest.fixture
def worker(lyon):
    return UserFactory(first_name="Samira", last_name="Relais", roles=[("social_worker", lyon)])


@pytest.fixture
def screen(client, worker):
    client.force_login(worker)
    return client


@pytest.fixture
def case(lyon):
    return make_case("orange", agency=lyon, needs=("meals",), now=timezone.now())


def url(name, *keys):
    return reverse(f"workspace:{name}", args=keys)


def text(response):
    return response.content.decode()


TYPED = {"needs": ["meals"], "asked": "Des repas.", "with_phone": "on", "email": "accueil@ccas.example"}


def test_from_the_case_to_the_sending(screen, case):
    code = case.household.dwelling.building.residence.commune_id
    service = ServiceFactory(zone_eligibilite=[code] if code else ["france"], courriel="repas@ccas.example")
    assert url("refer_case", case.pk) in text(screen.get(url("case", case.pk)))
    page = text(screen.get(url("refer_case", case.pk)))
    to = url("refer_case_to", case.pk, service.structure.key)
    if code:
        assert service.nom in page
    form = text(screen.get(f"{to}?service={service.key}"))
    assert "repas@ccas.example" in form
    person = case.household.people.get()
    answer = screen.post(f"{to}?service={service.key}", {**TYPED, "person": str(person.pk)})
    made = PartnerReferral.objects.get()
    assert answer["Location"] == url("referral", made.pk)
    assert made.service_id == service.pk
    page = text(screen.get(url("referral", made.pk)))
    assert "Je peux demander de l’aide pour vous à" in page
    assert "Envoyer au partenaire" not in page
    screen.post(url("referral_agreement", made.pk), {"agreement": "consent", "said_by": "person"})
    assert "Envoyer au partenaire" in text(screen.get(url("referral", made.pk)))
    screen.post(url("send_referral", made.pk))
    made.refresh_from_db()
    assert made.state == "sent"
    assert made.partner_name in text(screen.get(url("case", case.pk)))
    screen.post(url("send_referral", made.pk), {"do": "again"})
    made.refresh_from_db()
    assert made.sendings == 2
    assert screen.post(url("withdraw_referral", made.pk)).status_code == 422
    screen.post(url("withdraw_referral", made.pk), {"reason": "solved"})
    made.refresh_from_db()
    assert made.state == "withdrawn"


def test_what_is_refused_stays_on_the_page(screen, case):
    to = url("refer_case_to", case.pk, StructureFactory().key)
    person = case.household.people.get()
    answer = screen.post(to, {**TYPED, "person": str(person.pk), "asked": "Soigne son cancer"})
    assert answer.status_code == 422
    assert "Soigne son cancer" in text(answer)
    assert screen.post(to, {}).status_code == 422
    assert not PartnerReferral.objects.exists()


def test_an_answer_is_chosen(screen, case, worker):
    made = make_referral("proposed", case=case, actor=worker)
    assert screen.post(url("referral_agreement", made.pk), {}).status_code == 422


def test_a_directory_is_searched(screen, case):
    StructureFactory(nom="Les Voisins solidaires")
    assert "Les Voisins solidaires" in text(screen.get(url("refer_case", case.pk), {"q": "voisins"}))
    assert "Personne de ce nom" in text(screen.get(url("refer_case", case.pk), {"q": "xyzzy"}))


def test_nothing_says_where_a_protected_person_lives(screen, case):
    code = case.household.dwelling.building.residence.commune_id
    ServiceFactory(nom="Repas de la commune", zone_eligibilite=[code] if code else ["france"])
    Person.objects.update(protected_address=True)
    page = text(screen.get(url("refer_case", case.pk)))
    assert "Repas de la commune" not in page
    form = text(screen.get(url("refer_case_to", case.pk, StructureFactory().key)))
    assert "with_address" not in form
    assert "safe_channel" in form


def test_another_agency_finds_nothing(client, case, worker):
    made = make_referral("sent", case=case, actor=worker)
    client.force_login(UserFactory(roles=[("social_worker", AgencyFactory())]))
    key = StructureFactory().key
    for address in (url("referral", made.pk), url("refer_case", case.pk), url("refer_case_to", case.pk, key)):
        assert client.get(address).status_code == 404
    for name in ("referral_agreement", "send_referral", "withdraw_referral"):
        assert client.post(url(name, made.pk), {"reason": "solved"}).status_code == 404
    made.refresh_from_db()
    assert made.state == "sent"


def test_a_household_of_two_asks_for_whom(screen, lyon):
    home = HouseholdFactory(agency=lyon, age=80, alone=False)
    case = make_case("orange", household=home, now=timezone.now())
    page = text(screen.get(url("refer_case_to", case.pk, StructureFactory().key)))
    for person in home.people.all():
        assert str(person.pk) in page
