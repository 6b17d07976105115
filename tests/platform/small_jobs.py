"""Jobs for the tests of the queue. They leave their trace in a table of two columns, made by the test."""

import os
import time

from django.db import OperationalError, connection, transaction

from bienveille.ground.platform.jobs import job


class Passing(Exception):
    """A failure worth another try."""


def trace(text):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO trace (text, process) VALUES (%s, %s)", [text, os.getpid()])


@job(queue="tests")
def leave_trace(*, text):
    trace(text)


@job(queue="tests")
def leave_session():
    """Which of the server's sessions a job has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        trace(cursor.fetchone()[0])


@job(queue="tests")
def end_session():
    """The session of this job is ended from another, as when the server starts again, and it does not notice."""
    other = connection.copy()
    with connection.cursor() as mine, other.cursor() as theirs:
        mine.execute("SELECT pg_backend_pid()")
        theirs.execute("SELECT pg_terminate_backend(%s, 5000)", mine.fetchone())
    other.close()


@job(queue="tests")
def leave_trace_slowly(*, text, seconds):
    trace(f"begun {text}")
    time.sleep(seconds)
    trace(f"done {text}")


@job(queue="tests")
def fail_for_good(*, text):
    trace(text)
    raise ValueError("a fault of ours")


@job(queue="tests", retry_on=[Passing], attempts=2)
def fail_twice(*, text):
    trace(text)
    raise Passing


@job(queue="tests")
def lose_database(*, text):
    trace(text)
    raise OperationalError


@job(queue="tests")
def ask_in_a_transaction(*, undone: bool):
    """Asks for a job, then leaves a row; slowly enough for another slot of the worker to take what it would see."""
    with transaction.atomic():
        count_traces.enqueue()
        time.sleep(0.7)
        trace("asked")
        transaction.set_rollback(undone)


@job(queue="tests")
def count_traces():
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO trace (text) SELECT 'sees ' || count(*) FROM trace")
