"""One agency's dashboard over all its attempts, read from the counts, against the best covering index."""

import time
from functools import partial
from statistics import median
from uuid import UUID

from django.db import connection
from django.utils.timezone import now

from benchmarks.population import fill
from benchmarks.scratch import scratch_database

AGENCIES, CALLERS, HOUSEHOLDS, WEEKS = 40, 400, 20_000, 60
BULK, ALONE = 20_000, 200
_CHUNK = 200_000

# Calls spread over weeks, households and callers; the same odd numbers each time.
_ATTEMPTS = """
INSERT INTO dispatch_attempt (contact_id, caller_id, channel, outcome, at, token, answer, before)
SELECT c.id, u.id, 'phone',
       (ARRAY['reached', 'no_answer', 'voicemail', 'busy', 'call_later', 'wrong_number', 'refused', 'interrupted',
              'language', 'deceased', 'moved'])[1 + (i * 7919 %% 11)],
       timestamptz '2026-01-05 09:00+01' + (i * 104729 %% (%(weeks)s * 604800)) * interval '1 second',
       gen_random_uuid(), '{}', '{}'
FROM generate_series(%(first)s::bigint, %(last)s::bigint) i
JOIN bench_contact c ON c.rank = i * 31 %% %(households)s
JOIN bench_caller u ON u.rank = i * 17 %% %(callers)s
"""
_ALONE = """
INSERT INTO dispatch_attempt (contact_id, caller_id, channel, outcome, at, token, answer, before)
VALUES ((SELECT id FROM bench_contact WHERE rank = %s), (SELECT id FROM bench_caller WHERE rank = %s), 'phone',
        'reached', now(), gen_random_uuid(), '{}', '{}')
"""
_FLAT = """
CREATE TABLE bench_flat AS
SELECT l.agency_id, a.at, a.outcome FROM dispatch_attempt a
JOIN dispatch_contact c ON c.id = a.contact_id JOIN dispatch_lane l ON l.id = c.lane_id WHERE a.undone_at IS NULL;
CREATE INDEX bench_covering ON bench_flat (agency_id, at, outcome);
"""
_COVERED = """
SELECT date_trunc('week', at AT TIME ZONE 'Europe/Paris')::date AS week, outcome, count(*)::int FROM bench_flat
WHERE agency_id = %s GROUP BY 1, 2 ORDER BY 1, 2
"""


def run(rows: int = 2_000_000, runs: int = 9) -> dict[str, object]:
    """A campaign of `rows` attempts; the two ways give the same figures, and the counts are proved right at the end."""
    from bienveille.services.outreach.operations import fold_calls
    from bienveille.services.outreach.queries import count_faults, weeks_of

    with scratch_database():
        campaign, agency = _prepare()
        started = time.perf_counter()
        for first in range(1, rows + 1, _CHUNK):
            _insert(first, min(rows, first + _CHUNK - 1))
        loaded = time.perf_counter() - started
        fold_calls()
        with connection.cursor() as cursor:
            for statement in filter(str.strip, _FLAT.split(";")):
                cursor.execute(statement)
            for table in ("bench_flat", "outreach_callsofweek", "outreach_callsofday", "outreach_callchange"):
                cursor.execute(f"VACUUM ANALYZE {table}")
        ours, limits, ratios = [], [], []
        for _ in range(runs):
            covered, limit = _timed(lambda: _covered(agency))
            counted, mine = _timed(lambda: weeks_of(campaign.queue, agency))
            told = [(line.week, key, line.outcomes[key]) for line in counted for key in sorted(line.outcomes)]
            assert told == covered
            ours.append(mine)
            limits.append(limit)
            ratios.append(limit / mine)
        alone, alone_without = _one_by_one(rows)
        bulk, bulk_without = _in_bulk(rows + 10 * ALONE)
        faults = count_faults()
    return {
        "name": "figures",
        "ours": round(median(ours) * 1000, 3),
        "limit": round(median(limits) * 1000, 3),
        "unit": "ms",
        "ratio": round(median(ratios), 1),
        "rows_read": len(counted),
        "calls_of_the_agency": sum(line.calls for line in counted),
        "one_insert_us": round(alone * 1e6),
        "one_insert_without_us": round(alone_without * 1e6),
        "bulk_insert_ms": round(bulk * 1000),
        "bulk_insert_without_ms": round(bulk_without * 1000),
        "load_s": round(loaded, 1),
        "faults": len(faults),
        "runs": runs,
    }


def _prepare():  # type: ignore[no-untyped-def]
    from bienveille.engines.questionnaires.operations import ensure_built_in
    from bienveille.register.accounts.models import Agency
    from bienveille.services.outreach.models import Campaign
    from bienveille.services.outreach.operations import create_campaign, open_campaign

    fill(rows=HOUSEHOLDS, agencies=AGENCIES, callers=CALLERS)
    ensure_built_in(now=now())
    document = {
        "name": "Banc d’essai",
        "purpose": "wellbeing",
        "questionnaire": "senior-welfare",
        "waves": [{"name": "Tous", "audience": {"all": []}}],
    }
    campaign = create_campaign(document=document, actor=None)
    open_campaign(campaign_id=campaign.pk, actor=None, now=now())
    with connection.cursor() as cursor:
        cursor.execute(
            """CREATE TABLE bench_contact AS
               SELECT id, row_number() OVER (ORDER BY id) - 1 AS rank FROM dispatch_contact"""
        )
        cursor.execute(
            """CREATE TABLE bench_caller AS
               SELECT id, row_number() OVER (ORDER BY id) - 1 AS rank FROM accounts_user"""
        )
        for table in ("bench_contact", "bench_caller"):
            cursor.execute(f"CREATE UNIQUE INDEX ON {table} (rank)")
            cursor.execute(f"ANALYZE {table}")
    agency = Agency.objects.order_by("code").values_list("pk", flat=True)[AGENCIES // 2]
    return Campaign.objects.select_related("queue").get(pk=campaign.pk), agency


def _insert(first: int, last: int) -> None:
    with connection.cursor() as cursor:
        facts = {"first": first, "last": last, "weeks": WEEKS, "households": HOUSEHOLDS, "callers": CALLERS}
        cursor.execute(_ATTEMPTS, facts)


def _alone(place: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_ALONE, [place % HOUSEHOLDS, place % CALLERS])


def _covered(agency: UUID) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_COVERED, [agency])
        return cursor.fetchall()


def _timed(work):  # type: ignore[no-untyped-def]
    started = time.perf_counter()
    result = work()
    return result, time.perf_counter() - started


def _triggers(on: bool) -> None:
    verb = "ENABLE" if on else "DISABLE"
    with connection.cursor() as cursor:
        for name in ("added", "changed", "removed"):
            cursor.execute(f"ALTER TABLE dispatch_attempt {verb} TRIGGER outreach_calls_{name}")


def _one_by_one(rows: int) -> tuple[float, float]:
    """Seconds of one durable insert, counted and not; in turns, so that the machine's swings touch both."""
    from bienveille.services.outreach.operations import recount_calls

    taken: dict[bool, list[float]] = {True: [], False: []}
    place = rows + 1
    for turn in range(10):
        counted = turn % 2 == 0
        _triggers(counted)
        for _ in range(ALONE // 5):
            taken[counted].append(_timed(partial(_alone, place))[1])
            place += 1
    _triggers(True)
    recount_calls()
    return median(taken[True]), median(taken[False])


def _in_bulk(rows: int) -> tuple[float, float]:
    """Seconds of a bulk of twenty thousand, counted and not."""
    from bienveille.services.outreach.operations import recount_calls

    taken: dict[bool, list[float]] = {True: [], False: []}
    place = rows + 1
    for turn in range(6):
        counted = turn % 2 == 0
        _triggers(counted)
        taken[counted].append(_timed(partial(_insert, place, place + BULK - 1))[1])
        place += BULK
    _triggers(True)
    recount_calls()
    return median(taken[True]), median(taken[False])
