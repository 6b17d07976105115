"""Confidential situations: signalled by anybody of the team, read by the two people that the direction named."""

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from bienveille.engines.cases import operations
from bienveille.engines.cases.access import directing_scope, get_confidential_for
from bienveille.engines.cases.choices import CaseKind, CaseState
from bienveille.engines.cases.models import Case
from bienveille.engines.cases.queries import pairs_within, seats_of, team_of, team_within
from bienveille.faces.workspace.forms.confidential import ConfidentialForm, ReadersForm, SeatForm
from bienveille.faces.workspace.views import Request
from bienveille.ground.platform.reference import emergency_numbers
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.access import role_required
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.queries import agencies_within
from bienveille.register.tenants.access import KEEPERS, get_household_for
from bienveille.register.tenants.models import Person
from bienveille.register.tenants.queries import household_record

METHODS = ["GET", "HEAD", "POST"]
INVALID, CONFLICT = 422, 409
EVERYWHERE = "tout"
#: Who answers before anything is written: danger now, without a voice, violence, a child, an elder.
HELPLINES = ("17", "114", "3919", "119", "3977")
_SHORT = {"3919": "Violences, écoute", "119": "Enfant en danger", "3977": "Aîné maltraité"}
TRAIL = "Situation confidentielle"


def helplines(today: date) -> list[dict[str, str]]:
    """The numbers shown above every field, in the words of the dated table; one not compared yet says so."""
    known = {one.number: one for one in emergency_numbers(today)}
    return [
        {
            "number": one.number,
            "label": (one.short or _SHORT[one.number]) + (" (à vérifier)" if one.unchecked else ""),
            "uri": one.href,
        }
        for one in (known[number] for number in HELPLINES if number in known)
    ]


def confidential_part(case: Case, residents: list[Any], today: date) -> dict[str, Any] | None:
    """What the page of a confidential case shows beside the rest; nothing for the others (2 queries)."""
    if case.kind != CaseKind.CONFIDENTIAL:
        return None
    return {
        "seats": seats_of(case, today),
        "people": [one.person for one in residents],
        "open": case.state != CaseState.CLOSED,
    }


@sensitive_post_parameters("words")
@require_http_methods(METHODS)
@role_required(*KEEPERS)
def new_confidential(request: Request, household_id: UUID) -> HttpResponse:
    """Tell the two named readers what was seen or said; whoever tells does not read what becomes of it."""
    household = get_household_for(request.user, household_id, reason="Fiche ouverte", write=True)
    form = ConfidentialForm(request.POST if request.method == "POST" else None)
    back = reverse("workspace:household", args=[household.pk])
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        operations.open_confidential(
            actor=request.user,
            household_id=household.pk,
            signal=operations.Signal(
                grade=typed["grade"],
                needs=tuple(typed["needs"]),
                words=typed["words"],
                kept_despite_guard=typed["keep"],
            ),
            now=timezone.now(),
        )
        messages.success(request, "C’est transmis à deux personnes nommées. Rien n’en est écrit sur cette fiche.")
        return redirect(back)
    context = {
        "household": household,
        "form": form,
        "back": back,
        "trail": [("Locataires", reverse("workspace:people")), (household.display_name, back)],
        "numbers": helplines(timezone.localdate()),
    }
    return render(request, "workspace/confidential_new.html", context, status=INVALID if form.errors else 200)


@require_http_methods(METHODS)
@role_required(Role.DIRECTOR)
def case_readers(request: Request) -> HttpResponse:
    """Who reads confidential situations, by agency: the direction names them, and reads nothing by that."""
    scope = directing_scope(request.user)
    today = timezone.localdate()
    agencies = {str(agency.pk): agency for agency in agencies_within(scope)}
    team = {str(user.pk): user for user in team_within(scope)}
    typed = request.POST if request.method == "POST" else None
    form = ReadersForm(
        typed,
        agencies=[
            *([(EVERYWHERE, "Tout le patrimoine")] if scope.everything else []),
            *((key, agency.name) for key, agency in agencies.items()),
        ],
        people=[(key, user.display_name) for key, user in team.items()],
    )
    if typed is not None and form.is_valid():
        chosen = form.cleaned_data
        agency = agencies.get(chosen["agency"])
        try:
            operations.name_readers(
                actor=request.user,
                agency=agency,
                first=team[chosen["first"]],
                second=team[chosen["second"]],
                now=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"C’est noté pour {agency.name if agency else 'tout le patrimoine'}.")
            return redirect("workspace:case_readers")
    context = {
        "pairs": pairs_within(scope, today),
        "form": form,
        "trail": [("Situations", reverse("workspace:cases"))],
    }
    return render(request, "workspace/case_readers.html", context, status=INVALID if form.errors else 200)


@require_http_methods(METHODS)
@role_required(*KEEPERS)
def hand_over_seat(request: Request, case_id: UUID) -> HttpResponse:
    """Give one's own seat to a colleague: one reads no longer, they do."""
    shown = get_confidential_for(request.user, case_id, reason="Lecture passée à une autre personne")
    seats = seats_of(shown, timezone.localdate())
    reading = {seat.user.pk for seat in seats}
    team = {str(user.pk): user for user in team_of(shown.agency) if user.pk not in reading}
    typed = request.POST if request.method == "POST" else None
    form = SeatForm(typed, people=[(key, user.display_name) for key, user in team.items()])
    context = {**_about(shown), "form": form, "seats": seats, "alone": len(seats) == 1}
    if typed is None:
        return render(request, "workspace/case_seat.html", context)
    if not form.is_valid():
        return render(request, "workspace/case_seat.html", context, status=INVALID)
    to = team[str(form.cleaned_data["to"])]
    try:
        operations.hand_over_seat(actor=request.user, case_id=shown.pk, to=to, now=timezone.now())
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return render(request, "workspace/case_seat.html", context, status=CONFLICT)
    messages.success(request, f"{to.display_name} lit désormais cette situation.")
    return redirect("workspace:case", shown.pk) if len(seats) == 1 else redirect("workspace:my_cases")


@require_http_methods(METHODS)
@role_required(*KEEPERS)
def case_address(request: Request, case_id: UUID, person_id: UUID) -> HttpResponse:
    """Hide where somebody lives, or stop hiding it, from their confidential case."""
    shown = get_confidential_for(request.user, case_id, reason="Protection d’une adresse")
    person = _person_of(shown, person_id)
    form = forms.Form(request.POST if request.method == "POST" else None)
    context = {**_about(shown), "form": form, "person": person}
    if request.method != "POST":
        return render(request, "workspace/case_address.html", context)
    try:
        kept = operations.set_address_protection(
            actor=request.user,
            case_id=shown.pk,
            person=person,
            protected=request.POST.get("do") != "lift",
            now=timezone.now(),
        )
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        words = "est protégée" if kept.protected_address else "est de nouveau visible"
        messages.success(request, f"L’adresse de {person.display_name} {words}.")
    return redirect("workspace:case", shown.pk)


def _person_of(shown: Case, person_id: UUID) -> Person:
    """Somebody of the household of a case; 404 for anybody else."""
    if shown.household is not None:
        record = household_record(shown.household, timezone.localdate(), kinds=frozenset())
        for one in record.residents:
            if one.person.pk == person_id:
                return one.person
    raise Http404


def _about(shown: Case) -> dict[str, Any]:
    return {
        "case": shown,
        "who": shown.household.display_name if shown.household else "",
        "trail": [
            ("Situations", reverse("workspace:cases")),
            (TRAIL, reverse("workspace:case", args=[shown.pk])),
        ],
    }
