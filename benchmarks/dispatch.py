"""Hand-outs a second, the whole operation, against durable updates of one random row by the same client."""

import multiprocessing
import random
import threading
import time
from statistics import median
from uuid import UUID

from django.db import connection
from django.utils.timezone import now

from benchmarks.population import fill
from benchmarks.scratch import enter, scratch_database

CONNECTIONS = 32
PROCESSES = 2
AGENCIES = 40
SLICES = 10
MOST = 150_000  # hand-outs: of a longer queue the rest only waits, which is what its length costs


def run(rows: int = 150_000, runs: int = 5) -> dict[str, object]:
    """A queue of `rows` households is emptied by 32 connections; every tenth of it is paired with a limit run.

    Of more than `MOST` households, so many are handed out and the others wait behind them.
    """
    with scratch_database() as name:
        handed_out = min(rows, MOST)
        queue, contacts = _prepare(rows, callers=handed_out)
        slice_rows = handed_out // SLICES
        context = multiprocessing.get_context("spawn")
        ours, limits = [], []
        for part in range(SLICES):
            limits.append(_together(context, name, queue, contacts, part, slice_rows, limit=True))
            ours.append(_together(context, name, queue, contacts, part, slice_rows, limit=False))
        doubles, handed = _doubles()
    # Runs are pairs of neighbours in time: the machine's own swings touch both sides of a ratio.
    ratios = [mine / theirs for mine, theirs in zip(ours, limits, strict=True)]
    step = max(1, SLICES // max(1, min(runs, SLICES)))
    return {
        "name": "dispatch",
        "ours": round(median(ours)),
        "limit": round(median(limits)),
        "unit": "hand-outs/s",
        "ratio": round(median(ratios), 3),
        "doubles": doubles,
        "queued": rows,
        "handed": handed,
        "last_over_first": round((ours[-1] / limits[-1]) / (ours[0] / limits[0]), 3),
        "runs": len(range(0, SLICES, step)),
    }


def _prepare(rows: int, *, callers: int) -> tuple[UUID, list[UUID]]:
    """One wave open on everybody, as many callers as hand-outs: each takes one, so that each is new."""
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
        },
        actor=None,
    )
    open_campaign(campaign_id=campaign.pk, actor=None, now=now())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE dispatch_contact")
        cursor.execute("CHECKPOINT")
        cursor.execute("SELECT id FROM dispatch_contact")
        return campaign.queue_id, [row[0] for row in cursor.fetchall()]


def _together(context, name, queue, contacts, part, count, *, limit) -> float:  # type: ignore[no-untyped-def]
    """All connections at once, started together; gives operations a second."""
    ready, go, done = context.Barrier(PROCESSES + 1), context.Event(), context.SimpleQueue()
    share = contacts[part * count : (part + 1) * count] if limit else None
    arguments = (name, queue, share, part * count, count, limit, ready, go, done)
    processes = [context.Process(target=_process, args=(rank, *arguments)) for rank in range(PROCESSES)]
    for process in processes:
        process.start()
    ready.wait()
    start = time.perf_counter()
    go.set()
    total = sum(done.get() for _ in processes)
    elapsed = time.perf_counter() - start
    for process in processes:
        process.join()
    return total / elapsed


def _process(rank, name, queue, share, first, count, limit, ready, go, done):  # type: ignore[no-untyped-def]
    enter(name)
    from bienveille.register.accounts.models import User

    threads_here = CONNECTIONS // PROCESSES
    callers = [] if limit else list(User.objects.order_by("id")[first : first + count][rank::PROCESSES])
    counts = [0] * threads_here
    connected = threading.Barrier(threads_here + 1)

    def work(mine: int) -> None:
        connection.ensure_connection()
        connection.connection.execute("SELECT 1")
        connected.wait()
        go.wait()
        if limit:
            rows = share[rank::PROCESSES][mine::threads_here]
            counts[mine] = _update_rows(rows)
        else:
            counts[mine] = _hand_out(queue, callers[mine::threads_here])
        connection.close()

    threads = [threading.Thread(target=work, args=(mine,)) for mine in range(threads_here)]
    for thread in threads:
        thread.start()
    connected.wait()
    ready.wait()
    for thread in threads:
        thread.join()
    done.put(sum(counts))


def _hand_out(queue, callers):  # type: ignore[no-untyped-def]
    from bienveille.engines.dispatch.operations import hand_out

    moment = now()
    return sum(
        hand_out(queue_id=queue, caller=caller, now=moment, reason="Banc d’essai") is not None for caller in callers
    )


def _update_rows(rows: list[UUID]) -> int:
    """The limit: what it costs to write one row durably, through the same connection and driver."""
    random.shuffle(rows)
    for row in rows:
        connection.connection.execute(
            "UPDATE dispatch_contact SET attempts_made = attempts_made WHERE id = %s", [row]
        )  # fmt: skip
    return len(rows)


def _doubles() -> tuple[int, int]:
    """Households handed out more than once, and how many were handed out in all, from the audit log."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FILTER (WHERE n > 1), coalesce(sum(n), 0)::int FROM (
                   SELECT count(*) AS n FROM accounts_auditentry WHERE action = 'household.handed'
                   GROUP BY subject_id) AS handed"""
        )
        return cursor.fetchone()
