"""Confidential cases: who is told, who reads, what stays elsewhere: nothing. Each refusal, each thing twice."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.core import mail
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import MONDAY
from tests.housing.factories import AgencyFactory
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.cases import operations, rules
from bienveille.engines.cases.models import Alert, Case, CaseReader, ReaderWanted
from bienveille.engines.cases.operations import Signal
from bienveille.engines.cases.queries import (
    CaseFilters,
    caseload,
    cases_list,
    count_to_take,
    late_by_person,
    my_day,
    open_cases_of,
    told_of_cases,
)
from bienveille.register.accounts.models import AuditEntry
from bienveille.register.accounts.rules import Scope
from bienveille.services.outreach.models import Referral, Report
from bienveille.services.outreach.operations import take_back_call

DAY = timedelta(days=1)
EVERYWHERE = Scope(everything=True)


def away(user: object, first: date, last: date, substitute: object = None) -> rules.Absence:
    return rules.Absence(user, first, last, substitute)


class TestRules:
    def test_violence_is_kept_apart_and_the_rest_is_told(self):
        needs = ("meals", "violence", "rent")
        assert rules.kept_apart(needs) == ("violence",)
        assert rules.told_to_all(needs) == ("meals", "rent")

    def test_the_key_of_a_call_leads_nowhere_but_never_changes(self):
        call_key = uuid4()
        assert rules.confidential_key(call_key) == rules.confidential_key(call_key) != call_key

    def test_nobody_stands_in_for_a_reader(self):
        first, second, other = uuid4(), uuid4(), uuid4()
        gone = [away(first, date(2026, 11, 23), date(2026, 11, 24), other)]
        assert rules.readers_present([first, second], gone, date(2026, 11, 24)) == [second]
        assert rules.readers_present([first, second], gone, date(2026, 11, 25)) == [first, second]

    @pytest.mark.parametrize("move", ["take", "act", "close"])
    def test_a_role_does_nothing_a_reader_does(self, move):
        roles = ["administrator", "director", "agency_manager"]
        assert not rules.allows("confidential", move, state="new", roles=roles, owner=False)
        assert rules.allows("confidential", move, state="new", roles=(), owner=True)

    def test_it_is_never_handed_over_as_a_whole(self):
        assert not rules.allows("confidential", "hand", state="followed", roles=(), owner=True)


@pytest.fixture
def lyon():
    return AgencyFactory(name="Agence de Lyon")


@pytest.fixture
def first(lyon):
    return UserFactory(first_name="Samira", roles=[("social_worker", lyon)])


@pytest.fixture
def second(lyon):
    return UserFactory(first_name="Nadège", roles=[("social_worker", lyon)])


@pytest.fixture
def boss():
    return UserFactory(first_name="Denis", roles=["director"])


@pytest.fixture
def pair(lyon, boss, first, second):
    return operations.name_readers(actor=boss, agency=lyon, first=first, second=second, now=MONDAY)


@pytest.fixture
def home(lyon):
    return HouseholdFactory(agency=lyon, age=42, phone=True)


def opened(home, *, grade="red", now=MONDAY, **more) -> Case:
    signal = Signal(grade, ("violence",), more.pop("words", "Elle a peur de rentrer."), **more)
    return operations.open_confidential(actor=None, household_id=home.pk, signal=signal, now=now)


def absent(user, first_day, last_day, actor=None, substitute=None):
    return operations.add_absence(
        actor=actor or user,
        user=user,
        starts_on=first_day,
        ends_on=last_day,
        substitute=substitute,
        today=MONDAY.date(),
    )


@pytest.mark.django_db
class TestOpening:
    def test_both_are_seated_and_told_at_once_even_for_orange(self, pair, home, first, second):
        opened(home, grade="orange")
        assert list(CaseReader.objects.order_by("rank").values_list("user_id", flat=True)) == [first.pk, second.pk]
        operations.advance_ladders(now=MONDAY)
        assert set(Alert.objects.values_list("user_id", flat=True)) == {first.pk, second.pk}

    def test_the_second_is_told_when_the_first_does_not_answer_then_both_again(self, pair, home, first, second):
        opened(home)
        for minute in range(0, 46, 15):
            operations.advance_ladders(now=MONDAY + timedelta(minutes=minute))
        told = Alert.objects.filter(channel="screen").order_by("created_at", "user_id").values_list("user_id", "turn")
        assert list(told)[:2] == [(first.pk, 1), (second.pk, 1)]
        assert set(list(told)[2:]) == {(first.pk, 2), (second.pk, 2)}

    def test_a_second_signal_joins_it(self, pair, home):
        assert opened(home).pk == opened(home, now=MONDAY + DAY).pk
        assert Case.objects.count() == 1

    def test_an_ordinary_case_beside_it_is_another_one(self, pair, home):
        opened(home)
        ordinary = operations.signal_household(
            actor=None, household_id=home.pk, signal=Signal("orange", ("meals",)), now=MONDAY
        )
        assert ordinary.kind == "welfare"
        assert Case.objects.count() == 2

    def test_the_ordinary_door_refuses_violence(self, home):
        with pytest.raises(operations.CannotOpenThat):
            operations.signal_household(
                actor=None, household_id=home.pk, signal=Signal("red", ("violence",)), now=MONDAY
            )

    def test_nobody_named_the_direction_is_told_once_without_a_word_of_it(self, home, lyon, boss):
        case = opened(home)
        for minute in (0, 15, 30):
            operations.advance_ladders(now=MONDAY + timedelta(minutes=minute))
        wanted = ReaderWanted.objects.get()
        for _ in range(2):
            operations.write_to_directors(wanted_id=wanted.pk, now=MONDAY)
        (letter,) = mail.outbox
        assert letter.to == [boss.email]
        assert "Agence de Lyon" in letter.body
        for word in (home.name, str(case.pk), "rouge", "situation confidentielle attend", "peur"):
            assert word not in letter.body
        assert not Alert.objects.exists()

    def test_those_named_then_get_what_waited(self, home, lyon, boss, first, second):
        case = opened(home)
        operations.name_readers(actor=boss, agency=lyon, first=first, second=second, now=MONDAY + DAY)
        assert set(case.readers.all()) == {first, second}
        case.refresh_from_db()
        assert case.next_alert_at == MONDAY + DAY

    def test_the_whole_landlords_pair_stands_where_an_agency_has_none(self, home, boss, first):
        other = UserFactory(roles=["social_worker"])
        third = UserFactory(roles=["agency_manager"])
        operations.name_readers(actor=boss, agency=None, first=other, second=third, now=MONDAY)
        assert set(opened(home).readers.all()) == {other, third}


@pytest.mark.django_db
class TestNaming:
    def test_the_same_twice_or_from_elsewhere_is_refused(self, lyon, boss, first):
        stranger = UserFactory(roles=[("social_worker", AgencyFactory())])
        for one, two in ((first, first), (first, stranger), (first, UserFactory(roles=["caller"]))):
            with pytest.raises(operations.CannotNameReaders):
                operations.name_readers(actor=boss, agency=lyon, first=one, second=two, now=MONDAY)

    def test_what_is_read_keeps_its_readers(self, pair, home, lyon, boss, first, second):
        case = opened(home)
        third, fourth = (UserFactory(roles=[("social_worker", lyon)]) for _ in range(2))
        operations.name_readers(actor=boss, agency=lyon, first=third, second=fourth, now=MONDAY)
        assert set(case.readers.all()) == {first, second}

    def test_both_away_new_ones_take_their_seats(self, pair, home, lyon, boss, first, second):
        case = opened(home)
        operations.take_case(actor=first, case_id=case.pk, now=MONDAY)
        for one in (first, second):
            absent(one, MONDAY.date(), MONDAY.date() + DAY)
        third, fourth = (UserFactory(roles=[("social_worker", lyon)]) for _ in range(2))
        operations.name_readers(actor=boss, agency=lyon, first=third, second=fourth, now=MONDAY)
        case.refresh_from_db()
        assert set(case.readers.all()) == {third, fourth}
        assert case.owner_id == third.pk


@pytest.mark.django_db
class TestAbsence:
    def test_one_away_the_other_is_told_not_the_substitute(self, pair, home, first, second, lyon):
        standing_in = UserFactory(roles=[("social_worker", lyon)])
        absent(first, MONDAY.date(), MONDAY.date() + DAY, substitute=standing_in)
        opened(home)
        operations.advance_ladders(now=MONDAY)
        assert set(Alert.objects.values_list("user_id", flat=True)) == {second.pk}

    def test_both_away_the_direction_is_asked_in_the_morning_even_when_it_is_followed(self, pair, home, first, second):
        case = opened(home)
        operations.take_case(actor=first, case_id=case.pk, now=MONDAY)
        assert operations.watch_readers(now=MONDAY) == 0
        for one in (first, second):
            absent(one, MONDAY.date(), MONDAY.date() + DAY)
        for _ in range(2):
            assert operations.watch_readers(now=MONDAY) == 1
        assert ReaderWanted.objects.get().agency_id == case.agency_id

    def test_those_named_are_written_to_who_are_there(self, pair, lyon, first, second):
        absent(first, MONDAY.date(), MONDAY.date() + DAY)
        assert operations.tell_named_readers(agency_id=lyon.pk, now=MONDAY) == 1
        assert not ReaderWanted.objects.exists()
        operations.tell_reader(user_id=str(second.pk))
        (letter,) = mail.outbox
        assert letter.to == [second.email]
        assert "cri" not in letter.body.split()

    def test_both_away_it_is_not_closed(self, pair, home, first, second):
        case = opened(home)
        for one in (first, second):
            absent(one, MONDAY.date(), MONDAY.date() + DAY)
        with pytest.raises(operations.CannotDoThat):
            operations.close_case(actor=first, case_id=case.pk, outcome="helped", words="", revision=None, now=MONDAY)
        later = MONDAY + timedelta(days=3)
        done = operations.close_case(actor=first, case_id=case.pk, outcome="helped", words="", revision=None, now=later)
        assert done.state == "closed"


@pytest.mark.django_db
class TestSeat:
    def test_handed_over_one_no_longer_reads_and_it_is_audited(self, pair, home, lyon, first, second):
        case = opened(home)
        operations.take_case(actor=first, case_id=case.pk, now=MONDAY)
        third = UserFactory(roles=[("social_worker", lyon)])
        after = operations.hand_over_seat(actor=first, case_id=case.pk, to=third, now=MONDAY)
        assert set(case.readers.all()) == {third, second}
        assert after.owner_id == third.pk
        assert AuditEntry.objects.filter(subject_id=case.pk, detail__case="seat_handed", actor=first).exists()

    def test_refused_to_who_does_not_read_and_for_who_does_or_is_elsewhere(self, pair, home, boss, first, second):
        case = opened(home)
        stranger = UserFactory(roles=[("social_worker", AgencyFactory())])
        for actor, to in ((boss, first), (first, second), (first, stranger)):
            with pytest.raises((operations.CannotDoThat, operations.CannotNameReaders)):
                operations.hand_over_seat(actor=actor, case_id=case.pk, to=to, now=MONDAY)

    def test_it_is_not_passed_on_as_an_ordinary_case(self, pair, home, lyon, first, second):
        case = opened(home)
        with pytest.raises(operations.CannotHandOver):
            operations.hand_over(actor=first, case_id=case.pk, to=second, words="", revision=None, now=MONDAY)


@pytest.mark.django_db
class TestAddress:
    def test_set_and_lifted_by_a_reader_never_saying_why(self, pair, home, first):
        case, person = opened(home), home.people.get()
        for protected in (True, False):
            operations.set_address_protection(
                actor=first, case_id=case.pk, person=person, protected=protected, now=MONDAY
            )
            person.refresh_from_db()
            assert person.protected_address is protected
        told = AuditEntry.objects.filter(subject_id=person.pk).values_list("reason", flat=True)
        assert set(told) == {"À la demande de la personne"}
        assert AuditEntry.objects.filter(subject_id=case.pk, detail__case="address_unprotected").exists()

    def test_refused_to_others_and_for_others(self, pair, home, boss, first, lyon):
        case = opened(home)
        neighbour = HouseholdFactory(agency=lyon).people.get()
        for actor, person in ((boss, home.people.get()), (first, neighbour)):
            with pytest.raises(operations.CannotDoThat):
                operations.set_address_protection(
                    actor=actor, case_id=case.pk, person=person, protected=True, now=MONDAY
                )


@pytest.mark.django_db
class TestCall:
    @pytest.fixture
    def caller(self):
        return UserFactory(roles=["caller"])

    def test_violence_alone_leaves_nothing_on_the_call(self, pair, home, caller):
        saved = call(
            make_campaign(waves=_everybody()),
            caller,
            "reached",
            grade="red",
            needs=("violence",),
            note="A peur",
            agreed=True,
        )
        case = Case.objects.get()
        assert (case.kind, case.grade, case.needs) == ("confidential", "red", ["violence"])
        assert case.actions.get().words == "A peur"
        assert case.actions.get().source != saved.attempt.pk
        assert not Referral.objects.exists()
        assert not Report.objects.exists()
        assert not saved.attempt.hard

    def test_other_needs_open_their_own_case(self, pair, home, caller):
        call(
            make_campaign(waves=_everybody()),
            caller,
            "reached",
            grade="orange",
            needs=("violence", "meals"),
            note="A peur",
        )
        assert set(Case.objects.values_list("kind", flat=True)) == {"welfare", "confidential"}
        report = Report.objects.get()
        assert (report.needs, report.note, report.grade) == (["meals"], "", "orange")
        assert Referral.objects.get().needs == ["meals"]
        assert Case.objects.get(kind="welfare").needs == ["meals"]

    def test_a_call_taken_back_takes_it_back(self, pair, home, caller):
        campaign = make_campaign(waves=_everybody())
        saved = call(campaign, caller, "reached", grade="red", needs=("violence",))
        take_back_call(campaign=campaign, caller=caller, attempt_id=saved.attempt.pk, now=MONDAY)
        case = Case.objects.get()
        assert (case.state, case.outcome) == ("closed", "undone")


@pytest.mark.django_db
class TestUnseen:
    def test_every_list_count_and_digest_is_as_without_it(self, pair, home, lyon, boss, first):
        late = MONDAY + timedelta(days=30)
        opened(home)
        for scope, user in ((EVERYWHERE, boss), (EVERYWHERE, UserFactory(roles=["administrator"]))):
            assert not cases_list(scope, user, CaseFilters(), late, late.date()).exists()
            assert count_to_take(scope, user) == 0
            assert my_day(scope, user, late, late.date(), late + DAY).count == 0
            assert open_cases_of(home.pk, scope, user) == []
        assert caseload(EVERYWHERE, late, late.date()) == []
        assert late_by_person(late, late.date()) == {}
        assert count_to_take(EVERYWHERE, first) == 1

    def test_nothing_is_written_on_the_household_nor_told_to_the_person_by_itself(self, pair, home, first):
        case = opened(home)
        operations.take_case(actor=first, case_id=case.pk, now=MONDAY)
        assert not AuditEntry.objects.filter(subject_id=home.pk).exists()
        parts = told_of_cases([home.pk], lambda words: words, {})
        assert [part.lines for part in parts] == [()]

    def test_the_letter_to_a_reader_says_nothing(self, pair, home, first, lyon):
        opened(home)
        operations.advance_ladders(now=MONDAY)
        operations.write_to(alert_id=Alert.objects.get(channel="email").pk, now=MONDAY)
        (letter,) = mail.outbox
        for word in (home.name, lyon.name, "rouge", "situation", "confiden", "violence"):
            assert word not in f"{letter.subject} {letter.body}".lower() or word == "situation"
        assert "situation" not in letter.subject

    def test_who_is_no_longer_named_gets_no_letter(self, pair, home, first):
        case = opened(home)
        operations.advance_ladders(now=MONDAY)
        CaseReader.objects.filter(case=case, user=first).delete()
        assert not operations.write_to(alert_id=Alert.objects.get(channel="email").pk, now=MONDAY)


def _everybody():
    return [{"name": "Tous", "audience": {"all": [{"age": {"min": 18}}]}}]
