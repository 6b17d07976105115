"""Thanking the callers of a campaign."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.models import User
from bienveille.services.outreach.models import Campaign, Thanks
from bienveille.services.outreach.operations.campaigns import audit_campaign

THANKS_LENGTH = 600


class NothingToSay(Refusal):
    message = "Écrivez quelques mots, 600 caractères au plus."


@transaction.atomic
def thank_callers(*, actor: User, campaign_id: UUID, words: str, now: datetime) -> Thanks:
    """Write what the callers of a campaign read beside its results; written again, it is changed.

    Refuses nothing to say, and too much.
    """
    words = words.strip()
    if not words or len(words) > THANKS_LENGTH:
        raise NothingToSay
    campaign = Campaign.objects.select_for_update(of=["self"]).get(pk=campaign_id)
    thanks, _ = Thanks.objects.update_or_create(
        campaign=campaign, defaults={"words": words, "written_by": actor, "written_at": now}
    )
    audit_campaign(actor, campaign, "thanks")
    return thanks
