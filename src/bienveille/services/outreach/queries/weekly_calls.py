"""Recurring calls: who calls whom, when, since when, what is missed; who could stand in; a caller's week."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Subquery
from django.utils.timezone import localtime

from bienveille.engines.dispatch.choices import Outcome, PlannedState
from bienveille.engines.dispatch.models import Attempt, PlannedCall
from bienveille.engines.dispatch.queries import still_callable
from bienveille.engines.dispatch.rules import next_weekly
from bienveille.register.accounts.models import User
from bienveille.register.accounts.rules import Scope
from bienveille.register.tenants.models import Person
from bienveille.services.outreach.models import CallerPause, CallerWeek, RecurringCall, Report
from bienveille.services.outreach.queries.campaigns import callers_for
from bienveille.services.outreach.rules.weekly_calls import (
    TOO_MANY_MISSED,
    Away,
    Candidate,
    Proposal,
    asks_again,
    away_on,
    missed_calls,
    monday_of,
    proposals,
)


@dataclass(frozen=True)
class RecurringLine:
    """One recurring call as its page shows it."""

    planned: PlannedCall
    recurring: RecurringCall | None
    since: datetime | None
    last_words: str
    last_at: datetime | None
    missed: int
    away: Away | None
    ask_again: bool

    @property
    def usual_caller(self) -> User:
        return self.recurring.usual_caller if self.recurring else self.planned.caller

    @property
    def stand_in(self) -> User | None:
        return self.recurring.stand_in if self.recurring else None

    @property
    def red(self) -> bool:
        """Missed twice or more: somebody must look now."""
        return self.missed >= TOO_MANY_MISSED

    # What the columns of the coordinator's table sort by and take away.
    @property
    def name(self) -> str:
        return self.planned.contact.household.display_name

    @property
    def caller_name(self) -> str:
        return self.planned.caller.display_name

    @property
    def due_on(self) -> date:
        return self.planned.due_on


def recurring_calls(today: date, *, scope: Scope | None = None, caller: User | None = None) -> list[RecurringLine]:
    """Recurring calls of a caller, or of the agencies that somebody covers: missed ones first (2 queries)."""
    planned = PlannedCall.objects.filter(
        still_callable(), weekly=True, state=PlannedState.PLANNED, contact__queue__closed_at=None
    )
    if caller is not None:
        planned = planned.filter(caller=caller)
    if scope is not None and not scope.everything:
        planned = planned.filter(
            Q(contact__lane__agency__in=scope.agencies) | Q(contact__lane__agency__company__in=scope.companies)
        )
    return _lines(list(_told(planned)), today)


def recurring_call(planned_call_id: UUID) -> PlannedCall | None:
    """One recurring call that is planned, or was stopped and may be taken up, whoever makes it (1 query)."""
    there = Q(state=PlannedState.PLANNED) | Q(stopped_at__isnull=False)
    planned = PlannedCall.objects.filter(there, pk=planned_call_id, weekly=True)
    return _told(planned.filter(contact__queue__closed_at=None)).first()


def recurring_line(planned: PlannedCall, today: date) -> RecurringLine:
    """What the screens tell of one call found by `recurring_call` (1 query)."""
    return _lines([planned], today)[0]


def idle_weeks(user_ids: Iterable[UUID], today: date) -> dict[UUID, list[date]]:
    """The weeks, from this one on, in which these callers gave no hour (1 query)."""
    rows = CallerWeek.objects.filter(user__in=set(user_ids), monday__gte=monday_of(today), hours=0)
    found: dict[UUID, list[date]] = defaultdict(list)
    for user_id, monday in rows.values_list("user_id", "monday"):
        found[user_id].append(monday)
    return found


def _told(planned: QuerySet[PlannedCall]) -> QuerySet[PlannedCall]:
    first = (
        PlannedCall.objects.filter(contact=OuterRef("contact"), weekly=True)
        .order_by()
        .values("contact")
        .annotate(first=Min("planned_by__at"))
        .values("first")
    )
    said = Report.objects.filter(attempt__contact__household=OuterRef("contact__household"), attempt__undone_at=None)
    said = said.exclude(note="").order_by("-attempt__at")
    return planned.annotate(
        since=Subquery(first),
        last_words=Subquery(said.values("note")[:1]),
        last_at=Subquery(said.values("attempt__at")[:1]),
    ).select_related(
        "contact__household",
        "contact__queue__campaign",
        "contact__lane__agency",
        "contact__recurring__usual_caller",
        "contact__recurring__stand_in",
        "caller__calling_pause",
    )


def _lines(rows: Sequence[Any], today: date) -> list[RecurringLine]:
    idle = idle_weeks([row.caller_id for row in rows], today)
    lines = []
    for row in rows:
        recurring = getattr(row.contact, "recurring", None)
        pause = getattr(row.caller, "calling_pause", None)
        since = localtime(row.since).date() if row.since else None
        lines.append(
            RecurringLine(
                planned=row,
                recurring=recurring,
                since=row.since,
                last_words=row.last_words or "",
                last_at=row.last_at,
                missed=missed_calls(row.promised_for or row.due_on, row.every_days, today),
                away=away_on(
                    max(row.due_on, today),
                    active=row.caller.is_active,
                    rests_until=pause.until if pause else None,
                    idle_weeks=idle.get(row.caller_id, ()),
                ),
                ask_again=asks_again(since, recurring.confirmed_on if recurring else None, today),
            )
        )
    return sorted(lines, key=lambda line: (-line.missed, line.away is None, line.due_on, line.name, line.planned.pk))


def stand_ins(line: RecurringLine, today: date) -> list[Proposal]:
    """Who could stand in for the caller of a recurring call, the best first, with why (3 queries)."""
    planned, contact = line.planned, line.planned.contact
    spoke = Attempt.objects.filter(
        caller=OuterRef("pk"), contact__household=contact.household_id, outcome=Outcome.REACHED, undone_at=None
    )
    mine = Q(planned_calls__weekly=True, planned_calls__state=PlannedState.PLANNED)
    callers = (
        User.objects.filter(pk__in=callers_for(contact.queue.campaign).exclude(pk=planned.caller_id).values("pk"))
        .annotate(
            has_spoken=Exists(spoke),
            covers_it=Exists(User.covers.through.objects.filter(user=OuterRef("pk"), agency=contact.lane.agency_id)),
            recurring_count=Count("planned_calls", filter=mine, distinct=True),
        )
        .select_related("calling_pause")
        .order_by("last_name", "first_name", "pk")
    )
    found = list(callers)
    idle = idle_weeks([one.pk for one in found], today)
    people = Person.objects.filter(household=contact.household_id, left_on=None, deceased=False)
    languages = [code for codes in people.values_list("languages", flat=True) for code in codes]
    candidates = [
        Candidate(
            key=one,
            name=one.display_name,
            has_spoken=one.has_spoken,
            same_agency=one.covers_it or (one.agency_id is not None and one.agency_id == contact.lane.agency_id),
            languages=tuple(one.languages),
            recurring=one.recurring_count,
            away=away_on(
                max(planned.due_on, today),
                active=True,
                rests_until=one.calling_pause.until if hasattr(one, "calling_pause") else None,
                idle_weeks=idle.get(one.pk, ()),
            )
            is not None,
        )
        for one in found
    ]
    return proposals(candidates, languages)


def habits_of(planned: PlannedCall | None, today: date) -> RecurringLine | None:
    """What a caller knows of the regular call in hand; None for any other call (2 queries, none for another call)."""
    found = recurring_call(planned.pk) if planned is not None and planned.weekly else None
    return recurring_line(found, today) if found is not None else None


def next_absence(caller: User, line: RecurringLine, today: date) -> Away | None:
    """Whether the caller will be away on the day of the call after this one, so that the person is told (2 queries)."""
    following = next_weekly(line.planned.promised_for or line.planned.due_on, today, line.planned.every_days)
    pause = CallerPause.objects.filter(user=caller, until__gt=today).first()
    return away_on(
        following,
        active=True,
        rests_until=pause.until if pause else None,
        idle_weeks=idle_weeks([caller.pk], today).get(caller.pk, ()),
    )


def week_of(user: User, monday: date) -> CallerWeek | None:
    """What a caller said of one week; None: what their account says (1 query)."""
    return CallerWeek.objects.filter(user=user, monday=monday).first()


def weeks_of(user: User, monday: date) -> list[CallerWeek]:
    """What a caller said of this week and the next ones (1 query)."""
    return list(CallerWeek.objects.filter(user=user, monday__gte=monday).order_by("monday"))


def hours_of_week(monday: date, user_ids: Collection[UUID]) -> dict[UUID, Decimal]:
    """The hours that these callers give in one week: what they said of it, else their account (1 query).

    Somebody who said nothing anywhere is left out.
    """
    said = CallerWeek.objects.filter(user=OuterRef("pk"), monday=monday).values("hours")[:1]
    rows = User.objects.filter(pk__in=user_ids).annotate(said=Subquery(said))
    found = {
        pk: said if said is not None else usual for pk, said, usual in rows.values_list("pk", "said", "hours_per_week")
    }
    return {pk: hours for pk, hours in found.items() if hours is not None}
