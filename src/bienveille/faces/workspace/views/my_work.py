"""A caller's own work: how much, when, and what their calls made possible."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from bienveille.faces.workspace.views import Request
from bienveille.ground.platform.refusal import Refusal
from bienveille.services.outreach.forms.training import RhythmForm
from bienveille.services.outreach.operations import training as operations
from bienveille.services.outreach.queries.training import readiness, rhythm_of

INVALID = 422


@require_http_methods(["GET", "HEAD", "POST"])
def my_work(request: Request) -> HttpResponse:
    """« Mon rythme »: conversations a day, training, availability."""
    today = timezone.localdate()
    rhythm = rhythm_of(request.user, today)
    form = RhythmForm(request.POST if request.method == "POST" else None, initial={"cap": rhythm.own_cap})
    if request.method == "POST" and form.is_valid():
        try:
            operations.choose_daily_cap(caller=request.user, cap=form.cleaned_data["cap"])
        except Refusal as refusal:
            form.add_error("cap", str(refusal))
        else:
            messages.success(request, "Votre rythme est enregistré.")
            return redirect("workspace:my_work")
    context: dict[str, Any] = {
        "form": form,
        "rhythm": rhythm,
        "readiness": readiness(request.user, today),
        "cap_help": f"La coordination a fixé {rhythm.most_a_day} au plus. Vide : ce nombre.",
    }
    return render(request, "workspace/my_work.html", context, status=INVALID if form.errors else 200)
