"""Pages a second of the busiest list, fifty rows, with a session, against a bare WSGI function on the same server."""

import json
import tempfile
import time
from pathlib import Path
from statistics import median
from unittest.mock import patch

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from psycopg import ClientCursor

from benchmarks.population import fill
from benchmarks.scratch import scratch_database
from benchmarks.web_load import hammer, request, server
from bienveille.ground.platform import prepared

#: A search by name: what managers and social workers do all day.
PAGE = "/locataires/?q=essai"
ROWS = 50


def run(rows: int = 20_000, runs: int = 5) -> dict[str, object]:
    """Tenants found by name among `rows`; the bare function runs the statements of our page and fills one table."""
    with scratch_database() as name, tempfile.TemporaryDirectory() as folder:
        fill(rows=rows, agencies=40, callers=1)
        cookie, statements = _look()
        told = Path(folder) / "statements.json"
        told.write_text(json.dumps(statements))
        ours, limits = [], []
        page = [request("GET", PAGE, Cookie=f"{settings.SESSION_COOKIE_NAME}={cookie}")]
        with server(name) as mine, server(name, "benchmarks.bare", BENCH_STATEMENTS=str(told)) as bare:
            for _ in range(runs):
                limits.append(hammer(bare, [request("GET", "/page")] * 600, 200))
                ours.append(hammer(mine, page * 200, 200))
    return {
        "name": "page",
        "ours": round(median(ours)),
        "limit": round(median(limits)),
        "unit": "pages/s",
        "ratio": round(median(mine / theirs for mine, theirs in zip(ours, limits, strict=True)), 3),
        "queries": len(statements),
        "runs": runs,
    }


def _look() -> tuple[str, list[str]]:
    """A director's session, and the statements that its page runs, as PostgreSQL gets them."""
    from bienveille.register.accounts.adapters import SESSION_FACTOR
    from bienveille.register.accounts.models import RoleGrant, User

    user = User.objects.order_by("pk")[0]
    RoleGrant.objects.create(user=user, role="director")
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(user)
    session = client.session
    session[SESSION_FACTOR] = int(time.time())  # a code was shown this morning, as every day
    session.save()
    client.get(PAGE)
    # Prepared statements are captured without their values, but where they are bound on the client.
    with patch.object(prepared, "Cursor", ClientCursor), CaptureQueriesContext(connection) as captured:
        answer = client.get(PAGE)
    text = answer.content.decode()
    assert answer.status_code == 200, f"the page answers {answer.status_code}: is the session complete?"
    assert text.count("<tr") > ROWS, "the page does not show its fifty rows"
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    return cookie, [query["sql"] for query in captured.captured_queries]
