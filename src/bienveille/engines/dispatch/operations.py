"""What can be done to a queue: hand out, record, give back, undo, withdraw, close. Each locks, decides, audits."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.timezone import localtime
from django.utils.timezone import now as clock

from bienveille.engines.dispatch.choices import ClosingReason, ContactState, Outcome, PlannedState
from bienveille.engines.dispatch.models import Attempt, Contact, PlannedCall, Queue
from bienveille.engines.dispatch.queries import usable_phones
from bienveille.engines.dispatch.rules import WEEK, decide, decide_planned, next_weekly
from bienveille.ground.lib.ids import uuid7
from bienveille.ground.platform.jobs import job
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import current_channel, record_audit
from bienveille.register.tenants.choices import ContactStatus
from bienveille.register.tenants.models import ContactPoint

#: How long a caller may take back their last outcome.
UNDO_MINUTES = 30
#: A call that lasts keeps its household; a page left open does not keep it for ever.
LONGEST_CALL = timedelta(hours=2)


class StaleToken(Refusal):
    """The household is no longer in this caller's hands: it expired and went on, or the call is already saved."""

    message = (
        "Ce ménage n’est plus entre vos mains : la réservation a expiré, ou l’appel est déjà enregistré. "
        "Votre saisie est gardée sur cette page ; demandez l’appel suivant pour continuer."
    )


class UnknownContact(Refusal):
    """No such contact for this caller; said the same way whether it exists or not."""

    message = "Ce ménage ne vous est pas confié."


class CannotUndo(Refusal):
    """The last outcome can no longer be taken back."""

    message = (
        "Cet appel ne peut plus être annulé : il date de plus de trente minutes, ou le ménage a été repris depuis."
    )


class CannotPlan(Refusal):
    """A call cannot be promised for a day gone by."""

    message = "La date du prochain appel est déjà passée. Choisissez aujourd’hui ou un jour à venir."


class AlreadyHolding(Refusal):
    """A caller has one household in hand at a time."""

    message = "Vous avez déjà un appel en cours. Terminez-le ou rendez-le, puis recommencez."


class CannotWithdraw(Refusal):
    """Only a household that waits can be taken out."""

    message = "Ce ménage ne peut plus être retiré : il est entre les mains d’un appelant ou son appel est terminé."


@dataclass(frozen=True)
class HandOut:
    """A household given to a caller. `fresh` is false when they already held it."""

    contact_id: UUID
    fresh: bool


@dataclass(frozen=True)
class Recorded:
    """An attempt saved, and what follows. `replayed` when the same key had already saved it."""

    attempt: Attempt
    state: str
    next_call: date | None
    replayed: bool = False


def hand_out(*, queue_id: UUID, caller: User, now: datetime, reason: str) -> HandOut | None:
    """Give me the next household to call: mine if I already hold one, else the first that suits me (1 round trip).

    None when nobody is to be called now. Audited inside the same statement.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors:
        # psycopg's own cursor prepares the statement at its fifth use; Django's never does.
        row = connection.connection.execute(
            "SELECT contact_id, fresh FROM dispatch_hand_out(%s, %s, %s, %s, %s, %s, %s, %s)",
            [
                queue_id,
                caller.pk,
                caller.agency_id,
                caller.languages,
                now,
                localtime(now).date(),
                reason[:300],
                str(current_channel()),
            ],
        ).fetchone()
    return HandOut(*row) if row else None


@contextmanager
def _may_go_back(queue_id: UUID) -> Iterator[None]:
    """Around a contact that goes back to its lane: see `dispatch_lanes_lock` for why the lock comes first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(dispatch_lanes_lock(%s))", [queue_id])
        yield


def _reopen(contact: Contact) -> None:
    """Open the lane of a contact that is ready again."""
    if contact.state == ContactState.WAITING and contact.not_before is None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE dispatch_lane SET open = true WHERE id = %s AND NOT open", [contact.lane_id])


def _locked(contact_id: UUID) -> Contact:
    try:
        return (
            Contact.objects.select_for_update(of=["self"], no_key=True)
            .select_related("queue", "household", "planned_call")
            .get(pk=contact_id)
        )
    except Contact.DoesNotExist:
        raise UnknownContact from None


def _let_go(contact: Contact) -> None:
    contact.reserved_by = contact.reserved_at = contact.lease_until = contact.planned_call = None


def _replay(caller: User, key: str | None) -> Recorded | None:
    if not key:
        return None
    attempt = Attempt.objects.filter(caller=caller, idempotency_key=key).select_related("contact__queue").first()
    if attempt is None:
        return None
    answer = attempt.answer
    next_call = date.fromisoformat(answer["next_call"]) if answer.get("next_call") else None
    return Recorded(attempt, answer["state"], next_call, replayed=True)


@transaction.atomic
def record_attempt(
    *,
    caller: User,
    contact_id: UUID,
    token: UUID,
    outcome: str,
    now: datetime,
    idempotency_key: str | None = None,
    call_back_on: date | None = None,
    weekly: bool = False,
    phone: str = "",
    reason: str = "",
) -> Recorded:
    """Save how a call ended, once, and decide what follows.

    The same `idempotency_key` gives the same answer again. A reservation that expired is still honoured while nobody
    else was given the household. Refuses a stale token, a household never given to this caller, a date gone by.
    `phone` (E.164) is the number dialled: a wrong one is flagged so that no import brings it back.
    """
    if replayed := _replay(caller, idempotency_key):
        return replayed
    today = localtime(now).date()
    if call_back_on is not None and call_back_on < today:
        raise CannotPlan
    with _may_go_back(_queue_of(contact_id)):
        contact = _locked(contact_id)
        if replayed := _replay(caller, idempotency_key):  # the other click was faster
            return replayed
        if contact.token != token or contact.token is None:
            raise StaleToken
        if contact.reserved_by_id not in (None, caller.pk):
            raise StaleToken
        if contact.reserved_by_id is None and contact.state != ContactState.WAITING:
            raise StaleToken

        before = _snapshot(contact)
        planned = contact.planned_call
        attempt = Attempt(
            id=uuid7(),
            contact=contact,
            caller=caller,
            outcome=outcome,
            at=now,
            started_at=contact.reserved_at,
            token=token,
            idempotency_key=idempotency_key or None,
        )
        if outcome == Outcome.WRONG_NUMBER:
            before["wrong_number"] = _flag_wrong_number(contact, phone, caller, now)
        elif outcome == Outcome.REACHED and phone:
            _verify_number(contact, phone, today)

        if planned is not None:
            next_call = _after_planned(attempt, contact, planned, today, call_back_on, weekly, before)
        else:
            next_call = _after_first(attempt, contact, now, call_back_on, weekly, before)
        contact.token = None
        _let_go(contact)
        attempt.before = before
        attempt.answer = {"state": contact.state, "next_call": next_call.isoformat() if next_call else None}
        attempt.save()
        _save_planned(attempt)
        contact.save()
        _reopen(contact)
        record_audit(
            actor=caller,
            action=AuditAction.ATTEMPT_RECORDED,
            subject_type="tenants.Household",
            subject_id=contact.household_id,
            reason=reason,
            detail={"outcome": outcome, "state": contact.state},
        )
    return Recorded(attempt, contact.state, next_call)


def _queue_of(contact_id: UUID) -> UUID:
    queue_id = Contact.objects.filter(pk=contact_id).values_list("queue_id", flat=True).first()
    if queue_id is None:
        raise UnknownContact
    return queue_id


def _snapshot(contact: Contact) -> dict[str, Any]:
    """What `undo_attempt` needs to put a contact back as it was."""
    before: dict[str, Any] = {
        "state": ContactState.WAITING if contact.state == ContactState.RESERVED else contact.state,
        "attempts_made": contact.attempts_made,
    }
    if contact.planned_call_id:
        planned = contact.planned_call
        before["planned_call"] = str(planned.pk)
        before["planned"] = {"due_on": planned.due_on.isoformat(), "tries": planned.tries}
    return before


def _after_first(
    attempt: Attempt,
    contact: Contact,
    now: datetime,
    call_back_on: date | None,
    weekly: bool,
    before: dict[str, Any],
) -> date | None:
    """Applies the ladder of a first call; gives the day of the next call, if one is promised."""
    contact.attempts_made += 1
    left = usable_phones(contact.household_id) if attempt.outcome == Outcome.WRONG_NUMBER else []
    verdict = decide(
        attempt.outcome,
        attempts_made=contact.attempts_made,
        max_attempts=contact.queue.max_attempts,
        now=localtime(now),
        other_numbers=len(left),
        call_back_on=call_back_on,
    )
    contact.state, contact.reason, contact.not_before = verdict.state, verdict.reason, verdict.not_before
    if contact.queue.closed_at and contact.state == ContactState.WAITING:
        contact.state, contact.reason, contact.not_before = ContactState.WITHDRAWN, ClosingReason.CLOSED, None
    if contact.state == ContactState.REACHED and (weekly or call_back_on):
        today = localtime(now).date()
        due_on = call_back_on or today + WEEK
        attempt._promise = PlannedCall(contact=contact, caller=attempt.caller, due_on=due_on, weekly=weekly)  # type: ignore[attr-defined]
        before["promised"] = True
        return due_on
    return localtime(contact.not_before).date() if contact.not_before else None


def _after_planned(
    attempt: Attempt,
    contact: Contact,
    planned: PlannedCall,
    today: date,
    call_back_on: date | None,
    weekly: bool,
    before: dict[str, Any],
) -> date | None:
    """Applies the ladder of a promised call; a weekly call kept promises the next one."""
    verdict = decide_planned(
        attempt.outcome,
        due_on=planned.due_on,
        tries=planned.tries,
        weekly=planned.weekly,
        today=today,
        call_back_on=call_back_on,
    )
    if verdict.kept:
        planned.state = PlannedState.DONE
        attempt._kept = planned  # type: ignore[attr-defined]
        again = weekly or planned.weekly
        due_on = call_back_on or (next_weekly(planned.due_on, today) if again else None)
        if due_on:
            attempt._promise = PlannedCall(contact=contact, caller=attempt.caller, due_on=due_on, weekly=again)  # type: ignore[attr-defined]
            before["promised"] = True
        return due_on
    if verdict.due_on is None:
        planned.state = PlannedState.CANCELLED
    else:
        planned.due_on, planned.tries = verdict.due_on, verdict.tries
    attempt._kept = planned  # type: ignore[attr-defined]
    return verdict.due_on


def _save_planned(attempt: Attempt) -> None:
    """Writes the promise kept or moved, then the new one: both point to the attempt, saved before them."""
    kept: PlannedCall | None = getattr(attempt, "_kept", None)
    if kept is not None:
        if kept.state == PlannedState.DONE:
            kept.done_by = attempt
        kept.save()
    promise: PlannedCall | None = getattr(attempt, "_promise", None)
    if promise is not None:
        PlannedCall.objects.filter(contact_id=promise.contact_id, state=PlannedState.PLANNED).update(
            state=PlannedState.CANCELLED
        )
        promise.planned_by = attempt
        promise.save()


def _dialled(contact: Contact, phone: str) -> ContactPoint | None:
    """The number dialled: the one named, else the first of the list, which the screen offers as its main button."""
    phones = usable_phones(contact.household_id)
    named = [point for point in phones if point.value == phone]
    return (named or ([] if phone else phones) or [None])[0]


def _flag_wrong_number(contact: Contact, phone: str, caller: User, now: datetime) -> list[str]:
    """Flags the number as wrong for everybody of the household who has it; gives [number, status before]."""
    point = _dialled(contact, phone)
    if point is None:
        return []
    ContactPoint.objects.filter(person__household_id=contact.household_id, value=point.value).update(
        status=ContactStatus.WRONG, status_changed_at=now, status_changed_by=caller
    )
    return [point.value, point.status]


def _verify_number(contact: Contact, phone: str, today: date) -> None:
    ContactPoint.objects.filter(
        person__household_id=contact.household_id,
        value=phone,
        status__in=[ContactStatus.VALID, ContactStatus.UNVERIFIED],
    ).update(status=ContactStatus.VALID, verified_on=today)


@transaction.atomic
def undo_attempt(*, caller: User, attempt_id: UUID, now: datetime) -> Contact:
    """Take back my last outcome: the household is in my hands again, as before the call was saved.

    Refuses after half an hour, when another attempt came since, when somebody else was given the household, and when
    a promised call that came of it has already been kept.
    """
    attempt = Attempt.objects.filter(pk=attempt_id, caller=caller, undone_at=None).first()
    if attempt is None or (now - attempt.at).total_seconds() > UNDO_MINUTES * 60:
        raise CannotUndo
    with _may_go_back(_queue_of(attempt.contact_id)):
        contact = _locked(attempt.contact_id)
        attempt.refresh_from_db()
        latest = Attempt.objects.filter(contact=contact, undone_at=None).order_by("-at", "-id").first()
        if attempt.undone_at or contact.reserved_by_id or latest is None or latest.pk != attempt.pk:
            raise CannotUndo
        before = attempt.before
        promised = PlannedCall.objects.filter(planned_by=attempt)
        if promised.exclude(state=PlannedState.PLANNED).exists():
            raise CannotUndo
        promised.delete()
        if before.get("wrong_number"):
            number, status = before["wrong_number"]
            ContactPoint.objects.filter(
                person__household_id=contact.household_id, value=number, status=ContactStatus.WRONG,
                status_changed_by=caller, status_changed_at=attempt.at,
            ).update(status=status, status_changed_at=None, status_changed_by=None)  # fmt: skip
        contact.state, contact.reason, contact.not_before = before["state"], "", None
        contact.attempts_made = before["attempts_made"]
        contact.token = None
        if "planned_call" in before:
            PlannedCall.objects.filter(pk=before["planned_call"]).update(
                state=PlannedState.PLANNED, done_by=None, **before["planned"]
            )
        busy = Contact.objects.filter(queue_id=contact.queue_id, reserved_by=caller).exists()
        if not busy and not contact.queue.closed_at:
            _hold(contact, caller, now, before.get("planned_call"))
        elif contact.queue.closed_at and contact.state == ContactState.WAITING:
            contact.state, contact.reason = ContactState.WITHDRAWN, ClosingReason.CLOSED
        attempt.undone_at = now
        attempt.idempotency_key = None  # the same form may be sent again after a correction
        attempt.save()
        contact.save()
        _reopen(contact)
        record_audit(
            actor=caller, action=AuditAction.ATTEMPT_UNDONE, subject_type="tenants.Household",
            subject_id=contact.household_id, detail={"outcome": attempt.outcome},
        )  # fmt: skip
    return contact


def _hold(contact: Contact, caller: User, now: datetime, planned_call_id: str | None = None) -> None:
    """Put a contact in a caller's hands, with a new token."""
    contact.token = uuid4()
    contact.reserved_by, contact.reserved_at = caller, now
    contact.lease_until = now + timedelta(minutes=contact.queue.lease_minutes)
    if planned_call_id:
        contact.planned_call_id = UUID(planned_call_id)
    else:
        contact.state = ContactState.RESERVED


def keep_in_hand(*, caller: User, contact_id: UUID, token: UUID, now: datetime) -> bool:
    """Hold on to a household while its call lasts, two hours at most. False when it is no longer mine.

    Without it, a call longer than the reservation would let somebody else ring the same door.
    """
    contacts = Contact.objects.filter(
        pk=contact_id, token=token, reserved_by=caller, reserved_at__gt=now - LONGEST_CALL
    ).select_related("queue")
    contact = contacts.first()
    if contact is None:
        return False
    until = now + timedelta(minutes=contact.queue.lease_minutes)
    return Contact.objects.filter(pk=contact_id, token=token, reserved_by=caller).update(lease_until=until) == 1


@transaction.atomic
def release(*, caller: User, contact_id: UUID, token: UUID) -> None:
    """Give a household back without having called: it is the next one again, for whoever asks.

    Refuses a stale token. A promised call that is given back stays promised.
    """
    with _may_go_back(_queue_of(contact_id)):
        contact = _locked(contact_id)
        if contact.token != token or contact.reserved_by_id != caller.pk:
            raise StaleToken
        if contact.state == ContactState.RESERVED:
            contact.state = ContactState.WITHDRAWN if contact.queue.closed_at else ContactState.WAITING
            contact.reason = ClosingReason.CLOSED if contact.queue.closed_at else ""
        contact.token = None
        _let_go(contact)
        contact.save()
        _reopen(contact)
        record_audit(
            actor=caller,
            action=AuditAction.CONTACT_RELEASED,
            subject_type="tenants.Household",
            subject_id=contact.household_id,
        )


@transaction.atomic
def take_planned(*, caller: User, planned_call_id: UUID, now: datetime, reason: str) -> UUID:
    """Start one of my promised calls now, before its turn. Gives the contact's key.

    Refuses when I already hold another household, and a promise that is not mine, kept or cancelled.
    """
    planned = PlannedCall.objects.filter(pk=planned_call_id, caller=caller).select_related("contact").first()
    if planned is None:
        raise UnknownContact
    contact = _locked(planned.contact_id)
    planned.refresh_from_db(fields=["state"])
    if contact.reserved_by_id == caller.pk:
        return contact.pk
    if planned.state != PlannedState.PLANNED or contact.reserved_by_id:
        raise UnknownContact
    if Contact.objects.filter(queue_id=contact.queue_id, reserved_by=caller).exists():
        raise AlreadyHolding
    _hold(contact, caller, now, str(planned.pk))
    contact.save()
    record_audit(
        actor=caller,
        action=AuditAction.HOUSEHOLD_HANDED,
        subject_type="tenants.Household",
        subject_id=contact.household_id,
        reason=reason,
    )
    return contact.pk


@transaction.atomic
def withdraw(*, actor: User, contact_id: UUID, motive: str) -> None:
    """Take a household out of the campaign, with a motive that is audited. Refuses one in hand or already closed."""
    contact = _locked(contact_id)
    if contact.state != ContactState.WAITING:
        raise CannotWithdraw
    contact.state, contact.reason, contact.not_before = ContactState.WITHDRAWN, ClosingReason.BY_HAND, None
    contact.token = None
    contact.save()
    record_audit(
        actor=actor,
        action=AuditAction.CONTACT_CHANGED,
        subject_type="tenants.Household",
        subject_id=contact.household_id,
        reason=motive,
        detail={"state": contact.state},
    )


def freeze_target(*, queue: Queue) -> int:
    """Count the contacts once they are all there: from now on the states must add up to this number."""
    queue.target = Contact.objects.filter(queue=queue).count()
    queue.accepting = True
    queue.save(update_fields=["target", "accepting"])
    return queue.target


def pause_queue(*, queue: Queue, paused: bool) -> None:
    """Stop handing out, or start again. Calls under way are finished and saved."""
    queue.accepting = not paused
    queue.save(update_fields=["accepting"])


@transaction.atomic
def close_queue(*, queue: Queue, now: datetime) -> int:
    """Close for good: those still waiting are withdrawn, promises are cancelled; calls under way may be saved.

    Gives how many households had not been reached.
    """
    queue.accepting, queue.closed_at = False, now
    queue.save(update_fields=["accepting", "closed_at"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(dispatch_lanes_lock(%s))", [queue.pk])
    left = Contact.objects.filter(queue=queue, state=ContactState.WAITING).update(
        state=ContactState.WITHDRAWN, reason=ClosingReason.CLOSED, not_before=None
    )
    PlannedCall.objects.filter(contact__queue=queue, state=PlannedState.PLANNED, contact__reserved_by=None).update(
        state=PlannedState.CANCELLED
    )
    return left


def wake(*, queue: Queue, now: datetime) -> int:
    """Put back whoever is due again, and whoever was held by a caller who vanished. Running it twice is harmless."""
    total = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT dispatch_wake(%s, %s, 1000)", [queue.pk, now])
            woken = cursor.fetchone()[0]
        total += woken
        if not woken:
            return total


@job(queue="dispatch")
def wake_queues() -> int:
    """Wake every queue that hands out, and every other one that still has a household in somebody's hands.

    The second kind was paused or closed while a caller vanished: without this their household would stay reserved.
    """
    held = Contact.objects.filter(queue=OuterRef("pk"), reserved_by__isnull=False)
    return sum(wake(queue=queue, now=clock()) for queue in Queue.objects.filter(Q(accepting=True) | Exists(held)))
