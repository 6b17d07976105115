"""Campaigns ready to be opened or called, for the tests of outreach and of the faces."""

from datetime import datetime
from typing import Any

from tests.dispatch.factories import MONDAY

from bienveille.engines.dispatch.models import Contact
from bienveille.engines.questionnaires.operations import ensure_built_in
from bienveille.register.accounts.models import User
from bienveille.services.outreach import operations
from bienveille.services.outreach.models import Campaign


def document(**changes: Any) -> dict[str, Any]:
    """A valid campaign document: everybody of 75 and more."""
    return {
        "name": "Plan canicule 2027",
        "purpose": "wellbeing",
        "questionnaire": "senior-welfare",
        "waves": [{"name": "75 ans et plus", "audience": {"all": [{"age": {"min": 75}}]}}],
        "callers": {"all": True},
        **changes,
    }


def make_campaign(*, opened: bool = True, now: datetime = MONDAY, **changes: Any) -> Campaign:
    """A campaign made from its document, and opened on the households that exist already."""
    ensure_built_in(now=now)
    campaign = operations.create_campaign(document=document(**changes), actor=None)
    if opened:
        operations.open_campaign(campaign_id=campaign.pk, actor=None, now=now)
        campaign.refresh_from_db()
    return Campaign.objects.select_related("queue", "questionnaire").get(pk=campaign.pk)


def call(campaign: Campaign, caller: User, outcome: str, now: datetime = MONDAY, **report: Any):
    """The caller takes the next household and says how the call ended."""
    handed = operations.take_next(campaign=campaign, caller=caller, now=now)
    assert handed is not None
    contact = Contact.objects.get(pk=handed.contact_id)
    return operations.record_call(
        campaign=campaign,
        caller=caller,
        contact_id=contact.pk,
        token=contact.token,
        report=operations.CallReport(outcome=outcome, **report),
        now=now,
    )
