"""After a hard call: a breath, what becomes of the situation, whom to talk to; and who would like to talk."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bienveille.engines.cases.choices import CaseState
from bienveille.engines.dispatch.models import Attempt
from bienveille.faces.workspace.views import Request
from bienveille.ground.lib.typography import day_in_words, moment_in_words
from bienveille.ground.platform.refusal import Refusal
from bienveille.services.outreach.choices import CampaignState, DebriefState
from bienveille.services.outreach.forms.debriefs import DebriefForm, PlanDebriefForm
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.operations import debriefs as operations
from bienveille.services.outreach.operations import take_a_pause
from bienveille.services.outreach.queries import last_saved_call
from bienveille.services.outreach.queries.debriefs import (
    debrief_of,
    debriefs_asked,
    debriefs_heard,
    hard_call,
    listeners,
)

INVALID = 422
CONFLICT = 409


def _hard_call(request: Request, attempt_id: UUID) -> Attempt:
    attempt = hard_call(request.user, attempt_id)
    if attempt is None:
        raise Http404
    return attempt


@require_safe
def after_call(request: Request, attempt_id: UUID) -> HttpResponse:
    """« Comment allez-vous ? »"""
    attempt = _hard_call(request, attempt_id)
    campaign: Campaign = attempt.contact.queue.campaign
    undo = last_saved_call(request.user, timezone.now(), campaign.queue_id)
    context = {
        "attempt": attempt,
        "undo": undo if undo is not None and undo.pk == attempt.pk else None,
        "campaign": campaign,
        "open": campaign.state == CampaignState.OPEN,
        "household": attempt.contact.household,
        "what_next": _what_next(attempt),
        "lead": campaign.created_by,
    }
    return render(request, "workspace/after_call.html", context)


def _what_next(attempt: Attempt) -> str:
    """Who has the situation, or by when somebody must have taken it."""
    referral = getattr(attempt, "referral", None)
    if referral is None:
        return "La situation est notée. La personne qui mène la campagne la voit."
    today = timezone.localdate()
    case = referral.case
    if case is None or case.state == CaseState.CLOSED:
        return "La situation a été suivie, puis close."
    if case.state == CaseState.FOLLOWED and case.owner is not None:
        moment = moment_in_words(timezone.localtime(case.acknowledged_at), today)
        return f"{case.owner.display_name} s’en charge depuis {moment.removeprefix('le ')}."
    due = moment_in_words(timezone.localtime(referral.due_at), today)
    return f"La situation est transmise. Quelqu’un la prend en charge au plus tard {due}."


@require_POST
def pause_today(request: Request) -> HttpResponse:
    """Rest for the end of the day. No reason is asked."""
    now = timezone.localtime()
    take_a_pause(caller=request.user, until=now.date() + timedelta(days=1), now=now, today=now.date())
    messages.success(request, "Reposez-vous. Rien ne vous est confié jusqu’à demain.")
    return redirect("workspace:calls")


@sensitive_post_parameters("words")
@require_http_methods(["GET", "HEAD", "POST"])
def ask_debrief(request: Request, attempt_id: UUID | None = None) -> HttpResponse:
    """« J’aimerais en parler » : with whom, when, how. After a call, or without one."""
    attempt = _hard_call(request, attempt_id) if attempt_id else None
    campaign = attempt.contact.queue.campaign if attempt else None
    found = listeners(request.user, campaign)
    initial = {"listener": str(found[0].pk)} if found else {}
    form = DebriefForm(request.POST if request.method == "POST" else None, listeners=found, initial=initial)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            debrief = operations.ask_debrief(
                caller=request.user,
                campaign=campaign,
                listener_id=asked["listener"],
                means=asked["means"],
                moment=asked["moment"],
                words=asked["words"],
                attempt_id=attempt_id,
                now=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error("listener", str(refusal))
        else:
            name = next(one.display_name for one in found if one.pk == debrief.listener_id)
            messages.success(request, f"C’est demandé. {name} le voit dès maintenant.")
            return redirect("workspace:debriefs")
    context = {"form": form, "attempt": attempt, "listeners": found}
    return render(request, "workspace/debrief_ask.html", context, status=INVALID if form.errors else 200)


@require_safe
def debriefs(request: Request) -> HttpResponse:
    """Those who would like to talk with me, and with whom I asked to talk."""
    return _debriefs_page(request)


def _debriefs_page(
    request: Request, *, form: PlanDebriefForm | None = None, form_of: UUID | None = None, status: int = 200
) -> HttpResponse:
    today = timezone.localdate()
    found = debriefs_heard(request.user)
    heard = [
        {
            "debrief": one,
            "asked": day_in_words(timezone.localtime(one.asked_at).date(), today),
            "form": form if form is not None and form_of == one.pk else PlanDebriefForm(auto_id=f"id_{one.pk}_%s"),
        }
        for one in found
    ]
    asked = [
        {"debrief": one, "asked": day_in_words(timezone.localtime(one.asked_at).date(), today)}
        for one in debriefs_asked(request.user)
    ]
    context: dict[str, Any] = {
        "heard": heard,
        "asked": asked,
        "waiting": sum(one.state == DebriefState.ASKED for one in found),
        "form": form,
    }
    return render(request, "workspace/debriefs.html", context, status=status)


@require_POST
def debrief(request: Request, debrief_id: UUID) -> HttpResponse:
    """Propose a day, or say that it is done: by the two people it is between."""
    found = debrief_of(request.user, debrief_id)
    if found is None:
        raise Http404
    if request.POST.get("do") == "close":
        operations.close_debrief(actor=request.user, debrief_id=found.pk, now=timezone.now())
        messages.success(request, "C’est noté. Ce qui était écrit est effacé.")
        return redirect("workspace:debriefs")
    if found.listener_id != request.user.pk:
        raise Http404
    form = PlanDebriefForm(request.POST, auto_id=f"id_{found.pk}_%s")
    if form.is_valid():
        try:
            operations.plan_debrief(
                listener=request.user, debrief_id=found.pk, on=form.cleaned_data["on"], today=timezone.localdate()
            )
        except Refusal as refusal:
            form.add_error("on", str(refusal))
        else:
            messages.success(request, f"{found.asked_by.display_name} voit le jour que vous proposez.")
            return redirect("workspace:debriefs")
    return _debriefs_page(request, form=form, form_of=found.pk, status=INVALID)
