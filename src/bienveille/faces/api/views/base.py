"""What every request of the API goes through: token, limits, body, answer. The routes are in the modules beside."""

import hashlib
import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db.utils import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.timezone import now
from ninja import NinjaAPI
from ninja.parser import Parser
from ninja.security import HttpBearer

from bienveille.faces.api.operations import Answer, once
from bienveille.faces.api.queries import token_holder
from bienveille.faces.api.views import problems
from bienveille.ground.platform.limits import spend
from bienveille.register.accounts.choices import AuditChannel
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import acting_through

View = Callable[..., HttpResponse]

#: A key is up to two hundred visible characters.
KEY = re.compile(r"[\x20-\x7e]{0,200}")
#: Addresses that take more than the others, by the name of their route.
LARGER_BODIES = {"imports": problems.LARGEST_DEPOSIT}
#: Read as JSON: what says so, what says nothing, and what curl and urllib say by themselves.
JSON_TYPES = {"", "application/json", "application/x-www-form-urlencoded", "text/plain"}


class ApiTokenAuth(HttpBearer):
    """`Authorization: Bearer …`: the token's owner, with their own rights, as often as the limits allow."""

    openapi_description = "Jeton donné par « ./bienveille token ADRESSE », ou créé sur la page « Mon compte »."

    def __call__(self, request: HttpRequest) -> User | None:
        user = super().__call__(request)
        if user is None:  # the owner of a good token never pays for what others try from the same address
            wait = spend("address", _address(request), settings.API_LIMITS["refused"])
            if wait:
                raise problems.TooMany(wait)
        return user

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        found = token_holder(token, settings.API_LIMITS["token"], now())
        if found is None:
            return None
        user, wait = found
        if wait:
            raise problems.TooMany(wait)
        request.user = user
        return user


def _address(request: HttpRequest) -> str:
    """Where a request comes from, as the sign-in page tells it; nothing when it came through a local socket."""
    try:
        return get_adapter().get_client_ip(request)
    except PermissionDenied:
        return ""


class StrictParser(Parser):
    """JSON as RFC 8259 says it, and nothing that PostgreSQL could not store."""

    def parse_body(self, request: HttpRequest) -> Any:
        kind = request.content_type or ""
        if kind not in JSON_TYPES and not kind.endswith("+json"):
            raise problems.WrongType
        text = request.body.decode()
        document = json.loads(text, parse_constant=_no_constant)
        if "\\u" in text:  # only an escape can hide a NUL character or half of a pair
            _look_for_bad_text(document, ())
        return document


def _no_constant(name: str) -> None:
    raise problems.Unreadable(f"{name} n’est pas du JSON.")


def _look_for_bad_text(value: Any, place: tuple[str, ...]) -> None:
    match value:
        case str() if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            where = ".".join(place) or "document"
            raise problems.Unreadable("Ce texte contient un caractère impossible à enregistrer.", where)
        case list():
            for rank, item in enumerate(value):
                _look_for_bad_text(item, (*place, str(rank)))
        case dict():
            for key, item in value.items():
                _look_for_bad_text(key, place)
                _look_for_bad_text(item, (*place, key))


api = NinjaAPI(
    title="Bienveille",
    version="1",
    auth=ApiTokenAuth(),
    urls_namespace="api",
    docs_url=None,
    openapi_url=None,
    parser=StrictParser(),
)
problems.say_problems(api)


def guarded(view: View) -> View:
    """Around each address: a body that can be read, every answer in JSON, everything audited as done by a program."""

    @wraps(view)
    def answered(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        if refusal := _too_large(request):
            return refusal
        try:
            with acting_through(AuditChannel.API):
                response = view(request, *arguments, **named)
        except Http404:
            return problems.not_found()
        except RequestDataTooBig:
            return problems.too_large()
        except (OperationalError, InterfaceError):
            return problems.database_away()
        except Exception as error:
            return problems.failed(error)
        if isinstance(response, HttpResponseNotAllowed):
            return problems.not_allowed(response["Allow"].split(", "))
        return response

    return answered


def _too_large(request: HttpRequest) -> HttpResponse | None:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isascii() or not length.isdigit() or int(length) == 0:
        return None
    here = request.resolver_match
    most = LARGER_BODIES.get(here.url_name or "", problems.LARGEST_BODY) if here else problems.LARGEST_BODY
    return problems.too_large(most) if int(length) > most else None


def reply(status: int, document: Any, **written: str) -> HttpResponse:
    """An answer whose shape is ours, written at once; `written`: parts that are JSON already."""
    content = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    for name, text in written.items():
        content = f'{content[:-1]},"{name}":{text}}}'
    return HttpResponse(content, status=status, content_type="application/json")


def done_once(
    request: HttpRequest, user: User, act: Callable[[], Answer], *, told: bytes | None = None
) -> HttpResponse:
    """The answer of a request that creates something, once for its Idempotency-Key; `told`: in place of its body."""
    key = request.headers.get("Idempotency-Key", "")
    if not KEY.fullmatch(key):
        sentence = "Une clé d’idempotence fait 200 caractères visibles au plus."
        return problems.problem(422, "Demande mal formée", sentence, {"Idempotency-Key": [sentence]})
    asked = b"\n".join([str(request.method).encode(), request.path.encode(), request.body if told is None else told])
    answer = once(user=user, key=key, fingerprint=hashlib.sha256(asked).hexdigest(), now=now(), act=act)
    return reply(answer.status, answer.document)


def next_page(request: HttpRequest, after: str | None) -> str | None:
    """The address of the next page: this one, from the row after the last; None when there is nothing more."""
    if after is None:
        return None
    asked = request.GET.copy()
    asked["after"] = after
    return f"{request.path}?{asked.urlencode()}"


def me(request: HttpRequest) -> User:
    """Whose token it is."""
    user = request.user
    assert isinstance(user, User)
    return user


__all__ = ["api", "done_once", "guarded", "me", "next_page", "reply"]
