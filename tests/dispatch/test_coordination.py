"""What coordinators do to a queue while it is called: taken out, put back, freed, given to another; always exact."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import MONDAY, make_queue, record, take

from bienveille.engines.dispatch import operations
from bienveille.engines.dispatch.models import Contact, Lane, PlannedCall, Queue
from bienveille.engines.dispatch.queries import check_invariants, ledger
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.models import AuditEntry, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller():
    return UserFactory()


@pytest.fixture
def coordinator():
    return UserFactory(roles=["director"])


def ids(queue: Queue) -> list:
    return list(Contact.objects.filter(queue=queue).order_by("priority").values_list("pk", flat=True))


def fresh(contact: Contact) -> Contact:
    return Contact.objects.get(pk=contact.pk)


def holder_of(contact: Contact) -> User:
    return User.objects.get(pk=contact.reserved_by_id)


def withdraw(queue, coordinator, wanted):
    return operations.withdraw_many(actor=coordinator, queue_id=queue.pk, contact_ids=wanted, motive="en voyage")


def put_back(queue, coordinator, wanted):
    return operations.put_back(actor=coordinator, queue_id=queue.pk, contact_ids=wanted)


class TestWithdraw:
    def test_those_that_wait_and_only_those(self, caller, coordinator):
        queue = make_queue(4)
        held = take(queue, caller)
        reached = take(queue, UserFactory())
        record(reached, holder_of(reached), "reached")
        done = withdraw(queue, coordinator, ids(queue))
        assert set(done) == set(ids(queue)) - {held.pk, reached.pk}
        assert ledger(queue).as_dict() == {
            "target": 4, "waiting": 0, "reserved": 1, "reached": 1, "refused": 0, "unreachable": 0, "withdrawn": 2,
        }  # fmt: skip
        assert check_invariants(queue) == []
        entry = AuditEntry.objects.filter(action="contact.changed").first()
        assert (entry.actor_id, entry.reason, entry.detail) == (coordinator.pk, "en voyage", {"state": "withdrawn"})

    def test_twice_takes_nobody_out_twice(self, coordinator):
        queue = make_queue(2)
        assert len(withdraw(queue, coordinator, ids(queue))) == 2
        assert withdraw(queue, coordinator, ids(queue)) == []

    def test_another_queues_household_is_left(self, coordinator):
        queue, other = make_queue(1), make_queue(1)
        assert withdraw(queue, coordinator, ids(other)) == []

    def test_the_call_that_follows_is_no_longer_undone_by_the_caller(self, caller, coordinator):
        queue = make_queue(1)
        saved = record(take(queue, caller), caller, "no_answer")
        withdraw(queue, coordinator, ids(queue))
        with pytest.raises(operations.CannotUndo, match="retiré de la campagne"):
            operations.undo_attempt(caller=caller, attempt_id=saved.attempt.pk, now=MONDAY)
        assert check_invariants(queue) == []

    def test_a_report_that_comes_late_is_refused_once_taken_out(self, caller, coordinator):
        queue = make_queue(1)
        contact = take(queue, caller)
        operations.wake(queue=queue, now=MONDAY + timedelta(hours=2))
        withdraw(queue, coordinator, ids(queue))
        with pytest.raises(operations.StaleToken):
            record(contact, caller, "reached", now=MONDAY + timedelta(hours=2))


class TestPutBack:
    def test_same_place_same_hour(self, caller, coordinator):
        queue = make_queue(2)
        contact = take(queue, caller)
        record(contact, caller, "no_answer")
        hour = fresh(contact).not_before
        withdraw(queue, coordinator, ids(queue))
        assert fresh(contact).not_before is None
        assert len(put_back(queue, coordinator, ids(queue))) == 2
        assert (fresh(contact).state, fresh(contact).not_before) == ("waiting", hour)
        assert take(queue, caller).pk != contact.pk
        assert check_invariants(queue) == []

    def test_opens_the_lane_again(self, caller, coordinator):
        queue = make_queue(1)
        withdraw(queue, coordinator, ids(queue))
        assert take(queue, caller) is None
        assert not Lane.objects.get().open
        put_back(queue, coordinator, ids(queue))
        assert take(queue, caller) is not None

    def test_not_those_taken_out_for_another_reason_nor_after_closing(self, caller, coordinator):
        queue = make_queue(2)
        record(take(queue, caller), caller, "moved")
        assert put_back(queue, coordinator, ids(queue)) == []
        withdraw(queue, coordinator, ids(queue))
        operations.close_queue(queue=queue, now=MONDAY)
        assert put_back(queue, coordinator, ids(queue)) == []
        assert check_invariants(queue) == []


class TestFree:
    def test_goes_back_and_the_late_report_is_still_honoured(self, caller, coordinator):
        queue = make_queue(1)
        contact = take(queue, caller)
        release = {"queue_id": queue.pk, "contact_id": contact.pk, "holder_id": caller.pk, "since": contact.reserved_at}
        operations.free(actor=coordinator, **release)
        assert fresh(contact).state == "waiting"
        with pytest.raises(operations.CannotFree):
            operations.free(actor=coordinator, **release)
        assert record(contact, caller, "reached").state == "reached"
        assert check_invariants(queue) == []

    def test_the_late_report_is_refused_once_somebody_else_has_it(self, caller, coordinator):
        queue = make_queue(1)
        contact = take(queue, caller)
        operations.free(
            actor=coordinator, queue_id=queue.pk, contact_id=contact.pk, holder_id=caller.pk, since=contact.reserved_at
        )
        other = UserFactory()
        assert take(queue, other).pk == contact.pk
        with pytest.raises(operations.StaleToken):
            record(contact, caller, "reached")

    def test_a_reservation_that_changed_hands_is_not_freed(self, caller, coordinator):
        queue = make_queue(1)
        contact = take(queue, caller)
        operations.release(caller=caller, contact_id=contact.pk, token=contact.token)
        take(queue, UserFactory())
        with pytest.raises(operations.CannotFree):
            operations.free(
                actor=coordinator, queue_id=queue.pk, contact_id=contact.pk, holder_id=caller.pk,
                since=contact.reserved_at,
            )  # fmt: skip

    def test_nor_one_that_its_caller_took_again_since(self, caller, coordinator):
        queue = make_queue(1)
        contact = take(queue, caller)
        operations.release(caller=caller, contact_id=contact.pk, token=contact.token)
        take(queue, caller, now=MONDAY + timedelta(minutes=5))
        with pytest.raises(operations.CannotFree):
            operations.free(
                actor=coordinator, queue_id=queue.pk, contact_id=contact.pk, holder_id=caller.pk,
                since=contact.reserved_at,
            )  # fmt: skip

    def test_after_closing_it_is_withdrawn(self, caller, coordinator):
        queue = make_queue(1)
        contact = take(queue, caller)
        operations.close_queue(queue=queue, now=MONDAY)
        operations.free(
            actor=coordinator, queue_id=queue.pk, contact_id=contact.pk, holder_id=caller.pk, since=contact.reserved_at
        )
        assert (fresh(contact).state, fresh(contact).reason) == ("withdrawn", "closed")
        assert check_invariants(queue) == []

    def test_a_promised_call_stays_promised(self, caller, coordinator):
        queue = make_queue(1)
        record(take(queue, caller), caller, "reached", weekly=True)
        later = MONDAY + timedelta(days=7)
        contact = take(queue, caller, now=later)
        operations.free(
            actor=coordinator, queue_id=queue.pk, contact_id=contact.pk, holder_id=caller.pk, since=contact.reserved_at
        )
        assert fresh(contact).state == "reached"
        assert PlannedCall.objects.get().state == "planned"


class TestReassign:
    def test_to_another_and_back(self, caller, coordinator):
        queue, other = make_queue(2), UserFactory()
        for _ in range(2):
            record(take(queue, caller), caller, "reached", weekly=True)
        promises = dict.fromkeys(PlannedCall.objects.values_list("pk", flat=True), other.pk)
        former = operations.reassign(actor=coordinator, queue_id=queue.pk, promises=promises)
        assert set(former.values()) == {caller.pk}
        assert set(PlannedCall.objects.values_list("caller_id", flat=True)) == {other.pk}
        assert take(queue, caller, now=MONDAY + timedelta(days=7)) is None
        assert take(queue, other, now=MONDAY + timedelta(days=7)) is not None
        back = operations.reassign(actor=coordinator, queue_id=queue.pk, promises=former)
        assert len(back) == 1  # the other one is being made now

    def test_a_kept_promise_is_left(self, caller, coordinator):
        queue = make_queue(1)
        record(take(queue, caller), caller, "reached", call_back_on=MONDAY.date())
        record(take(queue, caller), caller, "reached")
        promises = dict.fromkeys(PlannedCall.objects.values_list("pk", flat=True), UserFactory().pk)
        assert operations.reassign(actor=coordinator, queue_id=queue.pk, promises=promises) == {}


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["take", "reached", "weekly", "no_answer", "withdraw", "back", "free", "reassign", "undo", "wake"]),
        st.integers(0, 1),
        st.sets(st.integers(0, 3), min_size=1),
    ),
    max_size=25,
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS, closes=st.booleans())
def test_the_ledger_is_exact_whatever_is_done_in_whatever_order(acts, closes):
    with transaction.atomic():
        queue, callers, boss = make_queue(4), [UserFactory(), UserFactory()], UserFactory()
        everyone, saved = ids(queue), {}
        for rank, (act, who, which) in enumerate(acts):
            now = MONDAY + timedelta(hours=rank)
            try:
                with transaction.atomic():
                    _do(act, queue, callers[who], callers[1 - who], boss, [everyone[i] for i in which], now, saved)
            except Refusal:
                pass
            assert check_invariants(queue) == [], (act, rank)
        if closes:
            operations.close_queue(queue=queue, now=MONDAY + timedelta(days=3))
            put_back(queue, boss, everyone)
            assert check_invariants(queue) == []
            assert ledger(queue).waiting == 0
        transaction.set_rollback(True)


def _do(act, queue, caller, other, boss, wanted, now, saved):
    match act:
        case "take":
            take(queue, caller, now=now)
        case "reached" | "weekly" | "no_answer":
            contact = take(queue, caller, now=now)
            if contact is not None:
                outcome = "no_answer" if act == "no_answer" else "reached"
                saved[caller.pk] = record(contact, caller, outcome, now=now, weekly=act == "weekly").attempt.pk
        case "withdraw":
            withdraw(queue, boss, wanted)
        case "back":
            put_back(queue, boss, wanted)
        case "free":
            for held in Contact.objects.filter(queue=queue, reserved_by=caller):
                operations.free(
                    actor=boss, queue_id=queue.pk, contact_id=held.pk, holder_id=caller.pk, since=held.reserved_at
                )
        case "reassign":
            planned = PlannedCall.objects.filter(caller=caller, contact__in=wanted).values_list("pk", flat=True)
            operations.reassign(actor=boss, queue_id=queue.pk, promises=dict.fromkeys(planned, other.pk))
        case "undo" if caller.pk in saved:
            operations.undo_attempt(caller=caller, attempt_id=saved[caller.pk], now=now)
        case "wake":
            operations.wake(queue=queue, now=now + timedelta(hours=1))


@pytest.mark.django_db(transaction=True)
def test_two_coordinators_and_three_callers_at_once():
    queue = make_queue(40)
    everyone = ids(queue)
    bosses, callers = [UserFactory(), UserFactory()], [UserFactory() for _ in range(3)]
    faults: list[BaseException] = []

    def run(work, *arguments):
        try:
            for turn in range(8):
                work(turn, *arguments)
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    def coordinate(turn, boss, step):
        some = everyone[turn % 2 :: 2][::step]
        withdraw(queue, boss, some)
        put_back(queue, boss, some)

    def call(turn, caller):
        contact = take(queue, caller)
        if contact is None:
            return
        if turn % 3:
            record(contact, caller, "reached")
        else:
            operations.release(caller=caller, contact_id=contact.pk, token=contact.token)

    threads = [
        threading.Thread(target=run, args=(coordinate, boss, step)) for boss, step in zip(bosses, (1, -1), strict=True)
    ]
    threads += [threading.Thread(target=run, args=(call, caller)) for caller in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert check_invariants(queue) == []
    counted = ledger(queue)
    assert counted.adds_up
    assert (counted.withdrawn, counted.reserved) == (0, 0)
