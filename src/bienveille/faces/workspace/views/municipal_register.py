"""« Registre communal »: who did not object to being proposed to a town hall, the request, what became of it."""

from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bienveille.engines.cases.access import following_scope, get_register_request_for
from bienveille.engines.cases.choices import RegisterState
from bienveille.engines.cases.operations import referrals_register as operations
from bienveille.engines.cases.queries.referrals_register import (
    open_request_of,
    places_of_requests,
    requests_of,
    rows_to_send,
)
from bienveille.engines.cases.rules.referrals_register import (
    FIELDS,
    qualities_on,
    register_rule,
    register_words,
)
from bienveille.faces.workspace.forms.municipal_register import RegisterForm, RemovalForm
from bienveille.faces.workspace.views import Request
from bienveille.ground.lib.spreadsheets import Column, Sheet, phone_text
from bienveille.ground.lib.typography import calendar_day, counted, short_day
from bienveille.ground.platform.pdf import pdf_from
from bienveille.ground.platform.refusal import Refusal
from bienveille.ground.ui.exports import file_response, weigh
from bienveille.register.accounts.access import role_required
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.operations import record_audit
from bienveille.register.accounts.queries import landlord
from bienveille.register.housing.models import Commune
from bienveille.register.partners.access import get_commune_for
from bienveille.register.tenants.access import KEEPERS, get_person_for
from bienveille.register.tenants.queries import is_protected, ways_and_marks

INVALID = 422
TEMPLATE = Path(__file__).parent.parent / "documents" / "municipal_register.typ"
TITLE = "Demande d’inscription au registre communal, par un tiers"


@require_safe
@role_required(*KEEPERS)
def registers(request: Request) -> HttpResponse:
    """The communes that have requests: to send, sent, acknowledged (1 query)."""
    places = places_of_requests(following_scope(request.user))
    waiting = sum(one.to_send for one in places)
    context = {
        "places": places,
        "title": f"{counted(waiting, 'demande')} à envoyer" if waiting else "Registre communal",
        "rule": register_rule(timezone.localdate()),
    }
    return render(request, "workspace/registers.html", context)


@require_safe
@role_required(*KEEPERS)
def register_commune(request: Request, code: str) -> HttpResponse:
    """The requests for one town hall, and the files that carry them."""
    commune = get_commune_for(request.user, code)
    found = requests_of(following_scope(request.user), commune.code)
    _listed(request, commune, len(found))
    context = {
        "commune": commune,
        "to_send": [one for one in found if one.state == RegisterState.TO_SEND],
        "others": [
            {"request": one, "open": one.state in (RegisterState.SENT, RegisterState.ACKNOWLEDGED)}
            for one in found
            if one.state != RegisterState.TO_SEND
        ],
        "trail": [("Registre communal", reverse("workspace:registers"))],
        "rule": register_rule(timezone.localdate()),
    }
    return render(request, "workspace/register_commune.html", context)


@require_safe
@role_required(*KEEPERS)
def register_file(request: Request, code: str, kind: str) -> HttpResponseBase:
    """The written request, as a document (`pdf`) or a table (`csv`): the fields of the law, and nothing else."""
    commune = get_commune_for(request.user, code)
    if kind not in ("pdf", "csv"):
        raise Http404
    now = timezone.now()
    keys, rows = rows_to_send(following_scope(request.user), commune.code)
    weigh(keys, what=f"Registre communal de {commune.name}")
    record_audit(
        actor=request.user,
        action=AuditAction.EXPORTED,
        subject_type="cases.RegisterRequest",
        reason=f"Registre communal de {commune.name}",
        detail={"rows": len(keys), "form": kind},
    )
    name = f"registre-{slugify(commune.name)}"
    if kind == "csv":
        columns = [Column(title, cell) for title, cell in FIELDS]  # type: ignore[arg-type]
        sheet = Sheet(name="Demandes", columns=columns, rows=rows)
        return file_response(kind="csv", sheets=[sheet], name=name, now=now)
    today = timezone.localdate()
    response = HttpResponse(pdf_from(TEMPLATE, document(commune, rows)), content_type="application/pdf")
    disposition = content_disposition_header(True, f"{name}-{today.isoformat()}.pdf")
    response["Content-Disposition"] = disposition or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response


def document(commune: Commune, rows: list[list[Any]]) -> dict[str, Any]:
    """The data of the written request."""
    own, today = landlord(), timezone.localdate()
    rule = register_rule(today)
    return {
        "title": TITLE,
        "landlord": own.name if own else "",
        "town": f"Mairie de {commune.name}",
        "made": calendar_day(today),
        "law": rule.article,
        "people": [
            {
                "name": f"{row[0]} {row[1]}".strip(),
                "facts": [
                    [title, short_day(value) if kind == "date" else phone_text(value) if kind == "phone" else value]
                    for (title, kind), value in zip(FIELDS, row, strict=True)
                    if value
                ],
            }
            for row in rows
        ],
    }


def _listed(request: Request, commune: Commune, found: int) -> None:
    if found:
        record_audit(
            actor=request.user,
            action=AuditAction.HOUSEHOLD_LISTED,
            reason=f"Registre communal de {commune.name}",
            detail={"found": found},
        )


@require_POST
@role_required(*KEEPERS)
def register_sent(request: Request, code: str) -> HttpResponse:
    """Say that the request left: for those who were on the page, not for those who came since."""
    commune = get_commune_for(request.user, code)
    keys, _ = rows_to_send(following_scope(request.user), commune.code)
    shown = set(request.POST.getlist("request"))
    sent = operations.mark_sent(actor=request.user, keys=[key for key in keys if str(key) in shown], now=timezone.now())
    if sent:
        messages.success(request, f"{counted(sent, 'demande est notée', 'demandes sont notées')} comme envoyées.")
    return redirect("workspace:register_commune", commune.code)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*KEEPERS)
def register_change(request: Request, register_request_id: UUID) -> HttpResponse:
    """The town hall answered (`do=acknowledge`), or somebody leaves the register, with the reason."""
    shown = get_register_request_for(request.user, register_request_id, reason="Registre communal")
    today = timezone.localdate()
    back = redirect("workspace:register_commune", shown.commune_id)
    form = RemovalForm(request.POST if request.method == "POST" and "do" not in request.POST else None)
    try:
        if request.POST.get("do") == "acknowledge":
            operations.acknowledge_register(actor=request.user, request_id=shown.pk, today=today)
            messages.success(request, "L’accusé de la mairie est noté.")
            return back
        if request.method == "POST" and form.is_valid():
            operations.remove_register(
                actor=request.user, request_id=shown.pk, reason=form.cleaned_data["reason"], today=today
            )
            messages.success(request, "La demande est retirée. Si la mairie l’avait reçue, écrivez-lui.")
            return back
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return back
    trail = [
        ("Registre communal", reverse("workspace:registers")),
        (shown.commune.name, reverse("workspace:register_commune", args=[shown.commune_id])),
    ]
    context = {"request_shown": shown, "person": shown.person, "form": form, "trail": trail}
    return render(request, "workspace/register_remove.html", context, status=INVALID if form.errors else 200)


@sensitive_post_parameters("home_service")
@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*KEEPERS)
def ask_register(request: Request, person_id: UUID) -> HttpResponse:
    """Read the words to somebody, note the answer, and on which ground they are proposed."""
    person = get_person_for(request.user, person_id, reason="Registre communal", write=True)
    now, today = timezone.now(), timezone.localdate()
    dwelling = person.household.dwelling
    commune = dwelling.building.residence.commune if dwelling else None
    relatives = [one for one in ways_and_marks(person, today, kinds=frozenset()).relatives if one.agreed_on]
    qualities = [one for one in qualities_on(today) if one.fits(person.birth_date, today) is not False]
    form = RegisterForm(
        request.POST if request.method == "POST" else None,
        qualities=[(one.code, one.label) for one in qualities],
        relatives=[(str(one.pk), f"{one.name}, {one.relation}" if one.relation else one.name) for one in relatives],
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = operations.ask_register(
                actor=request.user, person=person, facts=operations.RegisterFacts(**form.cleaned_data), now=now
            )
        except operations.CannotAskRegister as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            if made.state == RegisterState.REFUSED:
                messages.success(request, "L’opposition est notée\u00a0: rien ne partira.")
                return redirect("workspace:household", person.household_id)
            messages.success(request, "La réponse est notée. La demande part avec les autres de la commune.")
            return redirect("workspace:register_commune", made.commune_id)
    known = open_request_of(person.pk)
    hidden = is_protected(person.household_id, today)
    context = {
        "person": person,
        "form": form,
        "known": known,
        "hidden": hidden,
        "commune": None if hidden else commune,
        "words": register_words(today).said(commune.name) if commune and not hidden else "",
        "qualities": qualities,
        "rule": register_rule(today),
        "unchecked": any(one.unchecked for one in qualities),
        "trail": [
            ("Locataires", reverse("workspace:people")),
            (person.household.display_name, reverse("workspace:household", args=[person.household_id])),
        ],
    }
    return render(request, "workspace/register_ask.html", context, status=INVALID if form.errors else 200)
