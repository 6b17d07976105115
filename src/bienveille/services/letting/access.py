"""Who sees the figures of moves and the lots of homes: managers, each within the agencies they cover."""

from uuid import UUID

from django.http import Http404

from bienveille.register.accounts.access import MANAGERS, scope_for
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import Agency, User
from bienveille.register.accounts.rules import Scope
from bienveille.services.letting.models import StockLot


def managing_scope(user: User) -> Scope:
    """The agencies whose moves and lots this user sees."""
    return scope_for(user, *MANAGERS)


def arranges_territories(user: User) -> bool:
    """Whether the user groups départements into territories: everybody reads them, so a director of everything."""
    return scope_for(user, Role.ADMINISTRATOR, Role.DIRECTOR).everything


def covers_lot(user: User, agency: Agency | None) -> bool:
    """Whether a lot of this agency is this user's: one of several agencies belongs to who covers everything."""
    scope = managing_scope(user)
    if agency is None:
        return scope.everything
    return scope.covers(company=agency.company_id, agency=agency.pk)


def get_lot_for(user: User, lot_id: UUID) -> StockLot:
    """A lot that the user sees and changes, with its agency and audience; 404 outside one's own (1 query)."""
    lot = StockLot.objects.select_related("agency", "audience", "created_by").filter(pk=lot_id).first()
    if lot is None or not covers_lot(user, lot.agency):
        raise Http404
    return lot
