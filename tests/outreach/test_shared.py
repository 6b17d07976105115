"""A household is called once: a number that serves several, one household in two campaigns, who was spoken with."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import MONDAY
from tests.housing.factories import DwellingFactory
from tests.outreach.factories import call, document, make_campaign
from tests.tenants.factories import ContactPointFactory, HouseholdFactory

from bienveille.engines.dispatch.models import Attempt, Contact
from bienveille.engines.dispatch.operations import hand_out
from bienveille.engines.dispatch.queries import check_invariants, ledger
from bienveille.services.outreach import operations
from bienveille.services.outreach.models import PickUp, ResidentNews, SharedCall
from bienveille.services.outreach.queries import figures
from bienveille.services.outreach.queries.shared import elsewhere, shared_numbers
from bienveille.services.outreach.rules.shared import Together, in_peace_until, read_together, serves_both

NUMBER = "+33639980042"


class TestRules:
    def test_one_call_serves_two_campaigns_only_when_all_agree(self):
        for purpose in (True, False):
            for questions in (True, False):
                for caller in (True, False):
                    both = serves_both(same_purpose=purpose, same_questions=questions, same_caller=caller)
                    assert both == (purpose and questions and caller)

    def test_a_day_of_peace_at_least(self):
        assert in_peace_until(None, MONDAY) == MONDAY + timedelta(days=1)
        far = MONDAY + timedelta(days=9)
        assert in_peace_until(far, MONDAY) == far

    def test_a_form_is_read_without_ever_refusing(self):
        person, other = uuid4(), uuid4()
        said = read_together(
            {"answered_by": f"resident:{person}", f"news_{other}": "heard_of", "news_x": "met", f"news_{uuid4()}": "?"},
            [str(other), "n’importe quoi"],
        )
        assert said == Together("resident", person, {other: "heard_of", person: "met"}, (other,))
        assert read_together({"answered_by": "le chat"}, []) == Together()


@pytest.fixture
def caller():
    return UserFactory(roles=["caller"])


@pytest.fixture
def pair():
    """Two leases, one number: a mother upstairs."""
    first = HouseholdFactory(name="Mme Fille", age=90, people=[{"age": 90}])
    second = HouseholdFactory(name="Mme Mère", dwelling=DwellingFactory(floor=2), people=[{"age": 80}])
    for home in (first, second):
        ContactPointFactory(person=home.people.get(), value=NUMBER)
    return first, second


def contact_of(campaign, household):
    return Contact.objects.select_related("queue").get(queue=campaign.queue, household=household)


@pytest.mark.django_db
class TestSharedNumber:
    def test_the_other_household_of_the_campaign_is_shown(self, pair):
        campaign = make_campaign()
        contact = contact_of(campaign, pair[0])
        with CaptureQueriesContext(connection) as queries:
            found = shared_numbers(contact)
        assert [(one.name, one.floor, one.asked) for one in found] == [("Mme Mère", 2, True)]
        assert len(queries) == 1

    @pytest.mark.parametrize("trait", [{"opposed_on": "2026-01-01"}, {"protected_address": True}, {"deceased": True}])
    def test_nobody_whom_the_caller_may_not_know_of(self, pair, trait):
        campaign = make_campaign()
        pair[1].people.update(**trait)
        assert shared_numbers(contact_of(campaign, pair[0])) == []

    def test_nor_somebody_outside_the_campaign(self, pair):
        campaign = make_campaign(waves=[{"name": "85", "audience": {"age": {"min": 85}}}])
        assert shared_numbers(contact_of(campaign, pair[0])) == []

    def test_asked_about_in_the_same_call_she_is_not_rung_again(self, pair, caller):
        campaign = make_campaign()
        mother = contact_of(campaign, pair[1])
        call(campaign, caller, "reached", together=Together(also=(mother.pk,)))
        mother.refresh_from_db()
        assert mother.state == "reached"
        assert ledger(campaign.queue).reached == 2
        assert check_invariants(campaign.queue) == []
        numbers = figures(campaign)
        assert (numbers["reached"], numbers["called"], numbers["outgoing_calls"]) == (2, 2, 1)
        assert operations.take_next(campaign=campaign, caller=caller, now=MONDAY) is None

    def test_with_the_call_taken_back_she_is_to_be_called(self, pair, caller):
        campaign = make_campaign()
        mother = contact_of(campaign, pair[1])
        call(campaign, caller, "reached", together=Together(also=(mother.pk,)))
        operations.take_back_call(campaign=campaign, caller=caller, attempt_id=Attempt.objects.get().pk, now=MONDAY)
        mother.refresh_from_db()
        assert mother.state == "waiting"
        assert SharedCall.objects.get().undone_at is not None
        assert check_invariants(campaign.queue) == []

    def test_a_stranger_slipped_in_the_form_is_not_reached(self, pair, caller):
        other = HouseholdFactory(age=76, phone=True)
        campaign = make_campaign()
        stranger = contact_of(campaign, other)
        call(campaign, caller, "reached", together=Together(also=(stranger.pk,)))
        stranger.refresh_from_db()
        assert stranger.state == "waiting"


@pytest.mark.django_db
class TestTwoCampaigns:
    @pytest.fixture
    def home(self):
        return HouseholdFactory(age=90, phone=True)

    def test_the_same_purpose_and_questions_are_served_by_one_call(self, home, caller):
        first, second = make_campaign(), make_campaign(name="Seconde")
        assert [(one.name, one.once) for one in elsewhere(contact_of(first, home), first, caller)] == [
            ("Seconde", True)
        ]
        call(first, caller, "reached")
        assert contact_of(second, home).state == "reached"
        assert ledger(second.queue).adds_up

    @pytest.mark.parametrize("change", [{"purpose": "survey"}, {"callers": "named"}])
    def test_else_the_second_waits_a_day(self, home, caller, change):
        if change.get("callers"):
            change = {"callers": {"emails": [UserFactory(roles=["caller"]).email]}}
        first, second = make_campaign(), make_campaign(name="Seconde", **change)
        (other,) = elsewhere(contact_of(first, home), first, caller)
        assert not other.once
        assert other.name == ("" if "callers" in change else "Seconde")
        call(first, caller, "reached")
        left = contact_of(second, home)
        assert (left.state, left.not_before) == ("waiting", MONDAY + timedelta(days=1))

    def test_without_an_answer_the_other_campaign_leaves_them_in_peace_too(self, home, caller):
        first, second = make_campaign(), make_campaign(name="Seconde")
        call(first, caller, "no_answer")
        assert contact_of(second, home).not_before == MONDAY + timedelta(days=1)
        assert operations.take_next(campaign=second, caller=caller, now=MONDAY + timedelta(hours=1)) is None

    def test_nobody_rings_while_another_has_them_in_hand(self, home, caller):
        first, second = make_campaign(), make_campaign(name="Seconde")
        assert operations.take_next(campaign=first, caller=caller, now=MONDAY) is not None
        other = UserFactory(roles=["caller"])
        assert operations.take_next(campaign=second, caller=other, now=MONDAY) is None
        assert operations.take_next(campaign=second, caller=other, now=MONDAY + timedelta(hours=1)) is not None

    def test_who_asked_at_the_same_moment_gives_it_back_and_has_another(self, home, caller):
        first, second = make_campaign(), make_campaign(name="Seconde")
        # The first hand-out has happened, and not yet set the household aside in the second campaign.
        hand_out(queue_id=first.queue_id, caller=caller, now=MONDAY, reason="Essai")
        other = UserFactory(roles=["caller"])
        assert operations.take_next(campaign=second, caller=other, now=MONDAY) is None
        assert contact_of(first, home).reserved_by_id == caller.pk
        left = contact_of(second, home)
        assert (left.state, left.reserved_by_id, left.not_before > MONDAY) == ("waiting", None, True)
        assert ledger(second.queue).adds_up


@pytest.mark.django_db
class TestWho:
    def test_who_picked_up_and_news_of_each_are_kept(self, caller):
        couple = HouseholdFactory(age=90, phone=True, alone=False)
        campaign = make_campaign()
        her, him = couple.people.get(role="holder"), couple.people.get(role="co_holder")
        said = Together("resident", him.pk, {him.pk: "met", her.pk: "heard_of", uuid4(): "met"})
        call(campaign, caller, "reached", together=said)
        assert PickUp.objects.get().person_id == him.pk
        assert dict(ResidentNews.objects.values_list("person_id", "news")) == {him.pk: "met", her.pk: "heard_of"}
        operations.take_back_call(campaign=campaign, caller=caller, attempt_id=Attempt.objects.get().pk, now=MONDAY)
        assert not PickUp.objects.exists()

    def test_nothing_is_kept_when_nobody_answered(self, caller):
        HouseholdFactory(age=90, phone=True)
        campaign = make_campaign()
        call(campaign, caller, "no_answer", together=Together("relative"))
        assert not PickUp.objects.exists()

    def test_a_call_without_any_of_it_is_saved(self, caller):
        HouseholdFactory(age=90, phone=True)
        assert document()
        call(make_campaign(), caller, "reached")
        assert not PickUp.objects.exists()
