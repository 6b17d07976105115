"""The hours of a queue at one household: from the rows of the register to `calling_hours`. No database, no clock."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from bienveille.ground.lib.calling_hours import ANY_HOUR, GOOD_MANNERS, PARTS, Hours, Wish, part_of, read_windows


def hours_of(windows: Sequence[Any], *, place: str = "", on_days_off: bool = False, wish: Wish | None = None) -> Hours:
    """When a household may be called: the hours of its queue, any hour when it has none, and what it asked for."""
    read, _ = read_windows(windows)
    return Hours(read or ANY_HOUR, place, on_days_off, wish or Wish())


def retry_hours(hours: Hours) -> Hours:
    """When a household is tried again: the hours of its queue, those of good manners when it has none."""
    return hours if hours.windows != ANY_HOUR else replace(hours, windows=GOOD_MANNERS)


def next_try(hours: Hours, now: datetime, tried: Iterable[datetime], *, days: int = 1) -> datetime | None:
    """When somebody who did not answer is tried again: a later day, the part of the day tried least so far.

    Never the same day. Of two parts tried as often, the one that follows the last in the day: who is out in the
    morning may be in at tea time. `days` counts days on which they may be called. None: no hour suits.
    """
    spans = next(
        (found for ahead, found in enumerate(hours.next_days(hours.local(now).date()), 1) if ahead == days), []
    )
    if not spans:
        return None
    parts = list(PARTS)
    times = Counter(part_of(hours.local(moment)) for moment in tried)
    last = parts.index(part_of(hours.local(now)))
    return min(spans, key=lambda one: (times[one.part], (parts.index(one.part) - last - 1) % len(parts))).start


def next_called_day(hours: Hours, day: date) -> date | None:
    """The first day after `day` on which they may be called."""
    return next((found[0].day for found in hours.next_days(day)), None)


def suits_promise(hours: Hours, day: date, when: str) -> bool:
    """Whether a call may be promised then: `morning`, `afternoon`, HH:MM, or any time of that day."""
    spans = hours.without_wish().spans_on(day)
    if when in ("", *PARTS):
        return any(one.part == when or not when for one in spans)
    hour, _, minute = when.partition(":")
    minutes = int(hour) * 60 + int(minute)
    return any(
        _minutes(hours.local(one.start)) <= minutes < (_minutes(hours.local(one.end)) or 24 * 60) for one in spans
    )


def _minutes(moment: datetime) -> int:
    return moment.hour * 60 + moment.minute
