"""Messages that follow a call: « we tried to reach you » when nobody answered, what was agreed when somebody did.

They leave by the same engine as mailings, some minutes later: until then a call taken back, or somebody who answers
after all, keeps them from leaving.
"""

from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils.timezone import localdate

from bienveille.engines.dispatch.choices import Outcome, PlannedState
from bienveille.engines.dispatch.models import Attempt, PlannedCall
from bienveille.engines.messaging.channels import open_channels
from bienveille.engines.messaging.choices import Channel, DeliveryState
from bienveille.engines.messaging.models import Delivery
from bienveille.engines.messaging.operations.sending import hold_back, post_one
from bienveille.engines.messaging.queries.recipients import Point, point_of
from bienveille.engines.messaging.queries.variables import values_for
from bienveille.engines.messaging.rules.leaving import QUIET, next_leave
from bienveille.engines.messaging.rules.sms_parts import lighten
from bienveille.ground.lib.typography import NBSP
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.accounts.queries import landlord
from bienveille.services.outreach.choices import AfterCall
from bienveille.services.outreach.models import CallMessage, Campaign
from bienveille.services.outreach.rules import SMS, said
from bienveille.services.outreach.rules.after_calls import MISSED, WAIT, agreed_words


class CannotWrite(Refusal):
    """What was agreed was to be written, and cannot be: the caller is told while the person may still be there."""

    message = "Rien ne peut être envoyé à ce foyer par ce moyen. Dites-lui de vive voix ce qui est convenu."


class NothingAgreed(CannotWrite):
    message = "Il n’y a rien à écrire\u00a0: aucun prochain appel n’est prévu, et l’agence n’a pas de numéro à donner."


def follow_call(*, campaign: Campaign, caller: User, attempt: Attempt, agreed: str, now: datetime) -> None:
    """Write what follows a call just saved, in its transaction. `agreed`: channel by which what was agreed is wanted.

    A missed call says nothing when nothing may reach the household: no such point, opposed, stopped, a protected
    address. What was agreed is refused then (`CannotWrite`).
    """
    if campaign.send_sms and attempt.outcome in MISSED:
        _tell_missed(campaign, caller, attempt, now)
    elif campaign.send_sms and attempt.outcome == Outcome.REACHED:
        _hold_back(Q(attempt__contact__household_id=attempt.contact.household_id, about=AfterCall.MISSED), now)
    if agreed and attempt.outcome == Outcome.REACHED:
        _tell_agreed(caller, attempt, agreed, now)


def take_back_messages(*, attempt_id: UUID, now: datetime) -> None:
    """With a call taken back go its messages, unless they have left."""
    _hold_back(Q(attempt_id=attempt_id), now)


def _tell_missed(campaign: Campaign, caller: User, attempt: Attempt, now: datetime) -> None:
    """Once in a quiet period, whoever wrote: three missed calls in a day are one message."""
    if Channel.SMS not in open_channels():
        return
    household_id = attempt.contact.household_id
    lately = Q(sent_at__gt=now - QUIET) | Q(state__in=[DeliveryState.WAITING, DeliveryState.SENDING])
    if Delivery.objects.filter(lately, household_id=household_id).exists():
        return
    point = point_of(household_id, Channel.SMS, localdate(now))
    if point is None:
        return
    owner = landlord()
    words = said(campaign.sms or SMS, landlord=owner.name if owner else "", caller=caller.display_name)
    _post(caller, attempt, AfterCall.MISSED, Channel.SMS, point, words, now)


def _tell_agreed(caller: User, attempt: Attempt, channel: str, now: datetime) -> None:
    household_id = attempt.contact.household_id
    point = point_of(household_id, channel, localdate(now)) if channel in open_channels() else None
    if point is None:
        raise CannotWrite
    planned = PlannedCall.objects.filter(planned_by=attempt, state=PlannedState.PLANNED).first()
    values = values_for([(household_id, point.person_id)], on=localdate(now)).get((household_id, point.person_id), {})
    owner = landlord()
    words = agreed_words(
        landlord=owner.name if owner else "",
        next_on=planned.due_on if planned else None,
        when=planned.due_when if planned else "",
        weekly=bool(planned and planned.weekly),
        office=values.get("téléphone de l’agence", ""),
    )
    if not words:
        raise NothingAgreed
    _post(caller, attempt, AfterCall.AGREED, channel, point, words, now)


def _post(
    caller: User, attempt: Attempt, about: AfterCall, channel: str, point: Point, words: str, now: datetime
) -> None:
    sms = channel == Channel.SMS
    household_id = attempt.contact.household_id
    sent = post_one(
        channel=channel,
        to=point.to,
        subject="" if sms else AfterCall.AGREED.label,
        body=lighten(words.replace(NBSP, " ")) if sms else words,
        household_id=household_id,
        person_id=point.person_id,
        place=point.place,
        not_before=next_leave(channel, now + WAIT, point.place, urgent=False),
    )
    CallMessage.objects.create(attempt=attempt, about=about, delivery=sent)
    record_audit(
        actor=caller,
        action=AuditAction.MESSAGE_CHANGED,
        subject_type="tenants.Household",
        subject_id=household_id,
        detail={"change": "after_call", "about": about.value, "channel": str(channel)},
    )


def _hold_back(those: Q, now: datetime) -> None:
    waiting = CallMessage.objects.filter(those, delivery__state=DeliveryState.WAITING)
    found = list(waiting.values_list("delivery_id", flat=True))
    if found:
        hold_back(delivery_ids=found, now=now)
