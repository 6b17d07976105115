"""What every page gets around its view: headers of private pages, end of idle sessions, channel of the audit log."""

import time
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from bienveille.ground.ui.exports import TooManyRows, gate
from bienveille.register.accounts import operations, queries
from bienveille.register.accounts.access import grants_of
from bienveille.register.accounts.adapters import (
    SESSION_FACTOR,
    SESSION_SEEN,
    SESSION_SINCE,
    address_of,
    ask_for_agreement,
    ask_for_proof,
    device_cookie,
    proved_lately,
)
from bienveille.register.accounts.choices import AuditChannel
from bienveille.register.accounts.models import User
from bienveille.register.accounts.rules import FEWEST_ALONE, SEEN_EVERY, session_over

HEADERS = {
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
READING = ("GET", "HEAD", "OPTIONS")
#: What somebody opens who still has to install their second factor.
OPEN_WITHOUT_FACTOR = {
    "accounts:code_app",
    "accounts:passkey_new",
    "accounts:passkey_challenge",
    "accounts:passkey_ask",
    "accounts:proof",
    "accounts:proconnect",
    "accounts:proconnect_back",
    "account_logout",
    "ui:theme",
    "ui:leave",
    "ui:accessibility",
    "workspace:session",
}


def private_pages(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """No page is kept by a browser or a proxy, and nobody stays signed in on a machine left alone (docs/security.md).

    A session writes its last sign of life once a minute at most. Whoever comes back too late signs in again and lands
    where they were; what they had typed waits in the browser.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        with operations.acting_through(AuditChannel.WEB):
            _end_old_session(request)
            # Read before any object is looked for: a refusal costs as much whether the object exists or not (G5).
            grants_of(request.user)  # type: ignore[arg-type]
            former = gate.set(_Gate(request) if request.user.is_authenticated else None)
            try:
                response = _without_factor(request) or _lands_back(request, get_response(request))
            finally:
                gate.reset(former)
            _remember_device(request, response)
        for name, value in HEADERS.items():
            response.setdefault(name, value)  # type: ignore[attr-defined]
        if request.user.is_authenticated or not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response

    # Where Django looks for it. The file has not begun: nothing has left, and nothing was said to have.
    middleware.process_exception = _ask_before_taking  # type: ignore[attr-defined]
    return middleware


class _Gate:
    """Lets rows leave in one request: a few freely, more with a fresh proof, people in numbers with somebody else.

    Both are asked one after the other. One agreement serves all the sheets of one file.
    """

    def __init__(self, request: HttpRequest) -> None:
        self.request, self.agreed = request, 0

    def __call__(self, rows: int, what: str, people: bool) -> None:
        if rows <= min(settings.ROWS_WITHOUT_PROOF, FEWEST_ALONE) or rows <= self.agreed:
            return
        most = queries.rows_alone()
        if rows <= most:
            return
        if not proved_lately(self.request):
            raise TooManyRows(rows=rows, what=what, proof=True)
        if people and not self._taken(rows):
            raise TooManyRows(rows=rows, what=what, proof=False)

    def _taken(self, rows: int) -> bool:
        user: User = self.request.user  # type: ignore[assignment]
        # Whoever only asks how large the file is (HEAD) does not use the agreement up.
        if self.request.method == "GET" and operations.take_large_file(
            actor=user, address=address_of(self.request), rows=rows, now=timezone.now()
        ):
            self.agreed = rows
            return True
        return False


def _ask_before_taking(request: HttpRequest, error: Exception) -> HttpResponseBase | None:
    if not isinstance(error, TooManyRows):
        return None
    return ask_for_proof(request) if error.proof else ask_for_agreement(request, rows=error.rows, what=error.what)


def _end_old_session(request: HttpRequest) -> None:
    if not request.user.is_authenticated:
        return
    now = int(time.time())
    seen = request.session.get(SESSION_SEEN, now)
    if session_over(now=now, since=request.session.get(SESSION_SINCE, now), seen=seen):
        operations.record_signed_out(user=request.user, reason="session terminée")
        logout(request)
        return
    if request.headers.get("X-Background"):
        return  # a figure that refreshes by itself is nobody's sign of life
    if SESSION_SEEN not in request.session or now - seen >= SEEN_EVERY:
        request.session.setdefault(SESSION_SINCE, now)
        request.session[SESSION_SEEN] = now


def _without_factor(request: HttpRequest) -> HttpResponseBase | None:
    """Where a second factor is required, who has not shown theirs opens nothing but the pages that install one."""
    if not settings.SECOND_FACTOR_REQUIRED or not request.user.is_authenticated or SESSION_FACTOR in request.session:
        return None
    try:
        route = resolve(request.path_info).view_name
    except Resolver404:
        route = ""
    if route in OPEN_WITHOUT_FACTOR:
        return None
    page = "accounts:code_app"
    if queries.has_second_factor(request.user):  # installed since, from another browser
        logout(request)
        page = settings.LOGIN_URL
    if request.headers.get("HX-Request") == "true":
        return HttpResponseClientRedirect(resolve_url(page))
    return HttpResponseRedirect(resolve_url(page))


def _remember_device(request: HttpRequest, response: HttpResponseBase) -> None:
    email = getattr(request, "known_device", "")
    if email:
        response.set_cookie(  # type: ignore[attr-defined]
            settings.DEVICE_COOKIE_NAME,
            device_cookie(email),
            max_age=settings.DEVICE_COOKIE_AGE,
            secure=settings.SECURE,
            httponly=True,
            samesite="Lax",
        )


def _lands_back(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Sends whoever must sign in back to the page they see, not to the address that a form or a fragment uses."""
    login = resolve_url(settings.LOGIN_URL)
    if request.user.is_authenticated or response.status_code != 302 or not isinstance(response, HttpResponse):
        return response
    if not response["Location"].startswith(f"{login}?"):
        return response
    fragment = request.headers.get("HX-Request") == "true"
    if request.method in READING and not fragment:
        return response
    page = _page_of(request)
    url = f"{login}?{urlencode({'next': page})}" if page else login
    return HttpResponseClientRedirect(url) if fragment else HttpResponseRedirect(url)


def _page_of(request: HttpRequest) -> str:
    """Path of the page that the browser shows, if it is one of ours."""
    shown = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    if not shown or not url_has_allowed_host_and_scheme(shown, {request.get_host()}):
        return ""
    parts = urlsplit(shown)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
