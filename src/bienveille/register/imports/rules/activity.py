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


#: Before so much of the work and of the time, what remains is anybody's guess.
FIRST_SHARE, FIRST_SECONDS = 0.03, 3.0


def share_done(done: int, total: int) -> int | None:
    """How much was read, in percent; None when nobody knows how much there is."""
    return min(100, 100 * done // total) if total else None


def seconds_left(*, begun_at: datetime | None, now: datetime, done: int, total: int) -> float | None:
    """How long the reading still lasts if it goes on as it went; None while that is a guess, or when it is over."""
    if begun_at is None or not total or done >= total or done < FIRST_SHARE * total:
        return None
    elapsed = (now - begun_at).total_seconds()
    return elapsed * (total - done) / done if elapsed >= FIRST_SECONDS else None


def left_in_words(seconds: float | None) -> str:
    """ "encore 2 minutes environ": rounded as people would; nothing when it is not known."""
    if seconds is None:
        return ""
    if seconds < 10:
        return "encore quelques secondes"
    if seconds < 55:
        return f"encore {round(seconds / 10) * 10}\u00a0secondes environ"
    minutes = max(1, round(seconds / 60))
    return "encore une minute environ" if minutes == 1 else f"encore {minutes}\u00a0minutes environ"
