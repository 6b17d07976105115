"""The hours of a campaign that is open, and the words its callers leave: changed while it runs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from bienveille.engines.dispatch import operations as dispatch
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.models import User
from bienveille.services.outreach.choices import CampaignState
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.operations.campaigns import InvalidDocument, audit_campaign, change_draft
from bienveille.services.outreach.queries import campaign_document
from bienveille.services.outreach.rules import read_document


class CannotChangeHours(Refusal):
    message = "Une campagne fermée garde ses heures."


@transaction.atomic
def change_hours(
    *,
    campaign_id: UUID,
    actor: User,
    windows: Sequence[Any],
    on_days_off: bool,
    voicemail: str,
    sms: str,
    send_sms: bool,
    now: datetime,
) -> Campaign:
    """Say anew when a campaign calls and which words are left; it counts at once, for calls promised too.

    Refuses what a document refuses, and a closed campaign. The same hours again change nothing.
    """
    campaign = Campaign.objects.select_for_update(of=["self"]).select_related("queue", "questionnaire__questionnaire")
    found = campaign.get(pk=campaign_id)
    if found.state == CampaignState.CLOSED:
        raise CannotChangeHours
    before = campaign_document(found)
    kept = {
        key: value for key, value in before["rules"].items() if key not in ("windows", "on_public_holidays", "send_sms")
    }
    texts = {name: text for name, text in (("voicemail", voicemail), ("sms", sms)) if text.strip()}
    changes: dict[str, Any] = {
        "rules": {
            **kept,
            "windows": list(windows),
            "on_public_holidays": on_days_off,
            "send_sms": send_sms,
        },
        "texts": texts,
    }
    if found.state == CampaignState.DRAFT:
        return change_draft(campaign_id=campaign_id, changes=changes, actor=actor)
    parsed, errors = read_document({**before, **changes}, unfinished=True)
    if parsed is None:
        raise InvalidDocument(errors)
    said = parsed.voicemail, parsed.sms, parsed.send_sms
    if (found.voicemail, found.sms, found.send_sms) != said:
        found.voicemail, found.sms, found.send_sms = said
        found.save(update_fields=["voicemail", "sms", "send_sms"])
    dispatch.set_hours(queue=found.queue, windows=windows, on_days_off=on_days_off, now=now)
    if campaign_document(found) != before:
        audit_campaign(actor, found, "hours")
    return found
