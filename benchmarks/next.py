"""Hand-outs a second through HTTP, against a bare WSGI function with the same statements, on the same server."""

import random
from hashlib import sha256
from statistics import median
from uuid import UUID

from django.db import connection
from django.utils.timezone import now

from benchmarks.population import fill
from benchmarks.scratch import scratch_database
from benchmarks.web_load import hammer, request, server

AGENCIES = 40


def run(rows: int = 10_000, runs: int = 5) -> dict[str, object]:
    """`rows` households and as many callers, each with a token, each asking once; ours and the bare one in turn."""
    share = rows // (2 * runs)
    with scratch_database() as name:
        campaign_id, secrets = prepare(rows, callers=rows)
        requests = [request("POST", f"/api/v1/campaigns/{campaign_id}/next", token=secret) for secret in secrets]
        random.Random(2026).shuffle(requests)
        shares = [requests[rank * share : (rank + 1) * share] for rank in range(2 * runs)]
        ours, limits = [], []
        with server(name) as mine, server(name, "benchmarks.bare") as bare:
            for part in range(runs):
                limits.append(hammer(bare, shares[2 * part], 200))
                ours.append(hammer(mine, shares[2 * part + 1], 200))
        doubles, handed = _judge()
    return {
        "name": "next",
        "ours": round(median(ours)),
        "limit": round(median(limits)),
        "unit": "hand-outs/s",
        "ratio": round(median(mine / theirs for mine, theirs in zip(ours, limits, strict=True)), 3),
        "doubles": doubles,
        "handed": handed,
        "runs": runs,
    }


def prepare(rows: int, *, callers: int, **rules: int) -> tuple[UUID, list[str]]:
    """A campaign open on everybody; the secrets of its callers' tokens, made by the database."""
    from bienveille.engines.questionnaires.operations import ensure_built_in
    from bienveille.services.outreach.operations import create_campaign, open_campaign

    fill(rows=rows, agencies=AGENCIES, callers=callers)
    ensure_built_in(now=now())
    campaign = create_campaign(
        document={
            "name": "Banc d’essai",
            "purpose": "wellbeing",
            "questionnaire": "senior-welfare",
            "waves": [{"name": "Tous", "audience": {"all": []}}],
            "rules": rules,
        },
        actor=None,
    )
    open_campaign(campaign_id=campaign.pk, actor=None, now=now())
    secrets = [f"bv_banc_{rank}" for rank in range(callers)]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_rolegrant (user_id, role, granted_at) SELECT id, 'caller', now() FROM accounts_user"
        )
        cursor.execute(
            """INSERT INTO accounts_apitoken (user_id, digest, label, created_at, expires_at)
               SELECT u.id, d.digest, 'banc', now(), now() + interval '1 day'
               FROM (SELECT id, row_number() OVER (ORDER BY id) AS rank FROM accounts_user) u
               JOIN unnest(%s::text[]) WITH ORDINALITY AS d (digest, rank) USING (rank)""",
            [[sha256(secret.encode()).hexdigest() for secret in secrets]],
        )
        cursor.execute("VACUUM ANALYZE dispatch_contact")
        cursor.execute("ANALYZE accounts_apitoken, accounts_rolegrant")
        cursor.execute("CHECKPOINT")
    return campaign.pk, secrets


def _judge() -> tuple[int, int]:
    """Households handed out more than once, and how many were handed out in all, from the audit log."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FILTER (WHERE n > 1), coalesce(sum(n), 0)::int FROM (
                   SELECT count(*) AS n FROM accounts_auditentry WHERE action = 'household.handed'
                   GROUP BY subject_id) AS handed"""
        )
        return cursor.fetchone()
