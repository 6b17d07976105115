"""Promised calls: their hour, the late report that is still honoured, the weekly call ended and taken up again."""

from datetime import UTC, date, datetime, timedelta

import pytest
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import MONDAY, make_queue, record, take

from bienveille.engines.dispatch.models import Contact, PlannedCall
from bienveille.engines.dispatch.operations import (
    CannotPlanThen,
    CannotResume,
    CannotStop,
    NoLongerCalled,
    StaleToken,
    UnknownContact,
    resume_weekly,
    stop_weekly,
    take_planned,
    undo_attempt,
    wake,
)
from bienveille.engines.dispatch.queries import check_invariants, still_callable
from bienveille.engines.dispatch.rules import is_callable_hour, starts_at
from bienveille.register.accounts.models import AuditEntry
from bienveille.register.tenants.models import ContactPoint, Person

TUESDAY = MONDAY + timedelta(days=1)


@pytest.mark.parametrize(
    ("when", "good"),
    [
        ("", True), ("morning", True), ("afternoon", True), ("09:00", True), ("19:00", True),
        ("08:59", False), ("19:30", False), ("24:00", False), ("T1430", False), ("9:00", False), ("soon", False),
    ],
)  # fmt: skip
def test_hours_at_which_people_are_called(when, good):
    assert is_callable_hour(when) is good
    if good:
        assert starts_at(when).minute == 0


@pytest.fixture
def caller(db):
    return UserFactory(roles=["caller"])


@pytest.fixture
def queue(db):
    return make_queue(1)


def promised(queue, caller, **more):
    """The only household, reached on Monday, with a promise for Tuesday."""
    contact = take(queue, caller)
    record(contact, caller, "reached", **{"call_back_on": TUESDAY.date(), **more})
    return PlannedCall.objects.get(state="planned")


class TestHour:
    def test_is_handed_out_from_its_hour_on(self, queue, caller):
        planned = promised(queue, caller, call_back_when="14:30")
        assert planned.due_from == datetime(2026, 11, 24, 13, 30, tzinfo=UTC)  # half past two in Paris
        assert take(queue, caller, datetime(2026, 11, 24, 13, 29, tzinfo=UTC)) is None
        assert take(queue, caller, datetime(2026, 11, 24, 13, 30, tzinfo=UTC)).planned_call_id == planned.pk

    def test_is_handed_out_the_next_morning_when_its_day_went_by(self, queue, caller):
        promised(queue, caller, call_back_when="afternoon")
        assert take(queue, caller, datetime(2026, 11, 25, 8, 0, tzinfo=UTC)) is not None

    def test_stays_with_a_weekly_call(self, queue, caller):
        promised(queue, caller, call_back_when="14:30", weekly=True)
        held = take(queue, caller, datetime(2026, 11, 24, 14, 0, tzinfo=UTC))
        record(held, caller, "reached", datetime(2026, 11, 24, 14, 5, tzinfo=UTC))
        again = PlannedCall.objects.get(state="planned")
        assert (again.due_on, again.due_when) == (date(2026, 12, 1), "14:30")
        assert again.due_from == datetime(2026, 12, 1, 13, 30, tzinfo=UTC)

    def test_stays_when_nobody_answers_and_comes_back_when_taken_back(self, queue, caller):
        promised(queue, caller, call_back_when="14:30")
        now = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
        recorded = record(take(queue, caller, now), caller, "no_answer", now)
        moved = PlannedCall.objects.get()
        assert moved.due_from == datetime(2026, 11, 25, 13, 30, tzinfo=UTC)
        undo_attempt(caller=caller, attempt_id=recorded.attempt.pk, now=now)
        assert PlannedCall.objects.get().due_from == datetime(2026, 11, 24, 13, 30, tzinfo=UTC)

    def test_of_a_first_call_put_off(self, queue, caller):
        record(take(queue, caller), caller, "call_later", call_back_on=TUESDAY.date(), call_back_when="afternoon")
        assert Contact.objects.get().not_before == datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

    def test_at_night_is_refused(self, queue, caller):
        with pytest.raises(CannotPlanThen):
            promised(queue, caller, call_back_when="21:00")

    def test_without_a_number_waits_a_week_at_the_same_hour(self, queue, caller):
        planned = promised(queue, caller, call_back_when="14:30")
        ContactPoint.objects.update(status="wrong")
        assert take(queue, caller, datetime(2026, 11, 24, 14, 0, tzinfo=UTC)) is None
        planned.refresh_from_db()
        assert (planned.due_on, planned.due_from) == (date(2026, 12, 1), datetime(2026, 12, 1, 13, 30, tzinfo=UTC))


class TestLateReport:
    def lapsed(self, queue, caller):
        promised(queue, caller, weekly=True)
        held = take(queue, caller, TUESDAY)
        assert wake(queue=queue, now=TUESDAY + timedelta(hours=3)) == 1
        assert Contact.objects.get().reserved_by_id is None
        return held

    def test_of_a_promised_call_is_honoured_while_nobody_took_it(self, queue, caller):
        held = self.lapsed(queue, caller)
        record(held, caller, "reached", TUESDAY + timedelta(hours=3))
        kept = PlannedCall.objects.get(state="done")
        assert kept.done_by_id is not None
        assert PlannedCall.objects.get(state="planned").due_on == TUESDAY.date() + timedelta(days=7)
        assert check_invariants(queue) == []

    def test_can_be_taken_back(self, queue, caller):
        held = self.lapsed(queue, caller)
        later = TUESDAY + timedelta(hours=3)
        recorded = record(held, caller, "reached", later)
        undo_attempt(caller=caller, attempt_id=recorded.attempt.pk, now=later)
        assert PlannedCall.objects.get().state == "planned"
        assert Contact.objects.get().planned_call_id == PlannedCall.objects.get().pk

    def test_is_refused_once_somebody_else_took_it(self, queue, caller):
        held = self.lapsed(queue, caller)
        other = UserFactory(roles=["caller"])
        assert take(queue, other, TUESDAY + timedelta(days=1)) is not None
        with pytest.raises(StaleToken):
            record(held, caller, "reached", TUESDAY + timedelta(days=1))

    def test_is_refused_once_the_promise_is_ended(self, queue, caller):
        held = self.lapsed(queue, caller)
        stop_weekly(caller=caller, planned_call_id=held.planned_call_id, reason="other", now=TUESDAY)
        with pytest.raises(StaleToken):
            record(held, caller, "reached", TUESDAY + timedelta(hours=3))


class TestEndingAWeeklyCall:
    def test_says_why_and_is_never_handed_out_again(self, queue, caller):
        planned = promised(queue, caller, weekly=True)
        for _ in range(2):
            stop_weekly(caller=caller, planned_call_id=planned.pk, reason="no_longer_wanted", now=MONDAY)
        assert take(queue, caller, TUESDAY) is None
        entry = AuditEntry.objects.get(action="contact.changed")
        assert (entry.reason, entry.detail) == ("La personne ne le souhaite plus", {"change": "weekly_stopped"})

    def test_taken_up_again_keeps_its_day_of_the_week(self, queue, caller):
        planned = promised(queue, caller, weekly=True, call_back_when="14:30")
        stop_weekly(caller=caller, planned_call_id=planned.pk, reason="caller_unable", now=MONDAY)
        for _ in range(2):
            resume_weekly(caller=caller, planned_call_id=planned.pk, now=MONDAY + timedelta(days=3))
        planned.refresh_from_db()
        assert (planned.state, planned.stop_reason, planned.due_on) == ("planned", "", date(2026, 12, 1))
        assert planned.due_from == datetime(2026, 12, 1, 13, 30, tzinfo=UTC)

    def test_is_refused_during_the_call(self, queue, caller):
        planned = promised(queue, caller, weekly=True)
        take_planned(caller=caller, planned_call_id=planned.pk, now=MONDAY, reason="essai")
        with pytest.raises(CannotStop):
            stop_weekly(caller=caller, planned_call_id=planned.pk, reason="other", now=MONDAY)

    def test_of_somebody_else_does_not_exist(self, queue, caller):
        planned = promised(queue, caller, weekly=True)
        with pytest.raises(UnknownContact):
            stop_weekly(caller=UserFactory(), planned_call_id=planned.pk, reason="other", now=MONDAY)

    def test_cannot_come_back_beside_another_promise(self, queue, caller):
        planned = promised(queue, caller, weekly=True)
        stop_weekly(caller=caller, planned_call_id=planned.pk, reason="other", now=MONDAY)
        PlannedCall.objects.create(contact_id=planned.contact_id, caller=caller, due_on=TUESDAY.date())
        with pytest.raises(CannotResume):
            resume_weekly(caller=caller, planned_call_id=planned.pk, now=MONDAY)


class TestNoLongerCalled:
    @pytest.mark.parametrize("change", [{"deceased": True}, {"left_on": MONDAY.date()}, {"protected_address": True},
                                        {"opposed_on": MONDAY.date()}])  # fmt: skip
    def test_a_promise_is_not_started_once_the_household_changed(self, queue, caller, change):
        planned = promised(queue, caller)
        assert PlannedCall.objects.filter(still_callable()).exists()
        Person.objects.update(**change)
        assert not PlannedCall.objects.filter(still_callable()).exists()
        with pytest.raises(NoLongerCalled):
            take_planned(caller=caller, planned_call_id=planned.pk, now=MONDAY, reason="essai")
