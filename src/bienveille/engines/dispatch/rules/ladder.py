"""Pure decisions about a contact: what an outcome leads to, and when to try again. No database, no clock."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from bienveille.engines.dispatch.choices import ClosingReason, ContactState, Outcome
from bienveille.engines.dispatch.rules.hours import next_called_day, next_try, retry_hours
from bienveille.ground.lib.calling_hours import Hours

OPENS_AT = time(9, 0)  # nobody is called before, nor after CLOSES_AT
NOON = time(13, 0)
EVENING = time(17, 0)
CLOSES_AT = time(19, 30)
WEEK = timedelta(days=7)
_HOUR = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
#: A weekly call that nobody answers is tried again the next day, this many times, then waits for the next week.
WEEKLY_TRIES = 3


@dataclass(frozen=True)
class Verdict:
    """What becomes of a contact after an attempt. `not_before` only with `waiting`, `reason` only once closed."""

    state: ContactState
    reason: ClosingReason | str = ""
    not_before: datetime | None = None


def next_working_day(day: date) -> date:
    """The first day after `day` that is neither Saturday nor Sunday."""
    day += timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return day


def starts_at(when: str) -> time:
    """The hour from which a call may be given: `morning`, `afternoon`, HH:MM; opening time when nothing was said."""
    match when:
        case "" | "morning":
            return OPENS_AT
        case "afternoon":
            return NOON
        case "evening":
            return EVENING
    return time.fromisoformat(when)


def is_callable_hour(when: str) -> bool:
    """Whether that moment of a day is one at which people are called; nothing said is."""
    if when in ("", "morning", "afternoon", "evening"):
        return True
    return bool(_HOUR.fullmatch(when)) and OPENS_AT <= time.fromisoformat(when) < CLOSES_AT


def due_moment(day: date, when: str, zone: tzinfo | None) -> datetime | None:
    """When a call promised for a moment of a day may be given, by the clock of a zone; None for any time that day."""
    return datetime.combine(day, starts_at(when), tzinfo=zone) if when else None


def decide(
    outcome: str,
    *,
    attempts_made: int,
    max_attempts: int,
    now: datetime,
    other_numbers: int = 0,
    call_back_on: date | None = None,
    call_back_when: str = "",
    hours: Hours | None = None,
    tried: Iterable[datetime] = (),
) -> Verdict:
    """The ladder of a first call. `attempts_made` counts this attempt; `other_numbers` are those left to try.

    `hours`: when this household may be called; `tried`: when it was, before now. Another try never comes the same day,
    but for a line engaged or cut, the person's own wish, and another number than the wrong one: nobody of the household
    was disturbed there. Whoever asks to be called later is called later, even past the last try: it is their wish.
    """
    hours = hours or Hours()
    match outcome:
        case Outcome.REACHED:
            return Verdict(ContactState.REACHED)
        case Outcome.REFUSED:
            return Verdict(ContactState.REFUSED)
        case Outcome.DECEASED:
            return Verdict(ContactState.WITHDRAWN, ClosingReason.DECEASED)
        case Outcome.MOVED:
            return Verdict(ContactState.WITHDRAWN, ClosingReason.MOVED)
        case Outcome.CALL_LATER if call_back_on:
            when = datetime.combine(call_back_on, starts_at(call_back_when), tzinfo=hours.zone)
            return _waits(hours.next(max(when, now)))
        case Outcome.CALL_LATER:
            return _waits(_later_day(retry_hours(hours), now, call_back_when))
        case Outcome.WRONG_NUMBER:
            if other_numbers > 0:
                return Verdict(ContactState.WAITING)
            return Verdict(ContactState.UNREACHABLE, ClosingReason.WRONG_NUMBER)
    if attempts_made >= max_attempts:
        language = outcome == Outcome.LANGUAGE
        return Verdict(ContactState.UNREACHABLE, ClosingReason.LANGUAGE if language else ClosingReason.NO_ANSWER)
    again = retry_hours(hours)
    match outcome:
        case Outcome.BUSY:
            return _waits(again.next(now + timedelta(minutes=30)))
        case Outcome.INTERRUPTED:
            return _waits(again.next(now + timedelta(minutes=10)))
        case Outcome.VOICEMAIL:
            return _waits(next_try(again, now, [*tried, now], days=2))  # leave them time to call back
        case Outcome.LANGUAGE | Outcome.NO_ANSWER:
            return _waits(next_try(again, now, [*tried, now]))
    raise ValueError(outcome)


def _later_day(hours: Hours, now: datetime, when: str) -> datetime | None:
    """The next day on which they may be called, from the moment that was said."""
    day = next_called_day(hours, hours.local(now).date())
    return hours.next(datetime.combine(day, starts_at(when), tzinfo=hours.zone)) if day else None


def _waits(moment: datetime | None) -> Verdict:
    """Called again at that moment; a household that no hour suits is told apart, never left waiting for ever."""
    if moment is None:
        return Verdict(ContactState.UNREACHABLE, ClosingReason.HOURS)
    return Verdict(ContactState.WAITING, not_before=moment)


@dataclass(frozen=True)
class PlannedVerdict:
    """What becomes of a planned call after an attempt: `kept`, else `due_on` moved, else given up (`due_on` None)."""

    kept: bool
    due_on: date | None = None
    tries: int = 0


def decide_planned(
    outcome: str,
    *,
    due_on: date,
    tries: int,
    weekly: bool,
    today: date,
    call_back_on: date | None = None,
    every_days: int = 7,
    hours: Hours | None = None,
) -> PlannedVerdict:
    """The ladder of a promised call: a promise is kept or moved, never dropped by silence. `hours`: theirs."""
    if outcome == Outcome.REACHED:
        return PlannedVerdict(kept=True)
    if outcome in (Outcome.REFUSED, Outcome.DECEASED, Outcome.MOVED):
        return PlannedVerdict(kept=False)
    if outcome == Outcome.CALL_LATER and call_back_on:
        return PlannedVerdict(kept=False, due_on=call_back_on, tries=tries)
    tries += 1
    if weekly and tries >= WEEKLY_TRIES:
        return PlannedVerdict(kept=False, due_on=next_weekly(due_on, today, every_days), tries=0)
    return PlannedVerdict(
        kept=False, due_on=next_called_day(retry_hours(hours or Hours()), today) or today + WEEK, tries=tries
    )


def next_weekly(last_due: date, today: date, every_days: int = 7) -> date:
    """The same day of the week, the first time it comes after today; or every so many days, never on a week-end."""
    ahead = (last_due - today).days % every_days or every_days
    day = today + timedelta(days=ahead)
    return day if every_days % 7 == 0 or day.weekday() < 5 else next_working_day(day)
