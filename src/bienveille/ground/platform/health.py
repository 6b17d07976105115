"""How the installation is, in figures: what a monitor asks every minute. Counts and ages only, nobody's name."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from bienveille.ground.platform.refusal import Refusal
from bienveille.ground.platform.sealed_keys import prove
from bienveille.ground.platform.sealed_text import current_key

#: A worker says that it lives every five seconds; jobs wait for one that has been silent this long.
WORKER_SILENT = 60.0
#: Below this share of the disk, who runs the machine is told before it is full.
LEAST_FREE = 0.05

_JOBS = "SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY status"
_LATE = """
SELECT coalesce(extract(epoch FROM max(now() - greatest(job.scheduled_at, event.at))), 0)
FROM procrastinate_jobs job JOIN procrastinate_events event ON event.job_id = job.id AND event.type = 'deferred'
WHERE job.status = 'todo' AND greatest(job.scheduled_at, event.at) <= now()
"""
_WORKERS = "SELECT count(*), coalesce(extract(epoch FROM now() - max(last_heartbeat)), -1) FROM procrastinate_workers"
_SIZE = """
SELECT pg_database_size(current_database()),
       (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()),
       (SELECT jsonb_object_agg(id, probe) FROM platform_notes_key)
"""


@dataclass(frozen=True, slots=True)
class Health:
    """`database`: whether it answers. Seconds and bytes; `silence`: of the last worker, -1 when there is none.

    `notes`: why the notes cannot be read with the keys at hand, in French; empty when they can.
    """

    database: bool
    jobs: dict[str, int]
    waits: float
    workers: int
    silence: float
    size: int
    connections: int
    disk_free: int
    disk_total: int
    notes: str = ""

    @property
    def faults(self) -> list[str]:
        """What somebody must look at, in words of ours; empty when all is well."""
        wrong = []
        if not self.database:
            wrong.append("database: no answer")
        elif not 0 <= self.silence <= WORKER_SILENT:
            wrong.append("worker: silent")
        if self.notes:
            wrong.append("notes: another key is wanted")
        if self.disk_free < LEAST_FREE * self.disk_total:
            wrong.append("disk: nearly full")
        return wrong


def look() -> Health:
    """What there is to say now, even without a database (4 queries)."""
    disk = shutil.disk_usage(_existing(Path(settings.VAR_DIR)))
    try:
        with connection.cursor() as cursor:
            cursor.execute(_JOBS)
            jobs = dict(cursor.fetchall())
            cursor.execute(_LATE)
            (waits,) = cursor.fetchone()
            cursor.execute(_WORKERS)
            workers, silence = cursor.fetchone()
            cursor.execute(_SIZE)
            size, connected, probes = cursor.fetchone()
    except DatabaseError:
        return Health(False, {}, 0, 0, -1, 0, 0, disk.free, disk.total)
    told = (jobs, float(waits), workers, float(silence), size, connected, disk.free, disk.total)
    return Health(True, *told, _unread(json.loads(probes or "{}")))


def _unread(probes: dict[str, str]) -> str:
    try:
        current_key()
        prove(probes)
    except Refusal as refusal:
        return str(refusal)
    return ""


def as_prometheus(health: Health) -> str:
    """The text that Prometheus and its kin read (exposition format 0.0.4)."""
    lines: list[str] = []

    def tell(name: str, meaning: str, *values: tuple[str, float]) -> None:
        lines.extend((f"# HELP bienveille_{name} {meaning}", f"# TYPE bienveille_{name} gauge"))
        lines.extend(f"bienveille_{name}{label} {value:g}" for label, value in values)

    tell("up", "1 when the database answers.", ("", int(health.database)))
    tell("faults", "What somebody must look at.", ("", len(health.faults)))
    tell("disk_free_bytes", "Room left where files are kept.", ("", health.disk_free))
    tell("disk_size_bytes", "Size of that disk.", ("", health.disk_total))
    if health.database:
        states = ("todo", "doing", "failed")
        tell("jobs", "Background jobs.", *((f'{{state="{one}"}}', health.jobs.get(one, 0)) for one in states))
        tell("jobs_late_seconds", "Since when the oldest job that is due waits.", ("", health.waits))
        tell("workers", "Workers known.", ("", health.workers))
        tell("worker_silence_seconds", "Since the last sign of a worker, -1 without any.", ("", health.silence))
        tell("database_bytes", "Size of the database.", ("", health.size))
        tell("database_connections", "Connections to it.", ("", health.connections))
    return "\n".join((*lines, ""))


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())
