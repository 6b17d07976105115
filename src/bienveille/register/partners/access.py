"""Who may see and change the directory: every member of the staff reads it, those who lead or follow people keep it."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404

from bienveille.register.accounts.access import MANAGERS, has_role
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import User
from bienveille.register.housing.models import Commune
from bienveille.register.partners.models import Service, Structure

#: Nothing there is about a tenant; a partner's own account and a tenant's do not read the notes of the staff.
READERS = (*MANAGERS, Role.SOCIAL_WORKER, Role.CALLER, Role.BUILDING_MANAGER, Role.COMMUNICATION)
KEEPERS = (*MANAGERS, Role.SOCIAL_WORKER)


def keeps_partners(user: User) -> bool:
    """Whether the user may add and correct partners."""
    return has_role(user, *KEEPERS)


def get_partner_for(user: User, key: UUID, *, write: bool = False) -> Structure:
    """A partner of the directory (1 query); 404 for who does not read it, 403 for who only reads it."""
    structure = Structure.objects.filter(key=key).first() if has_role(user, *READERS) else None
    if structure is None:
        raise Http404
    if write and not keeps_partners(user):
        raise PermissionDenied
    return structure


def get_service_for(user: User, key: UUID, *, write: bool = False) -> Service:
    """A service with its structure, by the same rights (1 query)."""
    service = None
    if has_role(user, *READERS):
        service = Service.objects.select_related("structure").filter(key=key).first()
    if service is None:
        raise Http404
    if write and not keeps_partners(user):
        raise PermissionDenied
    return service


def get_commune_for(user: User, code: str) -> Commune:
    """A commune whose help may be looked at: any, for whoever signed in, as whoever calls may need it (1 query)."""
    commune = Commune.objects.filter(code=code).first() if user.is_authenticated else None
    if commune is None:
        raise Http404
    return commune
