"""What a manager does to a campaign: prepare, open, pause, close."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localtime

from bienveille.engines.audiences.access import targeting_scope
from bienveille.engines.audiences.queries import EVERYWHERE, check
from bienveille.engines.dispatch import operations as dispatch
from bienveille.engines.dispatch.models import Queue
from bienveille.engines.questionnaires.queries import get_current
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.services.outreach.choices import CampaignState
from bienveille.services.outreach.models import Campaign, CampaignCaller, Wave
from bienveille.services.outreach.operations.targets import target_wave
from bienveille.services.outreach.rules import CampaignDocument, read_document


class InvalidDocument(Refusal):
    """A campaign document that cannot be used; `errors` says what is wrong, field by field."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        self.errors = errors
        sentences = "\n".join(f"– {name} : {' '.join(texts)}" for name, texts in errors.items())
        super().__init__(f"La campagne ne peut pas être créée :\n{sentences}")


class CannotOpen(Refusal):
    message = "Cette campagne est déjà ouverte ou fermée."


class CannotPause(Refusal):
    message = "Seule une campagne ouverte peut être mise en pause."


class CannotClose(Refusal):
    message = "Cette campagne est déjà fermée."


class NobodyToCall(Refusal):
    message = "Aucun ménage ne répond aux critères de la campagne : élargissez le public, puis ouvrez-la de nouveau."


@transaction.atomic
def create_campaign(*, document: object, actor: User | None) -> Campaign:
    """Prepare a campaign from its document. Refuses what `read_document` or the audiences refuse, by field."""
    parsed, errors = read_document(document)
    if parsed is None:
        raise InvalidDocument(errors)
    version = get_current(parsed.questionnaire)
    if version is None:
        errors["questionnaire"] = [f"Le questionnaire « {parsed.questionnaire} » n’existe pas."]
    for rank, wave in enumerate(parsed.waves, start=1):
        try:
            check(dict(wave.audience))
        except Refusal as refusal:
            errors[f"waves.{rank}.audience"] = [str(refusal)]
    users = _named_callers(parsed, errors)
    if errors or version is None:
        raise InvalidDocument(errors)
    queue = Queue.objects.create(max_attempts=parsed.max_attempts, lease_minutes=parsed.lease_minutes)
    campaign = Campaign.objects.create(
        name=parsed.name,
        purpose=parsed.purpose,
        queue=queue,
        questionnaire=version,
        all_callers=parsed.all_callers,
        created_by=actor,
    )
    Wave.objects.bulk_create(
        Wave(campaign=campaign, rank=rank, name=wave.name, audience=dict(wave.audience), priority=list(wave.priority))
        for rank, wave in enumerate(parsed.waves, start=1)
    )
    CampaignCaller.objects.bulk_create(CampaignCaller(campaign=campaign, user=user) for user in users)
    _audit(actor, campaign, "created")
    return campaign


def _named_callers(document: CampaignDocument, errors: dict[str, list[str]]) -> list[User]:
    if document.all_callers:
        return []
    users = list(User.objects.filter(email__in=document.caller_emails, is_active=True))
    unknown = sorted(set(document.caller_emails) - {user.email for user in users})
    if unknown:
        errors["callers"] = [f"Adresses inconnues : {', '.join(unknown[:10])}."]
    return users


def _audit(actor: User | None, campaign: Campaign, what: str, **detail: Any) -> None:
    record_audit(
        actor=actor,
        action=AuditAction.CAMPAIGN_CHANGED,
        subject=campaign,
        reason=campaign.name,
        detail={"what": what, **detail},
    )


def _locked(campaign_id: UUID) -> Campaign:
    return Campaign.objects.select_for_update(of=["self"]).select_related("queue").get(pk=campaign_id)


@transaction.atomic
def open_campaign(*, campaign_id: UUID, actor: User | None, now: datetime) -> int:
    """Open a campaign: choose and rank its households, freeze the target, start handing out. Gives the target.

    One statement per wave, within the agencies that the actor covers. Refuses a campaign already opened, and one whose
    waves hold nobody.
    """
    campaign = _locked(campaign_id)
    if campaign.state != CampaignState.DRAFT:
        raise CannotOpen
    today = localtime(now).date()
    scope = targeting_scope(actor) if actor else EVERYWHERE
    for wave in campaign.waves.order_by("rank"):
        target_wave(queue=campaign.queue, wave=wave, today=today, scope=scope)
    target = dispatch.freeze_target(queue=campaign.queue)
    if target == 0:
        raise NobodyToCall
    campaign.state, campaign.opened_at = CampaignState.OPEN, now
    campaign.save(update_fields=["state", "opened_at"])
    _audit(actor, campaign, "opened", target=target)
    return target


@transaction.atomic
def pause_campaign(*, campaign_id: UUID, actor: User | None, paused: bool) -> Campaign:
    """Stop handing out for a while, or start again. Calls under way are finished. Refuses unless open or paused."""
    campaign = _locked(campaign_id)
    wanted = CampaignState.PAUSED if paused else CampaignState.OPEN
    if campaign.state not in (CampaignState.OPEN, CampaignState.PAUSED):
        raise CannotPause
    campaign.state = wanted
    campaign.save(update_fields=["state"])
    dispatch.pause_queue(queue=campaign.queue, paused=paused)
    _audit(actor, campaign, "paused" if paused else "resumed")
    return campaign


@transaction.atomic
def close_campaign(*, campaign_id: UUID, actor: User | None, now: datetime) -> Campaign:
    """Close a campaign for good: whoever still waits is withdrawn and stays in the ledger. Refuses a closed one."""
    campaign = _locked(campaign_id)
    if campaign.state == CampaignState.CLOSED:
        raise CannotClose
    left = dispatch.close_queue(queue=campaign.queue, now=now)
    campaign.state, campaign.closed_at = CampaignState.CLOSED, now
    campaign.save(update_fields=["state", "closed_at"])
    _audit(actor, campaign, "closed", not_called=left)
    return campaign
