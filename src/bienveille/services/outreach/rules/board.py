"""What the board says of somebody who calls: facts that help them, in kind words; no rank, no score, no watch.

Nothing is said outside the hours of calls: when somebody last called is nobody's business in the evening.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bienveille.engines.dispatch.rules import CLOSES_AT, OPENS_AT

#: Without a call for so long, while households wait, somebody may need help, or be at lunch.
QUIET_AFTER = timedelta(minutes=45)
#: So many more calls than usual is a heavy day; below so many calls, no day is.
HEAVY, HEAVY_FROM = 1.5, 8
#: So many promises for one day are more than a day of calls can keep.
MANY_PROMISES = 10


@dataclass(frozen=True)
class Day:
    """What is known of somebody's day; see `queries.callers_today`."""

    calls: int
    usual: float
    last_at: datetime | None
    held_since: datetime | None
    lease_until: datetime | None
    due: int
    rests: bool
    grave_at: datetime | None


def state_of(day: Day, now: datetime) -> str:
    """`resting`, `in_call`, `free`, or nothing outside the hours of calls or when they have not called today."""
    if day.rests:
        return "resting"
    if day.held_since is not None:
        return "in_call"
    return "free" if day.last_at is not None and in_hours(now) else ""


def signs_of(day: Day, now: datetime, *, waiting: int) -> list[str]:
    """What a coordinator may wish to do for them, the most useful first.

    `grave`: they heard something hard today; `kept_long`: a household is in their hands past its time; `heavy`: many
    more calls than on their other days; `promises`: more promises than a day holds; `quiet`: nothing for a while,
    though households wait.
    """
    signs = []
    if day.grave_at is not None:
        signs.append("grave")
    if day.lease_until is not None and day.lease_until < now:
        signs.append("kept_long")
    if day.usual and day.calls >= max(HEAVY_FROM, HEAVY * day.usual):
        signs.append("heavy")
    if day.due > MANY_PROMISES:
        signs.append("promises")
    free = state_of(day, now) == "free"
    if free and waiting and day.last_at is not None and now - day.last_at > QUIET_AFTER:
        signs.append("quiet")
    return signs


def in_hours(now: datetime) -> bool:
    """Whether people are called at that moment (`now` on the landlord's clock)."""
    return OPENS_AT <= now.time() < CLOSES_AT
