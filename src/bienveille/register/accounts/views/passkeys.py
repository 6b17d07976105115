"""Pages of passkeys: asked for and shown when coming in, made and removed from one's own account."""

from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.internal.stagekit import clear_login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from bienveille.ground.platform.limits import Limit, spend
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts import operations
from bienveille.register.accounts.access import get_passkey_for
from bienveille.register.accounts.adapters import proof_required, shown_factor
from bienveille.register.accounts.forms import PasskeyForm
from bienveille.register.accounts.models import User

#: What the browser was asked, until it answers.
ASKED_NEW, ASKED = "passkey_new", "passkey"
#: Each question makes a session: so many from one address.
QUESTIONS = Limit(per_minute=60, burst=300)
TOO_MANY = 429
#: Seconds for which a question stands, of somebody who has not come in.
QUESTION_LASTS = 600


def site_of(request: HttpRequest) -> operations.Site:
    """The site as the browser names it."""
    return operations.Site(host=request.get_host().rsplit(":", 1)[0], origin=f"{request.scheme}://{request.get_host()}")


@login_not_required
@require_POST
def passkey_ask(request: HttpRequest) -> HttpResponse:
    """The question that a key answers: random, for one use, the same for whoever asks."""
    if spend("passkey", get_adapter(request).get_client_ip(request), QUESTIONS):
        return HttpResponse(status=TOO_MANY)
    options, request.session[ASKED] = operations.ask_for_passkey(site=site_of(request))
    if not request.user.is_authenticated:
        request.session.set_expiry(QUESTION_LASTS)
    return JsonResponse(options)


@login_not_required
@require_POST
def passkey_sign_in(request: HttpRequest) -> HttpResponse:
    """Come in with a key: it is a password and a second factor at once."""
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    form = PasskeyForm(request.POST)
    try:
        user = use_shown_key(request, form)
    except operations.PasskeyRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("account_login")
    clear_login(request)
    get_adapter(request).login(request, user)
    shown_factor(request)
    wanted = request.POST.get("next", "")
    if wanted and url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return redirect(wanted)
    return redirect(settings.LOGIN_REDIRECT_URL)


def use_shown_key(request: HttpRequest, form: PasskeyForm) -> User:
    """Whose key answered the question of this session, which serves once."""
    state = request.session.pop(ASKED, None)
    if state is None or not form.is_valid():
        raise operations.PasskeyRefused
    return operations.use_passkey(
        site=site_of(request), state=state, answer=form.cleaned_data["answer"], now=timezone.now()
    )


@proof_required
@require_POST
def passkey_challenge(request: HttpRequest) -> HttpResponse:
    """What the browser is asked to make."""
    options, state = operations.ask_for_new_passkey(user=_me(request), site=site_of(request))
    request.session[ASKED_NEW] = state
    return JsonResponse(options)


@proof_required
@require_POST
def passkey_new(request: HttpRequest) -> HttpResponse:
    """Keep the key just made; recovery codes follow when there was none left, shown once."""
    state: Any = request.session.pop(ASKED_NEW, None)
    form = PasskeyForm(request.POST)
    try:
        if state is None or not form.is_valid():
            raise operations.PasskeyRefused
        answer, name = form.cleaned_data["answer"], form.cleaned_data["name"] or "Clé d’accès"
        codes = operations.add_passkey(
            user=_me(request), site=site_of(request), state=state, answer=answer, name=name, now=timezone.now()
        )
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("accounts:security")
    request.session.cycle_key()
    shown_factor(request)
    if codes:
        return render(request, "accounts/recovery_codes.html", {"codes": codes})
    messages.success(request, "Cette clé ouvre maintenant votre compte.")
    return redirect("accounts:security")


@proof_required
@require_POST
def passkey_remove(request: HttpRequest, passkey_id: UUID) -> HttpResponse:
    """Do without a key."""
    user = _me(request)
    passkey = get_passkey_for(user, passkey_id)
    try:
        operations.remove_passkey(user=user, passkey=passkey, required=settings.SECOND_FACTOR_REQUIRED)
        messages.success(request, "Cette clé n’ouvre plus votre compte.")
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("accounts:security")


def _me(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]
