"""Messages leave: taken by a batch under a lease, checked at the last moment, sent, and what came of each written down.

A batch is two transactions, one before and one after the provider is spoken to. A worker that dies in between leaves
messages « sending »: when the lease ends, they are tried again with the same key if the provider refuses a key twice,
and become « unknown » otherwise. Nothing in doubt is sent again blindly. A worker that was only stopped and wakes up
may still say what became of its own batch: the token tells.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.utils.timezone import localdate
from django.utils.timezone import now as clock

from bienveille.engines.messaging.channels import ChannelClosed, Outcome, Sender, Verdict, open_channels, sender_for
from bienveille.engines.messaging.choices import Channel, DeliveryState, MailingState, Reach, Withheld
from bienveille.engines.messaging.models import Delivery, Mailing
from bienveille.engines.messaging.operations.contents import Taken, words_of
from bienveille.engines.messaging.operations.receipts import mark_wrong
from bienveille.engines.messaging.queries import recipients
from bienveille.engines.messaging.rules.leaving import KEYS_LAST, MOST_TRIES, fate, open_places
from bienveille.engines.messaging.rules.mailings import step
from bienveille.engines.messaging.rules.receipts import is_dead
from bienveille.ground.platform.jobs import job
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit

logger = logging.getLogger(__name__)

#: Channels that workers send by; letters are printed and handed over by people.
SENT = (Channel.EMAIL, Channel.SMS)
#: A lease lasts this much longer than the longest batch.
LEASE_MARGIN = timedelta(seconds=30)
#: A job gives its place back after so long, and asks for another one if there is more.
JOB_LASTS = timedelta(seconds=40)
#: Jobs at once for one channel of one mailing: as many workers may share it.
SHARES = 4
SHARE_FROM = 500
#: How long a message is kept after its mailing has ended (docs/privacy.md).
KEPT = timedelta(days=365)

# The oldest that may leave now, checked against what has happened since they were prepared.
_TAKE = """
WITH next AS MATERIALIZED (
    SELECT d.id FROM messaging_delivery d
    WHERE d.state = 'waiting' AND d.channel = %(channel)s AND {mailing}
      AND (d.not_before IS NULL OR d.not_before <= %(now)s) AND d.place = ANY (%(places)s)
    ORDER BY d.id LIMIT %(many)s FOR UPDATE SKIP LOCKED),
judged AS (
    SELECT d.id, CASE
        WHEN EXISTS (SELECT 1 FROM messaging_stop z WHERE z.value = d."to" AND z.channel = d.channel)
          OR EXISTS (SELECT 1 FROM tenants_contactpoint z WHERE z.value = d."to" AND z.status = 'stop') THEN 'stop'
        WHEN p.deceased THEN 'deceased'
        WHEN d.mailing_id IS NULL THEN ''
        WHEN h.closed_on IS NOT NULL OR p.left_on <= %(today)s THEN 'left'
        WHEN p.opposed_on IS NOT NULL THEN 'opposed'
        WHEN EXISTS (SELECT 1 FROM tenants_person q WHERE q.household_id = d.household_id AND q.protected_address
                     AND NOT q.deceased AND (q.left_on IS NULL OR q.left_on > %(today)s)) THEN 'protected'
        WHEN NOT EXISTS (SELECT 1 FROM tenants_contactpoint k WHERE k.person_id = d.person_id AND k.value = d."to"
                         AND k.status IN ('valid', 'unverified')) THEN 'changed'
        ELSE '' END AS why
    FROM next JOIN messaging_delivery d ON d.id = next.id
    LEFT JOIN tenants_person p ON p.id = d.person_id
    LEFT JOIN tenants_household h ON h.id = d.household_id)
UPDATE messaging_delivery d
SET state = CASE WHEN why = '' THEN 'sending' ELSE 'stopped' END, reason = why,
    token = CASE WHEN why = '' THEN %(token)s::uuid END,
    lease_until = CASE WHEN why = '' THEN %(now)s + %(lease)s END,
    tries = tries + CASE WHEN why = '' THEN 1 ELSE 0 END,
    first_tried_at = coalesce(first_tried_at, %(now)s), keyed = %(keyed)s, not_before = NULL,
    ended_at = CASE WHEN why <> '' THEN %(now)s END
FROM judged WHERE judged.id = d.id
RETURNING d.id, d.state, d.household_id, d.person_id, d."to", d.language, d.subject, d.body, d.tries,
          d.first_tried_at"""

# What came of a batch: only its own token may say so, and a doubt may still be settled by who sent.
_RECORD = """
UPDATE messaging_delivery d
SET state = v.state, reason = v.reason, not_before = v.not_before, provider_id = v.provider_id, detail = v.detail,
    lease_until = NULL, token = CASE WHEN v.state = 'waiting' THEN NULL ELSE d.token END,
    sent_at = CASE WHEN v.state = 'sent' THEN %s ELSE d.sent_at END,
    ended_at = CASE WHEN v.state IN ('refused', 'stopped') THEN %s::timestamptz END
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::timestamptz[], %s::text[], %s::text[])
     AS v (id, state, reason, not_before, provider_id, detail)
WHERE d.id = v.id AND d.token = %s AND d.state IN ('sending', 'unknown')"""

_SETTLE_LATE = """
UPDATE messaging_delivery
SET state = CASE WHEN keyed AND first_tried_at > %(keys)s AND tries < %(most)s THEN 'waiting' ELSE 'unknown' END,
    token = CASE WHEN keyed AND first_tried_at > %(keys)s AND tries < %(most)s THEN NULL ELSE token END,
    lease_until = NULL
WHERE id IN (SELECT id FROM messaging_delivery WHERE state = 'sending' AND lease_until < %(now)s
             ORDER BY lease_until LIMIT 5000 FOR UPDATE SKIP LOCKED)
RETURNING state"""


def push(*, mailing: Mailing) -> None:
    """Ask workers to send what waits of a mailing, in this transaction; several share a long one."""
    _push(str(mailing.pk), [one for one in mailing.channels if one in SENT], mailing.target)


def _push(mailing_id: str | None, channels: Iterable[str], many: int) -> None:
    for channel in sorted(set(channels) & open_channels()):
        for share in range(min(SHARES, 1 + many // SHARE_FROM)):
            deliver.enqueue_once(
                f"messaging.deliver:{mailing_id}:{channel}:{share}",
                mailing_id=mailing_id,
                channel=str(channel),
                share=share,
            )


@job(queue="messages")
def deliver(*, mailing_id: str | None, channel: str, share: int = 0) -> int:
    """Send what waits, batch after batch, for a while; then give the place back. How many left."""
    begun, total = clock(), 0
    try:
        sender = sender_for(channel)
    except ChannelClosed:
        return 0
    while clock() - begun < JOB_LASTS:
        taken, sent = send_batch(mailing_id=UUID(mailing_id) if mailing_id else None, channel=channel, sender=sender)
        total += sent
        if not taken:
            return total
    deliver.enqueue_once(
        f"messaging.deliver:{mailing_id}:{channel}:{share}", mailing_id=mailing_id, channel=channel, share=share
    )
    return total


def send_batch(
    *, mailing_id: UUID | None, channel: str, sender: Sender, now: datetime | None = None
) -> tuple[int, int]:
    """One batch: how many were taken, how many left. Nothing is taken from a mailing that is not being sent."""
    token = uuid4()
    count, batch = _take(mailing_id=mailing_id, channel=channel, sender=sender, token=token, now=now or clock())
    if not batch:
        return count, 0
    ready, faulty = words_of(mailing_id, channel, batch, today=localdate(now or clock()))
    verdicts = _verdicts(sender, ready)
    known = {one.id: one for one in batch}
    at = now or clock()
    rows: list[tuple[Any, ...]] = [
        (one.id, DeliveryState.STOPPED, Withheld.EMPTY, None, "", why) for one, why in faulty
    ]
    for verdict in verdicts:
        one = known[verdict.key]
        became = fate(
            verdict.outcome,
            tries=one.tries,
            keyed=sender.honours_keys,
            keys_end=one.first_tried_at + KEYS_LAST,
            now=at,
        )
        later = at + became.wait if became.wait is not None else None
        rows.append((one.id, became.state, became.reason, later, verdict.provider_id[:120], verdict.detail[:200]))
    _record(rows, token=token, at=at)
    for verdict in verdicts:
        if verdict.outcome == Outcome.REFUSED and is_dead(verdict.detail):  # few: addresses that nobody has
            mark_wrong(value=known[verdict.key].to, now=at)
    return count, sum(verdict.outcome == Outcome.SENT for verdict in verdicts)


def _verdicts(sender: Sender, ready: Sequence[Any]) -> list[Verdict]:
    """One verdict for each message; what a sender leaves without an answer, or breaks upon, is a doubt."""
    found: dict[UUID, Verdict] = {}
    try:
        for verdict in sender.send(ready):
            found[verdict.key] = verdict
    except Exception:
        logger.exception("A way out broke in the middle of a batch")
    return [found.get(one.key) or Verdict(one.key, Outcome.UNKNOWN) for one in ready]


def _take(
    *, mailing_id: UUID | None, channel: str, sender: Sender, token: UUID, now: datetime
) -> tuple[int, list[Taken]]:
    with transaction.atomic():
        urgent = True
        if mailing_id is not None:
            # Shared with other batches; whoever pauses or stops waits for this transaction, then nothing more leaves.
            with connection.cursor() as cursor:
                cursor.execute("SELECT state, urgent FROM messaging_mailing WHERE id = %s FOR SHARE", [mailing_id])
                row = cursor.fetchone()
            if row is None or row[0] != MailingState.SENDING:
                return 0, []
            urgent = row[1]
        places = open_places(channel, now, urgent=urgent)
        if not places:
            return 0, []
        given: dict[str, Any] = {
            "mailing": mailing_id,
            "channel": channel,
            "now": now,
            "today": localdate(now),
            "places": places,
            "many": sender.batch,
            "token": token,
            "lease": timedelta(seconds=sender.longest) + LEASE_MARGIN,
            "keyed": sender.honours_keys,
        }
        with connection.cursor() as cursor:
            cursor.execute(
                _TAKE.format(mailing="d.mailing_id = %(mailing)s" if mailing_id else "d.mailing_id IS NULL"), given
            )
            rows = cursor.fetchall()
    taken = [Taken(row[0], *row[2:]) for row in rows if row[1] == DeliveryState.SENDING]
    return len(rows), sorted(taken, key=lambda one: one.id)


def _record(rows: Sequence[tuple[Any, ...]], *, token: UUID, at: datetime) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_RECORD, [at, at, *(list(column) for column in zip(*rows, strict=True)), token])


@job(queue="messages")
def watch_deliveries() -> int:
    """Each minute: end the leases of batches nobody answered for, try other channels, wake who waits, end mailings."""
    return look_after(now=clock())


def look_after(*, now: datetime) -> int:
    """What `watch_deliveries` does at a moment; twice at the same moment, the second changes nothing."""
    settled = settle_late(now=now)
    for mailing in Mailing.objects.filter(state=MailingState.SENDING):
        while mailing.reach == Reach.FIRST and recipients.fall_back(mailing, today=localdate(now)):
            pass
        counts = recipients.states(mailing)
        if counts[DeliveryState.WAITING]:
            _push(str(mailing.pk), [one for one in mailing.channels if one in SENT], counts[DeliveryState.WAITING])
        elif not counts[DeliveryState.SENDING]:
            _finish(mailing, now=now)
    singles = Delivery.objects.filter(mailing=None, state=DeliveryState.WAITING)
    waiting = list(singles.values_list("channel", flat=True).distinct())
    _push(None, waiting, 1)
    return settled


def settle_late(*, now: datetime) -> int:
    """Batches whose lease has ended: tried again where the provider refuses a key twice, in doubt elsewhere."""
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE_LATE, {"now": now, "keys": now - KEYS_LAST, "most": MOST_TRIES})
        rows = cursor.fetchall()
    if rows:
        doubtful = sum(state == DeliveryState.UNKNOWN for (state,) in rows)
        logger.warning("%s messages whose batch gave no answer, %s in doubt", len(rows), doubtful)
    return len(rows)


@transaction.atomic
def _finish(mailing: Mailing, *, now: datetime) -> None:
    locked = Mailing.objects.select_for_update().get(pk=mailing.pk)
    counts = recipients.states(locked)
    if locked.state != MailingState.SENDING or counts[DeliveryState.WAITING] or counts[DeliveryState.SENDING]:
        return
    locked.state = MailingState(step(locked.state, "finish") or locked.state)
    locked.ended_at, locked.figures = now, counts
    locked.save(update_fields=["state", "ended_at", "figures"])


@transaction.atomic
def post_one(
    *,
    channel: str,
    to: str,
    subject: str = "",
    body: str,
    household_id: UUID | None = None,
    person_id: UUID | None = None,
    user: User | None = None,
    language: str = "fr",
    place: str = "",
    not_before: datetime | None = None,
) -> Delivery:
    """One message of its own words, in the caller's transaction: if it rolls back, nothing leaves.

    With `not_before`, it waits until then, and `hold_back` may still keep it from leaving.
    """
    sent = Delivery.objects.create(
        channel=channel,
        to=to,
        subject=subject,
        body=body,
        household_id=household_id,
        person_id=person_id,
        user=user,
        language=language,
        place=place,
        not_before=not_before,
    )
    if not_before is None:
        _push(None, [channel], 1)
    return sent


@transaction.atomic
def hold_back(*, delivery_ids: Iterable[UUID], now: datetime) -> int:
    """Messages of their own that still wait never leave: what they say is no longer true. How many were kept."""
    return Delivery.objects.filter(pk__in=list(delivery_ids), mailing=None, state=DeliveryState.WAITING).update(
        state=DeliveryState.STOPPED, reason=Withheld.HELD, ended_at=now
    )


@job(queue="messages")
def purge_deliveries() -> int:
    """Erase the messages of mailings ended a year ago, and messages alone as old. The counts of mailings stay."""
    before = clock() - KEPT
    gone = 0
    for mailing in Mailing.objects.filter(ended_at__lt=before, deliveries__isnull=False).distinct():
        with transaction.atomic():
            Mailing.objects.filter(pk=mailing.pk).update(figures=recipients.states(mailing))
            gone += Delivery.objects.filter(mailing=mailing).delete()[0]
    return gone + Delivery.objects.filter(mailing=None, created_at__lt=before).delete()[0]


class NotInDoubt(Refusal):
    """Somebody has settled it already."""

    message = "Le sort de ce message est déjà connu."


@transaction.atomic
def reconcile(*, actor: User, delivery_id: UUID, left: bool, reason: str) -> Delivery:
    """Somebody knows what became of a message in doubt: it left, or it did not and is sent again."""
    found = Delivery.objects.select_for_update().filter(pk=delivery_id, state=DeliveryState.UNKNOWN).first()
    if found is None:
        raise NotInDoubt
    if left:
        found.state, found.sent_at = DeliveryState.SENT, found.first_tried_at
    else:
        found.state, found.token, found.first_tried_at, found.tries = DeliveryState.WAITING, None, None, 0
    found.save(update_fields=["state", "sent_at", "token", "first_tried_at", "tries"])
    record_audit(
        actor=actor,
        action=AuditAction.MESSAGE_CHANGED,
        subject=found,
        reason=reason,
        detail={"change": "reconciled", "left": left},
    )
    if not left:
        if found.mailing_id:
            Mailing.objects.filter(pk=found.mailing_id, state=MailingState.DONE).update(
                state=MailingState.SENDING, ended_at=None
            )
        _push(str(found.mailing_id) if found.mailing_id else None, [found.channel], 1)
    return found
