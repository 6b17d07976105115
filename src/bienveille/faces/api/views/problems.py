"""Errors as RFC 9457 says them, in French: what each refusal of the house becomes for a program."""

import json
import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db.utils import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from bienveille.engines.dispatch.operations import StaleToken, UnknownContact
from bienveille.faces.api.operations import KeyUsedOtherwise
from bienveille.ground.platform.refusal import Refusal
from bienveille.services.outreach import operations as outreach

logger = logging.getLogger("django.request")

CONTENT_TYPE = "application/problem+json"
#: The largest body that is read: a campaign with fifty long audiences holds in a tenth of it.
LARGEST_BODY = 1_000_000
#: But for a night's exports: a million tenants in twenty columns hold in two thirds of it.
LARGEST_DEPOSIT = 300_000_000

#: What pydantic says in English → what is wrong, in French. Its `ctx` fills the braces.
_FAULTS = {
    "missing": "Cette rubrique manque.",
    "extra_forbidden": "Cette rubrique n’existe pas.",
    "literal_error": "Cette valeur n’est pas dans la liste : {expected}.",
    "enum": "Cette valeur n’est pas dans la liste : {expected}.",
    "string_too_long": "{max_length} caractères au plus.",
    "string_too_short": "{min_length} caractères au moins.",
    "string_type": "Un texte est attendu.",
    "string_pattern_mismatch": "Ce texte n’a pas la forme attendue.",
    "uuid_parsing": "Un identifiant (UUID) est attendu.",
    "uuid_type": "Un identifiant (UUID) est attendu.",
    "int_parsing": "Un nombre entier est attendu.",
    "int_type": "Un nombre entier est attendu.",
    "int_from_float": "Un nombre entier est attendu.",
    "int_parsing_size": "Ce nombre est trop grand.",
    "greater_than_equal": "Ce nombre doit être au moins {ge}.",
    "less_than_equal": "Ce nombre doit être au plus {le}.",
    "bool_parsing": "« true » ou « false » est attendu.",
    "bool_type": "« true » ou « false » est attendu.",
    "date_parsing": "Une date est attendue, écrite comme 2026-11-30.",
    "date_type": "Une date est attendue, écrite comme 2026-11-30.",
    "date_from_datetime_parsing": "Une date est attendue, écrite comme 2026-11-30.",
    "date_from_datetime_inexact": "Une date est attendue, sans heure.",
    "list_type": "Une liste est attendue.",
    "too_long": "{max_length} éléments au plus.",
    "too_short": "{min_length} éléments au moins.",
    "dict_type": "Un objet est attendu.",
    "model_type": "Un objet est attendu.",
    "model_attributes_type": "Un objet est attendu.",
    "value_error": "Cette valeur n’est pas acceptée.",
}


class Unreadable(ValueError):
    """The body is not JSON that can be kept: not UTF-8, not JSON, or a character that no database stores."""

    def __init__(self, sentence: str, place: str = "") -> None:
        self.place = place
        super().__init__(sentence)


class WrongType(ValueError):
    """The body is announced as something else than JSON."""


class TooMany(Exception):
    """Too much was asked at once; says how many seconds to wait."""

    def __init__(self, wait: int) -> None:
        self.wait = wait
        super().__init__(wait)


def problem(status: int, title: str, detail: str = "", errors: dict[str, list[str]] | None = None) -> HttpResponse:
    """An error as RFC 9457 says it."""
    document: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail or title}
    if errors:
        document["errors"] = errors
    return HttpResponse(json.dumps(document, ensure_ascii=False), status=status, content_type=CONTENT_TYPE)


def not_found() -> HttpResponse:
    return problem(404, "Introuvable", "Rien ici, ou rien pour ce jeton.")


def not_allowed(methods: Iterable[str]) -> HttpResponse:
    """405, with the methods that the address knows."""
    known = ", ".join(sorted(methods))
    response = problem(405, "Méthode inconnue ici", f"Cette adresse répond à : {known}.")
    response["Allow"] = known
    return response


def too_large(most: int = LARGEST_BODY) -> HttpResponse:
    size = f"{most // 1_000_000} Mo" if most > LARGEST_BODY else f"{most // 1000} ko"
    return problem(413, "Demande trop longue", f"Le corps de cette demande fait {size} au plus.")


def wrong_type() -> HttpResponse:
    return problem(415, "Format non lu", "Envoyez du JSON, annoncé par Content-Type application/json.")


def too_many(wait: int) -> HttpResponse:
    """429, with when to come back."""
    response = problem(429, "Trop de demandes", f"Attendez {wait} s, puis recommencez ; rien n’est perdu.")
    response["Retry-After"] = str(wait)
    return response


def failed(error: Exception) -> HttpResponse:
    """500: what happened stays in our log, without the values; the program learns that it is our fault."""
    logger.error("Unexpected failure in the API", exc_info=error)
    return problem(500, "Erreur imprévue", "La faute est de notre côté. Réessayez avec la même clé d’idempotence.")


def database_away() -> HttpResponse:
    response = problem(503, "Base de données indisponible", "Réessayez dans un instant ; rien n’est perdu.")
    response["Retry-After"] = "2"
    return response


def refused(refusal: Refusal) -> HttpResponse:
    """404 for what is not the caller's, 409 for what the moment forbids, 422 for what is wrong in the request."""
    errors = getattr(refusal, "errors", None)
    match refusal:
        case StaleToken():
            return problem(409, "Réservation périmée", str(refusal))
        case UnknownContact() | outreach.NotACaller():
            return problem(404, "Introuvable", str(refusal))
        case KeyUsedOtherwise():
            return problem(422, "Clé déjà utilisée", str(refusal), {"Idempotency-Key": [str(refusal)]})
        case _ if errors:
            return problem(422, "Demande refusée", str(refusal), errors)
        case outreach.CannotOpen() | outreach.CannotClose() | outreach.CannotPause():
            return problem(409, "Demande refusée", str(refusal))
    return problem(422, "Demande refusée", str(refusal))


def badly_shaped(error: ValidationError) -> HttpResponse:
    """422, each fault under the name of its field."""
    errors: dict[str, list[str]] = {}
    for fault in error.errors:
        # ("body", "attempt", "token") → "token": the first names are the program's, not the user's.
        place = [str(part) for part in fault["loc"] if part not in ("body", "payload", "path", "query", "header")]
        sentence = _FAULTS.get(fault["type"], "Cette valeur n’est pas acceptée.").format_map(fault.get("ctx") or {})
        errors.setdefault(".".join(place) or "document", []).append(sentence)
    return problem(422, "Demande mal formée", "Corrigez les champs signalés.", errors)


def _http_error(error: HttpError) -> HttpResponse:
    cause = error.__cause__
    if isinstance(cause, WrongType):
        return wrong_type()
    if isinstance(cause, Unreadable) and cause.place:
        return problem(422, "Demande mal formée", "Corrigez les champs signalés.", {cause.place: [str(cause)]})
    if cause is not None or error.status_code == 400:
        return problem(400, "JSON illisible", "Le corps de la demande n’est pas du JSON en UTF-8.")
    return problem(error.status_code, str(error))


def _not_signed_in() -> HttpResponse:
    response = problem(401, "Jeton absent ou refusé", "Donnez un jeton valable : « Authorization: Bearer … ».")
    response["WWW-Authenticate"] = "Bearer"
    return response


def say_problems(api: NinjaAPI) -> None:
    """Every expected failure of this API as a problem; what is not expected reaches `failed`."""
    sayings: dict[type[Exception], Callable[[Any], HttpResponse]] = {
        AuthenticationError: lambda error: _not_signed_in(),
        ValidationError: badly_shaped,
        Http404: lambda error: not_found(),
        PermissionDenied: lambda error: problem(
            403, "Refusé", str(error) or "Cette campagne est celle de quelqu’un d’autre."
        ),
        RequestDataTooBig: lambda error: too_large(),
        HttpError: _http_error,
        Refusal: refused,
        OperationalError: lambda error: database_away(),
        InterfaceError: lambda error: database_away(),
        TooMany: lambda error: too_many(error.wait),
    }
    for kind, saying in sayings.items():
        api.add_exception_handler(kind, _on(saying))


def _on(saying: Callable[[Any], HttpResponse]) -> Callable[[HttpRequest, Any], HttpResponse]:
    return lambda request, error: saying(error)
