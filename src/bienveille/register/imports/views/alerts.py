"""Being told by e-mail of imports that nobody watches: the page where somebody asks for it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from bienveille.register.imports import operations
from bienveille.register.imports.access import importer_required
from bienveille.register.imports.forms import AlertForm
from bienveille.register.imports.queries import alert_of, last_arrival
from bienveille.register.imports.views.base import INVALID, Request


@require_http_methods(["GET", "HEAD", "POST"])
@importer_required
def alerts(request: Request) -> HttpResponse:
    """Ask to be told, or not any more."""
    known = alert_of(request.user)
    initial = {"wanted": known is not None, "silence_days": known.silence_days if known else 3}
    form = AlertForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        operations.choose_alerts(
            actor=request.user,
            wanted=form.cleaned_data["wanted"],
            silence_days=form.cleaned_data["silence_days"],
            now=timezone.now(),
        )
        wanted = form.cleaned_data["wanted"]
        messages.success(request, "Vous serez prévenu." if wanted else "Vous ne serez plus prévenu.")
        return redirect("imports:alerts")
    context = {
        "form": form,
        "trail": [("Imports", reverse("imports:runs"))],
        "last": last_arrival(),
        "address": request.user.email,
    }
    return render(request, "imports/alerts.html", context, status=INVALID if form.errors else 200)
