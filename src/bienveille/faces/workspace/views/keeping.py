"""How long what must end is kept: read by the direction, set within bounds by who covers everything."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from bienveille.faces.workspace.forms.keeping import KeepingForm
from bienveille.faces.workspace.views import Request
from bienveille.register.accounts.access import role_required, watches_accounts
from bienveille.register.accounts.adapters import proof_required
from bienveille.register.accounts.choices import Role
from bienveille.register.tenants.operations import set_kept
from bienveille.register.tenants.queries import kept_months
from bienveille.register.tenants.rules import KEPT

INVALID = 422


@require_safe
@role_required(Role.ADMINISTRATOR, Role.DIRECTOR)
def keeping(request: Request) -> HttpResponse:
    """The periods in force; a form for who may set them."""
    return _page(request, KeepingForm(initial=kept_months()))


@proof_required
@require_POST
@role_required(Role.ADMINISTRATOR, Role.DIRECTOR)
def set_keeping(request: Request) -> HttpResponse:
    """Sets the periods: a shorter one erases people the next night, so whoever asks proves who they are."""
    if not watches_accounts(request.user):
        raise PermissionDenied
    form = KeepingForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    set_kept(actor=request.user, months=form.cleaned_data)
    messages.success(request, "Les durées sont réglées. Elles comptent dès cette nuit.")
    return redirect("workspace:keeping")


def _page(request: Request, form: KeepingForm) -> HttpResponse:
    months = kept_months()
    context = {
        "form": form,
        "sets": watches_accounts(request.user),
        "periods": [(kept.words, months[name]) for name, kept in KEPT.items()],
    }
    return render(request, "workspace/keeping.html", context, status=INVALID if form.errors else 200)
