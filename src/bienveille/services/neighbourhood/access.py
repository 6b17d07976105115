"""Who may name a relay tenant and end it: who keeps that residence's households. Who answers a proposed watch."""

from typing import cast
from uuid import UUID

from django.core.exceptions import PermissionDenied

from bienveille.register.accounts.models import User
from bienveille.register.housing.access import require_residence
from bienveille.register.housing.models import Residence
from bienveille.register.tenants.access import reading_scope
from bienveille.services.neighbourhood.models import RelayTenant, WatchProposal
from bienveille.services.neighbourhood.queries import proposal_of


def names_relays(user: User, residence: Residence) -> bool:
    """Whether this user reads and keeps the people of a residence: a building manager does not."""
    return reading_scope(user).covers(company=residence.agency.company_id, agency=residence.agency_id)


def get_relay_for(user: User, relay_id: UUID) -> RelayTenant:
    """A relay tenant, to end it or take that back (2 queries). 404 outside one's own, 403 for who only looks."""
    related = ("person", "residence__agency", "residence__commune")
    relay = RelayTenant.objects.select_related(*related).filter(pk=relay_id).first()
    residence = require_residence(user, relay.residence if relay else None)
    if not names_relays(user, residence):
        raise PermissionDenied
    return cast("RelayTenant", relay)  # nothing: refused above


def get_proposal_for(user: User, proposal_id: UUID) -> WatchProposal:
    """A proposed watch, to answer it (2 queries). 404 outside one's own, 403 for who only looks."""
    proposal = proposal_of(proposal_id)
    require_residence(user, proposal.residence if proposal else None, write=True)
    return cast("WatchProposal", proposal)  # nothing: refused above
