"""A real Chromium against a real server: what a page looks like, and what it does when two things happen at once."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from bienveille.register.accounts.models import User

NARROW, WIDE = {"width": 360, "height": 780}, {"width": 1280, "height": 900}


@pytest.fixture
def visit(browser, live_server) -> Iterator[Callable[..., Any]]:
    """`visit(user, **context options)`: a page of its own; signed in and at home when a user is given."""
    contexts = []

    def open_page(user: User | None = None, **options: Any) -> Any:
        options = {"viewport": WIDE, "locale": "fr-FR", "base_url": live_server.url, **options}
        context = browser.new_context(**options)
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("console", lambda message: is_fault(message) and page.faults.append(message.text))
        if user is not None:
            context.add_cookies([session_of(user, live_server.url)])
            page.goto("/")
        return page

    yield open_page
    for context in contexts:
        context.close()


def is_fault(message: Any) -> bool:
    """An error in the console. A request that gives way to a later one (`hx-sync`) is none, though htmx says it as one;
    one that fails is told by other words too.
    """
    return message.type == "error" and not message.text.startswith(("htmx:afterRequest", "htmx:sendAbort"))


def session_of(user: User, url: str) -> dict[str, str]:
    """The cookie that the sign-in form gives: the form has tests of its own, two of them in this browser."""
    client = Client()
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    return {"name": cookie.key, "value": cookie.value, "url": url}
