"""Campaigns to begin with: those given with the software, those of the past, and what has changed since."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection

from bienveille.engines.audiences.queries import check, compile_rule
from bienveille.engines.questionnaires.queries import list_current
from bienveille.register.accounts.rules import Scope
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.queries.preparation import Prospect, campaign_document, prospect
from bienveille.services.outreach.rules import CampaignTemplate, read_template

FOLDER = Path(__file__).parent.parent / "campaigns"
#: A campaign of so many days is « l'an dernier », more or less a season.
LAST_YEAR = timedelta(days=460)


@cache
def campaign_templates() -> tuple[CampaignTemplate, ...]:
    """The campaigns given with the software, in their order (no query)."""
    found = [
        read_template(path.stem, tomllib.loads(path.read_text(encoding="utf-8"))) for path in FOLDER.glob("*.toml")
    ]
    return tuple(sorted(found, key=lambda one: one.rank))


def find_template(slug: str) -> CampaignTemplate | None:
    """One of them (no query)."""
    return next((one for one in campaign_templates() if one.slug == slug), None)


def guide_for(template: CampaignTemplate) -> str:
    """The first guide that a template asks for and that exists here, else the first of the list (1 query)."""
    known = [version.questionnaire.slug for version in list_current()]
    return next((slug for slug in template.questionnaires if slug in known), known[0] if known else "")


def campaigns_of_last_year(today: date) -> list[Campaign]:
    """Campaigns closed, of the last fifteen months, the oldest first: last year's come first (1 query)."""
    found = Campaign.objects.filter(opened_at__date__gte=today - LAST_YEAR, closed_at__isnull=False)
    return list(found.select_related("queue").order_by("opened_at")[:6])


@dataclass(frozen=True)
class Since:
    """What has changed since a past campaign: whom it would call today, who is gone, who is new."""

    then: int
    prospect: Prospect
    gone: int  # households of then where nobody lives any more
    no_longer: int  # they live there still, and the audience does not hold them
    newcomers: int


_SINCE = """
WITH asked AS MATERIALIZED ({asked}),
kept AS (SELECT DISTINCT id FROM asked),
before AS (
    SELECT c.household_id AS id, EXISTS (
        SELECT 1 FROM tenants_person p
        WHERE p.household_id = c.household_id AND NOT p.deceased AND (p.left_on IS NULL OR p.left_on > %s)) AS there
    FROM dispatch_contact c WHERE c.queue_id = %s)
SELECT (SELECT count(*) FROM before WHERE NOT there),
       (SELECT count(*) FROM before WHERE there AND NOT EXISTS (SELECT 1 FROM kept WHERE kept.id = before.id)),
       (SELECT count(*) FROM kept WHERE NOT EXISTS (SELECT 1 FROM before WHERE before.id = kept.id))
"""


def changes_since(campaign: Campaign, today: date, *, scope: Scope) -> Since:
    """What copying a past campaign would give today (3 queries, and two per kind of code that its rules name)."""
    waves = campaign_document(campaign)["waves"]
    compiled = [compile_rule(check(wave["audience"]), today, scope=scope) for wave in waves]
    asked = " UNION ALL ".join(
        f"SELECT household_id AS id FROM ({one.sql}) AS w{rank}" for rank, one in enumerate(compiled, start=1)
    )
    params: Sequence[Any] = [value for one in compiled for value in one.params]
    with connection.cursor() as cursor:
        statement = _SINCE.format(asked=asked or "SELECT NULL::uuid AS id WHERE false")
        cursor.execute(statement, [*params, today, campaign.queue_id])
        gone, no_longer, newcomers = cursor.fetchone()
    return Since(campaign.queue.target or 0, prospect(waves, today, scope=scope), gone, no_longer, newcomers)
