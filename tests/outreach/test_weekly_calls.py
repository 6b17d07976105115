"""Recurring calls: missed, asked again, handed over while a caller is away, brought back, taken up, stopped."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import MONDAY
from tests.housing.factories import AgencyFactory
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.dispatch import operations as dispatch
from bienveille.engines.dispatch.models import Attempt, Contact, PlannedCall
from bienveille.engines.dispatch.rules import next_weekly
from bienveille.register.accounts.rules import Scope
from bienveille.services.outreach.models import CallerPause, CallerWeek, RecurringCall
from bienveille.services.outreach.operations import take_promised, weekly_calls
from bienveille.services.outreach.queries.key_figures import figures
from bienveille.services.outreach.queries.weekly_calls import (
    RecurringLine,
    hours_of_week,
    recurring_call,
    recurring_calls,
    recurring_line,
    stand_ins,
)
from bienveille.services.outreach.rules.weekly_calls import (
    Away,
    Candidate,
    asks_again,
    away_on,
    missed_calls,
    proposals,
)

TODAY = MONDAY.date()
NEXT = TODAY + timedelta(days=7)
ALL = Scope(everything=True)


def line_of(planned: PlannedCall, today: date) -> RecurringLine:
    found = recurring_call(planned.pk)
    assert found is not None
    return recurring_line(found, today)


class TestRules:
    @pytest.mark.parametrize(
        ("days", "every", "missed"), [(-3, 7, 0), (0, 7, 0), (1, 7, 1), (7, 7, 1), (8, 7, 2), (4, 3, 2), (1, 1, 1)]
    )
    def test_missed(self, days, every, missed):
        assert missed_calls(TODAY, every, TODAY + timedelta(days=days)) == missed

    @given(every=st.integers(1, 56), late=st.integers(0, 400))
    def test_missed_never_goes_down_as_days_pass(self, every, late):
        day = TODAY + timedelta(days=late)
        assert missed_calls(TODAY, every, day) <= missed_calls(TODAY, every, day + timedelta(days=1))

    @given(every=st.integers(1, 56), late=st.integers(-60, 400))
    def test_the_next_one_is_ahead_within_its_rhythm_and_never_on_a_week_end_but_by_whole_weeks(self, every, late):
        last, today = TODAY, TODAY + timedelta(days=late)
        day = next_weekly(last, today, every)
        assert today < day <= today + timedelta(days=every + 2)
        assert day.weekday() < 5 or every % 7 == 0

    def test_asked_again_after_eight_weeks_from_the_last_yes(self):
        eight = timedelta(weeks=8)
        assert not asks_again(TODAY, None, TODAY + eight - timedelta(days=1))
        assert asks_again(TODAY, None, TODAY + eight)
        assert not asks_again(TODAY, TODAY + eight, TODAY + eight)
        assert not asks_again(None, None, TODAY)

    def test_away_by_account_rest_or_week_without_hours(self):
        assert away_on(TODAY, active=False, rests_until=None, idle_weeks=()) == Away("left", None)
        assert away_on(TODAY, active=True, rests_until=NEXT, idle_weeks=()) == Away("pause", NEXT)
        assert away_on(NEXT, active=True, rests_until=NEXT, idle_weeks=()) is None
        two = [TODAY, NEXT]
        back = NEXT + timedelta(days=7)
        assert away_on(TODAY + timedelta(days=2), active=True, rests_until=None, idle_weeks=two) == Away("week", back)

    def test_who_stands_in_and_why(self):
        def one(name, **facts):
            return Candidate(name, name, **{"has_spoken": False, "same_agency": False, "languages": ("fr",),
                                            "recurring": 1, **facts})  # fmt: skip

        found = proposals(
            [one("Loin"), one("Voisine", same_agency=True), one("Connue", has_spoken=True), one("Absente", away=True),
             one("Polyglotte", languages=("fr", "pt"))],
            ["pt"],
        )  # fmt: skip
        assert [each.candidate.name for each in found] == ["Polyglotte", "Connue", "Voisine", "Loin"]
        assert found[0].reasons == ("parle sa langue",)
        assert found[1].reasons == ("lui a déjà parlé", "ne parle pas sa langue")
        assert proposals([one("Libre", recurring=0)], ["fr", "ar"])[0].reasons == (
            "n’appelle encore personne régulièrement",
        )


@pytest.fixture
def campaign(db):
    for _ in range(4):
        HouseholdFactory(age=82, phone=True)
    return make_campaign()


@pytest.fixture
def caller(db):
    return UserFactory(first_name="Josiane", roles=["caller"])


@pytest.fixture
def other(db):
    return UserFactory(first_name="Marc", roles=["caller"])


@pytest.fixture
def planned(campaign, caller):
    call(campaign, caller, "reached", weekly=True, note="Aime parler de son jardin.")
    return PlannedCall.objects.select_related("contact__lane__agency", "contact__queue__campaign").get()


def keep(planned, caller, now, outcome="reached", **more):
    take_promised(planned_call_id=planned.pk, caller=caller, now=now)
    contact = Contact.objects.get(pk=planned.contact_id)
    return dispatch.record_attempt(
        caller=caller, contact_id=contact.pk, token=contact.token, outcome=outcome, now=now, **more
    )


class TestRhythm:
    def test_every_three_days_stays_so_from_one_call_to_the_next(self, planned, caller):
        first = TODAY + timedelta(days=3)
        changes = {"every_days": 3, "due_on": first, "due_when": "morning"}
        dispatch.change_rhythm(actor=caller, planned_call_id=planned.pk, now=MONDAY, **changes)
        planned.refresh_from_db()
        keep(planned, caller, MONDAY + timedelta(days=3))
        following = PlannedCall.objects.get(state="planned")
        assert (following.every_days, following.due_when) == (3, "morning")
        assert following.due_on == first + timedelta(days=4)  # three days later is a Sunday

    @pytest.mark.parametrize(
        "changes", [{"due_on": TODAY - timedelta(days=1)}, {"every_days": 57}, {"every_days": 0}, {"due_when": "22:00"}]
    )
    def test_refuses_what_cannot_be(self, planned, caller, changes):
        asked = {"every_days": 7, "due_on": NEXT, "due_when": "", **changes}
        with pytest.raises(dispatch.CannotChangeRhythm):
            dispatch.change_rhythm(actor=caller, planned_call_id=planned.pk, now=MONDAY, **asked)

    def test_a_call_under_way_does_not_change(self, planned, caller):
        take_promised(planned_call_id=planned.pk, caller=caller, now=MONDAY)
        with pytest.raises(dispatch.CannotStop):
            dispatch.change_rhythm(
                actor=caller, planned_call_id=planned.pk, every_days=3, due_on=NEXT, due_when="", now=MONDAY
            )

    def test_three_silences_do_not_hide_that_a_call_was_missed(self, planned, caller):
        for day in range(7, 10):
            keep(planned, caller, MONDAY + timedelta(days=day), outcome="no_answer")
        planned.refresh_from_db()
        assert planned.due_on > TODAY + timedelta(days=10)
        line = line_of(planned, TODAY + timedelta(days=15))
        assert (line.missed, line.red) == (2, True)
        assert line_of(planned, TODAY + timedelta(days=8)).missed == 1


class TestHandOver:
    def test_somebody_stands_in_and_it_comes_back_by_itself(self, planned, caller, other):
        CallerPause.objects.create(user=caller, until=TODAY + timedelta(days=10), created_at=MONDAY)
        line = line_of(planned, TODAY)
        assert line.away == Away("pause", TODAY + timedelta(days=10))
        weekly_calls.hand_over(
            actor=caller, planned_call_id=planned.pk, to_id=other.pk, back_on=line.away.back_on, told=True, now=MONDAY
        )
        line = line_of(planned, TODAY)
        assert (line.planned.caller, line.usual_caller, line.stand_in, line.away) == (other, caller, other, None)
        assert line.recurring.told_on == TODAY
        keep(planned, other, MONDAY + timedelta(days=7))
        again = PlannedCall.objects.get(state="planned")
        assert again.caller_id == other.pk
        recurring = RecurringCall.objects.get()
        assert not weekly_calls.back_today(recurring_id=recurring.pk, today=TODAY + timedelta(days=9))
        assert weekly_calls.back_today(recurring_id=recurring.pk, today=TODAY + timedelta(days=10))
        again.refresh_from_db()
        assert again.caller_id == caller.pk
        assert not weekly_calls.back_today(recurring_id=recurring.pk, today=TODAY + timedelta(days=10))

    def test_it_stays_while_the_usual_caller_is_still_away(self, planned, caller, other):
        weekly_calls.hand_over(
            actor=caller, planned_call_id=planned.pk, to_id=other.pk, back_on=NEXT, told=False, now=MONDAY
        )
        CallerPause.objects.create(user=caller, until=NEXT + timedelta(days=3), created_at=MONDAY)
        recurring = RecurringCall.objects.get()
        assert not weekly_calls.back_today(recurring_id=recurring.pk, today=NEXT)
        assert line_of(planned, NEXT).stand_in == other

    def test_the_job_brings_back_what_is_due_and_forgets_old_weeks(self, planned, caller, other):
        weekly_calls.hand_over(
            actor=caller, planned_call_id=planned.pk, to_id=other.pk, back_on=NEXT, told=False, now=MONDAY
        )
        RecurringCall.objects.update(stand_in_until=date(2026, 1, 5))
        CallerWeek.objects.create(user=caller, monday=date(2025, 1, 6), hours=2)
        weekly_calls.bring_back_weekly()
        planned.refresh_from_db()
        assert planned.caller_id == caller.pk
        assert not CallerWeek.objects.exists()

    def test_for_good_then_back(self, planned, caller, other):
        recurring = weekly_calls.hand_over(
            actor=caller, planned_call_id=planned.pk, to_id=other.pk, back_on=None, told=False, now=MONDAY
        )
        assert (recurring.usual_caller_id, recurring.stand_in_id) == (other.pk, None)

    def test_given_back_before_the_day(self, planned, caller, other):
        weekly_calls.hand_over(
            actor=caller, planned_call_id=planned.pk, to_id=other.pk, back_on=NEXT, told=False, now=MONDAY
        )
        for _ in range(2):
            weekly_calls.give_back(actor=caller, planned_call_id=planned.pk)
        planned.refresh_from_db()
        assert planned.caller_id == caller.pk

    def test_refusals(self, planned, caller, other):
        hand = {"actor": caller, "planned_call_id": planned.pk, "told": False, "now": MONDAY}
        with pytest.raises(weekly_calls.CannotHandOver):
            weekly_calls.hand_over(to_id=UserFactory(roles=["communication"]).pk, back_on=None, **hand)
        with pytest.raises(weekly_calls.CannotHandOver):
            weekly_calls.hand_over(to_id=caller.pk, back_on=None, **hand)
        with pytest.raises(weekly_calls.CannotReturnThen):
            weekly_calls.hand_over(to_id=other.pk, back_on=TODAY, **hand)
        take_promised(planned_call_id=planned.pk, caller=caller, now=MONDAY)
        with pytest.raises(weekly_calls.NoLongerPlanned):
            weekly_calls.hand_over(to_id=other.pk, back_on=None, **hand)
        assert not RecurringCall.objects.exists()

    def test_who_could_stand_in(self, planned, caller, other):
        resting = UserFactory(first_name="Repos", roles=["caller"])
        CallerPause.objects.create(user=resting, until=NEXT + timedelta(days=30), created_at=MONDAY)
        call(planned.contact.queue.campaign, other, "reached")
        Attempt.objects.filter(caller=other).update(contact=planned.contact_id)
        neighbour = UserFactory(first_name="Voisine", roles=["caller"], agency=planned.contact.lane.agency)
        found = stand_ins(line_of(planned, TODAY), TODAY)
        assert [each.candidate.key for each in found] == [other, neighbour]
        assert "lui a déjà parlé" in found[0].reasons
        assert "même agence" in found[1].reasons


class TestEnds:
    def test_stopped_by_a_coordinator_with_a_reason_then_taken_up_by_somebody_else(self, planned, caller, other):
        lead = UserFactory(roles=["director"])
        for _ in range(2):
            dispatch.end_weekly(actor=lead, planned_call_id=planned.pk, reason="caller_unable", now=MONDAY)
        assert recurring_calls(TODAY, scope=ALL) == []
        again = dispatch.take_up_weekly(
            actor=lead, planned_call_id=planned.pk, caller=other, now=MONDAY + timedelta(days=20)
        )
        assert (again.caller_id, again.state, again.due_on) == (other.pk, "planned", NEXT + timedelta(days=14))

    def test_still_wanted_and_told_are_noted_once(self, planned, caller):
        for _ in range(2):
            weekly_calls.still_wanted(actor=caller, planned_call_id=planned.pk, today=NEXT)
            weekly_calls.told_of_absence(actor=caller, planned_call_id=planned.pk, today=NEXT)
        recurring = RecurringCall.objects.get()
        assert (recurring.confirmed_on, recurring.told_on, recurring.usual_caller_id) == (NEXT, NEXT, caller.pk)

    def test_the_figure_of_the_contracts_does_not_move(self, campaign, planned, caller, other):
        before = figures(campaign)["weekly_recurring"]
        weekly_calls.hand_over(
            actor=caller, planned_call_id=planned.pk, to_id=other.pk, back_on=NEXT, told=False, now=MONDAY
        )
        dispatch.change_rhythm(
            actor=other, planned_call_id=planned.pk, every_days=14, due_on=NEXT, due_when="", now=MONDAY
        )
        assert figures(campaign)["weekly_recurring"] == before == 1


class TestList:
    def test_missed_first_then_away_and_only_one_s_agencies(self, campaign, caller, other):
        for _ in range(3):
            call(campaign, caller, "reached", weekly=True)
        late, away, fine = PlannedCall.objects.order_by("id")
        PlannedCall.objects.filter(pk=late.pk).update(promised_for=TODAY - timedelta(days=1))
        PlannedCall.objects.filter(pk=away.pk).update(caller=other)
        weekly_calls.say_my_week(caller=other, monday=NEXT, hours=Decimal(0), half_days=[], today=TODAY)
        found = recurring_calls(TODAY, scope=ALL)
        assert [line.planned for line in found] == [late, away, fine]
        assert [line.missed for line in found] == [1, 0, 0]
        assert found[1].away == Away("week", NEXT + timedelta(days=7))
        assert [line.planned for line in recurring_calls(TODAY, caller=other)] == [away]
        assert recurring_calls(TODAY, scope=Scope(agencies=frozenset([AgencyFactory().pk]))) == []

    def test_two_queries_whatever_the_number(self, campaign, caller):
        counts = []
        for _ in range(2):
            call(campaign, caller, "reached", weekly=True)
            with CaptureQueriesContext(connection) as queries:
                recurring_calls(TODAY, scope=ALL)
            counts.append(len(queries))
        assert counts == [2, 2]


class TestWeek:
    def test_a_week_wins_over_the_account(self, caller, other):
        type(caller).objects.update(hours_per_week=3)
        silent = UserFactory(roles=["caller"])
        said = {"half_days": ["tue_am", "tue_am", "fri_pm"], "today": TODAY}
        week = weekly_calls.say_my_week(caller=caller, monday=TODAY + timedelta(days=2), hours=Decimal("1.5"), **said)
        assert (week.monday, week.half_days) == (TODAY, ["fri_pm", "tue_am"])
        everybody = [caller.pk, other.pk, silent.pk]
        assert hours_of_week(TODAY, everybody) == {caller.pk: Decimal("1.5"), other.pk: Decimal(3)}
        weekly_calls.say_my_week(caller=caller, monday=TODAY, hours=None, half_days=[], today=TODAY)
        assert hours_of_week(TODAY, everybody)[caller.pk] == Decimal(3)

    @pytest.mark.parametrize("days", [-7, 300])
    def test_refuses_a_week_gone_by_or_too_far(self, caller, days):
        with pytest.raises(weekly_calls.CannotSayThatWeek):
            weekly_calls.say_my_week(
                caller=caller, monday=TODAY + timedelta(days=days), hours=None, half_days=[], today=TODAY
            )
