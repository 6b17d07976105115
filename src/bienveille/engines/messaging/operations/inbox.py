"""The shared inbox: messages arrive, are given to somebody, attached, answered, turned into a situation, done.

« STOP » is applied here, to that number and that channel, in the transaction that keeps the message.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.timezone import now as clock

from bienveille.engines.messaging.channels.news import News, Reply
from bienveille.engines.messaging.choices import Channel, InboxState, SenderMatch, StopWay
from bienveille.engines.messaging.models import InboundMessage
from bienveille.engines.messaging.operations.receipts import take_receipt
from bienveille.engines.messaging.operations.sending import post_one
from bienveille.engines.messaging.operations.stops import stop_channel
from bienveille.engines.messaging.queries.inbox import (
    agency_of,
    households_at,
    is_stopped,
    left_alone,
    managers_over,
    team_over,
)
from bienveille.engines.messaging.rules.incoming import read_mail
from bienveille.engines.messaging.rules.receipts import read_report
from bienveille.engines.messaging.rules.stop import asks_to_stop
from bienveille.ground.lib.emails import is_email
from bienveille.ground.lib.phones import read_phone
from bienveille.ground.platform.jobs import job
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import Agency, User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.tenants.models import Household

#: Parts of one SMS come within this time.
PARTS_WITHIN = timedelta(hours=6)
_DRESS = str.maketrans("", "", " .-()\u00a0")
#: The same words from the same number, without a name of their own, are one message within this time.
AGAIN_WITHIN = timedelta(minutes=10)
#: Messages received are erased after so long.
KEPT = timedelta(days=365)
LONGEST_TEXT = 20_000


class NotThere(Refusal):
    """It was dealt with meanwhile."""

    message = "Ce message a déjà été traité."


class CannotAnswer(Refusal):
    """The sender's number or address does not let itself be answered."""

    message = "Ce numéro ou cette adresse ne permet pas de répondre."


class NotOfTheTeam(Refusal):
    """Messages are given to who may read them."""

    message = "Cette personne ne suit pas cette agence."


def take_news(*, channel: str, news: News, now: datetime) -> None:
    """What a provider brings, whichever way it came: a receipt or somebody's answer."""
    if isinstance(news, Reply):
        receive(reply=news, now=now)
    else:
        take_receipt(channel=channel, receipt=news, now=now)


def receive_mail(*, raw: bytes, now: datetime) -> None:
    """An e-mail that came to us: a bounce or a complaint about one of ours, or a message for the inbox."""
    report = read_report(raw)
    if report is not None:
        take_receipt(channel=Channel.EMAIL, receipt=report, now=now)
        return
    mail = read_mail(raw)
    if mail is None or mail.automatic:
        return
    reply = Reply(
        channel=Channel.EMAIL, sender=mail.sender, to=mail.to, text=mail.text, name=mail.name, subject=mail.subject
    )
    receive(reply=reply, now=now)


@transaction.atomic
def receive(*, reply: Reply, now: datetime) -> InboundMessage | None:
    """Keep a message in the inbox; brought twice it is kept once (None). A part of a long SMS joins the others."""
    sender = _sender(reply)
    text = reply.text.replace("\0", "")[:LONGEST_TEXT]
    series = f"{reply.part[0]}/{reply.part[1]}" if reply.part else ""
    if reply.part is not None:
        begun = (
            InboundMessage.objects.select_for_update()
            .filter(sender=sender, series=series, received_at__gte=now - PARTS_WITHIN)
            .order_by("-received_at")
            .first()
        )
        if begun is not None and begun.parts.get(str(reply.part[2])) == text:
            return None  # brought twice
        if begun is not None and str(reply.part[2]) not in begun.parts:
            return _joined(begun, reply.part[2], text, now)
    if _known(reply, sender, text, now):
        return None
    found = households_at(sender)
    match = SenderMatch.NONE if not found else SenderMatch.ONE if len(found) == 1 else SenderMatch.SEVERAL
    agencies = {agency.pk: agency for one in found if (agency := agency_of(one.household))}
    try:
        with transaction.atomic():
            message = InboundMessage.objects.create(
                channel=reply.channel,
                name=reply.name[:200],
                sender=sender,
                received_at=now,
                to=reply.to[:254],
                subject=reply.subject.replace("\0", "")[:200],
                text=text,
                parts={str(reply.part[2]): text} if reply.part else {},
                series=series,
                match=match,
                household=found[0].household if match == SenderMatch.ONE else None,
                person=found[0] if match == SenderMatch.ONE else None,
                agency=next(iter(agencies.values())) if len(agencies) == 1 else None,
            )
    except IntegrityError:  # brought twice at the same moment
        return None
    _apply_stop(message)
    return message


@transaction.atomic
def assign(*, actor: User, message: InboundMessage, to: User | None, now: datetime) -> InboundMessage:
    """Give a message to somebody of the team, or back to everybody. Refuses who does not follow its agency."""
    held = take_open(message)
    if to is not None and not team_over(held.agency).filter(pk=to.pk).exists():
        raise NotOfTheTeam
    held.assigned_to, held.assigned_at = to, now if to else None
    held.save(update_fields=["assigned_to", "assigned_at"])
    _audit(actor, held, "assigned" if to else "given_back")
    return held


@transaction.atomic
def attach(*, actor: User, message: InboundMessage, household: Household) -> InboundMessage:
    """Say which household wrote. Its agency's team then sees the message."""
    held = take_open(message)
    held.household, held.person, held.match = household, None, SenderMatch.CHOSEN
    held.agency = agency_of(household)
    held.save(update_fields=["household", "person", "match", "agency"])
    _audit(actor, held, "attached", household=str(household.pk))
    return held


@transaction.atomic
def answer(*, actor: User, message: InboundMessage, body: str, now: datetime) -> InboundMessage:
    """Answer by the same channel: it is dealt with. Refuses to write to who asked for no more messages."""
    held = take_open(message)
    right = is_email(held.sender) if held.channel == Channel.EMAIL else held.sender.startswith("+")
    if not right:
        raise CannotAnswer
    if is_stopped(channel=held.channel, value=held.sender):
        raise CannotAnswer(
            "Cette personne demande à ne plus recevoir de messages ici\u00a0: appelez-la ou écrivez-lui autrement."
        )
    held.answer = post_one(
        channel=held.channel,
        to=held.sender,
        subject=f"Re\u00a0: {held.subject}"[:200] if held.channel == Channel.EMAIL else "",
        body=body,
        household_id=held.household_id,
        person_id=held.person_id,
    )
    held.save(update_fields=["answer"])
    _audit(actor, held, "answered")
    return _done(actor, held, now)


@transaction.atomic
def link_case(*, actor: User, message: InboundMessage, case_id: UUID, now: datetime) -> InboundMessage:
    """It became a situation, which is followed there: dealt with here."""
    held = take_open(message)
    held.case_id = case_id
    held.save(update_fields=["case_id"])
    _audit(actor, held, "became_case", case=str(case_id))
    return _done(actor, held, now)


@transaction.atomic
def finish(*, actor: User, message: InboundMessage, now: datetime) -> InboundMessage:
    """Nothing more to do."""
    held = take_open(message)
    _audit(actor, held, "done")
    return _done(actor, held, now)


@transaction.atomic
def reopen(*, actor: User, message: InboundMessage) -> InboundMessage:
    """There is something to do after all."""
    held = InboundMessage.objects.select_for_update(of=["self"]).get(pk=message.pk)
    if held.state != InboxState.OPEN:
        held.state, held.done_at, held.done_by = InboxState.OPEN, None, None
        held.save(update_fields=["state", "done_at", "done_by"])
        _audit(actor, held, "reopened")
    return held


@job(queue="messages")
def watch_inbox() -> int:
    """Each hour: messages that nobody took within a day are told to who manages the agency, once."""
    return tell_left_alone(now=clock())


def tell_left_alone(*, now: datetime) -> int:
    """What `watch_inbox` does at a moment. How many people were written to."""
    told = 0
    for agency_id, many in left_alone(now):
        told += _tell(agency_id, many, now)
    return told


@transaction.atomic
def _tell(agency_id: UUID | None, many: int, now: datetime) -> int:
    agency = Agency.objects.filter(pk=agency_id).first() if agency_id else None
    waiting = InboundMessage.objects.filter(
        state=InboxState.OPEN, assigned_to=None, told_at=None, received_at__lte=now, agency=agency
    )
    if not waiting.update(told_at=now):
        return 0  # another worker told it
    root = settings.PUBLIC_URL.rstrip("/")
    url = root + reverse("workspace:inbox") if root else ""
    body = render_to_string("messaging/mail_inbox.txt", {"many": many, "agency": agency, "url": url})
    people = managers_over(agency)
    for user in people:
        subject = "Bienveille\u00a0: des messages de locataires attendent quelqu’un"
        post_one(channel=Channel.EMAIL, to=user.email, subject=subject, body=body, user=user)
    return len(people)


@job(queue="messages")
def purge_inbox() -> int:
    """Erase the messages received more than a year ago."""
    return InboundMessage.objects.filter(received_at__date__lt=localdate() - KEPT).delete()[0]


def _sender(reply: Reply) -> str:
    """As the register writes it: E.164, small letters; a name or a short code stays as it is."""
    told = reply.sender.strip()
    if reply.channel != Channel.SMS:
        return told.lower()[:254]
    digits = told.removeprefix("+").removeprefix("00")
    digits = digits.translate(_DRESS)
    if told.startswith("0") and not told.startswith("00"):
        national = f"+33{digits[1:]}" if len(digits) == 10 and digits.isdigit() else told[:254]
        return next(iter(read_phone(told).numbers), national)  # overseas numbers have a code of their own
    return f"+{digits}" if digits.isascii() and digits.isdigit() and 8 <= len(digits) <= 15 else told[:254]


def _known(reply: Reply, sender: str, text: str, now: datetime) -> bool:
    """Brought already. An operator whose acknowledgement was lost brings the same words again, without a name."""
    messages = InboundMessage.objects.filter(channel=reply.channel)
    if reply.name:
        return messages.filter(name=reply.name[:200]).exists()
    again = messages.filter(sender=sender, received_at__gte=now - AGAIN_WITHIN, name="", series="")
    told = (text, reply.subject.replace("\0", "")[:200])
    return not reply.part and told in set(again.values_list("text", "subject"))


def _joined(message: InboundMessage, rank: int, text: str, now: datetime) -> InboundMessage:
    message.parts = {**message.parts, str(rank): text}
    message.text = "".join(message.parts[key] for key in sorted(message.parts, key=int))[:LONGEST_TEXT]
    message.save(update_fields=["parts", "text"])
    _apply_stop(message)
    return message


def _apply_stop(message: InboundMessage) -> None:
    words = message.text if message.channel == Channel.SMS else f"{message.subject}\n"
    asks = asks_to_stop(words) or (message.channel == Channel.EMAIL and asks_to_stop(message.text))
    if asks:
        stop_channel(channel=message.channel, value=message.sender, way=StopWay.ANSWER)
    if asks != message.asks_to_stop:
        message.asks_to_stop = asks
        message.save(update_fields=["asks_to_stop"])


def take_open(message: InboundMessage) -> InboundMessage:
    """The message as it is now, under lock. Refuses one that was dealt with."""
    held = InboundMessage.objects.select_for_update(of=["self"]).select_related("agency").get(pk=message.pk)
    if held.state != InboxState.OPEN:
        raise NotThere
    return held


def _done(actor: User, held: InboundMessage, now: datetime) -> InboundMessage:
    held.state, held.done_at, held.done_by = InboxState.DONE, now, actor
    if held.assigned_to_id is None:
        held.assigned_to, held.assigned_at = actor, now
    held.save(update_fields=["state", "done_at", "done_by", "assigned_to", "assigned_at"])
    return held


def _audit(actor: User, message: InboundMessage, change: str, **detail: str) -> None:
    record_audit(actor=actor, action=AuditAction.MESSAGE_CHANGED, subject=message, detail={"change": change, **detail})
