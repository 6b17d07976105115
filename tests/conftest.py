"""The harness of every test: stricter than production. No network, no clock of our own, no silent template."""

import ipaddress
import socket
import sys

import pytest


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


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch):
    """What this machine has set for itself reaches no test, nor the programs a test starts."""
    for name in ("DATABASE_URL", "EMAIL_HOST", "PUBLIC_URL", "SENTRY_DSN", "BIENVEILLE_POOL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def chromium():
    """The machine's own browser; a test that needs it is skipped, in so many words, where there is none."""
    from bienveille.faces.cli.test import find_browser

    found = find_browser()
    if found is None:
        pytest.skip("Chromium is not on this machine: browser tests are skipped (./bienveille test installs it)")
    return found
