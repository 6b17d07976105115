"""A crowd of callers empties a queue: 200 of them in processes and threads, killed at random if asked. Counts faults.

Not a speed record: what is compared is the whole call (take, save, audit) of a crowd with that of eight callers.
"""

import multiprocessing
import os
import random
import signal
import threading
import time
from uuid import UUID

from django.db import connection
from django.db.utils import DatabaseError
from django.utils.timezone import now

from benchmarks.population import fill
from benchmarks.scratch import enter, scratch_database

PROCESSES = 4
THREADS = 50
AGENCIES = 12
FEW = 8


def run(rows: int = 20_000, runs: int = 1, kills: int = 0) -> dict[str, object]:
    """`rows` households, 200 callers; `kills` processes of callers are killed -9 on the way and replaced."""
    with scratch_database() as name:
        campaign_id, callers = _prepare(rows)
        few = _empty(name, campaign_id, callers[:FEW], until=rows // 20, processes=2, kills=0)
        crowd = _empty(name, campaign_id, callers, until=None, processes=PROCESSES, kills=kills)
        faults, handed, attempts = _judge(campaign_id)
    return {
        "name": "crowd",
        "ours": round(crowd),
        "limit": round(few),
        "unit": "calls/s",
        "ratio": round(crowd / few, 3),
        "doubles": len(faults),
        "faults": faults,
        "callers": len(callers),
        "killed": kills,
        "handed": handed,
        "attempts": attempts,
        "runs": runs,
    }


def _prepare(rows: int) -> tuple[UUID, list[UUID]]:
    from bienveille.engines.questionnaires.operations import ensure_built_in
    from bienveille.register.accounts.models import User
    from bienveille.services.outreach.operations import create_campaign, open_campaign

    fill(rows=rows, agencies=AGENCIES, callers=PROCESSES * THREADS)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_rolegrant (user_id, role, granted_at) SELECT id, 'caller', now() FROM accounts_user"
        )
    ensure_built_in(now=now())
    campaign = create_campaign(
        document={
            "name": "La foule",
            "purpose": "wellbeing",
            "questionnaire": "senior-welfare",
            "waves": [{"name": "Tous", "audience": {"all": []}}],
            "rules": {"max_attempts": 1, "lease_minutes": 1},
        },
        actor=None,
    )
    open_campaign(campaign_id=campaign.pk, actor=None, now=now())
    return campaign.pk, list(User.objects.order_by("id").values_list("pk", flat=True))


def _empty(name, campaign_id, callers, *, until, processes, kills):  # type: ignore[no-untyped-def]
    """All callers work at once until the queue is empty (or `until` calls); gives calls a second."""
    context = multiprocessing.get_context("spawn")
    quota = None if until is None else until // len(callers)
    groups = [callers[rank::processes] for rank in range(processes)]
    running = [context.Process(target=_process, args=(name, campaign_id, group, quota)) for group in groups]
    before, start = _attempts(campaign_id), time.perf_counter()
    for process in running:
        process.start()
    for _ in range(kills):
        time.sleep(random.uniform(3, 6))
        rank = random.randrange(processes)
        if running[rank].is_alive():
            os.kill(running[rank].pid, signal.SIGKILL)
            running[rank].join()
            running[rank] = context.Process(target=_process, args=(name, campaign_id, groups[rank], quota))
            running[rank].start()
    for process in running:
        process.join()
    return (_attempts(campaign_id) - before) / (time.perf_counter() - start)


def _process(name, campaign_id, callers, quota):  # type: ignore[no-untyped-def]
    enter(name)
    from bienveille.faces.cli.simulation import work

    def one(caller_id: UUID) -> None:
        patience = 60
        while patience:
            try:
                saved = work(campaign_id, caller_id, now(), at_most=quota)
            except DatabaseError:  # PostgreSQL was killed under us: come back as a person would
                connection.close()
                time.sleep(0.5)
                patience -= 1
                continue
            if quota is not None or (saved == 0 and not _left(campaign_id)):
                break
            patience -= saved == 0
            time.sleep(0 if saved else 1)
        connection.close()

    threads = [threading.Thread(target=one, args=(caller_id,)) for caller_id in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _left(campaign_id: UUID) -> bool:
    """Whether somebody could still be called today: waiting now, or in the hands of a caller who may have died."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT EXISTS (SELECT 1 FROM dispatch_contact c JOIN outreach_campaign o USING (queue_id)
                   WHERE o.id = %s AND (c.state = 'reserved'
                       OR c.state = 'waiting' AND (c.not_before IS NULL OR c.not_before <= now())))""",
            [campaign_id],
        )
        return cursor.fetchone()[0]


def _attempts(campaign_id: UUID) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM dispatch_attempt")
        return cursor.fetchone()[0]


def _judge(campaign_id: UUID) -> tuple[list[str], int, int]:
    """Faults of the queue, hand-outs audited, attempts saved."""
    from bienveille.engines.dispatch.queries import check_invariants
    from bienveille.services.outreach.queries import find_campaign

    campaign = find_campaign(campaign_id)
    assert campaign is not None
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_auditentry WHERE action = 'household.handed'")
        handed = cursor.fetchone()[0]
    return check_invariants(campaign.queue), handed, _attempts(campaign_id)
