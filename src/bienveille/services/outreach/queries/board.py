"""The live board of a campaign: where its households stand, its pace, its callers today, its end and what moves it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import holidays
from django.db import connection
from django.db.models import Count

from bienveille.engines.dispatch.choices import ClosingReason, ContactState
from bienveille.engines.dispatch.models import Contact
from bienveille.engines.dispatch.queries import Ledger
from bienveille.engines.dispatch.rules import CLOSES_AT, OPENS_AT
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.queries.summary import DayLine, days_of
from bienveille.services.outreach.rules import (
    Change,
    Forecast,
    Pace,
    Work,
    changes_of,
    forecast,
)


@dataclass(frozen=True)
class Standing:
    """Where the households of a campaign stand: in all, by agency, and what their calls gave."""

    whole: Ledger
    agencies: dict[str, Ledger]
    work: Work
    reasons: dict[str, int]
    counted_calls: int  # calls that count for their household; those that keep a promise come besides


def standing(campaign: Campaign) -> Standing:
    """The ledger, by agency, and what remains to be done (1 query, from the contacts themselves)."""
    rows = (
        Contact.objects.filter(queue_id=campaign.queue_id)
        .values_list("lane__agency__name", "state", "reason", "attempts_made")
        .annotate(Count("id"))
        .order_by()
    )
    states: Counter[str] = Counter()
    agencies: dict[str, Counter[str]] = {}
    reasons: Counter[str] = Counter()
    waiting: Counter[int] = Counter()
    tried: Counter[int] = Counter()
    ended: Counter[int] = Counter()
    calls = 0
    for agency, state, reason, made, count in rows:
        states[state] += count
        agencies.setdefault(agency or "Sans agence", Counter())[state] += count
        calls += made * count
        for rank in range(1, made + 1):
            tried[rank] += count
        if state in (ContactState.WAITING, ContactState.RESERVED):
            waiting[made] += count
        elif state == ContactState.UNREACHABLE:
            reasons[reason] += count
        settled = state in (ContactState.REACHED, ContactState.REFUSED) or (
            state == ContactState.UNREACHABLE and reason != ClosingReason.NO_ANSWER
        )
        if settled and made:
            ended[made] += count
    queue = campaign.queue
    return Standing(
        Ledger(target=queue.target or 0, **states),
        {name: Ledger(target=sum(agencies[name].values()), **agencies[name]) for name in sorted(agencies)},
        Work(dict(waiting), dict(tried), dict(ended), queue.max_attempts),
        dict(reasons.most_common()),
        calls,
    )


@dataclass(frozen=True)
class CallerToday:
    """One caller today: what they did, what they hold, what they usually do; never compared with another."""

    user_id: UUID
    name: str
    agency: str
    calls: int
    reached: int
    usual: float  # calls of their days of calls, today left out; nil when they never called before
    last_at: datetime | None  # of today only
    held_since: datetime | None
    lease_until: datetime | None
    due: int  # promises for today or before
    rests_until: date | None
    grave_at: datetime | None  # the last orange or red call of today


_CALLERS = """
WITH line AS (
    SELECT caller_id, day, outcome, calls FROM outreach_callsofday WHERE queue_id = %(queue)s
    UNION ALL
    SELECT caller_id, day, outcome, calls FROM outreach_callchange WHERE queue_id = %(queue)s),
of_day AS (
    SELECT caller_id, day, sum(calls) AS calls, coalesce(sum(calls) FILTER (WHERE outcome = 'reached'), 0) AS reached
    FROM line GROUP BY caller_id, day HAVING sum(calls) <> 0),
work AS (
    SELECT caller_id, sum(calls) FILTER (WHERE day = %(today)s) AS calls,
           sum(reached) FILTER (WHERE day = %(today)s) AS reached, avg(calls) FILTER (WHERE day < %(today)s) AS usual
    FROM of_day GROUP BY caller_id),
held AS (
    SELECT reserved_by_id AS caller_id, reserved_at, lease_until FROM dispatch_contact
    WHERE queue_id = %(queue)s AND reserved_by_id IS NOT NULL),
due AS (
    SELECT p.caller_id, count(*) AS n FROM dispatch_plannedcall p JOIN dispatch_contact c ON c.id = p.contact_id
    WHERE p.state = 'planned' AND p.due_on <= %(today)s AND c.queue_id = %(queue)s GROUP BY 1),
caller AS (SELECT caller_id FROM work UNION SELECT caller_id FROM held UNION SELECT caller_id FROM due)
SELECT u.id, trim(u.first_name || ' ' || u.last_name), u.email, coalesce(g.name, ''), coalesce(work.calls, 0)::int,
       coalesce(work.reached, 0)::int, coalesce(work.usual, 0)::float, recent.last_at, held.reserved_at,
       held.lease_until, coalesce(due.n, 0)::int, rest.until, recent.grave_at
FROM caller JOIN accounts_user u ON u.id = caller.caller_id
LEFT JOIN accounts_agency g ON g.id = u.agency_id
LEFT JOIN work ON work.caller_id = u.id
LEFT JOIN held ON held.caller_id = u.id
LEFT JOIN due ON due.caller_id = u.id
LEFT JOIN outreach_callerpause rest ON rest.user_id = u.id AND rest.until > %(today)s
LEFT JOIN LATERAL (
    SELECT max(a.at) AS last_at, max(a.at) FILTER (WHERE r.grade IN ('orange', 'red')) AS grave_at
    FROM dispatch_attempt a LEFT JOIN outreach_report r ON r.attempt_id = a.id
    WHERE a.caller_id = u.id AND a.at >= %(midnight)s AND a.undone_at IS NULL) AS recent ON true
WHERE u.is_active
ORDER BY u.last_name, u.first_name, u.id
"""
_HOURS = """
SELECT extract(hour FROM a.at AT TIME ZONE %(zone)s)::int AS hour, count(*)::int
FROM (SELECT DISTINCT caller_id FROM (
        SELECT caller_id FROM outreach_callsofday WHERE queue_id = %(queue)s AND day = %(today)s
        UNION ALL
        SELECT caller_id FROM outreach_callchange WHERE queue_id = %(queue)s AND day = %(today)s) AS x) AS present
JOIN dispatch_attempt a ON a.caller_id = present.caller_id AND a.at >= %(midnight)s AND a.undone_at IS NULL
JOIN dispatch_contact c ON c.id = a.contact_id AND c.queue_id = %(queue)s
GROUP BY 1 ORDER BY 1
"""
_RESTING = """
WITH line AS (
    SELECT caller_id, calls FROM outreach_callsofday WHERE queue_id = %(queue)s
    UNION ALL
    SELECT caller_id, calls FROM outreach_callchange WHERE queue_id = %(queue)s)
SELECT rest.until, sum(line.calls)::float / greatest(1, (SELECT sum(calls) FROM line))
FROM line JOIN outreach_callerpause rest ON rest.user_id = line.caller_id AND rest.until > %(today)s
GROUP BY rest.until
"""


def callers_today(campaign: Campaign, midnight: datetime) -> list[CallerToday]:
    """Everybody who called, holds or promised something in a campaign, in the order of names (1 query).

    Reads the counts of calls and the calls of today alone, never those of the whole campaign.
    """
    facts: dict[str, Any] = {"queue": campaign.queue_id, "today": midnight.date(), "midnight": midnight}
    with connection.cursor() as cursor:
        cursor.execute(_CALLERS, facts)
        return [CallerToday(row[0], row[1] or row[2], *row[3:]) for row in cursor.fetchall()]


def calls_by_hour(campaign: Campaign, midnight: datetime) -> dict[int, int]:
    """Calls of today by hour of the landlord's clock (1 query, over the calls of today alone)."""
    facts: dict[str, Any] = {
        "queue": campaign.queue_id,
        "today": midnight.date(),
        "midnight": midnight,
        "zone": str(midnight.tzinfo),
    }
    with connection.cursor() as cursor:
        cursor.execute(_HOURS, facts)
        return dict(cursor.fetchall())


def _resting(campaign: Campaign, today: date) -> list[tuple[date, float]]:
    with connection.cursor() as cursor:
        cursor.execute(_RESTING, {"queue": campaign.queue_id, "today": today})
        return cursor.fetchall()


@dataclass(frozen=True)
class Outlook:
    """The end of a campaign, what would change it, and the days on which that rests."""

    forecast: Forecast | None
    changes: list[Change] = field(default_factory=list)
    days: Sequence[DayLine] = ()


def outlook(campaign: Campaign, now: Standing, moment: datetime, *, days: Sequence[DayLine] | None = None) -> Outlook:
    """When the campaign ends at its pace, and what would change that (2 queries; some tenths of a second of work).

    `moment`: now, on the landlord's clock. The same day gives the same draw: the date moves with the facts alone.
    """
    today = moment.date()
    found = days_of(campaign.queue) if days is None else days
    pace = Pace(
        days={line.day: line.calls for line in found},
        off=_days_off(today),
        absent=_resting(campaign, today),
        share=_share(now, found),
        today_left=_left_of(moment),
    )
    seed = campaign.queue_id.int % 2**31 + today.toordinal()
    end = forecast(now.work, pace, today=today, seed=seed)
    if end is None:
        return Outlook(None, days=found)
    people = [line for line in found if line.callers]
    each = sum(line.calls for line in people) / max(1, sum(line.callers for line in people))
    behind = _most_left(now.agencies)
    changes = changes_of(now.work, pace, end, each=each, agency=behind, wished=campaign.ends_on, today=today, seed=seed)
    return Outlook(end, changes, found)


def _share(now: Standing, days: Sequence[DayLine]) -> float:
    made = sum(line.calls for line in days)
    return min(1.0, now.counted_calls / made) if made and now.counted_calls else 1.0


def _days_off(today: date) -> list[date]:
    """Public holidays from last year to the next two."""
    years = range(today.year - 1, today.year + 3)
    return sorted(holidays.country_holidays("FR", years=years))


def _left_of(moment: datetime) -> float:
    """The part of today's hours of calls that is still to come."""
    opens = datetime.combine(moment.date(), OPENS_AT, tzinfo=moment.tzinfo)
    closes = datetime.combine(moment.date(), CLOSES_AT, tzinfo=moment.tzinfo)
    return min(1.0, max(0.0, (closes - moment) / (closes - opens)))


def _most_left(agencies: Mapping[str, Ledger]) -> str:
    """The agency with the most households still to call; empty when there is only one."""
    if len(agencies) < 2:
        return ""
    return max(agencies, key=lambda name: agencies[name].waiting + agencies[name].reserved)


def board_marks(standing_now: Standing, *parts: Any) -> str:
    """What a poll compares: the same words as long as nothing that the board shows has moved."""
    return repr((standing_now.whole, standing_now.agencies, *parts))
