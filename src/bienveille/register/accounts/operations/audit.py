"""The audit log sealed, its seals published elsewhere, its lines erased at their term. What it says: docs/adr/0027."""

import hashlib
import time
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Max, Min, Sum
from django.utils.timezone import now as clock

from bienveille.ground.platform.jobs import job
from bienveille.register.accounts.choices import SealKind
from bienveille.register.accounts.models import AuditEntry, AuditSeal
from bienveille.register.accounts.queries import audit_lines
from bienveille.register.accounts.rules import AUDIT_KEPT, NO_SEAL_BEFORE, SEAL_HOLDS, pack_lines, seal_hash

#: One sealer at a time, whatever the number of workers.
_LOCK = 8_210_027
#: How long a sealing waits for transactions that were writing when it began; then the next one does it.
_PATIENCE = 20.0


@transaction.atomic
def seal_lines(*, now: datetime, patience: float = _PATIENCE) -> list[AuditSeal]:
    """Seal the lines written since the last seal; nobody who writes waits for it. The seals made, none if it is early.

    A number of the sequence is given before its transaction ends: only what lies below the numbers of every
    transaction still writing is sealed, so that no line can come later among those sealed without being seen.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    horizon = _settled(patience)
    made: list[AuditSeal] = []
    former = AuditSeal.objects.order_by("-number").first()
    sealed = _sealed_up_to()
    while horizon is not None and sealed < horizon:
        lines = list(audit_lines(after=sealed, until=horizon, limit=SEAL_HOLDS))
        if not lines:
            break
        last = horizon if len(lines) < SEAL_HOLDS else lines[-1][0]
        latest = AuditEntry.objects.filter(pk__gt=sealed, pk__lte=last).aggregate(at=Max("at"))["at"]
        packed = pack_lines((number, digest) for number, digest in lines)
        former = _append(former, SealKind.LINES, sealed + 1, last, len(lines), packed, latest, now)
        made.append(former)
        sealed = last
    return made


def _settled(patience: float) -> int | None:
    """The highest number given so far, once every transaction that was writing lines then has ended; else None."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM accounts_auditentry_id_seq")
        highest = int(cursor.fetchone()[0])
        writing = _writers(cursor)
        until = time.monotonic() + patience
        while writing and time.monotonic() < until:
            time.sleep(0.2)
            writing &= _writers(cursor)
    return None if writing else highest


def _writers(cursor: CursorWrapper) -> set[str]:
    """The other transactions that write lines, or are about to: a line locks its table before it takes a number."""
    cursor.execute(
        "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND mode = 'RowExclusiveLock'"
        " AND relation = 'accounts_auditentry'::regclass AND pid <> pg_backend_pid()"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return {row[0] for row in cursor.fetchall()}


def _sealed_up_to() -> int:
    return AuditSeal.objects.filter(kind=SealKind.LINES).aggregate(last=Max("last"))["last"] or 0


def _append(
    former: AuditSeal | None, kind: SealKind, first: int, last: int, count: int, packed: bytes, last_at: datetime,
    now: datetime,
) -> AuditSeal:  # fmt: skip
    number, before = (former.number + 1, former.hash) if former else (1, NO_SEAL_BEFORE)
    digest = hashlib.sha256(packed).hexdigest()
    made = seal_hash(
        number=number, kind=kind.value, first=first, last=last, count=count, digest=digest, last_at=last_at,
        sealed_at=now, former=before,
    )  # fmt: skip
    return AuditSeal.objects.create(
        number=number, kind=kind, first=first, last=last, count=count, lines=packed, digest=digest, last_at=last_at,
        sealed_at=now, former=before, hash=made,
    )  # fmt: skip


@transaction.atomic
def erase_lines(*, now: datetime) -> int:
    """Erase the lines older than a year, by whole seals; a seal says so in the chain. How many lines.

    The database refuses to erase a line younger than six months, whoever asks.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        over = _over(now)
        if not over:
            return 0
        span = over[-1]
        totals = AuditSeal.objects.filter(number__in=[one.number for one in over]).aggregate(
            lines=Sum("count"), latest=Max("last_at"), first=Min("first")
        )
        # The triggers let these two statements through, and nothing else (migration 0012).
        cursor.execute("SELECT set_config('bienveille.erasing_audit', 'on', true)")
        cursor.execute("DELETE FROM accounts_auditentry WHERE id BETWEEN %s AND %s", [totals["first"], span.last])
        erased = cursor.rowcount
        cursor.execute(
            "UPDATE accounts_auditseal SET lines = '' WHERE number = ANY(%s)", [[one.number for one in over]]
        )
        cursor.execute("SELECT set_config('bienveille.erasing_audit', '', true)")
    former = AuditSeal.objects.order_by("-number").first()
    _append(former, SealKind.PURGE, totals["first"], span.last, totals["lines"], b"", totals["latest"], now)
    return int(erased)


def _over(now: datetime) -> list[AuditSeal]:
    """The oldest seals whose lines have all had their year and are still there, without a hole."""
    gone = AuditSeal.objects.filter(kind=SealKind.PURGE).aggregate(last=Max("last"))["last"] or 0
    over = []
    for seal in AuditSeal.objects.filter(kind=SealKind.LINES, first__gt=gone).defer("lines").order_by("number"):
        if seal.last_at >= now - AUDIT_KEPT:
            break
        over.append(seal)
    return over


def publish_head(seal: AuditSeal) -> None:
    """Add a seal to the file that verifications read: put it where who administers the database cannot write."""
    path = Path(settings.AUDIT_HEADS)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="ascii") as heads:
        heads.write(f"{seal.number} {seal.hash} {seal.sealed_at.isoformat(timespec='seconds')}\n")


@job(queue="schedule")
def seal_audit() -> int:
    """Seal what was written since the last time, and publish the new head. How many seals."""
    made = seal_lines(now=clock())
    if made:
        publish_head(made[-1])
    return len(made)


@job(queue="schedule")
def purge_audit() -> int:
    """Erase the traces that have had their year. How many."""
    return erase_lines(now=clock())


@job(queue="schedule")
def mail_audit_head() -> int:
    """Send the head of the chain to whoever keeps it out of reach (AUDIT_HEAD_TO). How many messages."""
    seal = AuditSeal.objects.order_by("-number").first()
    if not settings.AUDIT_HEAD_TO or seal is None:
        return 0
    return EmailMessage(
        subject="Journal d’audit\u00a0: sceau du jour",
        body=f"Gardez ce message. Pour vérifier que rien n’a été récrit avant lui\u00a0:\n\n"
        f"./bienveille audit verify --head {seal.number}:{seal.hash}\n",
        to=[settings.AUDIT_HEAD_TO],
    ).send()
