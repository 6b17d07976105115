"""What is done to a mailing: written, read by a second person, started, held, stopped. Nothing leaves from here."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.timezone import localdate
from django.utils.timezone import now as clock

from bienveille.engines.audiences.queries import check, left_out, purposes
from bienveille.engines.messaging.choices import PERSONAL, Channel, MailingState, Reach
from bienveille.engines.messaging.models import Mailing, Text
from bienveille.engines.messaging.operations.templates import use_version
from bienveille.engines.messaging.queries import recipients
from bienveille.engines.messaging.queries.mailings import approved_above
from bienveille.engines.messaging.rules.mailings import needs_approval, step
from bienveille.ground.platform.jobs import job
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.accounts.rules import Scope


class CannotSend(Refusal):
    """The mailing is not in a state where this can be done: somebody else has moved it."""

    message = "Cet envoi n’en est plus là\u00a0: une autre personne vient de le faire avancer. Relisez la page."


class NobodyToWrite(Refusal):
    """The audience is empty."""

    message = "Ce public ne désigne aucun ménage\u00a0: rien ne partirait."


class NeedsSecondPerson(Refusal):
    """Too many households for one person to decide alone."""

    message = "Cet envoi touche beaucoup de ménages\u00a0: une autre personne doit le relire avant qu’il parte."


class OneselfIsNotSecond(Refusal):
    """The writer cannot approve their own mailing."""

    message = "Vous avez préparé cet envoi\u00a0: une autre personne doit le relire."


class InvalidMailing(Refusal):
    """What was asked for cannot be a mailing."""


def create_mailing(
    *,
    actor: User,
    name: str,
    purpose: str,
    version_id: UUID,
    audience: dict[str, Any],
    channels: Sequence[str],
    reach: str = Reach.FIRST,
    urgent: bool = False,
    planned_at: datetime | None = None,
) -> Mailing:
    """A draft. Refuses an unknown purpose, an audience that means nothing, no channel."""
    mailing = Mailing(created_by=actor)
    _write(
        mailing, name=name, purpose=purpose, version_id=version_id, audience=audience, channels=channels,
        reach=reach, urgent=urgent,
    )  # fmt: skip
    mailing.planned_at = planned_at
    with transaction.atomic():
        mailing.save()
        _audit(actor, mailing, "created")
    return mailing


@transaction.atomic
def change_mailing(
    *,
    actor: User,
    mailing_id: UUID,
    name: str,
    purpose: str,
    version_id: UUID,
    audience: dict[str, Any],
    channels: Sequence[str],
    reach: str = Reach.FIRST,
    urgent: bool = False,
    planned_at: datetime | None = None,
) -> Mailing:
    """Only a draft changes: what a second person has read stays as they read it."""
    mailing = _locked(mailing_id)
    if mailing.state != MailingState.DRAFT:
        raise CannotSend
    _write(
        mailing, name=name, purpose=purpose, version_id=version_id, audience=audience, channels=channels,
        reach=reach, urgent=urgent,
    )  # fmt: skip
    mailing.planned_at = planned_at
    mailing.save()
    _audit(actor, mailing, "changed")
    return mailing


@transaction.atomic
def ask_approval(*, actor: User, mailing_id: UUID) -> Mailing:
    """Hand a draft to a second person. What it says is fixed from now on: they read the words that will leave."""
    mailing = _moved(mailing_id, "ask")
    use_version(version_id=mailing.version_id, now=clock())
    mailing.asked_at = clock()
    mailing.save(update_fields=["state", "asked_at"])
    _audit(actor, mailing, "asked")
    return mailing


@transaction.atomic
def approve(*, actor: User, mailing_id: UUID) -> Mailing:
    """A second person has read it: it may start."""
    mailing = _moved(mailing_id, "approve")
    if mailing.created_by_id == actor.pk:
        raise OneselfIsNotSecond
    mailing.approved_by, mailing.approved_at = actor, clock()
    mailing.save(update_fields=["state", "approved_by", "approved_at"])
    _audit(actor, mailing, "approved")
    return mailing


@transaction.atomic
def send_back(*, actor: User, mailing_id: UUID, reason: str = "") -> Mailing:
    """To be written again: an approval given is lost."""
    mailing = _moved(mailing_id, "send_back")
    mailing.approved_by = mailing.approved_at = mailing.asked_at = None
    mailing.save(update_fields=["state", "approved_by", "approved_at", "asked_at"])
    _audit(actor, mailing, "sent_back", reason=reason)
    return mailing


@transaction.atomic
def settle(*, actor: User, mailing_id: UUID, scope: Scope, today: date | None = None) -> Mailing:
    """A draft for few enough households is ready without a second person; counted again here, under lock."""
    mailing = _moved(mailing_id, "settle")
    households = recipients.preview(mailing, today=today or localdate(), scope=scope).households
    if needs_approval(households, above=approved_above()):
        raise NeedsSecondPerson
    use_version(version_id=mailing.version_id, now=clock())
    mailing.save(update_fields=["state"])
    _audit(actor, mailing, "settled")
    return mailing


@transaction.atomic
def start(*, actor: User | None, mailing_id: UUID, scope: Scope, now: datetime | None = None) -> Mailing:
    """Write one delivery for each household and channel, in one statement, and let workers take them.

    Without an approval, an audience that has grown past the limit since is refused.
    """
    from bienveille.engines.messaging.operations.sending import push

    now = now or clock()
    mailing = _moved(mailing_id, "start")
    written = recipients.prepare(mailing, now=now, today=localdate(now), scope=scope)
    if not written:
        raise NobodyToWrite
    mailing.target = written
    if mailing.approved_by_id is None and needs_approval(_households(mailing), above=approved_above()):
        raise NeedsSecondPerson
    use_version(version_id=mailing.version_id, now=now)
    aside = left_out(check(mailing.audience), localdate(now), scope=scope)
    mailing.left_out = {"deceased": aside.deceased, "protected": aside.protected, "opposed": aside.opposed}
    mailing.started_at = now
    mailing.agencies = None if scope.everything else [*scope.agencies]
    mailing.companies = [*scope.companies]
    mailing.save(update_fields=["state", "target", "left_out", "started_at", "agencies", "companies"])
    _audit(actor, mailing, "started", target=written)
    push(mailing=mailing)
    return mailing


@transaction.atomic
def pause(*, actor: User, mailing_id: UUID) -> Mailing:
    """Nothing more leaves after the batches in hand."""
    mailing = _moved(mailing_id, "pause")
    mailing.save(update_fields=["state"])
    _audit(actor, mailing, "paused")
    return mailing


@transaction.atomic
def resume(*, actor: User, mailing_id: UUID) -> Mailing:
    """What waited leaves again."""
    from bienveille.engines.messaging.operations.sending import push

    mailing = _moved(mailing_id, "resume")
    mailing.save(update_fields=["state"])
    _audit(actor, mailing, "resumed")
    push(mailing=mailing)
    return mailing


@transaction.atomic
def stop(*, actor: User, mailing_id: UUID, reason: str = "") -> Mailing:
    """For good: what waits is cancelled; what is in hand or gone keeps its fate."""
    mailing = _moved(mailing_id, "stop")
    mailing.ended_at = clock()
    mailing.save(update_fields=["state", "ended_at"])
    cancelled = mailing.deliveries.filter(state="waiting").update(
        state="cancelled", reason="mailing", ended_at=mailing.ended_at, not_before=None
    )
    _audit(actor, mailing, "stopped", reason=reason, cancelled=cancelled)
    return mailing


@job(queue="messages")
def start_planned() -> int:
    """Each minute: mailings that are ready and whose hour has come. How many started."""
    return start_due(now=clock())


def start_due(*, now: datetime) -> int:
    """Start what is planned; another worker that does the same starts nothing twice. How many."""
    started = 0
    for mailing in Mailing.objects.filter(state=MailingState.READY, planned_at__lte=now).only("pk")[:50]:
        with transaction.atomic():
            locked = Mailing.objects.select_for_update(skip_locked=True).filter(pk=mailing.pk, state=MailingState.READY)
            if found := locked.first():
                scope = planned_scope(found)
                try:
                    with transaction.atomic():
                        start(actor=None, mailing_id=found.pk, scope=scope, now=now)
                    started += 1
                except (NobodyToWrite, NeedsSecondPerson) as refusal:
                    found.state, found.planned_at = MailingState.DRAFT, None
                    found.save(update_fields=["state", "planned_at"])
                    _audit(None, found, "not_started", reason=str(refusal))
    return started


@transaction.atomic
def plan(*, actor: User, mailing_id: UUID, at: datetime | None, scope: Scope) -> Mailing:
    """Let a ready mailing start by itself at that moment, for the agencies of who says so; None: not any more."""
    mailing = _locked(mailing_id)
    if mailing.state != MailingState.READY:
        raise CannotSend
    if at is not None and at < clock() - timedelta(minutes=1):
        raise InvalidMailing("Cette heure est passée\u00a0: choisissez-en une à venir.")
    mailing.planned_at = at
    mailing.agencies = None if scope.everything else [*scope.agencies]
    mailing.companies = [*scope.companies]
    mailing.save(update_fields=["planned_at", "agencies", "companies"])
    _audit(actor, mailing, "planned")
    return mailing


def planned_scope(mailing: Mailing) -> Scope:
    """The agencies of who planned or started it."""
    if mailing.agencies is None:
        return Scope(everything=True)
    return Scope(agencies=frozenset(mailing.agencies), companies=frozenset(mailing.companies))


def _households(mailing: Mailing) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT household_id) FROM messaging_delivery WHERE mailing_id = %s", [mailing.pk]
        )
        return cursor.fetchone()[0]


def _write(mailing: Mailing, **said: Any) -> None:
    if not said["name"].strip():
        raise InvalidMailing("Donnez un nom à cet envoi.")
    if said["purpose"] not in purposes():
        raise InvalidMailing("Choisissez une finalité du registre des traitements.")
    unknown = [one for one in said["channels"] if one not in [str(known) for known in PERSONAL]]
    if unknown or not said["channels"]:
        raise InvalidMailing("Choisissez au moins un moyen d’envoi\u00a0: e-mail, SMS ou lettre.")
    check(said["audience"])
    texts = list(Text.objects.filter(version_id=said["version_id"], easy=False, language="fr"))
    for channel in said["channels"]:
        if not any(text.channel == channel for text in texts):
            raise InvalidMailing(f"Le texte choisi n’a rien pour ce moyen d’envoi\u00a0: {Channel(channel).label}.")
    mailing.name, mailing.purpose, mailing.audience = said["name"].strip(), said["purpose"], said["audience"]
    mailing.channels = list(dict.fromkeys(said["channels"]))
    mailing.version_id = said["version_id"]
    mailing.reach, mailing.urgent = said["reach"], said["urgent"]


def _locked(mailing_id: UUID) -> Mailing:
    found = Mailing.objects.select_for_update().filter(pk=mailing_id).first()
    if found is None:
        raise CannotSend
    return found


def _moved(mailing_id: UUID, doing: str) -> Mailing:
    mailing = _locked(mailing_id)
    reached = step(mailing.state, doing)
    if reached is None:
        raise CannotSend
    mailing.state = MailingState(reached)
    return mailing


def _audit(actor: User | None, mailing: Mailing, change: str, *, reason: str = "", **detail: Any) -> None:
    record_audit(
        actor=actor,
        action=AuditAction.MESSAGE_CHANGED,
        subject=mailing,
        reason=reason,
        detail={"change": change, **detail},
    )
