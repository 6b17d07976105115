"""When a campaign calls: a step of its preparation, and the same page while it runs."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from bienveille.engines.messaging.channels import open_channels
from bienveille.engines.messaging.choices import Channel
from bienveille.faces.workspace.views import Request
from bienveille.faces.workspace.views.preparation import INVALID, onward, step_page
from bienveille.ground.lib.calling_hours import DAYS_OFF_SOURCES, SALES_HOURS_SOURCE
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.access import MANAGERS, role_required
from bienveille.services.outreach import operations
from bienveille.services.outreach.access import get_campaign_for, get_draft_for
from bienveille.services.outreach.choices import CampaignState
from bienveille.services.outreach.forms import HoursForm, hours_initial
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.rules import week_picture

METHODS = ["GET", "HEAD", "POST"]


@require_http_methods(METHODS)
@role_required(*MANAGERS)
def draft_hours(request: Request, campaign_id: UUID) -> HttpResponse:
    """Which days and hours, which words are left when nobody answers."""
    draft = get_draft_for(request.user, campaign_id)
    form = _form(request, draft)
    refusal = _save(request, draft, form)
    if request.method == "POST" and form.is_valid() and refusal is None:
        return onward(request, draft, "hours")
    status = INVALID if request.method == "POST" else 200
    return step_page(request, draft, "hours", {**_shown(draft, form), "refusal": refusal}, status=status)


@require_http_methods(METHODS)
@role_required(*MANAGERS)
def campaign_hours(request: Request, campaign_id: UUID) -> HttpResponse:
    """The same for a campaign that runs: it counts at once."""
    campaign = get_campaign_for(request.user, campaign_id, write=True)
    if campaign.state == CampaignState.DRAFT:
        return redirect("workspace:draft_hours", campaign.pk)
    form = _form(request, campaign)
    refusal = _save(request, campaign, form)
    if request.method == "POST" and form.is_valid() and refusal is None:
        messages.success(request, "Les heures d’appel sont enregistrées : elles comptent dès maintenant.")
        return redirect("workspace:campaign", campaign.pk)
    page = {
        "campaign": campaign,
        "trail": [
            ("Campagnes", reverse("workspace:campaigns")),
            (campaign.name, reverse("workspace:campaign", args=[campaign.pk])),
        ],
        "step_label": "Quand appeler",
        "steps": [],
        "previous": "",
        "refusal": refusal,
        **_shown(campaign, form),
    }
    status = INVALID if request.method == "POST" else 200
    return render(request, "workspace/campaign_step_hours.html", page, status=status)


def _form(request: Request, campaign: Campaign) -> HoursForm:
    queue = campaign.queue
    initial = hours_initial(
        queue.windows,
        on_days_off=queue.on_days_off,
        voicemail=campaign.voicemail,
        sms=campaign.sms,
        send_sms=campaign.send_sms,
    )
    return HoursForm(request.POST if request.method == "POST" else None, initial=initial)


def _save(request: Request, campaign: Campaign, form: HoursForm) -> Refusal | None:
    if request.method != "POST" or not form.is_valid():
        return None
    typed = form.cleaned_data
    try:
        operations.change_hours(
            campaign_id=campaign.pk,
            actor=request.user,
            windows=typed["windows"],
            on_days_off=typed["on_days_off"],
            voicemail=typed["voicemail"],
            sms=typed["sms"],
            send_sms=typed["send_sms"],
            now=timezone.now(),
        )
    except Refusal as refusal:
        return refusal
    return None


def _shown(campaign: Campaign, form: HoursForm) -> dict[str, Any]:
    """The form, the week as it is saved, and where the rules come from."""
    hours, days = week_picture(campaign.queue.windows)
    return {
        "form": form,
        "hours": hours,
        "days": days,
        "days_off": DAYS_OFF_SOURCES,
        "sales": SALES_HOURS_SOURCE,
        "on_days_off": campaign.queue.on_days_off,
        "any_hour": not campaign.queue.windows,
        "sms_open": Channel.SMS in open_channels(),
        "running": campaign.state != CampaignState.DRAFT,
    }
