"""Partners kept by hand: added, corrected, confirmed, closed; notes of the staff on any card."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from bienveille.faces.workspace.forms.partners import PartnerForm, PartnerNotesForm, ServiceForm
from bienveille.faces.workspace.views import Request
from bienveille.faces.workspace.views.partners import directory_step
from bienveille.ground.lib.typography import phone
from bienveille.ground.platform.refusal import Refusal
from bienveille.ground.ui.flash import Undo, say_done
from bienveille.register.accounts.access import role_required
from bienveille.register.housing.choices import DEPARTMENTS
from bienveille.register.partners import operations
from bienveille.register.partners.access import KEEPERS, get_partner_for, get_service_for
from bienveille.register.partners.choices import Extent
from bienveille.register.partners.models import Service, Structure
from bienveille.register.partners.operations import CannotKeepPartner
from bienveille.register.partners.queries import area_of_code, places_in_words
from bienveille.register.partners.rules import extent_of

INVALID = 422


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*KEEPERS)
def new_partner(request: Request) -> HttpResponse:
    """Add a partner, with the first thing that it does."""
    data = request.POST or None
    partner, service = PartnerForm(data), ServiceForm(data, prefix="s")

    def save() -> HttpResponse:
        made = operations.create_partner(
            actor=request.user, partner=partner.facts(), service=service.facts(), today=timezone.localdate()
        )
        made.refresh_from_db(fields=["key"])
        messages.success(request, f"{made.nom} est inscrit. Il est proposé dès maintenant pendant les appels.")
        return redirect("workspace:partner", made.key)

    context = {
        "title": "Inscrire un partenaire",
        "trail": [directory_step()],
        "partner_form": partner,
        "service_form": service,
        "back": reverse("workspace:partners"),
        "button": "Inscrire ce partenaire",
    }
    return _saved(request, [partner, service], save, context)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*KEEPERS)
def correct_partner(request: Request, key: UUID) -> HttpResponse:
    """Correct a partner kept by hand; a card of a directory takes notes only."""
    structure = get_partner_for(request.user, key, write=True)
    if not structure.own:
        return _notes(request, structure)
    initial = {name: getattr(structure, name) for name in PartnerForm.base_fields}
    initial["telephone"] = phone(structure.telephone)
    initial["commune"] = f"{structure.commune} ({structure.code_insee})"
    form = PartnerForm(request.POST or None, initial=initial)

    def save() -> HttpResponse:
        typed = form.facts()
        operations.change_partner(actor=request.user, structure=structure, partner=typed, today=timezone.localdate())
        messages.success(request, "La fiche est corrigée. Elle est à jour d’aujourd’hui.")
        return redirect("workspace:partner", structure.key)

    context = _about(structure, "Corriger cette fiche") | {
        "partner_form": form, "button": "Enregistrer la fiche",
    }  # fmt: skip
    return _saved(request, [form], save, context)


def _notes(request: Request, structure: Structure) -> HttpResponse:
    form = PartnerNotesForm(request.POST or None, initial={"notes": structure.notes})

    def save() -> HttpResponse:
        operations.write_notes(actor=request.user, structure=structure, notes=form.cleaned_data["notes"])
        messages.success(request, "La note est gardée. Les imports n’y touchent pas.")
        return redirect("workspace:partner", structure.key)

    context = _about(structure, "Écrire une note pour les équipes") | {
        "partner_form": form, "button": "Garder cette note", "from_directory": True,
    }  # fmt: skip
    return _saved(request, [form], save, context)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*KEEPERS)
def new_partner_service(request: Request, key: UUID) -> HttpResponse:
    """One more thing that a partner kept by hand does."""
    structure = get_partner_for(request.user, key, write=True)
    form = ServiceForm(request.POST or None, prefix="s")

    def save() -> HttpResponse:
        operations.add_service(
            actor=request.user, structure=structure, service=form.facts(), today=timezone.localdate()
        )
        messages.success(request, f"«\u00a0{form.cleaned_data['nom']}\u00a0» est ajouté.")
        return redirect("workspace:partner", structure.key)

    context = _about(structure, "Ajouter ce qu’il propose") | {"service_form": form, "button": "Ajouter ce service"}
    return _saved(request, [form], save, context)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*KEEPERS)
def correct_partner_service(request: Request, key: UUID) -> HttpResponse:
    """Correct what a partner kept by hand does."""
    service = get_service_for(request.user, key, write=True)
    initial: dict[str, Any] = {name: getattr(service, name, "") for name in ServiceForm.base_fields}
    form = ServiceForm(request.POST or None, prefix="s", initial={**initial, **_place(service)})

    def save() -> HttpResponse:
        operations.change_service(actor=request.user, service=service, facts=form.facts(), today=timezone.localdate())
        messages.success(request, f"«\u00a0{form.cleaned_data['nom']}\u00a0» est corrigé.")
        return redirect("workspace:partner", service.structure.key)

    context = _about(service.structure, "Corriger ce qu’il propose") | {
        "service_form": form, "button": "Enregistrer ce service",
    }  # fmt: skip
    return _saved(request, [form], save, context)


def _place(service: Service) -> dict[str, str]:
    """How far a service goes, as the form says it; its number as people write it."""
    extent = extent_of(service.zone_eligibilite, area_of_code(service.code_insee))
    communes = ""
    if extent == Extent.CHOSEN:
        words = places_in_words(service.zone_eligibilite, DEPARTMENTS)
        communes = ", ".join(f"{name} ({code})" for code, name in words.items())
    return {"extent": extent, "communes": communes, "telephone": phone(service.telephone)}


@require_POST
@role_required(*KEEPERS)
def partner_state(request: Request, key: UUID) -> HttpResponse:
    """Say that a card is still true, close a partner kept by hand, or open it again."""
    structure = get_partner_for(request.user, key, write=True)
    today, here = timezone.localdate(), reverse("workspace:partner_state", args=[structure.key])
    try:
        match request.POST.get("do"):
            case "confirm":
                operations.confirm_partner(actor=request.user, structure=structure, today=today)
                say_done(request, "La fiche est dite à jour d’aujourd’hui.")
            case "close":
                operations.close_partner(actor=request.user, structure=structure, today=today)
                undo = Undo(url=here, label="Le rouvrir", name="do", value="reopen")
                say_done(request, f"{structure.nom} n’est plus proposé.", undo=undo)
            case "reopen":
                operations.reopen_partner(actor=request.user, structure=structure)
                say_done(request, f"{structure.nom} est de nouveau proposé.")
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("workspace:partner", structure.key)


@require_POST
@role_required(*KEEPERS)
def partner_service_state(request: Request, key: UUID) -> HttpResponse:
    """Close what a partner kept by hand does, or open it again."""
    service = get_service_for(request.user, key, write=True)
    here = reverse("workspace:partner_service_state", args=[service.key])
    try:
        match request.POST.get("do"):
            case "close":
                operations.close_service(actor=request.user, service=service, today=timezone.localdate())
                undo = Undo(url=here, label="Le rouvrir", name="do", value="reopen")
                say_done(request, f"«\u00a0{service.nom}\u00a0» n’est plus proposé.", undo=undo)
            case "reopen":
                operations.reopen_service(actor=request.user, service=service)
                say_done(request, f"«\u00a0{service.nom}\u00a0» est de nouveau proposé.")
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("workspace:partner", service.structure.key)


def _about(structure: Structure, title: str) -> dict[str, Any]:
    page = reverse("workspace:partner", args=[structure.key])
    return {"title": title, "trail": [directory_step(), (structure.nom, page)], "back": page, "subtitle": structure.nom}


def _saved(
    request: Request, all_forms: list[forms.Form], save: Callable[[], HttpResponse], context: dict[str, Any]
) -> HttpResponse:
    """Saves forms that are right and goes on; else shows them again, what is refused beside its field (422)."""
    refusal: Refusal | None = None
    if request.method == "POST" and sum(form.is_valid() for form in all_forms) == len(all_forms):
        try:
            return save()
        except CannotKeepPartner as refused:
            refusal = _beside_its_field(all_forms, refused)
        except Refusal as refused:
            refusal = refused
    status = INVALID if request.method == "POST" else 200
    absent = {"partner_form": None, "service_form": None, "subtitle": "", "from_directory": False}
    page = {
        **absent,
        **context,
        "all_forms": all_forms,
        "refusal": refusal,
        "chosen": f"s-extent={Extent.CHOSEN.value}",
    }
    return render(request, "workspace/partner_form.html", page, status=status)


def _beside_its_field(all_forms: list[forms.Form], refused: CannotKeepPartner) -> Refusal | None:
    """Puts a refusal beside the field that it is about; gives it back when no form has that field."""
    holders = [form for form in all_forms if refused.field in form.fields]
    if not holders:
        return refused
    holders[0].add_error(refused.field, str(refused))
    return None
