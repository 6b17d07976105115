"""Figures of residences: exact, within what one covers, and as many queries whatever they hold."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.housing.factories import BuildingFactory, CommuneFactory, DwellingFactory, ResidenceFactory
from tests.neighbourhood.factories import make_relay
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import TODAY, HouseholdFactory

from bienveille.register.accounts.rules import Scope
from bienveille.services.neighbourhood import queries

pytestmark = pytest.mark.django_db
EVERYTHING = Scope(everything=True)


@pytest.fixture
def elms():
    """Six homes: two empty; an elder alone, two elders together, a young one, one whose people all left."""
    residence = ResidenceFactory(agency=AgencyFactory(lyon=True), name="Résidence Les Ormes", code="ORM-1")
    HouseholdFactory(residence=residence, age=82, phone=True)
    HouseholdFactory(residence=residence, age=78, alone=False)
    HouseholdFactory(residence=residence, age=30, phone=True)
    HouseholdFactory(residence=residence, people=[{"age": 90, "gone": True}, {"age": 91, "dead": True}])
    DwellingFactory.create_batch(2, building__residence=residence)
    return residence


def seen(**asked):
    return queries.residences_seen(**{"on": TODAY, "scope": EVERYTHING, **asked})


def names(**asked):
    return [one.name for one in seen(**asked).order_by("name")]


class TestSeen:
    def test_figures(self, elms):
        one = seen().get()
        assert (one.homes, one.households, one.elders, one.alone, one.last_reached) == (6, 4, 3, 1, None)

    def test_when_somebody_was_last_reached(self, elms):
        at = datetime(2026, 11, 20, 9, tzinfo=UTC)
        HouseholdFactory(residence=elms, age=76, phone=True)
        campaign, caller = make_campaign(now=at), UserFactory(roles=["caller"])
        call(campaign, caller, "no_answer", now=at.replace(hour=8))
        assert seen().get().last_reached is None
        call(campaign, caller, "reached", now=at)
        assert seen().get().last_reached == at

    def test_within_ones_agencies_or_residences(self, elms):
        away = ResidenceFactory(agency=AgencyFactory(saint_etienne=True), name="Ailleurs")
        assert names(scope=Scope(agencies=frozenset([elms.agency_id]))) == ["Résidence Les Ormes"]
        assert names(scope=Scope()) == []
        assert names(scope=Scope(), residences=[away.pk]) == ["Ailleurs"]
        assert names(scope=Scope(agencies=frozenset([elms.agency_id])), residences=[away.pk]) == [
            "Ailleurs",
            "Résidence Les Ormes",
        ]

    def test_narrowed(self, elms):
        lyon_1 = ResidenceFactory(name="Aux Terreaux", commune=CommuneFactory(lyon_1=True), watched=True)
        assert names(agency=elms.agency_id) == ["Résidence Les Ormes"]
        assert names(watched=True) == ["Aux Terreaux"]
        assert names(watched=False) == ["Résidence Les Ormes"]
        assert names(text="orm") == ["Résidence Les Ormes"]
        assert names(text="!") == []
        assert names(commune="69381") == names(commune="69123") == [lyon_1.name]
        assert queries.communes_of(scope=EVERYTHING) == [
            ("69123", "Lyon"),
            ("69381", "Lyon 1er Arrondissement"),
            ("69266", "Villeurbanne"),
        ]
        assert queries.communes_of(scope=Scope()) == []

    @pytest.mark.parametrize("column", ["homes", "households", "elders", "alone", "last_reached"])
    def test_sorted_by_each_figure(self, elms, column):
        empty = ResidenceFactory(name="Vide")
        assert [one.pk for one in seen().order_by(column, "pk")][:1] == (
            [empty.pk] if column != "last_reached" else [min(elms.pk, empty.pk)]
        )


class TestPage:
    def test_figures(self, elms):
        figures = queries.residence_figures(elms, TODAY)
        assert figures == queries.ResidenceFigures(homes=6, vacant=2, households=4, elders=3, alone=1, reachable=2)
        assert figures.unreachable == 2

    def test_a_residence_without_a_home(self):
        assert queries.residence_figures(ResidenceFactory(), TODAY) == queries.ResidenceFigures(0, 0, 0, 0, 0, 0)

    def test_homes_by_who_lives_there(self, elms):
        def count(lived_in, **options):
            return queries.homes_of(elms, TODAY, lived_in=lived_in, **options).count()

        assert [count(one) for one in ("", "yes", "no", "elder", "alone")] == [6, 4, 2, 2, 1]

    def test_a_protected_address_is_not_found_by_age(self, elms):
        HouseholdFactory(residence=elms, age=88, protected=True)
        homes = queries.homes_of(elms, TODAY, lived_in="alone")
        assert homes.count() == 1
        assert queries.homes_of(elms, TODAY, lived_in="alone", hide_protected=False).count() == 2
        assert [one.oldest_birth for one in queries.homes_of(elms, TODAY) if one.veiled] == [None]

    def test_buildings_and_staircases(self, elms):
        DwellingFactory(building=BuildingFactory(residence=elms, code="B"), staircase="2", floor=5, lift=False)
        assert [code for _, code in queries.buildings_of(elms)] == ["A", "B"]
        last = queries.staircases_of(elms)[-1]
        assert (last["building__code"], last["staircase"], last["homes"], last["top"], last["without_lift"]) == (
            "B",
            "2",
            1,
            5,
            1,
        )

    def test_last_calls(self, elms):
        now = datetime(2026, 11, 20, 9, tzinfo=UTC)
        campaign, caller = make_campaign(now=now), UserFactory(roles=["caller"], first_name="Josiane")
        call(campaign, caller, "reached", now=now)
        (found,) = queries.last_calls(elms, TODAY)
        assert (found.outcome, found.at, found.veiled) == ("Joint", now, False)
        assert queries.last_calls(ResidenceFactory(), TODAY) == []


class TestRelays:
    def test_possible_ones(self, elms):
        assert len(queries.possible_relays(elms, TODAY)) == 4
        make_relay(HouseholdFactory(residence=elms, age=60, last_name="Aubry"))
        assert len(queries.possible_relays(elms, TODAY)) == 4
        assert [one.last_name for one in queries.possible_relays(elms, TODAY, "xyz")] == []

    def test_by_residence(self, elms):
        relay = make_relay(elms.buildings.first().dwellings.filter(households__isnull=False).first().households.first())
        assert queries.relays_by_residence([elms.pk], TODAY) == {elms.pk: [relay]}
        assert queries.relays_by_residence([], TODAY) == {}


@pytest.mark.parametrize("count", [2, 9])
def test_as_many_queries_whatever_they_hold(elms, count):
    for _ in range(count):
        HouseholdFactory(residence=elms, age=80, alone=False)
        HouseholdFactory(age=80)
    costs = {}
    for name, read in {
        "list": lambda: [(one.agency.name, one.alone) for one in seen()],
        "figures": lambda: queries.residence_figures(elms, TODAY),
        "homes": lambda: [
            person.last_name
            for home in queries.homes_of(elms, TODAY)
            for one in home.open_households
            for person in one.there
        ],
        "relays": lambda: queries.relays_of(elms, TODAY),
        "choice": lambda: [one.household.pk for one in queries.possible_relays(elms, TODAY)],
    }.items():
        with CaptureQueriesContext(connection) as captured:
            read()
        costs[name] = len(captured)
    assert costs == {"list": 1, "figures": 1, "homes": 3, "relays": 1, "choice": 1}
