"""What somebody is asked to try, on their phone: whose door, which floor, what to say; then how it went."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bienveille.engines.dispatch.choices import PlannedState, StepKind, StepResult
from bienveille.engines.dispatch.models import Step
from bienveille.engines.dispatch.operations import steps as dispatch_steps
from bienveille.engines.dispatch.queries.steps import asked_of, ended_by
from bienveille.engines.dispatch.rules.steps import RESULTS
from bienveille.faces.workspace.views import Request
from bienveille.ground.lib.typography import counted, plural
from bienveille.ground.platform.reference import strip_numbers
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.operations import record_audit
from bienveille.services.outreach.access import get_step_for
from bienveille.services.outreach.forms.steps import ResultForm

INVALID, CONFLICT = 422, 409
HELLO = "Bonjour, nous avons essayé de vous appeler. Je passe seulement prendre de vos nouvelles."
HINTS = {
    StepResult.WORRIED.value: "L’agence est prévenue aussitôt. En cas de danger, appelez d’abord les secours.",
    StepResult.CALL_BACK.value: "Le ménage revient parmi ceux à appeler.",
    StepResult.SEEN_WELL.value: "La personne a ouvert, et elle va bien.",
    StepResult.ABSENT.value: "Personne n’a ouvert.",
}


@require_safe
def visits(request: Request) -> HttpResponse:
    """What this person is asked to try, the earliest first, and what they did lately."""
    today = timezone.localdate()
    asked = [{"step": one, "place": place_of(one), "late": one.due_on < today} for one in asked_of(request.user)]
    ended = ended_by(request.user, today - timedelta(days=1))
    now = timezone.now()
    context = {
        "title": f"{counted(len(asked), 'visite')} {plural(len(asked), 'vous attend', 'vous attendent')}"
        if asked
        else "Aucune visite ne vous attend",
        "asked": asked,
        "ended": [
            {"step": one, "undo": one.done_at is not None and now - one.done_at < dispatch_steps.UNDO_STEP}
            for one in ended
        ],
    }
    return render(request, "workspace/visits.html", context)


def place_of(step: Step) -> str:
    """« Résidence Un, bâtiment A, 4e étage, porte 12 »: where to knock, and nothing else."""
    home = step.contact.household.dwelling
    if home is None:
        return ""
    parts = [home.building.residence.name]
    if home.building.code:
        parts.append(f"bâtiment {home.building.code}")
    if home.staircase:
        parts.append(f"escalier {home.staircase}")
    if home.floor is not None:
        parts.append("rez-de-chaussée" if home.floor == 0 else f"{home.floor}{'er' if home.floor == 1 else 'e'} étage")
    if home.door:
        parts.append(f"porte {home.door}")
    return ", ".join(parts)


@require_http_methods(["GET", "HEAD", "POST"])
def visit(request: Request, step_id: UUID) -> HttpResponse:
    """One thing to try: where, what to say; then how it ended, in one press."""
    step = get_step_for(request.user, step_id)
    form = ResultForm(request.POST if request.method == "POST" else None, results=RESULTS[step.kind])
    refusal: Refusal | None = None
    status = 200
    if request.method == "POST":
        status = INVALID
        if form.is_valid():
            try:
                dispatch_steps.end_step(
                    actor=request.user, step_id=step.pk, result=form.cleaned_data["result"], now=timezone.now()
                )
            except Refusal as raised:
                refusal, status = raised, CONFLICT
            else:
                if form.cleaned_data["result"] == StepResult.WORRIED:
                    return redirect("workspace:worried", step.pk)
                messages.success(request, f"C’est noté pour {step.contact.household.display_name}. Merci.")
                return redirect("workspace:visits")
    else:
        _read(request, step)
    context: dict[str, Any] = {
        "step": step,
        "place": place_of(step),
        "over": step.state != PlannedState.PLANNED,
        "door": step.kind == StepKind.VISIT,
        "say": step.say or HELLO,
        "form": form,
        "hints": HINTS,
        "refusal": refusal,
        "numbers": _strip(),
        "trail": [("Mes visites", reverse("workspace:visits"))],
    }
    return render(request, "workspace/visit.html", context, status=status)


def _strip() -> list[dict[str, str]]:
    return [{"number": one.number, "label": one.short, "uri": one.href} for one in strip_numbers(timezone.localdate())]


def _read(request: Request, step: Step) -> None:
    record_audit(
        actor=request.user,
        action=AuditAction.HOUSEHOLD_READ,
        subject_type="tenants.Household",
        subject_id=step.contact.household_id,
        reason=str(step.get_kind_display()),
    )


@require_safe
def worried(request: Request, step_id: UUID) -> HttpResponse:
    """After « Je suis inquiet »: the emergency numbers first, then who was told and how to reach them."""
    step = get_step_for(request.user, step_id)
    _read(request, step)
    told = step.created_by
    context = {
        "step": step,
        "told": told,
        "numbers": _strip(),
        "seen": step.seen_by,
        "trail": [("Mes visites", reverse("workspace:visits"))],
    }
    return render(request, "workspace/visit_worried.html", context)


@require_POST
def take_back(request: Request, step_id: UUID) -> HttpResponse:
    """Takes back the result that one has just noted."""
    step = get_step_for(request.user, step_id)
    try:
        dispatch_steps.take_back_step(actor=request.user, step_id=step.pk, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Le résultat est repris\u00a0: {step.contact.household.display_name} vous attend.")
    return redirect("workspace:visits")
