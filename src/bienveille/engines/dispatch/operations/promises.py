"""Promises outside a call: a weekly call that its caller ends, and brings back."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localtime

from bienveille.engines.dispatch.choices import PlannedState, StopReason
from bienveille.engines.dispatch.models import Contact, PlannedCall
from bienveille.engines.dispatch.operations.contacts import UnknownContact, locked_contact
from bienveille.engines.dispatch.rules import due_moment, next_weekly
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


@transaction.atomic
def stop_weekly(*, caller: User, planned_call_id: UUID, reason: str, now: datetime) -> PlannedCall:
    """End one of my weekly calls, saying why. Twice does nothing more.

    Refuses one that is not mine, one that is no longer planned, and one that somebody is making now.
    """
    planned, contact = _locked(caller, planned_call_id)
    if planned.stopped_at is not None:
        return planned
    if planned.state != PlannedState.PLANNED or contact.reserved_by_id is not None:
        raise CannotStop
    planned.state, planned.stopped_at, planned.stop_reason = PlannedState.CANCELLED, now, StopReason(reason)
    planned.save(update_fields=["state", "stopped_at", "stop_reason"])
    _audit(caller, contact, "weekly_stopped", planned.get_stop_reason_display())
    return planned


@transaction.atomic
def resume_weekly(*, caller: User, planned_call_id: UUID, now: datetime) -> PlannedCall:
    """Take up again a weekly call that I had ended; a day gone by becomes the same day of the coming week.

    Refuses one that is not mine, and when another call is promised there or the queue is closed.
    """
    planned, contact = _locked(caller, planned_call_id)
    if planned.state == PlannedState.PLANNED:
        return planned
    ahead = PlannedCall.objects.filter(contact=contact, state=PlannedState.PLANNED)
    if planned.stopped_at is None or contact.queue.closed_at or ahead.exists():
        raise CannotResume
    today = localtime(now).date()
    if planned.due_on < today:
        planned.due_on = next_weekly(planned.due_on, today)
        planned.due_from = due_moment(planned.due_on, planned.due_when, localtime(now))
    planned.state, planned.stopped_at, planned.stop_reason = PlannedState.PLANNED, None, ""
    planned.save(update_fields=["state", "stopped_at", "stop_reason", "due_on", "due_from"])
    _audit(caller, contact, "weekly_resumed", "")
    return planned


def _locked(caller: User, planned_call_id: UUID) -> tuple[PlannedCall, Contact]:
    planned = PlannedCall.objects.filter(pk=planned_call_id, caller=caller, weekly=True).first()
    if planned is None:
        raise UnknownContact
    contact = locked_contact(planned.contact_id)
    planned.refresh_from_db(fields=["state", "stopped_at", "stop_reason", "due_on", "due_when"])
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
