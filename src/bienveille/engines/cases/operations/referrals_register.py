"""Requests to a town hall's register of frail people: asked once the person did not object, sent, acknowledged, ended.

What is written to the town hall is made by `queries.referrals_register.rows_to_send`: the fields of the law's third
party, and nothing else. Somebody at a protected address is never proposed.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localtime
from django.utils.timezone import now as clock

from bienveille.engines.cases.choices import Agreement, RegisterRemoval, RegisterState, SaidBy
from bienveille.engines.cases.models import RegisterRequest
from bienveille.engines.cases.operations.referrals import CannotRefer
from bienveille.engines.cases.queries.referrals_register import ON_A_REGISTER, open_request_of, requests_to_end
from bienveille.engines.cases.rules.referrals import kept_until, timing_on
from bienveille.engines.cases.rules.referrals_register import HOME_SERVICE_LENGTH, qualities_on, register_words
from bienveille.ground.platform.jobs import job
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.tenants.models import Person, Relative
from bienveille.register.tenants.queries import is_protected
from bienveille.register.tenants.rules import is_present
from bienveille.register.wording.queries import check_note

#: A telephone number, however it is spaced.
_NUMBER = re.compile(r"\+?\d(?:[\s.\u00a0-]?\d){8,12}")
OPEN = (RegisterState.TO_SEND, *ON_A_REGISTER)


class CannotAskRegister(CannotRefer):
    message = "Cette demande ne peut pas être faite ainsi."


@dataclass(frozen=True, slots=True)
class RegisterFacts:
    """What was said: the ground, the answer to the words read out, who comes to the home, whom to warn."""

    quality: str
    agreement: str
    said_by: str
    home_service: str = ""
    to_warn: UUID | None = None


@transaction.atomic
def ask_register(*, actor: User, person: Person, facts: RegisterFacts, now: datetime) -> RegisterRequest:
    """Keep what somebody answered to the words read out; a no is kept too, and nothing is ever sent for it.

    Refuses somebody who is not there, at a protected address, in no known commune, too young for the ground, already
    proposed; a relative who is not theirs or did not agree to be called; words about health.
    """
    held = (
        Person.objects.select_for_update(of=["self"])
        .select_related("household__dwelling__building__residence__commune")
        .get(pk=person.pk)
    )
    today = localtime(now).date()
    dwelling = held.household.dwelling
    residence = dwelling.building.residence if dwelling else None
    _check(held, facts, today)
    if residence is None or residence.commune is None:
        raise CannotAskRegister("La commune de ce logement n’est pas connue\u00a0: corrigez d’abord la résidence.")
    refused = facts.agreement == Agreement.REFUSED
    made = RegisterRequest.objects.create(
        person=held,
        commune=residence.commune,
        agency_id=residence.agency_id,
        quality=facts.quality,
        home_service="" if refused else facts.home_service.strip(),
        to_warn_id=None if refused else facts.to_warn,
        agreement=facts.agreement,
        said_by=facts.said_by,
        agreed_at=now,
        heard_by=actor,
        words_version=register_words(today).version,
        state=RegisterState.REFUSED if refused else RegisterState.TO_SEND,
        asked_on=today,
        expires_on=kept_until(timing_on(today), today),
    )
    _audit(actor, made, "register_refused" if refused else "register_asked", agreement=facts.agreement)
    return made


def _check(person: Person, facts: RegisterFacts, today: date) -> None:
    if not is_present(person, today):
        raise CannotAskRegister("Cette personne n’habite plus là.")
    if is_protected(person.household_id, today):
        raise CannotAskRegister(
            "Son adresse est protégée\u00a0: elle ne part nulle part. La personne peut s’inscrire elle-même en mairie."
        )
    quality = next((one for one in qualities_on(today) if one.code == facts.quality), None)
    if quality is None:
        raise CannotAskRegister("Choisissez à quel titre.", field="quality")
    if quality.fits(person.birth_date, today) is False:
        raise CannotAskRegister(f"Il faut avoir {quality.min_age} ans au moins.", field="quality")
    if facts.agreement not in Agreement.values:
        raise CannotAskRegister("Dites ce qui a été répondu.", field="agreement")
    if facts.said_by not in SaidBy.values:
        raise CannotAskRegister("Dites qui a répondu.", field="said_by")
    if len(facts.home_service.strip()) > HOME_SERVICE_LENGTH:
        raise CannotAskRegister(f"{HOME_SERVICE_LENGTH} caractères au plus.", field="home_service")
    if found := check_note(_NUMBER.sub(" ", facts.home_service)):  # the number of a service is wanted here
        raise CannotAskRegister(f"«\u00a0{found[0].excerpt}\u00a0»\u00a0: {found[0].advice}", field="home_service")
    agreed = Relative.objects.filter(person=person, agreed_on__isnull=False)
    if facts.to_warn is not None and not agreed.filter(pk=facts.to_warn).exists():
        raise CannotAskRegister("Choisissez un proche qui a accepté d’être appelé.", field="to_warn")
    if open_request_of(person.pk) is not None:
        raise CannotAskRegister("Une demande est déjà faite pour cette personne.")


@transaction.atomic
def mark_sent(*, actor: User, keys: Collection[UUID], now: datetime) -> int:
    """The request for these people went to the town hall, as somebody sent it. How many; twice does nothing more."""
    today, sent = localtime(now).date(), 0
    rows = RegisterRequest.objects.select_for_update().filter(pk__in=list(keys), state=RegisterState.TO_SEND)
    for one in rows.order_by("pk"):
        one.state, one.sent_at, one.sent_by = RegisterState.SENT, now, actor
        one.expires_on = kept_until(timing_on(today), today)
        one.save(update_fields=["state", "sent_at", "sent_by", "expires_on"])
        _audit(actor, one, "register_sent")
        sent += 1
    return sent


@transaction.atomic
def acknowledge_register(*, actor: User, request_id: UUID, today: date) -> RegisterRequest:
    """The town hall answered that somebody is inscribed. Twice does nothing more; refuses what was not sent."""
    one = RegisterRequest.objects.select_for_update().get(pk=request_id)
    if one.state == RegisterState.ACKNOWLEDGED:
        return one
    if one.state != RegisterState.SENT:
        raise CannotAskRegister("Cette demande n’est pas à la mairie.")
    one.state, one.acknowledged_on = RegisterState.ACKNOWLEDGED, today
    one.expires_on = kept_until(timing_on(today), today)
    one.save(update_fields=["state", "acknowledged_on", "expires_on"])
    _audit(actor, one, "register_acknowledged")
    return one


@transaction.atomic
def remove_register(*, actor: User | None, request_id: UUID, reason: str, today: date) -> RegisterRequest:
    """Somebody leaves the register, or was never sent: who they are goes to the town hall by hand, in writing.

    Twice does nothing more. Refuses a reason that is not of the list, and one that was refused from the start.
    """
    one = RegisterRequest.objects.select_for_update().get(pk=request_id)
    if one.state == RegisterState.REMOVED:
        return one
    if one.state not in OPEN or reason not in RegisterRemoval.values:
        raise CannotAskRegister("Dites pourquoi.", field="reason")
    one.state, one.removed_on, one.removed_by, one.removal = RegisterState.REMOVED, today, actor, reason
    one.expires_on = kept_until(timing_on(today), today)
    one.save(update_fields=["state", "removed_on", "removed_by", "removal", "expires_on"])
    _audit(actor, one, "register_removed", reason=reason)
    return one


@job(queue="cases")
def tidy_registers() -> int:
    """Each night: who died, left, or became protected is taken out; what came to its last day is erased. How many."""
    return end_registers(today=localtime(clock()).date())


@transaction.atomic
def end_registers(*, today: date) -> int:
    """Take out whom a register no longer concerns, erase what has ended. The audit keeps the number, never whose."""
    ending = requests_to_end(today)
    for key, reason in ending:
        remove_register(actor=None, request_id=key, reason=reason, today=today)
    ended = RegisterRequest.objects.filter(expires_on__lt=today)
    erased = ended.count()
    if erased:
        ended.delete()
        record_audit(
            actor=None,
            action=AuditAction.PERSON_CHANGED,
            subject_type="cases.RegisterRequest",
            reason="Demandes d’inscription arrivées à leur terme",
            detail={"change": "register_erased", "count": erased},
        )
    return len(ending) + erased


def _audit(actor: User | None, one: RegisterRequest, change: str, **detail: str) -> None:
    record_audit(
        actor=actor,
        action=AuditAction.PERSON_CHANGED,
        subject_type="cases.RegisterRequest",
        subject_id=one.pk,
        detail={"change": change, "person": str(one.person_id), **detail},
    )
