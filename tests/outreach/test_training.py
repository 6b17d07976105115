"""Charter, training, a full day; wishes to talk after a hard call."""

from datetime import date, timedelta

import pytest
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import MONDAY
from tests.housing.factories import AgencyFactory
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.register.accounts.choices import AuditChannel
from bienveille.register.accounts.models import AuditEntry, Landlord
from bienveille.register.accounts.operations import acting_through
from bienveille.services.outreach.models import CallerTraining, CharterAcceptance, DebriefRequest
from bienveille.services.outreach.operations import debriefs, take_next, take_promised, training
from bienveille.services.outreach.queries.debriefs import debrief_of, hard_call, listeners
from bienveille.services.outreach.queries.training import readiness, rhythm_of
from bienveille.services.outreach.rules.training import (
    CHARTERS,
    LESSONS,
    Charter,
    charter_in_force,
    conversations_left,
    next_lesson,
    read_calling_rules,
)

TODAY = MONDAY.date()


class TestRules:
    def test_each_question_has_one_right_answer_and_says_why_of_all(self):
        assert len(LESSONS) == 3
        for lesson in LESSONS:
            assert sum(one.right for one in lesson.answers) == 1
            assert all(one.because for one in lesson.answers)

    def test_the_latest_charter_that_has_begun(self, monkeypatch):
        later = Charter("2027-01", date(2027, 1, 1), ())
        monkeypatch.setattr("bienveille.services.outreach.rules.training.CHARTERS", (*CHARTERS, later))
        assert charter_in_force(date(2026, 12, 31)) == CHARTERS[0]
        assert charter_in_force(date(2027, 1, 1)) == later
        assert charter_in_force(date(2020, 1, 1)) == CHARTERS[0]

    def test_lessons_are_taken_in_order_until_all_are_answered(self):
        assert next_lesson([]) == 1
        assert next_lesson(["write", "begin"]) == 3
        assert next_lesson([lesson.key for lesson in LESSONS]) is None

    @pytest.mark.parametrize(
        ("spoken", "own", "most", "went_on", "left"),
        [(0, None, 20, False, 20), (3, 5, 20, False, 2), (3, 50, 20, False, 17), (6, 5, 20, False, 0),
         (5, 5, 20, True, 5), (10, 5, 20, True, 0)],
    )  # fmt: skip
    def test_what_is_left_of_a_day(self, spoken, own, most, went_on, left):
        assert conversations_left(spoken=spoken, own_cap=own, most_a_day=most, went_on=went_on) == left

    @pytest.mark.parametrize(
        ("settings", "training_asked", "most"),
        [({}, True, 20), ({"calling": {"training": False, "most_a_day": 8}}, False, 8),
         ({"calling": {"most_a_day": 500}}, True, 20), ({"calling": "odd"}, True, 20)],
    )  # fmt: skip
    def test_odd_settings_are_the_usual_rules(self, settings, training_asked, most):
        found = read_calling_rules(settings)
        assert (found.training, found.most_a_day) == (training_asked, most)


@pytest.fixture
def campaign(db):
    for _ in range(6):
        HouseholdFactory(age=82, phone=True)
    return make_campaign()


@pytest.fixture
def beginner(db):
    return UserFactory(roles=["caller"], trained=False)


@pytest.fixture
def caller(db):
    return UserFactory(roles=["caller"])


@pytest.fixture
def on_screen():
    with acting_through(AuditChannel.WEB):
        yield


class TestTraining:
    def test_no_first_call_on_a_screen_before_charter_and_training(self, campaign, beginner, on_screen):
        with pytest.raises(training.NotTrained):
            take_next(campaign=campaign, caller=beginner, now=MONDAY)
        training.train(caller=beginner, now=MONDAY)
        assert take_next(campaign=campaign, caller=beginner, now=MONDAY) is not None

    @pytest.mark.parametrize("channel", [AuditChannel.API, AuditChannel.CLI])
    def test_programs_are_not_asked(self, campaign, beginner, channel):
        with acting_through(channel):
            assert take_next(campaign=campaign, caller=beginner, now=MONDAY) is not None

    def test_a_landlord_may_do_without(self, campaign, beginner, on_screen):
        Landlord.objects.update_or_create(defaults={"name": "Essai", "settings": {"calling": {"training": False}}})
        assert take_next(campaign=campaign, caller=beginner, now=MONDAY) is not None

    def test_a_household_in_hand_stays_there(self, campaign, beginner):
        held = take_next(campaign=campaign, caller=beginner, now=MONDAY)
        with acting_through(AuditChannel.WEB):
            assert take_next(campaign=campaign, caller=beginner, now=MONDAY).contact_id == held.contact_id

    def test_a_promised_call_waits_for_the_training_too(self, campaign, beginner):
        recorded = call(campaign, beginner, "reached", weekly=True)
        planned = recorded.attempt.planned.get()
        with acting_through(AuditChannel.WEB), pytest.raises(training.NotTrained):
            take_promised(planned_call_id=planned.pk, caller=beginner, now=MONDAY + timedelta(days=7))

    def test_the_charter_comes_first(self, beginner):
        with pytest.raises(training.CharterFirst):
            training.answer_lesson(caller=beginner, rank=1, answer="again", now=MONDAY)

    def test_a_wrong_answer_is_explained_and_asked_again(self, beginner):
        training.accept_charter(caller=beginner, now=MONDAY)
        wrong = training.answer_lesson(caller=beginner, rank=1, answer="explain", now=MONDAY)
        assert not wrong.right
        assert wrong.because
        assert training.answer_lesson(caller=beginner, rank=1, answer="nothing", now=MONDAY) is None
        assert readiness(beginner, TODAY).answered == ()
        assert training.answer_lesson(caller=beginner, rank=1, answer="again", now=MONDAY).right
        assert readiness(beginner, TODAY).answered == ("begin",)
        assert not readiness(beginner, TODAY).ready

    def test_done_twice_keeps_the_first_day_and_one_trace(self, beginner):
        training.train(caller=beginner, now=MONDAY)
        training.train(caller=beginner, now=MONDAY + timedelta(days=3))
        assert CallerTraining.objects.get(user=beginner).done_at == MONDAY
        assert CharterAcceptance.objects.get(user=beginner).accepted_at == MONDAY
        assert AuditEntry.objects.filter(detail__did="trained").count() == 1


class TestFullDay:
    def talk(self, campaign, caller, count):
        for rank in range(count):
            call(campaign, caller, "reached", now=MONDAY + timedelta(minutes=rank))

    def test_a_kind_word_once_the_day_is_full_and_on_knowingly_once(self, campaign, caller):
        training.choose_daily_cap(caller=caller, cap=2)
        self.talk(campaign, caller, 2)
        with acting_through(AuditChannel.WEB):
            with pytest.raises(training.DayIsFull):
                take_next(campaign=campaign, caller=caller, now=MONDAY)
            training.go_on_today(caller=caller, now=MONDAY)
            assert take_next(campaign=campaign, caller=caller, now=MONDAY) is not None
        with pytest.raises(training.CannotGoOn):
            training.go_on_today(caller=caller, now=MONDAY)
        training.go_on_today(caller=caller, now=MONDAY + timedelta(days=1))

    def test_only_conversations_count(self, campaign, caller):
        training.choose_daily_cap(caller=caller, cap=1)
        call(campaign, caller, "no_answer")
        assert rhythm_of(caller, TODAY).left == 1
        call(campaign, caller, "refused")
        assert rhythm_of(caller, TODAY).left == 0
        assert rhythm_of(caller, TODAY + timedelta(days=1)).left == 1

    def test_programs_are_not_stopped(self, campaign, caller):
        training.choose_daily_cap(caller=caller, cap=1)
        self.talk(campaign, caller, 1)
        with acting_through(AuditChannel.API):
            assert take_next(campaign=campaign, caller=caller, now=MONDAY) is not None

    def test_never_more_than_the_landlord_allows(self, caller):
        landlord = Landlord.objects.create(name="Essai")
        training.change_calling_rules(actor=caller, training=True, most_a_day=6)
        landlord.refresh_from_db()
        assert landlord.settings == {"calling": {"training": True, "most_a_day": 6}}
        with pytest.raises(training.CannotChangeRhythm):
            training.choose_daily_cap(caller=caller, cap=7)
        with pytest.raises(training.CannotChangeRhythm):
            training.change_calling_rules(actor=caller, training=True, most_a_day=61)
        training.choose_daily_cap(caller=caller, cap=None)
        assert rhythm_of(caller, TODAY).cap == 6


class TestDebriefs:
    @pytest.fixture
    def agency(self, db):
        return AgencyFactory()

    @pytest.fixture
    def manager(self, agency):
        return UserFactory(agency=agency, roles=[("agency_manager", agency)])

    @pytest.fixture
    def here(self, agency, manager):
        return UserFactory(agency=agency, roles=["caller"])

    def ask(self, caller, listener, **changes):
        asked = {"campaign": None, "means": "phone", "moment": "today", "words": "", "attempt_id": None, **changes}
        return debriefs.ask_debrief(caller=caller, listener_id=listener.pk, now=MONDAY, **asked)

    def test_who_may_listen(self, here, manager):
        director = UserFactory(roles=["director"])
        elsewhere = AgencyFactory()
        UserFactory(agency=elsewhere, roles=[("agency_manager", elsewhere)])
        assert [one.pk for one in listeners(here)] == [manager.pk, director.pk]

    def test_somebody_else_is_refused(self, here):
        with pytest.raises(debriefs.CannotListen):
            self.ask(here, UserFactory(roles=["caller"]))

    def test_only_a_hard_call_of_one_s_own(self, campaign, here, manager):
        hard = call(campaign, here, "reached", grade="red").attempt
        light = call(campaign, here, "reached", grade="green").attempt
        assert hard_call(here, hard.pk) is not None
        assert hard_call(here, light.pk) is None
        assert hard_call(manager, hard.pk) is None
        with pytest.raises(debriefs.NoSuchCall):
            self.ask(here, manager, attempt_id=light.pk)
        assert self.ask(here, manager, attempt_id=hard.pk).attempt_id == hard.pk

    def test_between_two_people_and_erased_at_the_end(self, here, manager):
        asked = self.ask(here, manager, words="Un appel m’a secouée.")
        assert debrief_of(UserFactory(roles=["director"]), asked.pk) is None
        assert debrief_of(here, asked.pk) == debrief_of(manager, asked.pk) == asked
        with pytest.raises(debriefs.CannotMeetThen):
            debriefs.plan_debrief(listener=manager, debrief_id=asked.pk, on=TODAY - timedelta(days=1), today=TODAY)
        debriefs.plan_debrief(listener=manager, debrief_id=asked.pk, on=TODAY, today=TODAY)
        closed = debriefs.close_debrief(actor=manager, debrief_id=asked.pk, now=MONDAY)
        assert (closed.state, closed.words, closed.closed_on) == ("closed", "", TODAY)
        debriefs.close_debrief(actor=here, debrief_id=asked.pk, now=MONDAY + timedelta(days=2))
        assert DebriefRequest.objects.get().closed_on == TODAY
        with pytest.raises(debriefs.AlreadyClosed):
            debriefs.plan_debrief(listener=manager, debrief_id=asked.pk, on=TODAY, today=TODAY)
        assert not AuditEntry.objects.filter(detail__icontains="secouée").exists()

    def test_asked_again_of_the_same_person_it_is_changed(self, here, manager):
        self.ask(here, manager)
        self.ask(here, manager, moment="week")
        assert DebriefRequest.objects.get().moment == "week"
