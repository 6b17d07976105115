"""« Astreintes et absences »: who is alerted first, who is away and who stands in."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from bienveille.engines.cases import operations
from bienveille.engines.cases.access import following_scope, get_absence_for, get_turn_for, leading_scope
from bienveille.engines.cases.queries import absences_from, duty_turns, team_within
from bienveille.faces.workspace.forms.duty import AbsenceForm, TurnForm
from bienveille.faces.workspace.views import Request
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.access import MANAGERS, has_role, role_required
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.queries import agencies_within
from bienveille.register.tenants.access import KEEPERS

INVALID = 422
EVERYWHERE = "tout"


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*KEEPERS)
def duty(request: Request) -> HttpResponse:
    """The rota and the absences of one's agencies; a turn or an absence is added here."""
    scope, leading = following_scope(request.user), leading_scope(request.user)
    now, today = timezone.now(), timezone.localdate()
    team = {str(user.pk): user for user in team_within(scope)}
    agencies = {str(agency.pk): agency for agency in agencies_within(leading)} if not leading.nothing else {}
    names = [(key, user.display_name) for key, user in team.items()]
    leads = not leading.nothing
    mine = str(request.user.pk)
    adding = request.POST.get("do") if request.method == "POST" else ""
    turn_form = TurnForm(
        request.POST if adding == "turn" else None,
        agencies=[
            *([(EVERYWHERE, "Tout le patrimoine")] if leading.everything else []),
            *((key, agency.name) for key, agency in agencies.items()),
        ],
        people=names,
        prefix="tour",
        initial={"day": today},
    )
    absence_form = AbsenceForm(
        request.POST if adding == "absence" else None,
        people=names if leads else [(mine, request.user.display_name)],
        team=names,
        prefix="absence",
        initial={"away": mine},
    )
    status = 200
    if adding == "turn" and leads:
        status = INVALID
        if turn_form.is_valid() and _added(request, turn_form, lambda: _turn(request, turn_form, agencies, team)):
            return redirect("workspace:duty")
    elif adding == "absence":
        status = INVALID
        if absence_form.is_valid() and _added(
            request, absence_form, lambda: _absence(request, absence_form, team, today)
        ):
            return redirect("workspace:duty")
    context = {
        "turns": [
            {"turn": turn, "now": turn.starts_at <= now, "mine": _mine(turn, leading)}
            for turn in duty_turns(scope, now)
        ],
        "absences": [
            {"absence": one, "mine": leads or one.user_id == request.user.pk} for one in absences_from(scope, today)
        ],
        "turn_form": turn_form,
        "absence_form": absence_form,
        "forms": [turn_form, absence_form],
        "leads": leads,
        "directs": has_role(request.user, Role.DIRECTOR),
        "trail": [("Situations", reverse("workspace:cases"))],
    }
    return render(request, "workspace/duty.html", context, status=status)


def _mine(turn: Any, leading: Any) -> bool:
    if turn.agency is None:
        return bool(leading.everything)
    return bool(leading.covers(company=turn.agency.company_id, agency=turn.agency_id))


def _added(request: Request, form: Any, add: Any) -> bool:
    try:
        messages.success(request, add())
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return False
    return True


def _turn(request: Request, form: TurnForm, agencies: dict[str, Any], team: dict[str, Any]) -> str:
    typed = form.cleaned_data
    user = team[str(typed["user"])]
    operations.add_turns(
        actor=request.user, agency=agencies.get(typed["agency"]), user=user, rank=typed["rank"], spans=form.spans()
    )
    return f"{user.display_name} est d’astreinte."


def _absence(request: Request, form: AbsenceForm, team: dict[str, Any], today: Any) -> str:
    typed = form.cleaned_data
    user = team.get(typed["away"], request.user)
    operations.add_absence(
        actor=request.user,
        user=user,
        starts_on=typed["starts_on"],
        ends_on=typed["ends_on"],
        substitute=team.get(typed["substitute"]),
        today=today,
    )
    return f"L’absence de {user.display_name} est notée."


@require_POST
@role_required(*MANAGERS)
def remove_turn(request: Request, turn_id: UUID) -> HttpResponse:
    """Take a turn of duty away."""
    turn = get_turn_for(request.user, turn_id)
    operations.remove_turn(actor=request.user, turn_id=turn.pk)
    messages.success(request, f"Le tour de {turn.user.display_name} est retiré.")
    return redirect("workspace:duty")


@require_POST
@role_required(*KEEPERS)
def remove_absence(request: Request, absence_id: UUID) -> HttpResponse:
    """Take an absence away."""
    found = get_absence_for(request.user, absence_id)
    operations.remove_absence(actor=request.user, absence_id=found.pk)
    messages.success(request, f"L’absence de {found.user.display_name} est retirée.")
    return redirect("workspace:duty")
