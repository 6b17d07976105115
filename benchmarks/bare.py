"""The limit of `next` and `page`: a bare WSGI function on the very same server, with the very same statements."""

import atexit
import json
import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import django
from django.template import Context, Engine, Template
from psycopg_pool import ConnectionPool

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bienveille.config.settings")
django.setup()  # to read our statement; nothing of Django answers

from bienveille.faces.api.queries import SHEET  # noqa: E402

TOKEN = """
SELECT u.id, u.agency_id, u.languages FROM accounts_apitoken t JOIN accounts_user u ON u.id = t.user_id
WHERE t.digest = %s AND t.revoked_at IS NULL AND t.expires_at > now() AND u.is_active"""
CAMPAIGN = "SELECT queue_id, questionnaire_id FROM outreach_campaign WHERE id = %s"
HAND_OUT = "SELECT contact_id FROM dispatch_hand_out(%s, %s, %s, %s, %s, %s, 'Banc', 'api')"
GUIDE = "SELECT definition FROM questionnaires_questionnaireversion WHERE id = %s"

_pool: ConnectionPool | None = None
_guides: dict[UUID, Any] = {}


def pool() -> ConnectionPool:
    """Opened in each process of the server, after the fork."""
    global _pool
    if _pool is None:
        size = int(os.environ["BIENVEILLE_POOL"])
        _pool = ConnectionPool(os.environ["DATABASE_URL"], min_size=2, max_size=size, kwargs={"autocommit": True})
        atexit.register(_pool.close)
    return _pool


def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """One function for the two benchmarks."""
    if environ["PATH_INFO"].endswith("/next"):
        content = _next(environ)
    elif environ["PATH_INFO"] == "/page":
        content = _page()
    else:
        start("404 Not Found", [("Content-Length", "0")])
        return [b""]
    start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(content)))])
    return [content]


def _next(environ: dict[str, Any]) -> bytes:
    """The token, the campaign, the hand-out, the sheet: four statements and a document."""
    digest = sha256(environ["HTTP_AUTHORIZATION"].removeprefix("Bearer ").encode()).hexdigest()
    now = datetime.now(UTC)
    with pool().connection() as connection:
        user = connection.execute(TOKEN, [digest]).fetchone()
        campaign = connection.execute(CAMPAIGN, [environ["PATH_INFO"].split("/")[4]]).fetchone()
        assert user is not None
        assert campaign is not None
        connection.execute(HAND_OUT, [campaign[0], *user, now, now.date()])
        row = connection.execute(SHEET, [campaign[0], user[0]]).fetchone()
        if campaign[1] not in _guides:
            _guides[campaign[1]] = connection.execute(GUIDE, [campaign[1]]).fetchone()
    assert row is not None
    document = {
        "contact": row[0], "token": row[1], "lease_until": row[2].isoformat(), "why": row[3],
        "attempts": json.loads(row[13] or "[]"),
        "household": {
            "id": row[7], "name": row[8], "agency": row[9], "residence": row[10], "commune": row[11],
            "people": json.loads(row[14]),
        },
        "questionnaire": _guides[campaign[1]][0],
    }  # fmt: skip
    return json.dumps(document).encode()


def _page() -> bytes:
    """The statements of the screen, read from the file that the benchmark wrote, and a table of the longest answer."""
    rows: list[Any] = []
    with pool().connection() as connection:
        for statement in _statements():
            cursor = connection.execute(statement)  # type: ignore[call-overload]
            if cursor.description:
                found = cursor.fetchall()
                rows = found if len(found) > len(rows) else rows
    return _template().render(Context({"rows": rows[:50]})).encode()


@cache
def _statements() -> list[str]:
    return json.loads(Path(os.environ["BENCH_STATEMENTS"]).read_text())


@cache
def _template() -> Template:
    """What the screen shows of a row: six cells, escaped."""
    cells = "".join(f"<td>{{{{ row.{rank} }}}}</td>" for rank in range(6))
    return Engine().from_string(f"<table>{{% for row in rows %}}<tr>{cells}</tr>{{% endfor %}}</table>")


if __name__ == "__main__":
    from bienveille.faces.cli.web import main

    main("benchmarks.bare")
