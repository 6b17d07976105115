"""The wish to talk after a hard call: asked, planned, closed. Between two people; nobody else reads it."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localtime

from bienveille.ground.lib.names import clean_text
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.services.outreach.choices import DebriefMeans, DebriefMoment, DebriefState
from bienveille.services.outreach.models import Campaign, DebriefRequest
from bienveille.services.outreach.queries.debriefs import hard_call, listeners

WORDS_LENGTH = 300


class CannotListen(Refusal):
    message = "Cette personne ne peut pas être choisie : prenez-en une autre dans la liste."


class NoSuchCall(Refusal):
    message = "Cet appel n’est pas un des vôtres, ou il a été annulé."


class CannotMeetThen(Refusal):
    message = "Choisissez aujourd’hui ou un jour à venir."


class AlreadyClosed(Refusal):
    message = "Cet échange est déjà noté comme fait."


@transaction.atomic
def ask_debrief(
    *,
    caller: User,
    campaign: Campaign | None,
    listener_id: UUID,
    means: str,
    moment: str,
    words: str,
    attempt_id: UUID | None,
    now: datetime,
) -> DebriefRequest:
    """Ask to talk with somebody, after a call or not. Asked again of the same person while open, it is changed.

    Refuses somebody who does not coordinate this caller, and a call that is not theirs.
    """
    if not any(one.pk == listener_id for one in listeners(caller, campaign)):
        raise CannotListen
    if attempt_id is not None and hard_call(caller, attempt_id) is None:
        raise NoSuchCall
    debrief = (
        DebriefRequest.objects.select_for_update()
        .filter(asked_by=caller, listener_id=listener_id)
        .exclude(state=DebriefState.CLOSED)
        .first()
    )
    debrief = debrief or DebriefRequest(asked_by=caller, listener_id=listener_id, asked_at=now)
    debrief.means, debrief.moment = DebriefMeans(means), DebriefMoment(moment)
    debrief.words, debrief.attempt_id = clean_text(words)[:WORDS_LENGTH], attempt_id or debrief.attempt_id
    debrief.save()
    _audit(caller, debrief, "debrief_asked")
    return debrief


@transaction.atomic
def plan_debrief(*, listener: User, debrief_id: UUID, on: date, today: date) -> DebriefRequest:
    """Propose a day to somebody who would like to talk. Refuses a day gone by, and an exchange already closed."""
    if on < today:
        raise CannotMeetThen
    debrief = DebriefRequest.objects.select_for_update().get(pk=debrief_id, listener=listener)
    if debrief.state == DebriefState.CLOSED:
        raise AlreadyClosed
    debrief.state, debrief.planned_on = DebriefState.PLANNED, on
    debrief.save(update_fields=["state", "planned_on"])
    _audit(listener, debrief, "debrief_planned")
    return debrief


@transaction.atomic
def close_debrief(*, actor: User, debrief_id: UUID, now: datetime) -> DebriefRequest:
    """Say that they talked, or that it is no longer wanted: by either of the two. Its words are erased for good.

    Twice, the first day stays.
    """
    debrief = DebriefRequest.objects.select_for_update().get(pk=debrief_id)
    if debrief.state == DebriefState.CLOSED:
        return debrief
    debrief.state, debrief.closed_on, debrief.words = DebriefState.CLOSED, localtime(now).date(), ""
    debrief.save(update_fields=["state", "closed_on", "words"])
    _audit(actor, debrief, "debrief_closed")
    return debrief


def _audit(actor: User, debrief: DebriefRequest, did: str) -> None:
    record_audit(
        actor=actor,
        action=AuditAction.ACCOUNT_CHANGED,
        subject_type="accounts.User",
        subject_id=debrief.asked_by_id,
        detail={"did": did},
    )
