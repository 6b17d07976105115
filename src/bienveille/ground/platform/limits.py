"""How often something may be asked: leaky buckets in the database, shared by every process and every machine."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.utils.crypto import salted_hmac

from bienveille.ground.platform.prepared import one_row

#: A bucket untouched for that long is empty again, whatever the limit: it says nothing and is thrown away.
IDLE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """So many a minute in the long run, so many at once. Nil a minute: no limit."""

    per_minute: float
    burst: int


def spend(kind: str, whose: str, limit: Limit) -> int:
    """Count one request; 0 when it may pass, else the whole seconds to wait (1 round trip, no wait for the disk).

    `whose` is kept as a keyed digest, so that the table holds no address of anybody.
    """
    if limit.per_minute <= 0:
        return 0
    row = one_row("SELECT platform_spend(%s, %s, %s)", [_key(kind, whose), limit.per_minute / 60, float(limit.burst)])
    assert row is not None
    return math.ceil(row[0])


def _key(kind: str, whose: str) -> str:
    return f"{kind}:{salted_hmac('platform.limits', whose, algorithm='sha256').hexdigest()}"


def forget_idle_buckets() -> int:
    """Throw away what says nothing any more. Gives how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM platform_bucket WHERE at < clock_timestamp() - %s * interval '1 second'",
            [IDLE.total_seconds()],
        )
        return cursor.rowcount


def forget(kind: str, whose: str) -> None:
    """Empty a bucket: its owner proved otherwise who they are (1 query)."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM platform_bucket WHERE key = %s", [_key(kind, whose)])


def give_back(kind: str, whose: str) -> None:
    """Uncount one request that turned out well (1 query); what failed before stays counted."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE platform_bucket SET level = greatest(0, level - 1) WHERE key = %s", [_key(kind, whose)])
