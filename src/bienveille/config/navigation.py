"""Menus: which entry of the bar each role sees. Assembled here because menus name packages that ignore each other."""

from typing import TypedDict

from django.http import HttpRequest
from django.urls import reverse

from bienveille.register.accounts.access import has_role
from bienveille.register.accounts.choices import Role


class Entry(TypedDict):
    label: str
    url: str
    current: bool


# (label, route, roles that see it); an empty set means everybody who signed in.
MENU: list[tuple[str, str, set[Role]]] = [
    ("Accueil", "workspace:home", set()),
    ("Appeler", "workspace:calls", {Role.CALLER}),
    ("Campagnes", "workspace:campaigns", {Role.ADMINISTRATOR, Role.DIRECTOR, Role.AGENCY_MANAGER}),
    (
        "Locataires",
        "workspace:people",
        {Role.ADMINISTRATOR, Role.DIRECTOR, Role.AGENCY_MANAGER, Role.SOCIAL_WORKER},
    ),
    ("Utilisateurs", "accounts:users", {Role.ADMINISTRATOR}),
]


def navigation(request: HttpRequest) -> dict[str, list[Entry]]:
    """Context processor: the entries of the bar for this user; none before sign-in."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"navigation": []}
    entries: list[Entry] = []
    for label, route, roles in MENU:
        if roles and not has_role(user, *roles):
            continue
        url = reverse(route)
        current = request.path == url or (url != "/" and request.path.startswith(url))
        entries.append({"label": label, "url": url, "current": current})
    return {"navigation": entries}
