"""A campaign follows the register while it runs: newcomers in, those who left out, with the reason; by itself too."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localtime
from django.utils.timezone import now as clock

from bienveille.engines.audiences.access import targeting_scope
from bienveille.engines.audiences.queries import EVERYWHERE
from bienveille.engines.dispatch.operations.arrivals import follow_register, grow_target
from bienveille.engines.dispatch.operations.contacts import may_go_back
from bienveille.ground.platform.jobs import job
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.accounts.rules import Scope
from bienveille.services.outreach.choices import CampaignState
from bienveille.services.outreach.models import Campaign, Coverage, ListUpdate
from bienveille.services.outreach.operations.targets import add_newcomers
from bienveille.services.outreach.queries.arrivals import campaigns_behind

RUNNING = (CampaignState.OPEN, CampaignState.PAUSED)


class CannotUpdateList(Refusal):
    message = "Seule la liste d’une campagne ouverte ou suspendue s’actualise."


def keep_coverage(*, campaign: Campaign, scope: Scope, now: datetime) -> Coverage:
    """Remember the agencies that whoever opens a campaign covers: newcomers are looked for there."""
    coverage, _ = Coverage.objects.update_or_create(
        campaign=campaign,
        defaults={
            "everything": scope.everything,
            "companies": sorted(scope.companies),
            "agencies": sorted(scope.agencies),
            "updated_at": now,
        },
    )
    return coverage


@transaction.atomic
def update_list(*, campaign_id: UUID, actor: User | None, now: datetime) -> ListUpdate | None:
    """Compare the list of a campaign with the register: who comes in, who comes back, who leaves and why.

    Newcomers go to the first wave that asks for them, within the agencies covered at opening, at their rank; the
    target grows with them. Twice changes nothing more: None when nothing changed. Refuses a campaign that is not open.
    """
    campaign = Campaign.objects.select_for_update(of=["self"], no_key=True).select_related("queue").get(pk=campaign_id)
    if campaign.state not in RUNNING:
        raise CannotUpdateList
    today = localtime(now).date()
    coverage = _coverage(campaign, now)
    left, returned = follow_register(queue=campaign.queue, actor_id=actor.pk if actor else None, today=today)
    added = 0
    with may_go_back(campaign.queue_id):
        for wave in campaign.waves.order_by("rank"):
            added += add_newcomers(queue=campaign.queue, wave=wave, today=today, scope=coverage.scope)
        if added:
            grow_target(queue=campaign.queue, by=added)
    coverage.updated_at = now
    coverage.save(update_fields=["updated_at"])
    if not (added or returned or left):
        return None
    record_audit(
        actor=actor,
        action=AuditAction.CAMPAIGN_CHANGED,
        subject=campaign,
        reason=campaign.name,
        detail={"what": "list_updated", "added": added, "returned": returned, "left": left},
    )
    return ListUpdate.objects.create(campaign=campaign, at=now, by=actor, added=added, returned=returned, left=left)


def _coverage(campaign: Campaign, now: datetime) -> Coverage:
    """What the campaign covers; one opened before this was kept covers what its author covers today."""
    kept = Coverage.objects.filter(campaign=campaign).first()
    if kept is not None:
        return kept
    author = campaign.created_by
    return keep_coverage(campaign=campaign, scope=targeting_scope(author) if author else EVERYWHERE, now=now)


@job(queue="dispatch")
def update_list_of(campaign_id: UUID) -> bool:
    """Update the list of one campaign by itself; whether something changed. Closed meanwhile, it is left."""
    try:
        return update_list(campaign_id=campaign_id, actor=None, now=clock()) is not None
    except CannotUpdateList:
        return False


@job(queue="dispatch")
def update_lists() -> int:
    """Ask for an update of each running campaign that is behind: an import was applied since, or a day went by.

    The import knows nothing of campaigns: they look at it. Gives how many.
    """
    behind = campaigns_behind(clock())
    for campaign_id in behind:
        update_list_of.enqueue_once(f"list:{campaign_id}", campaign_id=campaign_id)
    return len(behind)
