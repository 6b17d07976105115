"""Every page that a role reaches by following links, from the home page: it answers, it is accessible, it fits a phone.

axe takes most of the time: it looks once at each distinct content and at each distinct frame (bar, side, foot), and
not again when another role is given the same.
"""

import re
from collections import deque
from typing import Any
from urllib.parse import urldefrag, urlsplit

import pytest
from django.test import Client
from django.urls import Resolver404, resolve, reverse
from playwright.sync_api import Error
from tests.architecture.policy import EVERYBODY, SIGNED_IN, routes, table
from tests.browser.axe import violations, wider_than_its_window
from tests.browser.conftest import NARROW
from tests.browser.town import build

pytestmark = pytest.mark.django_db(transaction=True)

ROLES = [
    "caller",
    "director",
    "administrator",
    "agency_manager",
    "social_worker",
    "building_manager",
    "communication",
]


#: Contents and frames that axe found right, whoever saw them.
RIGHT: set[str] = set()
#: What differs from one page to the next and that nobody sees: keys, tokens, one-time values.
_HIDDEN = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=\")[A-Za-z0-9]{64}(?=\")|nonce=\"[^\"]*\"")
_CONTENT = "() => (document.querySelector('main') ?? document.body).outerHTML"
_FRAME = """() => [...document.querySelectorAll('*')].filter(one => !one.closest('main, head'))
    .map(one => [one.tagName, one.id, one.getAttribute('class'), one.getAttribute('role'),
                 one.getAttribute('aria-label')].join('|')).join('\\n')"""


@pytest.fixture
def town(live_server):
    return build()


def look(page: Any) -> list[str]:
    """What axe finds, unless it has seen the same content and the same frame already."""
    pieces = {"content " + _HIDDEN.sub("", page.evaluate(_CONTENT)), "frame " + page.evaluate(_FRAME)}
    if pieces <= RIGHT:
        return []
    found = violations(page)
    if not found:
        RIGHT.update(pieces)
    return found


def name_of(url: str) -> str | None:
    try:
        return resolve(urlsplit(url).path).view_name
    except Resolver404:
        return None


def links(page: Any, base: str) -> list[str]:
    found = page.evaluate("() => [...document.querySelectorAll('a[href]:not([download])')].map(one => one.href)")
    return [urldefrag(url).url for url in found if url.startswith(base)]


def go(page: Any, url: str) -> Any:
    """The answer: of the page one goes to, or of the file that is sent instead."""
    try:
        return page.goto(url)
    except Error as fault:
        if "Download is starting" not in str(fault):
            raise
        return page.context.request.get(url)


def is_page(answer: Any) -> bool:
    """Something to read: what a script fetches has no link, be it a piece of a page."""
    return answer.status_code == 200 and b"<html" in answer.content[:500]


def walk(page: Any, base: str) -> tuple[dict[str, str], list[str]]:
    """One address per route, breadth first, and what is wrong on the way."""
    seen: dict[str, str] = {}
    wrong: list[str] = []
    queue = deque([(base + "/", "the bar")])
    while queue:
        url, source = queue.popleft()
        name = name_of(url)
        if name is None:
            wrong.append(f"{source}: a link to {url}, which is no route")
            continue
        if name in seen or name in ("account_logout", "ui:leave"):  # both sign out
            continue
        seen[name] = urlsplit(url).path
        answer = go(page, url)
        if answer.status >= 400:
            wrong.append(f"{source}: a link to {url}, which answers {answer.status}")
            page.faults.clear()
            continue
        if "html" not in answer.headers["content-type"] or "attachment" in answer.headers.get(
            "content-disposition", ""
        ):
            continue
        wrong += [f"{name}: {line}" for line in look(page)]
        wrong += [f"{name}: too wide: {line}" for line in wider_than_its_window(page)]
        wrong += [f"{name}: {fault}" for fault in page.faults]
        page.faults.clear()
        queue.extend((link, name) for link in links(page, base))
    return seen, wrong


@pytest.mark.parametrize("role", ROLES)
def test_pages_of(role, visit, town, live_server):
    user = getattr(town, role)
    page = visit(user, viewport=NARROW)
    seen, wrong = walk(page, live_server.url)
    assert not wrong, "\n".join(wrong)
    client = Client()
    client.force_login(user)
    forgotten = []
    for route in routes():
        line = table()[route.name]
        if line.get("by") or route.name in seen or line["who"] in (EVERYBODY, SIGNED_IN) or role not in line["who"]:
            continue
        if not route.parameters and is_page(client.get(reverse(route.name))):
            forgotten.append(route.name)
    assert forgotten == [], "pages made for this role to which no link leads"
