"""Where everybody arrives, by role, and the page of advice to callers."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from bienveille.engines.cases.access import following_scope
from bienveille.engines.cases.queries import count_red_waiting
from bienveille.engines.dispatch.queries import ledgers
from bienveille.faces.workspace.rules import weekly_words
from bienveille.faces.workspace.views import Request
from bienveille.faces.workspace.views.day import desk
from bienveille.ground.lib.typography import calendar_day, day_in_words
from bienveille.ground.platform.reference import EmergencyNumber, emergency_numbers
from bienveille.register.accounts.access import MANAGERS, has_role
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import User
from bienveille.register.imports.access import may_import
from bienveille.register.tenants.access import reading_scope
from bienveille.register.tenants.queries import somebody_known
from bienveille.services.outreach.access import may_change
from bienveille.services.outreach.choices import CampaignState
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.queries import all_campaigns, left_alone, promises_of_resting
from bienveille.services.outreach.queries.debriefs import count_waiting_debriefs
from bienveille.services.outreach.queries.volunteers import calls_for_me

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
        "left": [],
        "steps": [],
        "debriefs": 0,
        "volunteer_calls": [] if has_role(user, Role.CALLER) else calls_for_me(user),
        "is_manager": has_role(user, *MANAGERS),
    }
    if context["is_manager"]:
        campaigns = all_campaigns()
        running = [one for one in campaigns if one.state in (CampaignState.OPEN, CampaignState.PAUSED)]
        by_queue = ledgers(one.queue_id for one in running)
        context["campaigns"] = [{"campaign": one, "ledger": by_queue[one.queue_id].as_dict()} for one in running]
        context["left"] = _left(user)
        context["debriefs"] = count_waiting_debriefs(user)
        if not any(one.opened_at for one in campaigns):
            context["steps"] = _first_steps(user, campaigns)
    context["is_caller"] = has_role(user, Role.CALLER)
    context["sees_people"] = has_role(user, *MANAGERS, Role.SOCIAL_WORKER)
    context["red_waiting"] = count_red_waiting(following_scope(user), user) if context["sees_people"] else 0
    return render(request, "workspace/home.html", context)


def _first_steps(user: User, campaigns: list[Campaign]) -> list[dict[str, Any]]:
    """What leads a new landlord to its first call; nobody has ever called here."""
    known = somebody_known()
    files = reverse("imports:new") if may_import(user) else ""
    draft = next((one.pk for one in campaigns if may_change(user, one)), None)
    prepare = reverse("workspace:draft_check", args=[draft]) if draft else reverse("workspace:new_campaign")
    return [
        {
            "title": "Importer vos fichiers",
            "text": "Le patrimoine, les locataires et les collaborateurs, tels que votre logiciel les exporte."
            if files
            else "La direction ou l’administrateur les dépose\u00a0: patrimoine, locataires, collaborateurs.",
            "done": known,
            "label": "" if known else "Importer des fichiers",
            "url": files,
        },
        {
            "title": "Préparer une campagne",
            "text": "Qui appeler, dans quel ordre, avec quelles questions et quels appelants.",
            "done": draft is not None,
            "label": "Reprendre la préparation" if draft else "Préparer une campagne",
            "url": prepare if known else "",
        },
        {
            "title": "L’ouvrir",
            "text": "Vos appelants se connectent et prennent le premier appel. Les chiffres se suivent ici.",
            "done": False,
            "label": "",
            "url": "",
        },
    ]


def _left(user: User) -> list[dict[str, Any]]:
    """Promised calls of callers at rest, and weekly ones that their caller can no longer make."""
    now = timezone.localtime()
    scope = reading_scope(user)
    resting = [
        {
            "planned": planned,
            "tag": "En pause",
            "icon": "pause-circle",
            "words": f"Promis pour {day_in_words(planned.due_on, now.date())} par {planned.caller.display_name}, "
            f"qui reprend {day_in_words(planned.caller.calling_pause.until, now.date())}",
        }
        for planned in promises_of_resting(scope, now.date())
    ]
    alone = [
        {
            "planned": planned,
            "tag": "Arrêté",
            "icon": "person-x",
            "words": f"{weekly_words(planned.due_on, planned.due_when, planned.every_days)}, "
            f"par {planned.caller.display_name} jusqu’ici",
        }
        for planned in left_alone(scope, now)
    ]
    return [*resting, *alone]


@require_safe
def help_page(request: Request) -> HttpResponse:
    """What to say, what never to write, whom to call when."""
    numbers: dict[str, list[EmergencyNumber]] = {}
    for one in emergency_numbers(timezone.localdate()):
        numbers.setdefault(one.family, []).append(one)
    families = [{"title": title, "numbers": numbers.get(family, [])} for family, title in FAMILIES.items()]
    return render(request, "workspace/help.html", {"families": families})
