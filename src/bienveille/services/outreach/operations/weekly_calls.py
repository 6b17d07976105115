"""Recurring calls: handed over while a caller is away, brought back, asked again, stopped; a caller's week."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localdate, localtime

from bienveille.engines.dispatch import operations as dispatch
from bienveille.engines.dispatch.choices import PlannedState
from bienveille.engines.dispatch.models import Contact, PlannedCall
from bienveille.ground.platform.jobs import job
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.services.outreach.models import CallerWeek, Campaign, RecurringCall
from bienveille.services.outreach.queries import may_call
from bienveille.services.outreach.queries.weekly_calls import idle_weeks
from bienveille.services.outreach.rules.weekly_calls import away_on, monday_of

#: How long what a caller said of a week is kept once it is over.
WEEKS_KEPT = timedelta(weeks=8)
#: How far ahead a week may be said.
WEEKS_AHEAD = timedelta(weeks=26)


class CannotHandOver(Refusal):
    message = "Cette personne n’appelle pas dans cette campagne, ou l’appelle déjà : choisissez-en une autre."


class CannotReturnThen(Refusal):
    message = "Choisissez le jour du retour : demain au plus tôt."


class NoLongerPlanned(Refusal):
    message = "Cet appel régulier n’est plus prévu, ou il est en cours. Rien n’a changé."


class CannotSayThatWeek(Refusal):
    message = "Choisissez une semaine en cours ou à venir, dans les six mois."


@transaction.atomic
def hand_over(
    *, actor: User, planned_call_id: UUID, to_id: UUID, back_on: date | None, told: bool, now: datetime
) -> RecurringCall:
    """Give a recurring call to somebody else: until the usual caller is back on `back_on`, or for good (None).

    One that its caller had ended is taken up again.

    Refuses somebody who does not call in the campaign, a day of return gone by, and a call being made now.
    """
    today = localtime(now).date()
    if back_on is not None and back_on <= today:
        raise CannotReturnThen
    planned = _planned(planned_call_id, stopped=True)
    campaign = Campaign.objects.get(queue=planned.contact.queue_id)
    to = User.objects.filter(pk=to_id).first()
    if to is None or planned.caller_id == to.pk or not may_call(campaign, to):
        raise CannotHandOver
    recurring = _recurring(planned)
    if planned.stopped_at is not None:
        dispatch.take_up_weekly(actor=actor, planned_call_id=planned.pk, caller=to, now=now)
    elif not dispatch.reassign(actor=actor, queue_id=planned.contact.queue_id, promises={planned.pk: to.pk}):
        raise NoLongerPlanned
    if back_on is None:
        recurring.usual_caller_id = to.pk
    temporary = back_on is not None and recurring.usual_caller_id != to.pk
    recurring.stand_in_id = to.pk if temporary else None
    recurring.stand_in_until = back_on if temporary else None
    recurring.told_on = today if told else None
    recurring.save()
    return recurring


@transaction.atomic
def give_back(*, actor: User, planned_call_id: UUID) -> RecurringCall | None:
    """Give a recurring call back to its usual caller, before the day that was said. Twice does nothing more."""
    planned = _planned(planned_call_id)
    recurring = RecurringCall.objects.select_for_update().filter(contact=planned.contact_id).first()
    if recurring is None or recurring.stand_in_id is None:
        return recurring
    _bring_back(actor, recurring, planned)
    return recurring


@job(queue="default")
def bring_back_weekly() -> None:
    """Give recurring calls back to the usual caller on the day of return; forget weeks long gone.

    One whose usual caller is still away, or gone, stays with who stands in: the page of recurring calls says so.
    """
    today = localdate()
    CallerWeek.objects.filter(monday__lt=monday_of(today) - WEEKS_KEPT).delete()
    due = RecurringCall.objects.filter(stand_in__isnull=False, stand_in_until__lte=today)
    for pk in list(due.values_list("pk", flat=True)):
        with transaction.atomic():
            back_today(recurring_id=pk, today=today)


@transaction.atomic
def back_today(*, recurring_id: UUID, today: date) -> bool:
    """Give one recurring call back if its usual caller is there; False when they are not, or when it is done."""
    recurring = RecurringCall.objects.select_for_update(of=["self"]).filter(pk=recurring_id).first()
    if recurring is None or recurring.stand_in_id is None or recurring.stand_in_until is None:
        return False
    usual = User.objects.select_related("calling_pause").get(pk=recurring.usual_caller_id)
    pause = getattr(usual, "calling_pause", None)
    away = away_on(
        today,
        active=usual.is_active,
        rests_until=pause.until if pause else None,
        idle_weeks=idle_weeks([usual.pk], today).get(usual.pk, ()),
    )
    if recurring.stand_in_until > today or away is not None:
        return False
    planned = PlannedCall.objects.filter(
        contact=recurring.contact_id, weekly=True, state=PlannedState.PLANNED
    ).select_related("contact")
    return _bring_back(None, recurring, planned.first())


def _bring_back(actor: User | None, recurring: RecurringCall, planned: PlannedCall | None) -> bool:
    if planned is not None and planned.caller_id == recurring.stand_in_id:
        promises = {planned.pk: recurring.usual_caller_id}
        if not dispatch.reassign(actor=actor, queue_id=planned.contact.queue_id, promises=promises):
            return False  # being made now: the next look brings it back
    recurring.stand_in_id = recurring.stand_in_until = recurring.told_on = None
    recurring.save(update_fields=["stand_in", "stand_in_until", "told_on"])
    return True


@transaction.atomic
def still_wanted(*, actor: User, planned_call_id: UUID, today: date) -> RecurringCall:
    """Note that the person said again that they want to be called. Twice the same day changes nothing."""
    planned = _planned(planned_call_id)
    recurring = _recurring(planned)
    if recurring.confirmed_on != today:
        recurring.confirmed_on = today
        recurring.save(update_fields=["confirmed_on"])
        _audit(actor, planned.contact, "weekly_still_wanted")
    return recurring


@transaction.atomic
def told_of_absence(*, actor: User, planned_call_id: UUID, today: date) -> RecurringCall:
    """Note that the person knows that somebody else will call for a while. Twice the same day changes nothing."""
    planned = _planned(planned_call_id)
    recurring = _recurring(planned)
    if recurring.told_on != today:
        recurring.told_on = today
        recurring.save(update_fields=["told_on"])
        _audit(actor, planned.contact, "weekly_told")
    return recurring


@transaction.atomic
def say_my_week(
    *, caller: User, monday: date, hours: Decimal | None, half_days: Collection[str], today: date
) -> CallerWeek | None:
    """Say what I give in one week; None hours: what my account says. Nil hours: I am away, my regular calls are seen.

    Refuses a week gone by or more than six months ahead.
    """
    monday = monday_of(monday)
    if not monday_of(today) <= monday <= today + WEEKS_AHEAD:
        raise CannotSayThatWeek
    detail = {"did": "calling_week"}
    record_audit(actor=caller, action=AuditAction.ACCOUNT_CHANGED, subject=caller, detail=detail)
    if hours is None:
        CallerWeek.objects.filter(user=caller, monday=monday).delete()
        return None
    week, _ = CallerWeek.objects.update_or_create(
        user=caller, monday=monday, defaults={"hours": hours, "half_days": sorted(set(half_days)) if hours else []}
    )
    return week


def _planned(planned_call_id: UUID, *, stopped: bool = False) -> PlannedCall:
    planned = PlannedCall.objects.filter(pk=planned_call_id, weekly=True).select_related("contact")
    found = planned.first()
    if found is None or not (found.state == PlannedState.PLANNED or (stopped and found.stopped_at is not None)):
        raise NoLongerPlanned
    return found


def _recurring(planned: PlannedCall) -> RecurringCall:
    RecurringCall.objects.get_or_create(contact_id=planned.contact_id, defaults={"usual_caller_id": planned.caller_id})
    return RecurringCall.objects.select_for_update().get(contact_id=planned.contact_id)


def _audit(actor: User, contact: Contact, change: str) -> None:
    record_audit(
        actor=actor,
        action=AuditAction.CONTACT_CHANGED,
        subject_type="tenants.Household",
        subject_id=contact.household_id,
        detail={"change": change},
    )
