"""What a caller's program does: take the next household, say how the call ended, give back, read promises."""

import math
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.timezone import localdate, now

from bienveille.engines.cases.queries import case_of_source
from bienveille.engines.dispatch.operations import hand_out, release
from bienveille.engines.dispatch.queries import closed_hours
from bienveille.faces.api.forms import given, received
from bienveille.faces.api.operations import Answer
from bienveille.faces.api.queries import door_of, guide_text, planned_page, sheet_in_hand
from bienveille.faces.api.views.base import api, done_once, me, next_page, reply
from bienveille.ground.platform.refusal import Refusal
from bienveille.services.outreach import operations as outreach
from bienveille.services.outreach.access import get_campaign_of_contact

RETRY_AFTER_SECONDS = 60


class WrongPlace(Refusal):
    """A place in a list that no page gave."""

    def __init__(self) -> None:
        self.errors = {"after": ["Ce repère n’est pas de ceux que « next » donne."]}
        super().__init__("Corrigez les champs signalés.")


@api.post(
    "/campaigns/{uuid:campaign_id}/next",
    response={200: given.NextOut, 204: None},
    tags=["Appeler"],
    summary="Le ménage suivant",
)
def next_contact(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Confie le ménage à appeler : celui déjà en main, sinon le premier qui convient à l’appelant.

    Demander encore avec un ménage en main donne le même ménage et le même jeton. 204 : personne à appeler pour
    l’instant, ou hors des heures d’appel ; « Retry-After » dit quand redemander.
    """
    user, moment = me(request), now()
    door = door_of(campaign_id, user, localdate(moment))
    if door is None or not door.seen:
        raise Http404
    if not door.calls:
        raise outreach.NotACaller
    # At rest: the household already in hand, no other.
    given_one = not door.rests or sheet_in_hand(door.queue_id, user, moment) is not None
    given_one = given_one and bool(
        hand_out(queue_id=door.queue_id, caller=user, now=moment, reason=f"Campagne {door.name}")
    )
    sheet = sheet_in_hand(door.queue_id, user, moment) if given_one else None
    if sheet is None:
        response = HttpResponse(status=204)
        response["Retry-After"] = str(_retry_after(door.queue_id, moment))
        return response
    return reply(200, sheet, questionnaire=guide_text(door.questionnaire_id))


def _retry_after(queue_id: UUID, moment: datetime) -> int:
    """In how many seconds to ask again: when calls open again, a minute while they are open."""
    closed = closed_hours(queue_id, moment)
    return max(1, math.ceil((closed.until - moment).total_seconds())) if closed else RETRY_AFTER_SECONDS


@api.post(
    "/contacts/{uuid:contact_id}/attempts",
    response={201: given.AttemptOut},
    tags=["Appeler"],
    summary="Enregistrer un appel",
)
def record_attempt(
    request: HttpRequest,
    contact_id: UUID,
    payload: received.AttemptIn,
) -> HttpResponse:
    """Enregistre comment l’appel s’est terminé et ce qu’il a révélé, une seule fois.

    La même « Idempotency-Key » avec la même demande redonne la même réponse pendant un jour. 409 : la réservation a
    expiré et le ménage est parti ailleurs, ou l’appel est déjà enregistré.
    """
    user = me(request)
    campaign = get_campaign_of_contact(user, contact_id)
    report = outreach.CallReport(
        outcome=payload.outcome,
        grade=payload.grade or "",
        answers=payload.answers,
        needs=tuple(payload.needs),
        note=payload.note or "",
        agreed=payload.agreed,
        call_back_on=payload.call_back_on,
        weekly=payload.weekly,
        phone=payload.phone,
    )

    def record() -> Answer:
        recorded = outreach.record_call(
            campaign=campaign,
            caller=user,
            contact_id=contact_id,
            token=payload.token,
            report=report,
            now=now(),
            idempotency_key=request.headers.get("Idempotency-Key") or None,
        )
        case = case_of_source(recorded.attempt.pk) if report.grade or report.agreed else None
        answer = {
            "attempt": str(recorded.attempt.pk),
            "state": recorded.state,
            "next_call": recorded.next_call.isoformat() if recorded.next_call else None,
            "case": str(case) if case else None,
        }
        return Answer(201, answer)

    return done_once(request, user, record)


@api.post(
    "/contacts/{uuid:contact_id}/release",
    response={204: None},
    tags=["Appeler"],
    summary="Rendre un ménage",
)
def release_contact(request: HttpRequest, contact_id: UUID, payload: received.ReleaseIn) -> HttpResponse:
    """Rend un ménage sans l’avoir appelé ; il retourne dans la file à sa place."""
    user = me(request)
    get_campaign_of_contact(user, contact_id)
    release(caller=user, contact_id=contact_id, token=payload.token)
    return HttpResponse(status=204)


@api.get("/planned-calls", response={200: given.PlannedPage}, tags=["Appeler"], summary="Mes appels promis")
def planned_calls(
    request: HttpRequest,
    until: received.Until = None,
    after: received.AfterPlanned = None,
    limit: received.Limit = received.DEFAULT_LIMIT,
) -> HttpResponse:
    """Les appels que vous avez promis et qui restent à faire, les plus anciens d’abord."""
    page = planned_page(me(request), until=until, after=_place(after), limit=limit)
    items: list[dict[str, Any]] = [
        {
            "id": str(one.pk),
            "due_on": one.due_on.isoformat(),
            "weekly": one.weekly,
            "tries": one.tries,
            "campaign": str(one.contact.queue.campaign.pk),
            "household": {"id": str(one.contact.household_id), "name": one.contact.household.name},
        }
        for one in page.rows
    ]
    return reply(200, {"items": items, "next": next_page(request, page.after)})


def _place(after: str | None) -> tuple[date, UUID] | None:
    """The day and the key of the last row received."""
    if after is None:
        return None
    day, _, last = after.partition("_")
    try:
        return date.fromisoformat(day), UUID(last)
    except ValueError:  # the 30th of February
        raise WrongPlace from None
