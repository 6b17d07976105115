"""Saved profiles: what this landlord's titles become, changed without a file at hand."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from bienveille.ground.platform.refusal import Refusal
from bienveille.register.imports import operations
from bienveille.register.imports.access import get_profile_for, importer_required
from bienveille.register.imports.choices import FileKind
from bienveille.register.imports.forms import TitlesForm
from bienveille.register.imports.queries import saved_profiles
from bienveille.register.imports.rules.recognition import LAYOUTS
from bienveille.register.imports.views.base import CONFLICT, INVALID, Request


@require_safe
@importer_required
def profiles(request: Request) -> HttpResponse:
    """Those saved from imports."""
    rows = [{"profile": one, "titles": sum(map(len, one.columns.values()))} for one in saved_profiles()]
    context = {"rows": rows, "trail": [("Imports", reverse("imports:runs"))]}
    return render(request, "imports/profiles.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@importer_required
def saved_profile(request: Request, name: str) -> HttpResponse:
    """The titles that one knows, kind of file by kind of file."""
    shown = get_profile_for(request.user, name)
    data = request.POST if request.method == "POST" else None
    forms = [TitlesForm(data, kind=kind, titles=shown.columns.get(kind, {})) for kind in LAYOUTS]
    valid = [form.is_valid() for form in forms]  # each, so that every error is said at once
    if request.method == "POST" and all(valid):
        columns = {form.kind: form.said() for form in forms}
        operations.change_profile(actor=request.user, profile=shown, columns=columns, now=timezone.now())
        messages.success(request, "Le profil est enregistré.")
        return redirect("imports:saved_profile", shown.name)
    wrong = any(form.errors for form in forms)
    context: dict[str, Any] = {
        "shown": shown,
        "forms": forms,
        "kinds": [(label := FileKind(form.kind).label, f"Titres connus\u00a0: {label}", form) for form in forms],
        "trail": _trail(),
    }
    return render(request, "imports/profile.html", context, status=INVALID if wrong else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@importer_required
def delete_profile(request: Request, name: str) -> HttpResponse:
    """Ask, then forget it."""
    shown = get_profile_for(request.user, name)
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            operations.delete_profile(actor=request.user, profile=shown)
        except Refusal as refused:
            refusal = refused
        else:
            messages.success(request, f"Le profil «\u00a0{shown.label}\u00a0» est supprimé.")
            return redirect("imports:profiles")
    context = {
        "shown": shown,
        "refusal": refusal,
        "back": reverse("imports:saved_profile", args=[shown.name]),
        "trail": [*_trail(), (shown.label, reverse("imports:saved_profile", args=[shown.name]))],
    }
    return render(request, "imports/profile_delete.html", context, status=CONFLICT if refusal else 200)


def _trail() -> list[tuple[str, str]]:
    return [("Imports", reverse("imports:runs")), ("Profils", reverse("imports:profiles"))]
