"""Menus: which entry of the bar each role sees. Assembled here because menus name packages that ignore each other."""

import time
from collections.abc import Set
from enum import StrEnum
from typing import Any, TypedDict

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from bienveille.engines.cases.access import following_scope
from bienveille.engines.cases.queries import count_to_take
from bienveille.register.accounts.access import MANAGERS, has_role
from bienveille.register.accounts.adapters import SESSION_SEEN, SESSION_SINCE
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import User
from bienveille.register.accounts.rules import seconds_left
from bienveille.register.partners.access import READERS
from bienveille.services.outreach.queries import count_promised


class Entry(TypedDict):
    label: str
    url: str
    current: bool
    count: int  # what waits behind it; nothing is shown for nil
    group: str  # what it is about: the title it stands under behind « Plus »
    more: bool  # folded behind « Plus » on a wide screen: the bar has room for so many


class Group(StrEnum):
    """What the entries folded behind « Plus » are about, in the order of the menu."""

    DAY = "Ma journée"
    CALL = "Appeler"
    WRITE = "Écrire"
    REGISTER = "Connaître"
    SETTINGS = "Régler"


#: Who writes to many at once.
WRITERS = {Role.ADMINISTRATOR, Role.DIRECTOR, Role.COMMUNICATION}
DIRECTION = {Role.ADMINISTRATOR, Role.DIRECTOR}

# (label, route, group, roles that see it); an empty set means everybody who signed in.
MENU: list[tuple[str, str, Group, Set[str]]] = [
    ("Accueil", "workspace:home", Group.DAY, set()),
    ("Ma journée", "workspace:calls", Group.DAY, {Role.CALLER}),
    ("Ma semaine", "workspace:my_week", Group.DAY, {Role.CALLER}),
    ("Mes rappels", "workspace:promised", Group.DAY, {Role.CALLER}),
    ("Mes personnes", "workspace:my_people", Group.DAY, {Role.CALLER}),
    ("Mes visites", "workspace:visits", Group.DAY, {Role.BUILDING_MANAGER}),
    ("À afficher", "workspace:to_post", Group.DAY, {Role.BUILDING_MANAGER}),
    ("Campagnes", "workspace:campaigns", Group.DAY, set(MANAGERS)),
    ("Situations", "workspace:my_cases", Group.DAY, {*MANAGERS, Role.SOCIAL_WORKER}),
    ("Messages reçus", "workspace:inbox", Group.DAY, {*MANAGERS, Role.SOCIAL_WORKER}),
    ("Chiffres", "workspace:case_figures", Group.DAY, {Role.COMMUNICATION}),
    ("Locataires", "workspace:people", Group.REGISTER, {*MANAGERS, Role.SOCIAL_WORKER}),
    ("Appels réguliers", "workspace:weekly_calls", Group.CALL, set(MANAGERS)),
    ("Publics", "audiences:audiences", Group.CALL, set(MANAGERS)),
    ("Questionnaires", "questionnaires:guides", Group.CALL, DIRECTION),
    ("Volontaires", "workspace:volunteer_calls", Group.CALL, set(MANAGERS)),
    ("Disponibilités", "accounts:availabilities", Group.CALL, set(MANAGERS)),
    ("Paroles", "workspace:verbatims", Group.CALL, {*MANAGERS, Role.COMMUNICATION, Role.SOCIAL_WORKER, Role.CALLER}),
    ("Envois", "workspace:mailings", Group.WRITE, WRITERS),
    ("Textes", "workspace:texts", Group.WRITE, WRITERS),
    ("Lettres", "workspace:letters", Group.WRITE, WRITERS),
    ("Affiches", "workspace:posters", Group.WRITE, {*MANAGERS, Role.COMMUNICATION}),
    ("Avis", "workspace:notices", Group.WRITE, {*MANAGERS, Role.COMMUNICATION}),
    ("Résidences", "workspace:residences", Group.REGISTER, {*MANAGERS, Role.SOCIAL_WORKER, Role.BUILDING_MANAGER}),
    ("Partenaires", "workspace:partners", Group.REGISTER, set(READERS)),
    ("Mouvements", "workspace:moves", Group.REGISTER, set(MANAGERS)),
    ("Reprises et ventes", "workspace:stock_lots", Group.REGISTER, set(MANAGERS)),
    ("Imports", "imports:runs", Group.SETTINGS, DIRECTION),
    ("Vocabulaire", "wording:wording", Group.SETTINGS, DIRECTION),
    ("Conservation", "workspace:keeping", Group.SETTINGS, DIRECTION),
    ("Utilisateurs", "accounts:users", Group.SETTINGS, {Role.ADMINISTRATOR}),
    ("Aide", "workspace:help", Group.SETTINGS, {Role.CALLER}),
]

#: So many entries stand side by side on a wide screen; when there are more, one place goes to « Plus ».
IN_THE_BAR = 6


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the bar of this user (1 query for what waits), and how long their session still lasts."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"navigation": []}
    entries: list[Entry] = []
    for label, route, group, roles in MENU:
        if roles and not has_role(user, *roles):
            continue
        url = reverse(route)
        count = _count(user, route)
        entry: Entry = {
            "label": label,
            "url": url,
            "current": False,
            "count": count,
            "group": group.value,
            "more": False,
        }
        entries.append(entry)
    _mark_current(entries, request.path)
    if len(entries) > IN_THE_BAR:
        for entry in entries[IN_THE_BAR - 1 :]:
            entry["more"] = True
    return {"navigation": entries, "session_left": _session_left(request)}


def _count(user: User, route: str) -> int:
    """What waits behind an entry: calls promised, situations that nobody took."""
    if route == "workspace:promised":
        return count_promised(user, timezone.localdate())
    return count_to_take(following_scope(user), user) if route == "workspace:my_cases" else 0


def _session_left(request: HttpRequest) -> int:
    """Seconds before the session ends by itself, for the page to warn in time."""
    now = int(time.time())
    since, seen = request.session.get(SESSION_SINCE, now), request.session.get(SESSION_SEEN, now)
    return seconds_left(now=now, since=since, seen=seen)


def _mark_current(entries: list[Entry], path: str) -> None:
    """The entry whose address is the longest beginning of the page's: one at most, home only for itself."""
    around = [entry for entry in entries if path.startswith(entry["url"]) and (entry["url"] != "/" or path == "/")]
    if around:
        max(around, key=lambda entry: len(entry["url"]))["current"] = True
