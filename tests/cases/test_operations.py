"""Cases followed: signalled, taken, alerted, passed on, closed, erased; each refusal, each thing twice."""

from datetime import date, timedelta

import pytest
from django.core import mail
from tests.accounts.factories import UserFactory
from tests.cases.factories import make_case
from tests.dispatch.factories import MONDAY
from tests.housing.factories import AgencyFactory, CommuneFactory
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.cases import operations
from bienveille.engines.cases.choices import CaseKind
from bienveille.engines.cases.models import Alert, Case, CaseAbsence, CaseAction, CaseDigest, DutyTurn
from bienveille.engines.cases.operations import Done, Signal
from bienveille.engines.cases.rules import close_before
from bienveille.register.accounts.models import AuditEntry
from bienveille.register.housing.models import Residence

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def lyon():
    return AgencyFactory(name="Agence de Lyon")


@pytest.fixture
def worker(lyon):
    return UserFactory(first_name="Samira", roles=[("social_worker", lyon)])


@pytest.fixture
def manager(lyon):
    return UserFactory(first_name="Rosa", roles=[("agency_manager", lyon)])


@pytest.fixture
def case(lyon):
    return make_case("red", agency=lyon, needs=("meals",))


def taken(case: Case, user) -> Case:
    return operations.take_case(actor=user, case_id=case.pk, now=MONDAY)


class TestSignal:
    def test_opens_with_its_agency_and_deadlines(self, case, lyon):
        assert (case.state, case.agency_id, case.needs) == ("new", lyon.pk, ["meals"])
        assert case.take_before == MONDAY + 15 * MINUTE
        assert case.next_alert_at == MONDAY

    def test_a_second_call_joins_it_once(self, case, worker):
        taken(case, worker)
        source = case.pk  # any key
        for _ in range(2):
            again = operations.signal_household(
                actor=None,
                household_id=case.household_id,
                signal=Signal("orange", ("heating", "meals"), source=source),
                now=MONDAY + 60 * MINUTE,
            )
        assert again.pk == case.pk
        assert (again.state, again.grade, again.needs) == ("followed", "red", ["meals", "heating"])
        assert again.news_at == MONDAY + 60 * MINUTE
        assert CaseAction.objects.filter(case=case, kind="signalled").count() == 2

    def test_a_red_one_asks_for_somebody_anew_even_of_its_owner(self, lyon, worker):
        case = taken(make_case("orange", agency=lyon), worker)
        later = MONDAY + timedelta(days=1)
        worse = operations.signal_household(actor=None, household_id=case.household_id, signal=Signal("red"), now=later)
        assert (worse.state, worse.grade, worse.owner_id, worse.alert_round) == ("new", "red", worker.pk, 2)
        assert worse.take_before == later + 15 * MINUTE
        operations.advance_ladders(now=later)
        assert set(Alert.objects.values_list("user_id", "whom")) == {(worker.pk, "owner")}

    def test_what_joins_is_due_in_the_working_hours_of_its_place(self):
        # At half past four in Paris the day is over in La Réunion: hours count from the next morning there.
        home = HouseholdFactory()
        there = CommuneFactory(code="97411", name="Saint-Denis", department="974")
        Residence.objects.update(commune=there)
        now = MONDAY.replace(hour=15, minute=30)
        make_case("yellow", household=home, now=now)
        joined = make_case("orange", household=home, now=now)
        assert joined.close_before == close_before("orange", now, "974") != close_before("orange", now)

    def test_a_confidential_kind_is_not_opened_here(self):
        with pytest.raises(operations.CannotOpenThat):
            make_case("red", kind=CaseKind.CONFIDENTIAL)
        assert not Case.objects.exists()


class TestTakeBack:
    def test_a_case_that_nobody_took_ends_there(self, lyon):
        household = HouseholdFactory(agency=lyon)
        source = household.pk
        case = make_case("red", household=household, source=source)
        for _ in range(2):
            done = operations.take_back_signal(actor=None, source=source, now=MONDAY + MINUTE)
        assert (done.state, done.outcome) == ("closed", "undone")
        assert operations.advance_ladders(now=MONDAY + 2 * MINUTE) == 0
        assert make_case("red", household=household).pk != case.pk

    def test_one_that_is_followed_says_so_and_stays(self, lyon, worker):
        household = HouseholdFactory(agency=lyon)
        case = taken(make_case("red", household=household, source=household.pk), worker)
        done = operations.take_back_signal(actor=None, source=household.pk, now=MONDAY + MINUTE)
        assert (done.pk, done.state, done.news_at) == (case.pk, "followed", MONDAY + MINUTE)

    def test_the_grade_comes_back_to_what_the_other_calls_said(self, lyon):
        household = HouseholdFactory(agency=lyon)
        make_case("orange", household=household, needs=("meals",))
        make_case("red", household=household, source=household.pk, needs=("rent",))
        done = operations.take_back_signal(actor=None, source=household.pk, now=MONDAY + MINUTE)
        assert (done.state, done.grade, done.needs) == ("new", "orange", ["meals"])

    def test_a_call_that_signalled_nothing(self, case):
        assert operations.take_back_signal(actor=None, source=case.household_id, now=MONDAY) is None


class TestTake:
    def test_once_and_by_one(self, case, worker, manager):
        for later in (0, 5):
            now = MONDAY + later * MINUTE
            done = operations.take_case(actor=worker, case_id=case.pk, now=now)
        assert (done.owner_id, done.acknowledged_at, done.next_alert_at) == (worker.pk, MONDAY, None)
        with pytest.raises(operations.AlreadyTaken):
            taken(case, manager)
        with pytest.raises(operations.AlreadyTaken):
            operations.leave_case(actor=manager, case_id=case.pk, now=MONDAY)

    def test_left_it_waits_and_alerts_again(self, case, worker, manager):
        operations.advance_ladders(now=MONDAY)
        taken(case, worker)
        for _ in range(2):
            left = operations.leave_case(actor=worker, case_id=case.pk, now=MONDAY + 5 * MINUTE)
        assert (left.state, left.owner_id, left.next_alert_at) == ("new", None, MONDAY + 5 * MINUTE)
        assert CaseAction.objects.get(kind="signalled").answered_at is None
        assert operations.advance_ladders(now=MONDAY + 5 * MINUTE) == 2


class TestFollow:
    def test_a_concurrent_change_is_told_and_nothing_is_saved(self, case, worker, manager):
        read = taken(case, worker).revision
        operations.note_action(
            actor=manager, case_id=case.pk, done=Done("visit", "Passée chez elle"), revision=read, now=MONDAY
        )
        with pytest.raises(operations.CaseChanged) as told:
            operations.close_case(actor=worker, case_id=case.pk, outcome="helped", words="", revision=read, now=MONDAY)
        assert [(one.kind, one.words) for one in told.value.since] == [("visit", "Passée chez elle")]
        case.refresh_from_db()
        assert case.state == "followed"

    def test_the_next_step_is_kept_then_done(self, case, worker):
        taken(case, worker)
        done = Done("call", "", "Relancer le CCAS", date(2026, 11, 24))
        operations.note_action(actor=worker, case_id=case.pk, done=done, revision=None, now=MONDAY)
        case.refresh_from_db()
        assert (case.next_step, case.next_step_on) == ("Relancer le CCAS", date(2026, 11, 24))
        operations.note_action(actor=worker, case_id=case.pk, done=Done("call"), revision=None, now=MONDAY)
        case.refresh_from_db()
        assert (case.next_step, case.next_step_on) == ("", None)

    @pytest.mark.parametrize("done", [Done("note"), Done("taken", "faux"), Done("")])
    def test_what_is_not_an_action(self, case, worker, done):
        with pytest.raises(operations.InvalidAction):
            operations.note_action(actor=worker, case_id=case.pk, done=done, revision=None, now=MONDAY)

    def test_handed_over_to_who_follows_that_agency_only(self, case, worker, manager):
        taken(case, worker)
        elsewhere = UserFactory(roles=[("social_worker", AgencyFactory())])
        for nobody in (elsewhere, UserFactory(roles=["caller"])):
            with pytest.raises(operations.CannotHandOver):
                operations.hand_over(actor=worker, case_id=case.pk, to=nobody, words="", revision=None, now=MONDAY)
        later = MONDAY + timedelta(hours=1)
        done = operations.hand_over(
            actor=worker, case_id=case.pk, to=manager, words="Aime le matin", revision=None, now=later
        )
        assert (done.owner_id, done.news_at, done.acknowledged_at) == (manager.pk, later, MONDAY)
        operations.see_case(actor=manager, case_id=case.pk, now=later)
        done.refresh_from_db()
        assert done.news_at is None

    def test_closed_once_then_reopened_with_new_deadlines(self, case, worker):
        taken(case, worker)
        for _ in range(2):
            operations.close_case(actor=worker, case_id=case.pk, outcome="helped", words="", revision=None, now=MONDAY)
        case.refresh_from_db()
        assert (case.state, case.expires_on) == ("closed", date(2027, 11, 23))
        assert CaseAction.objects.filter(kind="closed").count() == 1
        with pytest.raises(operations.CannotDoThat):
            operations.note_action(actor=worker, case_id=case.pk, done=Done("call"), revision=None, now=MONDAY)
        later = MONDAY + timedelta(days=3)
        for _ in range(2):
            operations.reopen_case(actor=worker, case_id=case.pk, words="Encore froid", now=later)
        case.refresh_from_db()
        assert (case.state, case.outcome, case.expires_on, case.take_before) == (
            "followed",
            "",
            None,
            later + 15 * MINUTE,
        )

    def test_not_reopened_beside_another_open_one(self, case, worker):
        operations.close_case(actor=worker, case_id=case.pk, outcome="helped", words="", revision=None, now=MONDAY)
        make_case("orange", household=case.household)
        with pytest.raises(operations.CannotReopen):
            operations.reopen_case(actor=worker, case_id=case.pk, words="", now=MONDAY)

    @pytest.mark.parametrize("outcome", ["", "undone", "autre"])
    def test_an_outcome_is_one_that_a_person_chooses(self, case, worker, outcome):
        with pytest.raises(operations.InvalidAction):
            operations.close_case(actor=worker, case_id=case.pk, outcome=outcome, words="", revision=None, now=MONDAY)


class TestAlerts:
    def test_duty_then_managers_then_direction_with_proof(self, case, lyon, worker, manager):
        boss = UserFactory(roles=["director"])
        operations.add_turns(
            actor=manager, agency=lyon, user=worker, rank=1, spans=[(MONDAY, MONDAY + timedelta(hours=8))]
        )
        told = []
        for minutes in (0, 0, 14, 15, 30, 45):
            operations.advance_ladders(now=MONDAY + minutes * MINUTE)
            told.append(Alert.objects.filter(channel="email").count())
        assert told == [1, 1, 1, 2, 3, 5]
        order = Alert.objects.filter(channel="email", turn=1).order_by("created_at").values_list("user_id", flat=True)
        assert list(order) == [worker.pk, manager.pk, boss.pk]
        for alert in Alert.objects.filter(channel="email"):
            for _ in range(2):
                operations.write_to(alert_id=alert.pk, now=MONDAY + 46 * MINUTE)
        assert len(mail.outbox) == 5
        assert not Alert.objects.filter(sent_at=None).exists()
        operations.see_case(actor=boss, case_id=case.pk, now=MONDAY + 50 * MINUTE)
        operations.take_case(actor=boss, case_id=case.pk, now=MONDAY + 51 * MINUTE)
        mine = Alert.objects.filter(user=boss, channel="email", turn=1).get()
        assert (mine.seen_at, mine.acknowledged_at) == (MONDAY + 50 * MINUTE, MONDAY + 51 * MINUTE)
        assert operations.advance_ladders(now=MONDAY + timedelta(days=1)) == 0

    def test_the_e_mail_names_nobody(self, case, manager):
        operations.advance_ladders(now=MONDAY)
        operations.write_to(alert_id=Alert.objects.get(channel="email").pk, now=MONDAY)
        (sent,) = mail.outbox
        assert "Agence de Lyon" in sent.body
        assert sent.to == [manager.email]
        for word in (*case.household.name.split(), "Repas", "meals"):
            assert word not in sent.subject + sent.body

    def test_nothing_leaves_once_somebody_took_it(self, case, worker, manager):
        operations.advance_ladders(now=MONDAY)
        taken(case, worker)
        assert not operations.write_to(alert_id=Alert.objects.get(channel="email").pk, now=MONDAY)
        assert mail.outbox == []

    def test_the_absent_are_not_alerted_who_stands_in_is(self, case, worker, manager):
        day = MONDAY.date()
        operations.add_absence(actor=manager, user=manager, starts_on=day, ends_on=day, substitute=worker, today=day)
        operations.advance_ladders(now=MONDAY)
        assert set(Alert.objects.values_list("user_id", flat=True)) == {worker.pk}

    def test_orange_alerts_once_late(self, lyon, manager):
        case = make_case("orange", agency=lyon)
        assert operations.advance_ladders(now=MONDAY + timedelta(hours=47)) == 0
        assert operations.advance_ladders(now=MONDAY + timedelta(hours=48)) == 2
        assert Alert.objects.filter(case=case, user=manager).count() == 2

    def test_nobody_to_alert_is_tried_again(self, case):
        assert operations.advance_ladders(now=MONDAY) == 0
        case.refresh_from_db()
        assert case.next_alert_at == MONDAY + 15 * MINUTE


class TestDigest:
    def test_each_working_morning_once(self, case, lyon, worker, manager):
        taken(make_case("orange", agency=lyon), worker)
        tuesday = MONDAY + timedelta(days=1)
        assert operations.make_digests(now=tuesday) == 1  # the red one, to its manager
        assert operations.make_digests(now=tuesday) == 0
        digest = CaseDigest.objects.get()
        assert (digest.user_id, digest.waiting, digest.overdue) == (manager.pk, 1, 0)
        for _ in range(2):
            operations.write_digest(digest_id=digest.pk, now=tuesday)
        (sent,) = mail.outbox
        assert "1\u00a0situation n’a été prise" in sent.body
        assert case.household.name not in sent.body
        assert operations.make_digests(now=MONDAY + timedelta(days=5)) == 0  # a Saturday
        assert operations.make_digests(now=MONDAY + timedelta(days=32)) == 0  # Christmas
        late = MONDAY + timedelta(days=35)
        assert operations.make_digests(now=late) == 2  # the owner too, whose closing is late
        assert CaseDigest.objects.get(user=worker).overdue == 1


class TestRota:
    def test_refusals(self, lyon, worker, manager):
        span = [(MONDAY, MONDAY + timedelta(hours=8))]
        operations.add_turns(actor=manager, agency=lyon, user=worker, rank=1, spans=span)
        for user, spans in (
            (manager, span),
            (UserFactory(roles=["caller"]), span),
            (manager, [(MONDAY, MONDAY)]),
            (manager, []),
            (manager, [(MONDAY, MONDAY + timedelta(days=40))]),
        ):
            with pytest.raises(operations.CannotBeOnDuty):
                operations.add_turns(actor=manager, agency=lyon, user=user, rank=1, spans=spans)
        operations.add_turns(actor=manager, agency=lyon, user=manager, rank=2, spans=span)
        turn = DutyTurn.objects.get(rank=1)
        for _ in range(2):
            operations.remove_turn(actor=manager, turn_id=turn.pk)
        assert DutyTurn.objects.count() == 1

    def test_absences(self, worker, manager):
        today = date(2026, 11, 23)

        def away(first, last, substitute=None):
            operations.add_absence(
                actor=worker, user=worker, starts_on=first, ends_on=last, substitute=substitute, today=today
            )

        away(today, today + timedelta(days=4), manager)
        for first, last, substitute in (
            (date(2026, 11, 26), date(2026, 12, 1), None),
            (date(2026, 12, 5), date(2026, 12, 4), None),
            (date(2026, 11, 1), date(2026, 11, 2), None),
            (date(2026, 12, 5), date(2026, 12, 6), worker),
        ):
            with pytest.raises(operations.CannotBeAway):
                away(first, last, substitute)
        for _ in range(2):
            operations.remove_absence(
                actor=worker, absence_id=CaseAbsence.objects.values_list("pk", flat=True).first() or worker.pk
            )
        assert not CaseAbsence.objects.exists()


class TestErase:
    def test_closed_cases_go_the_day_after_their_last(self, case, worker):
        operations.close_case(actor=worker, case_id=case.pk, outcome="helped", words="", revision=None, now=MONDAY)
        kept = make_case("orange")
        assert operations.erase_cases(today=date(2027, 11, 23)) == 0
        assert operations.erase_cases(today=date(2027, 11, 24)) == 1
        assert operations.erase_cases(today=date(2027, 11, 24)) == 0
        assert list(Case.objects.values_list("pk", flat=True)) == [kept.pk]
        assert AuditEntry.objects.filter(detail__case="erased", detail__count=1).count() == 1
