"""The key figures of a campaign, from the attempts themselves, and from the counts left by reports since erased."""

import json
from typing import Any

from django.db import connection

from bienveille.services.outreach.choices import Grade
from bienveille.services.outreach.models import Campaign

#: The service of a call: the caller's, else their agency.
SERVICE = """CASE WHEN u.service <> '' AND lower(trim(u.service)) <> 'agence' THEN u.service
                ELSE coalesce(ua.name, nullif(u.service, ''), 'Sans service') END"""
# Every contact stands once in « all », once in its agency, and once in each service that called it.
# What erased reports said is added: one row of the result for what lives, another for what was kept.
_FIGURES = f"""
WITH call AS (
    SELECT a.contact_id, a.at, a.outcome, p.weekly, f.id IS NOT NULL AS referred, r.grade, r.needs,
           {SERVICE} AS service
    FROM dispatch_attempt a
    JOIN dispatch_contact c ON c.id = a.contact_id
    JOIN accounts_user u ON u.id = a.caller_id
    LEFT JOIN accounts_agency ua ON ua.id = u.agency_id
    LEFT JOIN outreach_report r ON r.attempt_id = a.id
    LEFT JOIN outreach_referral f ON f.attempt_id = a.id
    LEFT JOIN LATERAL (
        SELECT bool_or(weekly) AS weekly FROM dispatch_plannedcall p WHERE p.planned_by_id = a.id) p ON true
    WHERE c.queue_id = %(queue)s AND a.undone_at IS NULL),
contact AS (
    SELECT c.id, c.state, c.reason, coalesce(g.name, 'Sans agence') AS agency
    FROM dispatch_contact c JOIN dispatch_lane l ON l.id = c.lane_id
    LEFT JOIN accounts_agency g ON g.id = l.agency_id
    WHERE c.queue_id = %(queue)s),
by_contact AS (
    SELECT contact_id, count(*) AS calls, bool_or(weekly) AS weekly, bool_or(referred) AS referred,
           (array_agg(grade ORDER BY at DESC) FILTER (WHERE grade <> ''))[1] AS grade
    FROM call GROUP BY contact_id),
by_service AS (
    SELECT contact_id, service, count(*) AS calls, bool_or(outcome = 'reached') AS reached, bool_or(weekly) AS weekly,
           bool_or(referred) AS referred, (array_agg(grade ORDER BY at DESC) FILTER (WHERE grade <> ''))[1] AS grade
    FROM call GROUP BY contact_id, service),
member AS (
    SELECT k.kind, CASE k.kind WHEN 'agency' THEN c.agency ELSE '' END AS key, c.id, c.state, c.reason,
           coalesce(b.calls, 0) AS calls, c.state = 'reached' AS reached, b.weekly, b.referred, b.grade
    FROM contact c LEFT JOIN by_contact b ON b.contact_id = c.id CROSS JOIN (VALUES ('all'), ('agency')) AS k (kind)
    UNION ALL
    SELECT 'service', s.service, c.id, c.state, c.reason, s.calls, s.reached, s.weekly, s.referred, s.grade
    FROM by_service s JOIN contact c ON c.id = s.contact_id)
SELECT kind, key, 'count' AS family, jsonb_build_object(
           'targeted', count(*), 'called', count(*) FILTER (WHERE calls > 0 OR reached), 'outgoing_calls', sum(calls),
           'reached', count(*) FILTER (WHERE reached), 'refused', count(*) FILTER (WHERE state = 'refused'),
           'weekly_recurring', count(*) FILTER (WHERE weekly), 'referrals', count(*) FILTER (WHERE referred)) AS value
FROM member GROUP BY kind, key
UNION ALL
SELECT kind, key, 'unreachable', jsonb_object_agg(reason, n) FROM (
    SELECT kind, key, reason, count(*) AS n FROM member WHERE state = 'unreachable' GROUP BY kind, key, reason) AS x
GROUP BY kind, key
UNION ALL
SELECT kind, key, 'grades', jsonb_object_agg(grade, n) FROM (
    SELECT kind, key, grade, count(*) AS n FROM member WHERE grade <> '' GROUP BY kind, key, grade) AS x
GROUP BY kind, key
UNION ALL
SELECT kind, key, 'needs', jsonb_object_agg(need, n) FROM (
    SELECT m.kind, m.key, need, count(DISTINCT m.id) AS n
    FROM member m JOIN call ON call.contact_id = m.id AND (m.kind <> 'service' OR call.service = m.key)
    CROSS JOIN LATERAL unnest(call.needs) AS need
    GROUP BY m.kind, m.key, need) AS x
GROUP BY kind, key
UNION ALL
SELECT kind, key, family, jsonb_object_agg(name, households)
FROM outreach_keptcount WHERE campaign_id = %(campaign)s GROUP BY kind, key, family
"""


def figures(campaign: Campaign) -> dict[str, Any]:
    """The key figures in the shape of `contracts.md`, whole, by agency and by service (1 query).

    Computed from the attempts themselves; an undone attempt does not count. In a service, `targeted` is whom that
    service called.
    """
    groups: dict[tuple[str, str], dict[str, Any]] = {("all", ""): _blank()}
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, {"queue": campaign.queue_id, "campaign": campaign.pk})
        for kind, key, family, value in cursor.fetchall():
            group = groups.setdefault((kind, key), _blank())
            numbers = json.loads(value)
            if family == "count":
                group.update(numbers)
            elif family == "unreachable":
                group[family].update(numbers)
            else:
                for name, number in numbers.items():
                    group[family][name] = group[family].get(name, 0) + number
    for group in groups.values():
        group["reached_share"] = round(group["reached"] / group["called"], 3) if group["called"] else 0.0
    parts: dict[str, dict[str, Any]] = {"agency": {}, "service": {}}
    for (kind, key), group in sorted(groups.items()):
        if kind in parts:
            parts[kind][key] = group
    return {
        "campaign": str(campaign.pk),
        **groups["all", ""],
        "by_agency": parts["agency"],
        "by_service": parts["service"],
    }


def _blank() -> dict[str, Any]:
    """A group where nothing happened, with every key of the contract in its order."""
    return {
        "targeted": 0,
        "called": 0,
        "outgoing_calls": 0,
        "reached": 0,
        "reached_share": 0.0,
        "refused": 0,
        "unreachable": {"no_answer": 0, "wrong_number": 0},
        "weekly_recurring": 0,
        "referrals": 0,
        "grades": dict.fromkeys(Grade.values, 0),
        "needs": {},
    }
