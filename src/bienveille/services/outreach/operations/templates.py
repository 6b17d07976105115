"""Begin a campaign from one that is ready, or from last year's."""

from datetime import date

from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.models import User
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.operations.campaigns import create_campaign
from bienveille.services.outreach.queries import campaign_document, find_template, guide_for
from bienveille.services.outreach.rules import a_year_later, dated


class UnknownTemplate(Refusal):
    message = "Ce modèle de campagne n’existe pas. Choisissez-en un dans la liste."


def create_from_template(*, slug: str, actor: User | None, today: date) -> Campaign:
    """Prepare a campaign from one that is ready: every step is filled in and can be changed. Refuses an unknown one."""
    template = find_template(slug)
    if template is None:
        raise UnknownTemplate
    document = dated(template, today, guide_for(template))
    return create_campaign(document=document, actor=actor, unfinished=True)


def duplicate_campaign(*, campaign: Campaign, actor: User, today: date) -> Campaign:
    """Prepare a past campaign again, its days moved by a year: same waves, questions, callers and rules.

    Callers named in it whose account is closed since are left out.
    """
    document = a_year_later(campaign_document(campaign), today)
    if emails := document["callers"].get("emails"):
        active = set(User.objects.filter(email__in=emails, is_active=True).values_list("email", flat=True))
        document["callers"] = {"emails": [email for email in emails if email in active]}
    return create_campaign(document=document, actor=actor, unfinished=True)
