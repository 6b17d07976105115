"""What the staff does with a referral to a partner: prepare it, note what the person answers, send it, withdraw it.

Nothing leaves without an answer of the person to words whose version is kept; what leaves is told by `queries.shared`.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.timezone import localdate, localtime
from django.utils.timezone import now as clock

from bienveille.engines.cases.choices import (
    ActionKind,
    Agreement,
    CaseState,
    ReferralState,
    SafeChannel,
    SaidBy,
    WithdrawalReason,
)
from bienveille.engines.cases.models import Case, PartnerReferral, ReferralCode, ReferralLink
from bienveille.engines.cases.operations.changes import add_event, audit_case, locked, save_case
from bienveille.engines.cases.operations.referrals_mail import write_to_owner, write_to_partner
from bienveille.engines.cases.queries.referrals import awaited, for_nobody, is_hidden, people_of
from bienveille.engines.cases.rules import CONFIDENTIAL
from bienveille.engines.cases.rules.referrals import (
    ASKED_LENGTH,
    CONFIDED,
    UNDER_WAY,
    WITH_PARTNER,
    agrees,
    kept_until,
    owner_is_to_be_told,
    reminder_is_due,
    timing_on,
    words_on,
)
from bienveille.engines.questionnaires.choices import Need
from bienveille.ground.lib.calling_hours import is_day_off
from bienveille.ground.lib.typography import listed
from bienveille.ground.platform.jobs import job
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.partners.models import Service, Structure
from bienveille.register.wording.queries import check_note

#: Codes are kept a month after they were drawn: long enough to look into an attack.
CODES_KEPT = timedelta(days=30)


class CannotRefer(Refusal):
    """`field`: what was typed that is refused, if it is one thing."""

    message = "Cette orientation ne peut pas être préparée ainsi."

    def __init__(self, message: str | None = None, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class CannotSend(Refusal):
    message = "Cette orientation ne peut pas partir : rien n’a été envoyé."


class ReferralOver(Refusal):
    message = "Cette orientation a changé d’état : ouvrez-la de nouveau."


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody prepares: whom of the household, for which needs, what is asked, which data would leave."""

    person_id: UUID
    needs: tuple[str, ...]
    asked: str
    email: str
    with_phone: bool
    with_address: bool
    safe_channel: str = ""


@transaction.atomic
def propose_referral(
    *, actor: User, case_id: UUID, structure: Structure, service: Service | None, proposal: Proposal, now: datetime
) -> PartnerReferral:
    """Prepare a referral: nothing leaves yet. Refuses a closed case, somebody who does not live there, no need, words
    about health or private life, a partner closed or already asked, a hidden address without a safe way to be reached.
    """
    case, today = locked(case_id), localtime(now).date()
    _check(case, structure, service, proposal, today)
    hidden = is_hidden(case, today)
    referral = PartnerReferral.objects.create(
        case=case,
        person_id=proposal.person_id,
        structure=structure,
        service=service,
        partner_name=structure.nom,
        service_name=service.nom if service else "",
        email=proposal.email.strip().lower(),
        needs=list(proposal.needs),
        asked=proposal.asked.strip(),
        with_phone=proposal.with_phone,
        with_address=proposal.with_address and not hidden,
        safe_channel=proposal.safe_channel if hidden else "",
        proposed_at=now,
        proposed_by=actor,
        expires_on=kept_until(timing_on(today), today),
    )
    needs = listed([str(Need(need).label).lower() for need in proposal.needs])
    tell_case(case, actor, now, f"{referral.partner_name} : orientation préparée pour {needs}.")
    audit_case(actor, case, "referral_proposed", referral=str(referral.pk), partner=structure.pk)
    return referral


def _check(case: Case, structure: Structure, service: Service | None, proposal: Proposal, today: date) -> None:
    if case.household_id is None:
        raise CannotRefer("Une situation de résidence ne concerne personne en particulier.")
    if case.state == CaseState.CLOSED:
        raise CannotRefer("Cette situation est close : rouvrez-la d’abord.")
    if structure.ended_on is not None or (service is not None and service.ended_on is not None):
        raise CannotRefer("Ce partenaire est fermé, ou ne propose plus cette aide : choisissez-en un autre.")
    if service is not None and service.structure_id != structure.pk:
        raise CannotRefer
    if proposal.person_id not in {one.pk for one in people_of(case, today)}:
        raise CannotRefer("Cette personne n’habite pas là aujourd’hui.", field="person")
    if not proposal.needs or not set(proposal.needs) <= set(Need.values):
        raise CannotRefer("Choisissez au moins un besoin.", field="needs")
    if CONFIDED.intersection(proposal.needs) and case.kind not in CONFIDENTIAL:
        raise CannotRefer("Ce besoin ne se dit que depuis une situation confidentielle.", field="needs")
    if len(proposal.asked.strip()) > ASKED_LENGTH:
        raise CannotRefer(f"{ASKED_LENGTH} caractères au plus.", field="asked")
    if found := check_note(proposal.asked):
        # What leaves the house cannot be taken back: here the words are refused, not only warned about.
        raise CannotRefer(f"« {found[0].excerpt} » : {found[0].advice}", field="asked")
    try:
        validate_email(proposal.email.strip())
    except ValidationError:
        raise CannotRefer(
            "Écrivez une adresse électronique, par exemple accueil@ccas.example.", field="email"
        ) from None
    if is_hidden(case, today) and proposal.safe_channel not in SafeChannel.values:
        raise CannotRefer("Dites comment le partenaire peut joindre la personne sans risque.", field="safe_channel")
    if PartnerReferral.objects.filter(
        case=case, person=proposal.person_id, structure=structure, state__in=UNDER_WAY
    ).exists():
        raise CannotRefer("Une orientation vers ce partenaire est déjà en cours pour cette personne.")


@transaction.atomic
def record_agreement(*, actor: User, referral_id: UUID, agreement: str, said_by: str, now: datetime) -> PartnerReferral:
    """Note what was answered to the words read out; a no ends the referral, and nothing leaves.

    Until it is sent, a later answer replaces the former. Refuses a referral sent or over; for a confidential case,
    anything but a clear yes or no.
    """
    case, referral = locked_referral(referral_id)
    if referral.state != ReferralState.PROPOSED:
        raise ReferralOver
    if agreement not in Agreement.values or said_by not in SaidBy.values:
        raise CannotRefer("Dites ce qui a été répondu, et par qui.")
    if agreement != Agreement.REFUSED and not agrees(agreement, confidential=case.kind in CONFIDENTIAL):
        raise CannotRefer(
            "Pour une situation confidentielle, il faut un oui clairement dit : rien ne part sans lui.",
            field="agreement",
        )
    today = localtime(now).date()
    referral.agreement, referral.said_by, referral.agreed_at, referral.heard_by = agreement, said_by, now, actor
    referral.words_version = words_on(today).version
    referral.expires_on = kept_until(timing_on(today), today)
    if agreement == Agreement.REFUSED:
        referral.state = ReferralState.REFUSED
    referral.save(
        update_fields=["agreement", "said_by", "agreed_at", "heard_by", "words_version", "expires_on", "state"]
    )
    words = {
        Agreement.REFUSED: "la réponse est non, rien n’est parti.",
        Agreement.CONSENT: "la réponse est oui.",
        Agreement.NON_OBJECTION: "pas d’opposition.",
    }[Agreement(agreement)]
    tell_case(case, actor, now, f"{referral.partner_name} : phrase lue (version {referral.words_version}), {words}")
    audit_case(actor, case, "referral_answered", referral=str(referral.pk), agreement=agreement, said_by=said_by)
    return referral


@transaction.atomic
def send_referral(*, actor: User, referral_id: UUID, root: str, now: datetime) -> PartnerReferral:
    """Send the partner a link; the message names nobody. Twice does nothing more.

    Refuses without an agreement, for a closed case, about somebody who left or died. `root`: the site's own address.
    """
    case, referral = locked_referral(referral_id)
    if referral.state in WITH_PARTNER:
        return referral
    if referral.state != ReferralState.PROPOSED:
        raise ReferralOver
    today = localtime(now).date()
    if not agrees(referral.agreement, confidential=case.kind in CONFIDENTIAL):
        raise CannotSend("Lisez d’abord la phrase à la personne, et notez sa réponse : rien n’a été envoyé.")
    if case.state == CaseState.CLOSED or referral.person_id not in {one.pk for one in people_of(case, today)}:
        raise CannotSend
    if is_hidden(case, today) and not referral.safe_channel:
        # Protected since it was prepared.
        raise CannotSend("L’adresse est protégée depuis. Retirez cette orientation et préparez-en une autre.")
    referral.state, referral.sent_at, referral.sent_by = ReferralState.SENT, now, actor
    referral.sendings += 1
    referral.expires_on = kept_until(timing_on(today), today)
    referral.save(update_fields=["state", "sent_at", "sent_by", "sendings", "expires_on"])
    send_link.enqueue(referral_id=referral.pk, sending=referral.sendings, root=root, kind="first")
    tell_case(case, actor, now, f"{referral.partner_name} : orientation envoyée.")
    audit_case(actor, case, "referral_sent", referral=str(referral.pk), partner=referral.structure_id)
    return referral


@transaction.atomic
def send_again(*, actor: User, referral_id: UUID, root: str, now: datetime) -> PartnerReferral:
    """Send a new link; the former ones stop opening, and so do the visits that they opened. Refuses one not sent."""
    case, referral = locked_referral(referral_id)
    if referral.state not in WITH_PARTNER:
        raise ReferralOver
    referral.sendings += 1
    referral.save(update_fields=["sendings"])
    _revoke_links(referral, now)
    send_link.enqueue(referral_id=referral.pk, sending=referral.sendings, root=root, kind="again")
    tell_case(case, actor, now, f"{referral.partner_name} : nouveau lien envoyé.")
    audit_case(actor, case, "referral_sent_again", referral=str(referral.pk))
    return referral


@transaction.atomic
def withdraw_referral(*, actor: User | None, referral_id: UUID, reason: str, now: datetime) -> PartnerReferral:
    """Take a referral back: its links open nothing any more, and the partner is told so. Twice does nothing more.

    Refuses one refused or finished, and a reason that is not of the list.
    """
    case, referral = locked_referral(referral_id)
    if referral.state == ReferralState.WITHDRAWN:
        return referral
    if referral.state not in UNDER_WAY:
        raise ReferralOver
    if reason not in WithdrawalReason.values:
        raise CannotRefer("Dites pourquoi.", field="reason")
    was_sent, today = referral.state in WITH_PARTNER, localtime(now).date()
    referral.state, referral.withdrawn_at, referral.withdrawn_by = ReferralState.WITHDRAWN, now, actor
    referral.withdrawal = reason
    referral.expires_on = kept_until(timing_on(today), today)
    referral.save(update_fields=["state", "withdrawn_at", "withdrawn_by", "withdrawal", "expires_on"])
    _revoke_links(referral, now)
    if was_sent:
        tell_partner.enqueue(referral_id=referral.pk, what="withdrawn")
    label = str(WithdrawalReason(reason).label)
    tell_case(case, actor, now, f"{referral.partner_name} : orientation retirée. {label}.")
    audit_case(actor, case, "referral_withdrawn", referral=str(referral.pk), reason=reason)
    return referral


def locked_referral(referral_id: UUID) -> tuple[Case, PartnerReferral]:
    """The case, then its referral, for this transaction alone: always in that order."""
    case = locked(PartnerReferral.objects.values_list("case_id", flat=True).get(pk=referral_id))
    referral = PartnerReferral.objects.select_for_update(of=["self"]).select_related("person").get(pk=referral_id)
    referral.case = case
    return case, referral


def _revoke_links(referral: PartnerReferral, now: datetime) -> None:
    ReferralLink.objects.filter(referral=referral, revoked_at=None).update(revoked_at=now)


def tell_case(case: Case, actor: User | None, now: datetime, words: str, *, news: bool = False) -> None:
    """A line in the life of the case; news for its owner when it comes from elsewhere."""
    if news and case.state != CaseState.CLOSED:
        case.news_at = now
        save_case(case, "news_at")
    else:
        save_case(case)
    add_event(case, ActionKind.REFERRAL, by=actor, at=now, words=words[:500])


# ---- What leaves by mail


@job(queue="messages", retry_on=(OSError,))
def send_link(*, referral_id: str, sending: int, root: str, kind: str) -> None:
    """Draw a link and send it, once for each sending; nothing when the referral is over meanwhile."""
    write_to_partner(referral_id=UUID(str(referral_id)), sending=sending, root=root, kind=kind, now=clock())


@job(queue="messages", retry_on=(OSError,))
def tell_partner(*, referral_id: str, what: str) -> None:
    """Tell a partner that a referral is withdrawn: no link, no name."""
    write_to_partner(referral_id=UUID(str(referral_id)), sending=0, root="", kind=what, now=clock())


@job(queue="messages", retry_on=(OSError,))
def tell_owner(*, referral_id: str, what: str) -> None:
    """Tell who follows the case what happened to a referral: no name but the partner's."""
    write_to_owner(referral_id=UUID(str(referral_id)), what=what)


# ---- Each morning, and each night


@job(queue="cases")
def watch_referrals() -> int:
    """Each working morning: write again to silent partners, tell owners what is late. How many were written to."""
    return watch(now=clock())


def watch(*, now: datetime) -> int:
    """Withdraw what is about somebody gone; remind partners, tell owners; nothing at week-ends and on days off.

    Run twice the same day, it writes once.
    """
    today = localtime(now).date()
    for referral_id in for_nobody(today):
        withdraw_referral(actor=None, referral_id=referral_id, reason=WithdrawalReason.LEFT, now=now)
    if today.isoweekday() > 5 or is_day_off("", today):
        return 0
    return sum(_look_at(one, today, now) for one in awaited())


@transaction.atomic
def _look_at(referral_id: UUID, today: date, now: datetime) -> int:
    case, referral = locked_referral(referral_id)
    if referral.state not in WITH_PARTNER or referral.sent_at is None:
        return 0
    timing, written = timing_on(today), 0
    sent_on = localtime(referral.sent_at).date()
    if referral.state == ReferralState.SENT and reminder_is_due(
        timing, sent_on=sent_on, reminders=referral.reminders, today=today
    ):
        referral.reminders += 1
        referral.sendings += 1
        referral.save(update_fields=["reminders", "sendings"])
        send_link.enqueue(referral_id=referral.pk, sending=referral.sendings, root="", kind="reminder")
        tell_case(case, None, now, f"{referral.partner_name} : relance envoyée, sans signe depuis l’envoi.")
        written += 1
    since = localtime(referral.acknowledged_at).date() if referral.acknowledged_at else sent_on
    late = owner_is_to_be_told(timing, state=referral.state, since=since, today=today)
    if late and referral.owner_told_of != referral.state:
        referral.owner_told_of = referral.state
        referral.save(update_fields=["owner_told_of"])
        tell_owner.enqueue(referral_id=referral.pk, what=f"late_{referral.state}")
        silent = "aucun signe du partenaire" if referral.state == ReferralState.SENT else "reçue, mais pas terminée"
        days = (today - since).days
        tell_case(case, None, now, f"{referral.partner_name} : {silent} depuis {days} jours.", news=True)
        written += 1
    return written


@job(queue="cases")
def purge_referrals() -> int:
    """Erase each night the referrals that came to their last day, and old codes. How many referrals."""
    return erase_referrals(today=localdate())


@transaction.atomic
def erase_referrals(*, today: date) -> int:
    """Erase what has ended: the audit keeps the number of referrals, never whose. Codes go after a month."""
    ended = PartnerReferral.objects.filter(expires_on__lt=today)
    count = ended.count()
    if count:
        ended.delete()
        record_audit(
            actor=None,
            action=AuditAction.CASE_CHANGED,
            subject_type="cases.PartnerReferral",
            reason="Orientations arrivées à leur terme",
            detail={"case": "referrals_erased", "count": count},
        )
    ReferralCode.objects.filter(created_at__date__lt=today - CODES_KEPT).delete()
    return count
