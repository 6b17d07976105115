"""How the sign-in library behaves here: French sentences, traces in the audit log, nobody told who has an account."""

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import LoginStage  # by this way in: the library imports itself in a ring
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.core import signing
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from bienveille.ground.platform.limits import forget, give_back, spend
from bienveille.register.accounts import operations, queries
from bienveille.register.accounts.models import OpenSession, User
from bienveille.register.accounts.rules import GUESSES, browser_in_words, digest, file_address

# Kept in the session by `login`, read by middleware.private_pages; seconds since 1970.
SESSION_SINCE, SESSION_SEEN = "since", "seen"
#: When the second factor was shown, when somebody last proved who they are, and with which browser they came.
SESSION_FACTOR, SESSION_PROVED, SESSION_BROWSER = "factor", "proved", "browser"
#: Who came by ProConnect: their account, when they proved there who they are, and what ends it when they leave.
SESSION_PROVIDER = "provider"

_MESSAGES = {
    "account/messages/logged_out.txt": "Vous êtes déconnecté.",
    "account/messages/password_changed.txt": "Votre mot de passe est changé.",
}


class SessionStore(DatabaseStore):
    """Sessions in the database under the digest of their key, with whose they are: a copy of it opens nothing."""

    @classmethod
    def get_model_class(cls) -> type[OpenSession]:
        return OpenSession

    def _get_session_from_db(self) -> OpenSession | None:
        kept = OpenSession.objects.filter(pk=digest(self.session_key or ""), expire_date__gt=timezone.now()).first()
        if kept is None:
            self._session_key = None
        return kept

    def exists(self, session_key: str) -> bool:
        return OpenSession.objects.filter(pk=digest(session_key)).exists()

    def create_model_instance(self, data: dict[str, Any]) -> OpenSession:
        return OpenSession(
            session_key=digest(self._get_or_create_session_key()),  # type: ignore[attr-defined]
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
            user_id=data.get(SESSION_KEY),
            browser=data.get(SESSION_BROWSER, ""),
            started_at=_moment(data.get(SESSION_SINCE)),
            seen_at=_moment(data.get(SESSION_SEEN)),
        )

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            OpenSession.objects.filter(pk=digest(key)).delete()


def _moment(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


# ---- Proofs ------------------------------------------------------------------------------------------------------


def shown_factor(request: HttpRequest) -> None:
    """This session has just shown more than a password."""
    request.session[SESSION_FACTOR] = request.session[SESSION_PROVED] = int(time.time())


def proved_lately(request: HttpRequest) -> bool:
    """Whether somebody has proved who they are, in this session, not long ago."""
    lasts = settings.PROOF_LASTS
    return not lasts or time.time() - request.session.get(SESSION_PROVED, 0) <= lasts


def proof_required(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Decorates a view that gives or takes power: who did not prove lately that it is them does it first."""

    @wraps(view)
    def proved(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if proved_lately(request):
            return view(request, *args, **kwargs)
        return ask_for_proof(request)

    return proved


def ask_for_proof(request: HttpRequest) -> HttpResponseBase:
    """To the page where one proves who one is, and back to the page that the person sees."""
    shown = request.get_full_path() if request.method in ("GET", "HEAD") else _page_before(request)
    return redirect(f"{reverse('accounts:proof')}?{urlencode({'next': shown})}")


def _page_before(request: HttpRequest) -> str:
    before = urlsplit(request.headers.get("Referer") or "")
    return before.path if before.netloc == request.get_host() else "/"


# ---- Long files --------------------------------------------------------------------------------------------------

_FILE_SALT = "accounts.large_file"


def address_of(request: HttpRequest) -> str:
    """What the file that this request takes away is known by."""
    query = [(key, value) for key in request.GET for value in request.GET.getlist(key)]
    return file_address(request.path, query)


def ask_for_agreement(request: HttpRequest, *, rows: int, what: str) -> HttpResponseBase:
    """To the page where one says why a long file should leave; what was refused goes along, signed."""
    kind = next((value for key, value in request.GET.items() if key.endswith("export")), "")
    # Without a kind the address is the file itself: going back to it would only be refused again.
    back = address_of(request) if kind else _page_before(request)
    said = [str(request.user.pk), address_of(request), kind, what[:300], rows, back]
    ticket = signing.dumps(said, salt=_FILE_SALT)
    return redirect(f"{reverse('accounts:file_ask')}?{urlencode({'ticket': ticket})}")


def read_refused_file(ticket: str, user: User) -> tuple[dict[str, Any], str]:
    """What `ask_for_agreement` said and the page to go back to, for an hour.

    BadSignature for anything else, or somebody else's.
    """
    owner, address, kind, what, rows, back = signing.loads(ticket, salt=_FILE_SALT, max_age=3600)
    if owner != str(user.pk):
        raise signing.BadSignature
    return {"address": address, "kind": kind, "what": what, "rows": rows}, back


# ---- Devices that already came in --------------------------------------------------------------------------------

_DEVICE_SALT = "accounts.device"


def device_cookie(email: str) -> str:
    """What a browser keeps after a sign-in: it is counted apart, so that a stranger's guesses shut nobody out."""
    return signing.dumps([_keyed(email), secrets.token_urlsafe(12)], salt=_DEVICE_SALT)


def counted_as(request: HttpRequest | None, email: str) -> str:
    """Whose tries these are: the account's, or those of a device that already came into this account."""
    email = email.strip().lower()
    cookie = request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "") if request else ""
    try:
        owner, device = signing.loads(cookie, salt=_DEVICE_SALT, max_age=settings.DEVICE_COOKIE_AGE)
    except (signing.BadSignature, ValueError, TypeError):
        return email
    return f"device:{device}" if constant_time_compare(owner, _keyed(email)) else email


def _keyed(email: str) -> str:
    return salted_hmac(_DEVICE_SALT, email.strip().lower(), algorithm="sha256").hexdigest()[:32]


class SecondFactorStage(LoginStage):
    """Between the password and coming in: who has a second factor shows it."""

    key = "second_factor"
    urlname = "accounts:second_factor"

    def handle(self) -> tuple[HttpResponseBase | None, bool]:
        if queries.has_second_factor(self.login.user):
            return redirect(self.urlname), True
        return None, True


class Argon2Hasher(Argon2PasswordHasher):
    """argon2id with the parameters that OWASP recommends where memory is shared with a web server."""

    time_cost = 2
    memory_cost = 19_456  # KiB
    parallelism = 1


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs up; an unknown address, a wrong password and a closed account get the same answer."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "L’adresse électronique et le mot de passe ne vont pas ensemble. Vérifiez les deux.",
        "too_many_login_attempts": "Trop d’essais. Attendez six minutes, ou choisissez un nouveau mot de passe.",
        "invalid_password_reset": "Ce lien ne sert plus. Demandez-en un nouveau.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        return [f"{SecondFactorStage.__module__}.{SecondFactorStage.__qualname__}"]

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        request.session.pop(SESSION_PROVIDER, None)  # begun by ProConnect, and given up
        whose = counted_as(request, str(credentials.get("email", "")))
        # Counted before the password is looked at, in one statement: ten thousand requests at once are ten tries.
        if spend("password", whose, GUESSES):
            raise self.validation_error("too_many_login_attempts")
        user: User | None = super().authenticate(request, **credentials)
        if user is not None and not user.is_active:
            self.authentication_failed(request, **credentials)
            return None
        if user is not None:
            give_back("password", whose)
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        operations.record_sign_in_failed(email=str(credentials.get("email", "")))

    def login(self, request: HttpRequest, user: User) -> None:  # type: ignore[override]
        came = request.session.get(SESSION_PROVIDER)
        if came and came["user"] != str(user.pk):  # somebody else's, given up
            request.session.pop(SESSION_PROVIDER)
            came = None
        super().login(request, user)
        request.session.set_expiry(None)  # whatever a question to a key had left
        now = int(time.time())
        request.session[SESSION_SINCE] = request.session[SESSION_SEEN] = now
        # ProConnect may let in who signed in there this morning: that proves nothing of who sits here now.
        request.session[SESSION_PROVED] = came["proved"] if came else now
        request.session[SESSION_BROWSER] = browser_in_words(request.headers.get("User-Agent", ""))
        request.known_device = user.email  # type: ignore[attr-defined]  # the middleware gives the browser its cookie
        operations.record_signed_in(user=user, reason="ProConnect" if came else "")

    def logout(self, request: HttpRequest) -> None:
        operations.record_signed_out(user=request.user)  # type: ignore[arg-type]
        super().logout(request)

    def set_password(self, user: User, password: str) -> None:  # type: ignore[override]
        operations.change_password(actor=user, user=user, password=password)

    def forget_failures(self, request: HttpRequest, email: str) -> None:
        """After a reset by e-mail the account's failed tries no longer count."""
        forget("password", counted_as(request, email))
        forget("password", counted_as(None, email))

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        message = message or _MESSAGES.get(message_template or "")
        if message:
            super().add_message(request, level, extra_tags=extra_tags, message=message)

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:  # type: ignore[override]
        # To the address of the account, not to what was typed: two spellings may look alike.
        root = settings.PUBLIC_URL or self.request.build_absolute_uri("/")
        operations.send_reset_link.enqueue(user_id=user.pk, root=root)
