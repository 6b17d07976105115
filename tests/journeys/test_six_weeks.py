"""Six weeks of calls: ten thousand households, eighty callers with absences, an export every night; then the accounts.

The same seed plays the same season. What is checked is worked out from the rows that were written, by rules written
here again in a few lines (`season.py`).
"""

import datetime as dt
from collections import Counter, defaultdict
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from benchmarks.scratch import scratch_database
from django.db import connection
from tests.accounts.factories import UserFactory
from tests.journeys.season import DAY, FIRST_DAY, MOMENTS, PARIS, Household, Staff, Town

from bienveille.engines.audiences.queries import EVERYWHERE
from bienveille.engines.dispatch.models import Attempt, BatchLine, Contact
from bienveille.engines.dispatch.operations.steps import end_step
from bienveille.engines.dispatch.queries import ledger
from bienveille.engines.questionnaires.operations import ensure_built_in
from bienveille.ground.platform.prepared import one_row
from bienveille.register.accounts.models import Agency, User
from bienveille.register.housing.operations import ensure_reference
from bienveille.register.imports.operations import import_files
from bienveille.register.tenants.models import Lease
from bienveille.services.outreach.models import Campaign, RecurringCall
from bienveille.services.outreach.operations import (
    CallReport,
    confirm_lists,
    create_campaign,
    open_campaign,
    prepare_lists,
    record_call,
    take_next,
)
from bienveille.services.outreach.operations.arrivals import update_list
from bienveille.services.outreach.operations.lists import ListRules
from bienveille.services.outreach.operations.steps import ask_for_step, close_explained
from bienveille.services.outreach.operations.weekly_calls import back_today, hand_over, say_my_week
from bienveille.services.outreach.queries.steps import contact_with_home, unexplained_groups
from bienveille.services.outreach.queries.summary import count_faults
from bienveille.services.outreach.queries.weekly_calls import recurring_calls, stand_ins
from bienveille.services.outreach.rules import CallWishSaid

SEED, HOUSEHOLDS, CALLERS, WEEKS = 7, 10_000, 80, 6
EACH = 2  # calls a caller makes at each moment of the day
DOCUMENT = {
    "name": "Prendre des nouvelles, printemps 2027",
    "purpose": "wellbeing",
    "questionnaire": "senior-welfare",
    "waves": [
        {"name": "80 ans et plus, seuls", "audience": {"all": [{"age": {"min": 80}}, {"lives_alone": True}]}},
        {"name": "75 ans et plus", "audience": {"age": {"min": 75}}},
        {"name": "65 ans et plus", "audience": {"age": {"min": 65}}},
    ],
    "rules": {
        "max_attempts": 5,
        "windows": [{"days": [1, 2, 3, 4, 5], "from": "09:00", "to": "19:30"}],
    },
}

_IN_HAND = "SELECT token, household_id, planned_call_id FROM dispatch_contact WHERE id = %s"


class Season:
    """Plays the weeks and keeps what happened beside the product's own rows."""

    def __init__(
        self, folder: Any, *, households: int = HOUSEHOLDS, callers: int = CALLERS, weeks: int = WEEKS
    ) -> None:
        self.weeks = weeks
        self.town = Town(SEED, folder, households)
        self.people: dict[str, Household] = {}
        self.wrong_hours: list[str] = []
        self.uneven: list[str] = []
        ensure_reference()
        import_files(paths=[self.town.homes, self.town.write()], today=FIRST_DAY, org="Habitat des Trois Rivières")
        ensure_built_in(now=self.at(FIRST_DAY))
        self.manager = UserFactory(roles=["director"])
        agencies = list(Agency.objects.order_by("code"))
        made = [
            UserFactory(roles=["caller"], agency=agencies[rank % 5], languages=["fr", "tr"] if rank % 9 == 0 else ["fr"],
                        password="!", hours_per_week=12)
            for rank in range(callers)
        ]  # fmt: skip
        self.callers = {one.pk: one for one in made}
        self.staff = Staff(SEED, list(self.callers))
        self.campaign = create_campaign(document=DOCUMENT, actor=self.manager)
        open_campaign(campaign_id=self.campaign.pk, actor=self.manager, now=self.at(FIRST_DAY))
        self.campaign = Campaign.objects.select_related("queue", "questionnaire").get(pk=self.campaign.pk)

    @staticmethod
    def at(day: dt.date, hour: dt.time = dt.time(8)) -> dt.datetime:
        return dt.datetime.combine(day, hour, tzinfo=PARIS)

    def play(self) -> None:
        for ahead in range(self.weeks * 7):
            day = FIRST_DAY + ahead * DAY
            if day.weekday() == 0:
                self._begin_week(day)
            self._leases = dict(Lease.objects.filter(kind="housing").values_list("household_id", "number"))
            for moment in MOMENTS:
                self._call(day, moment)
            self._count(day)
            self._night(day)

    def _begin_week(self, monday: dt.date) -> None:
        """Weeks away are said; regular calls are handed over; lists are made."""
        now = self.at(monday)
        for key, caller in self.callers.items():
            if self.staff.away_that_week(key, monday):
                say_my_week(caller=caller, monday=monday, hours=Decimal(0), half_days=(), today=monday)
        for recurring in RecurringCall.objects.filter(stand_in_until__lte=monday):
            back_today(recurring_id=recurring.pk, today=monday)
        for line in recurring_calls(monday + 4 * DAY):
            if line.away is not None:
                best = stand_ins(line, monday)[0].candidate.key
                hand_over(
                    actor=self.manager, planned_call_id=line.planned.pk, to_id=best.pk, back_on=monday + 7 * DAY,
                    told=False, now=now,
                )  # fmt: skip
        plan = prepare_lists(campaign=self.campaign, actor=self.manager, rules=ListRules(week="this"), now=now)
        confirm_lists(campaign=self.campaign, actor=self.manager, plan_id=plan.plan.pk, now=now)

    def _call(self, day: dt.date, moment: dt.time) -> None:
        present = list(self.staff.present(day))
        Random(f"{SEED}|{day}|{moment}").shuffle(present)
        for place in range(EACH):
            now = self.at(day, moment) + dt.timedelta(minutes=12 * place)
            for key in present:
                self._one_call(self.callers[key], now)

    def _one_call(self, caller: User, now: dt.datetime) -> None:
        handed = take_next(campaign=self.campaign, caller=caller, now=now)
        if handed is None:
            return
        held = one_row(_IN_HAND, [handed.contact_id])
        assert held is not None
        token, household, planned = held
        lease = self._leases[household]
        home = self.people.get(lease)
        if home is None:
            home = self.people[lease] = Household(lease, self.town.zone_of(lease), Random(f"{SEED}|{lease}"))
        if not home.may_be_called(now):
            self.wrong_hours.append(f"{lease} {now} {home.wish}")
        said = home.say(now.date(), planned=planned is not None)
        if "wish" in said:
            said["wish"] = CallWishSaid(**said["wish"])
        record_call(
            campaign=self.campaign, caller=caller, contact_id=handed.contact_id, token=token,
            report=CallReport(**said), now=now,
        )  # fmt: skip

    def _count(self, day: dt.date) -> None:
        count = ledger(self.campaign.queue)
        states = ("waiting", "reserved", "reached", "refused", "unreachable", "withdrawn")
        if sum(getattr(count, name) for name in states) != count.target:
            self.uneven.append(f"{day}: {count}")

    def _night(self, day: dt.date) -> None:
        self.town.a_night(day)
        import_files(paths=[self.town.write()], today=day + DAY)
        update_list(campaign_id=self.campaign.pk, actor=None, now=self.at(day, dt.time(23)))
        self.campaign.queue.refresh_from_db()
        with connection.cursor() as cursor:  # the server does it by itself; that of the tests does not
            cursor.execute("VACUUM (ANALYZE) dispatch_contact, dispatch_attempt, dispatch_plannedcall")

    def end(self) -> None:
        """A visit for some of those without an answer, and a reason for the others; then the campaign is closed."""
        day = FIRST_DAY + self.weeks * 7 * DAY
        now = self.at(day, dt.time(10))
        silent = Contact.objects.filter(queue=self.campaign.queue, state="unreachable").order_by("lane", "priority")
        for rank, key in enumerate(silent.values_list("pk", flat=True)[:200]):
            contact = contact_with_home(self.campaign, EVERYWHERE, key)
            step = ask_for_step(
                actor=self.manager, contact=contact, kind="visit", doer_id=self.manager.pk, due_on=day, say="", now=now
            )
            end_step(actor=self.manager, step_id=step.pk, result=("seen_well", "absent", "moved")[rank % 3], now=now)
        reasons = {group.key: "Cinq essais à des heures variées" for group in unexplained_groups(self.campaign)}
        close_explained(campaign_id=self.campaign.pk, actor=self.manager, reasons=reasons, now=now)


@pytest.fixture(scope="module")
def season(tmp_path_factory, django_db_setup, django_db_blocker):
    """Played once, in a database of its own, each operation in its own transaction as on a real day."""
    with django_db_blocker.unblock(), scratch_database():
        played = Season(tmp_path_factory.mktemp("season"))
        played.play()
        played.end()
        played.calls = list(
            Attempt.objects.filter(undone_at=None)
            .order_by("at", "id")
            .values_list("contact__household", "caller", "outcome", "at", "channel")
        )
        played.states = Counter(Contact.objects.values_list("state", flat=True))
        played.ledger = ledger(played.campaign.queue)
        played.left = unexplained_groups(played.campaign)
        played.without_reason = (
            Contact.objects.filter(state__in=["unreachable", "withdrawn"], reason="").count()
            + Contact.objects.filter(state__in=["waiting", "reserved"]).count()
        )
        played.silent_untried = silent_untried()
        played.count_faults = count_faults()
        yield played


def silent_untried() -> int:
    """Households whose calls ended without an answer though nothing was tried: no call, no visit, no words."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM dispatch_contact c
            WHERE c.state = 'unreachable' AND c.reason <> 'no_phone'
              AND NOT EXISTS (SELECT FROM dispatch_attempt a WHERE a.contact_id = c.id)
              AND NOT EXISTS (SELECT FROM dispatch_step s WHERE s.contact_id = c.id)
              AND NOT EXISTS (SELECT FROM dispatch_explanation e WHERE e.contact_id = c.id)"""
        )
        return int(cursor.fetchone()[0])


def test_it_is_a_season(season):
    """Enough happened for the other tests to mean something."""
    outcomes = Counter(outcome for _, _, outcome, _, _ in season.calls)
    assert len(season.calls) > 1.5 * HOUSEHOLDS
    assert outcomes["reached"] > 0.8 * HOUSEHOLDS
    assert (
        min(outcomes[name] for name in ("voicemail", "busy", "wrong_number", "call_later", "refused"))
        > HOUSEHOLDS / 200
    )
    assert sum(bool(home.wish) for home in season.people.values()) > HOUSEHOLDS / 50
    assert any(home.zone.key == "Indian/Reunion" for home in season.people.values())


def test_every_evening_and_at_the_end_the_states_add_up(season):
    assert season.uneven == []
    count = season.ledger
    assert count.waiting == count.reserved == 0
    assert (
        count.reached + count.refused + count.unreachable + count.withdrawn
        == count.target
        == sum(season.states.values())
    )
    assert count.target > HOUSEHOLDS * 0.9
    assert season.count_faults == []


def test_nobody_is_called_out_of_their_hours(season):
    assert season.wrong_hours == []


def test_no_household_is_called_twice_the_same_day(season):
    """But for a line engaged or cut, the wrong number of two, and who asked to be called again that day."""
    by_day: dict[Any, list[str]] = defaultdict(list)
    for household, _, outcome, at, _ in season.calls:
        by_day[household, at.astimezone(PARIS).date()].append(outcome)
    again = {"busy", "interrupted", "wrong_number"}
    assert [outcomes for outcomes in by_day.values() if not again.issuperset(outcomes[:-1])] == []


def test_whoever_is_called_again_hears_the_same_voice(season):
    voices: dict[Any, list[Any]] = defaultdict(list)
    for household, caller, outcome, _, channel in season.calls:
        if outcome == "reached" and channel == "phone":
            voices[household].append(caller)
    second = [spoke[1] == spoke[0] for spoke in voices.values() if len(spoke) > 1]
    assert len(second) > HOUSEHOLDS / 50
    assert sum(second) / len(second) >= 0.8


def test_the_same_seed_plays_the_same_season(tmp_path_factory, django_db_setup, django_db_blocker):
    """A small one, twice: the same households, called by the same callers at the same minute, with the same end."""

    def told() -> tuple[list[Any], list[Any]]:
        with django_db_blocker.unblock(), scratch_database():
            played = Season(tmp_path_factory.mktemp("again"), households=250, callers=6, weeks=2)
            played.play()
            ranks = {key: rank for rank, key in enumerate(played.callers)}
            leases = dict(Lease.objects.filter(kind="housing").values_list("household_id", "number"))
            calls = Attempt.objects.values_list("at", "caller", "contact__household", "outcome")
            lists = BatchLine.objects.values_list("batch__caller", "contact__household", "position")
            return (
                sorted((at, ranks[caller], leases[household], outcome) for at, caller, household, outcome in calls),
                sorted((ranks[caller], leases[household], rank) for caller, household, rank in lists if caller),
            )

    once, again = told(), told()
    assert len(once[0]) > 250
    assert len(once[1]) > 100
    assert once == again


def test_nobody_is_left_without_explanation(season):
    assert season.left == []
    assert season.without_reason == 0
    assert season.silent_untried == 0
