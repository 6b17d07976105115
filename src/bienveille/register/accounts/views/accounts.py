"""Pages of accounts: signing in, one's own account, other people's accounts. They decide nothing."""

from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.utils import perform_login
from allauth.account.views import (
    LoginView,
    LogoutView,
    PasswordResetDoneView,
    PasswordResetFromKeyDoneView,
    PasswordResetFromKeyView,
    PasswordResetView,
)
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import NON_FIELD_ERRORS
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts import operations, queries
from bienveille.register.accounts.access import (
    account_manager_required,
    get_grant_for,
    get_scope_for,
    get_token_for,
    get_user_for,
)
from bienveille.register.accounts.adapters import proof_required
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.forms import (
    ChangePasswordForm,
    ChoosePasswordForm,
    ForgottenPasswordForm,
    NewUserForm,
    PasskeyForm,
    ResetForm,
    RoleForm,
    SearchForm,
    SignInForm,
    TokenForm,
    UserForm,
)
from bienveille.register.accounts.models import Agency, Company, User
from bienveille.register.accounts.rules import INVITATION_LASTS
from bienveille.register.accounts.views.proconnect import leave_provider, way_in

INVALID = 422
TOO_MANY = 429
PAGE = 50


# ---- Signing in, out, and back in (the library's views, with our pages) -----------------------------------------


class SignIn(LoginView):
    template_name = "accounts/sign_in.html"
    form_class = SignInForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        landlord = queries.landlord()
        helper = landlord.settings.get("help", {}) if landlord else {}
        return super().get_context_data(**kwargs) | {
            "landlord": landlord,
            "helper": helper if helper.get("name") and helper.get("phone") else None,
            "next": self.get_next_url() or "",
            "passkey_form": PasskeyForm(),
            "demo": not settings.SECOND_FACTOR_REQUIRED,
            "proconnect": way_in(self.get_next_url() or ""),
        }

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        response = super().form_invalid(form)
        response.status_code = TOO_MANY if form.has_error(NON_FIELD_ERRORS, "too_many_login_attempts") else INVALID
        return response


class SignOut(LogoutView):
    """By POST only: a link in an e-mail signs nobody out."""

    http_method_names = ("post", "options")

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        provider = leave_provider(self.request)  # read before everything is forgotten
        response: HttpResponse = super().post(*args, **kwargs)
        if provider:
            # A page between: the content policy would stop a form that ends on another site.
            response = render(self.request, "accounts/signed_out.html", {"provider": provider})
        # On a shared machine nothing of what was read or typed stays behind.
        response["Clear-Site-Data"] = '"cache", "storage"'
        return response


class ForgottenPassword(PasswordResetView):
    template_name = "accounts/password_forgotten.html"
    form_class = ForgottenPasswordForm

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        response = super().form_invalid(form)
        response.status_code = INVALID
        return response


class LinkSent(PasswordResetDoneView):
    template_name = "accounts/password_link_sent.html"


class NewPassword(PasswordResetFromKeyView):
    template_name = "accounts/password_new.html"
    form_class = ResetForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {"token_fail": False} | super().get_context_data(**kwargs)

    def form_valid(self, form: forms.Form) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        get_adapter(self.request).forget_failures(self.request, self.reset_user.email)
        return response

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        response = super().form_invalid(form)
        response.status_code = INVALID
        return response


class PasswordChosen(PasswordResetFromKeyDoneView):
    template_name = "accounts/password_chosen.html"


_read_or_sent = require_http_methods(["GET", "HEAD", "POST"])  # the library would take PUT for POST
sign_in = _read_or_sent(SignIn.as_view())
sign_out = SignOut.as_view()
forgotten_password = _read_or_sent(ForgottenPassword.as_view())
link_sent = require_safe(LinkSent.as_view())
new_password = _read_or_sent(NewPassword.as_view())
password_chosen = require_safe(PasswordChosen.as_view())


# ---- Invitation ------------------------------------------------------------------------------------------------


@login_not_required
@sensitive_post_parameters("password1", "password2")
@sensitive_variables("secret")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """The one-time link: choose a password, then come in."""
    now = timezone.now()
    found = queries.invitation_for_secret(secret, now=now)
    if found is None:
        return _private_link(render(request, "accounts/invitation_over.html", status=410))
    form = ChoosePasswordForm(request.POST or None, user=found.user)
    if request.method == "POST" and form.is_valid():
        try:
            user = operations.accept_invitation(secret=secret, password=form.cleaned_data["password1"], now=now)
        except operations.InvitationRefused:  # used in another tab meanwhile
            return _private_link(render(request, "accounts/invitation_over.html", status=410))
        response: HttpResponse = perform_login(request, user, redirect_url=reverse("workspace:home"))
        return response
    context = {"form": form, "invited": found.user, "landlord": queries.landlord()}
    return _private_link(render(request, "accounts/invitation.html", context, status=_status(form)))


def _private_link(response: HttpResponse) -> HttpResponse:
    # The address of the page is itself the secret. Not `no-referrer`: browsers would post the form from « null ».
    response["Referrer-Policy"] = "strict-origin"
    return response


# ---- One's own account -----------------------------------------------------------------------------------------


@require_GET
def account(request: HttpRequest) -> HttpResponse:
    """One's data, roles, password and API tokens."""
    return _account_page(request)


@sensitive_post_parameters("oldpassword", "password1", "password2")
@require_POST
def password_change(request: HttpRequest) -> HttpResponse:
    """Choose another password; the other sessions of the account end."""
    user: User = request.user  # type: ignore[assignment]
    form = ChangePasswordForm(request.POST, user=user)
    if not form.is_valid():
        return _account_page(request, password_form=form)
    operations.change_password(actor=user, user=user, password=form.cleaned_data["password1"])
    update_session_auth_hash(request, user)
    messages.success(request, "Votre mot de passe est changé. Vos autres appareils sont déconnectés.")
    return redirect("accounts:account")


@proof_required
@require_POST
def token_create(request: HttpRequest) -> HttpResponse:
    """A new API token, shown once on the page that answers."""
    user: User = request.user  # type: ignore[assignment]
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _account_page(request, token_form=form)
    secret = operations.create_api_token(actor=user, user=user, label=form.cleaned_data["label"], now=timezone.now())
    return _account_page(request, new_token=secret)


@require_POST
def token_revoke(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """Stop one of one's tokens."""
    user: User = request.user  # type: ignore[assignment]
    operations.revoke_api_token(actor=user, token=get_token_for(user, token_id), now=timezone.now())
    messages.success(request, "Le jeton ne sert plus.")
    return redirect("accounts:account")


def _account_page(
    request: HttpRequest,
    *,
    password_form: ChangePasswordForm | None = None,
    token_form: TokenForm | None = None,
    new_token: str = "",
) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    given = [form for form in (password_form, token_form) if form is not None]
    context = {
        "roles": queries.roles_of(user),
        "tokens": queries.live_tokens(user, now=timezone.now()),
        "password_form": password_form or ChangePasswordForm(user=user),
        "token_form": token_form or TokenForm(),
        "wrong_forms": given,
        "new_token": new_token,
    }
    return render(request, "accounts/account.html", context, status=INVALID if given else 200)


# ---- Other people's accounts -----------------------------------------------------------------------------------


@account_manager_required
@require_GET
def users(request: HttpRequest) -> HttpResponse:
    """The list of users, by name."""
    search = SearchForm(request.GET)
    search.is_valid()
    found = queries.users_list(text=search.cleaned_data.get("q", ""), inactive=search.cleaned_data.get("closed", False))
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    return render(request, "accounts/users.html", {"search": search, "page": page})


@account_manager_required
@proof_required
@require_http_methods(["GET", "HEAD", "POST"])
def user_new(request: HttpRequest) -> HttpResponse:
    """Open an account with a first role, then hand over the link."""
    form = NewUserForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        fields = {name: form.cleaned_data[name] for name in UserForm.base_fields}
        company, agency = _scope(request, form)
        try:
            user = operations.create_user_with_role(
                actor=_me(request), role=form.cleaned_data["role"], company=company, scope_agency=agency, **fields
            )
        except operations.EmailTaken as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(request, f"Le compte de {user.display_name} est ouvert.")
            return redirect("accounts:user", user_id=user.pk)
    return render(request, "accounts/user_new.html", {"form": form}, status=_status(form))


@account_manager_required
@proof_required
@require_http_methods(["GET", "HEAD", "POST"])
def user(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Somebody's account: correct the data; roles, invitation and closing are beside."""
    shown = get_user_for(_me(request), user_id)
    if request.method == "POST":
        form = UserForm(request.POST)
        if form.is_valid():
            try:
                operations.change_user(actor=_me(request), user=shown, **form.cleaned_data)
            except operations.EmailTaken as refusal:
                form.add_error("email", str(refusal))
            else:
                messages.success(request, "C’est enregistré.")
                return redirect("accounts:user", user_id=shown.pk)
        return _user_page(request, shown, form=form)
    return _user_page(request, shown)


@account_manager_required
@proof_required
@require_POST
def role_grant(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Give somebody a role."""
    shown = get_user_for(_me(request), user_id)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return _user_page(request, shown, role_form=form)
    company, agency = _scope(request, form)
    operations.grant_role(
        actor=_me(request), user=shown, role=Role(form.cleaned_data["role"]), company=company, agency=agency
    )
    messages.success(request, "Le rôle est donné.")
    return redirect("accounts:user", user_id=shown.pk)


@account_manager_required
@proof_required
@require_POST
def role_revoke(request: HttpRequest, grant_id: UUID) -> HttpResponse:
    """Take a role back."""
    grant = get_grant_for(_me(request), grant_id)
    try:
        operations.revoke_role(
            actor=_me(request),
            user=grant.user,
            role=Role(grant.role),
            company=grant.company,
            agency=grant.agency,
        )
        messages.success(request, "Le rôle est retiré.")
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("accounts:user", user_id=grant.user_id)


@account_manager_required
@proof_required
@require_POST
def user_invite(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """A new one-time link, on a sheet to print; it is shown once."""
    shown = get_user_for(_me(request), user_id)
    try:
        secret = operations.invite(actor=_me(request), user=shown, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("accounts:user", user_id=shown.pk)
    context = {
        "shown": shown,
        "link": request.build_absolute_uri(reverse("accounts:invitation", args=[secret])),
        "last_day": timezone.localdate() + INVITATION_LASTS,
        "landlord": queries.landlord(),
    }
    return render(request, "accounts/invitation_sheet.html", context)


@account_manager_required
@require_POST
def user_deactivate(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Close an account at once."""
    shown = get_user_for(_me(request), user_id)
    try:
        operations.deactivate_user(actor=_me(request), user=shown, now=timezone.now())
        messages.success(request, f"Le compte de {shown.display_name} est désactivé.")
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("accounts:user", user_id=shown.pk)


@account_manager_required
@proof_required
@require_POST
def user_reactivate(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Open a closed account again."""
    shown = get_user_for(_me(request), user_id)
    operations.reactivate_user(actor=_me(request), user=shown)
    messages.success(request, f"Le compte de {shown.display_name} est ouvert. Donnez-lui un nouveau lien.")
    return redirect("accounts:user", user_id=shown.pk)


def _user_page(
    request: HttpRequest, shown: User, *, form: UserForm | None = None, role_form: RoleForm | None = None
) -> HttpResponse:
    given = [one for one in (form, role_form) if one is not None]
    initial = {name: getattr(shown, name) for name in UserForm.base_fields}
    context = {
        "shown": shown,
        "form": form or UserForm(initial=initial),
        "role_form": role_form or RoleForm(),
        "wrong_forms": given,
        "roles": queries.roles_of(shown),
        "pending": queries.open_invitation(shown, now=timezone.now()),
        "has_password": shown.has_usable_password(),
        "has_factor": queries.has_second_factor(shown),
        "identity": queries.proconnect_of(shown),
    }
    return render(request, "accounts/user.html", context, status=INVALID if given else 200)


def _me(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]


def _scope(request: HttpRequest, form: RoleForm) -> tuple[Company | None, Agency | None]:
    company_id, agency_id = form.scope_ids
    return get_scope_for(_me(request), company_id=company_id, agency_id=agency_id)


def _status(form: forms.Form) -> int:
    return INVALID if form.errors else 200
