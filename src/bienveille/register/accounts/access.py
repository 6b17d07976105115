"""Who may do what: the loaders and questions with which every view and operation checks rights."""

from uuid import UUID

from django.http import Http404

from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import RoleGrant, User
from bienveille.register.accounts.rules import Grant, Scope, scope_of

MANAGERS = (Role.ADMINISTRATOR, Role.DIRECTOR, Role.AGENCY_MANAGER)


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


def get_user_for(viewer: User, user_id: UUID) -> User:
    """Another user's account, for an administrator; 404 for anybody else (1 query)."""
    if not scope_for(viewer, Role.ADMINISTRATOR).everything:
        raise Http404
    try:
        return User.objects.get(pk=user_id)
    except User.DoesNotExist:
        raise Http404 from None
