"""What a browser keeps for us beside its session: under names that no other address may write, once there is TLS."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


def cookie_name(name: str) -> str:
    """The name as the browser knows it: with « __Host- », it takes it from this very address alone, by TLS."""
    return f"__Host-{name}" if settings.SESSION_COOKIE_SECURE else name


class HostCookie(CookieStorage):
    """Messages for the next page, in a cookie of this address alone."""

    @property
    def cookie_name(self) -> str:  # type: ignore[override]
        return cookie_name("messages")


class Messages(FallbackStorage):
    """The same, in the session when they are too long for a cookie."""

    storage_classes = (HostCookie, SessionStorage)
