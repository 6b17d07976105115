"""A caller's day: rest, weekly people, figures; what coordinators see of those at rest."""

from datetime import timedelta

import pytest
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.dispatch.factories import MONDAY
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.dispatch.models import Contact, PlannedCall
from bienveille.engines.dispatch.operations import resume_weekly, stop_weekly
from bienveille.register.accounts.models import AuditEntry
from bienveille.register.accounts.rules import Scope
from bienveille.services.outreach import operations, queries

pytestmark = pytest.mark.django_db
TODAY = MONDAY.date()
EVERYTHING = Scope(everything=True)


@pytest.fixture
def here():
    return AgencyFactory(lyon=True)


@pytest.fixture
def campaign(here):
    for _ in range(3):
        HouseholdFactory(agency=here, age=82, phone=True)
    return make_campaign()


@pytest.fixture
def caller():
    return UserFactory(roles=["caller"])


def rest(caller, days=7):
    return operations.take_a_pause(caller=caller, until=TODAY + timedelta(days=days), now=MONDAY, today=TODAY)


class TestRest:
    def test_nothing_is_handed_out_until_the_day_said(self, campaign, caller):
        rest(caller)
        assert operations.take_next(campaign=campaign, caller=caller, now=MONDAY) is None
        assert queries.pause_of(caller, TODAY).until == TODAY + timedelta(days=7)
        assert operations.take_next(campaign=campaign, caller=caller, now=MONDAY + timedelta(days=7)) is not None

    def test_the_household_in_hand_stays(self, campaign, caller):
        held = operations.take_next(campaign=campaign, caller=caller, now=MONDAY)
        rest(caller)
        again = operations.take_next(campaign=campaign, caller=caller, now=MONDAY)
        assert (again.contact_id, again.fresh) == (held.contact_id, False)

    def test_said_again_changes_the_day_and_resuming_ends_it(self, campaign, caller):
        rest(caller)
        assert rest(caller, 3).until == TODAY + timedelta(days=3)
        for _ in range(2):
            operations.resume_calling(caller=caller)
        assert operations.take_next(campaign=campaign, caller=caller, now=MONDAY) is not None
        told = AuditEntry.objects.filter(action="account.changed").order_by("at", "id")
        assert [entry.detail["did"] for entry in told] == ["calling_paused", "calling_paused", "calling_resumed"]

    @pytest.mark.parametrize("days", [-1, 0, 366])
    def test_a_day_that_is_no_rest_is_refused(self, caller, days):
        with pytest.raises(operations.CannotPauseThen):
            rest(caller, days)

    def test_who_does_not_call_is_still_refused(self, campaign):
        with pytest.raises(operations.NotACaller):
            operations.take_next(campaign=campaign, caller=UserFactory(), now=MONDAY)


class TestCoordinator:
    def test_sees_promises_that_fall_due_during_the_rest(self, campaign, caller, here):
        call(campaign, caller, "reached", call_back_on=TODAY + timedelta(days=2))
        call(campaign, caller, "reached", call_back_on=TODAY + timedelta(days=9))
        assert queries.promises_of_resting(EVERYTHING, TODAY) == []
        rest(caller)
        assert [one.due_on for one in queries.promises_of_resting(EVERYTHING, TODAY)] == [TODAY + timedelta(days=2)]
        assert len(queries.promises_of_resting(Scope(agencies=frozenset({here.pk})), TODAY)) == 1
        assert queries.promises_of_resting(Scope(agencies=frozenset({AgencyFactory().pk})), TODAY) == []
        assert queries.promises_of_resting(EVERYTHING, TODAY + timedelta(days=7)) == []

    def test_sees_those_whom_a_caller_can_no_longer_call(self, campaign, caller):
        for _ in range(2):
            call(campaign, caller, "reached", weekly=True)
        first, second = PlannedCall.objects.order_by("id")
        stop_weekly(caller=caller, planned_call_id=first.pk, reason="caller_unable", now=MONDAY)
        stop_weekly(caller=caller, planned_call_id=second.pk, reason="no_longer_wanted", now=MONDAY)
        assert [one.pk for one in queries.left_alone(EVERYTHING, MONDAY)] == [first.pk]
        resume_weekly(caller=caller, planned_call_id=first.pk, now=MONDAY)
        assert queries.left_alone(EVERYTHING, MONDAY) == []


class TestWeeklyPeople:
    def test_since_when_last_words_next_day(self, campaign, caller):
        call(campaign, caller, "reached", weekly=True, note="Reprend la marche.")
        later = MONDAY + timedelta(days=7)
        call(campaign, caller, "reached", now=later, note="A vu sa fille.")
        (person,) = queries.weekly_people(caller)
        assert (person.since, person.last_words, person.last_at) == (MONDAY, "A vu sa fille.", later)
        assert person.planned.due_on == TODAY + timedelta(days=14)

    def test_ended_ones_may_be_taken_up_for_a_week(self, campaign, caller):
        call(campaign, caller, "reached", weekly=True)
        stop_weekly(caller=caller, planned_call_id=PlannedCall.objects.get().pk, reason="other", now=MONDAY)
        assert queries.weekly_people(caller) == []
        assert len(queries.stopped_weekly(caller, MONDAY + timedelta(days=6))) == 1
        assert queries.stopped_weekly(caller, MONDAY + timedelta(days=8)) == []

    @pytest.mark.parametrize("count", [1, 3])
    def test_one_query_whatever_their_number(self, campaign, caller, count, django_assert_num_queries):
        for _ in range(count):
            call(campaign, caller, "reached", weekly=True, note="Va bien.")
        with django_assert_num_queries(1):
            assert [one.planned.contact.household.display_name for one in queries.weekly_people(caller)]


def test_figures_of_the_day_and_of_the_week(campaign, caller):
    midnight = MONDAY.replace(hour=0)
    call(campaign, caller, "no_answer", now=MONDAY - timedelta(days=1))
    call(campaign, caller, "reached", now=MONDAY)
    call(campaign, caller, "no_answer", now=MONDAY + timedelta(days=1))
    figures = queries.my_figures(caller, midnight + timedelta(days=1))
    assert (figures.calls_today, figures.reached_today) == (1, 0)
    assert (figures.calls_week, figures.reached_week) == (2, 1)
    assert Contact.objects.count() == 3
