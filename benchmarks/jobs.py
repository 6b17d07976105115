"""Ten thousand jobs of one row each, two workers, against claiming and deleting them by hand in the same database."""

import multiprocessing
import os
import signal
import time

from django.db import connection, connections, transaction

from benchmarks.scratch import enter, scratch_database
from bienveille.ground.platform.jobs import job, run_worker

WORKERS = 2
CONCURRENCY = 10
SPAWN = multiprocessing.get_context("spawn")
_TABLES = """
CREATE TABLE bench_row (id int PRIMARY KEY, done int NOT NULL DEFAULT 0);
CREATE TABLE bench_by_hand (id int PRIMARY KEY, taken timestamptz);
INSERT INTO bench_row SELECT i FROM generate_series(1, %(rows)s) i;
INSERT INTO bench_by_hand SELECT i FROM generate_series(1, %(rows)s) i
"""


@job(queue="bench")
def touch(*, row: int) -> None:
    """Do the work of one row once: under lock, and nothing when it is done."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE bench_row SET done = done + 1 WHERE id = %s AND done = 0", [row])


def run(rows: int = 10_000, runs: int = 1, kills: int = 1) -> dict[str, object]:
    """`kills`: workers killed -9 in the middle of a second lot, which the next ones must finish."""
    with scratch_database() as name:
        with connection.cursor() as cursor:
            for statement in _TABLES.split(";\n"):
                cursor.execute(statement, {"rows": rows})
        limit = rows / _together(_by_hand, name)
        begun = time.perf_counter()
        touch.enqueue_many({"row": row} for row in range(1, rows + 1))
        enqueued = rows / (time.perf_counter() - begun)
        ours = rows / _together(_work, name)
        untouched, more_than_once = _judge()
        resumed = _killed(name, rows // 4, kills) if kills else 0.0
        left, again = _judge()
    return {
        "name": "jobs",
        "ours": round(ours),
        "limit": round(limit),
        "unit": "jobs/s",
        "ratio": round(ours / limit, 3),
        "enqueued_per_s": round(enqueued),
        "lost": untouched + left,
        "twice": more_than_once + again,
        "resumed_after_s": round(resumed, 1),
        "runs": runs,
    }


def _together(what, name: str) -> float:  # type: ignore[no-untyped-def]
    """Seconds that two processes take, from the moment both are ready."""
    connections.close_all()
    gate = SPAWN.Barrier(WORKERS + 1)
    processes = [SPAWN.Process(target=what, args=(name, gate)) for _ in range(WORKERS)]
    for process in processes:
        process.start()
    gate.wait()
    begun = time.perf_counter()
    for process in processes:
        process.join()
    return time.perf_counter() - begun


def _by_hand(name, gate) -> None:  # type: ignore[no-untyped-def]
    """One row claimed and committed, its work and its deletion committed, until nothing is left."""
    enter(name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        gate.wait()
        while True:
            cursor.execute(
                """UPDATE bench_by_hand SET taken = now() WHERE id = (
                       SELECT id FROM bench_by_hand WHERE taken IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
                   RETURNING id"""
            )
            row = cursor.fetchone()
            if row is None:
                return
            cursor.execute("DELETE FROM bench_by_hand WHERE id = %s", row)


def _work(name, gate) -> None:  # type: ignore[no-untyped-def]
    enter(name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    gate.wait()
    run_worker(queues=["bench"], concurrency=CONCURRENCY, wait=False)


def _until_told(name) -> None:  # type: ignore[no-untyped-def]
    enter(name)
    run_worker(concurrency=CONCURRENCY)


def _killed(name: str, rows: int, kills: int) -> float:
    """Workers killed in the middle of `rows` jobs: seconds from the last death until the last job is done."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE bench_row SET done = 0 WHERE id <= %s", [rows])
    touch.enqueue_many({"row": row} for row in range(1, rows + 1))
    connections.close_all()
    for _ in range(kills):
        victim = SPAWN.Process(target=_until_told, args=(name,))
        victim.start()
        _wait_until_begun(rows)
        os.kill(victim.pid or 0, signal.SIGKILL)
        victim.join()
    died = time.perf_counter()
    heir = SPAWN.Process(target=_until_told, args=(name,))
    heir.start()
    while _count("done = 0") or _jobs():
        time.sleep(0.1)
    took = time.perf_counter() - died
    os.kill(heir.pid or 0, signal.SIGTERM)
    heir.join()
    return took


def _wait_until_begun(rows: int) -> None:
    """Until some of the jobs that are left have been done by the new worker."""
    before = _count("done = 0")
    while before and _count("done = 0") > before - max(1, rows // 10):
        time.sleep(0.02)


def _count(condition: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM bench_row WHERE {condition}")
        return cursor.fetchone()[0]


def _jobs() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE queue_name = 'bench' AND status IN ('todo', 'doing')"
        )
        return cursor.fetchone()[0]


def _judge() -> tuple[int, int]:
    """Rows whose job was lost, rows whose work was done twice."""
    return _count("done = 0"), _count("done > 1")
