"""Campaigns for those who run them: the list, the page of one with its ledger and figures, what can be done to it."""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from bienveille.engines.audiences.access import targeting_scope
from bienveille.engines.audiences.queries import EVERYWHERE
from bienveille.engines.dispatch.choices import ClosingReason
from bienveille.engines.dispatch.queries import ledger, ledgers, ledgers_by_agency
from bienveille.engines.messaging.access import WRITERS
from bienveille.engines.questionnaires.choices import Need
from bienveille.faces.workspace.rules import key_figures, reached_title, sorted_rows
from bienveille.faces.workspace.views import Request
from bienveille.faces.workspace.views.leading import calling_now, decisions
from bienveille.ground.lib.typography import clock, counted, day_in_words
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.access import MANAGERS, has_role, role_required
from bienveille.services.outreach import operations
from bienveille.services.outreach.access import get_campaign_for, may_change
from bienveille.services.outreach.choices import CampaignState
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.queries import (
    WaveCount,
    all_campaigns,
    campaign_document,
    figures,
    may_call,
    prospect,
)

CONFLICT = 409
GRADE_NEXT = {
    "green": "Rien à prévoir",
    "yellow": "Rappel sous 7 jours",
    "orange": "Relais sous 48 h",
    "red": "Urgence",
}


@require_safe
@role_required(*MANAGERS)
def campaigns(request: Request) -> HttpResponse:
    """Every campaign, the newest first, with its ledger."""
    found = all_campaigns()
    by_queue = ledgers(one.queue_id for one in found)
    rows = [{"campaign": one, "ledger": by_queue[one.queue_id].as_dict()} for one in found]
    return render(request, "workspace/campaigns.html", {"rows": rows})


@require_safe
def campaign(request: Request, campaign_id: UUID) -> HttpResponse:
    """One campaign. Its callers see the same figures without the buttons; htmx asks again for the figures alone."""
    shown = get_campaign_for(request.user, campaign_id)
    context: dict[str, Any] = {
        "campaign": shown,
        "is_manager": has_role(request.user, *MANAGERS),
        "may_change": may_change(request.user, shown),
        "may_call": shown.state == CampaignState.OPEN and may_call(shown, request.user),
        "trail": [("Campagnes", reverse("workspace:campaigns"))],
        "live": shown.state in (CampaignState.OPEN, CampaignState.PAUSED),
        "tell_url": _tell_url(request, shown),
    }
    if shown.state == CampaignState.DRAFT:
        context["waves"] = _waves(request, shown)
        return render(request, "workspace/campaign_draft.html", context)
    page = "workspace/campaign.html"
    if request.htmx and request.GET.get("partie") == "appelants" and context["is_manager"]:
        return render(request, f"{page}#calling", context | _calling(shown))
    context |= _figures(shown)
    if not request.htmx:
        if context["is_manager"]:
            context |= decisions(request, shown) | _calling(shown)
        return render(request, page, context)
    if request.GET.get("vu") == context["seen"]:
        return HttpResponse(status=204)  # nothing moved: the page stays as it is
    return render(request, f"{page}#figures", context)


def _tell_url(request: Request, shown: Campaign) -> str:
    """Where « we will call you » is written to the households of the first wave; empty for who sends nothing."""
    if not has_role(request.user, *WRITERS) or shown.state == CampaignState.CLOSED:
        return ""
    first = shown.waves.first()
    return f"{reverse('workspace:new_mailing')}?public=vague-{first.pk}" if first else ""


def _waves(request: Request, shown: Campaign) -> list[tuple[WaveCount, str, int]]:
    """Each wave, its sentence, and how many households it would call if this person opened the campaign today."""
    manages = has_role(request.user, *MANAGERS)
    scope = targeting_scope(request.user) if manages else EVERYWHERE
    found = prospect(campaign_document(shown)["waves"], timezone.localdate(), scope=scope)
    return [(wave, wave.sentence, wave.kept) for wave in found.waves]


def _calling(shown: Campaign) -> dict[str, Any]:
    """The callers at work, with a title that says the fact."""
    found = calling_now(shown)
    in_call = found["in_call"]
    titles = ["Personne n’appelle en ce moment", "Une personne appelle en ce moment"]
    title = titles[in_call] if in_call < 2 else f"{counted(in_call, 'personne')} appellent en ce moment"
    return {**found, "calling_title": title, "calling_aside": counted(found["callers_count"], "appelant")}


def _figures(shown: Campaign) -> dict[str, Any]:
    whole = ledger(shown.queue)
    numbers = figures(shown)
    by_agency = ledgers_by_agency(shown.queue)
    updated = f"Actualisé à {clock(timezone.localtime())}"
    seen = sha256(json.dumps([updated, whole.as_dict(), numbers], sort_keys=True).encode()).hexdigest()[:16]
    return {
        "subtitle": _when(shown),
        "updated": updated,
        "seen": seen,
        "ledger": whole.as_dict(),
        "title": reached_title(whole.reached, whole.target),
        "agencies": [(name, states.as_dict()) for name, states in by_agency.items()],
        "services": list(numbers["by_service"].items()),
        "unreachable": sorted_rows(numbers["unreachable"], dict(ClosingReason.choices)),
        "needs": sorted_rows(numbers["needs"], dict(Need.choices)),
        "grades": [
            {"value": value, "next": GRADE_NEXT[value], "count": count} for value, count in numbers["grades"].items()
        ],
        "graded": counted(sum(numbers["grades"].values()), "ménage"),
        "key_figures": key_figures(numbers, whole.target),
    }


def _when(shown: Campaign) -> str:
    """« Ouverte le lundi 9 novembre », « Du … au … » once closed."""
    today = timezone.localdate()
    if shown.opened_at is None:
        return "Fermée sans avoir été ouverte"
    opened = day_in_words(timezone.localtime(shown.opened_at).date(), today)
    if shown.closed_at is None:
        return f"Ouverte {opened}"
    return f"Ouverte {opened}, fermée {day_in_words(timezone.localtime(shown.closed_at).date(), today)}"


@require_http_methods(["GET", "HEAD", "POST"])
def open_page(request: Request, campaign_id: UUID) -> HttpResponse:
    """Confirm, then open: the target is frozen."""
    shown = get_campaign_for(request.user, campaign_id, write=True)

    def open_now() -> str:
        target = operations.open_campaign(campaign_id=shown.pk, actor=request.user, now=timezone.now())
        return f"La campagne est ouverte : {counted(target, 'ménage')} à appeler."

    context = {"waves": _waves(request, shown) if shown.state == CampaignState.DRAFT else []}
    return _confirm(request, shown, "workspace/campaign_open.html", open_now, context)


@require_http_methods(["GET", "HEAD", "POST"])
def pause_page(request: Request, campaign_id: UUID) -> HttpResponse:
    """Confirm, then stop handing out, or start again."""
    shown = get_campaign_for(request.user, campaign_id, write=True)
    # The button says which of the two it does: pressed twice, it does it once.
    paused = request.POST.get("paused") == "1" if request.method == "POST" else shown.state != CampaignState.PAUSED

    def pause_now() -> str:
        operations.pause_campaign(campaign_id=shown.pk, actor=request.user, paused=paused)
        return "Les appels sont en pause." if paused else "Les appels reprennent."

    words = {
        "pausing": paused,
        "step": "Suspendre" if paused else "Reprendre",
        "heading": "Suspendre les appels ?" if paused else "Reprendre les appels ?",
    }
    return _confirm(request, shown, "workspace/campaign_pause.html", pause_now, words)


def _confirm(
    request: Request, shown: Campaign, template: str, act: Callable[[], str], context: dict[str, Any]
) -> HttpResponse:
    """A page that says what happens, then does it; a refusal is said on the same page."""
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            messages.success(request, act())
        except Refusal as raised:
            refusal = raised
        else:
            return redirect("workspace:campaign", shown.pk)
    trail = [
        ("Campagnes", reverse("workspace:campaigns")),
        (shown.name, reverse("workspace:campaign", args=[shown.pk])),
    ]
    page = {"campaign": shown, "refusal": refusal, "trail": trail, **context}
    return render(request, template, page, status=CONFLICT if refusal else 200)
