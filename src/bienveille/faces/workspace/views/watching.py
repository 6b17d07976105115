"""Residences under watch: the page of one, its visits; what is proposed for a watch, accepted or refused."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from bienveille.faces.workspace.views import Request
from bienveille.ground.ui.flash import Undo, say_done
from bienveille.register.accounts.access import MANAGERS, role_required, scope_for
from bienveille.register.accounts.choices import AuditAction, Role
from bienveille.register.accounts.operations import record_audit
from bienveille.register.housing.access import get_residence_for, may_change
from bienveille.register.housing.queries import watches_of
from bienveille.register.tenants.access import KEEPERS
from bienveille.services.neighbourhood import operations
from bienveille.services.neighbourhood.access import get_proposal_for, names_relays
from bienveille.services.neighbourhood.choices import ProposalState
from bienveille.services.neighbourhood.forms import AcceptWatchForm, RefuseWatchForm, VisitForm
from bienveille.services.neighbourhood.models import WatchProposal
from bienveille.services.neighbourhood.queries import (
    open_proposals,
    relays_of,
    residence_figures,
    visits_of,
    watch_running,
)
from bienveille.services.neighbourhood.rules import NEVER_ASKED, USUAL_WATCH, Signs, signs_words

METHODS = ["GET", "HEAD", "POST"]
INVALID = 422


def proposals_for(request: Request) -> list[dict[str, Any]]:
    """What is proposed in the agencies that one manages, for the list of residences under watch (1 query)."""
    scope = scope_for(request.user, *MANAGERS)
    return [] if scope.nothing else [_line(one) for one in open_proposals(scope, timezone.localdate())]


def _line(proposal: WatchProposal) -> dict[str, Any]:
    signs = Signs(proposal.households, proposal.worrying, proposal.grave, proposal.silent)
    return {"proposal": proposal, "place": operations.place_words(proposal), "figures": signs_words(signs)}


@sensitive_post_parameters("seen")
@require_http_methods(METHODS)
@role_required(*KEEPERS, Role.BUILDING_MANAGER)
def watched_residence(request: Request, residence_id: UUID) -> HttpResponse:
    """A residence under watch: why, until when, who is a relay and what relays never do, what visits saw."""
    shown = get_residence_for(request.user, residence_id)
    today = timezone.localdate()
    running = watch_running(shown)
    form = VisitForm(request.POST if request.method == "POST" else None, initial={"on": today})
    asks_to_keep = False
    if request.method == "POST" and running is not None and form.is_valid():
        try:
            operations.note_visit(actor=request.user, watch=running, today=today, **form.cleaned_data)
        except operations.CannotNoteVisit as refusal:
            form.add_error(refusal.field or None, str(refusal))
            asks_to_keep = refusal.field == "seen"
        else:
            say_done(request, "La visite est notée.")
            return redirect("workspace:watched_residence", shown.pk)
    relays = relays_of(shown, today)
    if relays:
        record_audit(
            actor=request.user,
            action=AuditAction.HOUSEHOLD_LISTED,
            subject=shown,
            reason="Relais d’une résidence sous veille",
            detail={"found": len(relays)},
        )
    context = {
        "residence": shown,
        "watch": running,
        "past": [one for one in watches_of(shown) if one.ended_on is not None],
        "figures": residence_figures(shown, today),
        "relays": relays,
        "never": NEVER_ASKED,
        "visits": visits_of([running]) if running else [],
        "form": form,
        "asks_to_keep": asks_to_keep,
        "may_change": may_change(request.user, shown),
        "names_relays": names_relays(request.user, shown),
        "trail": [
            ("Résidences", reverse("workspace:residences")),
            (shown.name, reverse("workspace:residence", args=[shown.pk])),
        ],
        "title": f"{shown.name} est sous veille" if running else f"{shown.name} n’est pas sous veille",
    }
    return render(request, "workspace/watched_residence.html", context, status=INVALID if form.errors else 200)


@require_http_methods(METHODS)
@role_required(*MANAGERS)
def decide_watch(request: Request, proposal_id: UUID) -> HttpResponse:
    """Accept a proposed watch until a day, or refuse it and say why."""
    proposal = get_proposal_for(request.user, proposal_id)
    today = timezone.localdate()
    refusing = request.POST.get("do") == "refuse"
    typed = request.POST if request.method == "POST" else None
    accept = AcceptWatchForm(None if refusing else typed, initial={"until": today + USUAL_WATCH})
    refuse = RefuseWatchForm(typed if refusing else None)
    form: forms.Form = refuse if refusing else accept
    if typed is not None and form.is_valid():
        try:
            if refusing:
                operations.refuse_proposal(actor=request.user, proposal=proposal, today=today, **form.cleaned_data)
                say_done(request, "C’est noté. Ce lieu ne sera plus proposé avant trois mois.")
                return redirect("workspace:watched_residences")
            watch = operations.accept_proposal(actor=request.user, proposal=proposal, today=today, **form.cleaned_data)
        except operations.CannotDecide as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            undo = Undo(url=reverse("workspace:take_back_watch", args=[watch.pk]))
            say_done(request, f"{proposal.residence.name} est sous veille.", undo=undo)
            return redirect("workspace:watched_residence", proposal.residence_id)
    context = {
        **_line(proposal),
        "accept": accept,
        "refuse": refuse,
        "forms": [accept, refuse],
        "waits": proposal.state == ProposalState.PROPOSED,
        "trail": [
            ("Résidences", reverse("workspace:residences")),
            ("Sous veille", reverse("workspace:watched_residences")),
        ],
    }
    return render(request, "workspace/watch_decide.html", context, status=INVALID if typed is not None else 200)
