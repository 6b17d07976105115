"""Background jobs: an operation that takes ids, enqueued in the caller's transaction; the only importer of the queue.

Delivery is at least once: a job re-reads its row under lock and returns if the work is done. A worker that dies leaves
its jobs "doing"; a periodic job gives them back once that worker's heart has been silent for STALLED_AFTER seconds.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.module_loading import autodiscover_modules
from procrastinate import PsycopgConnector, RetryStrategy, exceptions
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.utils import connector_params
from procrastinate.jobs import JobDeferrer, Status
from procrastinate.manager import JobManager
from procrastinate.tasks import Task
from psycopg_pool import AsyncConnectionPool

logger = logging.getLogger(__name__)

#: Seconds that a job's thread keeps its connection, and that the worker trusts one of its own.
KEPT_FOR = 60.0
LOOKED_AT_EVERY = 1.0
HEARTBEAT_EVERY = 5.0
STALLED_AFTER = 20.0
#: A job that takes its worker down with it each time is given up after that many starts.
MOST_STARTS = 5

#: The database went away: always worth another try.
PASSING_FAILURES = (OperationalError, InterfaceError)


_ON_DJANGOS_CONNECTION = JobManager(DjangoConnector())


class WorkerLostDatabase(Exception):
    """The worker cannot reach the queue any more; it may be started again."""


class Job[**Arguments]:
    """An operation that can run now (call it) or later (`enqueue` it)."""

    def __init__(self, operation: Callable[Arguments, object], task: Task[..., Any, Any]) -> None:
        self._operation = operation
        self._task = task
        self.name = task.name
        self.__doc__ = operation.__doc__

    def __call__(self, *arguments: Arguments.args, **named: Arguments.kwargs) -> object:
        return self._operation(*arguments, **named)

    def enqueue(self, *, at: datetime | None = None, **arguments: Any) -> int:
        """Run it later, if the current transaction commits. `at`: not before. The number of the job."""
        return self._with_ours(schedule_at=at).defer(**_plain(arguments))

    def enqueue_once(self, key: str, *, at: datetime | None = None, **arguments: Any) -> int | None:
        """The same, unless a job with this key is already waiting: then None."""
        try:
            with transaction.atomic():  # the refusal must not spoil the caller's transaction
                return self._with_ours(queueing_lock=key, schedule_at=at).defer(**_plain(arguments))
        except exceptions.AlreadyEnqueued:
            return None

    def enqueue_many(self, many: Iterable[dict[str, Any]]) -> list[int]:
        """One job for each set of arguments, in one statement."""
        return self._with_ours().batch_defer(*map(_plain, many))

    def _with_ours(self, **options: Any) -> JobDeferrer:
        """Enqueue on Django's connection, within a job too: there, the library would use the worker's own, and the
        job would begin before the transaction that asked for it commits."""
        deferrer = self._task.configure(**options)
        deferrer.job_manager = _ON_DJANGOS_CONNECTION
        return deferrer


def job[**Arguments](
    *, queue: str, retry_on: Iterable[type[Exception]] = (), attempts: int = 5
) -> Callable[[Callable[Arguments, object]], Job[Arguments]]:
    """Make an operation a job of a queue. Other failures than `retry_on` and a lost database are final."""

    def decorate(operation: Callable[Arguments, object]) -> Job[Arguments]:
        register = app.task(
            name=f"{operation.__module__}.{operation.__qualname__}".replace(".operations.", "."),
            queue=queue,
            retry=RetryStrategy(
                max_attempts=attempts,
                exponential_wait=3,
                retry_exceptions=(*PASSING_FAILURES, *retry_on),
            ),
        )
        return Job(operation, register(_leaving_its_connection(operation)))

    return decorate


def schedule(recurrent: Job[[]], cron: str) -> None:
    """Run a job without arguments by itself, at the times of a cron line (seconds may be a sixth field)."""

    def run(timestamp: int) -> None:
        recurrent()

    name = f"schedule:{recurrent.name}"
    task = app.task(name=name, queue="schedule", queueing_lock=name)(_leaving_its_connection(run))
    app.periodic(cron=cron, periodic_id=name)(task)


def discover() -> None:
    """Make every job of the house known: they stand in the packages' operations."""
    autodiscover_modules("operations")


def run_worker(*, queues: Iterable[str] | None = None, concurrency: int = 2, wait: bool = True) -> None:
    """Work until told to stop (SIGTERM ends the current jobs first). `wait=False`: until the queue is empty."""
    with _connections_kept():
        asyncio.run(_work(queues, concurrency, wait))


#: Connections of the threads that a worker ran jobs in.
_left: set[BaseDatabaseWrapper] = set()


def _leaving_its_connection[**Arguments](operation: Callable[Arguments, object]) -> Callable[Arguments, object]:
    @wraps(operation)
    def run(*arguments: Arguments.args, **named: Arguments.kwargs) -> object:
        try:
            return operation(*arguments, **named)
        finally:
            _left.add(connections[DEFAULT_DB_ALIAS])

    return run


@contextmanager
def _connections_kept() -> Iterator[None]:
    """Jobs find the connection of the job before, in their thread: a new one for each costs more than a small job.

    Django looks whether it is still alive before a job uses it. The threads ended, their connections are closed.
    """
    settings = connection.settings_dict
    former = settings["CONN_MAX_AGE"]
    if "pool" not in settings["OPTIONS"]:  # which keeps them already
        settings["CONN_MAX_AGE"] = KEPT_FOR
    _left.clear()
    mine = connections.all()
    try:
        yield
    finally:
        settings["CONN_MAX_AGE"] = former
        for one in _left:
            if one not in mine:
                one.inc_thread_sharing()
                one.close()


class _Pool(AsyncConnectionPool):
    """The worker's own connections: looked at before use, as the library does, but not again within a second.

    Each claim and each end of a job would be two round trips. One that dies within that second is told as one that
    dies in the middle of a statement: the worker starts again.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._looked_at: WeakKeyDictionary[Any, float] = WeakKeyDictionary()
        super().__init__(*arguments, **{**options, "check": self._look})

    async def _look(self, connection: Any) -> None:
        now = time.monotonic()
        if now - self._looked_at.get(connection, -1.0) > LOOKED_AT_EVERY:
            await self.check_connection(connection)
            self._looked_at[connection] = now


async def _work(queues: Iterable[str] | None, concurrency: int, wait: bool) -> None:
    chosen: Any = {"queues": list(queues)} if queues else {}
    with app.replace_connector(PsycopgConnector(kwargs=connector_params(), pool_factory=_Pool)) as worker_app:
        try:
            async with worker_app.open_async():
                await worker_app.run_worker_async(
                    **chosen,
                    concurrency=concurrency,
                    wait=wait,
                    install_signal_handlers=wait,
                    delete_jobs="successful",
                    update_heartbeat_interval=HEARTBEAT_EVERY,
                    stalled_worker_timeout=STALLED_AFTER,
                    fetch_job_polling_interval=2.0,
                    shutdown_graceful_timeout=20,
                )
        except (exceptions.ConnectorException, *PASSING_FAILURES) as error:
            raise WorkerLostDatabase from error


async def give_back_stalled() -> int:
    """Jobs of dead workers become jobs to do; one that was started too often is given up. How many were found."""
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER))
    for stopped in stalled:
        if stopped.attempts + 1 >= MOST_STARTS:
            logger.error("Job %s (%s) given up after %s starts", stopped.id, stopped.task_name, MOST_STARTS)
            await app.job_manager.finish_job(stopped, status=Status.FAILED, delete_job=False)
        else:
            logger.warning("Job %s (%s) given back after its worker died", stopped.id, stopped.task_name)
            await app.job_manager.retry_job(stopped)
    return len(stalled)


@app.periodic(cron="* * * * * */10", periodic_id="give_back_stalled")
@app.task(name="platform.give_back_stalled", queue="schedule", queueing_lock="platform.give_back_stalled")
async def _give_back_stalled(timestamp: int) -> None:
    await give_back_stalled()


def _plain(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, UUID) else value for name, value in arguments.items()}
