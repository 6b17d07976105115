"""Lists of a week: their cost against the optimum of a linear program, and how long is spent beyond the solver."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from datetime import time as hour
from statistics import median

from django.db import connection
from django.utils.timezone import localtime, now

from benchmarks.population import fill
from benchmarks.scratch import scratch_database

AGENCIES = 40
CALLERS = 300

# Half of the households were reached by somebody of their agency in a campaign of the same purpose, some in a grave
# situation; every caller covers two agencies; one in eight speaks Arabic, as do some households.
_BEFORE = """
UPDATE accounts_user SET hours_per_week = 10 + length(email) %% 12,
    languages = CASE WHEN ascii(substr(id::text, 36)) %% 8 = 0 THEN '{fr,ar}'::varchar[] ELSE '{fr}'::varchar[] END;
INSERT INTO accounts_user_covers (user_id, agency_id) SELECT id, agency_id FROM accounts_user;
INSERT INTO accounts_user_covers (user_id, agency_id)
SELECT u.id, (SELECT a.id FROM accounts_agency a WHERE a.id > u.agency_id ORDER BY a.id LIMIT 1) FROM accounts_user u
WHERE EXISTS (SELECT 1 FROM accounts_agency a WHERE a.id > u.agency_id);
INSERT INTO accounts_rolegrant (user_id, role, granted_at) SELECT id, 'caller', now() FROM accounts_user;
UPDATE tenants_person SET languages = '{ar}' WHERE ascii(substr(id::text, 36)) %% 20 = 0;
"""
_VOICES = """
INSERT INTO dispatch_attempt (contact_id, caller_id, channel, outcome, at, token, answer, before)
SELECT c.id, (SELECT u.id FROM accounts_user u WHERE u.agency_id = l.agency_id
              ORDER BY md5(u.id::text || c.id::text) LIMIT 1),
       'phone', 'reached', now() - interval '60 days', gen_random_uuid(), '{{}}', '{{}}'
FROM dispatch_contact c JOIN dispatch_lane l ON l.id = c.lane_id
WHERE c.queue_id = %s AND c.priority %% 2 = 0;
UPDATE dispatch_contact SET state = 'reached', hard = priority %% 40 = 0 WHERE queue_id = %s AND priority %% 2 = 0;
"""


def run(rows: int = 20_000, runs: int = 3) -> dict[str, object]:
    """`rows` households to 300 callers: capacity, agency, language, same voice, hard situations, priority."""
    with scratch_database():
        campaign = _prepare(rows)
        solver, around, whole = [], [], []
        for _ in range(runs):
            started = time.perf_counter()
            done = _propose(campaign)
            whole.append(time.perf_counter() - started)
            solver.append(done.solver_seconds)
            around.append(done.around_seconds)
        optimum, seconds = _optimum(campaign)
    return {
        "name": "lists",
        "ours": done.plan.cost,
        "limit": optimum,
        "unit": "cost",
        "ratio": round(done.plan.cost / optimum, 9) if optimum else 1.0,
        "runs": runs,
        "placed": done.placed,
        "left_out": done.left_out,
        "solver_seconds": round(median(solver), 3),
        "beyond_seconds": round(median(around), 3),
        "writing_seconds": round(median(whole) - median(around) - median(solver), 3),
        "linear_program_seconds": round(seconds, 1),
    }


def _prepare(rows: int):  # type: ignore[no-untyped-def]
    from bienveille.engines.questionnaires.operations import ensure_built_in
    from bienveille.services.outreach.operations import close_campaign

    fill(rows=rows, agencies=AGENCIES, callers=CALLERS)
    with connection.cursor() as cursor:
        for statement in _BEFORE.replace("%%", "%").split(";\n"):
            if statement.strip():
                cursor.execute(statement)
    ensure_built_in(now=now())
    before = _campaign("Avant")
    with connection.cursor() as cursor:
        for statement in _VOICES.replace("{{}}", "{}").split(";\n"):
            if statement.strip():
                cursor.execute(statement, [before.queue_id])
    close_campaign(campaign_id=before.pk, actor=None, now=now())
    campaign = _campaign("Banc d’essai")
    with connection.cursor() as cursor:
        for table in (
            "dispatch_contact",
            "dispatch_attempt",
            "accounts_user",
            "tenants_person",
            "tenants_contactpoint",
        ):
            cursor.execute(f"ANALYZE {table}")
    return campaign


def _campaign(name: str):  # type: ignore[no-untyped-def]
    from bienveille.services.outreach.operations import create_campaign, open_campaign
    from bienveille.services.outreach.queries import find_campaign

    waves = [
        {"name": "Les plus âgés", "audience": {"age": {"min": 80}}},
        {"name": "Les autres", "audience": {"all": []}},
    ]
    document = {"name": name, "purpose": "wellbeing", "questionnaire": "senior-welfare", "waves": waves}
    campaign = create_campaign(document=document, actor=None)
    open_campaign(campaign_id=campaign.pk, actor=None, now=now())
    return find_campaign(campaign.pk)


def _propose(campaign):  # type: ignore[no-untyped-def]
    from bienveille.services.outreach.operations import ListRules, prepare_lists

    return prepare_lists(campaign=campaign, actor=None, rules=ListRules(week="next"), now=now())


def _optimum(campaign) -> tuple[int, float]:  # type: ignore[no-untyped-def]
    """The same facts and costs as a linear program over every pair, without the flow's groups, by another solver."""
    from bienveille.services.outreach.operations import ListRules
    from bienveille.services.outreach.queries import who_calls, who_waits
    from bienveille.services.outreach.rules.lists import days_of

    rules, today = ListRules(week="next"), localtime(now()).date()
    days = days_of(rules.week, today)
    until = datetime.combine(days.last + timedelta(days=1), hour(), tzinfo=localtime(now()).tzinfo)
    households = who_waits(campaign, today=today, until=until).households
    week = who_calls(campaign, first=days.first, last=days.last, minutes_each=rules.minutes_each)
    started = time.perf_counter()
    return round(linear_optimum(households, [one.seat for one in week], rules.hard_most)), time.perf_counter() - started


def linear_optimum(households: Sequence, seats: Sequence, hard_most: int) -> float:  # type: ignore[type-arg]
    """The least cost by GLOP: one variable a pair, convex steps for loads and hard situations."""
    from ortools.linear_solver import pywraplp

    from bienveille.engines.dispatch.rules import assignment as costs

    solver = pywraplp.Solver.CreateSolver("GLOP")
    infinity = solver.infinity()
    objective = solver.Objective()
    loads = [solver.Constraint(0, 0) for _ in seats]
    heavies = [solver.Constraint(0, 0) for _ in seats]
    places = {seat.key: rank for rank, seat in enumerate(seats)}
    able: dict[object, list[tuple[int, int]]] = {}
    for one, alone in zip(households, costs.left_out_costs(households), strict=True):
        once = solver.Constraint(1, 1)
        left = solver.NumVar(0, infinity, "")
        once.SetCoefficient(left, 1)
        objective.SetCoefficient(left, float(alone))
        kind = (one.agency, one.language, one.hard)
        if kind not in able:
            able[kind] = [
                (rank, costs.pair_cost(one, seat)) for rank, seat in enumerate(seats) if costs.may_have(one, seat)
            ]
        last = places.get(one.voice, -1)
        known = any(rank == last for rank, _ in able[kind])
        for rank, cost in able[kind]:
            way = solver.NumVar(0, infinity, "")
            once.SetCoefficient(way, 1)
            loads[rank].SetCoefficient(way, 1)
            if one.hard:
                heavies[rank].SetCoefficient(way, 1)
            objective.SetCoefficient(way, cost + (costs.OTHER_VOICE if known and rank != last else 0))
    for rank, seat in enumerate(seats):
        steps = [(loads[rank], room, costs.LOAD_STEP * part) for part, room in enumerate(costs.quarters(seat.capacity))]
        steps += [(heavies[rank], 1, costs.HARD_STEP * step) for step in range(hard_most)]
        for constraint, room, cost in steps:
            piece = solver.NumVar(0, room, "")
            constraint.SetCoefficient(piece, -1)
            objective.SetCoefficient(piece, cost)
    objective.SetMinimization()
    assert solver.Solve() == pywraplp.Solver.OPTIMAL
    return float(objective.Value())
