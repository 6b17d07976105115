"""What was heard through walls: told by the staff in a minute, looked at by the two named readers, who decide."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from bienveille.engines.cases.queries import is_reader
from bienveille.faces.workspace.rules import floor_words
from bienveille.faces.workspace.views import Request
from bienveille.faces.workspace.views.confidential import helplines
from bienveille.register.accounts.access import role_required
from bienveille.register.accounts.choices import Role
from bienveille.register.housing.access import get_residence_for
from bienveille.register.housing.models import Dwelling
from bienveille.register.tenants.access import KEEPERS
from bienveille.services.neighbourhood import operations
from bienveille.services.neighbourhood.forms import DismissForm, HeardForm
from bienveille.services.neighbourhood.queries import HeardHome, heard_homes, homes_to_choose

METHODS = ["GET", "HEAD", "POST"]
INVALID, CONFLICT = 422, 409


def _door(home: Dwelling) -> str:
    """« Bâtiment A, escalier 2, 3e étage, porte 12 »: a place, nobody's name."""
    parts = [
        f"Bâtiment {home.building.code}" if home.building.code else "",
        f"escalier {home.staircase}" if home.staircase else "",
        floor_words(home.floor) if home.floor is not None else "",
        f"porte {home.door}" if home.door else "",
    ]
    words = ", ".join(part for part in parts if part)
    return f"{words} ({home.code})" if words else home.code


@sensitive_post_parameters("words")
@require_http_methods(METHODS)
@role_required(*KEEPERS, Role.BUILDING_MANAGER)
def tell_heard(request: Request, residence_id: UUID) -> HttpResponse:
    """Say what was heard from a home of this residence; whoever tells does not read what becomes of it."""
    shown = get_residence_for(request.user, residence_id)
    today = timezone.localdate()
    homes = {str(home.pk): home for home in homes_to_choose(shown)}
    form = HeardForm(
        request.POST if request.method == "POST" else None,
        homes=[(key, _door(home)) for key, home in homes.items()],
        initial={"on": today},
    )
    asks_to_keep = False
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            operations.tell_heard(
                actor=request.user,
                dwelling=homes[typed["dwelling"]],
                kind=typed["kind"],
                on=typed["on"],
                words=typed["words"],
                keep=typed["keep"],
                now=timezone.now(),
                today=today,
            )
        except operations.CannotTell as refusal:
            form.add_error(refusal.field or None, str(refusal))
            asks_to_keep = refusal.field == "words"
        else:
            messages.success(request, "C’est transmis. Deux personnes nommées regardent, et elles seules.")
            return redirect("workspace:residence", shown.pk)
    context = {
        "residence": shown,
        "form": form,
        "asks_to_keep": asks_to_keep,
        "numbers": helplines(today),
        "trail": [
            ("Résidences", reverse("workspace:residences")),
            (shown.name, reverse("workspace:residence", args=[shown.pk])),
        ],
    }
    return render(request, "workspace/heard_tell.html", context, status=INVALID if form.errors else 200)


@require_safe
@role_required(*KEEPERS)
def heard(request: Request) -> HttpResponse:
    """What waits for a named reader; nobody else has anything there."""
    found = heard_homes(request.user, timezone.localdate())
    context = {
        "rows": [_row(one) for one in found],
        "trail": [("Situations", reverse("workspace:cases"))],
        "numbers": helplines(timezone.localdate()),
    }
    return render(request, "workspace/heard.html", context)


def _row(one: HeardHome) -> dict[str, Any]:
    residence = one.dwelling.building.residence
    return {"home": one.dwelling, "place": residence.name, "door": _door(one.dwelling), "heard": one.heard}


@sensitive_post_parameters("reason")
@require_http_methods(METHODS)
@role_required(*KEEPERS)
def heard_home(request: Request, dwelling_id: UUID) -> HttpResponse:
    """What was heard from one home: open a confidential case, or dismiss it and say why."""
    today = timezone.localdate()
    found = next((one for one in heard_homes(request.user, today) if one.dwelling.pk == dwelling_id), None)
    if found is None:
        raise Http404
    dismissing = request.POST.get("do") == "dismiss"
    form = DismissForm(request.POST if dismissing else None)
    context = {
        **_row(found),
        "form": form,
        "numbers": helplines(today),
        "trail": [
            ("Situations", reverse("workspace:cases")),
            ("Ce qui a été entendu", reverse("workspace:heard")),
        ],
    }
    if request.method != "POST":
        return render(request, "workspace/heard_home.html", context)
    try:
        if not dismissing:
            case = operations.open_heard(actor=request.user, dwelling_id=dwelling_id, now=timezone.now(), today=today)
            messages.success(request, "La situation est ouverte. Deux personnes la lisent, et elles seules.")
            # An older case may have other readers: it has heard of it, and this one reads no more.
            return redirect("workspace:case", case.pk) if is_reader(case, request.user) else redirect("workspace:heard")
        if form.is_valid():
            operations.dismiss_heard(
                actor=request.user, dwelling_id=dwelling_id, reason=form.cleaned_data["reason"], today=today
            )
            messages.success(request, "C’est écarté, avec votre raison.")
            return redirect("workspace:heard")
    except operations.CannotTell as refusal:
        if dismissing:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            context["refusal"] = refusal
    return render(request, "workspace/heard_home.html", context, status=INVALID if form.errors else CONFLICT)
