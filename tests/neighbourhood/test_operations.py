"""Relay tenants: who may be one, until when, and the way back."""

from datetime import date, timedelta

import pytest
from tests.accounts.factories import UserFactory
from tests.housing.factories import ResidenceFactory
from tests.neighbourhood.factories import make_relay
from tests.tenants.factories import TODAY, HouseholdFactory

from bienveille.register.accounts.models import AuditEntry
from bienveille.register.housing.models import Residence
from bienveille.services.neighbourhood import operations as do
from bienveille.services.neighbourhood.models import RelayTenant
from bienveille.services.neighbourhood.queries import relays_of, stands

pytestmark = pytest.mark.django_db
AGREED, UNTIL = TODAY - timedelta(days=3), TODAY + timedelta(days=300)


@pytest.fixture
def actor():
    return UserFactory(roles=["agency_manager"])


@pytest.fixture
def residence():
    return ResidenceFactory()


@pytest.fixture
def household(residence):
    return HouseholdFactory(age=62, residence=residence)


def name(actor, household, **facts):
    return do.name_relay(**{
        "actor": actor, "person": household.people.first(), "residence": Residence.objects.get(buildings__dwellings=household.dwelling_id),
        "agreed_on": AGREED, "until": UNTIL, "role": "Affiche les messages", "today": TODAY, **facts,
    })  # fmt: skip


def changes():
    return [entry.detail["change"] for entry in AuditEntry.objects.filter(action="person.changed").order_by("id")]


class TestName:
    def test_noted_with_its_words_and_days(self, actor, household):
        relay = name(actor, household, role="  Affiche  les messages ", limits="Pas le soir")
        assert (relay.role, relay.limits, relay.until) == ("Affiche les messages", "Pas le soir", UNTIL)
        assert list(stands(TODAY)) == [relay]
        assert changes() == ["relay_named"]

    @pytest.mark.parametrize(
        ("facts", "message"),
        [
            ({"role": " "}, "accepte de faire"),
            ({"limits": "est diabétique"}, "vie privée"),
            ({"agreed_on": TODAY + timedelta(days=1)}, "jour passé"),
            ({"until": TODAY}, "jour à venir"),
            ({"until": AGREED + timedelta(days=731)}, "deux ans"),
        ],
    )
    def test_refused(self, actor, household, facts, message):
        with pytest.raises(do.CannotBeRelay, match=message):
            name(actor, household, **facts)
        assert not RelayTenant.objects.exists()

    def test_only_an_adult_who_lives_there_openly(self, actor, residence):
        for other in (
            HouseholdFactory(age=17, residence=residence),
            HouseholdFactory(age=70, residence=residence, protected=True),
            HouseholdFactory(age=70, residence=residence, gone=True),
            HouseholdFactory(age=70),
        ):
            with pytest.raises(do.CannotBeRelay, match="habite la résidence"):
                name(actor, other, residence=residence)

    def test_once(self, actor, household):
        name(actor, household)
        with pytest.raises(do.CannotBeRelay, match="déjà relais"):
            name(actor, household)

    def test_again_once_it_lapsed(self, actor, household):
        old = make_relay(household, agreed_on=date(2025, 1, 1), until=date(2026, 1, 1))
        new = name(actor, household)
        old.refresh_from_db()
        assert old.ended_on == date(2026, 1, 1)
        assert list(stands(TODAY)) == [new]


class TestStops:
    def test_when_somebody_says_so(self, actor, household):
        relay = make_relay(household)
        for _ in range(2):
            do.end_relay(actor=actor, relay=relay, today=TODAY)
        assert list(stands(TODAY)) == []
        assert changes() == ["relay_ended"]

    def test_by_itself_past_its_day(self, household):
        make_relay(household, until=TODAY)
        assert stands(TODAY).count() == 1
        assert stands(TODAY + timedelta(days=1)).count() == 0

    @pytest.mark.parametrize("what", ["left", "died", "moved", "household left", "protected"])
    def test_by_itself_when_they_no_longer_live_there(self, household, what):
        relay = make_relay(household)
        person = household.people.get()
        match what:
            case "left":
                person.left_on = TODAY
            case "died":
                person.deceased = True
            case "protected":
                person.protected_address = True
            case "moved":
                household.dwelling = HouseholdFactory().dwelling
            case _:
                household.dwelling, household.closed_on = None, TODAY
        person.save()
        household.save()
        assert list(stands(TODAY)) == []
        assert relays_of(relay.residence, TODAY) == []


class TestTakenBack:
    def test_one_that_runs_never_was(self, actor, household):
        relay = name(actor, household)
        for _ in range(2):
            do.take_back_relay(actor=actor, relay=relay, today=TODAY)
        assert not RelayTenant.objects.exists()
        assert changes() == ["relay_named", "relay_taken_back"]

    def test_one_that_ended_runs_again(self, actor, household):
        relay = make_relay(household)
        do.end_relay(actor=actor, relay=relay, today=TODAY)
        do.take_back_relay(actor=actor, relay=relay, today=TODAY)
        assert list(stands(TODAY)) == [relay]

    def test_not_when_they_agreed_again_or_left(self, actor, household):
        relay = make_relay(household)
        do.end_relay(actor=actor, relay=relay, today=TODAY)
        again = name(actor, household)
        with pytest.raises(do.CannotBeRelay, match="redonné son accord"):
            do.take_back_relay(actor=actor, relay=relay, today=TODAY)
        again.delete()
        household.people.update(left_on=TODAY)
        with pytest.raises(do.CannotBeRelay, match="n’habite plus là"):
            do.take_back_relay(actor=actor, relay=relay, today=TODAY)


def test_elsewhere_is_not_here(household):
    make_relay(household)
    assert relays_of(ResidenceFactory(), TODAY) == []
