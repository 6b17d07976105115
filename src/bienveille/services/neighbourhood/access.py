"""Who may name a relay tenant and end it: who keeps that residence's households. Who answers a proposed watch."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404

from bienveille.register.accounts.models import User
from bienveille.register.housing.access import get_residence_for
from bienveille.register.housing.models import Residence
from bienveille.register.tenants.access import reading_scope
from bienveille.services.neighbourhood.models import RelayTenant, WatchProposal
from bienveille.services.neighbourhood.queries import proposal_of


def names_relays(user: User, residence: Residence) -> bool:
    """Whether this user reads and keeps the people of a residence: a building manager does not."""
    return reading_scope(user).covers(company=residence.agency.company_id, agency=residence.agency_id)


def get_relay_for(user: User, relay_id: UUID) -> RelayTenant:
    """A relay tenant, to end it or take that back (3 queries). 404 outside one's own, 403 for who only looks."""
    relay = RelayTenant.objects.select_related("person").filter(pk=relay_id).first()
    if relay is None:
        raise Http404
    relay.residence = get_residence_for(user, relay.residence_id)
    if not names_relays(user, relay.residence):
        raise PermissionDenied
    return relay


def get_proposal_for(user: User, proposal_id: UUID) -> WatchProposal:
    """A proposed watch, to answer it (3 queries). 404 outside one's own, 403 for who only looks."""
    proposal = proposal_of(proposal_id)
    if proposal is None:
        raise Http404
    proposal.residence = get_residence_for(user, proposal.residence_id, write=True)
    return proposal
