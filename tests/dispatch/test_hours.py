"""Nobody is called outside the hours of the queue, of the place, of the household; and a grave call is followed by a rest."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import MONDAY, add_contact, make_queue, record, take

from bienveille.engines.dispatch import operations
from bienveille.engines.dispatch.models import Contact, Lane, Opening, PlannedCall
from bienveille.engines.dispatch.queries import check_invariants, closed_hours, ledger
from bienveille.ground.lib.calling_hours import PLACES, Hours, part_of, place_of
from bienveille.register.tenants.models import CallWish

pytestmark = [pytest.mark.django_db, pytest.mark.faults]

OFFICE = [{"days": [1, 2, 3, 4, 5], "from": "09:00", "to": "19:30"}]
PARIS = ZoneInfo("Europe/Paris")
SUNDAY_NIGHT = datetime(2026, 11, 22, 22, 0, tzinfo=PARIS)
MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=PARIS)
AFTERNOON = datetime(2026, 11, 23, 15, 0, tzinfo=PARIS)


def open_hours(queue, windows=OFFICE, now=SUNDAY_NIGHT, **more):
    operations.set_hours(queue=queue, windows=windows, on_days_off=more.get("on_days_off", False), now=now)
    operations.lay_openings(queue=queue, now=now)
    queue.refresh_from_db()
    return queue


def wish(contact, **said):
    facts = {"source": "call", "said_on": date(2026, 11, 20), **said}
    return CallWish.objects.create(household_id=contact.household_id, **facts)


def placed(contact, place):
    """The contact in the lane of a place."""
    contact = Contact.objects.select_related("queue", "lane__agency").get(pk=contact.pk)
    lane, _ = Lane.objects.get_or_create(
        queue=contact.queue, wave=contact.lane.wave, agency=contact.lane.agency, language="", place=place
    )
    Contact.objects.filter(pk=contact.pk).update(lane=lane)
    return lane


def fresh(contact):
    return Contact.objects.get(pk=contact.pk)


@pytest.fixture
def caller():
    return UserFactory(languages=["fr"])


class TestQueueHours:
    def test_without_hours_people_are_called_on_a_sunday_night(self, caller):
        assert take(make_queue(1), caller, now=SUNDAY_NIGHT) is not None

    def test_outside_them_nobody_and_the_page_says_when_it_opens_again(self, caller):
        queue = open_hours(make_queue(1))
        assert take(queue, caller, now=SUNDAY_NIGHT) is None
        closed = closed_hours(queue.pk, SUNDAY_NIGHT)
        assert (closed.until, closed.day) == (MORNING, date(2026, 11, 23))
        assert closed_hours(queue.pk, MORNING) is None
        assert take(queue, caller, now=MORNING - timedelta(seconds=1)) is None
        assert take(queue, caller, now=MORNING) is not None

    def test_who_is_in_hand_stays_when_the_hour_ends(self, caller):
        queue = open_hours(make_queue(2))
        held = take(queue, caller, now=MORNING + timedelta(hours=10, minutes=20))
        assert take(queue, caller, now=MORNING + timedelta(hours=11)).pk == held.pk

    def test_days_off_of_the_place_are_closed(self, caller):
        queue = open_hours(make_queue(1))
        contact = Contact.objects.get()
        friday = datetime(2026, 4, 3, 10, 0, tzinfo=PARIS)  # Good Friday
        assert take(open_hours(make_queue(1), now=friday), caller, now=friday) is not None
        placed(contact, "57")
        Lane.objects.filter(queue=queue, place="").delete()
        Opening.objects.filter(queue=queue).delete()
        operations.lay_openings(queue=queue, now=friday)
        assert take(queue, caller, now=friday) is None
        assert closed_hours(queue.pk, friday).day == date(2026, 4, 7)  # after Easter Monday

    def test_their_own_clock_counts(self, caller):
        queue = make_queue(2)
        here, there = Contact.objects.order_by("priority")
        placed(there, "974")
        open_hours(queue)
        six = datetime(2026, 11, 23, 6, 30, tzinfo=PARIS)  # half past nine in La Réunion
        assert take(queue, caller, now=six - timedelta(hours=1)) is None
        assert take(queue, caller, now=six).pk == there.pk
        evening = datetime(2026, 11, 23, 17, 0, tzinfo=PARIS)  # eight in the evening there
        assert take(queue, UserFactory(), now=evening).pk == here.pk

    def test_hours_changed_count_at_once(self, caller):
        queue = open_hours(make_queue(1))
        operations.set_hours(
            queue=queue, windows=[{"days": [7], "from": "20:00", "to": "23:00"}], on_days_off=False, now=SUNDAY_NIGHT
        )
        assert take(queue, caller, now=SUNDAY_NIGHT) is not None
        rows = Opening.objects.count()
        operations.set_hours(queue=queue, windows=queue.windows, on_days_off=False, now=MORNING)
        assert Opening.objects.count() == rows

    def test_the_night_job_goes_on_from_where_it_stopped(self):
        queue = open_hours(make_queue(1))
        last = Opening.objects.order_by("-day").first().day
        assert operations.lay_openings(queue=queue, now=SUNDAY_NIGHT) == 0
        assert operations.lay_openings(queue=queue, now=SUNDAY_NIGHT + timedelta(days=8)) > 0
        assert Opening.objects.order_by("-day").first().day > last
        operations.lay_openings_ahead()
        assert check_invariants(queue) == []

    def test_a_promise_waits_for_the_hours_and_is_not_begun_before(self, caller):
        queue = open_hours(make_queue(1), now=MONDAY)
        recorded = record(take(queue, caller), caller, "reached", call_back_on=date(2026, 11, 27))
        assert recorded.next_call == date(2026, 11, 27)
        planned = PlannedCall.objects.get()
        night = datetime(2026, 11, 27, 21, 0, tzinfo=PARIS)
        assert take(queue, caller, now=night) is None
        with pytest.raises(operations.OutsideHours):
            operations.take_planned(caller=caller, planned_call_id=planned.pk, now=night, reason="essai")
        assert take(queue, caller, now=night - timedelta(hours=5)) is not None

    @pytest.mark.parametrize(
        ("day", "when"), [(date(2026, 11, 29), ""), (date(2026, 12, 25), "morning"), (date(2026, 11, 27), "09:00")]
    )
    def test_no_promise_outside_the_hours(self, caller, day, when):
        queue = open_hours(make_queue(1), windows=[{"days": [1, 5], "from": "10:00", "to": "19:30"}], now=MONDAY)
        contact = take(queue, caller)
        with pytest.raises(operations.CannotPlanClosed):
            record(contact, caller, "reached", call_back_on=day, call_back_when=when)
        record(contact, caller, "reached", call_back_on=date(2026, 11, 27), call_back_when="10:00")


class TestWish:
    def test_a_household_is_put_off_to_the_hour_it_asked_for(self, caller):
        queue = open_hours(make_queue(2))
        first, second = Contact.objects.order_by("priority")
        wish(first, parts=["afternoon"], not_on=[3])
        assert take(queue, caller, now=MORNING).pk == second.pk
        assert fresh(first).not_before == datetime(2026, 11, 23, 13, 0, tzinfo=PARIS)
        assert (fresh(first).state, fresh(first).token) == ("waiting", None)
        assert take(queue, UserFactory(), now=AFTERNOON).pk == first.pk
        assert check_invariants(queue) == []

    def test_a_day_they_refuse_is_skipped(self, caller):
        queue = open_hours(make_queue(1))
        contact = Contact.objects.get()
        wish(contact, not_on=[1, 2])
        assert take(queue, caller, now=MORNING) is None
        assert fresh(contact).not_before == datetime(2026, 11, 25, 9, 0, tzinfo=PARIS)

    def test_it_counts_without_hours_of_the_queue_too(self, caller):
        queue = make_queue(1)
        operations.lay_openings(queue=queue, now=SUNDAY_NIGHT)
        contact = Contact.objects.get()
        wish(contact, parts=["morning"])
        assert take(queue, caller, now=SUNDAY_NIGHT) is None
        assert fresh(contact).not_before == datetime(2026, 11, 23, 0, 0, tzinfo=PARIS)

    def test_who_prefers_to_be_written_to_is_not_called(self, caller):
        queue = open_hours(make_queue(1))
        wish(Contact.objects.get(), in_writing=True)
        assert take(queue, caller, now=MORNING) is None
        contact = Contact.objects.get()
        assert (contact.state, contact.reason) == ("unreachable", "writing")
        assert ledger(queue).adds_up

    def test_hours_that_never_meet_are_said(self, caller):
        queue = open_hours(make_queue(1), windows=[{"days": [1], "from": "09:00", "to": "12:00"}])
        wish(Contact.objects.get(), parts=["evening"])
        assert take(queue, caller, now=MORNING) is None
        contact = Contact.objects.get()
        assert (contact.state, contact.reason) == ("unreachable", "hours")

    def test_a_weekly_call_waits_for_the_part_of_the_day(self, caller):
        queue = open_hours(make_queue(1))
        contact = take(queue, caller, now=MORNING)
        record(contact, caller, "reached", now=MORNING, weekly=True)
        wish(contact, parts=["afternoon"])
        week = timedelta(days=7)
        assert take(queue, caller, now=MORNING + week) is None
        assert take(queue, caller, now=AFTERNOON + week).pk == contact.pk

    def test_retries_keep_to_the_wish(self, caller):
        queue = open_hours(make_queue(1))
        contact = take(queue, caller, now=MORNING)
        wish(contact, not_on=[2], parts=["evening"])
        record(contact, caller, "no_answer", now=MORNING)
        assert fresh(contact).not_before == datetime(2026, 11, 25, 17, 0, tzinfo=PARIS)


class TestHard:
    def hard(self, *contacts):
        Contact.objects.filter(pk__in=[one.pk for one in contacts]).update(hard=True)

    def test_after_a_grave_call_the_next_is_not(self, caller):
        queue = make_queue(3)
        first, second, third = Contact.objects.order_by("priority")
        self.hard(second)
        record(take(queue, caller), caller, "reached", hard=True)
        assert fresh(first).hard
        given = take(queue, caller)
        assert given.pk == third.pk
        later = MONDAY + timedelta(minutes=10)
        record(given, caller, "reached", now=later)
        assert take(queue, caller, now=later).pk == second.pk

    def test_nothing_else_waits_a_day_at_most_and_somebody_else_may_take_it(self, caller):
        queue = make_queue(2)
        self.hard(*Contact.objects.all())
        record(take(queue, caller), caller, "reached", hard=True)
        assert take(queue, caller) is None
        assert take(queue, caller, now=MONDAY + timedelta(days=1)) is not None

    def test_another_caller_is_given_it_at_once(self, caller):
        queue = make_queue(2)
        self.hard(*Contact.objects.all())
        record(take(queue, caller), caller, "reached", hard=True)
        assert take(queue, caller) is None
        assert take(queue, UserFactory()) is not None
        assert check_invariants(queue) == []

    def test_a_grave_promise_waits_unless_it_is_late(self, caller):
        queue = make_queue(2)
        contact = take(queue, caller)
        record(contact, caller, "reached", hard=True, call_back_on=date(2026, 11, 24))
        tuesday = MONDAY + timedelta(days=1)
        other = take(queue, caller, now=tuesday - timedelta(hours=2))
        record(other, caller, "reached", now=tuesday - timedelta(hours=1), hard=True)
        assert take(queue, caller, now=tuesday) is None
        assert take(queue, caller, now=tuesday + timedelta(hours=20)).pk == contact.pk

    def test_taking_back_the_grave_call_takes_back_the_rest(self, caller):
        queue = make_queue(2)
        self.hard(Contact.objects.order_by("priority")[1])
        recorded = record(take(queue, caller), caller, "reached", hard=True)
        operations.undo_attempt(caller=caller, attempt_id=recorded.attempt.pk, now=MONDAY)
        held = take(queue, caller)
        assert not fresh(held).hard
        later = MONDAY + timedelta(minutes=10)
        record(held, caller, "reached", now=later)
        assert take(queue, caller, now=later) is not None


def test_the_database_knows_the_same_places_clocks_and_parts_of_the_day():
    moment = datetime(2026, 7, 14, 9, 59, tzinfo=UTC)
    communes = ["97411", "97105", "97801", "57463", "67482", "68224", "69123", "98818", "97999", "2A004", "98411"]
    with connection.cursor() as cursor:
        for place in PLACES:
            cursor.execute("SELECT dispatch_clock(%s, %s)", [place, moment])
            assert cursor.fetchone()[0] == Hours(place=place).local(moment).replace(tzinfo=None)
        for commune in communes:
            cursor.execute("SELECT dispatch_place(%s)", [commune])
            assert cursor.fetchone()[0] == place_of(commune)
        for hour in range(24):
            clock = datetime(2026, 7, 14, hour, 0)
            cursor.execute("SELECT dispatch_part(%s)", [clock])
            assert cursor.fetchone()[0] == part_of(clock)


def test_a_household_in_another_language_is_called_in_its_hours_too(caller):
    queue = make_queue(0)
    add_contact(queue, language="tr")
    operations.freeze_target(queue=queue)
    open_hours(queue)
    assert take(queue, caller, now=SUNDAY_NIGHT) is None
    assert take(queue, caller, now=MORNING) is not None
