"""Who may do what: the loaders and questions with which every view and operation checks rights."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase

from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import (
    Agency,
    ApiToken,
    Company,
    LargeFile,
    OpenSession,
    Passkey,
    RoleGrant,
    User,
)
from bienveille.register.accounts.queries import who_answers
from bienveille.register.accounts.rules import Grant, Scope, digest, scope_of, still_stands

MANAGERS = (Role.ADMINISTRATOR, Role.DIRECTOR, Role.AGENCY_MANAGER)

View = Callable[..., HttpResponseBase]


def grants_of(user: User) -> list[Grant]:
    """The user's grants, read once per request (1 query), none for somebody inactive."""
    if not user.is_authenticated or not user.is_active:
        return []
    cached: list[Grant] | None = getattr(user, "_grants", None)
    if cached is None:
        rows = RoleGrant.objects.filter(user_id=user.pk).values_list("role", "company_id", "agency_id")
        cached = [Grant(*row) for row in rows]
        user._grants = cached  # type: ignore[attr-defined]
    return cached


def has_role(user: User, *roles: str) -> bool:
    """Whether the user has one of these roles, whatever the scope."""
    return any(grant.role in roles for grant in grants_of(user))


def scope_for(user: User, *roles: str) -> Scope:
    """The agencies that the user covers with one of these roles."""
    return scope_of(grants_of(user), roles)


def require_role(user: User, *roles: str) -> None:
    """403 unless the user has one of these roles, whatever the scope."""
    if not has_role(user, *roles):
        raise PermissionDenied


def role_required(*roles: str) -> Callable[[View], View]:
    """Decorates a view: 403 unless the user has one of these roles; loaders then check each object's scope."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            require_role(request.user, *roles)  # type: ignore[arg-type]
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def manages_accounts(user: User) -> bool:
    """Whether the user may see and change other people's accounts: administrator of everything, not of one agency."""
    return scope_for(user, Role.ADMINISTRATOR).everything


def account_manager_required(view: View) -> View:
    """Decorates a view: 403 unless the user manages accounts."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not manages_accounts(request.user):  # type: ignore[arg-type]
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def get_user_for(viewer: User, user_id: UUID) -> User:
    """Another user's account with its agency, for who manages accounts; 404 for anybody else (1 query)."""
    if not manages_accounts(viewer):
        raise Http404
    try:
        return User.objects.select_related("agency").get(pk=user_id)
    except User.DoesNotExist:
        raise Http404 from None


def get_caller_for(viewer: User, user_id: UUID) -> User:
    """A caller, for whoever manages their agency or every one; 404 otherwise (1 query)."""
    scope = scope_for(viewer, *MANAGERS)
    calls = RoleGrant.objects.filter(user_id=user_id, role=Role.CALLER).values("user_id")
    found = User.objects.select_related("agency").filter(pk__in=calls, is_active=True).first()
    if found is None or not scope.covers(
        company=found.agency.company_id if found.agency else None, agency=found.agency_id
    ):
        raise Http404
    return found


def get_grant_for(viewer: User, grant_id: UUID) -> RoleGrant:
    """A role somebody has, with its scope, for who manages accounts; 404 for anybody else (1 query)."""
    if not manages_accounts(viewer):
        raise Http404
    try:
        return RoleGrant.objects.select_related("user", "company", "agency").get(pk=grant_id)
    except RoleGrant.DoesNotExist:
        raise Http404 from None


def get_scope_for(
    viewer: User, *, company_id: UUID | None, agency_id: UUID | None
) -> tuple[Company | None, Agency | None]:
    """The company or agency over which a role is given, for who manages accounts; 404 otherwise (1 query at most)."""
    if not manages_accounts(viewer):
        raise Http404
    company = Company.objects.filter(pk=company_id).first() if company_id else None
    agency = Agency.objects.filter(pk=agency_id).first() if agency_id else None
    if (company_id and company is None) or (agency_id and agency is None):
        raise Http404
    return company, agency


def get_token_for(viewer: User, token_id: UUID) -> ApiToken:
    """One's own API token; 404 for anybody else's (1 query)."""
    try:
        return ApiToken.objects.get(pk=token_id, user_id=viewer.pk)
    except ApiToken.DoesNotExist:
        raise Http404 from None


def authenticate_token(*, secret: str, now: datetime) -> User | None:
    """The active user whose API token this is, or None (1 query, whatever the secret).

    The secret is hashed before it is looked up, so the time taken says nothing about how near a guess came.
    """
    token = ApiToken.objects.select_related("user").filter(digest=digest(secret)).first()
    if token is None or not token.user.is_active:
        return None
    if not still_stands(now=now, expires_at=token.expires_at, ended=(token.revoked_at,)):
        return None
    return token.user


def get_session_for(viewer: User, key: str) -> OpenSession:
    """One of one's own open sessions; 404 for anybody else's (1 query)."""
    try:
        return OpenSession.objects.get(pk=key, user_id=viewer.pk)
    except OpenSession.DoesNotExist:
        raise Http404 from None


def get_passkey_for(viewer: User, passkey_id: UUID) -> Passkey:
    """One of one's own passkeys; 404 for anybody else's (1 query)."""
    try:
        return Passkey.objects.get(pk=passkey_id, user_id=viewer.pk)
    except Passkey.DoesNotExist:
        raise Http404 from None


def watches_accounts(user: User) -> bool:
    """Whether somebody is told of curious reading and of long files: administrator or director of everything."""
    return scope_for(user, Role.ADMINISTRATOR, Role.DIRECTOR).everything


def get_large_file_for(viewer: User, file_id: UUID) -> LargeFile:
    """A long file that somebody else asked for, for who may answer; 404 for anybody else (2 to 4 queries)."""
    found = LargeFile.objects.select_related("asked_by").filter(pk=file_id).first()
    # Asked of nothing too, as if the viewer had asked: nothing and somebody else's request cost the same (G5).
    answers = who_answers(found.asked_by if found else viewer).filter(pk=viewer.pk).exists()
    if found is None or not answers:
        raise Http404
    return found
