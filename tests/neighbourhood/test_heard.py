"""What was heard through walls: from when it is looked at, by whom alone, opened or dismissed, forgotten."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import MONDAY
from tests.housing.factories import AgencyFactory, DwellingFactory
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.cases.models import Case, ReaderWanted
from bienveille.engines.cases.operations import name_readers
from bienveille.register.housing.models import Residence, ResidenceManager
from bienveille.services.neighbourhood import operations as do
from bienveille.services.neighbourhood.models import Heard
from bienveille.services.neighbourhood.queries import heard_homes
from bienveille.services.neighbourhood.rules import is_looked_at

TODAY = MONDAY.date()


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ([], False),
        (["noise", "noise"], False),
        (["noise"] * 3, True),
        (["cry"], True),
        (["child"], True),
        (["blows", "noise"], True),
    ],
)
def test_noise_alone_from_the_third_time(kinds, expected):
    assert is_looked_at(kinds) is expected


@pytest.fixture
def lyon():
    return AgencyFactory(code="LYO", name="Agence de Lyon")


@pytest.fixture
def reader(lyon):
    return UserFactory(first_name="Samira", roles=[("social_worker", lyon)])


@pytest.fixture
def pair(lyon, reader):
    other = UserFactory(first_name="Nadège", roles=[("agency_manager", lyon)])
    return name_readers(actor=UserFactory(roles=["director"]), agency=lyon, first=reader, second=other, now=MONDAY)


@pytest.fixture
def home(lyon):
    return HouseholdFactory(agency=lyon, age=42, phone=True)


def tell(home, kind="cry", *, on=TODAY, words="", keep=False, now=MONDAY, today=TODAY):
    actor = UserFactory(roles=["building_manager"])
    dwelling = getattr(home, "dwelling", home)
    return do.tell_heard(actor=actor, dwelling=dwelling, kind=kind, on=on, words=words, keep=keep, now=now, today=today)


@pytest.mark.django_db
class TestTelling:
    def test_readers_are_written_to_when_there_is_something_to_look_at(self, pair, home, reader, monkeypatch):
        told = []
        monkeypatch.setattr(do, "tell_named_readers", lambda **facts: told.append(facts["agency_id"]))
        for _ in range(2):
            tell(home, "noise")
        assert told == []
        tell(home, "noise")
        assert told == [pair.agency_id]

    def test_nobody_named_the_direction_is_asked_to_name(self, home):
        tell(home)
        assert ReaderWanted.objects.get().day == timezone.localdate(MONDAY)

    @pytest.mark.parametrize("day", [TODAY + timedelta(days=1), TODAY - timedelta(days=60)])
    def test_a_day_to_come_or_long_gone_is_refused(self, home, day):
        with pytest.raises(do.CannotTell):
            tell(home, on=day)

    def test_words_about_somebody_are_shown_again(self, home):
        with pytest.raises(do.CannotTell):
            tell(home, words="Il est alcoolique")
        assert tell(home, words="Il est alcoolique", keep=True).kept_despite_guard

    def test_forgotten_after_two_months(self, home):
        tell(home)
        do.forget_watching(today=TODAY + timedelta(days=60))
        assert Heard.objects.exists()
        do.forget_watching(today=TODAY + timedelta(days=61))
        assert not Heard.objects.exists()


@pytest.mark.django_db
class TestLooking:
    def test_only_the_two_named_see_it(self, pair, home, reader):
        tell(home)
        assert len(heard_homes(reader, TODAY)) == 1
        for role in ("administrator", "director", "agency_manager", "social_worker"):
            assert heard_homes(UserFactory(roles=[role]), TODAY) == []

    def test_the_whole_landlords_pair_sees_only_where_an_agency_has_none(self, pair, home):
        everywhere = UserFactory(roles=["social_worker"])
        name_readers(
            actor=UserFactory(roles=["director"]), agency=None, first=everywhere,
            second=UserFactory(roles=["social_worker"]), now=MONDAY,
        )  # fmt: skip
        elsewhere = HouseholdFactory(agency=AgencyFactory())
        for one in (home, elsewhere):
            tell(one)
        assert [found.dwelling.pk for found in heard_homes(everywhere, TODAY)] == [elsewhere.dwelling_id]

    def test_opened_it_is_a_confidential_case_of_facts_only(self, pair, home, reader):
        tell(home, "blows")
        case = do.open_heard(actor=reader, dwelling_id=home.dwelling_id, now=MONDAY, today=TODAY)
        assert (case.kind, case.household_id) == ("confidential", home.pk)
        assert "Rien n’est établi" in case.actions.get(kind="signalled").words
        with pytest.raises(do.CannotTell):
            do.dismiss_heard(actor=reader, dwelling_id=home.dwelling_id, reason="Travaux", today=TODAY)

    def test_dismissed_with_a_reason(self, pair, home, reader):
        tell(home)
        for reason in ("", "Il est alcoolique"):
            with pytest.raises(do.CannotTell):
                do.dismiss_heard(actor=reader, dwelling_id=home.dwelling_id, reason=reason, today=TODAY)
        assert do.dismiss_heard(actor=reader, dwelling_id=home.dwelling_id, reason="Travaux", today=TODAY) == 1
        assert not Case.objects.exists()

    def test_refused_to_others_and_where_nobody_lives(self, pair, home, reader, lyon):
        tell(home)
        with pytest.raises(do.CannotTell):
            do.open_heard(actor=UserFactory(roles=["director"]), dwelling_id=home.dwelling_id, now=MONDAY, today=TODAY)
        empty = DwellingFactory(building=home.dwelling.building)
        tell(empty)
        with pytest.raises(do.CannotTell):
            do.open_heard(actor=reader, dwelling_id=empty.pk, now=MONDAY, today=TODAY)


@pytest.mark.django_db
class TestScreens:
    def text(self, response):
        return response.content.decode().replace("\u00a0", " ")

    def test_told_by_a_caretaker_then_opened_by_a_reader(self, client, pair, home, reader):
        residence = Residence.objects.get(buildings__dwellings=home.dwelling_id)
        keeper = UserFactory(roles=["building_manager"])
        ResidenceManager.objects.create(residence=residence, user=keeper)
        client.force_login(keeper)
        address = reverse("workspace:tell_heard", args=[residence.pk])
        page = self.text(client.get(address))
        assert page.index('href="tel:17"') < page.index("<select")
        assert home.display_name not in page
        assert client.post(address, {"kind": "cry"}).status_code == 422
        typed = {"dwelling": str(home.dwelling_id), "kind": "cry", "on": timezone.localdate().isoformat()}
        assert "Deux personnes nommées regardent" in self.text(client.post(address, typed, follow=True))
        own = reverse("workspace:heard_home", args=[home.dwelling_id])
        client.force_login(UserFactory(roles=["director"]))
        assert client.get(own).status_code == 404
        assert residence.name not in self.text(client.get(reverse("workspace:heard")))
        client.force_login(reader)
        assert "Ce qui a été entendu" in self.text(client.get(reverse("workspace:my_cases")))
        assert residence.name in self.text(client.get(reverse("workspace:heard")))
        assert client.post(own, {"do": "dismiss", "reason": ""}).status_code == 422
        client.post(own, {"do": "open"})
        assert Case.objects.get().kind == "confidential"
