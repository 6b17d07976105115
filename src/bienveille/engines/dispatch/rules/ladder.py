"""Pure decisions about a contact: what an outcome leads to, and when to try again. No database, no clock."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bienveille.engines.dispatch.choices import ClosingReason, ContactState, Outcome

OPENS_AT = time(9, 0)  # nobody is called before, nor after CLOSES_AT
NOON = time(13, 0)
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


def other_half_of_next_day(now: datetime) -> datetime:
    """The next day called, in the half of the day that was not tried: who is out in the morning is in at tea time.

    `now` has the landlord's time zone. Saturdays and Sundays are skipped: landlords' callers work on week days.
    """
    day = next_working_day(now.date())
    hour = NOON if now.time() < NOON else OPENS_AT
    return datetime.combine(day, hour, tzinfo=now.tzinfo)


def next_working_day(day: date) -> date:
    """The first day after `day` that is neither Saturday nor Sunday."""
    day += timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return day


def within_hours(moment: datetime) -> datetime:
    """`moment`, or the next opening hour when nobody is called at that time."""
    if moment.time() >= CLOSES_AT:
        return datetime.combine(next_working_day(moment.date()), OPENS_AT, tzinfo=moment.tzinfo)
    if moment.time() < OPENS_AT:
        return datetime.combine(moment.date(), OPENS_AT, tzinfo=moment.tzinfo)
    return moment


def starts_at(when: str) -> time:
    """The hour from which a call may be given: `morning`, `afternoon`, HH:MM; opening time when nothing was said."""
    match when:
        case "" | "morning":
            return OPENS_AT
        case "afternoon":
            return NOON
    return time.fromisoformat(when)


def is_callable_hour(when: str) -> bool:
    """Whether that moment of a day is one at which people are called; nothing said is."""
    if when in ("", "morning", "afternoon"):
        return True
    return bool(_HOUR.fullmatch(when)) and OPENS_AT <= time.fromisoformat(when) < CLOSES_AT


def due_moment(day: date, when: str, now: datetime) -> datetime | None:
    """When a call promised for a moment of a day may be given, in `now`'s time zone; None for any time that day."""
    return datetime.combine(day, starts_at(when), tzinfo=now.tzinfo) if when else None


def decide(
    outcome: str,
    *,
    attempts_made: int,
    max_attempts: int,
    now: datetime,
    other_numbers: int = 0,
    call_back_on: date | None = None,
    call_back_when: str = "",
) -> Verdict:
    """The ladder of a first call. `attempts_made` counts this attempt; `other_numbers` are those left to try.

    Whoever asks to be called later is called later, even past the last try: it is their wish, not a failure.
    """
    match outcome:
        case Outcome.REACHED:
            return Verdict(ContactState.REACHED)
        case Outcome.REFUSED:
            return Verdict(ContactState.REFUSED)
        case Outcome.DECEASED:
            return Verdict(ContactState.WITHDRAWN, ClosingReason.DECEASED)
        case Outcome.MOVED:
            return Verdict(ContactState.WITHDRAWN, ClosingReason.MOVED)
        case Outcome.CALL_LATER:
            day = call_back_on or next_working_day(now.date())
            when = datetime.combine(day, starts_at(call_back_when), tzinfo=now.tzinfo)
            return Verdict(ContactState.WAITING, not_before=max(when, now))
        case Outcome.WRONG_NUMBER:
            if other_numbers > 0:
                return Verdict(ContactState.WAITING)
            return Verdict(ContactState.UNREACHABLE, ClosingReason.WRONG_NUMBER)
    if attempts_made >= max_attempts:
        language = outcome == Outcome.LANGUAGE
        return Verdict(ContactState.UNREACHABLE, ClosingReason.LANGUAGE if language else ClosingReason.NO_ANSWER)
    match outcome:
        case Outcome.BUSY:
            return Verdict(ContactState.WAITING, not_before=within_hours(now + timedelta(minutes=30)))
        case Outcome.INTERRUPTED:
            return Verdict(ContactState.WAITING, not_before=within_hours(now + timedelta(minutes=10)))
        case Outcome.VOICEMAIL:
            day = next_working_day(next_working_day(now.date()))  # leave them time to call back
            return Verdict(ContactState.WAITING, not_before=datetime.combine(day, OPENS_AT, tzinfo=now.tzinfo))
        case Outcome.LANGUAGE | Outcome.NO_ANSWER:
            return Verdict(ContactState.WAITING, not_before=other_half_of_next_day(now))
    raise ValueError(outcome)


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
) -> PlannedVerdict:
    """The ladder of a promised call: a promise is kept or moved, never dropped by silence."""
    if outcome == Outcome.REACHED:
        return PlannedVerdict(kept=True)
    if outcome in (Outcome.REFUSED, Outcome.DECEASED, Outcome.MOVED):
        return PlannedVerdict(kept=False)
    if outcome == Outcome.CALL_LATER and call_back_on:
        return PlannedVerdict(kept=False, due_on=call_back_on, tries=tries)
    tries += 1
    if weekly and tries >= WEEKLY_TRIES:
        return PlannedVerdict(kept=False, due_on=next_weekly(due_on, today, every_days), tries=0)
    return PlannedVerdict(kept=False, due_on=next_working_day(today), tries=tries)


def next_weekly(last_due: date, today: date, every_days: int = 7) -> date:
    """The same day of the week, the first time it comes after today; or every so many days, never on a week-end."""
    ahead = (last_due - today).days % every_days or every_days
    day = today + timedelta(days=ahead)
    return day if every_days % 7 == 0 or day.weekday() < 5 else next_working_day(day)
