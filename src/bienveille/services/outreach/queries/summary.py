"""Figures read from the counts of calls, whatever the number of attempts; and the proof that the counts are right."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection

from bienveille.engines.dispatch.models import Queue


@dataclass(frozen=True)
class WeekLine:
    """One week, from its Monday: how many calls ended each way."""

    week: date
    outcomes: dict[str, int]

    @property
    def calls(self) -> int:
        return sum(self.outcomes.values())


# Counts, and the changes not yet folded: in one statement they are one moment.
_WEEKS = """
SELECT week, outcomes FROM outreach_callsofweek WHERE queue_id = %(queue)s {agency}
UNION ALL
SELECT date_trunc('week', day)::date, jsonb_build_object(outcome, sum(calls)) FROM outreach_callchange
WHERE queue_id = %(queue)s {agency} GROUP BY 1, outcome
"""
_DAYS = """
WITH line AS (
    SELECT day, agency_id, caller_id, outcome, calls FROM outreach_callsofday WHERE queue_id = %(queue)s
    UNION ALL
    SELECT day, agency_id, caller_id, outcome, calls FROM outreach_callchange WHERE queue_id = %(queue)s)
SELECT day, sum(calls)::int, coalesce(sum(reached), 0)::int, count(*) FROM (
    SELECT day, caller_id, sum(calls) AS calls, sum(calls) FILTER (WHERE outcome = 'reached') AS reached
    FROM line WHERE {scope} GROUP BY day, caller_id HAVING sum(calls) <> 0) AS x
GROUP BY day ORDER BY day
"""
_FAULTS = """
WITH truth AS (
    SELECT c.queue_id, l.agency_id, a.caller_id, a.outcome, outreach_day(a.at) AS day, count(*) AS calls
    FROM dispatch_attempt a JOIN dispatch_contact c ON c.id = a.contact_id JOIN dispatch_lane l ON l.id = c.lane_id
    WHERE a.undone_at IS NULL GROUP BY 1, 2, 3, 4, 5),
change AS (SELECT queue_id, agency_id, caller_id, outcome, day, calls FROM outreach_callchange),
of_day AS (
    SELECT queue_id, agency_id, caller_id, outcome, day, sum(calls) AS calls FROM (
        SELECT queue_id, agency_id, caller_id, outcome, day, calls FROM outreach_callsofday
        UNION ALL TABLE change) AS x
    GROUP BY 1, 2, 3, 4, 5 HAVING sum(calls) <> 0),
of_week AS (
    SELECT queue_id, agency_id, outcome, week, sum(calls) AS calls FROM (
        SELECT queue_id, agency_id, key AS outcome, week, value::int AS calls
        FROM outreach_callsofweek CROSS JOIN LATERAL jsonb_each_text(outcomes)
        UNION ALL
        SELECT queue_id, agency_id, outcome, date_trunc('week', day)::date, calls FROM change) AS x
    GROUP BY 1, 2, 3, 4 HAVING sum(calls) <> 0),
true_week AS (
    SELECT queue_id, agency_id, outcome, date_trunc('week', day)::date AS week, sum(calls) AS calls
    FROM truth GROUP BY 1, 2, 3, 4)
SELECT (SELECT count(*) FROM ((TABLE truth EXCEPT TABLE of_day) UNION ALL (TABLE of_day EXCEPT TABLE truth)) AS d),
       (SELECT count(*) FROM ((TABLE true_week EXCEPT TABLE of_week) UNION ALL (TABLE of_week EXCEPT TABLE true_week))
        AS w)
"""


def weeks_of(queue: Queue, agency_id: UUID | None = None) -> list[WeekLine]:
    """The dashboard of one agency, or of all: calls of each week by outcome (1 query, a row for each week)."""
    statement = _WEEKS.format(agency="AND agency_id = %(agency)s" if agency_id else "")
    found: dict[date, dict[str, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(statement, {"queue": queue.pk, "agency": agency_id})
        for week, outcomes in cursor.fetchall():
            kept = found.setdefault(week, {})
            for outcome, calls in json.loads(outcomes).items():
                kept[outcome] = kept.get(outcome, 0) + calls
    told = {week: {key: calls for key, calls in kept.items() if calls} for week, kept in found.items()}
    return [WeekLine(week, told[week]) for week in sorted(told) if told[week]]


@dataclass(frozen=True)
class DayLine:
    """One day of a campaign: calls, those that reached somebody, how many people called."""

    day: date
    calls: int
    reached: int
    callers: int


def days_of(queue: Queue, agencies: Sequence[UUID] | None = None) -> list[DayLine]:
    """Each day with calls, the oldest first; of some agencies' households only when they are given (1 query)."""
    statement = _DAYS.format(scope="true" if agencies is None else "agency_id = ANY(%(agencies)s)")
    with connection.cursor() as cursor:
        cursor.execute(statement, {"queue": queue.pk, "agencies": list(agencies or [])})
        return [DayLine(*row) for row in cursor.fetchall()]


def count_faults() -> list[str]:
    """Every way in which the counts could lie, looked for against the attempts themselves; empty when right (1 query).

    Read after races, undone calls, withdrawals and households that change lanes.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FAULTS)
        days, weeks = cursor.fetchone()
    faults = [f"{days} counts of a day differ from the attempts"] if days else []
    return faults + ([f"{weeks} counts of a week differ from the attempts"] if weeks else [])
