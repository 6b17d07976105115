"""G13: what every answer says to the browser, whichever it is: pages, refusals, what does not exist, failures, files."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from tests.accounts.factories import UserFactory
from tests.architecture.house import ROOT
from tests.architecture.policy import routes, table

from bienveille.register.accounts.choices import Role

#: Directives that no answer goes without. Nothing is inline anywhere, so there is no nonce to give away.
POLICY = {
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "object-src 'none'", "base-uri 'none'",
    "frame-ancestors 'none'",
}  # fmt: skip


def missing(response) -> list[str]:
    """What an answer forgot to say."""
    policy = {part.strip() for part in response.headers.get("Content-Security-Policy", "").split(";")}
    said = {
        "policy": policy >= POLICY,
        "inline": "unsafe" not in response.headers.get("Content-Security-Policy", ""),
        "nosniff": response.headers.get("X-Content-Type-Options") == "nosniff",
        "referrer": response.headers.get("Referrer-Policy") in ("same-origin", "strict-origin", "no-referrer"),
        "opener": response.headers.get("Cross-Origin-Opener-Policy") == "same-origin",
        "origin": "Access-Control-Allow-Origin" not in response.headers,
        "type": typed(response),
    }
    return [name for name, good in said.items() if not good]


def typed(response) -> bool:
    """Whether an answer with something in it says what it is, and a text in which letters."""
    kind = response.headers.get("Content-Type", "")
    if response.streaming or not response.content:
        return True
    return "charset=utf-8" in kind.lower() if kind.startswith("text/") else "/" in kind


#: What programs bring, signed in its own way; the button « se désabonner » of mail programs has no page of ours.
SIGNED_BY_PROVIDERS = {"portal:receipts", "portal:replies", "portal:mail", "portal:stop_messages"}


def kept(response) -> bool:
    return "no-store" not in response.headers.get("Cache-Control", "")


@pytest.mark.django_db
@pytest.mark.parametrize("role", [None, Role.ADMINISTRATOR])
def test_g13_every_route_says_it(role):
    client, silent, stored = Client(raise_request_exception=False), [], []
    if role:
        client.force_login(UserFactory(roles=[role]))
    for route in routes():
        response = client.get(reverse(route.name, kwargs=route.parameters))
        if forgotten := missing(response):
            silent.append((route.name, response.status_code, forgotten))
        if (role or table()[route.name]["who"] != "everybody") and kept(response):
            stored.append(route.name)
    assert silent == []
    assert stored == []


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/nulle-part/", "/static/ui/mark.svg", "/static/nulle-part.js", "/casse/"])
def test_g13_so_do_failures_and_files(path, settings):
    settings.ROOT_URLCONF = "tests.architecture.broken_urls"
    response = Client(raise_request_exception=False).get(path)
    response.close()
    assert missing(response) == []
    assert response.status_code == {"/casse/": 500, "/static/ui/mark.svg": 200}.get(path, 404)


@pytest.mark.django_db
@pytest.mark.parametrize("signed_in", [False, True])
def test_no_file_but_ours_and_no_folder_is_served(signed_in):
    """Neither the sources, nor their history, nor the list of a folder: by any spelling of the address."""
    client = Client(raise_request_exception=False)
    if signed_in:
        client.force_login(UserFactory(roles=[Role.ADMINISTRATOR]))
    opened = []
    for path in (
        "/.git/config", "/.env", "/pyproject.toml", "/src/bienveille/config/settings.py", "/static/", "/static/ui/",
        "/static/ui", "/static/../.git/config", "/static/%2e%2e/%2e%2e/.git/config", "/static//etc/passwd",
        "/static/ui/..%2f..%2fviews.py", "/media/", "/files/",
    ):  # fmt: skip
        response = client.get(path)
        if response.status_code == 200 or (response.status_code in (301, 302) and "login" in path):
            opened.append((path, response.status_code))
        response.close()
    assert opened == []


@pytest.mark.django_db
def test_nobody_is_shown_their_own_request():
    """TRACE would give a script the cookies that it may not read."""
    client, echoed = Client(raise_request_exception=False), []
    client.force_login(UserFactory(roles=[Role.ADMINISTRATOR]))
    for route in routes():
        response = client.trace(reverse(route.name, kwargs=route.parameters), headers={"x-planted": "canari"})
        if response.status_code < 300 or b"canari" in response.content:
            echoed.append((route.name, response.status_code))
    assert echoed == []


@pytest.mark.django_db
def test_a_form_of_elsewhere_is_refused():
    """Each form carries a secret of its own page; without it, whoever is signed in, nothing is done."""
    client, taken = Client(enforce_csrf_checks=True, raise_request_exception=False), []
    client.force_login(UserFactory(roles=[Role.ADMINISTRATOR]))
    for route in routes():
        if table()[route.name].get("by") or route.name in SIGNED_BY_PROVIDERS:
            continue
        response = client.post(reverse(route.name, kwargs=route.parameters), {})
        if response.status_code not in (403, 404, 405):
            taken.append((route.name, response.status_code))
    assert taken == []


def test_g13_a_site_with_tls_is_ready_for_it():
    """`check --deploy` finds nothing, cookies are bound to the host, and browsers are told to come back by TLS."""
    asked = (
        "from django.conf import settings as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.DEVICE_COOKIE_NAME,"
    )
    asked += " s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS, s.SECURE_HSTS_INCLUDE_SUBDOMAINS,"
    asked += " s.DEBUG, s.ALLAUTH_TRUSTED_PROXY_COUNT)"
    code = f"import django; django.setup(); {asked}; from django.core.management import call_command; "
    code += "call_command('check', deploy=True, tags=['security'], fail_level='WARNING')"
    environment = os.environ | {
        "BIENVEILLE_NO_DATABASE": "1",
        "DJANGO_SETTINGS_MODULE": "bienveille.config.settings",
        "PUBLIC_URL": "https://bienveille.bailleur.example",
        "PYTHONPATH": str(ROOT / "src"),
        "NOTES_KEY": "Q2Ugbidlc3QgcXUndW5lIGNsw6kgZOKAmWVzc2FpLiE=",
        "SECRET_KEY": "une clé bien assez longue, faite pour un essai et pour rien d’autre, de soixante signes",
    }
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[0] == "__Host-session __Host-csrf __Host-device True True 31536000 True False 1"


def test_g12_sessions_end_by_themselves():
    assert settings.SESSION_COOKIE_AGE == 12 * 3600
    assert settings.SESSION_COOKIE_HTTPONLY
