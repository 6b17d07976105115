"""Is somebody working on an import? From the last signs of life of its job; the moments are arguments."""

from datetime import datetime, timedelta

SLOW_TO_BEGIN = timedelta(seconds=10)  # a worker takes a job within two seconds
SILENT = timedelta(seconds=30)  # a job gives a sign of life every second

IDLE, WAITING, NO_WORKER, RUNNING, INTERRUPTED = "idle", "waiting", "no_worker", "running", "interrupted"


def activity(
    *,
    at_work: bool,
    asked_at: datetime | None,
    seen_at: datetime | None,
    stopped_at: datetime | None,
    now: datetime,
) -> str:
    """What to tell of a run: nothing to do, about to begin, nobody takes it, under way, interrupted."""
    if not at_work:
        return IDLE
    if stopped_at:
        return INTERRUPTED
    if seen_at is None:
        return NO_WORKER if asked_at is None or now - asked_at > SLOW_TO_BEGIN else WAITING
    return INTERRUPTED if now - seen_at > SILENT else RUNNING
