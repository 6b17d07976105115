"""A campaign's list against the register: when it was compared, who came in, who left and why; compare it now."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from bienveille.engines.dispatch.queries import ledger
from bienveille.faces.workspace.views import Request
from bienveille.faces.workspace.views.coordination import opened_campaign, trail_of
from bienveille.ground.lib.typography import counted, plural
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.access import MANAGERS, role_required
from bienveille.services.outreach.access import get_campaign_for, may_change
from bienveille.services.outreach.choices import CampaignState
from bienveille.services.outreach.models import ListUpdate
from bienveille.services.outreach.operations.arrivals import update_list
from bienveille.services.outreach.queries.arrivals import changes_of, compared_at


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def changes(request: Request, campaign_id: UUID) -> HttpResponse:
    """What each update changed; POST: update now, which is harmless twice."""
    shown = opened_campaign(request, campaign_id)
    if request.method == "POST":
        get_campaign_for(request.user, campaign_id, write=True)
        try:
            done = update_list(campaign_id=shown.pk, actor=request.user, now=timezone.now())
        except Refusal as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _words(done))
        return redirect("workspace:list_changes", shown.pk)
    shown.queue.refresh_from_db()
    context = {
        "campaign": shown,
        "changes": changes_of(shown),
        "compared_at": compared_at(shown),
        "added": ledger(shown.queue).added,
        "target": shown.queue.target,
        "running": shown.state in (CampaignState.OPEN, CampaignState.PAUSED),
        "may_change": may_change(request.user, shown),
        "trail": trail_of(shown),
    }
    return render(request, "workspace/tried_changes.html", context)


def _words(done: ListUpdate | None) -> str:
    """« La liste est à jour : 3 ménages entrés, 1 retiré. »"""
    if done is None:
        return "La liste est à jour\u00a0: rien n’a changé."
    gone = sum(done.left.values())
    parts = [
        f"{counted(done.added, 'ménage')} {plural(done.added, 'entré')}" if done.added else "",
        f"{counted(done.returned, 'ménage')} {plural(done.returned, 'revenu')}" if done.returned else "",
        f"{counted(gone, 'ménage')} {plural(gone, 'retiré')}" if gone else "",
    ]
    return f"La liste est à jour\u00a0: {', '.join(filter(None, parts))}."
