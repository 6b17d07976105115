"""Lists of the week: who is kept for whom, what the hand-out makes of it, and how each thing is undone."""

from datetime import date, timedelta

import pytest
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.dispatch.factories import MONDAY
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.dispatch import operations as dispatch
from bienveille.engines.dispatch.models import Batch, BatchLine, Contact, Lane, WeekPlan
from bienveille.engines.dispatch.queries import (
    batch_loads,
    check_invariants,
    confirmed_plan,
    kept_for_me,
    ledger,
    left_out,
    offered_lines,
)
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import deactivate_user
from bienveille.register.accounts.rules import Scope
from bienveille.services.outreach import operations
from bienveille.services.outreach.operations import ListRules

pytestmark = pytest.mark.django_db
TODAY = MONDAY.date()
RULES = ListRules(week="this")


@pytest.fixture
def agency():
    return AgencyFactory()


@pytest.fixture
def campaign(agency):
    for age in range(76, 84):
        HouseholdFactory(agency=agency, age=age, phone=True)
    return make_campaign()


@pytest.fixture
def callers(agency):
    return [UserFactory(agency=agency, hours_per_week=2, roles=["caller"]) for _ in range(2)]


@pytest.fixture
def boss():
    return UserFactory(roles=["director"])


def prepared(campaign, **rules) -> operations.Prepared:
    return operations.prepare_lists(
        campaign=campaign, actor=None, rules=ListRules(**{"week": "this", **rules}), now=MONDAY
    )


def in_force(campaign, **rules) -> WeekPlan:
    done = prepared(campaign, **rules)
    return operations.confirm_lists(campaign=campaign, actor=None, plan_id=done.plan.pk, now=MONDAY)


def kept(caller) -> list:
    return list(Contact.objects.filter(kept_for=caller).order_by("kept_rank").values_list("pk", flat=True))


def handed(campaign, caller, now=MONDAY):
    found = operations.take_next(campaign=campaign, caller=caller, now=now)
    return found.contact_id if found else None


class TestPrepare:
    def test_a_proposal_keeps_nobody(self, campaign, callers):
        done = prepared(campaign)
        assert (done.placed, done.left_out) == (8, 0)
        assert not Contact.objects.exclude(kept_for=None).exists()
        assert sorted(one.lines for one in batch_loads(done.plan)) == [4, 4]

    def test_another_replaces_it(self, campaign, callers):
        prepared(campaign)
        again = prepared(campaign, minutes_each=60)
        assert WeekPlan.objects.get() == again.plan
        assert again.placed == 4  # two hours each

    def test_hours_of_the_days_that_are_left(self, campaign, callers):
        thursday = MONDAY + timedelta(days=3)
        done = operations.prepare_lists(campaign=campaign, actor=None, rules=RULES, now=thursday)
        assert {one.capacity for one in batch_loads(done.plan)} == {2}  # two days of five, of two hours

    def test_promised_calls_and_a_rest_take_their_time(self, campaign, callers):
        call(campaign, callers[0], "reached", weekly=True, call_back_on=TODAY + timedelta(days=2))
        operations.take_a_pause(caller=callers[1], until=TODAY + timedelta(days=30), now=MONDAY, today=TODAY)
        rooms = {one.caller_id: one.capacity for one in batch_loads(prepared(campaign).plan)}
        assert rooms == {callers[0].pk: 5, callers[1].pk: 0}

    def test_the_same_voice_in_campaigns_of_the_same_purpose(self, agency, callers):
        for age in (84, 82, 80):
            HouseholdFactory(agency=agency, age=age, phone=True)
        other = make_campaign(name="Avant", callers={"emails": [callers[1].email]})
        call(other, callers[1], "reached")
        called = Contact.objects.get(queue=other.queue, state="reached").household_id
        operations.close_campaign(campaign_id=other.pk, actor=None, now=MONDAY)
        lines = BatchLine.objects.filter(plan=prepared(make_campaign()).plan, same_voice=True)
        found = [(one.contact.household_id, one.batch.caller_id) for one in lines.select_related("contact", "batch")]
        assert found == [(called, callers[1].pk)]

    def test_why_nobody_has_them(self, campaign, callers, agency):
        elsewhere = AgencyFactory()
        for user in callers:
            user.covers.set([agency])
        lane = Lane.objects.get()
        contacts = list(Contact.objects.order_by("priority"))
        foreign = Lane.objects.create(queue=campaign.queue, wave=1, agency=agency, language="tr")
        far = Lane.objects.create(queue=campaign.queue, wave=1, agency=elsewhere)
        for contact, to in zip(contacts, [foreign, far, lane], strict=False):
            contact.lane = to
            contact.save()
        later = contacts[2]
        later.not_before = MONDAY + timedelta(days=20)
        later.save()
        done = prepared(campaign, minutes_each=40)
        found = {one.reason: one.households for one in left_out(done.plan)}
        assert found == {"language": 1, "agency": 1, "later": 1}
        assert done.placed + done.left_out == 8

    def test_who_may_no_longer_be_called_is_on_no_list(self, campaign, callers):
        person = Contact.objects.first().household_id
        from bienveille.register.tenants.models import Person

        Person.objects.filter(household=person).update(opposed_on=TODAY)
        assert [one.reason for one in left_out(prepared(campaign).plan)] == ["not_callable"]

    def test_hard_situations_and_their_limit(self, agency, callers):
        for age in (84, 82, 80, 78, 76):
            HouseholdFactory(agency=agency, age=age, phone=True)
        other = make_campaign(name="Avant")
        for rank in range(4):
            call(other, UserFactory(roles=["caller"]), "reached", grade=("red", "orange")[rank % 2])
        operations.close_campaign(campaign_id=other.pk, actor=None, now=MONDAY)
        User.objects.exclude(pk__in=[user.pk for user in callers]).update(is_active=False)
        plan = prepared(make_campaign(), hard_most=1).plan
        assert BatchLine.objects.filter(plan=plan, hard=True).exclude(batch=None).count() == 2
        assert [(one.reason, one.households) for one in left_out(plan)] == [("hard", 2)]

    def test_not_before_it_opens_nor_without_callers(self, agency, callers):
        HouseholdFactory(agency=agency, age=80, phone=True)
        with pytest.raises(operations.CannotList):
            prepared(make_campaign(opened=False))
        User.objects.filter(pk__in=[user.pk for user in callers]).update(is_active=False)
        with pytest.raises(operations.NobodyCalls):
            prepared(make_campaign(name="Sans appelant"))

    @pytest.mark.parametrize("more", [0, 12])
    def test_as_many_queries_whatever_the_number(self, agency, callers, more, django_assert_num_queries):
        for _ in range(3 + more):
            HouseholdFactory(agency=agency, age=80, phone=True)
        campaign = make_campaign()
        with django_assert_num_queries(13):
            prepared(campaign)


class TestHandOut:
    def test_own_list_first_in_its_order_and_others_left_alone(self, campaign, callers):
        in_force(campaign)
        mine, theirs = kept(callers[0]), kept(callers[1])
        seen = []
        while (one := handed(campaign, callers[0])) is not None:
            seen.append(one)
            contact = Contact.objects.get(pk=one)
            dispatch.record_attempt(
                caller=callers[0], contact_id=one, token=contact.token, outcome="reached", now=MONDAY
            )
        assert seen == mine
        assert kept(callers[1]) == theirs
        assert ledger(campaign.queue).adds_up
        assert check_invariants(campaign.queue) == []

    def test_a_lane_shut_over_kept_people_opens_again(self, campaign, callers):
        in_force(campaign)
        stranger = UserFactory(roles=["caller"])
        assert handed(campaign, stranger) is None
        assert not Lane.objects.filter(open=True).exists()
        assert operations.end_lists(campaign=campaign, actor=None, now=MONDAY) == 8
        assert handed(campaign, stranger) is not None

    def test_lent_on_the_last_working_day(self, campaign, callers):
        in_force(campaign)
        stranger = UserFactory(roles=["caller"])
        assert handed(campaign, stranger, MONDAY + timedelta(days=3)) is None
        assert handed(campaign, stranger, MONDAY + timedelta(days=4)) is not None

    def test_lent_at_once_when_it_is_urgent(self, agency, callers):
        for _ in range(3):
            HouseholdFactory(agency=agency, age=80, phone=True)
        campaign = make_campaign(purpose="heat_wave")
        in_force(campaign)
        assert handed(campaign, UserFactory(roles=["caller"])) is not None

    def test_after_the_week_they_are_anybodys(self, campaign, callers):
        in_force(campaign)
        after = MONDAY + timedelta(days=7)
        assert dispatch.wake(queue=campaign.queue, now=after) == 8
        assert not Contact.objects.exclude(kept_for=None).exists()
        assert handed(campaign, UserFactory(roles=["caller"]), after) is not None

    def test_nobody_at_home_stays_with_the_same_caller(self, campaign, callers):
        in_force(campaign)
        call(campaign, callers[0], "no_answer")
        again = MONDAY + timedelta(days=1, hours=6)
        first = Contact.objects.get(attempts_made=1)
        stranger = UserFactory(roles=["caller"])
        assert handed(campaign, stranger, again) is None
        seen = {handed(campaign, callers[0], again)}
        assert seen == {first.pk} or Contact.objects.get(pk=first.pk).kept_for == callers[0]


class TestConfirm:
    def test_twice_is_refused_and_a_new_one_replaces(self, campaign, callers):
        plan = in_force(campaign)
        with pytest.raises(dispatch.CannotConfirm):
            operations.confirm_lists(campaign=campaign, actor=None, plan_id=plan.pk, now=MONDAY)
        again = in_force(campaign)
        assert list(WeekPlan.objects.filter(state="confirmed")) == [again]
        assert len(kept(callers[0])) == 4

    def test_who_was_called_meanwhile_is_kept_for_nobody(self, campaign, callers):
        done = prepared(campaign)
        call(campaign, callers[0], "reached")
        operations.confirm_lists(campaign=campaign, actor=None, plan_id=done.plan.pk, now=MONDAY)
        assert Contact.objects.exclude(kept_for=None).count() == 7

    def test_closing_the_campaign_ends_them(self, campaign, callers):
        in_force(campaign)
        operations.close_campaign(campaign_id=campaign.pk, actor=None, now=MONDAY)
        assert not Contact.objects.exclude(kept_for=None).exists()
        assert confirmed_plan(campaign.queue, TODAY) is None


class TestFreed:
    def test_by_a_rest(self, campaign, callers):
        in_force(campaign)
        operations.take_a_pause(caller=callers[0], until=TODAY + timedelta(days=3), now=MONDAY, today=TODAY)
        assert kept(callers[0]) == []
        assert kept_for_me(callers[0], TODAY) == []
        assert handed(campaign, UserFactory(roles=["caller"])) is not None

    def test_by_a_closed_account_whatever_closes_it(self, campaign, callers, boss):
        in_force(campaign)
        handed(campaign, UserFactory(roles=["caller"]))  # shuts the lanes
        deactivate_user(actor=UserFactory(roles=["administrator"]), user=callers[0], now=MONDAY)
        assert kept(callers[0]) == []
        User.objects.filter(pk=callers[1].pk).update(is_active=False)
        assert not Contact.objects.exclude(kept_for=None).exists()
        assert handed(campaign, UserFactory(roles=["caller"])) is not None

    def test_by_leaving_the_campaign(self, agency, callers, boss):
        HouseholdFactory(agency=agency, age=80, phone=True)
        campaign = make_campaign(callers={"emails": [callers[0].email]})
        in_force(campaign)
        operations.remove_caller(campaign_id=campaign.pk, actor=boss, user=callers[0])
        assert kept(callers[0]) == []

    def test_by_a_role_taken_back(self, campaign, callers):
        in_force(campaign)
        callers[0].grants.all().delete()
        assert operations.free_absent_lists() == 4
        assert operations.free_absent_lists() == 0
        assert len(kept(callers[1])) == 4


class TestOneLine:
    def line(self, campaign, caller):
        return BatchLine.objects.filter(batch__caller=caller, plan__state="confirmed").order_by("position").first()

    def test_given_back_then_taken_again(self, campaign, callers):
        in_force(campaign)
        line = self.line(campaign, callers[0])
        dispatch.give_back_line(caller=callers[0], line_id=line.pk, now=MONDAY)
        assert Contact.objects.get(pk=line.contact_id).kept_for is None
        assert len(kept_for_me(callers[0], TODAY)) == 3
        with pytest.raises(dispatch.NotYourLine):
            dispatch.give_back_line(caller=callers[0], line_id=line.pk, now=MONDAY)
        dispatch.take_line_again(caller=callers[0], line_id=line.pk, now=MONDAY)
        assert kept(callers[0])[0] == line.contact_id

    def test_somebody_elses_is_refused(self, campaign, callers):
        in_force(campaign)
        with pytest.raises(dispatch.NotYourLine):
            dispatch.give_back_line(caller=callers[1], line_id=self.line(campaign, callers[0]).pk, now=MONDAY)

    def test_offered_then_taken_by_another(self, campaign, callers):
        in_force(campaign)
        line = self.line(campaign, callers[0])
        token = line.token
        dispatch.offer_line(caller=callers[0], line_id=line.pk, offered=True, now=MONDAY)
        assert [one.pk for one in offered_lines(callers[1], [campaign.queue_id], TODAY)] == [line.pk]
        assert offered_lines(callers[0], [campaign.queue_id], TODAY) == []
        operations.take_offered(caller=callers[1], line_id=line.pk, now=MONDAY)
        line.refresh_from_db()
        assert line.contact_id in kept(callers[1])
        assert line.token != token
        with pytest.raises(dispatch.NotYourLine):
            operations.take_offered(caller=callers[1], line_id=line.pk, now=MONDAY)


class TestMoves:
    def test_a_whole_list_taken_over_and_back(self, campaign, callers, boss):
        plan = in_force(campaign)
        mine = kept(callers[0])
        batch = Batch.objects.get(plan=plan, caller=callers[0])
        third = UserFactory(roles=["caller"])
        former = operations.take_over(
            campaign=campaign,
            actor=boss,
            scope=Scope(everything=True),
            plan_id=plan.pk,
            batch_id=batch.pk,
            caller=third,
            now=MONDAY,
        )
        assert kept(third) == mine
        assert kept(callers[0]) == []
        operations.move_back(actor=boss, plan_id=plan.pk, former=former, now=MONDAY)
        assert sorted(kept(callers[0])) == sorted(mine)

    def test_a_freed_list_can_still_be_taken_over(self, campaign, callers, boss):
        plan = in_force(campaign)
        mine = kept(callers[0])
        operations.take_a_pause(caller=callers[0], until=TODAY + timedelta(days=3), now=MONDAY, today=TODAY)
        batch = Batch.objects.get(plan=plan, caller=callers[0])
        operations.take_over(
            campaign=campaign,
            actor=boss,
            scope=Scope(everything=True),
            plan_id=plan.pk,
            batch_id=batch.pk,
            caller=callers[1],
            now=MONDAY,
        )
        assert set(mine) <= set(kept(callers[1]))

    def test_only_to_who_calls_there_and_only_who_waits(self, campaign, callers, boss):
        plan = in_force(campaign)
        batch = Batch.objects.get(plan=plan, caller=callers[0])
        with pytest.raises(operations.NotForThem):
            operations.take_over(
                campaign=campaign,
                actor=boss,
                scope=Scope(everything=True),
                plan_id=plan.pk,
                batch_id=batch.pk,
                caller=UserFactory(),
                now=MONDAY,
            )
        called = Contact.objects.get(pk=handed(campaign, callers[0]))
        line = BatchLine.objects.get(plan=plan, contact=called)
        with pytest.raises(dispatch.CannotMove):
            operations.move_lines(
                campaign=campaign, actor=boss, plan_id=plan.pk, line_ids=[line.pk], caller=callers[1], now=MONDAY
            )


def test_old_lists_go_and_the_households_stay(campaign, callers):
    plan = in_force(campaign)
    assert dispatch.purge_lists() == 0
    WeekPlan.objects.filter(pk=plan.pk).update(starts_on=date(2020, 1, 6), ends_on=date(2020, 1, 12))
    assert dispatch.purge_lists() == 1
    assert not BatchLine.objects.exists()
    assert Contact.objects.filter(state="waiting").count() == 8


def test_a_list_ends_on_its_sunday(campaign, callers):
    plan = in_force(campaign)
    assert (plan.starts_on, plan.ends_on) == (date(2026, 11, 23), date(2026, 11, 29))
    assert len(kept_for_me(callers[0], date(2026, 11, 29))) == 4
    assert kept_for_me(callers[0], date(2026, 11, 30)) == []
