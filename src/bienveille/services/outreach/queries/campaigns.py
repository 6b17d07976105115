"""Campaigns themselves: lists, who calls in them, whom they call."""

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import User
from bienveille.services.outreach.choices import CampaignState
from bienveille.services.outreach.models import Campaign, CampaignCaller


def callers_for(campaign: Campaign) -> QuerySet[User]:
    """Active users who may call in a campaign: those named, else everybody with the caller's role (1 query)."""
    return users_calling(None if campaign.all_callers else campaign.pk)


def users_calling(named_in: UUID | None) -> QuerySet[User]:
    """The same from the key of a campaign that names its callers; None for one that does not (1 query)."""
    users = User.objects.filter(is_active=True)
    if named_in is None:
        return users.filter(grants__role=Role.CALLER).distinct()
    return users.filter(pk__in=CampaignCaller.objects.filter(campaign=named_in).values("user_id"))


def may_call(campaign: Campaign, user: User) -> bool:
    """Whether this user may be handed households of this campaign (1 query)."""
    return callers_for(campaign).filter(pk=user.pk).exists()


def callable_by(user: User, *, is_caller: bool) -> QuerySet[Campaign]:
    """The campaigns, in whatever state, in which `may_call` says yes to an active user (1 query, lazy)."""
    named = Q(Exists(CampaignCaller.objects.filter(campaign=OuterRef("pk"), user=user)), all_callers=False)
    return Campaign.objects.filter(named | Q(all_callers=True) if is_caller else named)


def campaigns_to_call(user: User) -> list[Campaign]:
    """Campaigns in which a user may call now, the newest first (1 query)."""
    with_role = Campaign.objects.filter(state=CampaignState.OPEN, all_callers=True)
    named = Campaign.objects.filter(state__in=[CampaignState.OPEN, CampaignState.PAUSED], callers__user=user)
    is_caller = user.grants.filter(role=Role.CALLER).exists()
    found = (with_role | named).distinct() if is_caller else named
    return list(found.select_related("queue", "questionnaire").order_by("-opened_at"))


def all_campaigns() -> list[Campaign]:
    """Every campaign with its queue, the newest first (1 query)."""
    return list(Campaign.objects.select_related("queue").order_by("-created_at"))


def find_campaign(campaign_id: UUID) -> Campaign | None:
    """One campaign with its queue and its questionnaire (1 query)."""
    return Campaign.objects.select_related("queue", "questionnaire").filter(pk=campaign_id).first()
