"""Whom a wave calls first and why; a campaign follows the register: newcomers in, those who left out, twice the same."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now as clock
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import MONDAY
from tests.housing.factories import AgencyFactory, DwellingFactory, ResidenceFactory
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import ContactPointFactory, HouseholdFactory, MarkFactory

from bienveille.engines.dispatch.models import Contact, Lane
from bienveille.engines.dispatch.queries import check_invariants, ledger
from bienveille.register.accounts.models import AuditEntry
from bienveille.register.imports.models import ImportRun
from bienveille.register.tenants.models import Person
from bienveille.services.outreach import operations
from bienveille.services.outreach.choices import Priority
from bienveille.services.outreach.models import ListUpdate
from bienveille.services.outreach.operations.arrivals import CannotUpdateList, update_list, update_list_of, update_lists
from bienveille.services.outreach.queries.arrivals import campaigns_behind, changes_of, standing_of
from bienveille.services.outreach.rules.arrivals import moved_criterion, order_of, reasons_of

LATER = MONDAY + timedelta(hours=3)


def wave(priority, audience=None):
    return [{"name": "Vague", "audience": audience or {"age": {"min": 60}}, "priority": priority}]


def in_order(campaign):
    contacts = Contact.objects.filter(queue=campaign.queue).order_by("lane__wave", "priority", "id")
    return [contact.household.name for contact in contacts.select_related("household")]


def whys(campaign):
    return {one.household.name: one.why for one in Contact.objects.filter(queue=campaign.queue)
            .select_related("household")}  # fmt: skip


class TestRules:
    def test_reasons_are_those_of_the_order_then_of_the_audience(self):
        audience = {
            "all": [{"lives_alone": True}, {"any": [{"watched": True}]}, {"not": {"floor_without_lift": {"min": 3}}}]
        }
        assert reasons_of(["watched_first"], audience) == ["watched_first", "alone_first"]
        assert order_of([]) == ["oldest_first"]

    def test_an_audience_without_shape_gives_no_reason(self):
        assert reasons_of(["oldest_first"], "n’importe quoi") == ["oldest_first"]

    @pytest.mark.parametrize(
        ("act", "place", "after"),
        [("up", 1, ["b", "a", "c"]), ("down", 1, ["a", "c", "b"]), ("drop", 0, ["b", "c"]), ("up", 0, ["a", "b", "c"]),
         ("down", 2, ["a", "b", "c"]), ("drop", 9, ["a", "b", "c"]), ("?", 1, ["a", "b", "c"])],
    )  # fmt: skip
    def test_a_criterion_moves_or_goes(self, act, place, after):
        assert moved_criterion(["a", "b", "c"], act, place) == after


@pytest.mark.django_db
class TestOrder:
    def test_the_oldest_living_alone_come_first_then_the_others_by_age(self):
        HouseholdFactory(name="couple de 90", age=90, phone=True, alone=False)
        HouseholdFactory(name="seule de 70", age=70, phone=True)
        HouseholdFactory(name="seule de 85", age=85, phone=True)
        HouseholdFactory(name="couple de 80", age=80, phone=True, alone=False)
        campaign = make_campaign(waves=wave(["oldest_alone_first"]))
        assert in_order(campaign) == ["seule de 85", "seule de 70", "couple de 90", "couple de 80"]
        assert whys(campaign)["seule de 85"] == ["85 ans", "vit seule"]
        assert whys(campaign)["couple de 90"] == ["90 ans"]

    def test_watched_residences_then_high_floors_without_lift(self):
        watched = ResidenceFactory(watched=True)
        HouseholdFactory(name="4e", age=70, phone=True, dwelling=DwellingFactory(floor=4, lift=False))
        HouseholdFactory(name="1er", age=70, phone=True, dwelling=DwellingFactory(floor=1, lift=False))
        HouseholdFactory(name="ascenseur", age=95, phone=True, dwelling=DwellingFactory(floor=9, lift=True))
        HouseholdFactory(name="veille", age=65, phone=True,
                         dwelling=DwellingFactory(floor=0, lift=False, building__residence=watched))  # fmt: skip
        campaign = make_campaign(waves=wave(["watched_first", "top_floor_first"]))
        assert in_order(campaign) == ["veille", "4e", "1er", "ascenseur"]
        told = whys(campaign)
        assert told["veille"] == ["65 ans", "résidence sous veille"]
        assert told["4e"] == ["70 ans", "4e étage sans ascenseur"]
        assert told["1er"] == ["70 ans", "1er étage sans ascenseur"]
        assert told["ascenseur"] == ["95 ans"]

    def test_a_declared_disability_sorts_and_callers_read_nothing_of_it(self):
        HouseholdFactory(name="sans", age=90, phone=True)
        other = HouseholdFactory(name="avec", age=70, phone=True)
        MarkFactory(person=other.people.get(), kind="disability_declared")
        campaign = make_campaign(waves=wave(["disability_first"]))
        assert in_order(campaign) == ["avec", "sans"]
        assert whys(campaign)["avec"] == ["70 ans"]

    def test_silence_counts_calls_of_every_campaign(self):
        caller = UserFactory(roles=["caller"])
        HouseholdFactory(name="joint", age=90, phone=True)
        first = make_campaign(name="Avant", now=MONDAY - timedelta(days=60))
        call(first, caller, "reached", now=MONDAY - timedelta(days=60))
        HouseholdFactory(name="jamais", age=70, phone=True)
        for priority in ("silent_six_months_first", "longest_silence_first"):
            campaign = make_campaign(name=priority, waves=wave([priority]))
            assert in_order(campaign) == ["jamais", "joint"], priority
            assert whys(campaign) == {"joint": ["90 ans"], "jamais": ["70 ans", "aucun contact connu"]}
        far = make_campaign(name="Loin", waves=wave(["silent_six_months_first"]), now=MONDAY + timedelta(days=200))
        assert whys(far)["joint"][1] == "aucun contact depuis six mois"

    def test_every_order_opens(self):
        HouseholdFactory(age=80, phone=True)
        campaign = make_campaign(waves=wave(list(Priority.values)))
        assert ledger(campaign.queue).as_dict()["waiting"] == 1

    def test_the_rank_is_told_with_the_order_that_gave_it(self):
        for age in (90, 80, 80):
            HouseholdFactory(age=age, phone=True)
        campaign = make_campaign(waves=wave(["alone_first"]))
        contacts = list(Contact.objects.filter(queue=campaign.queue).select_related("lane").order_by("priority"))
        with CaptureQueriesContext(connection) as few:
            standing = standing_of(contacts[1])
        assert (standing.rank, standing.of, standing.ahead, standing.same) == (2, 3, 1, 1)
        assert standing.order == ["Les personnes seules d’abord"]
        assert len(few) == 2


@pytest.mark.django_db
class TestUpdate:
    @pytest.fixture
    def campaign(self):
        for age in (90, 80, 70):
            HouseholdFactory(name=str(age), age=age, phone=True)
        return make_campaign(waves=[*wave(["oldest_first"], {"age": {"min": 75}}), *wave([], {"age": {"min": 60}})])

    def update(self, campaign, **more):
        return update_list(campaign_id=campaign.pk, actor=None, now=LATER, **more)

    def test_newcomers_take_their_place_in_the_right_wave_and_the_target_counts_them(self, campaign):
        HouseholdFactory(name="85", age=85, phone=True)
        HouseholdFactory(name="95", age=95, phone=True)
        HouseholdFactory(name="65", age=65)
        HouseholdFactory(name="40", age=40, phone=True)
        done = self.update(campaign)
        assert (done.added, done.returned, done.left) == (3, 0, {})
        assert in_order(campaign) == ["95", "90", "85", "80", "70", "65"]
        campaign.queue.refresh_from_db()
        counted = ledger(campaign.queue)
        assert counted.target == 6 == counted.total
        assert counted.as_json()["added"] == 3
        assert counted.unreachable == 1
        assert check_invariants(campaign.queue) == []
        assert self.update(campaign) is None
        assert ListUpdate.objects.count() == 1

    def test_a_newcomer_of_a_lane_that_was_shut_is_handed_out(self, campaign):
        caller = UserFactory(roles=["caller"])
        for _ in range(3):
            call(campaign, caller, "reached")
        assert operations.take_next(campaign=campaign, caller=caller, now=MONDAY) is None
        assert not Lane.objects.filter(queue=campaign.queue, open=True).exists()
        agency = Lane.objects.filter(queue=campaign.queue).first().agency
        HouseholdFactory(name="85", age=85, phone=True, agency=agency)
        self.update(campaign)
        assert operations.take_next(campaign=campaign, caller=caller, now=LATER) is not None

    def test_those_who_left_died_or_object_are_withdrawn_with_the_reason(self, campaign):
        people = {one.household.name: one for one in Person.objects.select_related("household")}
        Person.objects.filter(pk=people["90"].pk).update(left_on=date(2026, 11, 20))
        Person.objects.filter(pk=people["80"].pk).update(deceased=True)
        Person.objects.filter(pk=people["70"].pk).update(opposed_on=date(2026, 11, 20))
        done = self.update(campaign)
        assert done.left == {"moved": 1, "deceased": 1, "opposed": 1}
        assert ledger(campaign.queue).as_dict() == {
            "target": 3, "waiting": 0, "reserved": 0, "reached": 0, "refused": 0, "unreachable": 0, "withdrawn": 3,
        }  # fmt: skip
        assert AuditEntry.objects.filter(action="contact.changed", reason="Liste actualisée").count() == 3
        assert [(one.gone, dict(one.left)["Décès"]) for one in changes_of(campaign)] == [(3, 1)]
        assert self.update(campaign) is None

    def test_a_partner_who_dies_leaves_the_household_in(self, campaign):
        couple = HouseholdFactory(name="92", age=92, phone=True, alone=False)
        self.update(campaign)
        couple.people.filter(role="co_holder").update(deceased=True)
        assert self.update(campaign) is None

    def test_a_mistake_of_the_file_is_made_good_at_the_next_update(self, campaign):
        person = Person.objects.get(household__name="90")
        Person.objects.filter(pk=person.pk).update(left_on=date(2026, 11, 20))
        self.update(campaign)
        Person.objects.filter(pk=person.pk).update(left_on=None)
        assert self.update(campaign).returned == 1
        assert ledger(campaign.queue).waiting == 3
        assert check_invariants(campaign.queue) == []

    def test_whom_a_caller_heard_had_moved_is_not_put_back(self, campaign):
        call(campaign, UserFactory(roles=["caller"]), "moved")
        assert self.update(campaign) is None

    def test_a_number_that_comes_puts_back_who_had_none(self, campaign):
        home = HouseholdFactory(name="88", age=88)
        self.update(campaign)
        assert ledger(campaign.queue).unreachable == 1
        ContactPointFactory(person=home.people.get())
        assert self.update(campaign).returned == 1
        assert ledger(campaign.queue).unreachable == 0

    def test_in_a_callers_hands_a_household_is_left(self, campaign):
        caller = UserFactory(roles=["caller"])
        operations.take_next(campaign=campaign, caller=caller, now=MONDAY)
        Person.objects.update(left_on=date(2026, 11, 20))
        assert self.update(campaign).left == {"moved": 2}
        assert ledger(campaign.queue).reserved == 1

    def test_newcomers_are_looked_for_where_the_opening_looked(self):
        lyon, other = AgencyFactory(lyon=True), AgencyFactory(saint_etienne=True)
        manager = UserFactory(roles=[("agency_manager", lyon)])
        HouseholdFactory(age=80, phone=True, agency=lyon)
        campaign = make_campaign(opened=False)
        operations.open_campaign(campaign_id=campaign.pk, actor=manager, now=MONDAY)
        HouseholdFactory(age=80, phone=True, agency=lyon)
        HouseholdFactory(age=80, phone=True, agency=other)
        # A director presses the button: the campaign stays that of its agency.
        assert update_list(campaign_id=campaign.pk, actor=UserFactory(roles=["director"]), now=LATER).added == 1

    def test_it_costs_the_same_for_many_as_for_one(self, campaign):
        def cost(households):
            for _ in range(households):
                HouseholdFactory(age=88, phone=True)
            with CaptureQueriesContext(connection) as queries:
                self.update(campaign)
            return len(queries)

        assert cost(1) == cost(12)

    def test_a_closed_campaign_is_left(self, campaign):
        operations.close_campaign(campaign_id=campaign.pk, actor=None, now=LATER)
        with pytest.raises(CannotUpdateList):
            self.update(campaign)
        assert update_list_of(campaign.pk) is False


@pytest.mark.django_db
class TestByItself:
    def test_a_campaign_is_behind_after_an_import_and_after_a_night(self):
        HouseholdFactory(age=80, phone=True)
        campaign = make_campaign()
        assert campaigns_behind(LATER) == []
        assert campaigns_behind(MONDAY + timedelta(days=1)) == [campaign.pk]
        ImportRun.objects.create(state="applied", started_at=MONDAY, finished_at=MONDAY + timedelta(hours=1))
        assert campaigns_behind(LATER) == [campaign.pk]
        update_list(campaign_id=campaign.pk, actor=None, now=LATER)
        assert campaigns_behind(LATER) == []

    def test_a_draft_and_a_closed_one_never_are(self):
        HouseholdFactory(age=80, phone=True)
        make_campaign(opened=False)
        operations.close_campaign(campaign_id=make_campaign(name="Autre").pk, actor=None, now=LATER)
        assert campaigns_behind(MONDAY + timedelta(days=3)) == []

    def test_the_job_asks_once_for_each(self):
        HouseholdFactory(age=80, phone=True)
        make_campaign(now=clock() - timedelta(days=2))
        assert update_lists() == 1
        assert update_lists() == 1  # still behind, already asked for
