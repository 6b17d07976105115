"""Who may see and change residences and homes: by agency, and by residence for building managers."""

from typing import cast
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404

from bienveille.register.accounts.access import MANAGERS, has_role, scope_for
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import User
from bienveille.register.housing.models import Dwelling, Residence, ResidenceManager, Watch

READERS = (*MANAGERS, Role.SOCIAL_WORKER)


def get_residence_for(user: User, residence_id: UUID, *, write: bool = False) -> Residence:
    """A residence with its agency and commune (2 queries). 404 outside one's own, 403 to change what one only reads."""
    found = Residence.objects.select_related("agency", "commune").filter(pk=residence_id).first()
    return require_residence(user, found, write=write)


def require_residence(user: User, residence: Residence | None, *, write: bool = False) -> Residence:
    """The same for what came with its residence, agency and commune in one query (1 query for a building manager).

    Nothing, and what is another agency's, take as many queries: how long a refusal takes says nothing either (G5).
    """
    looked_after = _looked_after(user)
    if residence is None or not (_covers(user, residence, READERS) or residence.pk in looked_after):
        raise Http404
    if write and not _covers(user, residence, MANAGERS):
        raise PermissionDenied
    return residence


def get_dwelling_for(user: User, dwelling_id: UUID, *, write: bool = False) -> Dwelling:
    """A home, through the rights over its residence (2 queries)."""
    place = ("building__residence__agency", "building__residence__commune")
    dwelling = Dwelling.objects.select_related(*place).filter(pk=dwelling_id).first()
    require_residence(user, dwelling.building.residence if dwelling else None, write=write)
    return cast("Dwelling", dwelling)  # nothing: refused above


def get_watch_for(user: User, watch_id: UUID) -> Watch:
    """A watch that one may change, through the rights over its residence (2 queries)."""
    watch = Watch.objects.select_related("residence__agency", "residence__commune").filter(pk=watch_id).first()
    require_residence(user, watch.residence if watch else None, write=True)
    return cast("Watch", watch)  # nothing: refused above


def get_building_manager_for(user: User, residence: Residence, user_id: UUID) -> User:
    """Somebody with the role of building manager, or who has it no more but still looks after this residence, for who
    may change it (2 queries); 404 for anybody else.
    """
    if not _covers(user, residence, MANAGERS):
        raise PermissionDenied
    found = User.objects.filter(pk=user_id).first()
    if found is None:
        raise Http404
    if found.is_active and has_role(found, Role.BUILDING_MANAGER):
        return found
    if not ResidenceManager.objects.filter(user=found, residence=residence).exists():
        raise Http404
    return found


def may_change(user: User, residence: Residence) -> bool:
    """Whether this user corrects a residence, puts it under watch, says who looks after it."""
    return _covers(user, residence, MANAGERS)


def get_dwelling_by_code_for(user: User, code: str) -> Dwelling | None:
    """A home that somebody covers, by the landlord's own code, to put a household there; None otherwise (1 query)."""
    dwelling = Dwelling.objects.select_related("building__residence__agency").filter(code=code.strip()).first()
    if dwelling is None or not _covers(user, dwelling.building.residence, READERS):
        return None
    return dwelling


def _covers(user: User, residence: Residence, roles: tuple[str, ...]) -> bool:
    return scope_for(user, *roles).covers(company=residence.agency.company_id, agency=residence.agency_id)


def _looked_after(user: User) -> frozenset[UUID]:
    if scope_for(user, Role.BUILDING_MANAGER).nothing:
        return frozenset()
    return frozenset(ResidenceManager.objects.filter(user_id=user.pk).values_list("residence_id", flat=True))
