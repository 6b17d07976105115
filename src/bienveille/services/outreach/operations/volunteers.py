"""The call for volunteers: opened, answered, accepted with the caller's role, declined with a kind word, closed."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localdate, localtime

from bienveille.ground.lib.names import clean_text
from bienveille.ground.platform.jobs import job
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts import operations as accounts
from bienveille.register.accounts.choices import AuditAction, Role
from bienveille.register.accounts.models import Agency, User
from bienveille.services.outreach.choices import OfferState
from bienveille.services.outreach.models import VolunteerCall, VolunteerOffer
from bienveille.services.outreach.rules.volunteers import kept_until, may_answer, read_domain


class DomainNeeded(Refusal):
    message = "Écrivez la fin des adresses du bailleur, par exemple bailleur.fr."


class CallClosed(Refusal):
    message = "Cet appel à volontaires est terminé."


class AlreadyRead(Refusal):
    message = "Votre réponse a déjà été lue. Pour la changer, parlez-en à la personne qui coordonne les appels."


class AlreadyDecided(Refusal):
    message = "Quelqu’un a déjà répondu à cette personne."


@dataclass(frozen=True)
class Answer:
    """What somebody answers to a call for volunteers."""

    first_name: str
    last_name: str
    willing: bool
    service: str = ""
    agency_id: UUID | None = None
    equipped: bool = False
    hours_per_week: Decimal | None = None
    half_days: Collection[str] = ()
    languages: Collection[str] = ()
    knows: Collection[UUID] = ()
    at_ease: Collection[str] = ()


@transaction.atomic
def open_volunteer_call(
    *,
    actor: User,
    name: str,
    words: str,
    agency: Agency | None,
    public: bool,
    email_domain: str,
    asked: int | None,
    now: datetime,
) -> VolunteerCall:
    """Open a call for volunteers, with its own link. Refuses a public one without the landlord's domain."""
    domain = read_domain(email_domain)
    if public and not domain:
        raise DomainNeeded
    call = VolunteerCall.objects.create(
        name=clean_text(name)[:150],
        words=words.strip()[:1000],
        agency=agency,
        secret=secrets.token_urlsafe(32),
        public=public,
        email_domain=domain,
        asked=asked,
        created_by=actor,
        created_at=now,
    )
    _audit(actor, call, "volunteer_call_opened", public=public)
    return call


@transaction.atomic
def close_volunteer_call(*, actor: User, call_id: UUID, now: datetime) -> VolunteerCall:
    """End a call for volunteers: its link no longer takes answers. Twice, the first day stays."""
    call = VolunteerCall.objects.select_for_update().get(pk=call_id)
    if call.closed_at is None:
        call.closed_at = now
        call.save(update_fields=["closed_at"])
        _audit(actor, call, "volunteer_call_closed")
    return call


@transaction.atomic
def answer_as_user(*, user: User, call_id: UUID, answer: Answer, now: datetime) -> VolunteerOffer:
    """Answer a call for volunteers, signed in; answered again, it is changed as long as nobody has read it.

    Refuses a call that is closed, and an answer that has been accepted or declined.
    """
    call = VolunteerCall.objects.select_for_update().get(pk=call_id)
    if call.closed_at is not None:
        raise CallClosed
    offer = VolunteerOffer.objects.select_for_update().filter(call=call, email=user.email).first()
    if offer is not None and offer.state != OfferState.WAITING:
        raise AlreadyRead
    offer = offer or VolunteerOffer(call=call, email=user.email)
    offer.user = user
    _fill(offer, answer, now)
    _audit(user, call, "volunteer_answered")
    return offer


@transaction.atomic
def answer_without_account(*, call_id: UUID, email: str, answer: Answer, now: datetime) -> bool:
    """Answer a public call. False when nothing is kept: another domain, a call closed, an address that has answered.

    Whoever asked is told the same in every case, so that nobody learns who works here. A first answer is never
    replaced: anybody may type anybody's address.
    """
    call = VolunteerCall.objects.select_for_update().filter(pk=call_id, public=True, closed_at=None).first()
    email = email.strip().lower()
    if call is None or not may_answer(email, call.email_domain):
        return False
    if VolunteerOffer.objects.filter(call=call, email=email).exists():
        return False
    _fill(VolunteerOffer(call=call, email=email), answer, now)
    _audit(None, call, "volunteer_answered")
    return True


def _fill(offer: VolunteerOffer, answer: Answer, now: datetime) -> None:
    offer.first_name, offer.last_name = clean_text(answer.first_name)[:100], clean_text(answer.last_name)[:100]
    offer.service, offer.agency_id = clean_text(answer.service)[:100], answer.agency_id
    offer.willing, offer.equipped = answer.willing, answer.willing and answer.equipped
    offer.hours_per_week = answer.hours_per_week if answer.willing else None
    offer.half_days = sorted(set(answer.half_days)) if answer.willing else []
    offer.languages = sorted(set(answer.languages)) if answer.willing else []
    offer.at_ease = sorted(set(answer.at_ease)) if answer.willing else []
    offer.answered_at, offer.expires_on = now, kept_until(localtime(now).date(), declined=not answer.willing)
    offer.save()
    offer.knows.set(Agency.objects.filter(pk__in=answer.knows if answer.willing else ()))


@transaction.atomic
def accept_offer(*, actor: User, offer_id: UUID, root: str, now: datetime) -> User:
    """Somebody may call from now on: the caller's role in their agency, their hours and languages; an account if none.

    To a new account a link leaves by e-mail, with which its owner alone chooses a password (`root`: address of the
    site). Refuses an answer already declined and an account that is closed. Twice changes nothing.
    """
    offer = _locked(offer_id)
    if offer.state == OfferState.DECLINED or not offer.willing or offer.email is None:
        raise AlreadyDecided
    user = User.objects.filter(email=offer.email).first()
    if offer.state == OfferState.ACCEPTED and user is not None:
        return user
    if user is not None and not user.is_active:
        raise accounts.AccountInactive
    agency_id = offer.agency_id or offer.call.agency_id
    agency = Agency.objects.filter(pk=agency_id).first() if agency_id else None
    new = user is None
    if user is None:
        user = accounts.create_user(
            actor=actor,
            email=offer.email,
            first_name=offer.first_name,
            last_name=offer.last_name,
            service=offer.service,
            agency=agency,
        )
    accounts.grant_role(actor=actor, user=user, role=Role.CALLER, agency=agency)
    covers = set(user.covers.values_list("pk", flat=True)) or set(offer.knows.values_list("pk", flat=True))
    hours = user.hours_per_week if user.hours_per_week is not None else offer.hours_per_week
    languages = sorted({*user.languages, *offer.languages})
    accounts.change_availability(actor=actor, user=user, covers=covers, hours_per_week=hours, languages=languages)
    offer.user, offer.state, offer.decided_at, offer.decided_by = user, OfferState.ACCEPTED, now, actor
    offer.save(update_fields=["user", "state", "decided_at", "decided_by"])
    if new:
        accounts.send_reset_link.enqueue(user_id=str(user.pk), root=root)
    _audit(actor, offer.call, "volunteer_accepted")
    return user


@transaction.atomic
def decline_offer(*, actor: User, offer_id: UUID, reply: str, now: datetime) -> VolunteerOffer:
    """Thank somebody without taking up their offer, with a kind word that they read on the page of the call.

    Refuses one already accepted. Twice, the first word stays.
    """
    offer = _locked(offer_id)
    if offer.state == OfferState.ACCEPTED:
        raise AlreadyDecided
    if offer.state == OfferState.WAITING:
        offer.state, offer.decided_at, offer.decided_by = OfferState.DECLINED, now, actor
        offer.reply = clean_text(reply)[:300]
        offer.expires_on = kept_until(localtime(now).date(), declined=True)
        offer.save(update_fields=["state", "decided_at", "decided_by", "reply", "expires_on"])
        _audit(actor, offer.call, "volunteer_declined")
    return offer


@job(queue="default")
def forget_offers() -> int:
    """Forget who answered calls for volunteers, on the last day of each answer; the figures of the call stay.

    How many answers were forgotten.
    """
    past = VolunteerOffer.objects.filter(expires_on__lt=localdate(), email__isnull=False)
    VolunteerOffer.knows.through.objects.filter(volunteeroffer__in=past).delete()
    return past.update(
        user=None,
        email=None,
        first_name="",
        last_name="",
        service="",
        agency=None,
        hours_per_week=None,
        half_days=[],
        languages=[],
        at_ease=[],
        reply="",
    )


def _locked(offer_id: UUID) -> VolunteerOffer:
    return VolunteerOffer.objects.select_for_update(of=["self"]).select_related("call").get(pk=offer_id)


def _audit(actor: User | None, call: VolunteerCall, did: str, **detail: bool) -> None:
    record_audit = accounts.record_audit
    record_audit(actor=actor, action=AuditAction.ACCOUNT_CHANGED, subject=call, detail={"did": did, **detail})
