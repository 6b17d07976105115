"""Pages of ProConnect: going there, coming back, and leaving it too when one leaves."""

import time
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.internal.stagekit import clear_login
from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from bienveille.ground.platform.limits import Limit, spend
from bienveille.ground.platform.sealing import Unreadable, seal, unseal
from bienveille.register.accounts import operations
from bienveille.register.accounts.access import account_manager_required, get_user_for
from bienveille.register.accounts.adapters import (
    SESSION_FACTOR,
    SESSION_PROVED,
    SESSION_PROVIDER,
    proof_required,
)
from bienveille.register.accounts.models import User
from bienveille.register.accounts.rules import ASKED_FOR

#: What the provider was asked, until the browser comes back.
ASKED = "proconnect_asked"
_SEALED_FOR = "proconnect id_token"
#: Each question makes a session, each answer three requests to the provider: so many from one address.
QUESTIONS = Limit(per_minute=60, burst=300)
_STATUSES = {"wrong": 400, "over": 400, "stopped": 403, "nobody": 403, "no_proof": 403, "too_many": 429, "silent": 503}


def way_in(wanted: str, *, proof: bool = False) -> str:
    """The address that goes to ProConnect, then to `wanted`; nothing when it is off."""
    if not settings.PROCONNECT:
        return ""
    query = ({"preuve": "1"} if proof else {}) | ({"next": wanted} if wanted else {})
    return f"{reverse('accounts:proconnect')}?{urlencode(query)}" if query else reverse("accounts:proconnect")


@login_not_required
@require_GET
def proconnect_go(request: HttpRequest) -> HttpResponse:
    """Go to ProConnect; with `preuve`, to prove again who one is.

    A link, not a form: the content policy would stop a form that ends on another site, and so would it what the
    provider redirects to. All that it does is ask.
    """
    proof = "preuve" in request.GET
    if not settings.PROCONNECT or proof != request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL if request.user.is_authenticated else settings.LOGIN_URL)
    if spend("proconnect_asked", get_adapter(request).get_client_ip(request), QUESTIONS):
        return _refused(request, "too_many")
    try:
        address, asked = operations.ask_proconnect(back=_back(request), again=proof, now=time.time())
    except operations.ProConnectFailed as failed:
        return _refused(request, failed.kind)
    wanted = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        wanted = reverse(settings.LOGIN_REDIRECT_URL)
    request.session[ASKED] = asked | {"next": wanted, "proof": proof}
    if not proof:
        request.session.set_expiry(ASKED_FOR)
    return redirect(address)


@login_not_required
@require_GET
def proconnect_back(request: HttpRequest) -> HttpResponse:
    """Come back from ProConnect: what it says is verified, then an account opens, or nothing does."""
    asked: dict[str, Any] | None = request.session.pop(ASKED, None)
    proof = bool(asked and asked["proof"])
    if not settings.PROCONNECT or (request.user.is_authenticated and not proof):
        return redirect(settings.LOGIN_REDIRECT_URL)
    if spend("proconnect_back", get_adapter(request).get_client_ip(request), QUESTIONS):
        return _refused(request, "too_many")
    try:
        said = operations.hear_proconnect(asked=asked, given=request.GET.dict(), back=_back(request), now=time.time())
        assert asked is not None
        if proof:
            return _proved(request, said, asked)
        user = operations.use_proconnect(said=said, now=timezone.now())
    except operations.ProConnectFailed as failed:
        return _refused(request, failed.kind)
    return _come_in(request, user, said, asked["next"])


def _come_in(request: HttpRequest, user: User, said: operations.Said, wanted: str) -> HttpResponse:
    _remember(request, user, said)
    if not said.second_factor:
        response: HttpResponse = perform_login(request, user, redirect_url=wanted)
        return response
    clear_login(request)
    get_adapter(request).login(request, user)
    request.session[SESSION_FACTOR] = int(time.time())
    return redirect(wanted)


def _proved(request: HttpRequest, said: operations.Said, asked: dict[str, Any]) -> HttpResponse:
    if not request.user.is_authenticated:  # signed out meanwhile
        raise operations.ProConnectOver("over")
    operations.prove_by_proconnect(user=_me(request), said=said, asked_at=asked["at"])
    request.session.cycle_key()
    request.session[SESSION_PROVED] = said.proved_at
    _remember(request, _me(request), said)
    return redirect(asked["next"])


def _remember(request: HttpRequest, user: User, said: operations.Said) -> None:
    request.session[SESSION_PROVIDER] = {
        "user": str(user.pk),
        "proved": said.proved_at,
        "id_token": seal(said.id_token, purpose=_SEALED_FOR),
        "end": said.end_session,
    }


def leave_provider(request: HttpRequest) -> str:
    """Where the browser goes so that ProConnect ends too; nothing for who did not come by it. Asks nothing of it."""
    came = request.session.get(SESSION_PROVIDER)
    if not came or not came["end"] or not request.user.is_authenticated:
        return ""
    try:
        token = unseal(came["id_token"], purpose=_SEALED_FOR)
    except Unreadable:
        return ""
    query = {
        "id_token_hint": token,
        "state": get_random_string(43),
        "post_logout_redirect_uri": _root(request) + reverse("account_login"),
    }
    return f"{came['end']}{'&' if '?' in came['end'] else '?'}{urlencode(query)}"


@proof_required
@require_POST
def proconnect_forget(request: HttpRequest) -> HttpResponse:
    """Forget who one is at ProConnect."""
    operations.forget_proconnect(actor=_me(request), user=_me(request))
    messages.success(request, "Bienveille ne connaît plus votre compte ProConnect.")
    return redirect("accounts:security")


@account_manager_required
@proof_required
@require_POST
def user_proconnect_forget(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Somebody’s account remembers a ProConnect account that is not, or no longer, theirs."""
    shown = get_user_for(_me(request), user_id)
    operations.forget_proconnect(actor=_me(request), user=shown)
    messages.success(request, f"Le compte ProConnect de {shown.display_name} est oublié.")
    return redirect("accounts:user", user_id=shown.pk)


def _refused(request: HttpRequest, kind: str) -> HttpResponse:
    # Nothing is left of a sign-in that did not happen; somebody who is in stays in.
    if not request.user.is_authenticated:
        request.session.flush()
    return render(request, "accounts/proconnect_refused.html", {"kind": kind}, status=_STATUSES[kind])


def _root(request: HttpRequest) -> str:
    return str(settings.PUBLIC_URL or request.build_absolute_uri("/")).rstrip("/")


def _back(request: HttpRequest) -> str:
    return _root(request) + reverse("accounts:proconnect_back")


def _me(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]
