"""The queue with a real worker: jobs commit with the rows, fail or come back as promised, survive a killed worker."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection, transaction
from tests.platform import small_jobs

from bienveille.ground.platform import jobs

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _empty_queue():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS trace (text text, process int)")
        cursor.execute("TRUNCATE trace, procrastinate_jobs, procrastinate_workers CASCADE")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE trace")


def traces():
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM trace")
        return [text for (text,) in cursor.fetchall()]


def waiting():
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, status::text, attempts FROM procrastinate_jobs WHERE queue_name = 'tests'")
        return cursor.fetchall()


def work():
    jobs.run_worker(queues=["tests"], wait=False)


class TestEnqueue:
    def test_commits_with_the_rows(self):
        with transaction.atomic():
            small_jobs.leave_trace.enqueue(text="kept")
        work()
        assert traces() == ["kept"]

    def test_rolls_back_with_the_rows(self):
        with transaction.atomic():
            small_jobs.leave_trace.enqueue(text="never")
            transaction.set_rollback(True)
        assert waiting() == []

    def test_within_a_job_too(self):
        """What a job asks for in its transaction begins once that one commits, and never when it is undone."""
        small_jobs.ask_in_a_transaction.enqueue(undone=False)
        work()
        work()
        assert traces() == ["asked", "sees 1"]
        small_jobs.ask_in_a_transaction.enqueue(undone=True)
        work()
        work()
        assert traces() == ["asked", "sees 1"]

    def test_takes_the_key_of_a_row(self):
        key = UUID("0198c1c0-0000-7000-8000-000000000001")
        small_jobs.leave_trace.enqueue(text=key)
        work()
        assert traces() == [str(key)]

    def test_once_spoils_no_transaction(self):
        with transaction.atomic():
            assert small_jobs.leave_trace.enqueue_once("key", text="one") is not None
            assert small_jobs.leave_trace.enqueue_once("key", text="two") is None
            small_jobs.trace("still here")
        work()
        assert sorted(traces()) == ["one", "still here"]

    def test_many_in_one_statement(self, django_assert_num_queries):
        with django_assert_num_queries(1):
            small_jobs.leave_trace.enqueue_many({"text": str(n)} for n in range(50))
        work()
        assert len(traces()) == 50

    def test_a_job_can_also_run_now(self):
        small_jobs.leave_trace(text="now")
        assert traces() == ["now"]


class TestConnections:
    def test_small_jobs_share_theirs_and_leave_none_behind(self):
        for _ in range(20):
            small_jobs.leave_session.enqueue()
        jobs.run_worker(queues=["tests"], concurrency=1, wait=False)
        used = [int(session) for session in traces()]
        assert len(used) == 20
        assert len(set(used)) < 10  # as many as the pool has threads
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(%s)", [used])
            assert cursor.fetchone() == (0,)
        assert connection.settings_dict["CONN_MAX_AGE"] == 0

    def test_one_that_the_server_ended_spoils_nothing_for_the_next_job(self):
        for operation in (small_jobs.leave_session, small_jobs.end_session, small_jobs.leave_session):
            operation.enqueue()
        jobs.run_worker(queues=["tests"], concurrency=1, wait=False)
        assert len(set(traces())) == 2
        assert waiting() == []


class TestFailure:
    def test_a_fault_of_ours_is_final_and_kept(self):
        small_jobs.fail_for_good.enqueue(text="x")
        work()
        assert waiting() == [("tests.platform.small_jobs.fail_for_good", "failed", 1)]

    @pytest.mark.parametrize("which", ["fail_twice", "lose_database"])
    def test_a_passing_failure_is_tried_later(self, which):
        getattr(small_jobs, which).enqueue(text="x")
        work()
        assert waiting() == [(f"tests.platform.small_jobs.{which}", "todo", 1)]


@pytest.mark.faults
class TestKilledWorker:
    def test_its_job_comes_back_and_is_done(self):
        small_jobs.leave_trace_slowly.enqueue(text="x", seconds=30)
        worker = self.start_worker()
        deadline = time.monotonic() + 30
        while traces() != ["begun x"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        worker.kill()
        worker.wait()
        assert waiting()[0][1] == "doing"
        assert self.give_back() == 0, "its heart beat a moment ago"
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '21 seconds'")
            cursor.execute("UPDATE procrastinate_jobs SET args = jsonb_set(args, '{seconds}', '0')")
        assert self.give_back() == 1
        with connection.cursor() as cursor:  # not before a moment from now
            cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL")
        work()
        assert traces() == ["begun x", "begun x", "done x"]

    def test_a_job_that_kills_each_time_is_given_up(self):
        small_jobs.leave_trace.enqueue(text="x")
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES ('2020-01-01')")
            cursor.execute(
                "UPDATE procrastinate_jobs SET status = 'doing', attempts = 4,"
                " worker_id = (SELECT id FROM procrastinate_workers)"
            )
        assert self.give_back() == 1
        assert waiting()[0][1] == "failed"

    def give_back(self):
        with jobs.app.replace_connector(jobs.app.connector.get_worker_connector()) as app:

            async def run():
                async with app.open_async():
                    return await jobs.give_back_stalled()

            return asyncio.run(run())

    def start_worker(self):
        place = connection.settings_dict
        return subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import django; django.setup()\n"
                "from tests.platform import small_jobs\n"
                "from bienveille.ground.platform.jobs import run_worker\n"
                "run_worker(queues=['tests'])",
            ],
            env={
                **os.environ,
                "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
                "DJANGO_SETTINGS_MODULE": "tests.platform.small_site",
                "BIENVEILLE_VAR": "/nonexistent",
                "SECRET_KEY": "tests",
                "NOTES_KEY": "Q2Ugbidlc3QgcXUndW5lIGNsw6kgZOKAmWVzc2FpLiE=",
                "DATABASE_URL": f"postgresql://{place['USER']}@/{place['NAME']}?host={place['HOST']}",
            },
        )


def test_a_worker_of_no_queue_in_particular_does_them_all():
    small_jobs.leave_trace.enqueue(text="x")
    jobs.run_worker(wait=False)
    assert traces() == ["x"]
