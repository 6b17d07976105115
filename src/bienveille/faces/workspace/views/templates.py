"""Begin a campaign from one that is ready, or from last year's with what has changed since."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from bienveille.engines.audiences.access import targeting_scope
from bienveille.faces.workspace.views import Request
from bienveille.faces.workspace.views.coordination import opened_campaign, trail_of
from bienveille.ground.lib.typography import calendar_day
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.access import MANAGERS, role_required
from bienveille.services.outreach import operations
from bienveille.services.outreach.queries import (
    campaign_document,
    campaign_templates,
    campaigns_of_last_year,
    changes_since,
)
from bienveille.services.outreach.rules import a_year_later

CONFLICT = 409


def beginnings() -> dict[str, Any]:
    """What a new campaign may begin with, for the page « Nouvelle campagne » (1 query)."""
    return {"templates": campaign_templates(), "past": campaigns_of_last_year(timezone.localdate())}


@require_POST
@role_required(*MANAGERS)
def from_template(request: Request) -> HttpResponse:
    """Makes a draft of a campaign that is ready, then shows all of it before anything is opened."""
    try:
        draft = operations.create_from_template(
            slug=request.POST.get("template", "")[:60], actor=request.user, today=timezone.localdate()
        )
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("workspace:new_campaign")
    messages.success(request, "Le brouillon est prêt : relisez chaque étape, changez ce que vous voulez, puis ouvrez.")
    return redirect("workspace:draft_check", draft.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def duplicate(request: Request, campaign_id: UUID) -> HttpResponse:
    """What has changed since a past campaign, then the same for this year (7 queries at most)."""
    source = opened_campaign(request, campaign_id)
    today = timezone.localdate()
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            draft = operations.duplicate_campaign(campaign=source, actor=request.user, today=today)
        except Refusal as raised:
            refusal = raised
        else:
            messages.success(request, "La campagne est en préparation : relisez chaque étape, puis ouvrez-la.")
            return redirect("workspace:draft_check", draft.pk)
    document = a_year_later(campaign_document(source), today)
    since = changes_since(source, today, scope=targeting_scope(request.user))
    context = {
        "campaign": source,
        "trail": trail_of(source),
        "since": since,
        "name": document["name"],
        "days": _days(document["rules"]),
        "refusal": refusal,
        "back": reverse("workspace:campaign", args=[source.pk]),
    }
    return render(request, "workspace/campaign_duplicate.html", context, status=CONFLICT if refusal else 200)


def _days(rules: dict[str, Any]) -> str:
    """« , du 7 juin 2027 au 2 juillet 2027 »; nothing when no day was foreseen."""
    first, last = (
        calendar_day(date.fromisoformat(rules[key]), weekday=False) if rules.get(key) else ""
        for key in ("starts_on", "ends_on")
    )
    if not first:
        return ""
    return f", du {first} au {last}" if last else f", à partir du {first}"
