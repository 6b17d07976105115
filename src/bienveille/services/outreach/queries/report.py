"""The report of a campaign: its figures as they are, its delays, what was learned; and the same, open to everybody."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from bienveille.engines.dispatch.queries import Ledger, ledger
from bienveille.services.outreach.models import Campaign, CampaignLesson
from bienveille.services.outreach.queries.key_figures import figures
from bienveille.services.outreach.queries.verbatims import PublishedVerbatim, verbatims
from bienveille.services.outreach.queries.weekly import Week, figures_by_week

#: Sentences that a report quotes at most.
QUOTES = 12


@dataclass(frozen=True)
class Delays:
    """How long things took: middle values, in days or hours; None when nothing has happened yet."""

    first_call_days: float | None  # from the opening to the first call of a household
    reached_days: float | None  # from the opening to the first conversation
    attempts_each: float | None  # calls for a household that was reached
    referrals: int
    taken: int
    taken_in_time: int
    taken_hours: float | None  # from the call to somebody who sees to it


# First and last of each household, then the middle of each; situations beside.
_DELAYS = """
WITH call AS (
    SELECT a.contact_id, min(a.at) AS first_at, min(a.at) FILTER (WHERE a.outcome = 'reached') AS reached_at,
           count(*) AS calls
    FROM dispatch_attempt a JOIN dispatch_contact c ON c.id = a.contact_id
    WHERE c.queue_id = %(queue)s AND a.undone_at IS NULL GROUP BY a.contact_id),
given AS (
    SELECT f.created_at, f.due_at, s.answered_at AS taken_at
    FROM outreach_referral f JOIN dispatch_attempt a ON a.id = f.attempt_id
    JOIN cases_caseaction s ON s.source = a.id
    JOIN dispatch_contact c ON c.id = a.contact_id
    WHERE c.queue_id = %(queue)s AND a.undone_at IS NULL)
SELECT (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM first_at - %(opened)s) / 86400)
        FROM call),
       (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM reached_at - %(opened)s) / 86400)
        FROM call WHERE reached_at IS NOT NULL),
       (SELECT avg(calls)::float FROM call WHERE reached_at IS NOT NULL),
       (SELECT count(*) FROM given), (SELECT count(taken_at) FROM given),
       (SELECT count(*) FROM given WHERE taken_at <= due_at),
       (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM taken_at - created_at) / 3600)
        FROM given WHERE taken_at IS NOT NULL)
"""


@dataclass(frozen=True)
class CampaignReport:
    """All that the report of a campaign says, exact."""

    ledger: Ledger
    figures: dict[str, Any]
    weeks: list[Week]
    delays: Delays
    quotes: list[PublishedVerbatim]
    lesson: str


def delays_of(campaign: Campaign) -> Delays:
    """How long things took in a campaign (1 query)."""
    facts: dict[str, Any] = {"queue": campaign.queue_id, "opened": campaign.opened_at}
    with connection.cursor() as cursor:
        cursor.execute(_DELAYS, facts)
        return Delays(*cursor.fetchone())


def campaign_report(campaign: Campaign, *, on: date) -> CampaignReport:
    """The whole report of a campaign (6 queries, whatever its size). `on`: today, for sentences that have an end."""
    lesson = CampaignLesson.objects.filter(campaign=campaign).values_list("text", flat=True).first()
    return CampaignReport(
        ledger(campaign.queue),
        figures(campaign),
        list(figures_by_week(campaign)),
        delays_of(campaign),
        verbatims(campaign, on=on, limit=QUOTES),
        lesson or "",
    )
