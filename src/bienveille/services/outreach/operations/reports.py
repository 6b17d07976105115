"""Reports erased on their last day: what was said of a household goes, the counts of the campaign stay."""

from datetime import date

from django.conf import settings
from django.db import connection, transaction
from django.utils.timezone import localdate

from bienveille.ground.platform.jobs import job
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.operations import record_audit
from bienveille.services.outreach.queries.key_figures import SERVICE

# One statement, so one picture of the reports: what they counted before less what those that stay count after is kept,
# and they go with their answers. What the figures say is therefore the same on both sides of the night. A household
# followed for longer than reports are kept, and found again in the same need, counts once each time.
_ERASE = f"""
WITH ended AS (
    SELECT r.id, r.attempt_id, r.response_id
    FROM outreach_report r JOIN dispatch_attempt a ON a.id = r.attempt_id
    WHERE r.expires_on < %(today)s OR (a.undone_at AT TIME ZONE %(zone)s)::date < %(today)s),
call AS (
    SELECT q.id AS campaign_id, a.contact_id, a.at, r.grade, r.needs, r.expires_on < %(today)s AS goes,
           coalesce(g.name, 'Sans agence') AS agency, {SERVICE} AS service
    FROM outreach_report r
    JOIN dispatch_attempt a ON a.id = r.attempt_id AND a.undone_at IS NULL
    JOIN dispatch_contact c ON c.id = a.contact_id
    JOIN dispatch_lane l ON l.id = c.lane_id
    JOIN outreach_campaign q ON q.queue_id = c.queue_id
    JOIN accounts_user u ON u.id = a.caller_id
    LEFT JOIN accounts_agency ua ON ua.id = u.agency_id
    LEFT JOIN accounts_agency g ON g.id = l.agency_id
    WHERE a.contact_id IN (
        SELECT t.contact_id FROM ended e JOIN dispatch_attempt t ON t.id = e.attempt_id WHERE t.undone_at IS NULL)),
member AS (
    SELECT call.*, k.kind, CASE k.kind WHEN 'agency' THEN agency WHEN 'service' THEN service ELSE '' END AS key
    FROM call CROSS JOIN (VALUES ('all'), ('agency'), ('service')) AS k (kind)),
grade AS (
    SELECT campaign_id, kind, key, contact_id,
           (array_agg(grade ORDER BY at DESC))[1] AS before,
           (array_agg(grade ORDER BY at DESC) FILTER (WHERE NOT goes))[1] AS after
    FROM member WHERE grade <> '' GROUP BY campaign_id, kind, key, contact_id),
need AS (
    SELECT campaign_id, kind, key, contact_id, need, bool_or(NOT goes) AS stays
    FROM member CROSS JOIN LATERAL unnest(needs) AS need GROUP BY campaign_id, kind, key, contact_id, need),
difference AS (
    SELECT campaign_id, kind, key, 'grades' AS family, before AS name, 1 AS n
    FROM grade WHERE before IS DISTINCT FROM after
    UNION ALL
    SELECT campaign_id, kind, key, 'grades', after, -1 FROM grade WHERE after <> before
    UNION ALL
    SELECT campaign_id, kind, key, 'needs', need, 1 FROM need WHERE NOT stays),
kept AS (
    INSERT INTO outreach_keptcount AS k (campaign_id, kind, key, family, name, households)
    SELECT campaign_id, kind, key, family, name, sum(n) FROM difference GROUP BY 1, 2, 3, 4, 5
    ON CONFLICT (campaign_id, kind, key, family, name) DO UPDATE SET households = k.households + excluded.households),
report AS (DELETE FROM outreach_report r USING ended WHERE r.id = ended.id),
response AS (DELETE FROM questionnaires_response r USING ended WHERE r.id = ended.response_id),
attempt AS (
    UPDATE dispatch_attempt a SET hard = false FROM ended WHERE a.id = ended.attempt_id AND a.hard),
-- What social work has not taken yet keeps its grade: a situation is never let go because a day has passed.
referral AS (
    UPDATE outreach_referral f SET grade = '', needs = '{{}}', agreed = NULL
    FROM ended WHERE f.attempt_id = ended.attempt_id
      AND NOT EXISTS (SELECT FROM cases_case k WHERE k.id = f.case_id AND k.state = 'new'))
SELECT count(*) FROM ended
"""
# A household is held for grave by the last grade that is left of it, in any campaign; none left, it is not.
_SOFTEN = """
UPDATE dispatch_contact c SET hard = false
WHERE c.hard AND NOT EXISTS (
    SELECT FROM dispatch_contact o
    JOIN dispatch_attempt a ON a.contact_id = o.id AND a.undone_at IS NULL
    JOIN outreach_report r ON r.attempt_id = a.id AND r.grade IN ('orange', 'red')
    WHERE o.household_id = c.household_id)
"""


@job(queue="outreach")
def purge_reports() -> int:
    """Erase the reports whose last day has passed, and those of calls taken back. How many were erased."""
    return erase_reports(today=localdate())


@transaction.atomic
def erase_reports(*, today: date) -> int:
    """Erase what has ended, with its answers: figures stay as they were, the audit keeps a number, never whose."""
    with connection.cursor() as cursor:
        cursor.execute(_ERASE, {"today": today, "zone": settings.TIME_ZONE})
        (erased,) = cursor.fetchone()
        if not erased:
            return 0
        cursor.execute(_SOFTEN)
    record_audit(
        actor=None,
        action=AuditAction.CONTACT_CHANGED,
        subject_type="outreach.Report",
        reason="Comptes rendus d’appel arrivés à leur terme",
        detail={"report": "erased", "count": erased},
    )
    return erased
