"""By when a case is taken and closed: real time for the first, working hours for the second. The landlord's own rules.

No law sets them: they are promises of the landlord to itself. Only the days off are law (`ground/lib/calling_hours`).
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from bienveille.engines.cases.choices import Grade
from bienveille.ground.lib.calling_hours import Hours, Window

#: Somebody must have taken the case within this time, whatever the hour and the day.
TAKEN_WITHIN: Mapping[str, timedelta] = {
    Grade.RED: timedelta(minutes=15),
    Grade.ORANGE: timedelta(hours=48),
    Grade.YELLOW: timedelta(days=7),
    Grade.GREEN: timedelta(days=7),
}
#: The case should be closed within so many working hours, eight a day.
CLOSED_WITHIN_HOURS: Mapping[str, int] = {Grade.RED: 40, Grade.ORANGE: 80, Grade.YELLOW: 160, Grade.GREEN: 160}
#: From Monday to Friday, eight hours a day, at the time of the place where the household lives.
WORKING = (Window(frozenset(range(1, 6)), 9 * 60, 17 * 60),)
#: A closed case is erased after so many days.
KEPT_DAYS = 365


def take_before(grade: str, opened_at: datetime) -> datetime:
    """When somebody must have taken the case: minutes that pass at night and on holidays count."""
    # In UTC: on the clock of a place, the night of the change would be an hour too long or too short.
    return opened_at.astimezone(UTC) + TAKEN_WITHIN[grade]


def close_before(grade: str, opened_at: datetime, place: str = "") -> datetime:
    """When the case should be closed, in working hours of its place: nights, week-ends and days off do not count."""
    return after_working_hours(opened_at, timedelta(hours=CLOSED_WITHIN_HOURS[grade]), place)


def after_working_hours(start: datetime, span: timedelta, place: str = "") -> datetime:
    """The moment at which so many working hours have passed since another one."""
    hours = Hours(WORKING, place=place)
    start = start.astimezone(UTC)
    left, last = span, start
    for one in hours.spans(hours.local(start).date()):
        begin = max(one.start, start)
        if one.end <= begin:
            continue
        if one.end - begin >= left:
            return begin + left
        left -= one.end - begin
        last = one.end
    return last


def erased_on(closed_on: date) -> date:
    """The last day of a case closed on a day."""
    return closed_on + timedelta(days=KEPT_DAYS)
