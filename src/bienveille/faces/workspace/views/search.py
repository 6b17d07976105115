"""The search of the bar: people, residences and campaigns that one may see; pages of the menu are added by the page."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from bienveille.faces.workspace.views import Request
from bienveille.ground.lib.typography import counted, listed
from bienveille.ground.lib.words import plain
from bienveille.register.accounts.access import MANAGERS, has_role
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.housing.queries import find_residences
from bienveille.register.tenants.access import KEEPERS, TRUSTED_WITH_ADDRESSES, managed_residences, reading_scope
from bienveille.register.tenants.queries import Found, find_people
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.queries import all_campaigns, campaigns_to_call

SHOWN = 10
LONGEST = 100


@require_safe
def search(request: Request) -> HttpResponse:
    """What answers to some words, kind by kind; reading names of people is audited, the words typed are not."""
    text = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:LONGEST]
    user = request.user
    sees_people = has_role(user, *KEEPERS)
    people = _people(user, text) if sees_people else []
    scope, residences = reading_scope(user), managed_residences(user)
    homes = find_residences(text, scope=scope, residences=residences, limit=SHOWN + 1)
    campaigns = _campaigns(user, text)
    kinds: list[tuple[list[Any], str, str]] = [
        (people, "personne", "personnes"),
        (homes, "résidence", "résidences"),
        (campaigns, "campagne", "campagnes"),
    ]
    counts = [_counted(found, one, many) for found, one, many in kinds if found]
    context: dict[str, Any] = {
        "text": text,
        "subtitle": listed(counts).capitalize(),
        "people": people[:SHOWN],
        "more_people": len(people) > SHOWN,
        "residences": homes[:SHOWN],
        "more_residences": len(homes) > SHOWN,
        "campaigns": campaigns[:SHOWN],
        "more_campaigns": len(campaigns) > SHOWN,
        "nothing": not counts,
        "what": _what(user, sees_people=sees_people, sees_residences=not scope.nothing or bool(residences)),
        "people_url": reverse("workspace:people", query={"q": text}),
    }
    return render(request, "workspace/search.html", context)


def _counted(found: list[Any], one: str, many: str) -> str:
    return f"plus de {counted(SHOWN, one, many)}" if len(found) > SHOWN else counted(len(found), one, many)


def _people(user: User, text: str) -> list[Found]:
    """Exactly whom the page of tenants would list, one more than are shown."""
    if not plain(text):
        return []
    found = find_people(
        text,
        timezone.localdate(),
        scope=reading_scope(user),
        hide_protected=not has_role(user, *TRUSTED_WITH_ADDRESSES),
        limit=SHOWN + 1,
    )
    record_audit(
        actor=user,
        action=AuditAction.HOUSEHOLD_LISTED,
        reason="Recherche générale",
        detail={"found": min(len(found), SHOWN)},
    )
    return found


def _campaigns(user: User, text: str) -> list[Campaign]:
    """Campaigns that one manages, or calls for, whose name holds every word as the start of a word."""
    words = plain(text).split()
    if not words:
        return []
    seen = all_campaigns() if has_role(user, *MANAGERS) else campaigns_to_call(user)
    return [one for one in seen if all(f" {word}" in f" {plain(one.name)}" for word in words)]


def _what(user: User, *, sees_people: bool, sees_residences: bool) -> str:
    """What this person can find here, in words."""
    kinds = ["une personne par le début de son nom"] if sees_people else []
    if sees_residences:
        kinds.append("une résidence")
    return listed([*kinds, "une campagne", "une page du menu"], "ou")
