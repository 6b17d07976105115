"""A queue that follows the register: newcomers counted, those who may no longer be called out, those back put back."""

from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from bienveille.engines.dispatch.models import Queue
from bienveille.engines.dispatch.operations.contacts import may_go_back
from bienveille.register.accounts.operations import current_channel

# What the register says of the household of each contact; the same reading as `dispatch_obstacle`, for many at once,
# with one thing more: a household whose people have all died is said so.
_KNOWN = """
WITH known AS (
    SELECT c.id, CASE
        WHEN count(*) FILTER (WHERE here) = 0 THEN CASE WHEN bool_and(p.deceased) THEN 'deceased' ELSE 'moved' END
        WHEN bool_or(p.protected_address) FILTER (WHERE here) THEN 'protected'
        WHEN bool_and(p.opposed_on IS NOT NULL) FILTER (WHERE here) THEN 'opposed'
        WHEN bool_or(p.opposed_on IS NULL AND EXISTS (
            SELECT 1 FROM tenants_contactpoint t
            WHERE t.person_id = p.id AND t.kind = 'phone' AND t.status IN ('valid', 'unverified')))
            FILTER (WHERE here) THEN '' ELSE 'no_phone' END AS obstacle
    FROM dispatch_contact c
    LEFT JOIN tenants_person p ON p.household_id = c.household_id
    CROSS JOIN LATERAL (
        SELECT p.id IS NOT NULL AND (p.left_on IS NULL OR p.left_on > %(today)s) AND NOT p.deceased AS here) AS at_home
    WHERE c.queue_id = %(queue)s AND {which} GROUP BY c.id),
held AS (
    SELECT c.id, known.obstacle FROM dispatch_contact c JOIN known ON known.id = c.id
    WHERE {wanted} ORDER BY c.id FOR NO KEY UPDATE OF c)"""
_SAY = """,
said AS (
    INSERT INTO accounts_auditentry (actor_id, action, subject_type, subject_id, reason, channel, detail)
    SELECT %(actor)s::uuid, 'contact.changed', 'tenants.Household', household_id, 'Liste actualisée', %(channel)s,
           {detail} FROM changed)
"""
_WITHDRAW = (
    _KNOWN.format(which="c.state = 'waiting'", wanted="known.obstacle IN ('moved', 'deceased', 'opposed', 'protected')")
    + """,
changed AS (
    UPDATE dispatch_contact c
    SET state = 'withdrawn', reason = held.obstacle, resume_at = c.not_before, not_before = NULL, token = NULL
    FROM held WHERE held.id = c.id AND c.state = 'waiting' AND c.reserved_by_id IS NULL
    RETURNING c.household_id, c.reason)"""
    + _SAY.format(detail="jsonb_build_object('state', 'withdrawn', 'obstacle', reason)")
    + "SELECT reason, count(*) FROM changed GROUP BY reason"
)
# Back among those to call: who left by the register's word and is there again, who had no number and has one. Never
# whom a caller or a visitor heard had moved, died or refused: the file may well be late.
_RETURN = (
    _KNOWN.format(
        which="""(c.state = 'withdrawn' AND c.reason IN ('moved', 'deceased', 'opposed', 'protected')
             OR c.state = 'unreachable' AND c.reason IN ('no_phone', 'wrong_number')) AND c.reserved_by_id IS NULL""",
        wanted="""known.obstacle = '' AND NOT EXISTS (
        SELECT 1 FROM dispatch_attempt a WHERE a.contact_id = c.id AND a.undone_at IS NULL
          AND a.outcome IN ('moved', 'deceased', 'refused'))
      AND NOT EXISTS (
        SELECT 1 FROM dispatch_step s WHERE s.contact_id = c.id AND s.state = 'done' AND s.result = 'moved')""",
    )
    + """,
changed AS (
    UPDATE dispatch_contact c SET state = 'waiting', reason = '', not_before = c.resume_at, resume_at = NULL
    FROM held WHERE held.id = c.id AND c.state IN ('withdrawn', 'unreachable') AND c.reserved_by_id IS NULL
    RETURNING c.household_id)"""
    + _SAY.format(detail="""'{"state": "waiting"}'::jsonb""")
    + "SELECT count(*) FROM changed"
)


def grow_target(*, queue: Queue, by: int) -> None:
    """Count newcomers in the target, in the transaction that adds them, and open their lanes (2 statements).

    So the states go on adding up to it. The caller holds the lanes' lock (`may_go_back`).
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT dispatch_reopen(%s)", [queue.pk])
        cursor.execute(
            "UPDATE dispatch_queue SET target = target + %s, added = added + %s WHERE id = %s", [by, by, queue.pk]
        )


def follow_register(*, queue: Queue, actor_id: UUID | None, today: date) -> tuple[dict[str, int], int]:
    """Withdraw those who wait and may no longer be called, put back those who may again (3 statements).

    Gives how many left for each reason, and how many came back. In a caller's hands a household is left as it is.
    """
    named: dict[str, Any] = {"queue": queue.pk, "today": today, "actor": actor_id, "channel": str(current_channel())}
    with may_go_back(queue.pk), connection.cursor() as cursor:
        cursor.execute(_WITHDRAW, named)
        left = dict(cursor.fetchall())
        cursor.execute(_RETURN, named)
        returned: int = cursor.fetchone()[0]
        cursor.execute("SELECT dispatch_reopen(%s)", [queue.pk])
    return left, returned
