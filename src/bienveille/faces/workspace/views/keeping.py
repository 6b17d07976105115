"""How long what must end is kept: read by the direction, set within bounds by who covers everything."""

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localtime
from django.views.decorators.http import require_POST, require_safe

from bienveille.faces.workspace.forms.keeping import KeepingForm
from bienveille.faces.workspace.views import Request
from bienveille.register.accounts.access import role_required, watches_accounts
from bienveille.register.accounts.adapters import proof_required
from bienveille.register.accounts.choices import Role
from bienveille.register.tenants.operations import set_kept
from bienveille.register.tenants.queries import kept_months, people_past
from bienveille.register.tenants.rules import KEPT
from bienveille.services.outreach.queries import calls_past

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
    """Sets the periods: a shorter one erases people the next night, so whoever asks proves who they are, and is told
    first how many.
    """
    if not watches_accounts(request.user):
        raise PermissionDenied
    form = KeepingForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    months, former = form.cleaned_data, kept_months()
    if "told" not in request.POST:
        people, calls = _erased_more(months, former)
        if people or calls:
            periods = [(name, kept.words, months[name], former[name]) for name, kept in KEPT.items()]
            context = {"periods": periods, "people": people, "calls": calls}
            return render(request, "workspace/keeping_shorter.html", context)
    set_kept(actor=request.user, months=months)
    messages.success(request, "Les durées sont réglées. Elles comptent dès cette nuit.")
    return redirect("workspace:keeping")


def _erased_more(months: dict[str, int], kept: dict[str, int]) -> tuple[int, int]:
    """How many more people, and households' calls, the next night would erase than with the periods in force."""
    tonight = localtime() + timedelta(days=1)
    people = calls = 0
    if months["departed"] < kept["departed"]:
        then, now = (people_past(today=tonight.date(), months=one["departed"]) for one in (months, kept))
        people = then - now
    if months["calls"] < kept["calls"]:
        then, now = (calls_past(now=tonight, months=one["calls"]) for one in (months, kept))
        calls = then - now
    return people, calls


def _page(request: Request, form: KeepingForm) -> HttpResponse:
    months = kept_months()
    context = {
        "form": form,
        "sets": watches_accounts(request.user),
        "periods": [(kept.words, months[name]) for name, kept in KEPT.items()],
    }
    return render(request, "workspace/keeping.html", context, status=INVALID if form.errors else 200)
