"""When a message may leave, and what a provider's answer makes of it: no database, no clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bienveille.engines.messaging.choices import Channel, DeliveryState, Outcome, Withheld
from bienveille.ground.lib.calling_hours import PLACES, Hours, Window

#: SMS wake people up: they leave by day, at the hour of whoever gets them. The landlord's own rule, no law's.
SMS_HOURS = (Window(frozenset(range(1, 7)), 8 * 60, 20 * 60),)
#: Between two messages of different mailings to one household, unless somebody's safety is at stake.
QUIET = timedelta(days=2)
#: Tries before a message that never leaves is given up; the waits between them double.
MOST_TRIES = 8
FIRST_WAIT = timedelta(seconds=30)
#: Providers forget keys after a day: past this, the same key would be a new message.
KEYS_LAST = timedelta(hours=20)


def open_places(channel: str, now: datetime, *, urgent: bool) -> list[str]:
    """Codes of the places where a message of this channel may arrive now."""
    if urgent or channel != Channel.SMS:
        return list(PLACES)
    return [place for place in PLACES if Hours(SMS_HOURS, place).allows(now)]


def next_leave(channel: str, now: datetime, place: str, *, urgent: bool) -> datetime:
    """The first moment from now on when a message of this channel may arrive in a place."""
    if urgent or channel != Channel.SMS:
        return now
    found = Hours(SMS_HOURS, place).next(now)
    if found is None:
        raise ValueError(place)
    return found


@dataclass(frozen=True)
class Fate:
    """What a delivery becomes; `wait` when it is to be tried again."""

    state: DeliveryState
    reason: str = ""
    wait: timedelta | None = None


def fate(outcome: Outcome, *, tries: int, keyed: bool, keys_end: datetime, now: datetime) -> Fate:
    """What the provider's answer makes of a delivery.

    A doubt is tried again only where the provider refuses the same key twice and still remembers it; everywhere else
    it stays a doubt, listed for somebody to settle: a message twice is worse than a question.
    """
    if outcome == Outcome.SENT:
        return Fate(DeliveryState.SENT)
    if outcome == Outcome.REFUSED:
        return Fate(DeliveryState.REFUSED, Withheld.PROVIDER)
    if outcome == Outcome.UNKNOWN and not (keyed and now < keys_end):
        return Fate(DeliveryState.UNKNOWN)
    if tries >= MOST_TRIES:
        if outcome == Outcome.UNKNOWN:
            return Fate(DeliveryState.UNKNOWN)
        return Fate(DeliveryState.REFUSED, Withheld.TOO_OFTEN)
    return Fate(DeliveryState.WAITING, wait=FIRST_WAIT * 2 ** (tries - 1))
