"""How a call ended: saved once, with what follows, and taken back."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localtime

from bienveille.engines.dispatch.choices import ClosingReason, ContactState, Outcome, PlannedState
from bienveille.engines.dispatch.models import Attempt, Contact, PlannedCall
from bienveille.engines.dispatch.operations.contacts import (
    StaleToken,
    hold,
    let_go,
    locked_contact,
    may_go_back,
    queue_of,
    reopen_lane,
)
from bienveille.engines.dispatch.queries import usable_phones
from bienveille.engines.dispatch.rules import WEEK, decide, decide_planned, next_weekly
from bienveille.ground.lib.ids import uuid7
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.tenants.choices import ContactStatus
from bienveille.register.tenants.models import ContactPoint

#: How long a caller may take back their last outcome.
UNDO_MINUTES = 30


class CannotUndo(Refusal):
    """The last outcome can no longer be taken back."""

    message = (
        "Cet appel ne peut plus être annulé : il date de plus de trente minutes, ou le ménage a été repris depuis."
    )


class CannotPlan(Refusal):
    """A call cannot be promised for a day gone by."""

    message = "La date du prochain appel est déjà passée. Choisissez aujourd’hui ou un jour à venir."


@dataclass(frozen=True)
class Recorded:
    """An attempt saved, and what follows. `replayed` when the same key had already saved it."""

    attempt: Attempt
    state: str
    next_call: date | None
    replayed: bool = False


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
    with may_go_back(queue_of(contact_id)):
        contact = locked_contact(contact_id)
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
            follow = _after_planned(attempt, contact, planned, today, call_back_on, weekly)
        else:
            follow = _after_first(attempt, contact, now, call_back_on, weekly)
        next_call = follow.next_call
        contact.token = None
        let_go(contact)
        attempt.before = before
        attempt.answer = {"state": contact.state, "next_call": next_call.isoformat() if next_call else None}
        attempt.save()
        _save_planned(attempt, follow)
        contact.save()
        reopen_lane(contact)
        record_audit(
            actor=caller,
            action=AuditAction.ATTEMPT_RECORDED,
            subject_type="tenants.Household",
            subject_id=contact.household_id,
            reason=reason,
            detail={"outcome": outcome, "state": contact.state},
        )
    return Recorded(attempt, contact.state, next_call)


def _snapshot(contact: Contact) -> dict[str, Any]:
    """What `undo_attempt` needs to put a contact back as it was."""
    before: dict[str, Any] = {
        "state": ContactState.WAITING if contact.state == ContactState.RESERVED else contact.state,
        "attempts_made": contact.attempts_made,
    }
    if planned := contact.planned_call:
        before["planned_call"] = str(planned.pk)
        before["planned"] = {"due_on": planned.due_on.isoformat(), "tries": planned.tries}
    return before


@dataclass
class _Follow:
    """What follows an attempt: the day of the next call, the promise it makes, the promise it keeps or moves."""

    next_call: date | None = None
    promise: PlannedCall | None = None
    kept: PlannedCall | None = None


def _after_first(attempt: Attempt, contact: Contact, now: datetime, call_back_on: date | None, weekly: bool) -> _Follow:
    """Applies the ladder of a first call."""
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
        due_on = call_back_on or localtime(now).date() + WEEK
        return _Follow(due_on, PlannedCall(contact=contact, caller=attempt.caller, due_on=due_on, weekly=weekly))
    return _Follow(localtime(contact.not_before).date() if contact.not_before else None)


def _after_planned(
    attempt: Attempt, contact: Contact, planned: PlannedCall, today: date, call_back_on: date | None, weekly: bool
) -> _Follow:
    """Applies the ladder of a promised call; a weekly call kept promises the next one."""
    verdict = decide_planned(
        attempt.outcome,
        due_on=planned.due_on,
        tries=planned.tries,
        weekly=planned.weekly,
        today=today,
        call_back_on=call_back_on,
    )
    follow = _Follow(verdict.due_on, kept=planned)
    if verdict.kept:
        planned.state = PlannedState.DONE
        again = weekly or planned.weekly
        follow.next_call = call_back_on or (next_weekly(planned.due_on, today) if again else None)
        if follow.next_call:
            follow.promise = PlannedCall(
                contact=contact, caller=attempt.caller, due_on=follow.next_call, weekly=again
            )  # fmt: skip
    elif verdict.due_on is None:
        planned.state = PlannedState.CANCELLED
    else:
        planned.due_on, planned.tries = verdict.due_on, verdict.tries
    return follow


def _save_planned(attempt: Attempt, follow: _Follow) -> None:
    """Writes the promise kept or moved, then the new one: both point to the attempt, saved before them."""
    if follow.kept is not None:
        if follow.kept.state == PlannedState.DONE:
            follow.kept.done_by = attempt
        follow.kept.save()
    if follow.promise is not None:
        PlannedCall.objects.filter(contact=attempt.contact, state=PlannedState.PLANNED).update(
            state=PlannedState.CANCELLED
        )
        follow.promise.planned_by = attempt
        follow.promise.save()


def _dialled(contact: Contact, phone: str) -> ContactPoint | None:
    """The number dialled: the one named, else the first of the list, which the screen offers as its main button."""
    phones = usable_phones(contact.household_id)
    wanted = [point for point in phones if point.value == phone] if phone else phones
    return wanted[0] if wanted else None


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
    with may_go_back(queue_of(attempt.contact_id)):
        contact = locked_contact(attempt.contact_id)
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
            hold(contact, caller, now, before.get("planned_call"))
        elif contact.queue.closed_at and contact.state == ContactState.WAITING:
            contact.state, contact.reason = ContactState.WITHDRAWN, ClosingReason.CLOSED
        attempt.undone_at = now
        attempt.idempotency_key = None  # the same form may be sent again after a correction
        attempt.save()
        contact.save()
        reopen_lane(contact)
        record_audit(
            actor=caller, action=AuditAction.ATTEMPT_UNDONE, subject_type="tenants.Household",
            subject_id=contact.household_id, detail={"outcome": attempt.outcome},
        )  # fmt: skip
    return contact
