"""What a campaign taught, written by who led it."""

import re
from datetime import datetime
from uuid import UUID

from django.db import transaction

from bienveille.ground.lib.names import clean_text
from bienveille.ground.lib.note_guard import check_words
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.models import User
from bienveille.services.outreach.models import Campaign, CampaignLesson
from bienveille.services.outreach.operations.campaigns import audit_campaign

_NUMBER_OR_ADDRESS = re.compile(r"(?:\+?\d[\s.\-]?){9,}|\S+@\S+\.\S+")


class CannotWriteLesson(Refusal):
    message = "Ce texte sera lu hors de votre équipe : enlevez ce qui parle d’une personne."


@transaction.atomic
def write_lesson(*, campaign_id: UUID, actor: User, text: str, now: datetime) -> CampaignLesson:
    """Say what was learned; empty takes the words away. The same words again change nothing.

    Refuses words of health or opinion, a telephone number, an e-mail address: the report goes out of the house.
    """
    text = "\n".join(clean_text(line) for line in text.replace("\r", "").split("\n")).strip()[:4000]
    if found := check_words(text):
        raise CannotWriteLesson(f"«\u00a0{found[0].excerpt}\u00a0» : ce bilan sort de votre équipe. {found[0].advice}")
    if _NUMBER_OR_ADDRESS.search(text):
        raise CannotWriteLesson("Ce texte contient un numéro ou une adresse : enlevez-les, le bilan sort de l’équipe.")
    campaign = Campaign.objects.select_for_update(of=["self"]).get(pk=campaign_id)
    lesson = CampaignLesson.objects.filter(campaign=campaign).first() or CampaignLesson(campaign=campaign)
    if lesson.text != text:
        lesson.text, lesson.written_by, lesson.written_at = text, actor, now
        lesson.save()
        audit_campaign(actor, campaign, "lesson", length=len(text))
    return lesson
