"""A caller's day: the next call, promises, weekly people, figures, rest. The call itself is beside, in `calls`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bienveille.engines.dispatch import operations as dispatch
from bienveille.engines.dispatch.choices import StopReason
from bienveille.faces.workspace.forms import PauseForm, StopWeeklyForm
from bienveille.faces.workspace.queries import CallerDay, caller_day_of
from bienveille.faces.workspace.rules import by_day, weekly_words
from bienveille.faces.workspace.views import Request
from bienveille.ground.lib.typography import calendar_day, day_in_words
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.models import User
from bienveille.services.outreach import operations
from bienveille.services.outreach.access import get_weekly_call_for
from bienveille.services.outreach.queries import stopped_weekly, weekly_people

INVALID = 422
CONFLICT = 409


def desk(user: User) -> CallerDay | None:
    """What a caller needs to start: campaigns, household in hand, today's figures; None when they call nowhere."""
    return caller_day_of(user, timezone.localtime())


@require_safe
def calls(request: Request) -> HttpResponse:
    """« Ma journée »: one big button, then what was promised, whom one calls every week, and how to rest."""
    return _day_page(request)


def _day_page(request: Request, *, pause_form: PauseForm | None = None, status: int = 200) -> HttpResponse:
    now = timezone.localtime()
    today = now.date()
    day = desk(request.user)
    context: dict[str, Any] = {"desk": day, "day_words": calendar_day(today).capitalize()}
    if day is not None:
        context |= {
            "groups": by_day(day.promised, today),
            "weekly": [
                {
                    "person": person,
                    "words": weekly_words(person.planned.due_on, person.planned.due_when, person.planned.every_days),
                }
                for person in weekly_people(request.user)
            ],
            "stopped": stopped_weekly(request.user, now),
            "pause_form": pause_form or PauseForm(),
        }
    return render(request, "workspace/calls.html", context, status=status)


@require_POST
def pause_me(request: Request) -> HttpResponse:
    """Rest until a day: nothing is handed to this caller. No reason is asked."""
    form = PauseForm(request.POST)
    if form.is_valid():
        now = timezone.localtime()
        try:
            pause = operations.take_a_pause(
                caller=request.user, until=form.cleaned_data["until"], now=now, today=now.date()
            )
        except operations.CannotPauseThen as refusal:
            form.add_error("until", str(refusal))
        else:
            messages.success(request, f"Bonne pause. Vous reprenez {day_in_words(pause.until, now.date())}.")
            return redirect("workspace:calls")
    return _day_page(request, pause_form=form, status=INVALID)


@require_POST
def resume_me(request: Request) -> HttpResponse:
    """Call again, before the day that was said."""
    operations.resume_calling(caller=request.user)
    messages.success(request, "Vous reprenez les appels.")
    return redirect("workspace:calls")


@require_http_methods(["GET", "HEAD", "POST"])
def stop_weekly(request: Request, planned_call_id: UUID) -> HttpResponse:
    """Why one of one's weekly calls ends, then its end."""
    planned = get_weekly_call_for(request.user, planned_call_id)
    form = StopWeeklyForm(request.POST if request.method == "POST" else None)
    refusal: Refusal | None = None
    status = 200
    if request.method == "POST":
        status = INVALID
        if form.is_valid():
            try:
                dispatch.stop_weekly(
                    caller=request.user,
                    planned_call_id=planned.pk,
                    reason=form.cleaned_data["reason"],
                    now=timezone.now(),
                )
            except dispatch.CannotStop as raised:
                refusal, status = raised, CONFLICT
            else:
                messages.success(request, _stopped_words(planned.contact.household.display_name, form))
                return redirect("workspace:calls")
    context = {
        "planned": planned,
        "form": form,
        "refusal": refusal,
        "words": weekly_words(planned.due_on, planned.due_when, planned.every_days),
    }
    return render(request, "workspace/stop_weekly.html", context, status=status)


def _stopped_words(name: str, form: StopWeeklyForm) -> str:
    if form.cleaned_data["reason"] == StopReason.CALLER_UNABLE:
        return f"L’appel chaque semaine à {name} est arrêté pour vous. La personne qui mène la campagne le voit."
    return f"L’appel chaque semaine à {name} est arrêté."


@require_POST
def resume_weekly(request: Request, planned_call_id: UUID) -> HttpResponse:
    """Take up again a weekly call that one had ended."""
    planned = get_weekly_call_for(request.user, planned_call_id)
    try:
        again = dispatch.resume_weekly(caller=request.user, planned_call_id=planned.pk, now=timezone.now())
    except dispatch.CannotResume as refusal:
        messages.error(request, str(refusal))
    else:
        when = day_in_words(again.due_on, timezone.localdate())
        messages.success(request, f"Vous rappelez {planned.contact.household.display_name} {when}.")
    return redirect("workspace:calls")


def midnight(now: datetime | None = None) -> datetime:
    """The beginning of this day, where the landlord is."""
    return (now or timezone.localtime()).replace(hour=0, minute=0, second=0, microsecond=0)
