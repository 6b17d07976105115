"""Menus: which entry of the bar each role sees. Assembled here because menus name packages that ignore each other."""

from typing import TypedDict

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from bienveille.register.accounts.access import MANAGERS, has_role
from bienveille.register.accounts.choices import Role
from bienveille.services.outreach.queries import count_promised


class Entry(TypedDict):
    label: str
    url: str
    current: bool
    count: int  # what waits behind it; nothing is shown for nil


# (label, route, roles that see it); an empty set means everybody who signed in.
MENU: list[tuple[str, str, set[str]]] = [
    ("Accueil", "workspace:home", set()),
    ("Ma journée", "workspace:calls", {Role.CALLER}),
    ("Mes rappels", "workspace:promised", {Role.CALLER}),
    ("Campagnes", "workspace:campaigns", set(MANAGERS)),
    ("Publics", "audiences:audiences", set(MANAGERS)),
    ("Locataires", "workspace:people", {*MANAGERS, Role.SOCIAL_WORKER}),
    ("Imports", "imports:runs", {Role.ADMINISTRATOR, Role.DIRECTOR}),
    ("Utilisateurs", "accounts:users", {Role.ADMINISTRATOR}),
    ("Aide et charte", "workspace:help", {Role.CALLER}),
]


def navigation(request: HttpRequest) -> dict[str, list[Entry]]:
    """Context processor: the entries of the bar for this user; none before sign-in (1 query for callers)."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"navigation": []}
    entries: list[Entry] = []
    for label, route, roles in MENU:
        if roles and not has_role(user, *roles):
            continue
        url = reverse(route)
        count = count_promised(user, timezone.localdate()) if route == "workspace:promised" else 0
        entries.append({"label": label, "url": url, "current": False, "count": count})
    _mark_current(entries, request.path)
    return {"navigation": entries}


def _mark_current(entries: list[Entry], path: str) -> None:
    """The entry whose address is the longest beginning of the page's: one at most, home only for itself."""
    around = [entry for entry in entries if path.startswith(entry["url"]) and (entry["url"] != "/" or path == "/")]
    if around:
        max(around, key=lambda entry: len(entry["url"]))["current"] = True
