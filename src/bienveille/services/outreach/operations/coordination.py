"""What coordinators do while a campaign runs: households, promises, callers, situations, notes to read again."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.timezone import now as clock

from bienveille.engines.cases import operations as cases
from bienveille.engines.cases.models import Case
from bienveille.engines.cases.operations import AlreadyTaken
from bienveille.engines.dispatch import operations as dispatch
from bienveille.engines.dispatch.choices import PlannedState
from bienveille.engines.dispatch.models import Contact, PlannedCall
from bienveille.ground.lib.names import clean_text
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.wording.queries import check_note
from bienveille.services.outreach.choices import CampaignState
from bienveille.services.outreach.models import Campaign, CampaignCaller, Referral, Report
from bienveille.services.outreach.operations.campaigns import audit_campaign
from bienveille.services.outreach.queries import callers_for, may_call


class CannotWithdrawThem(Refusal):
    message = "Dites pourquoi, en quelques mots."


class CannotReassign(Refusal):
    message = "Cette personne n’appelle pas dans cette campagne : choisissez-en une autre."


class CannotChangeCallers(Refusal):
    message = "Une campagne fermée garde ses appelants."


def withdraw_contacts(*, campaign: Campaign, actor: User, contact_ids: Collection[UUID], motive: str) -> list[UUID]:
    """Take households that wait out of a campaign. Gives those taken out; one in hand or already called stays.

    Refuses without a motive, and a motive with words of health or opinion: the log keeps it for good.
    """
    motive = clean_text(motive)[:200]
    if not motive:
        raise CannotWithdrawThem
    if check_note(motive):
        raise CannotWithdrawThem("Ce motif parle de santé ou de vie privée : écrivez un fait plus général.")
    return dispatch.withdraw_many(actor=actor, queue_id=campaign.queue_id, contact_ids=contact_ids, motive=motive)


def put_contacts_back(*, campaign: Campaign, actor: User, contact_ids: Collection[UUID]) -> list[UUID]:
    """Put back households taken out by hand, in the place they had. Gives those put back; nobody twice."""
    return dispatch.put_back(actor=actor, queue_id=campaign.queue_id, contact_ids=contact_ids)


def hand_promises(*, campaign: Campaign, actor: User, contact_ids: Collection[UUID], caller: User) -> dict[UUID, UUID]:
    """Give the promised calls of these households to another caller. Gives who had each, which undoes it.

    Refuses somebody who does not call in this campaign. A call being made now is left.
    """
    if not may_call(campaign, caller):
        raise CannotReassign
    planned = PlannedCall.objects.filter(contact__in=contact_ids, state=PlannedState.PLANNED)
    promises = dict.fromkeys(planned.values_list("pk", flat=True), caller.pk)
    return dispatch.reassign(actor=actor, queue_id=campaign.queue_id, promises=promises)


def hand_promises_back(*, campaign: Campaign, actor: User, former: Mapping[UUID, UUID]) -> dict[UUID, UUID]:
    """Give promised calls back to those who had them; one being made now, or kept since, is left."""
    return dispatch.reassign(actor=actor, queue_id=campaign.queue_id, promises=former)


def free_contact(*, campaign: Campaign, actor: User, contact_id: UUID, holder_id: UUID, since: datetime) -> None:
    """Take a household out of the hands of a caller who keeps it too long. Refuses when that has changed meanwhile."""
    dispatch.free(actor=actor, queue_id=campaign.queue_id, contact_id=contact_id, holder_id=holder_id, since=since)


@transaction.atomic
def choose_callers(*, campaign_id: UUID, actor: User, everybody: bool) -> Campaign:
    """Let everybody with the role call, or only people by name: those who may call now, to begin with.

    Refuses a closed campaign. Asked twice, it changes nothing.
    """
    campaign = _running(campaign_id)
    if campaign.all_callers == everybody:
        return campaign
    if not everybody:
        named = set(campaign.callers.values_list("user_id", flat=True))
        CampaignCaller.objects.bulk_create(
            CampaignCaller(campaign=campaign, user=user) for user in callers_for(campaign) if user.pk not in named
        )
    campaign.all_callers = everybody
    campaign.save(update_fields=["all_callers"])
    audit_campaign(actor, campaign, "callers", everybody=everybody)
    return campaign


@transaction.atomic
def add_caller(*, campaign_id: UUID, actor: User, user: User) -> None:
    """Invite somebody to call in a campaign whose callers are chosen by name. Twice does nothing more.

    Refuses a closed campaign and an account that is closed.
    """
    campaign = _running(campaign_id)
    if not user.is_active:
        raise CannotChangeCallers("Ce compte est fermé.")
    _, added = CampaignCaller.objects.get_or_create(campaign=campaign, user=user)
    if added:
        audit_campaign(actor, campaign, "caller_added", user=str(user.pk))


@transaction.atomic
def remove_caller(*, campaign_id: UUID, actor: User, user: User) -> None:
    """Somebody calls no longer in a campaign; what they did stays, their list is freed. Twice does nothing more.

    Refuses while they have a household in hand, which they could no longer save, and in a closed campaign.
    """
    campaign = _running(campaign_id)
    if Contact.objects.filter(queue_id=campaign.queue_id, reserved_by=user).exists():
        raise CannotChangeCallers(
            f"{user.display_name} a un ménage entre les mains : attendez la fin de l’appel, ou libérez la réservation."
        )
    removed, _ = CampaignCaller.objects.filter(campaign=campaign, user=user).delete()
    if removed:
        dispatch.free_lists(actor=actor, caller=user, now=clock(), queue_id=campaign.queue_id)
        audit_campaign(actor, campaign, "caller_removed", user=str(user.pk))


def _running(campaign_id: UUID) -> Campaign:
    campaign = Campaign.objects.select_for_update(of=["self"]).get(pk=campaign_id)
    if campaign.state == CampaignState.CLOSED:
        raise CannotChangeCallers
    return campaign


def take_referral(*, actor: User, referral_id: UUID, now: datetime) -> Case:
    """See to a situation: its case waits for nobody else. Refuses one that somebody else has taken."""
    return cases.take_case(actor=actor, case_id=_case_of(referral_id), now=now)


def leave_referral(*, actor: User, referral_id: UUID, now: datetime) -> Case:
    """Undo having taken a situation: it waits again for somebody. Refuses one that somebody else has taken."""
    return cases.leave_case(actor=actor, case_id=_case_of(referral_id), now=now)


def _case_of(referral_id: UUID) -> UUID:
    case_id = Referral.objects.values_list("case_id", flat=True).get(pk=referral_id)
    if case_id is None:
        raise AlreadyTaken("Cette situation est close et effacée.")
    return case_id


@transaction.atomic
def read_note_again(*, actor: User, report_id: UUID, erase: bool, now: datetime) -> Report:
    """Say that a note kept despite the warning was read again: it stays, or its words are erased for good.

    Twice does nothing more; what was erased does not come back.
    """
    report = Report.objects.select_for_update(of=["self"]).select_related("attempt__contact").get(pk=report_id)
    if report.read_again_at is None or (erase and report.note):
        report.read_again_by, report.read_again_at = actor, now
        if erase:
            report.note = ""
        report.save(update_fields=["read_again_by", "read_again_at", "note"])
        record_audit(
            actor=actor,
            action=AuditAction.CONTACT_CHANGED,
            subject_type="tenants.Household",
            subject_id=report.attempt.contact.household_id,
            detail={"note": "erased" if erase else "kept"},
        )
    return report
