"""Two people who may be one: looked at, told apart. Putting two records together is not done here."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from bienveille.faces.workspace.views import Request
from bienveille.register.accounts.access import has_role, role_required
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.operations import record_audit
from bienveille.register.tenants import operations
from bienveille.register.tenants.access import KEEPERS, TRUSTED_WITH_ADDRESSES, get_person_for, reading_scope
from bienveille.register.tenants.queries import as_doubles, possible_doubles

WHY = "Deux fiches comparées"


@require_safe
@role_required(*KEEPERS)
def doubles(request: Request) -> HttpResponse:
    """Pairs of people of two households who look like one, to be looked at one by one."""
    today = timezone.localdate()
    found = possible_doubles(reading_scope(request.user), today)
    rows = as_doubles(found, today, hide_protected=not has_role(request.user, *TRUSTED_WITH_ADDRESSES))
    record_audit(
        actor=request.user,
        action=AuditAction.HOUSEHOLD_LISTED,
        reason="Personnes qui se ressemblent",
        detail={"found": len(rows) * 2},
    )
    return render(request, "workspace/doubles.html", {"rows": rows})


@require_POST
@role_required(*KEEPERS)
def apart(request: Request, first_id: UUID, second_id: UUID) -> HttpResponse:
    """These two are not the same person; or they may be after all."""
    first = get_person_for(request.user, first_id, reason=WHY, write=True)
    second = get_person_for(request.user, second_id, reason=WHY, write=True)
    if request.POST.get("apart") == "0":
        operations.take_back_apart(actor=request.user, first=first, second=second)
        messages.success(request, "Ces deux personnes sont de nouveau à comparer.")
    else:
        operations.say_apart(actor=request.user, first=first, second=second, now=timezone.now())
        messages.success(
            request, f"C’est noté : {first.display_name} et {second.display_name} ne sont pas la même personne."
        )
    if request.POST.get("retour") == "foyer":
        return redirect("workspace:household", first.household_id)
    return redirect("workspace:doubles")
