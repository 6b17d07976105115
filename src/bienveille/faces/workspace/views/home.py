"""Where everybody arrives, by role, and the page of advice to callers."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bienveille.engines.dispatch.queries import ledgers
from bienveille.faces.workspace.views import Request
from bienveille.faces.workspace.views.calls import desk
from bienveille.ground.lib.typography import calendar_day
from bienveille.ground.platform.reference import EmergencyNumber, emergency_numbers
from bienveille.register.accounts.access import MANAGERS, has_role
from bienveille.register.accounts.choices import Role
from bienveille.services.outreach.choices import CampaignState
from bienveille.services.outreach.queries import all_campaigns

FAMILIES = {
    "danger": "Un danger, maintenant",
    "protection": "Une personne à protéger",
    "help": "Une aide, une écoute",
}


@require_safe
def home(request: Request) -> HttpResponse:
    """What this person can do here today."""
    user = request.user
    context: dict[str, Any] = {
        "greeting": f"Bonjour {user.first_name}" if user.first_name else "Bonjour",
        "day_words": calendar_day(timezone.localdate()).capitalize(),
        "desk": desk(user),
        "campaigns": [],
        "is_manager": has_role(user, *MANAGERS),
    }
    if context["is_manager"]:
        running = [one for one in all_campaigns() if one.state in (CampaignState.OPEN, CampaignState.PAUSED)]
        by_queue = ledgers(one.queue_id for one in running)
        context["campaigns"] = [{"campaign": one, "ledger": by_queue[one.queue_id].as_dict()} for one in running]
    context["is_caller"] = has_role(user, Role.CALLER)
    context["sees_people"] = has_role(user, *MANAGERS, Role.SOCIAL_WORKER)
    return render(request, "workspace/home.html", context)


@require_safe
def help_page(request: Request) -> HttpResponse:
    """What to say, what never to write, whom to call when."""
    numbers: dict[str, list[EmergencyNumber]] = {}
    for one in emergency_numbers(timezone.localdate()):
        numbers.setdefault(one.family, []).append(one)
    families = [{"title": title, "numbers": numbers.get(family, [])} for family, title in FAMILIES.items()]
    return render(request, "workspace/help.html", {"families": families})
