"""Figures over time: their sums are the figures themselves, whatever the weeks."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.dispatch.factories import MONDAY
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.dispatch.models import Attempt
from bienveille.services.outreach.queries import figures, figures_by_week

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


@pytest.fixture
def campaign():
    agency = AgencyFactory(lyon=True)
    for _ in range(6):
        HouseholdFactory(agency=agency, age=82, phone=True)
    return make_campaign()


@pytest.fixture
def caller(campaign):
    return UserFactory(roles=["caller"])


def told(campaign):
    return [(week.monday.isoformat(), week.calls, week.reached) for week in figures_by_week(campaign)]


def test_nothing_before_the_first_call(campaign):
    assert told(campaign) == []


def test_weeks_begin_on_monday_and_empty_ones_stay(campaign, caller):
    call(campaign, caller, "reached", now=MONDAY)
    call(campaign, caller, "no_answer", now=MONDAY + timedelta(days=6))
    call(campaign, caller, "reached", now=MONDAY + 3 * WEEK)
    first = MONDAY.date()
    assert told(campaign) == [
        (first.isoformat(), 2, 1),
        ((first + WEEK).isoformat(), 0, 0),
        ((first + 2 * WEEK).isoformat(), 0, 0),
        ((first + 3 * WEEK).isoformat(), 1, 1),
    ]


def test_a_week_ends_at_midnight_here(campaign, caller):
    call(campaign, caller, "reached", now=MONDAY)
    attempt = Attempt.objects.get()
    attempt.at = datetime(2027, 7, 4, 22, 30, tzinfo=UTC)  # Monday 0:30 in Paris
    attempt.save()
    assert told(campaign) == [("2027-07-05", 1, 1)]


def test_sums_are_the_figures(campaign, caller):
    for rank, outcome in enumerate(["reached", "no_answer", "wrong_number", "reached", "refused", "voicemail"]):
        call(campaign, caller, outcome, now=MONDAY + timedelta(days=3 * rank))
    undone = Attempt.objects.filter(outcome="voicemail").get()
    undone.undone_at = undone.at
    undone.save()
    weeks, numbers = figures_by_week(campaign), figures(campaign)
    assert sum(week.calls for week in weeks) == numbers["outgoing_calls"] == 5
    assert sum(week.reached for week in weeks) == numbers["reached"] == 2


def test_a_household_reached_again_counts_once_in_its_first_week(campaign, caller):
    call(campaign, caller, "reached", now=MONDAY)
    first = Attempt.objects.get()
    Attempt.objects.create(
        contact_id=first.contact_id,
        caller=caller,
        outcome="reached",
        at=MONDAY + WEEK,
        token="01890000-0000-7000-8000-00000000000f",
    )
    assert [(calls, reached) for _, calls, reached in told(campaign)] == [(1, 1), (1, 0)]


@pytest.mark.parametrize("calls", [1, 5])
def test_one_query(campaign, caller, calls, django_assert_num_queries):
    for rank in range(calls):
        call(campaign, caller, "reached", now=MONDAY + rank * WEEK)
    with django_assert_num_queries(1):
        assert len(figures_by_week(campaign)) == calls
