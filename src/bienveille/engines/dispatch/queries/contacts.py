"""What a queue holds and who is next: one function per figure or screen; all the SQL of this package but the hand-out.

The hand-out is an SQL function of the database (migration 0002): it writes, and is called from `operations`.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet

from bienveille.engines.dispatch.choices import ContactState, PlannedState
from bienveille.engines.dispatch.models import Attempt, Contact, PlannedCall, Queue
from bienveille.register.accounts.models import User
from bienveille.register.tenants.choices import ContactKind, ContactStatus
from bienveille.register.tenants.models import CallWish, ContactPoint, Person


@dataclass(frozen=True)
class Ledger:
    """Where every targeted household stands. `target` was frozen at opening; the states must add up to it."""

    target: int
    waiting: int = 0
    reserved: int = 0
    reached: int = 0
    refused: int = 0
    unreachable: int = 0
    withdrawn: int = 0
    added: int = 0  # of the target, those who came in after opening

    @property
    def total(self) -> int:
        return self.waiting + self.reserved + self.reached + self.refused + self.unreachable + self.withdrawn

    @property
    def adds_up(self) -> bool:
        return self.total == self.target

    def as_dict(self) -> dict[str, int]:
        """The shape of `contracts.md`, target first, then the states in their order."""
        return {"target": self.target, **{state: getattr(self, state) for state in ContactState.values}}

    def as_json(self) -> dict[str, int]:
        """The same for programs; once somebody came in after opening, with how many of the target did."""
        return {**self.as_dict(), **({"added": self.added} if self.added else {})}


def ledger(queue: Queue) -> Ledger:
    """The ledger of one queue, from the contacts themselves, never from a counter (1 query)."""
    rows = Contact.objects.filter(queue=queue).values_list("state").annotate(Count("id")).order_by()
    return Ledger(target=queue.target or 0, added=queue.added, **dict(rows))


def ledgers(queue_ids: Iterable[UUID]) -> dict[UUID, Ledger]:
    """The ledgers of several queues, for a list of campaigns (2 queries)."""
    wanted = list(queue_ids)
    targets = dict(Queue.objects.filter(pk__in=wanted).values_list("pk", "target"))
    counts: dict[UUID, dict[str, int]] = {queue_id: {} for queue_id in wanted}
    rows = Contact.objects.filter(queue_id__in=wanted).values_list("queue_id", "state").annotate(Count("id")).order_by()
    for queue_id, state, count in rows:
        counts[queue_id][state] = count
    return {queue_id: Ledger(target=targets.get(queue_id) or 0, **states) for queue_id, states in counts.items()}


def ledgers_by_agency(queue: Queue) -> dict[str, Ledger]:
    """The ledger of each agency's households, by name; each target is what its states add up to (1 query)."""
    counts: dict[str, dict[str, int]] = {}
    rows = Contact.objects.filter(queue=queue).values_list("lane__agency__name", "state").annotate(Count("id"))
    for name, state, count in rows.order_by():
        counts.setdefault(name or "Sans agence", {})[state] = count
    return {name: Ledger(target=sum(counts[name].values()), **counts[name]) for name in sorted(counts)}


@dataclass(frozen=True)
class Later:
    """Households that wait for their hour: how many, and when the first is to be called again."""

    count: int
    first: datetime | None


def waiting_later(queue: Queue) -> Later:
    """What is still to come in a queue that has nobody to give now (1 query)."""
    found = Contact.objects.filter(queue=queue, not_before__isnull=False).aggregate(
        count=Count("id"), first=Min("not_before")
    )
    return Later(**found)


def contact_in_hand(queue_id: UUID, caller: User) -> Contact | None:
    """The contact that a caller holds in a queue, with its household and home (1 query)."""
    return with_household(Contact.objects.filter(queue_id=queue_id, reserved_by=caller)).first()


def household_in_hand(contact_id: UUID, caller: User) -> UUID | None:
    """The household of a contact that this caller holds, or held last (1 query)."""
    held = Q(reserved_by=caller) | Q(reserved_by=None)
    return Contact.objects.filter(held, pk=contact_id).values_list("household_id", flat=True).first()


def contact_held(queue_id: UUID, caller: User, contact_id: UUID, token: UUID) -> Contact | None:
    """A contact whose token this caller still has: in hand, or put back by time but given to nobody else (1 query)."""
    lapsed = Q(state=ContactState.WAITING) | Exists(
        PlannedCall.objects.filter(contact=OuterRef("pk"), state=PlannedState.PLANNED)
    )
    held = Q(reserved_by=caller) | Q(lapsed, reserved_by=None)
    return with_household(Contact.objects.filter(held, pk=contact_id, queue_id=queue_id, token=token)).first()


def with_household(contacts: QuerySet[Contact]) -> QuerySet[Contact]:
    """Adds what a screen shows of a household: home, residence, agency, commune, and the planned call (same query)."""
    return contacts.select_related(
        "queue", "lane", "planned_call", "household__dwelling__building__residence__agency",
        "household__dwelling__building__residence__commune",
    )  # fmt: skip


def attempts_of(contact: Contact) -> list[Attempt]:
    """Attempts that count, newest first, with their caller (1 query)."""
    attempts = Attempt.objects.filter(contact=contact, undone_at=None)
    return list(attempts.select_related("caller").order_by("-at", "-id"))


def usable_phones(household_id: UUID) -> list[ContactPoint]:
    """Numbers at which somebody of the household may be called, the best first (1 query).

    Only people present, alive and not opposed; never a number known wrong or stopped. A number where somebody
    answered comes first, then landline and mobile as the register lists them.
    """
    points = ContactPoint.objects.filter(
        person__household_id=household_id,
        person__left_on=None,
        person__deceased=False,
        person__opposed_on=None,
        kind=ContactKind.PHONE,
        status__in=[ContactStatus.VALID, ContactStatus.UNVERIFIED],
    )
    order = ["verified_on", "person__role", "id"]
    return list(points.select_related("person").order_by(*order))


def still_callable() -> Q | Exists:
    """Promised calls whose household may still be called: present, unopposed, not protected, not by letter (no query).

    Deaths, departures, oppositions and wishes keep coming after a promise; the hand-out looks too
    (`dispatch_obstacle`).
    """
    there = Person.objects.filter(household=OuterRef("contact__household"), left_on=None, deceased=False)
    letters = CallWish.objects.filter(household=OuterRef("contact__household"), in_writing=True)
    return (
        Q(Exists(there.filter(opposed_on=None)))
        & ~Q(Exists(there.filter(protected_address=True)))
        & ~Q(Exists(letters))
    )


def obstacle_to(contact_id: UUID, today: date) -> str:
    """Why a household may no longer be called, as the hand-out sees it; empty when it may (1 query)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT dispatch_obstacle(%s, %s)", [contact_id, today])
        return cursor.fetchone()[0] or ""


def planned_calls_of(caller: User, until: date) -> list[PlannedCall]:
    """Calls that a caller promised up to a day, the oldest first, with the household (1 query)."""
    calls = PlannedCall.objects.filter(caller=caller, state=PlannedState.PLANNED, due_on__lte=until)
    calls = calls.filter(contact__queue__closed_at=None)
    return list(calls.select_related("contact__household", "contact__queue").order_by("due_on", "id"))


def last_attempt_of(caller: User, queue_id: UUID) -> Attempt | None:
    """The caller's latest attempt in a queue, undone ones left out (1 query)."""
    attempts = Attempt.objects.filter(caller=caller, contact__queue_id=queue_id, undone_at=None)
    return attempts.select_related("contact__household", "contact__queue").order_by("-at", "-id").first()


def caller_day(caller: User, queue_id: UUID, since: Any) -> dict[str, int]:
    """What a caller did since a moment: {"calls": 7, "reached": 4} (1 query)."""
    counts = Attempt.objects.filter(caller=caller, contact__queue_id=queue_id, undone_at=None, at__gte=since)
    return counts.aggregate(calls=Count("id"), reached=Count("id", filter=Q(outcome="reached")))


def check_invariants(queue: Queue) -> list[str]:
    """Every way in which a queue could lie, looked for in the rows; empty when all is well (4 queries).

    Used by the benchmark, the crash tests and `campaign check`: ledger, double hand-outs, attempts, lanes.
    """
    faults = []
    counted = ledger(queue)
    if not counted.adds_up:
        faults.append(f"states add up to {counted.total}, target is {counted.target}")
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM dispatch_contact c WHERE queue_id = %s AND attempts_made <> (
                   SELECT count(*) FROM dispatch_attempt a
                   WHERE a.contact_id = c.id AND a.undone_at IS NULL AND NOT (a.before ? 'planned_call'))""",
            [queue.pk],
        )
        if wrong := cursor.fetchone()[0]:
            faults.append(f"{wrong} contacts whose attempts are miscounted")
        cursor.execute(
            """SELECT count(*) FROM dispatch_lane l WHERE queue_id = %s AND NOT open AND EXISTS (
                   SELECT 1 FROM dispatch_contact c
                   WHERE c.lane_id = l.id AND c.state = 'waiting' AND c.not_before IS NULL
                     AND c.kept_for_id IS NULL)""",
            [queue.pk],
        )
        if shut := cursor.fetchone()[0]:
            faults.append(f"{shut} shut lanes with somebody waiting")
        cursor.execute(
            """SELECT count(DISTINCT a.contact_id) FROM dispatch_attempt a
               JOIN dispatch_contact c ON c.id = a.contact_id
               JOIN dispatch_attempt b ON b.contact_id = a.contact_id AND b.id > a.id AND b.caller_id <> a.caller_id
               WHERE c.queue_id = %s AND a.undone_at IS NULL AND b.undone_at IS NULL
                 AND a.started_at < b.at AND b.started_at < a.at""",
            [queue.pk],
        )
        if doubles := cursor.fetchone()[0]:
            faults.append(f"{doubles} households in two callers' hands at once")
    return faults


def outcomes_of(queue: Queue) -> Counter[str]:
    """How many attempts ended in each way (1 query)."""
    rows = Attempt.objects.filter(contact__queue=queue, undone_at=None).values_list("outcome").annotate(Count("id"))
    return Counter(dict(rows.order_by()))
