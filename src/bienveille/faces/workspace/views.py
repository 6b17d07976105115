"""Pages that everybody starts from: home by role, and the lists that the bar leads to."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from bienveille.register.accounts.access import MANAGERS, role_required
from bienveille.register.accounts.choices import Role


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Where everybody arrives."""
    return render(request, "workspace/home.html")


@require_GET
@role_required(Role.CALLER)
def calls(request: HttpRequest) -> HttpResponse:
    """Campaigns in which one may call."""
    return render(request, "workspace/home.html")


@require_GET
@role_required(*MANAGERS)
def campaigns(request: HttpRequest) -> HttpResponse:
    """Every campaign."""
    return render(request, "workspace/home.html")


@require_GET
@role_required(*MANAGERS, Role.SOCIAL_WORKER)
def people(request: HttpRequest) -> HttpResponse:
    """Search of a tenant by name."""
    return render(request, "workspace/home.html")
