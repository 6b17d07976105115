"""A situation of a whole residence, signalled by who knows the place: the team, or the building manager."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from bienveille.engines.cases import operations
from bienveille.faces.workspace.forms.cases import NewPlaceCaseForm
from bienveille.faces.workspace.views import Request
from bienveille.faces.workspace.views.cases import INVALID, strip_of
from bienveille.register.accounts.access import has_role, role_required
from bienveille.register.accounts.choices import Role
from bienveille.register.housing.access import get_residence_for
from bienveille.register.tenants.access import KEEPERS


@sensitive_post_parameters("words")
@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*KEEPERS, Role.BUILDING_MANAGER)
def new_place_case(request: Request, residence_id: UUID) -> HttpResponse:
    """Signal what concerns a whole residence: its open case hears of it, or one opens and alerts as any other."""
    residence = get_residence_for(request.user, residence_id)
    form = NewPlaceCaseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        opened = operations.signal_residence(
            actor=request.user,
            residence_id=residence.pk,
            signal=operations.Signal(
                grade=typed["grade"],
                needs=tuple(typed["needs"]),
                words=typed["words"],
                kept_despite_guard=typed["keep"],
            ),
            now=timezone.now(),
        )
        if has_role(request.user, *KEEPERS):
            messages.success(request, "La situation est signalée.")
            return redirect("workspace:case", opened.pk)
        messages.success(request, "C’est transmis à l’agence, qui est prévenue.")
        return redirect("workspace:residence", residence.pk)
    context = {
        "residence": residence,
        "form": form,
        "trail": [
            ("Résidences", reverse("workspace:residences")),
            (residence.name, reverse("workspace:residence", args=[residence.pk])),
        ],
        "numbers": strip_of(timezone.localdate()),
    }
    return render(request, "workspace/case_place.html", context, status=INVALID if form.errors else 200)
