"""The harness of every test: stricter than production. No network, no clock of our own, no silent template."""

import ipaddress
import os
import socket
import sys

import pytest
from hypothesis import HealthCheck, settings

# A busy machine draws examples slowly and answers late: neither is a fault of what is tested.
settings.register_profile("any_machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any_machine")


class NetworkRefused(Exception):
    """A test tried to leave the machine."""


def _is_here(host: object) -> bool:
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        text = host.decode() if isinstance(host, bytes) else str(host)
        return ipaddress.ip_address(text.split("%")[0]).is_loopback or text in ("0.0.0.0", "::")
    except ValueError:
        return False


def _guard(event: str, arguments: tuple) -> None:
    """An audit hook sees every connection of this process, whichever library makes it."""
    if event == "socket.connect":
        made_by, address = arguments
        if made_by.family != getattr(socket, "AF_UNIX", None) and not _is_here(address[0]):
            raise NetworkRefused(f"A test may not connect to {address}")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname") and not _is_here(arguments[0]):
        raise NetworkRefused(f"A test may not look up {arguments[0]}")


sys.addaudithook(_guard)


#: What takes longest, the longest first: begun last, one core would work alone at the end.
LONGEST = (
    "tests/journeys/test_six_weeks.py",
    "tests/browser/test_every_page.py",
    "tests/browser/",
    "tests/imports/test_nights",
    "tests/messaging/test_killed.py",
    "tests/messaging/test_hosts.py",
    "tests/api/test_conformity.py",
    "tests/architecture/test_walk.py",
)
#: Files whose tests share something long to make, be it a browser: one worker has the whole file.
TOGETHER = (
    "tests/api/test_conformity.py",
    "tests/architecture/test_walk.py",
    "tests/browser/",
    "tests/imports/test_nights.py",
    "tests/imports/test_truth.py",
    "tests/journeys/test_six_weeks.py",
    "tests/platform/test_postgres.py",
    "tests/platform/test_serve.py",
    "tests/ui/test_bar_in_browser.py",
    "tests/ui/test_gallery_in_browser.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """The longest first, and the others as they were."""

    def rank(item):
        return next((rank for rank, path in enumerate(LONGEST) if item.nodeid.startswith(path)), len(LONGEST))

    items.sort(key=rank)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Each test goes to the first worker that is free, in the order of the collection; files above go as a whole."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return nodeid.split("::")[0] if nodeid.startswith(TOGETHER) else nodeid

    config.option.loadscopereorder = False  # it puts first what has most tests, which is not what takes longest
    return Scheduling(config, log)


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch):
    """What this machine has set for itself reaches no test, nor the programs a test starts."""
    for name in ("DATABASE_URL", "EMAIL_HOST", "PUBLIC_URL", "SENTRY_DSN", "BIENVEILLE_POOL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_blocker):
    """The schema is copied from a template, which is made anew only when a migration has changed."""
    from django.db import connection
    from tests.schema import schema_template

    with django_db_blocker.unblock():
        connection.settings_dict["TEST"]["TEMPLATE"] = schema_template()


#: Tables without a model, which a page of a browser test writes to.
UNKNOWN_TO_DJANGO = ("platform_bucket", "platform_cache")


@pytest.fixture(scope="session", autouse=True)
def _quick_flush():
    """After a test that commits, its rows are deleted: making every table's file anew takes ten times as long.

    Under the lock that TRUNCATE takes, since a server may still be writing. What migrations wrote (the types and
    permissions of Django's own applications) stays as it is, instead of being emptied and written again.
    """
    from django.core.management.commands import flush
    from django.db.backends.postgresql.operations import DatabaseOperations

    truncate = DatabaseOperations.sql_flush

    def sql_flush(operations, style, tables, *, reset_sequences=False, allow_cascade=False):
        if reset_sequences:
            return truncate(operations, style, tables, reset_sequences=True, allow_cascade=allow_cascade)
        kept = {"django_content_type", "auth_permission"}
        names = [operations.quote_name(table) for table in sorted({*tables, *UNKNOWN_TO_DJANGO} - kept)]
        deleted = " ".join(f"DELETE FROM {name};" for name in names)
        return [
            f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE",
            f"DO $$ BEGIN SET LOCAL session_replication_role = replica; {deleted} END $$",
        ]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", sql_flush)
        patch.setattr(flush, "emit_post_migrate_signal", lambda *arguments, **options: None)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup):
    """At the end nobody holds the database that is dropped: a server of a browser test may leave a session behind.

    On the class: while Playwright runs, Django gives this thread other connections than the rest of the time.
    """
    yield
    from django.db import connection

    def drop(creation, name, verbosity):
        with creation._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    type(connection.creation)._destroy_test_db = drop


CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser():
    """A real Chromium, the machine's own; skipped in so many words where there is none.

    One per module: while Playwright runs, its event loop is this thread's, and tests of jobs need their own.
    """
    from django.db import connections
    from playwright.sync_api import sync_playwright

    from bienveille.faces.cli.test import find_browser

    found = find_browser()
    if found is None:
        pytest.skip("Chromium is not on this machine: browser tests are skipped (./bienveille test installs it)")
    # Django must be told that the queries of these tests are not inside Playwright's loop.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(found), args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()
        connections.close_all()  # those of Playwright's loop, which nobody can name once it has ended
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
