"""Tenants: finding somebody by name, the page of a household. Callers never come here."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from bienveille.faces.workspace.forms import SearchForm
from bienveille.faces.workspace.rules import event_detail, home_facts, home_line, phone_kind
from bienveille.faces.workspace.views import Request
from bienveille.ground.lib.languages import language_name
from bienveille.ground.lib.typography import counted
from bienveille.register.accounts.access import has_role, role_required
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.operations import record_audit
from bienveille.register.tenants.access import (
    KEEPERS,
    TRUSTED_WITH_ADDRESSES,
    get_household_for,
    may_see_address,
    reading_scope,
)
from bienveille.register.tenants.choices import ContactKind
from bienveille.register.tenants.queries import Resident, find_people, household_record
from bienveille.register.tenants.rules import mark_words
from bienveille.services.outreach.queries import (
    events_for_household,
    promises_to_household,
    standing_of_household,
)

SHOWN = 50
EVENT_ICONS = {
    "reached": "telephone",
    "no_answer": "telephone-x",
    "voicemail": "voicemail",
    "call_later": "calendar-event",
    "wrong_number": "telephone-x",
    "refused": "telephone-minus",
}


@require_safe
@role_required(*KEEPERS)
def people(request: Request) -> HttpResponse:
    """People whose name matches, within what one may see. The search is audited; names typed are not."""
    form = SearchForm(request.GET if request.GET.get("q", "").strip() else None)
    text = form.cleaned_data["q"] if form.is_valid() else ""
    found = []
    if text:
        found = find_people(
            text,
            timezone.localdate(),
            scope=reading_scope(request.user),
            hide_protected=not has_role(request.user, *TRUSTED_WITH_ADDRESSES),
            limit=SHOWN + 1,
        )
        record_audit(
            actor=request.user,
            action=AuditAction.HOUSEHOLD_LISTED,
            reason="Recherche par nom",
            detail={"found": min(len(found), SHOWN)},
        )
    shown = len(found[:SHOWN])
    aside = f"Les {SHOWN} premières" if len(found) > SHOWN else counted(shown, "personne")
    context = {"form": form, "text": text, "aside": aside, "found": found[:SHOWN], "more": len(found) > SHOWN}
    return render(request, "workspace/people.html", context)


@require_safe
@role_required(*KEEPERS)
def household(request: Request, household_id: UUID) -> HttpResponse:
    """Everything useful about a household, with its calls; opening it is audited."""
    shown = get_household_for(request.user, household_id, reason="Fiche ouverte à l’écran")
    today = timezone.localdate()
    record = household_record(shown, today)
    visible = may_see_address(request.user, protected=record.protected)
    context: dict[str, Any] = {
        "household": shown,
        "trail": [("Locataires", reverse("workspace:people"))],
        "visible": visible,
        "home_line": home_line(shown.dwelling) if shown.dwelling and visible else "",
        "home": home_facts(shown.dwelling) if shown.dwelling and visible else [],
        "residents": [_resident(one) for one in record.residents],
        "former": record.former,
        "leases": record.leases if visible else [],
        "events": [
            {"event": event, "icon": EVENT_ICONS.get(event.outcome, "telephone"), "detail": event_detail(event)}
            for event in events_for_household(shown.pk)
        ],
        "standing": standing_of_household(shown.pk),
        "promises": promises_to_household(shown.pk),
        "today": today,
    }
    return render(request, "workspace/household.html", context)


def _resident(one: Resident) -> dict[str, Any]:
    return {
        "resident": one,
        "anchor": f"personne-{one.person.pk}",
        "languages": [language_name(code) for code in one.person.languages],
        "points": [
            {
                "point": point,
                "phone": point.kind == ContactKind.PHONE,
                "kind": phone_kind(point.value) if point.kind == ContactKind.PHONE else "Adresse électronique",
                "usable": point.status in ("valid", "unverified"),
            }
            for point in one.contact_points
        ],
        "marks": [{"mark": mark, "words": mark_words(mark.kind, one.person.title)} for mark in one.marks],
    }
