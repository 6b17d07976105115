"""Opening a campaign on a large register: choose, rank, say why, against the same as one bare INSERT … SELECT."""

import time
from statistics import median

from django.db import connection
from django.utils.timezone import localdate, now

from benchmarks.population import fill
from benchmarks.scratch import scratch_database

AGENCIES = 40
#: About fifteen in a hundred of the made-up register.
OLD = 86

# Written by hand for this very campaign: the same households, in the same order, with the same words and lanes. What
# the operation adds (the rule read and compiled, the scope, the audit, the target counted) is what is measured.
_BARE = """
INSERT INTO dispatch_contact (queue_id, lane_id, household_id, priority, state, reason, attempts_made, why)
SELECT %(queue)s, l.id, f.id,
       row_number() OVER (ORDER BY (CASE WHEN people = 1 THEN oldest END),
                          (CASE WHEN d.lift = false THEN d.floor ELSE 0 END) DESC NULLS LAST, oldest, f.id),
       CASE WHEN phone THEN 'waiting' ELSE 'unreachable' END, CASE WHEN phone THEN '' ELSE 'no_phone' END, 0,
       array_remove(ARRAY[
           extract(year FROM age(%(today)s::date, oldest))::int || ' ans',
           CASE WHEN people = 1 THEN CASE title WHEN 'mrs' THEN 'vit seule' ELSE 'vit seul' END END,
           CASE WHEN d.floor >= 1 AND d.lift = false THEN d.floor || 'e étage sans ascenseur' END], NULL)
FROM (
    SELECT p.household_id AS id, count(*) AS people, min(p.title) AS title,
           min(p.birth_date) FILTER (WHERE p.opposed_on IS NULL) AS oldest,
           bool_or(EXISTS (
               SELECT 1 FROM tenants_contactpoint t
               WHERE t.person_id = p.id AND t.kind = 'phone' AND t.status IN ('valid', 'unverified')))
               FILTER (WHERE p.opposed_on IS NULL) AS phone
    FROM tenants_person p
    WHERE (p.left_on IS NULL OR p.left_on > %(today)s) AND NOT p.deceased AND p.household_id IN (
        SELECT household_id FROM tenants_person
        WHERE (left_on IS NULL OR left_on > %(today)s) AND NOT deceased
        GROUP BY household_id
        HAVING NOT bool_or(protected_address)
           AND bool_or(opposed_on IS NULL AND birth_date <= %(today)s::date - make_interval(years => %(old)s)))
    GROUP BY p.household_id) AS f
JOIN tenants_household h ON h.id = f.id
JOIN housing_dwelling d ON d.id = h.dwelling_id
JOIN housing_building b ON b.id = d.building_id
JOIN housing_residence r ON r.id = b.residence_id
JOIN dispatch_lane l ON l.queue_id = %(queue)s AND l.agency_id = r.agency_id
"""


def run(rows: int = 1_000_000, runs: int = 5) -> dict[str, object]:
    """A register of `rows` households; each run opens a campaign on the oldest, then does the same by hand."""
    from bienveille.engines.questionnaires.operations import ensure_built_in

    with scratch_database():
        fill(rows=rows, agencies=AGENCIES, callers=0)
        ensure_built_in(now=now())
        _calm()
        ours, limits, chosen = [], [], set()
        for rank in range(runs + 1):
            for work, times in ((_bare, limits), (_ours, ours)):
                took, count = work(rank)
                chosen.add(count)
                if rank:  # the first pair only warms the caches
                    times.append(count / took)
    assert len(chosen) == 1, f"the two do not choose the same households: {chosen}"
    ratios = [mine / theirs for mine, theirs in zip(ours, limits, strict=True)]
    return {
        "name": "target",
        "ours": round(median(ours)),
        "limit": round(median(limits)),
        "unit": "households/s",
        "ratio": round(median(ratios), 3),
        "chosen": chosen.pop(),
        "of": rows,
        "runs": runs,
    }


def _calm() -> None:
    """Nothing of the run before is left to be written or read."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE dispatch_contact, dispatch_lane CASCADE")
        cursor.execute("VACUUM ANALYZE tenants_person")
        cursor.execute("CHECKPOINT")


def _campaign(rank: int):  # type: ignore[no-untyped-def]
    from bienveille.services.outreach.operations import create_campaign

    wave = {
        "name": "Les plus âgés, seuls",
        "audience": {"age": {"min": OLD}},
        "priority": ["oldest_alone_first", "top_floor_first"],
    }
    document = {"name": f"Banc {rank}", "purpose": "wellbeing", "questionnaire": "senior-welfare", "waves": [wave]}
    return create_campaign(document=document, actor=None)


def _ours(rank: int) -> tuple[float, int]:
    from bienveille.services.outreach.operations import open_campaign

    campaign = _campaign(rank)
    _calm()
    start = time.perf_counter()
    count = open_campaign(campaign_id=campaign.pk, actor=None, now=now())
    return time.perf_counter() - start, count


def _bare(rank: int) -> tuple[float, int]:
    """The limit: its lanes are there already, nothing is compiled, audited or counted."""
    campaign = _campaign(rank)
    _calm()
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO dispatch_lane (queue_id, wave, agency_id, language, open)
               SELECT %s, 1, id, '', true FROM accounts_agency""",
            [campaign.queue_id],
        )
        start = time.perf_counter()
        cursor.execute(_BARE, {"queue": campaign.queue_id, "today": localdate(), "old": OLD})
        return time.perf_counter() - start, cursor.rowcount
