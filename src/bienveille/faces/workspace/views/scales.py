"""The short loneliness scale of a campaign: what it is, the questions, switched on with its basis, switched off."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from bienveille.engines.questionnaires.queries import current_scale, get_definition
from bienveille.faces.workspace.forms import ScaleForm
from bienveille.faces.workspace.views import Request
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.access import MANAGERS, role_required
from bienveille.services.outreach import operations
from bienveille.services.outreach.access import get_campaign_for
from bienveille.services.outreach.choices import CampaignState
from bienveille.services.outreach.queries import scale_of

INVALID = 422


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def campaign_scale(request: Request, campaign_id: UUID) -> HttpResponse:
    """Off unless somebody who answers for it switches it on; off again with one button."""
    shown = get_campaign_for(request.user, campaign_id, write=True)
    scale = scale_of(shown)
    turned_on = scale is not None and scale.switched_off_at is None
    posted = request.method == "POST"
    form = ScaleForm(request.POST if posted and request.POST.get("do") != "off" else None)
    if posted and request.POST.get("do") == "off":
        operations.switch_scale_off(campaign_id=shown.pk, actor=request.user, now=timezone.now())
        messages.success(request, "Les questions ne se posent plus. Les réponses données restent jusqu’à leur fin.")
        return redirect("workspace:campaign_scale", shown.pk)
    if posted and form.is_valid():
        try:
            operations.switch_scale_on(
                campaign_id=shown.pk,
                actor=request.user,
                basis=form.cleaned_data["basis"],
                confirmed=form.cleaned_data["confirmed"],
                now=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error("basis", str(refusal))
        else:
            messages.success(request, "Les appelants peuvent poser les trois questions, après l’accord de la personne.")
            return redirect("workspace:campaign_scale", shown.pk)
    context = {
        "campaign": shown,
        "scale": scale,
        "turned_on": turned_on,
        "closed": shown.state == CampaignState.CLOSED,
        "form": form,
        "definition": get_definition(scale.version_id if scale and turned_on else current_scale().pk),
        "trail": [
            ("Campagnes", reverse("workspace:campaigns")),
            (shown.name, reverse("workspace:campaign", args=[shown.pk])),
        ],
    }
    return render(request, "workspace/campaign_scale.html", context, status=INVALID if posted else 200)
