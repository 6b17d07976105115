"""Sentences that may be quoted: kept during a call after asking, read again, published without a name, withdrawn."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localdate, localtime

from bienveille.engines.dispatch.choices import Outcome
from bienveille.engines.dispatch.models import Attempt
from bienveille.ground.lib.names import clean_text
from bienveille.ground.lib.typography import listed
from bienveille.ground.platform.jobs import job
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.wording.queries import check_note
from bienveille.services.outreach.choices import Emotion, VerbatimRefusal, VerbatimState
from bienveille.services.outreach.models import VERBATIM_LENGTH, Campaign, Verbatim
from bienveille.services.outreach.queries import people_to_quote, verbatim_context
from bienveille.services.outreach.rules import AGREEMENT, names_left

MOST_EMOTIONS = 3


class CannotPublishVerbatim(Refusal):
    message = "Cette phrase ne peut pas être publiée telle quelle."


class VerbatimGone(Refusal):
    message = "Cette phrase a été retirée\u00a0: ses mots sont effacés et ne reviennent pas."


@dataclass(frozen=True)
class Quote:
    """What a caller typed of a sentence to quote; nothing when `text` is empty."""

    text: str = ""
    agreed: bool = False
    agreed_by: UUID | None = None
    emotions: tuple[str, ...] = ()


def check_quote(quote: Quote, outcome: str) -> dict[str, list[str]]:
    """What is wrong in a sentence to quote, by field: `quote`, `quote_agreed`, `emotions`. No query."""
    text = quote.text.strip()
    errors: dict[str, list[str]] = {}
    unknown = [one for one in quote.emotions if one not in Emotion.values]
    if unknown or len(quote.emotions) > MOST_EMOTIONS:
        errors["emotions"] = [f"Choisissez {MOST_EMOTIONS} mots au plus, dans la liste."]
    if not text:
        return errors
    if outcome not in (Outcome.REACHED, Outcome.INTERRUPTED):
        errors["quote"] = [
            "Une phrase se cite après une conversation\u00a0: effacez-la, ou corrigez la fin de l’appel."
        ]
    elif len(text) > VERBATIM_LENGTH:
        errors["quote"] = [f"La phrase fait {len(text)} caractères\u00a0; {VERBATIM_LENGTH} au plus."]
    elif "\0" in text:
        errors["quote"] = ["La phrase contient un caractère impossible à enregistrer."]
    elif found := check_note(text):
        words = listed(f"«\u00a0{one.excerpt}\u00a0»" for one in found[:3])
        errors["quote"] = [
            f"{words}\u00a0: une phrase citée ne parle ni de santé, ni de vie privée. Choisissez-en une autre."
        ]
    if not quote.agreed:
        errors["quote_agreed"] = ["Posez la question, puis cochez si la personne a dit oui. Sinon, effacez la phrase."]
    return errors


def keep_verbatim(*, attempt: Attempt, campaign: Campaign, quote: Quote, now: datetime) -> Verbatim | None:
    """Keep a sentence with the call being saved: who agreed, the words read to them. None when there is no sentence.

    Called inside `record_call`, after `check_quote`. Refuses somebody who is not of the household (`Refusal`).
    """
    text = clean_text(quote.text)
    if not text:
        return None
    people = people_to_quote(attempt.contact.household_id)
    known = [key for key, _ in people]
    agreed_by = quote.agreed_by or (known[0] if len(known) == 1 else None)
    if agreed_by not in known:
        raise CannotPublishVerbatim("Dites qui, dans le foyer, a accepté d’être cité.")
    return Verbatim.objects.create(
        attempt=attempt,
        said=text,
        emotions=[one for one in Emotion.values if one in quote.emotions],
        agreed_by_id=agreed_by,
        agreed_words=AGREEMENT,
        expires_on=localtime(now).date() + timedelta(days=campaign.keep_answers_days),
    )


@transaction.atomic
def publish_verbatim(
    *, actor: User, verbatim_id: UUID, words: str, emotions: Iterable[str] | None = None, now: datetime
) -> Verbatim:
    """Show a sentence without the name of who said it, in these words; the original stays hidden.

    Refuses one that was withdrawn (`VerbatimGone`), words that name somebody of the household, speak of health or
    private life, are empty or too long (`CannotPublishVerbatim`). May be done again: the words change.
    """
    verbatim = _locked(verbatim_id)
    words = clean_text(words)
    if not words or len(words) > VERBATIM_LENGTH:
        raise CannotPublishVerbatim(f"Écrivez la phrase à montrer, en {VERBATIM_LENGTH} caractères au plus.")
    if found := check_note(words):
        told = listed(f"«\u00a0{one.excerpt}\u00a0»" for one in found[:3])
        raise CannotPublishVerbatim(f"{told}\u00a0: ces mots touchent à la santé ou à la vie privée. Retirez-les.")
    if left := names_left(words, verbatim_context(verbatim).names):
        told = listed(f"«\u00a0{one}\u00a0»" for one in dict.fromkeys(left))
        raise CannotPublishVerbatim(f"{told}\u00a0: ce nom ferait reconnaître la personne. Remplacez-le.")
    if emotions is not None:
        chosen = set(emotions)
        verbatim.emotions = [one for one in Emotion.values if one in chosen][:MOST_EMOTIONS]
    verbatim.shown, verbatim.refusal = words, ""
    return _moderated(verbatim, VerbatimState.PUBLISHED, actor, now)


@transaction.atomic
def refuse_verbatim(*, actor: User, verbatim_id: UUID, reason: str, now: datetime) -> Verbatim:
    """Leave a sentence out of the wall and of the report, with its reason. Refuses one that was withdrawn."""
    verbatim = _locked(verbatim_id)
    verbatim.shown, verbatim.refusal = "", VerbatimRefusal(reason)
    return _moderated(verbatim, VerbatimState.REFUSED, actor, now)


@transaction.atomic
def withdraw_verbatim(*, actor: User, verbatim_id: UUID, now: datetime) -> Verbatim:
    """The person no longer wants to be quoted: the words are erased for good, at any time. Harmless twice."""
    verbatim = _locked(verbatim_id, gone=True)
    if verbatim.state == VerbatimState.WITHDRAWN:
        return verbatim
    verbatim.said = verbatim.shown = verbatim.refusal = ""
    verbatim.emotions = []
    return _moderated(verbatim, VerbatimState.WITHDRAWN, actor, now)


def _locked(verbatim_id: UUID, *, gone: bool = False) -> Verbatim:
    verbatim = (
        Verbatim.objects.select_for_update(of=["self"])
        .select_related("attempt__contact")
        .filter(pk=verbatim_id)
        .first()
    )
    if verbatim is None or (verbatim.state == VerbatimState.WITHDRAWN and not gone):
        raise VerbatimGone
    return verbatim


def _moderated(verbatim: Verbatim, state: VerbatimState, actor: User, now: datetime) -> Verbatim:
    verbatim.state, verbatim.moderated_by, verbatim.moderated_at = state, actor, now
    verbatim.save(
        update_fields=["said", "shown", "emotions", "state", "refusal", "moderated_by", "moderated_at"],
    )
    record_audit(
        actor=actor,
        action=AuditAction.CONTACT_CHANGED,
        subject_type="tenants.Household",
        subject_id=verbatim.attempt.contact.household_id,
        detail={"verbatim": str(state), **({"reason": verbatim.refusal} if verbatim.refusal else {})},
    )
    return verbatim


@job(queue="outreach")
def purge_verbatims() -> int:
    """Erase the sentences whose last day has passed, and those of calls taken back. How many were erased."""
    return erase_verbatims(today=localdate())


@transaction.atomic
def erase_verbatims(*, today: date) -> int:
    """Erase what has ended: the audit keeps their number, never whose they were."""
    ended = Verbatim.objects.filter(expires_on__lt=today) | Verbatim.objects.filter(
        attempt__undone_at__isnull=False, attempt__undone_at__date__lt=today
    )
    erased, _ = Verbatim.objects.filter(pk__in=ended.values("pk")).delete()
    if erased:
        record_audit(
            actor=None,
            action=AuditAction.CONTACT_CHANGED,
            subject_type="outreach.Verbatim",
            reason="Phrases citées arrivées à leur terme",
            detail={"verbatim": "erased", "count": erased},
        )
    return erased
