"""When a household of a queue may be called, and when calls open again."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from bienveille.engines.dispatch.models import Attempt, Contact, Opening
from bienveille.engines.dispatch.rules import hours_of
from bienveille.ground.lib.calling_hours import Hours, Wish
from bienveille.ground.platform.prepared import Prepared
from bienveille.register.accounts.models import User
from bienveille.register.tenants.models import CallWish

# Asked at each call that is saved.
_wish_of = Prepared(lambda household_id: CallWish.objects.filter(household_id=household_id), UUID)
_tries_of = Prepared(
    lambda contact_id: (
        Attempt.objects.filter(contact=contact_id, undone_at=None).order_by("at", "id").values_list("at", flat=True)
    ),
    UUID,
)


def hours_of_contact(contact: Contact) -> Hours:
    """When this household may be called: hours of its queue, its own clock, what it asked for (1 query)."""
    said = _wish_of(contact.household_id)
    wish = Wish(frozenset(said[0].not_on), frozenset(said[0].parts)) if said else None
    queue = contact.queue
    return hours_of(queue.windows, place=contact.lane.place, on_days_off=queue.on_days_off, wish=wish)


def tried_at(contact: Contact) -> list[datetime]:
    """When this household was tried, oldest first; what was taken back does not count (1 query)."""
    return _tries_of(contact.pk)


@dataclass(frozen=True)
class Closed:
    """Nobody is called now anywhere in a queue. `until`: when calls open again, `day` as that place counts it."""

    until: datetime
    day: date
    place: str


def closed_hours(queue_id: UUID, now: datetime) -> Closed | None:
    """Whether the hours of a queue are over for now, and until when; None while people may be called (1 query).

    Of several places, the first to open counts.
    """
    ahead = Opening.objects.filter(queue_id=queue_id, queue__accepting=True, ends_at__gt=now)
    ahead = ahead.exclude(queue__windows=[])
    first = ahead.order_by("starts_at", "id").first()
    if first is None or first.starts_at <= now:
        return None
    return Closed(first.starts_at, first.day, first.place)


#: How long a caller is spared another grave situation after one; the hand-out counts the same (migration 0007).
SPARED = timedelta(days=1)


def spared_until(caller: User, now: datetime) -> datetime | None:
    """Until when a caller is given no other grave situation, their last call being one; else None (1 query)."""
    last = Attempt.objects.filter(caller=caller, undone_at=None).order_by("-at", "-id").first()
    if last is None or not last.hard or last.at + SPARED <= now:
        return None
    return last.at + SPARED
