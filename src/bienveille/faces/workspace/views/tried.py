"""Those who do not answer: the list, what was tried for each, what to try next; a campaign closed with its reasons."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bienveille.engines.audiences.access import targeting_scope
from bienveille.engines.dispatch.choices import ClosingReason, ContactState, StepKind
from bienveille.engines.dispatch.models import Contact
from bienveille.engines.dispatch.operations import steps as dispatch_steps
from bienveille.engines.dispatch.queries import ledger
from bienveille.engines.dispatch.queries.steps import explanation_of
from bienveille.faces.workspace.views import Request
from bienveille.faces.workspace.views.coordination import audit, opened_campaign, trail_of
from bienveille.ground.lib.typography import counted
from bienveille.ground.platform.refusal import Refusal
from bienveille.ground.ui.exports import file_response, heading
from bienveille.ground.ui.tables import Column, Filter, Table
from bienveille.register.accounts.access import MANAGERS, role_required
from bienveille.register.accounts.choices import AuditAction
from bienveille.services.outreach.access import get_campaign_for, get_contact_for, get_step_for
from bienveille.services.outreach.choices import CampaignState
from bienveille.services.outreach.forms.steps import ClosingForm, StepForm, WordsForm
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.operations.steps import Unexplained, ask_for_step, close_explained
from bienveille.services.outreach.queries import agencies_of
from bienveille.services.outreach.queries.arrivals import standing_of
from bienveille.services.outreach.queries.steps import (
    STAGES,
    SilentFilters,
    Tried,
    possible_doers,
    silent_contacts,
    stages_of,
    steps_under_way,
    tried_for,
    unexplained_groups,
    worries_for,
)
from bienveille.services.outreach.rules.steps import proposals, tried_words

INVALID, CONFLICT = 422, 409
ALL_STATES = "all"


def _agency(row: Contact) -> str:
    return row.lane.agency.name if row.lane.agency else ""


def _reason(row: Contact) -> str:
    return str(row.get_reason_display())


def _tried(row: Any) -> str:
    return tried_words(row.outcomes, row.steps_done)


def _stage(row: Any) -> str:
    if row.state != ContactState.UNREACHABLE:
        return ""
    return dict(STAGES)[row.stage]


def _next(row: Any) -> str:
    return str(StepKind(row.next_kind).label) if row.next_kind else ""


SILENT = Table(
    columns=[
        Column("name", "Ménage", sort="sort_name", value=lambda row: row.household.display_name),
        Column("state", "État", screen=False, value=lambda row: row.get_state_display()),
        Column(
            "agency",
            "Agence",
            sort="lane__agency__name",
            value=lambda row: row.lane.agency.name if row.lane.agency else "",
        ),
        Column("reason", "Raison", sort="reason", filled=True, value=_reason),
        Column("tried", "Ce qui a été tenté", value=_tried),
        Column("next", "Prochaine démarche", sort="next_due", value=_next),
        Column("due", "Pour le", sort="next_due", kind="date", screen=False, value=lambda row: row.next_due),
        Column("stage", "Où on en est", sort="stage", filled=True, value=_stage),
        Column("words", "Explication", screen=False, value=lambda row: row.words or ""),
    ],
    filters=[
        Filter("stage", "Où on en est", STAGES),
        Filter("reason", "Raison", every="Toutes"),
        Filter("agency", "Agence", every="Toutes"),
        Filter("state", "État", [(ALL_STATES, "Tous les ménages"), *ContactState.choices], every="Injoignables"),
    ],
    sort="-stage",
    name="sans-reponse",
    one="ménage",
    many="ménages",
)


@require_safe
@role_required(*MANAGERS)
def silent(request: Request, campaign_id: UUID) -> HttpResponseBase:
    """« Sans réponse »: whom calls did not reach, what was tried, where the explanation stands; a file of everybody."""
    shown = opened_campaign(request, campaign_id)
    scope = targeting_scope(request.user)
    reasons = [
        (one.value, str(one.label))
        for one in (ClosingReason.NO_ANSWER, ClosingReason.WRONG_NUMBER, ClosingReason.NO_PHONE, ClosingReason.LANGUAGE)
    ]
    choices = {"agency": [(str(key), name) for key, name in agencies_of(shown, scope)], "reason": reasons}
    asked = SILENT.read(request.GET, choices=choices)
    state = asked["state"] or ContactState.UNREACHABLE
    filters = SilentFilters(
        state="" if state == ALL_STATES else state,
        reason=asked["reason"],
        agency=asked.uuid("agency"),
        stage=asked["stage"],
    )
    found = silent_contacts(shown, scope, filters)
    if asked.export:
        now = timezone.now()
        title = heading(f"Ce qui a été tenté, {shown.name}", now=now, by=request.user.display_name)
        sheet = asked.sheet(found, name="Ce qui a été tenté", heading=title)
        audit(request, shown, AuditAction.EXPORTED, "Ménages sans réponse", format=asked.export, filters=asked.words)
        return file_response(kind=asked.export, sheets=[sheet], name="sans reponse", now=now)
    listing = asked.listing(found)
    rows = [
        {"contact": row, "tried": _tried(row), "next": _next(row), "stage": _stage(row), "reason": _reason(row)}
        for row in listing
    ]
    audit(request, shown, AuditAction.HOUSEHOLD_LISTED, "Ménages sans réponse", found=len(rows))
    stages = stages_of(shown, scope)
    context = {
        "campaign": shown,
        "listing": listing,
        "rows": rows,
        "title": _silent_title(stages),
        "stages": [{"label": label, "value": stages[key]} for key, label in STAGES],
        "under_way": steps_under_way(shown, scope, timezone.localdate()),
        "partly": not scope.everything,
        "trail": trail_of(shown),
    }
    return render(request, "workspace/tried_silent.html", context)


def _silent_title(stages: dict[str, int]) -> str:
    """The fact first: how many still wait for an explanation."""
    total, left = sum(stages.values()), stages["todo"] + stages["under_way"]
    if not total:
        return "Personne n’est sans réponse"
    if not left:
        return "Chaque ménage sans réponse est expliqué"
    return f"{counted(left, 'ménage sans réponse', 'ménages sans réponse')} à expliquer"


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def contact(request: Request, campaign_id: UUID, contact_id: UUID) -> HttpResponse:
    """One household of a campaign: its rank and why, what was tried; plans a step, or says why it stays so."""
    shown = opened_campaign(request, campaign_id)
    row = get_contact_for(request.user, shown, contact_id)
    tried = tried_for(row)
    silent_now = row.state == ContactState.UNREACHABLE and shown.state != CampaignState.CLOSED
    offered = proposals(tried.known) if silent_now else []
    act = request.POST.get("do", "")
    said = explanation_of(row.pk)
    step_form = _step_form(request, row, offered, act == "plan") if offered else None
    words_form = WordsForm(request.POST if act == "explain" else None, initial={"words": said.words if said else ""})
    refusal: Refusal | None = None
    if request.method == "POST":
        form = step_form if act == "plan" else words_form
        if form is not None and form.is_valid():
            try:
                messages.success(request, _do(request, row, act, form.cleaned_data))
            except Refusal as raised:
                refusal = raised
            else:
                return redirect("workspace:tried_contact", shown.pk, row.pk)
    else:
        audit(request, shown, AuditAction.HOUSEHOLD_READ, "Ce qui a été tenté", household=str(row.household_id))
    context = {
        "campaign": shown,
        "contact": row,
        "state": _state_words(row),
        "standing": standing_of(row),
        "tried": tried,
        "history": _history(tried),
        "steps": [{"step": one, "late": one.due_on < timezone.localdate()} for one in tried.planned],
        "proposals": offered,
        "step_form": step_form,
        "words_form": words_form if row.state in (ContactState.UNREACHABLE, ContactState.WITHDRAWN) else None,
        "said": said,
        "refusal": refusal,
        "forms": [form for form in (step_form, words_form) if form is not None and form.is_bound],
        "trail": trail_of(shown, ("Sans réponse", reverse("workspace:silent", args=[shown.pk]))),
    }
    return render(request, "workspace/tried_contact.html", context, status=INVALID if request.method == "POST" else 200)


def _step_form(request: Request, row: Contact, offered: list[Any], bound: bool) -> StepForm:
    doers = possible_doers(row)
    best = next((one.kind for one in offered if one.next), offered[0].kind)
    near = doers[0].pk if doers and getattr(doers[0], "near", False) else None
    initial = {
        "kind": request.GET.get("tenter") or best,
        "doer": str(near or request.user.pk),
        "due_on": timezone.localdate() + timedelta(days=2),
    }
    kinds = [(one.kind, one.label) for one in offered]
    return StepForm(request.POST if bound else None, kinds=kinds, doers=doers, initial=initial)


def _do(request: Request, row: Contact, act: str, typed: dict[str, Any]) -> str:
    now = timezone.now()
    if act == "plan":
        step = ask_for_step(
            actor=request.user,
            contact=row,
            kind=typed["kind"],
            doer_id=UUID(typed["doer"]),
            due_on=typed["due_on"],
            say=typed["say"],
            now=now,
        )
        return f"C’est prévu\u00a0: {step.get_kind_display().lower()}, par {step.assigned_to.display_name}."
    dispatch_steps.explain(actor=request.user, contact_ids=[row.pk], words=typed["words"], now=now)
    return "L’explication est gardée."


def _state_words(row: Contact) -> str:
    reason = row.get_reason_display()
    return f"{row.get_state_display()}, {reason[:1].lower()}{reason[1:]}" if reason else row.get_state_display()


def _history(tried: Tried) -> list[dict[str, Any]]:
    """Calls and steps together, the newest first."""
    calls = [
        {
            "at": one.at,
            "title": str(one.get_outcome_display()),
            "icon": "telephone",
            "words": f"Appel de {one.caller.display_name}",
        }
        for one in tried.attempts
    ]
    steps = [
        {
            "at": one.done_at,
            "title": f"{one.get_kind_display()}\u00a0: {one.get_result_display().lower()}",
            "icon": "door-open" if one.kind == StepKind.VISIT else "clipboard-check",
            "words": f"Par {one.done_by.display_name}" if one.done_by else "",
        }
        for one in tried.steps
        if one.done_at is not None
    ]
    return sorted([*calls, *steps], key=lambda one: one["at"], reverse=True)


@require_POST
@role_required(*MANAGERS)
def cancel(request: Request, step_id: UUID) -> HttpResponse:
    """Gives up a step that was planned."""
    step = get_step_for(request.user, step_id)
    campaign: Campaign = step.contact.queue.campaign
    try:
        dispatch_steps.cancel_step(actor=request.user, step_id=step.pk)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"La démarche est annulée\u00a0: {step.get_kind_display().lower()}.")
    return redirect("workspace:tried_contact", campaign.pk, step.contact_id)


@require_safe
@role_required(*MANAGERS)
def worries(request: Request) -> HttpResponse:
    """What worries somebody and nobody has seen yet: a fragment that pages ask again."""
    return render(request, "workspace/tried_worries.html", {"worries": worries_for(targeting_scope(request.user))})


@require_POST
@role_required(*MANAGERS)
def see(request: Request, step_id: UUID) -> HttpResponse:
    """Says that one saw that somebody worries, and sees to it."""
    step = get_step_for(request.user, step_id)
    dispatch_steps.see_worry(actor=request.user, step_id=step.pk, now=timezone.now())
    messages.success(request, f"Vous suivez la situation de {step.contact.household.display_name}.")
    return redirect("workspace:household", step.contact.household_id)


@require_http_methods(["GET", "HEAD", "POST"])
def close_page(request: Request, campaign_id: UUID) -> HttpResponse:
    """Confirm, then close for good, with a reason for each group of households that nobody explained."""
    shown = get_campaign_for(request.user, campaign_id, write=True)
    groups = unexplained_groups(shown) if shown.state != CampaignState.CLOSED else []
    form = ClosingForm(request.POST if request.method == "POST" else None, groups=groups)
    refusal: Refusal | None = None
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            close_explained(campaign_id=shown.pk, actor=request.user, reasons=form.cleaned_data, now=timezone.now())
        except Unexplained as raised:
            refusal, status = raised, INVALID
            for key, sentence in raised.errors.items():
                if key in form.fields:
                    form.add_error(key, sentence)
        except Refusal as raised:
            refusal, status = raised, CONFLICT
        else:
            messages.success(request, "La campagne est fermée. Ses chiffres restent ici.")
            return redirect("workspace:campaign", shown.pk)
    elif request.method == "POST":
        status = INVALID
    context = {
        "campaign": shown,
        "ledger": ledger(shown.queue).as_dict(),
        "groups": groups,
        "form": form,
        "refusal": refusal,
        "trail": trail_of(shown),
    }
    return render(request, "workspace/campaign_close.html", context, status=status)
