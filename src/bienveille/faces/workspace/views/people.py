"""Tenants: finding somebody by name, the page of a household."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bienveille.faces.workspace.forms import SearchForm
from bienveille.register.accounts.access import MANAGERS, role_required
from bienveille.register.accounts.choices import Role


@require_safe
@role_required(*MANAGERS, Role.SOCIAL_WORKER)
def people(request: HttpRequest) -> HttpResponse:
    """People whose name matches, within what one may see."""
    return render(request, "workspace/people.html", {"form": SearchForm(request.GET or None)})
