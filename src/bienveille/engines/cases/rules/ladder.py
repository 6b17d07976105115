"""Whom a case alerts, in which order, by which ways, and after how long without an answer. Data, then one decision."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from bienveille.engines.cases.choices import AlertChannel, Grade


class Whom(StrEnum):
    OWNER = "owner"  # who sees to the case already
    DUTY = "duty"  # who is on duty, one after the other
    MANAGERS = "managers"  # everybody who manages the agency
    DIRECTION = "direction"  # everybody who directs


@dataclass(frozen=True)
class Rung:
    """One step of a ladder. `wait`: how long before the next one."""

    whom: Whom
    channels: tuple[AlertChannel, ...]
    wait: timedelta


@dataclass(frozen=True)
class Ladder:
    """`first`: how long after the signal; `again`: once everybody was alerted, those who manage are alerted anew."""

    first: timedelta
    rungs: tuple[Rung, ...]
    again: timedelta


_BOTH = (AlertChannel.EMAIL, AlertChannel.SCREEN)
_QUARTER = timedelta(minutes=15)
_RED = tuple(Rung(whom, _BOTH, _QUARTER) for whom in Whom)
_LATE = (
    Rung(Whom.OWNER, _BOTH, timedelta(hours=4)),
    Rung(Whom.MANAGERS, _BOTH, timedelta(hours=24)),
    Rung(Whom.DIRECTION, _BOTH, timedelta(hours=24)),
)
#: The ladder of each grade. Red begins at once; the others when nobody took the case in time.
LADDERS: Mapping[str, Ladder] = {
    Grade.RED: Ladder(timedelta(0), _RED, timedelta(hours=1)),
    Grade.ORANGE: Ladder(timedelta(hours=48), _LATE, timedelta(hours=24)),
    Grade.YELLOW: Ladder(timedelta(days=7), _LATE, timedelta(days=7)),
    Grade.GREEN: Ladder(timedelta(days=7), _LATE, timedelta(days=7)),
}


@dataclass(frozen=True)
class Turn:
    """Somebody on duty for an agency (or for the whole landlord), the first called before the second."""

    user: UUID
    rank: int
    own_agency: bool


@dataclass(frozen=True)
class Absence:
    """Somebody is away from a day to another, both included; `substitute` stands in, if anybody does."""

    user: UUID
    first: date
    last: date
    substitute: UUID | None


@dataclass(frozen=True)
class Reachable:
    """Who can be alerted at one moment, by group, before absences are looked at."""

    owner: UUID | None
    turns: tuple[Turn, ...]
    managers: tuple[UUID, ...]
    direction: tuple[UUID, ...]
    absences: tuple[Absence, ...] = ()


@dataclass(frozen=True)
class NextAlert:
    """Whom to alert now, how, and when to look again. Nobody: nobody at all can be alerted."""

    users: tuple[UUID, ...]
    channels: tuple[AlertChannel, ...]
    wait: timedelta
    whom: Whom | None


def on_duty(turns: Sequence[Turn], absences: Collection[Absence], today: date) -> list[UUID]:
    """Who is called first, then next: the agency's own turns, then the landlord's; substitutes for the absent."""
    ordered = sorted(turns, key=lambda turn: (not turn.own_agency, turn.rank, turn.user))
    return present([turn.user for turn in ordered], absences, today)


def present(users: Sequence[UUID], absences: Collection[Absence], today: date) -> list[UUID]:
    """These people, each once, the absent replaced by whoever stands in for them; nobody stands in: left out."""
    found: list[UUID] = []
    for user in users:
        one = _stands_in(user, absences, today)
        if one is not None and one not in found:
            found.append(one)
    return found


def _stands_in(user: UUID, absences: Collection[Absence], today: date) -> UUID | None:
    """Who answers for somebody on a day, through chains of substitutes; None when the chain leads to nobody."""
    seen: set[UUID] = set()
    current: UUID | None = user
    while current is not None and current not in seen:
        seen.add(current)
        away = next((one for one in absences if one.user == current and one.first <= today <= one.last), None)
        if away is None:
            return current
        current = away.substitute
    return None


def next_alert(grade: str, reach: Reachable, alerted: Collection[UUID], today: date) -> NextAlert:
    """The next rung whose people were not all alerted yet; after the last one, everybody who manages, again."""
    ladder = LADDERS[grade]
    groups = {
        Whom.OWNER: present([reach.owner], reach.absences, today) if reach.owner else [],
        Whom.DUTY: on_duty(reach.turns, reach.absences, today),
        Whom.MANAGERS: present(reach.managers, reach.absences, today),
        Whom.DIRECTION: present(reach.direction, reach.absences, today),
    }
    for rung in ladder.rungs:
        waiting = [user for user in groups[rung.whom] if user not in alerted]
        if waiting:
            chosen = waiting[:1] if rung.whom == Whom.DUTY else waiting
            return NextAlert(tuple(chosen), rung.channels, rung.wait, rung.whom)
    everybody = dict.fromkeys([*groups[Whom.MANAGERS], *groups[Whom.DIRECTION]]) or dict.fromkeys(
        [*groups[Whom.OWNER], *groups[Whom.DUTY]]
    )
    if not everybody:
        return NextAlert((), (), _QUARTER, None)
    return NextAlert(tuple(everybody), ladder.rungs[-1].channels, ladder.again, Whom.MANAGERS)


def first_alert_at(grade: str, signalled_at: datetime) -> datetime:
    """When the first rung is alerted if nobody has taken the case."""
    return signalled_at.astimezone(UTC) + LADDERS[grade].first
