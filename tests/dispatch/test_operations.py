"""Hand-out, saving, giving back, undoing, closing: success, each refusal, twice."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils.timezone import localtime
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import MONDAY, add_contact, make_queue, record, take
from tests.housing.factories import AgencyFactory

from bienveille.engines.dispatch import operations
from bienveille.engines.dispatch.models import Attempt, Contact, Lane, PlannedCall
from bienveille.engines.dispatch.queries import check_invariants, ledger
from bienveille.register.accounts.models import AuditEntry
from bienveille.register.tenants.models import ContactPoint, Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue():
    return make_queue(3)


@pytest.fixture
def caller():
    return UserFactory(languages=["fr"])


class TestHandOut:
    def test_gives_the_first_by_priority_and_says_so_in_the_log(self, queue, caller):
        contact = take(queue, caller)
        assert (contact.priority, contact.state, contact.reserved_by_id) == (0, "reserved", caller.pk)
        entry = AuditEntry.objects.get()
        assert (entry.actor_id, entry.action, entry.subject_id, entry.reason) == (
            caller.pk, "household.handed", contact.household_id, "essai",
        )  # fmt: skip

    def test_asking_again_gives_the_same_household_and_token(self, queue, caller):
        first, again = take(queue, caller), take(queue, caller)
        assert (first.pk, first.token) == (again.pk, again.token)
        assert AuditEntry.objects.count() == 1

    def test_two_callers_never_get_the_same(self, queue):
        given = {take(queue, UserFactory()).pk for _ in range(3)}
        assert len(given) == 3
        assert take(queue, UserFactory()) is None

    def test_first_wave_first_then_own_agency(self, caller):
        lyon = AgencyFactory(lyon=True)
        queue = make_queue(0)
        later = add_contact(queue, wave=2, agency=lyon)
        elsewhere = add_contact(queue, wave=1, agency=AgencyFactory(saint_etienne=True))
        own = add_contact(queue, wave=1, agency=lyon, priority=99)
        caller.agency = lyon
        caller.save()
        order = []
        for _ in range(3):
            contact = take(queue, caller)
            order.append(contact.pk)
            record(contact, caller, "reached")
        assert order == [own.pk, elsewhere.pk, later.pk]

    def test_a_language_goes_to_who_speaks_it_and_to_others_at_the_very_end(self, caller):
        queue = make_queue(0)
        turkish = add_contact(queue, wave=1, language="tr")
        second = add_contact(queue, wave=2)
        assert take(queue, UserFactory(languages=["fr", "tr"])).pk == turkish.pk
        contact = take(queue, caller)
        assert contact.pk == second.pk
        record(contact, caller, "reached")
        operations.release(caller=turkish_holder(turkish), contact_id=turkish.pk, token=fresh(turkish).token)
        assert take(queue, caller).pk == turkish.pk

    def test_a_paused_queue_gives_nothing_new_but_keeps_what_is_in_hand(self, queue, caller):
        held = take(queue, caller)
        operations.pause_queue(queue=queue, paused=True)
        assert take(queue, caller).pk == held.pk
        assert take(queue, UserFactory()) is None

    def test_who_must_be_tried_later_is_not_given_before(self, queue, caller):
        contact = take(queue, caller)
        record(contact, caller, "no_answer")
        assert take(queue, caller).pk != contact.pk
        later = fresh(contact).not_before
        others = [UserFactory(), UserFactory()]
        assert {take(queue, other, now=later - timedelta(minutes=1)).pk for other in others[:1]} != {contact.pk}
        assert take(queue, others[1], now=later).pk == contact.pk

    @pytest.mark.parametrize(
        ("change", "state", "reason"),
        [
            ({"opposed_on": localtime(MONDAY).date()}, "withdrawn", "opposed"),
            ({"protected_address": True}, "withdrawn", "protected"),
            ({"left_on": localtime(MONDAY).date()}, "withdrawn", "moved"),
            ({"deceased": True}, "withdrawn", "moved"),
        ],
    )
    def test_what_is_learnt_after_the_opening_is_respected(self, queue, caller, change, state, reason):
        first = Contact.objects.order_by("priority").first()
        Person.objects.filter(household_id=first.household_id).update(**change)
        assert take(queue, caller).priority == 1
        assert (fresh(first).state, fresh(first).reason) == (state, reason)
        assert check_invariants(queue) == []

    def test_numbers_found_wrong_since_make_it_unreachable(self, caller):
        queue = make_queue(1)
        ContactPoint.objects.update(status="wrong")
        assert take(queue, caller) is None
        assert ledger(queue).unreachable == 1

    def test_a_promise_to_somebody_who_objected_since_is_dropped(self, caller):
        queue = make_queue(1)
        record(take(queue, caller), caller, "reached", weekly=True)
        Person.objects.update(opposed_on=localtime(MONDAY).date())
        assert take(queue, caller, now=MONDAY + timedelta(days=7)) is None
        assert PlannedCall.objects.get().state == "cancelled"

    def test_a_vanished_callers_household_goes_to_the_next_who_asks(self, caller):
        queue = make_queue(1)
        take(queue, caller)
        after = MONDAY + timedelta(minutes=queue.lease_minutes + 1)
        other = UserFactory()
        assert take(queue, other, now=MONDAY) is None
        assert take(queue, other, now=after).reserved_by_id == other.pk

    def test_an_empty_lane_is_shut_and_opened_again(self, caller):
        queue = make_queue(1)
        contact = take(queue, caller)
        assert take(queue, UserFactory()) is None
        assert not Lane.objects.get().open
        operations.release(caller=caller, contact_id=contact.pk, token=contact.token)
        assert Lane.objects.get().open
        assert take(queue, UserFactory()).pk == contact.pk


def fresh(contact: Contact) -> Contact:
    return Contact.objects.select_related("reserved_by").get(pk=contact.pk)


def turkish_holder(contact: Contact):
    return fresh(contact).reserved_by


class TestRecord:
    def test_reached_closes_and_counts(self, queue, caller):
        contact = take(queue, caller)
        saved = record(contact, caller, "reached")
        assert (saved.state, saved.next_call) == ("reached", None)
        after = fresh(contact)
        assert (after.state, after.attempts_made, after.token, after.reserved_by) == ("reached", 1, None, None)
        assert ledger(queue).as_dict() == {
            "target": 3, "waiting": 2, "reserved": 0, "reached": 1, "refused": 0, "unreachable": 0, "withdrawn": 0,
        }  # fmt: skip

    def test_the_same_key_gives_the_same_answer_and_one_attempt(self, queue, caller):
        contact = take(queue, caller)
        first = record(contact, caller, "reached", idempotency_key="k1", call_back_on=localtime(MONDAY).date())
        again = record(contact, caller, "no_answer", idempotency_key="k1")
        assert (again.attempt.pk, again.state, again.next_call) == (first.attempt.pk, first.state, first.next_call)
        assert again.replayed
        assert Attempt.objects.count() == 1

    def test_a_stale_token_is_refused_and_changes_nothing(self, queue, caller):
        contact = take(queue, caller)
        record(contact, caller, "reached")
        with pytest.raises(operations.StaleToken):
            record(contact, caller, "refused")
        with pytest.raises(operations.StaleToken):
            record(take(queue, caller), caller, "refused", token=uuid4())
        assert Attempt.objects.count() == 1

    def test_somebody_elses_token_is_refused(self, queue, caller):
        contact = take(queue, caller)
        with pytest.raises(operations.StaleToken):
            record(contact, UserFactory(), "reached")

    def test_an_unknown_contact_is_refused(self, queue, caller):
        with pytest.raises(operations.UnknownContact):
            operations.record_attempt(
                caller=caller, contact_id=uuid4(), token=uuid4(), outcome="reached", now=MONDAY
            )  # fmt: skip

    def test_a_late_caller_is_heard_as_long_as_nobody_else_was_given_the_household(self, queue, caller):
        contact = take(queue, caller)
        late = MONDAY + timedelta(hours=2)
        operations.wake(queue=queue, now=late)
        assert fresh(contact).state == "waiting"
        assert record(contact, caller, "reached", now=late).state == "reached"

    def test_a_late_caller_is_refused_once_somebody_else_has_it(self, caller):
        queue = make_queue(1)
        contact = take(queue, caller)
        late = MONDAY + timedelta(hours=2)
        taken = take(queue, UserFactory(), now=late)
        assert taken.pk == contact.pk
        with pytest.raises(operations.StaleToken):
            record(contact, caller, "reached", now=late)

    def test_a_day_gone_by_cannot_be_promised(self, queue, caller):
        with pytest.raises(operations.CannotPlan):
            record(take(queue, caller), caller, "reached", call_back_on=localtime(MONDAY).date() - timedelta(days=1))

    def test_a_wrong_number_is_flagged_and_the_next_one_is_tried(self, caller):
        queue = make_queue(0)
        contact = add_contact(
            queue, people=[{"age": 80, "phone": True}, {"age": 78, "phone": True, "role": "co_holder"}]
        )
        operations.freeze_target(queue=queue)
        numbers = list(ContactPoint.objects.values_list("value", flat=True))
        held = take(queue, caller)
        assert record(held, caller, "wrong_number", phone=numbers[0]).state == "waiting"
        assert ContactPoint.objects.get(value=numbers[0]).status == "wrong"
        held = take(queue, caller)
        assert held.pk == contact.pk
        assert record(held, caller, "wrong_number").state == "unreachable"
        assert fresh(contact).reason == "wrong_number"

    def test_tries_run_out(self, caller):
        queue = make_queue(1, max_attempts=2)
        contact = take(queue, caller)
        record(contact, caller, "no_answer")
        again = take(queue, caller, now=fresh(contact).not_before)
        assert record(again, caller, "no_answer", now=MONDAY + timedelta(days=1)).state == "unreachable"


class TestPlannedCalls:
    def test_a_weekly_call_comes_back_each_week_and_the_contact_stays_reached(self, queue, caller):
        contact = take(queue, caller)
        day = localtime(MONDAY).date()
        assert record(contact, caller, "reached", weekly=True).next_call == day + timedelta(days=7)
        next_week = MONDAY + timedelta(days=7)
        held = take(queue, caller, now=next_week)
        assert (held.pk, held.state, held.planned_call.weekly) == (contact.pk, "reached", True)
        assert ledger(queue).reserved == 0
        assert record(held, caller, "reached", now=next_week).next_call == day + timedelta(days=14)
        assert PlannedCall.objects.filter(state="planned").count() == 1
        assert check_invariants(queue) == []

    def test_a_promise_not_kept_for_a_day_goes_to_whoever_is_there(self, caller):
        queue = make_queue(1)
        record(take(queue, caller), caller, "reached", call_back_on=localtime(MONDAY).date())
        other = UserFactory()
        assert take(queue, other) is None
        assert take(queue, other, now=MONDAY + timedelta(days=1)).planned_call is not None

    def test_taken_before_its_turn(self, queue, caller):
        contact = take(queue, caller)
        record(contact, caller, "reached", weekly=True)
        planned = PlannedCall.objects.get()
        pk = operations.take_planned(caller=caller, planned_call_id=planned.pk, now=MONDAY, reason="essai")
        assert pk == contact.pk
        with pytest.raises(operations.UnknownContact):
            operations.take_planned(caller=UserFactory(), planned_call_id=planned.pk, now=MONDAY, reason="essai")

    def test_not_while_another_household_is_in_hand(self, queue, caller):
        record(take(queue, caller), caller, "reached", weekly=True)
        take(queue, caller)
        with pytest.raises(operations.AlreadyHolding):
            operations.take_planned(
                caller=caller, planned_call_id=PlannedCall.objects.get().pk, now=MONDAY, reason="essai"
            )  # fmt: skip


class TestUndo:
    def test_puts_the_household_back_in_my_hands_with_a_new_token(self, queue, caller):
        contact = take(queue, caller)
        saved = record(contact, caller, "reached", weekly=True, idempotency_key="k")
        operations.undo_attempt(caller=caller, attempt_id=saved.attempt.pk, now=MONDAY + timedelta(minutes=5))
        after = fresh(contact)
        assert (after.state, after.attempts_made, after.reserved_by_id) == ("reserved", 0, caller.pk)
        assert after.token != contact.token
        assert not PlannedCall.objects.exists()
        assert check_invariants(queue) == []
        assert record(after, caller, "refused", idempotency_key="k").state == "refused"

    def test_a_wrong_number_taken_back_may_be_called_again(self, queue, caller):
        contact = take(queue, caller)
        saved = record(contact, caller, "wrong_number")
        operations.undo_attempt(caller=caller, attempt_id=saved.attempt.pk, now=MONDAY)
        assert ContactPoint.objects.filter(status="wrong").count() == 0

    def test_waits_when_i_already_hold_another(self, queue, caller):
        contact = take(queue, caller)
        saved = record(contact, caller, "reached")
        take(queue, caller)
        operations.undo_attempt(caller=caller, attempt_id=saved.attempt.pk, now=MONDAY)
        assert fresh(contact).state == "waiting"
        assert check_invariants(queue) == []

    @pytest.mark.parametrize("case", ["too_late", "twice", "not_mine", "taken_since"])
    def test_refusals(self, case, caller):
        queue = make_queue(1)
        contact = take(queue, caller)
        saved = record(contact, caller, "busy")
        who, now = caller, MONDAY
        if case == "too_late":
            now += timedelta(minutes=31)
        elif case == "twice":
            operations.undo_attempt(caller=caller, attempt_id=saved.attempt.pk, now=now)
        elif case == "not_mine":
            who = UserFactory()
        else:
            now += timedelta(minutes=30)
            assert take(queue, UserFactory(), now=now) is not None
        with pytest.raises(operations.CannotUndo):
            operations.undo_attempt(caller=who, attempt_id=saved.attempt.pk, now=now)


class TestGiveBackWithdrawClose:
    def test_given_back_is_next_again(self, queue, caller):
        contact = take(queue, caller)
        operations.release(caller=caller, contact_id=contact.pk, token=contact.token)
        assert take(queue, UserFactory()).pk == contact.pk
        with pytest.raises(operations.StaleToken):
            operations.release(caller=caller, contact_id=contact.pk, token=contact.token)

    def test_withdrawn_stays_in_the_ledger(self, queue, caller):
        contact = Contact.objects.order_by("priority").first()
        operations.withdraw(actor=caller, contact_id=contact.pk, motive="Hospitalisée, prévenue par sa fille")
        assert ledger(queue).withdrawn == 1
        assert ledger(queue).adds_up
        with pytest.raises(operations.CannotWithdraw):
            operations.withdraw(actor=caller, contact_id=contact.pk, motive="encore")

    def test_closing_leaves_nobody_waiting_and_honours_the_call_under_way(self, queue, caller):
        contact = take(queue, caller)
        assert operations.close_queue(queue=queue, now=MONDAY) == 2
        assert record(contact, caller, "no_answer").state == "withdrawn"
        assert ledger(queue).as_dict()["withdrawn"] == 3
        assert ledger(queue).adds_up

    def test_who_vanished_with_a_household_of_a_closed_queue(self, queue, caller):
        take(queue, caller)
        operations.close_queue(queue=queue, now=MONDAY)
        operations.wake(queue=queue, now=MONDAY + timedelta(hours=1))
        assert ledger(queue).as_dict()["withdrawn"] == 3


class TestKeepInHand:
    def test_a_long_call_stays_mine(self, caller):
        queue = make_queue(1)
        contact = take(queue, caller)
        later = MONDAY + timedelta(minutes=25)
        assert operations.keep_in_hand(caller=caller, contact_id=contact.pk, token=contact.token, now=later)
        assert take(queue, UserFactory(), now=MONDAY + timedelta(minutes=45)) is None

    def test_not_for_ever_nor_for_others(self, caller):
        queue = make_queue(1)
        contact = take(queue, caller)
        late = MONDAY + timedelta(hours=2, minutes=1)
        assert not operations.keep_in_hand(caller=caller, contact_id=contact.pk, token=contact.token, now=late)
        assert not operations.keep_in_hand(
            caller=UserFactory(), contact_id=contact.pk, token=contact.token, now=MONDAY
        )  # fmt: skip
