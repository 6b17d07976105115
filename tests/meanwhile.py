"""Two people at the same moment, played to the letter: the first has written and not committed when the second begins."""

import time
from collections.abc import Callable
from threading import Thread
from typing import Any

from django.db import connection, transaction


def second_of(first: Callable[[], Any], second: Callable[[], Any], then: Callable[[], Any] | None = None) -> Any:
    """What the second gave or raised, begun once the first had written, ended after it committed.

    `then`: what the first still writes once the second waits for it. Needs a test that commits (`transaction=True`).
    """
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(second())
        except Exception as refusal:
            found.append(refusal)
        finally:
            connection.close()

    thread = Thread(target=run)
    with transaction.atomic():
        first()
        thread.start()
        while thread.is_alive() and not _somebody_waits_for_us():
            time.sleep(0.01)
        if then is not None:
            then()
    thread.join()
    return found[0]


def _somebody_waits_for_us() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
        )
        return bool(cursor.fetchone()[0])
