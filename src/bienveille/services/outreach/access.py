"""Who may see or change a campaign, and what a caller may see of a household: only what is in their hands."""

from uuid import UUID

from django.http import Http404

from bienveille.engines.dispatch.models import Contact
from bienveille.register.accounts.access import MANAGERS, has_role
from bienveille.register.accounts.models import User
from bienveille.services.outreach.choices import CampaignState
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.queries import may_call


def get_campaign_for(user: User, campaign_id: UUID, *, write: bool = False) -> Campaign:
    """A campaign: managers see and change any, its callers see it; 404 for everybody else (2 queries)."""
    campaign = Campaign.objects.select_related("queue", "questionnaire").filter(pk=campaign_id).first()
    if campaign is None:
        raise Http404
    if has_role(user, *MANAGERS) or (not write and may_call(campaign, user)):
        return campaign
    raise Http404


def get_campaign_to_call(user: User, campaign_id: UUID) -> Campaign:
    """A campaign that was opened, for somebody who may call in it; 404 for everybody else (2 queries)."""
    campaign = Campaign.objects.select_related("queue", "questionnaire").filter(pk=campaign_id).first()
    if campaign is None or campaign.state == CampaignState.DRAFT or not may_call(campaign, user):
        raise Http404
    return campaign


def get_campaign_of_contact(user: User, contact_id: UUID) -> Campaign:
    """The campaign of a contact, for somebody who may call in it; 404 for everybody else (2 queries).

    Whether the contact is really theirs is told by its token, which only its holder has.
    """
    found = (
        Campaign.objects.select_related("queue", "questionnaire")
        .filter(queue__in=Contact.objects.filter(pk=contact_id).values("queue_id"))
        .first()
    )
    if found is None or not may_call(found, user):
        raise Http404
    return found
