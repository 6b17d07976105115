"""The short loneliness scale: switched on by somebody who answers for it, off again, answered after a yes, erased."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate, localtime

from bienveille.engines.dispatch.models import Attempt
from bienveille.engines.questionnaires.models import Response
from bienveille.engines.questionnaires.operations import record_response
from bienveille.engines.questionnaires.queries import current_scale, get_definition
from bienveille.ground.lib.names import clean_text
from bienveille.ground.lib.note_guard import check_words
from bienveille.ground.platform.jobs import job
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.services.outreach.choices import CampaignState
from bienveille.services.outreach.models import Campaign, CampaignScale, ScaleAnswer
from bienveille.services.outreach.operations.campaigns import audit_campaign
from bienveille.services.outreach.queries import scale_in_use
from bienveille.services.outreach.rules import SCALE_AGREES, scale_complete

LONGEST_BASIS = 200


class CannotSwitchOn(Refusal):
    message = "Confirmez la base, et dites où elle est écrite."


@transaction.atomic
def switch_scale_on(*, campaign_id: Any, actor: User, basis: str, confirmed: bool, now: datetime) -> CampaignScale:
    """Have callers ask the three questions, after each person's yes. Twice changes the basis that is written.

    Refuses without the confirmation and the place where the basis is written, a closed campaign, and a guide that has
    questions of the same names.
    """
    campaign = Campaign.objects.select_for_update(of=["self"]).get(pk=campaign_id)
    basis = clean_text(basis)
    if not confirmed or not basis or len(basis) > LONGEST_BASIS:
        raise CannotSwitchOn
    if check_words(basis):
        raise CannotSwitchOn("Écrivez seulement où l’avis se trouve, sans parler de personne.")
    if campaign.state == CampaignState.CLOSED:
        raise CannotSwitchOn("Cette campagne est fermée\u00a0: on n’y pose plus de questions.")
    version = current_scale()
    if get_definition(version.pk).questions.keys() & get_definition(campaign.questionnaire_id).questions.keys():
        raise CannotSwitchOn("Le questionnaire de la campagne pose déjà ces questions.")
    scale, _ = CampaignScale.objects.update_or_create(
        campaign=campaign,
        defaults={
            "version": version,
            "basis": basis,
            "switched_on_by": actor,
            "switched_on_at": now,
            "switched_off_at": None,
        },
    )
    audit_campaign(actor, campaign, "scale_on", basis=basis)
    return scale


@transaction.atomic
def switch_scale_off(*, campaign_id: Any, actor: User, now: datetime) -> None:
    """Callers ask the three questions no longer; answers given stay until their last day. Harmless twice."""
    campaign = Campaign.objects.select_for_update(of=["self"]).get(pk=campaign_id)
    if CampaignScale.objects.filter(campaign=campaign, switched_off_at=None).update(switched_off_at=now):
        audit_campaign(actor, campaign, "scale_off")


def keep_scale(
    *, attempt: Attempt, campaign: Campaign, answers: Mapping[str, Any], now: datetime
) -> ScaleAnswer | None:
    """Keep the three answers with the call being saved; nothing without a yes, without all three, or when it is off.

    Called inside `record_call`. A no is not written down either.
    """
    scale = scale_in_use(campaign)
    if scale is None or not scale_complete(answers):
        return None
    definition = get_definition(scale.version_id)
    known = {key: answers[key] for key in definition.questions if key in answers}
    keep_until = localtime(now).date() + timedelta(days=campaign.keep_answers_days)
    response = record_response(version_id=scale.version_id, answers=known, now=now, keep_until=keep_until)
    words = definition.questions[SCALE_AGREES].say
    return ScaleAnswer.objects.create(attempt=attempt, response=response, agreed_words=words[:400], agreed_at=now)


@job(queue="outreach")
def purge_scales() -> int:
    """Erase the answers to the scale whose last day has passed, and those of calls taken back. How many."""
    return erase_scales(today=localdate())


@transaction.atomic
def erase_scales(*, today: date) -> int:
    """Erase what has ended: the audit keeps their number, never whose they were."""
    ended = ScaleAnswer.objects.filter(response__expires_on__lt=today) | ScaleAnswer.objects.filter(
        attempt__undone_at__isnull=False, attempt__undone_at__date__lt=today
    )
    keys = list(ended.values_list("response_id", flat=True))
    if not keys:
        return 0
    Response.objects.filter(pk__in=keys).delete()  # the answer goes with its response
    record_audit(
        actor=None,
        action=AuditAction.CONTACT_CHANGED,
        subject_type="outreach.ScaleAnswer",
        reason="Réponses sur la solitude arrivées à leur terme",
        detail={"scale": "erased", "count": len(keys)},
    )
    return len(keys)
