"""What a partner does with a referral, without account: ask for a code, give it, acknowledge, answer, finish, leave.

Whoever holds a link that no longer stands learns nothing; who follows the case is told that another one is asked.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.crypto import constant_time_compare
from django.utils.timezone import localtime
from django.utils.timezone import now as clock

from bienveille.engines.cases.choices import CodeChannel, PartnerAnswer, ReferralState
from bienveille.engines.cases.models import PartnerReferral, ReferralCode, ReferralLink
from bienveille.engines.cases.operations.referrals import ReferralOver, locked_referral, tell_case, tell_owner
from bienveille.engines.cases.operations.referrals_mail import keyed, write_code
from bienveille.engines.cases.queries.referrals import codes_lately, standing_link, waiting_code
from bienveille.engines.cases.rules import CONFIDENTIAL
from bienveille.engines.cases.rules.referrals import (
    ANSWER_LENGTH,
    ASKED_AGAIN_EVERY,
    CODE_LASTS,
    CODE_TRIES,
    CODES_A_DAY_FOR_A_LINK,
    CODES_A_DAY_FOR_AN_ADDRESS,
    UNDER_WAY,
    VISIT_LASTS,
    WITH_PARTNER,
    kept_until,
    timing_on,
)
from bienveille.ground.platform.jobs import job
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.operations import record_audit
from bienveille.register.accounts.rules import digest
from bienveille.register.wording.queries import check_note


class NoStandingLink(Refusal):
    message = "Ce lien ne sert plus."


class TooManyCodes(Refusal):
    message = "Trop de codes ont été demandés aujourd’hui. Réessayez demain, ou appelez la personne qui vous écrit."


class NoSuchChannel(Refusal):
    message = "Les codes ne partent pas encore par cette voie."


class InvalidAnswer(Refusal):
    """`field`: what was typed that is refused."""

    message = "Choisissez une réponse."

    def __init__(self, message: str | None = None, *, field: str = "answer") -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Visit:
    """A code was right: which referral opens, for the browser that holds `holder`."""

    referral_id: UUID
    holder: str


@transaction.atomic
def ask_code(*, secret: str, now: datetime) -> str:
    """Draw a one-time code and send it to the partner's own address. Gives what the browser's session must keep.

    Refuses a link that no longer stands, and too many codes in a day for the link or for the address.
    """
    link = standing_link(secret, now)
    if link is None:
        raise NoStandingLink
    # One at a time for a link: two requests at once do not pass the limit together.
    ReferralLink.objects.select_for_update().get(pk=link.pk)
    for_link, for_address = codes_lately(link, now)
    if for_link >= CODES_A_DAY_FOR_A_LINK or for_address >= CODES_A_DAY_FOR_AN_ADDRESS:
        raise TooManyCodes
    if link.referral.code_channel != CodeChannel.EMAIL:
        raise NoSuchChannel
    holder = secrets.token_urlsafe(32)
    code = ReferralCode.objects.create(
        link=link,
        holder=digest(holder),
        channel=link.referral.code_channel,
        created_at=now,
        expires_at=now + CODE_LASTS,
    )
    send_code.enqueue(code_id=code.pk)
    return holder


@job(queue="messages", retry_on=(OSError,))
def send_code(*, code_id: str) -> None:
    """Draw and send one code, once."""
    write_code(code_id=UUID(str(code_id)), now=clock())


@transaction.atomic
def give_code(*, secret: str, holder: str, digits: str, now: datetime) -> Visit | None:
    """The partner types the code: the visit that it opens, None when it is not the right one.

    A try is counted before anything is compared, and stays counted. A code serves once, in ten minutes, in the browser
    that asked for it. The visit has a key of its own: what the session held before opens nothing.
    """
    link = standing_link(secret, now)
    known = waiting_code(link, holder, now) if link is not None else None
    if link is None or known is None:
        return None
    code = ReferralCode.objects.select_for_update().get(pk=known.pk)
    if code.tries >= CODE_TRIES or code.used_at is not None or code.ended_at is not None or not code.digest:
        return None
    code.tries += 1
    if not constant_time_compare(code.digest, keyed(code, digits)):
        code.save(update_fields=["tries"])
        return None
    visitor = secrets.token_urlsafe(32)
    code.used_at, code.visit_until, code.holder = now, now + VISIT_LASTS, digest(visitor)
    code.save(update_fields=["tries", "used_at", "visit_until", "holder"])
    referral = link.referral
    # As the staff's own readings: that of a confidential case is written on the case alone.
    household_id = None if referral.case.kind in CONFIDENTIAL else referral.case.household_id
    record_audit(
        actor=None,
        action=AuditAction.HOUSEHOLD_READ,
        subject_type="tenants.Household" if household_id else "cases.Case",
        subject_id=household_id or referral.case_id,
        reason=f"Orientation ouverte par {referral.partner_name}",
        detail={"referral": str(referral.pk)},
    )
    return Visit(referral.pk, visitor)


@transaction.atomic
def see_referral(*, referral_id: UUID, now: datetime) -> None:
    """The partner opens the page; the first time is kept."""
    PartnerReferral.objects.filter(pk=referral_id, seen_at=None, state__in=WITH_PARTNER).update(seen_at=now)


@transaction.atomic
def leave_visit(*, visit: ReferralCode, now: datetime) -> None:
    """The partner closes the page on this machine: its key opens nothing any more. Twice does nothing more."""
    ReferralCode.objects.filter(pk=visit.pk, ended_at=None).update(ended_at=now)


@transaction.atomic
def acknowledge_referral(*, referral_id: UUID, now: datetime) -> PartnerReferral:
    """The partner says « J’ai bien reçu ». Twice does nothing more; refuses one that is over."""
    case, referral = locked_referral(referral_id)
    if referral.state == ReferralState.ACKNOWLEDGED:
        return referral
    if referral.state != ReferralState.SENT:
        raise ReferralOver
    _acknowledge(referral, now)
    tell_case(case, None, now, f"{referral.partner_name} : orientation reçue.", news=True)
    return referral


@transaction.atomic
def answer_referral(*, referral_id: UUID, answer: str, words: str, closing: bool, now: datetime) -> PartnerReferral:
    """The partner answers, and may say that it is finished: then the link opens nothing any more.

    Refuses an answer that is not of the list, words about health or private life, and a referral that is over.
    """
    case, referral = locked_referral(referral_id)
    if referral.state not in WITH_PARTNER:
        raise ReferralOver
    words = words.strip()
    if answer not in PartnerAnswer.values:
        raise InvalidAnswer
    if len(words) > ANSWER_LENGTH:
        raise InvalidAnswer(f"{ANSWER_LENGTH} caractères au plus.", field="words")
    if found := check_note(words):
        raise InvalidAnswer(f"« {found[0].excerpt} » : {found[0].advice}", field="words")
    _acknowledge(referral, now)
    referral.answer, referral.answer_words, referral.answered_at = answer, words, now
    if closing:
        referral.state, referral.closed_at = ReferralState.CLOSED, now
        ReferralLink.objects.filter(referral=referral, revoked_at=None).update(revoked_at=now)
    referral.save(update_fields=["answer", "answer_words", "answered_at", "state", "closed_at"])
    label = str(PartnerAnswer(answer).label)
    end = " Terminé." if closing else ""
    # What the partner wrote stays in the referral alone: its last day comes before that of the case.
    tell_case(case, None, now, f"{referral.partner_name} : {label[:1].lower()}{label[1:]}.{end}", news=True)
    tell_owner.enqueue(referral_id=referral.pk, what="closed" if closing else "answered")
    return referral


def _acknowledge(referral: PartnerReferral, now: datetime) -> None:
    today = localtime(now).date()
    referral.expires_on = kept_until(timing_on(today), today)
    if referral.state == ReferralState.SENT:
        referral.state, referral.acknowledged_at = ReferralState.ACKNOWLEDGED, now
    referral.save(update_fields=["state", "acknowledged_at", "expires_on"])


@job(queue="messages")
def ask_link_again(*, link: str) -> None:
    """Somebody holds a link that opens nothing: tell who follows the case, if the link was ever ours."""
    tell_asked_again(link=link, now=clock())


@transaction.atomic
def tell_asked_again(*, link: str, now: datetime) -> bool:
    """Tell the owner that a new link is asked; `link`: the digest of the secret. Once in half a day, and nothing for a
    referral refused, finished or withdrawn, nor for a link that we never made. Whether somebody was told.
    """
    known = ReferralLink.objects.filter(digest=link).first()
    if known is None:
        return False
    case, referral = locked_referral(known.referral_id)
    last = ReferralLink.objects.filter(referral=referral, asked_again_at__gt=now - ASKED_AGAIN_EVERY)
    if referral.state not in UNDER_WAY or last.exists():
        return False
    ReferralLink.objects.filter(pk=known.pk).update(asked_again_at=now)
    tell_case(case, None, now, f"{referral.partner_name} : demande un nouveau lien.", news=True)
    tell_owner.enqueue(referral_id=referral.pk, what="asked_again")
    return True
