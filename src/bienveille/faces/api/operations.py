"""What the API does beside the operations of the house: doing a thing once for a key, forgetting old keys."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.timezone import now as clock

from bienveille.faces.api.models import IdempotencyKey
from bienveille.ground.platform.jobs import job
from bienveille.ground.platform.limits import forget_idle_buckets
from bienveille.ground.platform.refusal import Refusal
from bienveille.ground.platform.sealed_fields import sealed_field
from bienveille.register.accounts.models import User

#: How long the same key gives the same answer.
KEYS_LAST = timedelta(hours=24)

ANSWER = sealed_field(IdempotencyKey, "answer")

_CLAIM = """
INSERT INTO api_idempotencykey AS k (user_id, key, fingerprint, created_at) VALUES (%s, %s, %s, %s)
ON CONFLICT (user_id, key) DO UPDATE
SET fingerprint = excluded.fingerprint, status = NULL, answer = NULL, created_at = excluded.created_at
WHERE k.created_at < %s
RETURNING id"""
_READ = "SELECT fingerprint, status, answer FROM api_idempotencykey WHERE user_id = %s AND key = %s"
_KEEP = "UPDATE api_idempotencykey SET status = %s, answer = %s WHERE id = %s"


class KeyUsedOtherwise(Refusal):
    """The key has already served for another request."""

    message = (
        "Cette clé d’idempotence a déjà servi pour une autre demande. Renvoyez la même demande, "
        "ou donnez une nouvelle clé."
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """The status and the document of an answer; `replayed` when it had already been given."""

    status: int
    document: dict[str, Any]
    replayed: bool = False


def once(*, user: User, key: str, fingerprint: str, now: datetime, act: Callable[[], Answer]) -> Answer:
    """Do a thing once for a key: the same request sent again gets the first answer. Without a key, just do it.

    Two at the same moment: the second waits for the first. A refusal leaves the key free, so that a corrected request
    may use it. Refuses a key that served for another request in the last day.
    """
    if not key:
        return act()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, [user.pk, key, fingerprint, now, now - KEYS_LAST])
        claimed = cursor.fetchone()
        if claimed is None:
            cursor.execute(_READ, [user.pk, key])
            known, status, document = cursor.fetchone()
            if known != fingerprint:
                raise KeyUsedOtherwise
            return Answer(status, ANSWER.open(document), replayed=True)
        answer = act()
        cursor.execute(_KEEP, [answer.status, ANSWER.seal(answer.document), claimed[0]])
    return answer


def forget_keys(*, now: datetime) -> int:
    """Erase the keys and answers older than a day, whose promise is over. Gives how many."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM api_idempotencykey WHERE created_at < %s", [now - KEYS_LAST])
        return cursor.rowcount


@job(queue="housekeeping")
def tidy_up() -> int:
    """Forget old keys and empty buckets. Running it twice is harmless."""
    return forget_keys(now=clock()) + forget_idle_buckets()
