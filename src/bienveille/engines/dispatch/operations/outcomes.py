"""How a call ended: saved once, with what follows, and taken back."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from bienveille.engines.dispatch.choices import ClosingReason, ContactState, Outcome, PlannedState
from bienveille.engines.dispatch.models import Attempt, Contact, PlannedCall
from bienveille.engines.dispatch.operations.contacts import (
    StaleToken,
    contact_may_go_back,
    hold,
    let_go,
    locked_contact,
    reopen_lane,
)
from bienveille.engines.dispatch.operations.promises import keep_rhythm
from bienveille.engines.dispatch.queries import hours_of_contact, tried_at, usable_phones
from bienveille.engines.dispatch.rules import (
    WEEK,
    decide,
    decide_planned,
    due_moment,
    is_callable_hour,
    next_weekly,
    suits_promise,
)
from bienveille.ground.lib.calling_hours import ANY_HOUR, Hours
from bienveille.ground.lib.ids import uuid7
from bienveille.ground.platform.prepared import insert, update
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


class CannotPlanThen(Refusal):
    """A call cannot be promised for an hour at which nobody is called."""

    message = "Choisissez une heure entre 9 h et 19 h, le matin ou l’après-midi."


class CannotPlanClosed(CannotPlanThen):
    """A call cannot be promised outside the hours of its campaign."""

    message = (
        "Les appels de cette campagne ne sont pas ouverts à ce moment-là : choisissez un autre jour ou une autre heure."
    )


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


def save_attempt(
    *,
    caller: User,
    contact_id: UUID,
    token: UUID,
    outcome: str,
    now: datetime,
    idempotency_key: str | None = None,
    call_back_on: date | None = None,
    call_back_when: str = "",
    weekly: bool = False,
    phone: str = "",
    reason: str = "",
    hard: bool = False,
) -> Recorded:
    """Save how a call ended, once, and decide what follows.

    The same `idempotency_key` gives the same answer again. A reservation that expired is still honoured while nobody
    else was given the household, promised calls included. Refuses a stale token, a household never given to this
    caller, a date gone by, an hour at which nobody is called. Days and hours are those of the household's place.
    `call_back_when`: `morning`, `afternoon` or HH:MM of that day.
    `hard`: the call revealed a grave situation, after which its caller is spared another one for a day.
    `phone` (E.164) is the number dialled: a wrong one is flagged so that no import brings it back.

    Part of an operation that has its transaction; by itself it is `record_attempt`.
    """
    if replayed := _replay(caller, idempotency_key):
        return replayed
    if not is_callable_hour(call_back_when):
        raise CannotPlanThen
    with contact_may_go_back(contact_id):
        contact = locked_contact(contact_id)
        if replayed := _replay(caller, idempotency_key):  # the other click was faster
            return replayed
        if contact.token != token or contact.token is None:
            raise StaleToken
        if contact.reserved_by_id not in (None, caller.pk):
            raise StaleToken
        planned = contact.planned_call
        if contact.reserved_by_id is None and contact.state != ContactState.WAITING:
            # A promised call whose reservation lapsed: its promise still stands, and nobody else took it.
            planned = PlannedCall.objects.filter(contact=contact, state=PlannedState.PLANNED).first()
            if planned is None:
                raise StaleToken

        hours = hours_of_contact(contact)
        today = hours.local(now).date()
        if call_back_on is not None:
            _check_promise(hours, call_back_on, call_back_when, today)
        next_time = _NextTime(call_back_on, call_back_when, weekly)
        before = _snapshot(contact, planned)
        attempt = Attempt(
            id=uuid7(),
            contact=contact,
            caller=caller,
            outcome=outcome,
            at=now,
            started_at=contact.reserved_at,
            token=token,
            idempotency_key=idempotency_key or None,
            hard=hard,
        )
        if outcome == Outcome.WRONG_NUMBER:
            before["wrong_number"] = _flag_wrong_number(contact, phone, caller, now)
        elif outcome == Outcome.REACHED and phone:
            _verify_number(contact, phone, today)

        if planned is not None:
            follow = _after_planned(attempt, contact, planned, hours, next_time)
        else:
            follow = _after_first(attempt, contact, hours, next_time)
        if hard or outcome == Outcome.REACHED:
            contact.hard = hard
        next_call = follow.next_call
        contact.token = None
        let_go(contact)
        attempt.before = before
        attempt.answer = {"state": contact.state, "next_call": next_call.isoformat() if next_call else None}
        insert(attempt)
        _save_planned(attempt, follow)
        update(contact, *_AFTER_A_CALL)
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


#: What a call may change of its contact.
_AFTER_A_CALL = (
    "state", "reason", "not_before", "attempts_made", "hard", "token", "reserved_by", "reserved_at", "lease_until",
    "planned_call",
)  # fmt: skip

record_attempt = transaction.atomic(save_attempt)


def _snapshot(contact: Contact, planned: PlannedCall | None) -> dict[str, Any]:
    """What `undo_attempt` needs to put a contact back as it was."""
    before: dict[str, Any] = {
        "state": ContactState.WAITING if contact.state == ContactState.RESERVED else contact.state,
        "attempts_made": contact.attempts_made,
        "hard": contact.hard,
    }
    if planned is not None:
        before["planned_call"] = str(planned.pk)
        before["planned"] = {
            "due_on": planned.due_on.isoformat(),
            "due_when": planned.due_when,
            "due_from": planned.due_from.isoformat() if planned.due_from else None,
            "tries": planned.tries,
        }
    return before


@dataclass(frozen=True)
class _NextTime:
    """What was agreed for the next call."""

    on: date | None
    when: str
    weekly: bool


@dataclass
class _Follow:
    """What follows an attempt: the day of the next call, the promise it makes, the promise it keeps or moves."""

    next_call: date | None = None
    promise: PlannedCall | None = None
    kept: PlannedCall | None = None


def _check_promise(hours: Hours, day: date, when: str, today: date) -> None:
    """Refuses a day gone by, and a moment at which the queue calls nobody there."""
    if day < today:
        raise CannotPlan
    if hours.windows != ANY_HOUR and not suits_promise(hours, day, when):
        raise CannotPlanClosed


def _after_first(attempt: Attempt, contact: Contact, hours: Hours, next_time: _NextTime) -> _Follow:
    """Applies the ladder of a first call."""
    contact.attempts_made += 1
    left = usable_phones(contact.household_id) if attempt.outcome == Outcome.WRONG_NUMBER else []
    verdict = decide(
        attempt.outcome,
        attempts_made=contact.attempts_made,
        max_attempts=contact.queue.max_attempts,
        now=attempt.at,
        other_numbers=len(left),
        call_back_on=next_time.on,
        call_back_when=next_time.when,
        hours=hours,
        tried=tried_at(contact),
    )
    contact.state, contact.reason, contact.not_before = verdict.state, verdict.reason, verdict.not_before
    if contact.queue.closed_at and contact.state == ContactState.WAITING:
        contact.state, contact.reason, contact.not_before = ContactState.WITHDRAWN, ClosingReason.CLOSED, None
    if contact.state == ContactState.REACHED and (next_time.weekly or next_time.on):
        due_on = next_time.on or hours.local(attempt.at).date() + WEEK
        return _Follow(due_on, _promise(attempt, contact, due_on, next_time.when, next_time.weekly, hours))
    return _Follow(hours.local(contact.not_before).date() if contact.not_before else None)


def _promise(attempt: Attempt, contact: Contact, due_on: date, when: str, weekly: bool, hours: Hours) -> PlannedCall:
    return PlannedCall(
        contact=contact,
        caller=attempt.caller,
        due_on=due_on,
        due_when=when,
        due_from=due_moment(due_on, when, hours.zone),
        weekly=weekly,
    )


def _after_planned(
    attempt: Attempt, contact: Contact, planned: PlannedCall, hours: Hours, next_time: _NextTime
) -> _Follow:
    """Applies the ladder of a promised call; a weekly call kept promises the next one, at the same hour."""
    today = hours.local(attempt.at).date()
    verdict = decide_planned(
        attempt.outcome,
        due_on=planned.due_on,
        tries=planned.tries,
        weekly=planned.weekly,
        today=today,
        call_back_on=next_time.on,
        every_days=planned.every_days,
        hours=hours,
    )
    follow = _Follow(verdict.due_on, kept=planned)
    if verdict.kept:
        planned.state = PlannedState.DONE
        again = next_time.weekly or planned.weekly
        usual = planned.promised_for or planned.due_on
        follow.next_call = next_time.on or (next_weekly(usual, today, planned.every_days) if again else None)
        if follow.next_call:
            when = next_time.when or (planned.due_when if again else "")
            follow.promise = _promise(attempt, contact, follow.next_call, when, again, hours)
    elif verdict.due_on is None:
        planned.state = PlannedState.CANCELLED
    else:
        planned.due_on, planned.tries = verdict.due_on, verdict.tries
        planned.due_when = next_time.when or planned.due_when
        planned.due_from = due_moment(planned.due_on, planned.due_when, hours.zone)
    return follow


def _save_planned(attempt: Attempt, follow: _Follow) -> None:
    """Writes the promise kept or moved, then the new one: both point to the attempt, saved before them."""
    if follow.kept is not None:
        if follow.kept.state == PlannedState.DONE:
            follow.kept.done_by = attempt
        follow.kept.save()
    if follow.promise is not None:
        keep_rhythm(follow.promise, follow.kept)
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

    Refuses after half an hour, when another attempt came since, when somebody else was given the household, when a
    coordinator took it out meanwhile, and when a promised call that came of it has already been kept.
    """
    attempt = Attempt.objects.filter(pk=attempt_id, caller=caller, undone_at=None).first()
    if attempt is None or (now - attempt.at).total_seconds() > UNDO_MINUTES * 60:
        raise CannotUndo
    with contact_may_go_back(attempt.contact_id):
        contact = locked_contact(attempt.contact_id)
        attempt.refresh_from_db()
        latest = Attempt.objects.filter(contact=contact, undone_at=None).order_by("-at", "-id").first()
        if attempt.undone_at or contact.reserved_by_id or latest is None or latest.pk != attempt.pk:
            raise CannotUndo
        if contact.state == ContactState.WITHDRAWN and contact.reason == ClosingReason.BY_HAND:
            raise CannotUndo("Ce ménage a été retiré de la campagne depuis votre appel : il n’est plus à appeler.")
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
        contact.hard = before.get("hard", False)
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
