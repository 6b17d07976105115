"""Right of access (GDPR art. 15): everything kept about one person, as a document for them and a file for machines."""

from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods

from bienveille.faces.workspace.forms import AccessForm
from bienveille.faces.workspace.queries import everything_about
from bienveille.faces.workspace.views import Request
from bienveille.faces.workspace.views.corrections import INVALID, METHODS, anchor_of, household_url
from bienveille.ground.lib.typography import calendar_day
from bienveille.ground.platform.pdf import pdf_from
from bienveille.register.accounts.access import MANAGERS, role_required
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.operations import record_audit
from bienveille.register.accounts.queries import landlord
from bienveille.register.tenants.access import get_person_for
from bienveille.register.tenants.models import Person

TEMPLATE = Path(__file__).parent.parent / "documents" / "access_right.typ"
WORDS = [
    "Vous avez le droit de savoir ce que nous gardons sur vous (règlement général sur la protection des données, "
    "article 15). Ce document contient tout ce que l’outil Bienveille en garde aujourd’hui.",
    "Ce qui concerne d’autres personnes est masqué : celles qui vivent avec vous, vos proches, nos collaborateurs.",
    "Si quelque chose est faux, dites-le nous : nous le corrigeons. Vous pouvez aussi refuser d’être appelé. "
    "Si notre réponse ne vous convient pas, vous pouvez écrire à la CNIL (cnil.fr).",
]


@require_http_methods(METHODS)
@role_required(*MANAGERS)
def access_right(request: Request, person_id: UUID) -> HttpResponseBase:
    """Say why, then take the document or the file; both are written in the audit with that reason."""
    person = get_person_for(request.user, person_id, reason="Droit d’accès")
    back = household_url(person.household_id, anchor_of(person))
    form = AccessForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = INVALID
        if form.is_valid():
            return _answer(request, person, form.cleaned_data["reason"], form.cleaned_data["kind"])
    context = {
        "person": person,
        "form": form,
        "back": back,
        "trail": [("Locataires", reverse("workspace:people")), (person.household.display_name, back)],
    }
    return render(request, "workspace/access_right.html", context, status=status)


def _answer(request: Request, person: Person, reason: str, kind: str) -> HttpResponseBase:
    now = timezone.now()
    own = landlord()
    parts = everything_about(person, now)
    record_audit(
        actor=request.user,
        action=AuditAction.EXPORTED,
        subject=person,
        reason=f"Droit d’accès : {reason}"[:300],
        detail={"kind": kind, "parts": len(parts)},
    )
    day = timezone.localtime(now).date()
    document: dict[str, Any] = {
        "title": f"Ce que nous gardons sur {person.display_name}",
        "landlord": own.name if own else "",
        "made_on": day.isoformat(),
    }
    response: HttpResponse
    if kind == "json":
        document["parts"] = [_for_machines(asdict(part)) for part in parts]
        response = JsonResponse(document, json_dumps_params={"ensure_ascii": False, "indent": 2})
    else:
        made = ", ".join(filter(None, [document["landlord"], calendar_day(day)])) + "."
        told = [asdict(part) for part in parts if part.facts or part.lines]
        data = document | {"words": [made, *WORDS], "parts": told}
        response = HttpResponse(pdf_from(TEMPLATE, data), content_type="application/pdf")
    name = f"acces-{slugify(person.last_name)}-{day.isoformat()}.{kind}"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response


def _for_machines(part: dict[str, Any]) -> dict[str, Any]:
    """A part with each fact as `{label, value}`."""
    facts = [{"label": label, "value": value} for label, value in part["facts"]]
    lines = [[{"label": label, "value": value} for label, value in line] for line in part["lines"]]
    return {**part, "facts": facts, "lines": lines}
