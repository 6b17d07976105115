"""The figures of a campaign over time, week by week; their sums are those of `key_figures`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.db import connection

from bienveille.services.outreach.models import Campaign

# Every call that counts stands in its week; every household reached stands once, in the week it was first reached.
_WEEKS = """
WITH call AS (
    SELECT a.contact_id, c.state, a.outcome, date_trunc('week', a.at AT TIME ZONE %s)::date AS week
    FROM dispatch_attempt a JOIN dispatch_contact c ON c.id = a.contact_id
    WHERE c.queue_id = %s AND a.undone_at IS NULL),
reached AS (
    SELECT coalesce(min(week) FILTER (WHERE outcome = 'reached'), min(week)) AS week
    FROM call WHERE state = 'reached' GROUP BY contact_id)
SELECT week, sum(calls)::int, sum(reached)::int FROM (
    SELECT week, count(*) AS calls, 0 AS reached FROM call GROUP BY week
    UNION ALL
    SELECT week, 0, count(*) FROM reached GROUP BY week) AS x
GROUP BY week ORDER BY week
"""
ONE_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Week:
    """A week from its Monday: calls made, households reached for the first time."""

    monday: date
    calls: int
    reached: int


def figures_by_week(campaign: Campaign) -> Sequence[Week]:
    """Calls and households reached, from the first week with a call to the last, empty weeks included (1 query)."""
    with connection.cursor() as cursor:
        cursor.execute(_WEEKS, [settings.TIME_ZONE, campaign.queue_id])
        found = {monday: Week(monday, calls, reached) for monday, calls, reached in cursor.fetchall()}
    if not found:
        return []
    monday, last = min(found), max(found)
    weeks = []
    while monday <= last:
        weeks.append(found.get(monday, Week(monday, 0, 0)))
        monday += ONE_WEEK
    return weeks
