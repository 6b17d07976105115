"""Corrections by hand: one small page each, a form, one operation, then the household's page with a way back.

Every page opens the record through `tenants.access`, which audits it. What somebody else changed meanwhile is shown
beside what was typed (409), never overwritten.
"""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from bienveille.faces.workspace.forms import (
    CorrectionForm,
    DeathForm,
    HouseholdForm,
    LeftForm,
    OppositionForm,
    PersonForm,
    ProtectForm,
    ReasonForm,
)
from bienveille.faces.workspace.rules import Difference, differences
from bienveille.faces.workspace.views import Request
from bienveille.faces.workspace.views.undo import can_be_undone
from bienveille.ground.lib.languages import language_name
from bienveille.ground.lib.typography import counted
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.access import has_role, role_required
from bienveille.register.housing.access import get_dwelling_by_code_for
from bienveille.register.tenants import operations
from bienveille.register.tenants.access import (
    KEEPERS,
    TRUSTED_WITH_ADDRESSES,
    get_household_for,
    get_person_for,
)
from bienveille.register.tenants.models import Household, Person
from bienveille.register.tenants.rules import version_of
from bienveille.services.outreach.operations import report_death, take_back_death

INVALID = 422
CONFLICT = 409
WHY = "Correction de la fiche"
METHODS = ["GET", "HEAD", "POST"]


def household_url(household_id: UUID, anchor: str = "") -> str:
    """The page of a household, at one of its parts."""
    return reverse("workspace:household", args=[household_id]) + (f"#{anchor}" if anchor else "")


def _trail(household: Household) -> list[tuple[str, str]]:
    return [
        ("Locataires", reverse("workspace:people")),
        (household.display_name, household_url(household.pk)),
    ]


def correction_page(
    request: Request,
    household: Household,
    form: forms.Form,
    act: Callable[[dict[str, Any]], str],
    *,
    title: str,
    button: str,
    subtitle: str = "",
    words: Sequence[str] = (),
    danger: bool = False,
    anchor: str = "",
    compare: Callable[[Any], tuple[str, list[Difference]]] | None = None,
    **more: Any,
) -> HttpResponse:
    """A form on its own page; `act` saves what was typed and gives the sentence to show afterwards.

    `compare`: from what the record says now, its version and how it differs from what was typed.
    """
    status = 200
    met: list[Difference] = []
    if request.method == "POST":
        status = INVALID
        if form.is_valid():
            try:
                done = act(form.cleaned_data)
            except operations.ChangedMeanwhile as refusal:
                status = CONFLICT
                seen, met = compare(refusal.current) if compare else ("", [])
                # Saving again is then deliberate: the form now starts from what somebody else wrote.
                form.data = {**request.POST.dict(), "seen": seen}
            except Refusal as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, done)
                return redirect(household_url(household.pk, anchor))
    context = {
        "household": household,
        "trail": _trail(household),
        "form": form,
        "title": title,
        "subtitle": subtitle,
        "words": words,
        "button": button,
        "danger": danger,
        "conflict": status == CONFLICT,
        "met": met,
        "back": household_url(household.pk, anchor),
        "heading": "Ce qui change",
        "points": None,
        "marks": None,
        "kinds": None,
        "relatives": None,
        "relative": None,
        **more,
    }
    return render(request, "workspace/correction.html", context, status=status)


def anchor_of(person: Person) -> str:
    return f"personne-{person.pk}"


# ---- People ----------------------------------------------------------------------------------------------------


@sensitive_post_parameters()
@require_http_methods(METHODS)
@role_required(*KEEPERS)
def correct_person(request: Request, person_id: UUID) -> HttpResponse:
    """Names, birth date, languages, best time: what the landlord's file has wrong."""
    person = get_person_for(request.user, person_id, reason=WHY, write=True)
    known = {name: getattr(person, name) for name in operations.CORRECTABLE}
    languages = [*person.languages, "", ""]
    form = CorrectionForm(
        request.POST if request.method == "POST" else None,
        initial={
            **known,
            "language": languages[0],
            "other_language": languages[1],
            "seen": version_of(person, operations.CORRECTABLE),
        },
    )

    def act(typed: dict[str, Any]) -> str:
        facts = form.facts(person.languages)
        operations.correct_person(
            actor=request.user,
            person=person,
            changes=facts,
            today=timezone.localdate(),
            seen=typed["seen"],
            source=typed["source"],
        )
        before = {name: known[name] for name, value in facts.items() if known[name] != value}
        if before:
            can_be_undone(request, person.household_id, "person", person.pk, before)
        return "La correction est enregistrée."

    def compare(current: Person) -> tuple[str, list[Difference]]:
        facts = form.facts(person.languages)
        rows = [(str(form.fields[name].label), _shown(name, getattr(current, name)), _shown(name, facts[name]))
                for name in facts if name in form.fields]  # fmt: skip
        rows.append(("Langues", _shown("languages", current.languages), _shown("languages", facts["languages"])))
        return version_of(current, operations.CORRECTABLE), differences(rows)

    return correction_page(
        request,
        person.household,
        form,
        act,
        title=f"Corriger la fiche de {person.display_name}",
        button="Enregistrer la correction",
        words=["Ce que vous corrigez reste tant que le fichier du bailleur dit la même chose qu’avant."],
        anchor=anchor_of(person),
        compare=compare,
    )


def _shown(name: str, value: Any) -> Any:
    """A value as the form shows it: the label of a choice, the names of languages."""
    if name == "languages":
        return ", ".join(language_name(code) for code in value)
    choices = dict(getattr(PersonForm.base_fields[name], "choices", ()))
    return choices.get(value, value) if value else value


@sensitive_post_parameters()
@require_http_methods(METHODS)
@role_required(*KEEPERS)
def add_person(request: Request, household_id: UUID) -> HttpResponse:
    """Somebody who lives there and whom the landlord's file does not know."""
    household = get_household_for(request.user, household_id, reason=WHY, write=True)
    form = PersonForm(request.POST if request.method == "POST" else None)

    def act(typed: dict[str, Any]) -> str:
        person = operations.add_person(
            actor=request.user, household=household, today=timezone.localdate(), **form.facts()
        )
        return f"{person.display_name} est sur la fiche."

    words = ["Si le fichier du bailleur cite un jour cette personne dans ce logement, il reprendra sa fiche."]
    return correction_page(
        request,
        household,
        form,
        act,
        title="Ajouter une personne au foyer",
        button="Ajouter cette personne",
        words=words,
    )


@sensitive_post_parameters()
@require_http_methods(METHODS)
@role_required(*KEEPERS)
def add_household(request: Request) -> HttpResponse:
    """A household that moved in and is not in the landlord's file yet."""
    form = HouseholdForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = INVALID
        if form.is_valid():
            dwelling = get_dwelling_by_code_for(request.user, form.cleaned_data["dwelling"])
            if dwelling is None:
                form.add_error("dwelling", "Aucun logement de vos agences ne porte ce code.")
            else:
                try:
                    household = operations.add_household(
                        actor=request.user, dwelling=dwelling, today=timezone.localdate(), **form.facts()
                    )
                except Refusal as refusal:
                    form.add_error(None, str(refusal))
                else:
                    messages.success(request, f"Le foyer de {household.display_name} est créé.")
                    return redirect("workspace:household", household.pk)
    trail = [("Locataires", reverse("workspace:people"))]
    return render(request, "workspace/household_new.html", {"form": form, "trail": trail}, status=status)


@require_http_methods(METHODS)
@role_required(*KEEPERS)
def opposition(request: Request, person_id: UUID) -> HttpResponse:
    """Somebody does not want to be called any more, or accepts it again."""
    person = get_person_for(request.user, person_id, reason=WHY, write=True)
    if person.opposed_on is None:
        form: forms.Form = OppositionForm(
            request.POST if request.method == "POST" else None, initial={"on": timezone.localdate()}
        )

        def oppose(typed: dict[str, Any]) -> str:
            operations.record_opposition(actor=request.user, person=person, on=typed["on"], reason=typed["reason"])
            return f"{person.display_name} ne recevra plus d’appels."

        return correction_page(
            request, person.household, form, oppose,
            title=f"{person.display_name} ne veut plus d’appels",
            button="Noter son opposition",
            words=["Plus aucune campagne ne l’appellera. S’il y a quelqu’un d’autre dans le foyer, lui peut encore "
                   "l’être."],
            anchor=anchor_of(person),
        )  # fmt: skip
    form = ReasonForm(request.POST if request.method == "POST" else None)

    def accept(typed: dict[str, Any]) -> str:
        operations.withdraw_opposition(actor=request.user, person=person, reason=typed["reason"])
        return f"{person.display_name} accepte de nouveau les appels."

    return correction_page(
        request, person.household, form, accept,
        title=f"{person.display_name} accepte de nouveau les appels",
        button="Lever son opposition",
        words=["Seule la personne peut revenir sur son opposition. Dites comment elle l’a fait savoir."],
        anchor=anchor_of(person),
    )  # fmt: skip


@require_http_methods(METHODS)
@role_required(*KEEPERS)
def death(request: Request, person_id: UUID) -> HttpResponse:
    """Somebody has died: nobody asks for them again. Or it was a mistake."""
    person = get_person_for(request.user, person_id, reason=WHY, write=True)
    if not person.deceased:
        form: forms.Form = DeathForm(request.POST if request.method == "POST" else None)

        def note(typed: dict[str, Any]) -> str:
            after = report_death(actor=request.user, person=person, today=timezone.localdate(), on=typed["on"])
            said = f"Le décès de {person.display_name} est noté. Plus personne ne demandera à lui parler."
            if after.campaigns:
                said += f" Le foyer quitte {counted(after.campaigns, 'campagne')} : plus personne n’y habite."
            return said

        return correction_page(
            request, person.household, form, note,
            title=f"Noter le décès de {person.display_name}",
            button="Noter le décès",
            words=["Plus aucun appel ni message ne lui sera destiné, quelle que soit la campagne. Aucun import ne "
                   "reviendra là-dessus.",
                   "Si d’autres personnes vivent dans le foyer, elles gardent leur place dans les campagnes, et qui "
                   "les appelle est prévenu. Sinon le foyer quitte les campagnes, et les rappels promis s’arrêtent.",
                   "Aucun courrier ne part tout seul : un responsable vérifie, puis décide qui prévenir."],
            danger=True,
            anchor="deces",
        )  # fmt: skip
    form = ReasonForm(request.POST if request.method == "POST" else None)

    def deny(typed: dict[str, Any]) -> str:
        campaigns = take_back_death(actor=request.user, person=person, reason=typed["reason"])
        said = f"{person.display_name} est de nouveau sur la fiche."
        return said + (f" Le foyer reprend sa place dans {counted(campaigns, 'campagne')}." if campaigns else "")

    return correction_page(
        request, person.household, form, deny,
        title=f"{person.display_name} est en vie",
        button="Retirer le décès",
        words=["Si le décès a été noté par erreur, dites comment vous le savez.",
               "La personne pourra de nouveau être appelée, et les rappels promis à venir reprennent."],
        anchor=anchor_of(person),
    )  # fmt: skip


@require_http_methods(METHODS)
@role_required(*KEEPERS)
def departure(request: Request, person_id: UUID) -> HttpResponse:
    """Somebody no longer lives there, or lives there after all."""
    person = get_person_for(request.user, person_id, reason=WHY, write=True)
    if person.left_on is None:
        form: forms.Form = LeftForm(
            request.POST if request.method == "POST" else None, initial={"on": timezone.localdate()}
        )

        def leave(typed: dict[str, Any]) -> str:
            operations.report_left(actor=request.user, person=person, on=typed["on"])
            return f"{person.display_name} n’habite plus là."

        return correction_page(
            request, person.household, form, leave,
            title=f"{person.display_name} n’habite plus là",
            button="Noter le départ",
            words=["La personne reste dans l’histoire de la fiche. Elle ne sera plus appelée pour ce foyer."],
        )  # fmt: skip
    form = forms.Form(request.POST if request.method == "POST" else None)

    def stay(typed: dict[str, Any]) -> str:
        operations.take_back_left(actor=request.user, person=person)
        return f"{person.display_name} habite toujours là."

    return correction_page(
        request, person.household, form, stay,
        title=f"{person.display_name} habite toujours là",
        button="Retirer le départ",
        words=["Le départ avait été noté par erreur : la personne revient sur la fiche."],
    )  # fmt: skip


@require_http_methods(METHODS)
@role_required(*KEEPERS)
def protection(request: Request, person_id: UUID) -> HttpResponse:
    """Hide where somebody lives, at once; only who may see such addresses stops hiding it."""
    person = get_person_for(request.user, person_id, reason=WHY, write=True)
    if not person.protected_address:
        form: forms.Form = ProtectForm(request.POST if request.method == "POST" else None)

        def protect(typed: dict[str, Any]) -> str:
            operations.protect_address(actor=request.user, person=person, protected=True, reason=typed["reason"])
            return "L’adresse de ce ménage est protégée."

        return correction_page(
            request, person.household, form, protect,
            title=f"Protéger l’adresse de {person.display_name}",
            button="Protéger cette adresse",
            words=["Seule la direction verra encore où vit ce foyer, et aucune campagne ne l’appellera.",
                   "Vous ne pourrez pas revenir en arrière vous-même si vous n’êtes pas de la direction."],
            danger=True,
        )  # fmt: skip
    if not has_role(request.user, *TRUSTED_WITH_ADDRESSES):
        raise PermissionDenied
    form = ReasonForm(request.POST if request.method == "POST" else None)

    def show(typed: dict[str, Any]) -> str:
        operations.protect_address(actor=request.user, person=person, protected=False, reason=typed["reason"])
        return "L’adresse de ce ménage est de nouveau visible."

    return correction_page(
        request, person.household, form, show,
        title=f"Ne plus protéger l’adresse de {person.display_name}",
        button="Rendre l’adresse visible",
        words=["Tous ceux qui suivent cette agence verront de nouveau où vit ce foyer."],
        danger=True,
    )  # fmt: skip
