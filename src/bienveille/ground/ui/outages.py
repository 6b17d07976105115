"""The page of a request that failed: the one of a fault of ours, or of what the machine lacks (database, disk).

It needs neither database, nor session, nor request: Django calls it while the failure is being handled.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import loader

#: Seconds after which a program may ask again.
AGAIN = "30"
#: What says that there is no room: the disk, the quota, the largest file that the system lets us write.
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
#: SQLSTATE of a server that is not there: connection lost, being stopped or started, too many connections.
AWAY = ("08", "57P", "53300")
DISK_FULL = ("53100",)


def failure(request: HttpRequest, *arguments: object) -> HttpResponse:
    """500, or 503 with when to come back and what to do with what was typed."""
    cause = outage(sys.exception())
    if not cause:
        return HttpResponse(loader.get_template("500.html").render(), status=500)
    page = loader.get_template("503.html").render({"full": cause == "full"})
    return HttpResponse(page, status=503, headers={"Retry-After": AGAIN, "Cache-Control": "no-store"})


def outage(error: BaseException | None) -> str:
    """`away` when the database does not answer, `full` when there is no room to write, nothing for a fault of ours."""
    for one in _causes(error):
        state = getattr(one, "sqlstate", None) or ""
        if state.startswith(DISK_FULL) or (isinstance(one, OSError) and one.errno in NO_ROOM):
            return "full"
        if isinstance(one, OperationalError | InterfaceError):
            below = getattr(one.__cause__, "sqlstate", None) or ""
            if below.startswith(DISK_FULL):
                return "full"
            if not below or below.startswith(AWAY):
                return "away"
    return ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
