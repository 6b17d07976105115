"""Recurring calls: what is missed, what is to be asked again, who could stand in. No database, no clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

#: After so long, the person is asked again whether they still want to be called.
ASK_AGAIN = timedelta(weeks=8)
#: From so many missed in a row, a coordinator sees it in red.
TOO_MANY_MISSED = 2


def missed_calls(promised_for: date, every_days: int, today: date) -> int:
    """How many recurring calls have gone by without a conversation, the one of today not counted."""
    if today <= promised_for:
        return 0
    return 1 + ((today - promised_for).days - 1) // every_days


def asks_again(since: date | None, confirmed_on: date | None, today: date) -> bool:
    """Whether the person is to be asked again: eight weeks after the beginning, or after they last said yes."""
    last = max([day for day in (since, confirmed_on) if day], default=None)
    return last is not None and today - last >= ASK_AGAIN


def monday_of(day: date) -> date:
    """The Monday of that week."""
    return day - timedelta(days=day.weekday())


@dataclass(frozen=True)
class Away:
    """Why a caller cannot make a call that is due, and when they are back, if one knows."""

    why: str  # pause, week or left
    back_on: date | None


def away_on(day: date, *, active: bool, rests_until: date | None, idle_weeks: Iterable[date]) -> Away | None:
    """Whether a caller is away on a day: account closed, at rest, or no hours at all that week."""
    if not active:
        return Away("left", None)
    if rests_until is not None and day < rests_until:
        return Away("pause", rests_until)
    weeks = set(idle_weeks)
    monday = monday_of(day)
    if monday not in weeks:
        return None
    while monday in weeks:
        monday += timedelta(weeks=1)
    return Away("week", monday)


@dataclass(frozen=True)
class Candidate:
    """A caller who could stand in, as facts."""

    key: object
    name: str
    has_spoken: bool
    same_agency: bool
    languages: tuple[str, ...]
    recurring: int
    away: bool = False


@dataclass(frozen=True)
class Proposal:
    """A candidate with the reasons in plain words; no figure is given to anybody."""

    candidate: Candidate
    reasons: tuple[str, ...]


def proposals(candidates: Iterable[Candidate], languages: Iterable[str]) -> list[Proposal]:
    """Who could stand in, the best first: speaks the language, has already spoken with them, agency, fewest calls.

    Those who are away are left out. French, or a language that nobody said, asks nothing.
    """
    wanted = {code for code in languages if code}
    wanted = set() if "fr" in wanted else wanted

    def speaks(one: Candidate) -> bool:
        return not wanted or bool(wanted & set(one.languages))

    there = [one for one in candidates if not one.away]
    ordered = sorted(
        there,
        key=lambda one: (not speaks(one), not one.has_spoken, not one.same_agency, one.recurring, one.name),
    )
    return [Proposal(one, _reasons(one, wanted, speaks(one))) for one in ordered]


def _reasons(one: Candidate, wanted: set[str], speaks: bool) -> tuple[str, ...]:
    words = []
    if one.has_spoken:
        words.append("lui a déjà parlé")
    if one.same_agency:
        words.append("même agence")
    if wanted:
        words.append("parle sa langue" if speaks else "ne parle pas sa langue")
    if not one.recurring:
        words.append("n’appelle encore personne régulièrement")
    return tuple(words)
