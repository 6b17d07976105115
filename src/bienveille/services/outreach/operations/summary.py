"""The counts of calls: changes folded into them every minute, and all of them made again when the law of days moves."""

from django.db import connection, transaction

from bienveille.ground.platform.jobs import job

#: Only one process folds at a time; another that comes meanwhile has nothing to do.
_LOCK = 7_201_004

# One statement: a reader sees the changes or the counts that have taken them in, never both, never neither.
_FOLD = """
WITH gone AS (DELETE FROM outreach_callchange RETURNING queue_id, agency_id, caller_id, outcome, day, calls),
of_day AS (
    INSERT INTO outreach_callsofday AS kept (queue_id, agency_id, caller_id, outcome, day, calls)
    SELECT queue_id, agency_id, caller_id, outcome, day, sum(calls) FROM gone GROUP BY 1, 2, 3, 4, 5
    HAVING sum(calls) <> 0
    ON CONFLICT (queue_id, day, agency_id, caller_id, outcome) DO UPDATE SET calls = kept.calls + excluded.calls),
of_week AS (
    INSERT INTO outreach_callsofweek AS kept (queue_id, agency_id, week, outcomes)
    SELECT queue_id, agency_id, week, jsonb_object_agg(outcome, calls) FROM (
        SELECT queue_id, agency_id, date_trunc('week', day)::date AS week, outcome, sum(calls) AS calls
        FROM gone GROUP BY 1, 2, 3, 4 HAVING sum(calls) <> 0) AS x
    GROUP BY 1, 2, 3
    ON CONFLICT (queue_id, agency_id, week) DO UPDATE SET outcomes = (
        SELECT coalesce(jsonb_object_agg(key, calls), '{}') FROM (
            SELECT key, sum(value::int) AS calls FROM (
                SELECT key, value FROM jsonb_each_text(kept.outcomes)
                UNION ALL SELECT key, value FROM jsonb_each_text(excluded.outcomes)) AS both_of_them
            GROUP BY key HAVING sum(value::int) <> 0) AS sums))
SELECT count(*) FROM gone
"""
_RECOUNT = """
INSERT INTO outreach_callchange (queue_id, agency_id, caller_id, outcome, day, calls)
SELECT c.queue_id, l.agency_id, a.caller_id, a.outcome, outreach_day(a.at), count(*)
FROM dispatch_attempt a JOIN dispatch_contact c ON c.id = a.contact_id JOIN dispatch_lane l ON l.id = c.lane_id
WHERE a.undone_at IS NULL
GROUP BY 1, 2, 3, 4, 5
"""


@job(queue="dispatch")
@transaction.atomic
def fold_calls() -> int:
    """Take the changes of the last minute into the counts. How many; twice does nothing more."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_FOLD)
        folded: int = cursor.fetchone()[0]
        return folded


@transaction.atomic
def recount_calls() -> None:
    """Make every count again from the attempts, while nobody saves a call: after a change of time zone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute("LOCK TABLE dispatch_attempt IN SHARE MODE")
        cursor.execute("TRUNCATE outreach_callchange, outreach_callsofday, outreach_callsofweek")
        cursor.execute(_RECOUNT)
        cursor.execute(_FOLD)
