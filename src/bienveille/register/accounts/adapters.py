"""How the sign-in library behaves here: French sentences, traces in the audit log, nobody told who has an account."""

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.http import HttpRequest

from bienveille.register.accounts import operations
from bienveille.register.accounts.models import User

# Kept in the session by `login`, read by middleware.private_pages; seconds since 1970.
SESSION_SINCE, SESSION_SEEN = "since", "seen"

_MESSAGES = {
    "account/messages/logged_out.txt": "Vous êtes déconnecté.",
    "account/messages/password_changed.txt": "Votre mot de passe est changé.",
}


class Argon2Hasher(Argon2PasswordHasher):
    """argon2id with the parameters that OWASP recommends where memory is shared with a web server."""

    time_cost = 2
    memory_cost = 19_456  # KiB
    parallelism = 1


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs up; an unknown address, a wrong password and a closed account get the same answer."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "L’adresse électronique et le mot de passe ne vont pas ensemble. Vérifiez les deux.",
        "too_many_login_attempts": "Trop d’essais. Attendez cinq minutes, ou choisissez un nouveau mot de passe.",
        "invalid_password_reset": "Ce lien ne sert plus. Demandez-en un nouveau.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # The library's own key holds the host name asked for: two names would give twice the tries.
        return str(credentials.get("email", "")).strip().lower()

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        user: User | None = super().authenticate(request, **credentials)
        if user is not None and not user.is_active:
            self.authentication_failed(request, **credentials)
            return None
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        operations.record_sign_in_failed(email=str(credentials.get("email", "")))

    def login(self, request: HttpRequest, user: User) -> None:  # type: ignore[override]
        super().login(request, user)
        request.session[SESSION_SINCE] = request.session[SESSION_SEEN] = int(time.time())
        operations.record_signed_in(user=user)

    def logout(self, request: HttpRequest) -> None:
        operations.record_signed_out(user=request.user)  # type: ignore[arg-type]
        super().logout(request)

    def set_password(self, user: User, password: str) -> None:  # type: ignore[override]
        operations.change_password(actor=user, user=user, password=password)

    def forget_failures(self, request: HttpRequest, email: str) -> None:
        """After a reset by e-mail the account's failed tries no longer count."""
        self._delete_login_attempts_cached_email(request, email=email)

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
