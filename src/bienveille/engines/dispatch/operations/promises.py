"""Promises outside a call: a recurring call that is ended, brought back, taken up by another, or changes its day."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localtime

from bienveille.engines.dispatch.choices import PlannedState, StopReason
from bienveille.engines.dispatch.models import Contact, PlannedCall
from bienveille.engines.dispatch.operations.contacts import UnknownContact, locked_contact
from bienveille.engines.dispatch.rules import due_moment, is_callable_hour, next_weekly
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit


class CannotStop(Refusal):
    """A weekly call that has begun, or is no longer planned."""

    message = "Cet appel ne peut pas être arrêté : il est en cours, ou il n’est plus prévu."


class CannotResume(Refusal):
    """A weekly call that another one has replaced, or whose campaign is over."""

    message = "Cet appel ne peut pas reprendre : un autre appel est prévu pour ce ménage, ou la campagne est fermée."


class CannotChangeRhythm(Refusal):
    """A rhythm out of bounds, a day gone by, or an hour at which nobody is called."""

    message = "Choisissez un jour à venir, une heure entre 9 h et 19 h, et un rythme de 1 à 56 jours."


#: The longest time between two recurring calls.
LONGEST_RHYTHM = 56


def keep_rhythm(promise: PlannedCall, kept: PlannedCall | None) -> None:
    """Give a new promise the rhythm of the one it follows, and the day first said: `due_on` may move, it does not."""
    promise.promised_for = promise.due_on
    if promise.weekly and kept is not None and kept.weekly:
        promise.every_days = kept.every_days


@transaction.atomic
def stop_weekly(*, caller: User, planned_call_id: UUID, reason: str, now: datetime) -> PlannedCall:
    """End one of my weekly calls, saying why. Twice does nothing more.

    Refuses one that is not mine, one that is no longer planned, and one that somebody is making now.
    """
    return _stop(caller, *_locked(planned_call_id, caller), reason=reason, now=now)


@transaction.atomic
def end_weekly(*, actor: User, planned_call_id: UUID, reason: str, now: datetime) -> PlannedCall:
    """End a recurring call of anybody's, as a coordinator, saying why. Twice does nothing more.

    Refuses one that is no longer planned, and one that somebody is making now.
    """
    return _stop(actor, *_locked(planned_call_id), reason=reason, now=now)


def _stop(actor: User, planned: PlannedCall, contact: Contact, *, reason: str, now: datetime) -> PlannedCall:
    if planned.stopped_at is not None:
        return planned
    if planned.state != PlannedState.PLANNED or contact.reserved_by_id is not None:
        raise CannotStop
    planned.state, planned.stopped_at, planned.stop_reason = PlannedState.CANCELLED, now, StopReason(reason)
    planned.save(update_fields=["state", "stopped_at", "stop_reason"])
    _audit(actor, contact, "weekly_stopped", planned.get_stop_reason_display())
    return planned


@transaction.atomic
def resume_weekly(*, caller: User, planned_call_id: UUID, now: datetime) -> PlannedCall:
    """Take up again a weekly call that I had ended; a day gone by becomes the same day of the coming week.

    Refuses one that is not mine, and when another call is promised there or the queue is closed.
    """
    return _resume(caller, *_locked(planned_call_id, caller), caller=caller, now=now)


@transaction.atomic
def take_up_weekly(*, actor: User, planned_call_id: UUID, caller: User, now: datetime) -> PlannedCall:
    """Give a recurring call that its caller had ended to somebody else, as a coordinator.

    Refuses when another call is promised there or the queue is closed.
    """
    return _resume(actor, *_locked(planned_call_id), caller=caller, now=now)


def _resume(actor: User, planned: PlannedCall, contact: Contact, *, caller: User, now: datetime) -> PlannedCall:
    if planned.state == PlannedState.PLANNED:
        return planned
    ahead = PlannedCall.objects.filter(contact=contact, state=PlannedState.PLANNED)
    if planned.stopped_at is None or contact.queue.closed_at or ahead.exists():
        raise CannotResume
    today = localtime(now).date()
    if planned.due_on < today:
        planned.due_on = planned.promised_for = next_weekly(planned.due_on, today, planned.every_days)
        planned.due_from = due_moment(planned.due_on, planned.due_when, localtime(now).tzinfo)
    planned.state, planned.stopped_at, planned.stop_reason = PlannedState.PLANNED, None, ""
    planned.caller = caller
    planned.save()
    _audit(actor, contact, "weekly_resumed", "")
    return planned


@transaction.atomic
def change_rhythm(
    *, actor: User, planned_call_id: UUID, every_days: int, due_on: date, due_when: str, now: datetime
) -> PlannedCall:
    """Change how often, which day and at what time a recurring call is made.

    Refuses a day gone by, an hour at which nobody is called, a rhythm of more than eight weeks, and a call that
    somebody is making now or that is no longer planned. Without a change, nothing is written.
    """
    planned, contact = _locked(planned_call_id)
    if planned.state != PlannedState.PLANNED or contact.reserved_by_id is not None:
        raise CannotStop("Cet appel ne peut pas changer : il est en cours, ou il n’est plus prévu.")
    if (planned.every_days, planned.due_on, planned.due_when) == (every_days, due_on, due_when):
        return planned
    if due_on < localtime(now).date() or not 1 <= every_days <= LONGEST_RHYTHM or not is_callable_hour(due_when):
        raise CannotChangeRhythm
    if planned.due_on != due_on:
        planned.promised_for, planned.tries = due_on, 0
    planned.every_days, planned.due_on, planned.due_when = every_days, due_on, due_when
    planned.due_from = due_moment(due_on, due_when, localtime(now).tzinfo)
    planned.save()
    _audit(actor, contact, "rhythm_changed", "")
    return planned


def _locked(planned_call_id: UUID, caller: User | None = None) -> tuple[PlannedCall, Contact]:
    found = PlannedCall.objects.filter(pk=planned_call_id, weekly=True)
    planned = (found if caller is None else found.filter(caller=caller)).first()
    if planned is None:
        raise UnknownContact
    contact = locked_contact(planned.contact_id)
    planned.refresh_from_db()
    return planned, contact


def _audit(caller: User, contact: Contact, change: str, reason: str) -> None:
    record_audit(
        actor=caller,
        action=AuditAction.CONTACT_CHANGED,
        subject_type="tenants.Household",
        subject_id=contact.household_id,
        reason=reason,
        detail={"change": change},
    )
