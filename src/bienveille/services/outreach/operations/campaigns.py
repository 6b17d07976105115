"""What a manager does to a campaign: prepare, open, pause, close."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localtime

from bienveille.engines.audiences.access import targeting_scope
from bienveille.engines.audiences.queries import EVERYWHERE, check
from bienveille.engines.dispatch import operations as dispatch
from bienveille.engines.dispatch.models import Queue
from bienveille.engines.questionnaires.models import QuestionnaireVersion
from bienveille.engines.questionnaires.queries import get_current
from bienveille.ground.lib.calling_hours import written
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.services.outreach.choices import CampaignState
from bienveille.services.outreach.models import Campaign, CampaignCaller, Wave
from bienveille.services.outreach.operations.arrivals import keep_coverage
from bienveille.services.outreach.operations.hard_cases import flag_hard
from bienveille.services.outreach.operations.targets import target_wave
from bienveille.services.outreach.queries import campaign_document
from bienveille.services.outreach.rules import CampaignDocument, read_document


class InvalidDocument(Refusal):
    """A campaign document that cannot be used; `errors` says what is wrong, field by field."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        self.errors = errors
        sentences = "\n".join(f"– {name} : {' '.join(texts)}" for name, texts in errors.items())
        super().__init__(f"La campagne ne peut pas être créée :\n{sentences}")


class NotADraft(Refusal):
    message = "Cette campagne n’est plus en préparation : elle a été ouverte ou supprimée."


class CannotOpen(Refusal):
    message = "Cette campagne est déjà ouverte ou fermée."


class CannotPause(Refusal):
    message = "Seule une campagne ouverte peut être mise en pause."


class CannotClose(Refusal):
    message = "Cette campagne est déjà fermée."


class NobodyToCall(Refusal):
    message = "Aucun ménage ne répond aux critères de la campagne : élargissez le public, puis ouvrez-la de nouveau."


@transaction.atomic
def create_campaign(*, document: object, actor: User | None, unfinished: bool = False) -> Campaign:
    """Prepare a campaign from its document. Refuses what `read_document` or the audiences refuse, by field.

    `unfinished`: a draft that is still being written, step by step, may lack its waves and its callers.
    """
    parsed, version, users = _checked(document, unfinished=unfinished)
    queue = Queue.objects.create(max_attempts=parsed.max_attempts, lease_minutes=parsed.lease_minutes)
    campaign = Campaign(queue=queue, created_by=actor)
    _write(campaign, parsed, version, users)
    audit_campaign(actor, campaign, "created")
    return campaign


@transaction.atomic
def change_draft(*, campaign_id: UUID, changes: dict[str, Any], actor: User | None) -> Campaign:
    """Change some headings of the document of a campaign that is being prepared; the others stay as they are.

    Refuses a campaign already opened, one deleted meanwhile, and what `create_campaign` refuses.
    """
    campaign = Campaign.objects.select_for_update(of=["self"]).select_related("queue", "questionnaire__questionnaire")
    found = campaign.filter(pk=campaign_id).first()
    if found is None or found.state != CampaignState.DRAFT:
        raise NotADraft
    before = campaign_document(found)
    document = {**before, **changes}
    if document == before:
        return found
    parsed, version, users = _checked(document, unfinished=True)
    _write(found, parsed, version, users)
    audit_campaign(actor, found, "prepared", headings=sorted(changes))
    return found


@transaction.atomic
def delete_draft(*, campaign_id: UUID, actor: User | None) -> None:
    """Forget a campaign that was never opened. Refuses an opened one; twice does nothing more."""
    campaign = Campaign.objects.select_for_update(of=["self"]).select_related("queue").filter(pk=campaign_id).first()
    if campaign is None:
        return
    if campaign.state != CampaignState.DRAFT:
        raise NotADraft
    audit_campaign(actor, campaign, "deleted")
    queue = campaign.queue
    campaign.delete()
    queue.delete()


@transaction.atomic
def copy_campaign(*, campaign: Campaign, actor: User) -> Campaign:
    """Prepare a new campaign like another one: same waves, questions, callers and rules, without its days."""
    document = campaign_document(campaign)
    document["name"] = f"{campaign.name[:140]}, copie"
    document["rules"] = {key: value for key, value in document["rules"].items() if key not in ("starts_on", "ends_on")}
    return create_campaign(document=document, actor=actor, unfinished=True)


def _checked(document: object, *, unfinished: bool) -> tuple[CampaignDocument, QuestionnaireVersion, list[User]]:
    """What a document says, once everything that it names was found. Refuses with every error by field."""
    parsed, errors = read_document(document, unfinished=unfinished)
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
    return parsed, version, users


def _write(campaign: Campaign, parsed: CampaignDocument, version: QuestionnaireVersion, users: Iterable[User]) -> None:
    """Puts a document in the rows of a draft; its waves and callers are written anew."""
    queue = campaign.queue
    queue.max_attempts, queue.lease_minutes = parsed.max_attempts, parsed.lease_minutes
    queue.windows, queue.on_days_off = written(parsed.windows), parsed.on_days_off
    queue.save(update_fields=["max_attempts", "lease_minutes", "windows", "on_days_off"])
    campaign.name, campaign.purpose, campaign.questionnaire = parsed.name, parsed.purpose, version
    campaign.all_callers, campaign.keep_answers_days = parsed.all_callers, parsed.keep_answers_days
    campaign.starts_on, campaign.ends_on = parsed.starts_on, parsed.ends_on
    campaign.voicemail, campaign.sms, campaign.send_sms = parsed.voicemail, parsed.sms, parsed.send_sms
    campaign.save()
    campaign.waves.all().delete()
    campaign.callers.all().delete()
    Wave.objects.bulk_create(
        Wave(campaign=campaign, rank=rank, name=wave.name, audience=dict(wave.audience), priority=list(wave.priority))
        for rank, wave in enumerate(parsed.waves, start=1)
    )
    CampaignCaller.objects.bulk_create(CampaignCaller(campaign=campaign, user=user) for user in users)


def _named_callers(document: CampaignDocument, errors: dict[str, list[str]]) -> list[User]:
    if document.all_callers:
        return []
    users = list(User.objects.filter(email__in=document.caller_emails, is_active=True))
    unknown = sorted(set(document.caller_emails) - {user.email for user in users})
    if unknown:
        errors["callers"] = [f"Adresses inconnues : {', '.join(unknown[:10])}."]
    return users


def audit_campaign(actor: User | None, campaign: Campaign, what: str, **detail: Any) -> None:
    """Says in the log what was done to a campaign."""
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
    flag_hard(queue=campaign.queue)
    dispatch.lay_openings(queue=campaign.queue, now=now)
    campaign.state, campaign.opened_at = CampaignState.OPEN, now
    campaign.save(update_fields=["state", "opened_at"])
    keep_coverage(campaign=campaign, scope=scope, now=now)
    audit_campaign(actor, campaign, "opened", target=target)
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
    audit_campaign(actor, campaign, "paused" if paused else "resumed")
    return campaign


@transaction.atomic
def close_campaign(*, campaign_id: UUID, actor: User | None, now: datetime) -> Campaign:
    """Close a campaign for good: whoever still waits is withdrawn and stays in the ledger. Refuses a closed one."""
    campaign = _locked(campaign_id)
    if campaign.state == CampaignState.CLOSED:
        raise CannotClose
    dispatch.end_lists(queue_id=campaign.queue_id, now=now)
    left = dispatch.close_queue(queue=campaign.queue, now=now)
    campaign.state, campaign.closed_at = CampaignState.CLOSED, now
    campaign.save(update_fields=["state", "closed_at"])
    audit_campaign(actor, campaign, "closed", not_called=left)
    return campaign
