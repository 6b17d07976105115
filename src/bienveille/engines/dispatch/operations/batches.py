"""The lists of a week: proposed, confirmed, undone; one line given back, moved, asked to be exchanged; a list freed.

Each locks the lanes of the queue first, then contacts in the order of their keys, as whoever puts contacts back; then
lines: whoever held a line and waited for its contact would stop whoever does the contrary.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import Max, Q
from django.utils.timezone import get_current_timezone, localdate

from bienveille.engines.dispatch.choices import ContactState, LineEnd, NotListed, PlanState
from bienveille.engines.dispatch.models import Batch, BatchLine, Contact, Queue, WeekPlan
from bienveille.engines.dispatch.operations.contacts import may_go_back
from bienveille.ground.lib.ids import uuid7
from bienveille.ground.platform.jobs import job
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit

#: How long after their last day lists are kept: rows filled in without connection may come back late.
KEEP_LISTS = timedelta(days=60)


class CannotConfirm(Refusal):
    message = "Ces listes ont déjà été confirmées ou remplacées : préparez-en d’autres."


class CannotMove(Refusal):
    message = "Aucun de ces ménages n’est encore à appeler dans ces listes."


class NotYourLine(Refusal):
    """A line that is no longer, or never was, on this caller's list."""

    message = "Ce ménage n’est plus dans votre liste : il a été appelé, rendu ou confié à quelqu’un d’autre."


@dataclass(frozen=True)
class Place:
    """What a proposal says of one household: its caller, or why nobody."""

    contact_id: UUID
    caller_id: UUID | None
    reason: str = ""
    same_voice: bool = False
    hard: bool = False


@dataclass(frozen=True)
class Room:
    """What a caller's week allows: calls, promised ones taken off."""

    caller_id: UUID
    capacity: int
    promised: int


@dataclass(frozen=True)
class PlanRules:
    """With what the lists were prepared."""

    starts_on: date
    ends_on: date
    minutes_each: int = 20
    hard_most: int = 3
    hard_skill: str = ""
    lent_at_once: bool = False


@transaction.atomic
def propose_lists(
    *,
    queue: Queue,
    actor: User | None,
    rules: PlanRules,
    rooms: Sequence[Room],
    places: Sequence[Place],
    cost: int,
    now: datetime,
) -> WeekPlan:
    """Keep a proposal of lists, in place of the one before. Nothing is kept for anybody until it is confirmed.

    `places` in the order in which each list is to be called.
    """
    Queue.objects.select_for_update(no_key=True).get(pk=queue.pk)
    WeekPlan.objects.filter(queue=queue, state=PlanState.DRAFT).delete()
    plan = WeekPlan.objects.create(
        queue=queue,
        starts_on=rules.starts_on,
        ends_on=rules.ends_on,
        minutes_each=rules.minutes_each,
        hard_most=rules.hard_most,
        hard_skill=rules.hard_skill,
        lent_at_once=rules.lent_at_once,
        cost=cost,
        prepared_by=actor,
        prepared_at=now,
    )
    batches = {
        room.caller_id: Batch(
            id=uuid7(), plan=plan, caller_id=room.caller_id, capacity=room.capacity, promised=room.promised
        )
        for room in rooms
    }
    Batch.objects.bulk_create(batches.values(), batch_size=1000)
    _write_lines(plan, {key: batch.pk for key, batch in batches.items()}, places)
    return plan


def _write_lines(plan: WeekPlan, batches: Mapping[UUID, UUID], places: Sequence[Place]) -> None:
    """All the lines in one statement, whatever their number."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO dispatch_batchline
                   (plan_id, batch_id, contact_id, position, reason, same_voice, hard, token, "end")
               SELECT %s, batch, contact, row_number() OVER (PARTITION BY batch ORDER BY place), reason, voice, hard,
                      gen_random_uuid(), ''
               FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::boolean[], %s::boolean[])
                    WITH ORDINALITY AS x (batch, contact, reason, voice, hard, place)""",
            [
                plan.pk,
                [batches[one.caller_id] if one.caller_id else None for one in places],
                [one.contact_id for one in places],
                [one.reason for one in places],
                [one.same_voice for one in places],
                [one.hard for one in places],
            ],
        )


@transaction.atomic
def confirm_lists(*, actor: User | None, plan_id: UUID, now: datetime) -> WeekPlan:
    """Put proposed lists in force: each household is kept for its caller until the week ends. Replaces former lists.

    A household called since the proposal is on nobody's list. Refuses a proposal already confirmed or replaced.
    """
    plan = WeekPlan.objects.select_for_update(of=["self"]).select_related("queue").filter(pk=plan_id).first()
    if plan is None or plan.state != PlanState.DRAFT or plan.queue.closed_at is not None:
        raise CannotConfirm
    with may_go_back(plan.queue_id):
        _end_confirmed(plan.queue_id, now)
        until, lent = _ends(plan, now)
        with connection.cursor() as cursor:
            cursor.execute(
                """WITH line AS (
                       SELECT l.contact_id, b.caller_id, l.position
                       FROM dispatch_batchline l JOIN dispatch_batch b ON b.id = l.batch_id
                       JOIN accounts_user u ON u.id = b.caller_id AND u.is_active
                       WHERE l.plan_id = %s AND l.ended_at IS NULL AND b.ended_at IS NULL),
                   held AS (
                       SELECT c.id, line.caller_id, line.position
                       FROM dispatch_contact c JOIN line ON line.contact_id = c.id
                       WHERE c.queue_id = %s AND c.state = 'waiting'
                       ORDER BY c.id FOR NO KEY UPDATE OF c)
                   UPDATE dispatch_contact c
                   SET kept_for_id = held.caller_id, kept_rank = held.position, kept_until = %s, lent_from = %s
                   FROM held WHERE c.id = held.id""",
                [plan.pk, plan.queue_id, until, lent],
            )
        plan.state, plan.confirmed_at = PlanState.CONFIRMED, now
        plan.save(update_fields=["state", "confirmed_at"])
    return plan


@transaction.atomic
def end_lists(*, queue_id: UUID, now: datetime) -> int:
    """Put an end to the lists in force: whom they keep is anybody's again. Gives how many; twice does nothing more."""
    with may_go_back(queue_id):
        return _end_confirmed(queue_id, now)


@transaction.atomic
def discard_proposal(*, plan_id: UUID) -> None:
    """Forget proposed lists. Those in force stay."""
    WeekPlan.objects.filter(pk=plan_id, state=PlanState.DRAFT).delete()


@transaction.atomic
def free_lists(*, actor: User | None, caller: User, now: datetime, queue_id: UUID | None = None) -> int:
    """Free the lists of a caller who leaves or rests, in one queue or in all: who was kept is anybody's at once.

    Gives how many households; twice does nothing more.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT dispatch_free_lists(%s, %s, %s)", [caller.pk, queue_id, now])
        freed: int = cursor.fetchone()[0]
    if freed:
        record_audit(
            actor=actor,
            action=AuditAction.CAMPAIGN_CHANGED,
            subject=caller,
            reason="Liste de la semaine libérée",
            detail={"what": "list_freed", "households": freed},
        )
    return freed


@transaction.atomic
def give_back_line(*, caller: User, line_id: UUID, now: datetime) -> BatchLine:
    """Give one household of my list back, before calling: it is anybody's again. Refuses one that is not mine now."""
    queue_id, contact_id = _place_of(line_id)
    with may_go_back(queue_id):
        contact = Contact.objects.select_for_update(no_key=True).get(pk=contact_id)
        line = _own_line(caller, line_id)
        if contact.kept_for_id != caller.pk or contact.state != ContactState.WAITING:
            raise NotYourLine
        _keep([contact], None, line.plan, now)
        line.ended_at, line.end, line.offered_at = now, LineEnd.GIVEN_BACK, None
        line.save(update_fields=["ended_at", "end", "offered_at"])
        _reopen(queue_id)
        _audit(caller, contact, "Ménage de la liste rendu")
    return line


@transaction.atomic
def take_line_again(*, caller: User, line_id: UUID, now: datetime) -> BatchLine:
    """Take back on my list a household I have just given back. Refuses one that somebody else has now."""
    queue_id, contact_id = _place_of(line_id)
    with may_go_back(queue_id):
        contact = Contact.objects.select_for_update(no_key=True).get(pk=contact_id)
        line = (
            BatchLine.objects.select_for_update(of=["self"])
            .select_related("plan", "batch")
            .filter(pk=line_id, batch__caller=caller, batch__ended_at=None, plan__state=PlanState.CONFIRMED)
            .filter(end=LineEnd.GIVEN_BACK)
            .first()
        )
        if line is None or BatchLine.objects.filter(plan=line.plan, contact=contact, ended_at=None).exists():
            raise NotYourLine
        if contact.kept_for_id is not None or contact.state != ContactState.WAITING:
            raise NotYourLine
        _keep([contact], caller, line.plan, now, {contact.pk: line.position})
        line.ended_at, line.end = None, ""
        line.save(update_fields=["ended_at", "end"])
        _audit(caller, contact, "Ménage repris dans la liste")
    return line


@transaction.atomic
def offer_line(*, caller: User, line_id: UUID, offered: bool, now: datetime) -> BatchLine:
    """Ask that somebody else takes a household of my list, or no longer ask. It stays mine until somebody does."""
    line = _own_line(caller, line_id)
    line.offered_at = (line.offered_at or now) if offered else None
    line.save(update_fields=["offered_at"])
    return line


@transaction.atomic
def move_lines(
    *,
    actor: User,
    plan_id: UUID,
    moves: Mapping[UUID, UUID | None],
    now: datetime,
    reason: str,
    only_offered: bool = False,
) -> dict[UUID, UUID | None]:
    """Give households of the lists to other callers, line by line (`{line: caller}`); None: to nobody.

    Gives who had each before; what it gives undoes it. A household called meanwhile, in somebody's hands or already
    that caller's is left; with `only_offered`, one that its caller does not ask anybody to take, or that somebody has
    just taken, too. Refuses when none could be moved.
    """
    plan = WeekPlan.objects.select_for_update(of=["self"]).get(pk=plan_id)
    former: dict[UUID, UUID | None] = {}
    with may_go_back(plan.queue_id):
        chosen = BatchLine.objects.filter(plan=plan, pk__in=moves, ended_at=None)
        if only_offered:
            chosen = chosen.exclude(offered_at=None)
        contacts = _locked_waiting(list(chosen.values_list("contact_id", flat=True)))
        # Read once the households are held: one that was given back meanwhile is no longer to be moved.
        lines = list(chosen.select_for_update(of=["self"]).select_related("batch").order_by("pk"))
        callers: dict[UUID | None, User] = dict(User.objects.in_bulk(set(moves.values()) - {None}))
        batches = _batches_of(plan, [user for user in callers.values() if user.is_active])
        last = dict(
            BatchLine.objects.filter(batch__in=batches.values())
            .order_by()
            .values("batch")
            .annotate(last=Max("position"))
            .values_list("batch", "last")
        )
        ranks: dict[UUID, int] = {}
        by_caller: dict[UUID | None, list[Contact]] = {}
        changed = []
        for line in sorted(lines, key=lambda one: (str(one.batch_id), one.position)):
            wanted, contact = moves[line.pk], contacts.get(line.contact_id)
            held_by = line.batch.caller_id if line.batch and line.batch.ended_at is None else None
            if contact is None or wanted == held_by or (wanted is not None and wanted not in batches):
                continue
            former[line.pk] = held_by
            line.batch = batches[wanted] if wanted else None
            line.reason = "" if wanted else NotListed.CAPACITY
            line.same_voice, line.offered_at, line.token = False, None, uuid4()
            if wanted:
                last[batches[wanted].pk] = line.position = last.get(batches[wanted].pk, 0) + 1
                ranks[contact.pk] = line.position
            by_caller.setdefault(wanted, []).append(contact)
            changed.append(line)
        if not changed:
            raise CannotMove
        BatchLine.objects.bulk_update(
            changed, ["batch", "reason", "position", "same_voice", "offered_at", "token"], batch_size=1000
        )
        if plan.state == PlanState.CONFIRMED:
            for wanted, moved in by_caller.items():
                _keep(moved, callers.get(wanted) if wanted else None, plan, now, ranks)
            _reopen(plan.queue_id)
        for contact in (one for moved in by_caller.values() for one in moved):
            _audit(actor, contact, reason)
    return former


def _place_of(line_id: UUID) -> tuple[UUID, UUID]:
    """The queue and the household of a line, which never change: read before any lock. Refuses an unknown line."""
    found = BatchLine.objects.filter(pk=line_id).values_list("plan__queue_id", "contact_id").first()
    if found is None:
        raise NotYourLine
    return found


def _own_line(caller: User, line_id: UUID) -> BatchLine:
    line = (
        BatchLine.objects.select_for_update(of=["self"])
        .select_related("plan", "batch")
        .filter(pk=line_id, batch__caller=caller, batch__ended_at=None, ended_at=None, plan__state=PlanState.CONFIRMED)
        .first()
    )
    if line is None:
        raise NotYourLine
    return line


def _batches_of(plan: WeekPlan, callers: Sequence[User]) -> dict[UUID, Batch]:
    """The list of each caller in a plan, made or opened again when it is not there."""
    Batch.objects.bulk_create([Batch(plan=plan, caller=user, capacity=0) for user in callers], ignore_conflicts=True)
    Batch.objects.filter(plan=plan, caller__in=callers).exclude(ended_at=None).update(ended_at=None)
    return {one.caller_id: one for one in Batch.objects.filter(plan=plan, caller__in=callers)}


def _locked_waiting(contact_ids: Collection[UUID]) -> dict[UUID, Contact]:
    contacts = Contact.objects.select_for_update(of=["self"], no_key=True).filter(
        pk__in=contact_ids, state=ContactState.WAITING, reserved_by=None
    )
    return {one.pk: one for one in contacts.order_by("pk")}


def _keep(
    contacts: Sequence[Contact],
    caller: User | None,
    plan: WeekPlan,
    now: datetime,
    ranks: Mapping[UUID, int] | None = None,
) -> None:
    """Keeps contacts under lock for a caller until the plan ends, or for nobody."""
    until, lent = _ends(plan, now)
    for contact in contacts:
        contact.kept_for = caller
        contact.kept_rank = (ranks or {}).get(contact.pk, 0) if caller else 0
        contact.kept_until, contact.lent_from = (until, lent) if caller else (None, None)
    Contact.objects.bulk_update(contacts, ["kept_for", "kept_rank", "kept_until", "lent_from"], batch_size=1000)


def _ends(plan: WeekPlan, now: datetime) -> tuple[datetime, datetime]:
    """When the lists end, and from when their households may be lent: the last working day, or at once."""
    zone = get_current_timezone()
    last_working = plan.ends_on - timedelta(days=max(0, plan.ends_on.weekday() - 4))
    until = datetime.combine(plan.ends_on + timedelta(days=1), time(), tzinfo=zone)
    lent = now if plan.lent_at_once else datetime.combine(last_working, time(), tzinfo=zone)
    return until, min(lent, until)


def _end_confirmed(queue_id: UUID, now: datetime) -> int:
    """Frees whatever the queue keeps; the caller holds the lanes' lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH held AS (
                   SELECT id FROM dispatch_contact WHERE queue_id = %s AND kept_for_id IS NOT NULL
                   ORDER BY id FOR NO KEY UPDATE)
               UPDATE dispatch_contact c
               SET kept_for_id = NULL, kept_rank = 0, kept_until = NULL, lent_from = NULL
               FROM held WHERE c.id = held.id""",
            [queue_id],
        )
        freed = cursor.rowcount
    plans = WeekPlan.objects.filter(queue_id=queue_id, state=PlanState.CONFIRMED)
    Batch.objects.filter(plan__in=plans, ended_at=None).update(ended_at=now)
    plans.update(state=PlanState.REPLACED)
    _reopen(queue_id)
    return freed


def free_absent(*, allowed: Mapping[UUID, Collection[UUID]], now: datetime) -> int:
    """Free the lists of whoever no longer calls in a queue (`{queue: its callers}`). Gives how many households."""
    callers = Batch.objects.filter(plan__state=PlanState.CONFIRMED, plan__queue__in=allowed, ended_at=None)
    gone = [
        (queue_id, caller_id)
        for queue_id, caller_id in callers.filter(Q(plan__queue__closed_at=None)).values_list("plan__queue", "caller")
        if caller_id not in allowed[queue_id]
    ]
    users = User.objects.in_bulk({caller_id for _, caller_id in gone})
    return sum(free_lists(actor=None, caller=users[caller], now=now, queue_id=queue) for queue, caller in gone)


@job(queue="dispatch")
def purge_lists() -> int:
    """Forget the lists whose last day is long gone, and proposals nobody confirmed. Gives how many plans."""
    old = WeekPlan.objects.filter(ends_on__lt=localdate() - KEEP_LISTS)
    count = old.count()
    old.delete()
    return count


def _reopen(queue_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT dispatch_reopen(%s)", [queue_id])


def _audit(actor: User | None, contact: Contact, reason: str) -> None:
    record_audit(
        actor=actor,
        action=AuditAction.CONTACT_CHANGED,
        subject_type="tenants.Household",
        subject_id=contact.household_id,
        reason=reason,
    )
