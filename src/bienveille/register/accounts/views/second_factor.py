"""Pages of the second factor: shown when coming in, installed and replaced from one's own account."""

import time
from uuid import UUID

import segno
from allauth.account.internal.stagekit import LoginStageController, clear_login
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bienveille.ground.lib.one_time_codes import address, in_groups, new_secret
from bienveille.ground.platform.refusal import Refusal
from bienveille.ground.platform.sealing import Unreadable, seal, unseal
from bienveille.register.accounts import operations, queries
from bienveille.register.accounts.access import account_manager_required, get_session_for, get_user_for
from bienveille.register.accounts.adapters import (
    SESSION_BROWSER,
    SESSION_FACTOR,
    SESSION_PROVED,
    SecondFactorStage,
    counted_as,
    proof_required,
    shown_factor,
)
from bienveille.register.accounts.forms import CodeForm, PasskeyForm, ProofForm
from bienveille.register.accounts.models import User
from bienveille.register.accounts.rules import digest
from bienveille.register.accounts.views.passkeys import use_shown_key
from bienveille.register.accounts.views.proconnect import way_in

INVALID = 422
TOO_MANY = 429
#: The secret of the application that is being installed, sealed: a session is read in the database.
SESSION_SECRET = "code_app"
ISSUER = "Bienveille"


# ---- Coming in ---------------------------------------------------------------------------------------------------


@login_not_required
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """After the password: the code of the application, or a recovery code."""
    stage = LoginStageController.enter(request, SecondFactorStage.key)
    if stage is not None and ("autre" in request.GET or not stage.login.user.is_active):
        clear_login(request)  # somebody else's turn: the library would lead back here as long as it remembers
        stage = None
    if stage is None:
        return redirect("account_login")
    user: User = stage.login.user
    form = CodeForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = INVALID
        if form.is_valid():
            try:
                code, whose = form.cleaned_data["code"], counted_as(request, user.email)
                operations.use_code(user=user, code=code, whose=whose, now=timezone.now())
            except Refusal as refusal:
                status = TOO_MANY if isinstance(refusal, operations.TooManyTries) else INVALID
                form.add_error("code", str(refusal))
            else:
                response: HttpResponse = stage.exit()
                shown_factor(request)
                return response
    context = {"form": form, "factors": queries.factors_of(user), "passkey_form": PasskeyForm()}
    return render(request, "accounts/second_factor.html", context, status=status)


@sensitive_post_parameters("code", "password")
@require_http_methods(["GET", "HEAD", "POST"])
def proof(request: HttpRequest) -> HttpResponse:
    """Before giving or taking power, and before large files: prove again that it is you, then go back."""
    user = _me(request)
    factors = queries.factors_of(user)
    form = (CodeForm if factors.app else ProofForm)(request.POST or None)
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        wanted = settings.LOGIN_REDIRECT_URL
    status = 200
    if request.method == "POST":
        status = INVALID
        try:
            if "answer" in request.POST:
                if use_shown_key(request, PasskeyForm(request.POST)) != user:
                    raise operations.PasskeyRefused
                return _proved(request, wanted)
            if form.is_valid():
                whose = counted_as(request, user.email)
                if factors.app:
                    operations.use_code(user=user, code=form.cleaned_data["code"], whose=whose, now=timezone.now())
                else:
                    operations.prove_password(user=user, password=form.cleaned_data["password"], whose=whose)
                return _proved(request, wanted)
        except Refusal as refusal:
            status = TOO_MANY if isinstance(refusal, operations.TooManyTries) else INVALID
            if "answer" in request.POST:
                messages.error(request, str(refusal))
                form = type(form)()
            else:
                form.add_error(next(iter(form.fields)), str(refusal))
    context = {
        "form": form,
        "factors": factors,
        "next": wanted,
        "passkey_form": PasskeyForm(),
        "password": factors.app is not None or user.has_usable_password(),
        "proconnect": way_in(wanted, proof=True) if _may_ask_proconnect(factors) else "",
    }
    return render(request, "accounts/proof.html", context, status=status)


def _may_ask_proconnect(factors: queries.Factors) -> bool:
    """Where the application of codes says more than ProConnect does, it is what is asked for."""
    return factors.proconnect is not None and (not factors.app or bool(settings.PROCONNECT["second_factor"]))


def _proved(request: HttpRequest, wanted: str) -> HttpResponse:
    request.session.cycle_key()
    request.session[SESSION_PROVED] = int(time.time())
    return redirect(wanted)


# ---- One's own ---------------------------------------------------------------------------------------------------


@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """What one proves who one is with, and where one is signed in."""
    user = _me(request)
    here = digest(request.session.session_key or "")
    sessions = queries.open_sessions(user, now=timezone.now())
    context = {
        "factors": queries.factors_of(user),
        "required": settings.SECOND_FACTOR_REQUIRED,
        "passkey_form": PasskeyForm(initial={"name": request.session.get(SESSION_BROWSER, "")}),
        "sessions": [{"session": one, "here": one.pk == here} for one in sessions],
    }
    return render(request, "accounts/security.html", context)


@proof_required
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def code_app(request: HttpRequest) -> HttpResponse:
    """Install the application: a picture to show it, then its first code; recovery codes follow, shown once."""
    user = _me(request)
    secret = _secret(request)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            codes = operations.install_code_app(
                user=user, secret=secret, code=form.cleaned_data["code"], now=timezone.now()
            )
        except operations.CodeWrong as refusal:
            form.add_error("code", str(refusal))
        else:
            del request.session[SESSION_SECRET]
            request.session.cycle_key()
            shown_factor(request)
            if codes:
                return _codes_page(request, codes)
            messages.success(request, "Votre application est changée. L’ancienne ne sert plus.")
            return redirect("accounts:security")
    picture = segno.make(address(secret, owner=user.email, issuer=ISSUER), error="m")
    context = {
        "form": form,
        "picture": picture.svg_data_uri(scale=5, border=3, dark="#000", light="#fff"),
        "secret": in_groups(secret),
        "waiting": settings.SECOND_FACTOR_REQUIRED and SESSION_FACTOR not in request.session,
        "required": settings.SECOND_FACTOR_REQUIRED,
        "passkey_form": PasskeyForm(initial={"name": request.session.get(SESSION_BROWSER, "")}),
    }
    return render(request, "accounts/code_app.html", context, status=_status(form))


@proof_required
@require_POST
def code_app_remove(request: HttpRequest) -> HttpResponse:
    """Do without the application."""
    try:
        operations.remove_code_app(user=_me(request), required=settings.SECOND_FACTOR_REQUIRED)
        messages.success(request, "L’application n’est plus demandée.")
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("accounts:security")


@proof_required
@require_POST
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Ten other recovery codes, shown once on the page that answers."""
    return _codes_page(request, operations.new_recovery_codes(user=_me(request)))


@require_POST
def session_end(request: HttpRequest, key: str) -> HttpResponse:
    """Sign one of one's devices out."""
    user = _me(request)
    operations.end_session(user=user, session=get_session_for(user, key))
    messages.success(request, "Cet appareil est déconnecté.")
    return redirect("accounts:security")


@require_POST
def sessions_end(request: HttpRequest) -> HttpResponse:
    """Sign every other device of one's own out."""
    operations.end_sessions(user=_me(request), but=digest(request.session.session_key or ""))
    messages.success(request, "Vos autres appareils sont déconnectés.")
    return redirect("accounts:security")


# ---- Somebody else's ---------------------------------------------------------------------------------------------


@account_manager_required
@proof_required
@require_POST
def user_factors_remove(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Somebody lost their telephone and their recovery codes: they begin again at their next sign-in."""
    shown = get_user_for(_me(request), user_id)
    operations.remove_factors(actor=_me(request), user=shown)
    messages.success(request, f"{shown.display_name} installera une nouvelle application à sa prochaine connexion.")
    return redirect("accounts:user", user_id=shown.pk)


def _secret(request: HttpRequest) -> str:
    """The secret that this session is installing: the same one until it is, for the picture was already read."""
    try:
        return unseal(request.session[SESSION_SECRET], purpose=SESSION_SECRET)
    except (KeyError, Unreadable):
        secret = new_secret()
        request.session[SESSION_SECRET] = seal(secret, purpose=SESSION_SECRET)
        return secret


def _codes_page(request: HttpRequest, codes: list[str]) -> HttpResponse:
    return render(request, "accounts/recovery_codes.html", {"codes": codes})


def _me(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]


def _status(form: forms.Form) -> int:
    return INVALID if form.errors else 200
