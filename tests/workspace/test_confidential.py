"""Confidential situations on screen: anybody transmits, two people read, the direction names them; nobody else knows."""

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.housing.factories import AgencyFactory
from tests.outreach.factories import make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.cases.models import Case, ReaderPair
from bienveille.engines.cases.operations import Signal, name_readers, open_confidential
from bienveille.engines.dispatch.models import Contact
from bienveille.register.accounts.models import AuditEntry
from bienveille.services.outreach.operations import take_next

pytestmark = pytest.mark.django_db


@pytest.fixture
def lyon():
    return AgencyFactory(code="LYO", name="Agence de Lyon")


@pytest.fixture
def reader(lyon):
    return UserFactory(first_name="Samira", last_name="Lectrice", roles=[("social_worker", lyon)])


@pytest.fixture
def other(lyon):
    return UserFactory(first_name="Nadège", last_name="Seconde", roles=[("agency_manager", lyon)])


@pytest.fixture
def home(lyon):
    return HouseholdFactory(agency=lyon, age=42, phone=True)


@pytest.fixture
def case(lyon, home, reader, other):
    boss = UserFactory(roles=["director"])
    name_readers(actor=boss, agency=lyon, first=reader, second=other, now=timezone.now())
    signal = Signal("red", ("violence",), "Peur de rentrer")
    return open_confidential(actor=None, household_id=home.pk, signal=signal, now=timezone.now())


def text(response):
    return response.content.decode().replace("\u00a0", " ")


ROLES = ["administrator", "director", "agency_manager", "social_worker"]


class TestWhoSees:
    @pytest.mark.parametrize("role", ROLES)
    def test_no_role_sees_it_anywhere(self, client, case, home, role):
        client.force_login(UserFactory(roles=[role]))
        for name in ("case", "act_case", "close_case", "hand_over_seat", "reopen_case"):
            assert client.get(reverse(f"workspace:{name}", args=[case.pk])).status_code == 404
        person = home.people.get()
        assert client.post(reverse("workspace:case_address", args=[case.pk, person.pk])).status_code == 404
        assert client.post(reverse("workspace:take_case", args=[case.pk])).status_code == 404
        for address in (
            reverse("workspace:cases"),
            reverse("workspace:cases") + "?need=violence",
            reverse("workspace:cases") + "?export=csv",
            reverse("workspace:my_cases"),
            reverse("workspace:home"),
            reverse("workspace:household", args=[home.pk]),
            reverse("workspace:search") + "?q=Peur",
        ):
            response = client.get(address)
            page = text(response) if not response.streaming else b"".join(response.streaming_content).decode("latin1")
            assert str(case.pk) not in page
            assert "Peur de rentrer" not in page
            assert "Violences<" not in page or "need=violence" in address or "situations/toutes" in address
        case.refresh_from_db()
        assert (case.state, home.people.get().protected_address) == ("new", False)

    def test_both_readers_read_with_the_numbers_first_and_the_household_tells_nothing(
        self, client, case, home, reader, other
    ):
        for user in (reader, other):
            client.force_login(user)
            page = text(client.get(reverse("workspace:case", args=[case.pk])))
            assert page.index('href="tel:3919"') < page.index("Peur de rentrer")
            for number in ("17", "119", "3977"):
                assert f'href="tel:{number}"' in page
            assert 'href="sms:114"' in page
            assert "Seconde" in page
        read = AuditEntry.objects.filter(action="household.read", actor=reader)
        assert list(read.values_list("subject_id", flat=True)) == [case.pk]
        client.force_login(UserFactory(roles=["director"]))
        looks = text(client.get(reverse("workspace:looks", args=[home.pk])))
        assert "Lectrice" not in looks

    def test_readers_see_where_even_when_the_address_is_protected(self, client, case, home, reader):
        client.force_login(reader)
        address = reverse("workspace:case_address", args=[case.pk, home.people.get().pk])
        assert "Protéger l’adresse" in text(client.get(address))
        page = text(client.post(address, {"do": "protect"}, follow=True))
        assert home.people.get().protected_address
        assert home.dwelling.building.residence.name in page
        client.post(address, {"do": "lift"})
        assert not home.people.get().protected_address


class TestTransmitting:
    def test_whoever_transmits_reads_nothing_after(self, client, lyon, home):
        worker = UserFactory(roles=[("social_worker", lyon)])
        client.force_login(worker)
        address = reverse("workspace:new_confidential", args=[home.pk])
        page = text(client.get(address))
        assert page.index('href="tel:17"') < page.index("<textarea")
        assert client.post(address, {"grade": "red"}).status_code == 422
        typed = {"grade": "red", "needs": ["violence"], "words": "A dit avoir peur"}
        after = text(client.post(address, typed, follow=True))
        assert "transmis à deux personnes nommées" in after
        case = Case.objects.get()
        assert (case.kind, case.needs) == ("confidential", ["violence"])
        assert client.get(reverse("workspace:case", args=[case.pk])).status_code == 404
        assert "A dit avoir peur" not in after

    def test_the_ordinary_form_does_not_offer_violence(self, client, lyon, home):
        client.force_login(UserFactory(roles=[("social_worker", lyon)]))
        address = reverse("workspace:new_case", args=[home.pk])
        assert 'value="violence"' not in text(client.get(address))
        assert client.post(address, {"grade": "red", "needs": ["violence"]}).status_code == 422

    def test_another_agency_transmits_nothing(self, client, home):
        client.force_login(UserFactory(roles=[("social_worker", AgencyFactory())]))
        assert client.get(reverse("workspace:new_confidential", args=[home.pk])).status_code == 404

    def test_a_caller_is_told_to_whom_it_goes(self, client, lyon):
        HouseholdFactory(agency=lyon, age=82, phone=True)
        caller = UserFactory(roles=["caller"])
        campaign = make_campaign(now=timezone.now())
        take_next(campaign=campaign, caller=caller, now=timezone.now())
        contact = Contact.objects.get()
        client.force_login(caller)
        typed = {
            "contact": contact.pk, "token": contact.token, "outcome": "interrupted", "grade": "red",
            "needs": ["violence"], "note": "", "next": "none",
        }  # fmt: skip
        page = text(client.post(reverse("workspace:call", args=[campaign.pk]), typed, follow=True))
        assert "transmis à deux personnes nommées" in page
        assert Case.objects.get().kind == "confidential"


class TestNaming:
    def test_only_the_direction_names(self, client, lyon, reader, other):
        address = reverse("workspace:case_readers")
        for user in (reader, other, UserFactory(roles=["administrator"])):
            client.force_login(user)
            assert client.get(address).status_code == 403
        client.force_login(UserFactory(roles=["director"]))
        assert "À nommer" in text(client.get(address))
        typed = {"agency": str(lyon.pk), "first": str(reader.pk), "second": str(reader.pk)}
        assert client.post(address, typed).status_code == 422
        page = text(client.post(address, typed | {"second": str(other.pk)}, follow=True))
        assert ReaderPair.objects.get().agency_id == lyon.pk
        assert "Samira Lectrice" in page

    def test_the_page_is_the_same_with_and_without_a_case(self, client, lyon, home):
        client.force_login(UserFactory(roles=["director"]))
        before = text(client.get(reverse("workspace:case_readers")))
        open_confidential(actor=None, household_id=home.pk, signal=Signal("red", ("violence",)), now=timezone.now())
        after = text(client.get(reverse("workspace:case_readers")))
        cut = lambda page: page[page.index("<main") : page.index("Nommer deux personnes")]  # noqa: E731
        assert cut(before) == cut(after)

    def test_a_seat_goes_to_a_colleague(self, client, case, lyon, reader, other):
        third = UserFactory(first_name="Lina", roles=[("social_worker", lyon)])
        client.force_login(reader)
        address = reverse("workspace:hand_over_seat", args=[case.pk])
        assert client.post(address, {"to": ""}).status_code == 422
        client.post(address, {"to": str(third.pk)})
        assert set(case.readers.all()) == {third, other}
        assert client.get(reverse("workspace:case", args=[case.pk])).status_code == 404
