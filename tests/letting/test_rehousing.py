"""A home found within hours: which suit, one home for one case, the entry step by step; only the two readers see it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import close_old_connections, connection
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import MONDAY
from tests.housing.factories import AgencyFactory, BuildingFactory, CommuneFactory, DwellingFactory, ResidenceFactory
from tests.tenants.factories import HouseholdFactory, LeaseFactory

from bienveille.engines.cases.models import Case
from bienveille.engines.cases.operations import Signal, close_case, name_readers, open_confidential, take_case
from bienveille.register.accounts.models import AuditEntry
from bienveille.services.letting import operations as do
from bienveille.services.letting.models import EntryStep, HomeHold, Rehousing
from bienveille.services.letting.operations import Wanted
from bienveille.services.letting.queries.rehousing import homes_for
from bienveille.services.letting.rules import rehousing as rules

TODAY = MONDAY.date()


class TestRules:
    @pytest.mark.parametrize(("people", "size"), [(0, "t1"), (1, "t1"), (3, "t3"), (5, "t4"), (12, "t6")])
    def test_the_smallest_home(self, people, size):
        assert rules.smallest_for(people) == size

    def test_a_home_may_be_a_little_bigger(self):
        assert rules.sizes_from("t3") == ("t3", "t4", "t5", "t6")
        assert rules.sizes_from("t7") == ("t7",)

    def test_steps_have_one_key_each_and_an_order(self):
        assert len(set(rules.KEYS)) == len(rules.ENTRY_STEPS)
        assert rules.steps_left({"contact"})[0].key == "danger"
        assert rules.steps_left(rules.KEYS) == []

    def test_codes_as_typed(self):
        assert rules.known_codes([" 2a004", "69266", "69266"]) == ["2A004", "69266"]


@pytest.fixture
def lyon():
    return AgencyFactory(code="LYO", name="Agence de Lyon")


@pytest.fixture
def reader(lyon):
    return UserFactory(first_name="Samira", roles=[("social_worker", lyon)])


def confide(lyon, reader, **home) -> Case:
    other = UserFactory(roles=[("agency_manager", lyon)])
    name_readers(actor=UserFactory(roles=["director"]), agency=lyon, first=reader, second=other, now=MONDAY)
    household = HouseholdFactory(agency=lyon, age=42, phone=True, **home)
    signal = Signal("red", ("violence", "housing"), "Doit partir")
    return open_confidential(actor=None, household_id=household.pk, signal=signal, now=MONDAY)


@pytest.fixture
def case(lyon, reader):
    return confide(lyon, reader)


def vacant(agency=None, *, commune=None, **facts):
    residence = ResidenceFactory(
        agency=agency or AgencyFactory(code="STE"),
        code=f"VIDE-{ResidenceFactory._meta.model.objects.count()}",
        commune=commune or CommuneFactory(saint_etienne=True),
    )
    return DwellingFactory(building=BuildingFactory(residence=residence), **{"type": "t2", "floor": 2, **facts})


def search(case, reader, **wanted):
    facts = {"people": 1, "smallest": "t1", **wanted}
    rehousing = do.start_rehousing(actor=reader, case_id=case.pk, wanted=Wanted(**facts), now=MONDAY)
    home = Case.objects.select_related("household__dwelling__building__residence").get(pk=case.pk).household.dwelling
    return list(homes_for(rehousing, home, MONDAY, TODAY))


@pytest.mark.django_db
class TestHomes:
    def test_vacant_ones_of_every_agency_the_best_fit_first(self, case, reader):
        big, small = vacant(type="t3"), vacant(type="t1")
        assert search(case, reader) == [small, big]

    def test_never_one_lived_in_leased_managed_or_out_of_service(self, case, reader):
        HouseholdFactory(dwelling=vacant())
        LeaseFactory(dwelling=vacant())
        LeaseFactory(dwelling=vacant(), exit=TODAY)
        vacant(ownership="managed")
        vacant(occupancy="vacant_technical")
        free = vacant()
        LeaseFactory(dwelling=free, exit=TODAY - timedelta(days=1))
        assert search(case, reader) == [free]

    def test_never_in_the_same_building(self, case, reader):
        DwellingFactory(building=case.household.dwelling.building, type="t2")
        beside = DwellingFactory(
            building=BuildingFactory(residence=case.household.dwelling.building.residence, code="Z"), type="t2"
        )
        assert search(case, reader) == [beside]
        assert search(case, reader, other_commune=True) == []

    def test_never_in_the_communes_to_avoid_nor_their_arrondissements(self, case, reader):
        near, far = vacant(commune=CommuneFactory(lyon_1=True)), vacant()
        assert search(case, reader, avoided=("69123",)) == [far]
        assert set(search(case, reader)) == {near, far}
        assert search(case, reader, avoided=("69381",)) == [far]

    def test_ground_floor_or_lift_when_stairs_cannot_be_climbed(self, case, reader):
        vacant(floor=3, lift=None)
        low, lifted = vacant(floor=0), vacant(floor=5, lift=True)
        assert set(search(case, reader, step_free=True)) == {low, lifted}

    def test_one_declared_let_comes_last(self, case, reader):
        doubtful, sure = vacant(type="t1", occupancy="let"), vacant(type="t2")
        assert search(case, reader) == [sure, doubtful]


@pytest.mark.django_db
class TestHolding:
    def hold(self, case, reader, home, now=MONDAY, hours=48):
        return do.hold_home(actor=reader, case_id=case.pk, dwelling_id=home.pk, hours=hours, now=now)

    def test_kept_for_some_hours_then_given_back(self, case, reader):
        home = vacant()
        search(case, reader)
        take_case(actor=reader, case_id=case.pk, now=MONDAY)
        self.hold(case, reader, home)
        assert do.give_back_due(now=MONDAY + timedelta(hours=47)) == 0
        for expected in (1, 0):
            assert do.give_back_due(now=MONDAY + timedelta(hours=48)) == expected
        assert Rehousing.objects.get().state == "searching"
        assert Case.objects.get().news_at is not None

    def test_one_home_one_case(self, case, reader, lyon):
        home = vacant()
        search(case, reader)
        self.hold(case, reader, home)
        other = confide(lyon, reader)
        assert search(other, reader) == []
        with pytest.raises(do.HomeTaken):
            self.hold(other, reader, home)
        later = MONDAY + timedelta(hours=49)
        assert self.hold(other, reader, home, now=later).rehousing.case_id == other.pk

    def test_another_home_instead_of_the_first(self, case, reader):
        first, second = vacant(), vacant()
        search(case, reader)
        self.hold(case, reader, first)
        self.hold(case, reader, second)
        assert HomeHold.objects.get(released_at=None).dwelling_id == second.pk

    def test_refused_to_who_does_not_read_for_odd_hours_and_for_a_home_that_does_not_suit(self, case, reader, lyon):
        home = vacant()
        search(case, reader)
        for actor, hours, error in (
            (UserFactory(roles=["director"]), 48, do.CannotRehouse),
            (reader, 5, do.CannotRehouse),
        ):
            with pytest.raises(error):
                self.hold(case, actor, home, hours=hours)
        with pytest.raises(do.HomeTaken):
            self.hold(case, reader, case.household.dwelling)

    def test_the_move_protects_everybody_and_writes_no_address_anywhere(self, case, reader):
        home = vacant()
        search(case, reader)
        self.hold(case, reader, home)
        do.move_in(actor=reader, case_id=case.pk, on=TODAY, now=MONDAY)
        assert all(case.household.people.values_list("protected_address", flat=True))
        case.household.refresh_from_db()
        assert case.household.dwelling_id != home.pk
        words = " ".join(Case.objects.get(pk=case.pk).actions.values_list("words", flat=True))
        told = f"{words} {list(AuditEntry.objects.values_list('detail', 'reason'))}"
        for one in (home.code, str(home.pk), home.building.residence.name):
            assert one not in told
        assert do.give_back_due(now=MONDAY + timedelta(days=4)) == 0

    def test_refused_to_move_in_without_a_home_kept_or_tomorrow(self, case, reader):
        home = vacant()
        search(case, reader)
        with pytest.raises(do.CannotRehouse):
            do.move_in(actor=reader, case_id=case.pk, on=TODAY, now=MONDAY)
        self.hold(case, reader, home)
        with pytest.raises(do.CannotRehouse):
            do.move_in(actor=reader, case_id=case.pk, on=TODAY + timedelta(days=1), now=MONDAY)

    def test_steps_are_ticked_once_and_taken_back(self, case, reader):
        search(case, reader)
        for _ in range(2):
            do.tick_entry_step(actor=reader, case_id=case.pk, key="keys", done=True, now=MONDAY)
        assert EntryStep.objects.count() == 1
        do.tick_entry_step(actor=reader, case_id=case.pk, key="keys", done=False, now=MONDAY)
        assert not EntryStep.objects.exists()
        with pytest.raises(do.CannotRehouse):
            do.tick_entry_step(actor=reader, case_id=case.pk, key="party", done=True, now=MONDAY)

    def test_dropped_then_begun_again(self, case, reader):
        home = vacant()
        search(case, reader)
        self.hold(case, reader, home)
        do.drop_rehousing(actor=reader, case_id=case.pk, now=MONDAY)
        assert not HomeHold.objects.filter(released_at=None).exists()
        assert search(case, reader) == [home]
        assert Rehousing.objects.get().state == "searching"

    def test_an_unknown_commune_or_a_closed_case_is_refused(self, case, reader):
        with pytest.raises(do.CannotRehouse):
            search(case, reader, avoided=("99999",))
        close_case(actor=reader, case_id=case.pk, outcome="helped", words="", revision=None, now=MONDAY)
        with pytest.raises(do.CannotRehouse):
            search(case, reader)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_one_keeps_it(lyon, reader):
    home = vacant()
    cases = [confide(lyon, reader), confide(lyon, reader)]
    for case in cases:
        search(case, reader)

    def hold(case):
        try:
            do.hold_home(actor=reader, case_id=case.pk, dwelling_id=home.pk, hours=24, now=MONDAY)
            return True
        except do.HomeTaken:
            return False
        finally:
            close_old_connections()
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(hold, cases)) == [False, True]
    assert HomeHold.objects.filter(released_at=None).count() == 1


@pytest.mark.django_db
class TestScreen:
    def text(self, response):
        return response.content.decode().replace("\u00a0", " ")

    def test_searched_held_ticked_moved_and_seen_by_nobody_else(self, client, case, reader):
        home = vacant()
        client.force_login(reader)
        address = reverse("workspace:rehousing", args=[case.pk])
        page = self.text(client.get(address))
        assert page.index('href="tel:3919"') < page.index("Combien de personnes")
        assert client.post(address, {"do": "want", "people": ""}).status_code == 422
        typed = {"do": "want", "people": "1", "smallest": "t1", "avoided": "99999"}
        assert client.post(address, typed).status_code == 422
        page = self.text(client.post(address, typed | {"avoided": ""}, follow=True))
        assert home.code in page
        assert client.post(address, {"do": f"hold:{home.pk}", "hours": "5"}).status_code == 409
        page = self.text(client.post(address, {"do": f"hold:{home.pk}", "hours": "48"}, follow=True))
        assert "Un logement est réservé" in page
        page = self.text(client.post(address, {"do": "step:keys"}, follow=True))
        assert "13 étapes restent" in page
        page = self.text(client.post(address, {"do": "move", "on": timezone.localdate().isoformat()}, follow=True))
        assert "L’entrée est faite" in page
        assert home.code not in self.text(client.get(reverse("workspace:case", args=[case.pk])))
        for role in ("administrator", "director", "agency_manager", "social_worker"):
            client.force_login(UserFactory(roles=[role]))
            assert client.get(address).status_code == 404
            assert client.post(address, {"do": "release"}).status_code == 404
            household = self.text(client.get(reverse("workspace:household", args=[case.household_id])))
            assert home.code not in household
