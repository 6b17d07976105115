"""The HTTP API, version 1: the same operations as the screens, for programs. Shapes: docs/contracts."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.utils import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.timezone import localtime, now
from ninja import Body, NinjaAPI, Status
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import HttpBearer

from bienveille.engines.dispatch.operations import StaleToken, UnknownContact, release
from bienveille.engines.dispatch.queries import contact_in_hand, ledger
from bienveille.engines.questionnaires.rules import parse, to_api
from bienveille.faces.api.forms import AttemptIn, ReleaseIn
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.access import MANAGERS, authenticate_token, has_role
from bienveille.register.accounts.choices import AuditChannel
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import acting_through
from bienveille.services.outreach import operations as outreach
from bienveille.services.outreach.access import get_campaign_for, get_campaign_of_contact
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.queries import CallSheet, call_sheet, figures

RETRY_AFTER_SECONDS = 60


class ApiTokenAuth(HttpBearer):
    """`Authorization: Bearer …`: the token's owner, with their own rights."""

    openapi_description = "Jeton donné par « ./bienveille token ADRESSE »."

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        user = authenticate_token(secret=token, now=now())
        if user is not None:
            request.user = user
        return user


api = NinjaAPI(
    title="Bienveille",
    version="1",
    description="Campagnes d’appels bienveillants : confier, enregistrer, suivre.",
    auth=ApiTokenAuth(),
    urls_namespace="api",
    docs_url=None,
)


def problem(status: int, title: str, detail: str = "", errors: dict[str, list[str]] | None = None) -> HttpResponse:
    """An error as RFC 9457 says it."""
    document: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail or title}
    if errors:
        document["errors"] = errors
    response = JsonResponse(document, status=status, json_dumps_params={"ensure_ascii": False})
    response["Content-Type"] = "application/problem+json"
    return response


@api.exception_handler(AuthenticationError)
def _not_signed_in(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    response = problem(401, "Jeton absent ou refusé", "Donnez un jeton valable : « Authorization: Bearer … ».")
    response["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(ValidationError)
def _badly_shaped(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors: dict[str, list[str]] = {}
    for fault in error.errors:
        # ("body", "attempt", "token") → "token": the first names are the program's, not the user's.
        place = [str(part) for part in fault["loc"] if part not in ("body", "payload", "path", "query", "header")]
        errors.setdefault(".".join(place) or "document", []).append(fault["msg"])
    return problem(422, "Demande mal formée", "Corrigez les champs signalés.", errors)


@api.exception_handler(Http404)
def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404, "Introuvable", "Rien ici, ou rien pour ce jeton.")


@api.exception_handler(PermissionDenied)
def _forbidden(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return problem(403, "Refusé", "Cette campagne est celle de quelqu’un d’autre.")


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(error.status_code, str(error))


@api.exception_handler(Refusal)
def _refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    errors = getattr(refusal, "errors", None)
    match refusal:
        case StaleToken():
            return problem(409, "Réservation périmée", str(refusal))
        case UnknownContact() | outreach.NotACaller():
            return problem(404, "Introuvable", str(refusal))
        case _ if errors:
            return problem(422, "Demande refusée", str(refusal), errors)
        case outreach.CannotOpen() | outreach.CannotClose() | outreach.CannotPause():
            return problem(409, "Demande refusée", str(refusal))
    return problem(422, "Demande refusée", str(refusal))


@api.exception_handler(OperationalError)
def _database_away(request: HttpRequest, error: OperationalError) -> HttpResponse:
    response = problem(503, "Base de données indisponible", "Réessayez dans un instant ; rien n’est perdu.")
    response["Retry-After"] = "2"
    return response


def _me(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User)
    return user


def _managed(request: HttpRequest, campaign_id: UUID) -> Campaign:
    return get_campaign_for(_me(request), campaign_id, write=True)


@api.post("/campaigns", response={201: dict})
def create_campaign(request: HttpRequest, payload: Any = Body(...)) -> Status:  # noqa: B008
    """Prepare a campaign from its document."""
    if not has_role(_me(request), *MANAGERS):
        raise HttpError(403, "Préparer une campagne revient aux responsables.")
    with acting_through(AuditChannel.API):
        campaign = outreach.create_campaign(document=payload, actor=_me(request))
    return Status(201, {"id": str(campaign.pk)})


@api.post("/campaigns/{uuid:campaign_id}/open", response={200: dict})
def open_campaign(request: HttpRequest, campaign_id: UUID) -> dict[str, int]:
    """Choose the households and start handing them out."""
    campaign = _managed(request, campaign_id)
    with acting_through(AuditChannel.API):
        return {"target": outreach.open_campaign(campaign_id=campaign.pk, actor=_me(request), now=now())}


@api.post("/campaigns/{uuid:campaign_id}/close", response={200: dict})
def close_campaign(request: HttpRequest, campaign_id: UUID) -> dict[str, str]:
    """Close for good."""
    campaign = _managed(request, campaign_id)
    with acting_through(AuditChannel.API):
        outreach.close_campaign(campaign_id=campaign.pk, actor=_me(request), now=now())
    return {"state": "closed"}


@api.get("/campaigns/{uuid:campaign_id}/figures", response={200: dict})
def campaign_figures(request: HttpRequest, campaign_id: UUID) -> dict[str, Any]:
    """Key figures, whole, by agency and by service."""
    return figures(get_campaign_for(_me(request), campaign_id))


@api.get("/campaigns/{uuid:campaign_id}/ledger", response={200: dict})
def campaign_ledger(request: HttpRequest, campaign_id: UUID) -> dict[str, int]:
    """Where every targeted household stands."""
    return ledger(get_campaign_for(_me(request), campaign_id).queue).as_dict()


@api.post("/campaigns/{uuid:campaign_id}/next", response={200: dict, 204: None})
def next_contact(request: HttpRequest, campaign_id: UUID) -> HttpResponse | dict[str, Any]:
    """The next household to call: the one already in hand, else the first that suits; 204 when nobody is due."""
    user, moment = _me(request), now()
    campaign = get_campaign_for(user, campaign_id)
    with acting_through(AuditChannel.API):
        handed = outreach.take_next(campaign=campaign, caller=user, now=moment)
    contact = contact_in_hand(campaign.queue_id, user) if handed else None
    if contact is None:
        response = HttpResponse(status=204)
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response
    return _sheet(call_sheet(contact, moment), campaign)


@api.post("/contacts/{uuid:contact_id}/attempts", response={201: dict})
def record_attempt(request: HttpRequest, contact_id: UUID, payload: AttemptIn) -> Status:
    """Save how a call ended. The same `Idempotency-Key` gives the same answer again."""
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > 200 or "\0" in key:
        raise HttpError(422, "Idempotency-Key : 200 caractères au plus.")
    user = _me(request)
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
    with acting_through(AuditChannel.API):
        recorded = outreach.record_call(
            campaign=campaign,
            caller=user,
            contact_id=contact_id,
            token=payload.token,
            report=report,
            now=now(),
            idempotency_key=key or None,
        )
    answer = {
        "attempt": str(recorded.attempt.pk),
        "state": recorded.state,
        "next_call": recorded.next_call.isoformat() if recorded.next_call else None,
        "case": None,
    }
    return Status(201, answer)


@api.post("/contacts/{uuid:contact_id}/release", response={204: None})
def release_contact(request: HttpRequest, contact_id: UUID, payload: ReleaseIn) -> HttpResponse:
    """Give a household back without having called."""
    get_campaign_of_contact(_me(request), contact_id)
    with acting_through(AuditChannel.API):
        release(caller=_me(request), contact_id=contact_id, token=payload.token)
    return HttpResponse(status=204)


def _sheet(sheet: CallSheet, campaign: Campaign) -> dict[str, Any]:
    """A call sheet in the shape of `contracts.md`."""
    contact = sheet.contact
    household = contact.household
    residence = household.dwelling.building.residence if household.dwelling else None
    return {
        "contact": str(contact.pk),
        "token": str(contact.token),
        "lease_until": localtime(contact.lease_until).isoformat(),
        "why": list(sheet.why),
        "attempts": [
            {
                "at": localtime(line.at).isoformat(),
                "outcome": line.outcome,
                "label": line.label,
                "caller": line.caller,
                "note": line.note,
            }
            for line in sheet.attempts
        ],
        "household": {
            "id": str(household.pk),
            "name": household.name,
            "agency": residence.agency.code if residence else None,
            "residence": residence.name if residence else None,
            "commune": residence.commune.name if residence and residence.commune else None,
            "people": [
                {
                    "name": person.name,
                    "age": person.age,
                    "languages": list(person.languages),
                    "phones": [
                        {"number": p.number, "display": p.display, "whose": p.whose, "status": p.status}
                        for p in person.phones
                    ],
                }
                for person in sheet.people
            ],
        },
        "questionnaire": to_api(parse(campaign.questionnaire.definition)),
    }
