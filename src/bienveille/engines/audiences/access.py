"""Who may see and change audiences: those who prepare campaigns, each within the agencies they cover."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404

from bienveille.engines.audiences.models import Audience
from bienveille.register.accounts.access import MANAGERS, has_role, scope_for
from bienveille.register.accounts.models import User
from bienveille.register.accounts.rules import Scope


def may_prepare(user: User) -> bool:
    """Whether the user writes audiences: administrators, directors, agency managers."""
    return has_role(user, *MANAGERS)


def targeting_scope(user: User) -> Scope:
    """The agencies whose households this user may count, list or target."""
    return scope_for(user, *MANAGERS)


def may_change(user: User, audience: Audience) -> bool:
    """Whether the user changes or deletes it: who made it, or who manages everything."""
    return may_prepare(user) and (audience.created_by_id == user.pk or targeting_scope(user).everything)


def get_audience_for(user: User, audience_id: UUID, *, write: bool = False) -> Audience:
    """A saved audience. 404 for who prepares no campaign, 403 to change somebody else's without covering everything."""
    if not may_prepare(user):
        raise Http404
    try:
        audience = Audience.objects.select_related("created_by").get(pk=audience_id)
    except Audience.DoesNotExist:
        raise Http404 from None
    if write and not may_change(user, audience):
        raise PermissionDenied
    return audience
