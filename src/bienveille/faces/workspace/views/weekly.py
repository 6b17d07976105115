"""Recurring calls: those of a caller, those that a coordinator watches over, the change of hands."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from bienveille.engines.audiences.access import targeting_scope
from bienveille.engines.dispatch import operations as dispatch
from bienveille.engines.dispatch.models import Contact
from bienveille.faces.workspace.rules import moments, weekly_words
from bienveille.faces.workspace.views import Request
from bienveille.ground.lib.typography import counted, day_in_words, listed, plural
from bienveille.ground.platform.refusal import Refusal
from bienveille.ground.ui.tables import Column, Table
from bienveille.register.accounts.access import MANAGERS, has_role, role_required
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.services.outreach.access import coordinates, get_recurring_for
from bienveille.services.outreach.forms.weekly_calls import HandOverForm, RhythmOfCallForm, StopForm
from bienveille.services.outreach.operations import weekly_calls as operations
from bienveille.services.outreach.queries import left_alone
from bienveille.services.outreach.queries.weekly_calls import (
    RecurringLine,
    habits_of,
    next_absence,
    recurring_calls,
    stand_ins,
)
from bienveille.services.outreach.rules.weekly_calls import Away

INVALID = 422
CONFLICT = 409
#: Proposals shown before « Autres personnes », and the most there are.
SHOWN, MOST = 5, 30

REGULAR = Table(
    columns=[
        Column("name", "Personne", sort=True),
        Column("caller_name", "Appelée par", sort=True),
        Column("rhythm", "Quand", value=lambda line: line.planned.every_days),
        Column("since", "Depuis", sort=True, kind="date"),
        Column("due_on", "Prochain", sort=True, kind="date"),
        Column("missed", "État", sort=True, down=True),
        Column("actions", "Changer", hidden_title=True, file=False),
    ],
    sort="-missed",
    name="reguliers",
    one="appel régulier",
    many="appels réguliers",
)


def away_words(away: Away, caller: User, today: date) -> str:
    """« Josiane T. se repose jusqu’au retour, le jeudi 3 décembre »."""
    name = caller.initials
    if away.why == "left":
        return f"{name} n’appelle plus"
    back = f", retour {day_in_words(away.back_on, today)}" if away.back_on else ""
    return f"{name} se repose{back}" if away.why == "pause" else f"{name} n’appelle pas cette semaine-là{back}"


def habits_words(contact: Contact, caller: User, today: date) -> list[str]:
    """What to say or ask in a regular call: for whom one stands in, an absence to come, whether it is still wanted."""
    line = habits_of(contact.planned_call, today)
    if line is None:
        return []
    words = []
    if line.stand_in is not None and line.stand_in.pk == caller.pk:
        back = line.recurring.stand_in_until if line.recurring else None
        back_words = f", qui revient {day_in_words(back, today)}" if back else ""
        words.append(f"Vous remplacez {line.usual_caller.initials}{back_words}\u00a0: dites-le d’abord.")
    away = next_absence(caller, line, today)
    if away is not None:
        words.append("Vous ne serez pas là au prochain appel\u00a0: dites-lui que quelqu’un d’autre appellera.")
    if line.ask_again:
        words.append("Huit semaines déjà\u00a0: demandez si ces appels sont toujours souhaités.")
    return words


def _row(line: RecurringLine, today: date) -> dict[str, Any]:
    planned = line.planned
    return {
        "line": line,
        "planned": planned,
        "words": weekly_words(planned.due_on, planned.due_when, planned.every_days),
        "missed": f"Manqué {counted(line.missed, 'fois', 'fois')}" if line.missed else "",
        "away": away_words(line.away, planned.caller, today) if line.away else "",
        "stand_in": f"Remplace {line.usual_caller.initials}" if line.stand_in else "",
        "until": line.recurring.stand_in_until if line.recurring else None,
    }


@require_safe
def my_people(request: Request) -> HttpResponse:
    """« Mes personnes »: those whom I call regularly, their last words, the next day, what to ask them."""
    today = timezone.localdate()
    rows = [_row(line, today) for line in recurring_calls(today, caller=request.user)]
    manages = has_role(request.user, *MANAGERS)
    return render(request, "workspace/my_people.html", {"rows": rows, "manages": manages})


@require_safe
@role_required(*MANAGERS)
def weekly_calls(request: Request) -> HttpResponse:
    """« Appels réguliers »: who calls whom, when, since when; the missed ones first, in red from the second."""
    now = timezone.localtime()
    today, scope = now.date(), targeting_scope(request.user)
    lines = recurring_calls(today, scope=scope)
    asked = REGULAR.read(request.GET)
    listing = asked.listing(lines)
    alone = left_alone(scope, now)
    if lines or alone:
        record_audit(
            actor=request.user,
            action=AuditAction.HOUSEHOLD_LISTED,
            reason="Appels réguliers",
            detail={"rows": len(lines) + len(alone)},
        )
    red, away = sum(line.red for line in lines), sum(line.away is not None for line in lines)
    context = {
        "listing": listing,
        "rows": [_row(line, today) for line in listing],
        "title": _title(len(lines), red, away),
        "alone": [{"planned": one, "words": weekly_words(one.due_on, one.due_when, one.every_days)} for one in alone],
    }
    return render(request, "workspace/weekly_calls.html", context)


def _title(count: int, red: int, away: int) -> str:
    if red:
        verb = plural(red, "a été manqué", "ont été manqués")
        return f"{counted(red, 'appel régulier', 'appels réguliers')} {verb} deux fois ou plus"
    if away:
        verb = plural(away, "attend", "attendent")
        return f"{counted(away, 'appel régulier', 'appels réguliers')} {verb} quelqu’un"
    return f"{counted(count, 'appel régulier', 'appels réguliers')}, tous tenus" if count else "Appels réguliers"


def _read(request: Request, line: RecurringLine) -> None:
    """The page says whom: a line of the audit for each time that it is opened."""
    if request.method != "POST":
        record_audit(
            actor=request.user,
            action=AuditAction.HOUSEHOLD_READ,
            subject_type="tenants.Household",
            subject_id=line.planned.contact.household_id,
            reason="Appel régulier",
        )


@require_http_methods(["GET", "HEAD", "POST"])
def weekly_call(request: Request, planned_call_id: UUID) -> HttpResponse:
    """One recurring call: its rhythm, whether it is still wanted, its end."""
    today = timezone.localdate()
    line = get_recurring_for(request.user, planned_call_id, today)
    _read(request, line)
    planned = line.planned
    do = request.POST.get("do", "") if request.method == "POST" else ""
    initial = {"every_days": planned.every_days, "due_on": planned.due_on, "due_when": planned.due_when}
    rhythm = RhythmOfCallForm(request.POST if do == "rhythm" else None, moments=moments(), initial=initial)
    stop = StopForm(request.POST if do == "stop" else None)
    refusal: Refusal | None = None
    try:
        if do == "rhythm" and rhythm.is_valid():
            dispatch.change_rhythm(
                actor=request.user, planned_call_id=planned.pk, now=timezone.now(), **rhythm.cleaned_data
            )
            return _done(request, line, "Le rythme est enregistré.")
        if do == "stop" and stop.is_valid():
            reason = stop.cleaned_data["reason"]
            dispatch.end_weekly(actor=request.user, planned_call_id=planned.pk, reason=reason, now=timezone.now())
            return _done(request, line, f"L’appel régulier à {line.name} est arrêté.", gone=True)
        if do == "wanted":
            operations.still_wanted(actor=request.user, planned_call_id=planned.pk, today=today)
            return _done(request, line, f"C’est noté : {line.name} souhaite toujours ces appels.")
        if do == "told":
            operations.told_of_absence(actor=request.user, planned_call_id=planned.pk, today=today)
            return _done(request, line, f"C’est noté : {line.name} sait que quelqu’un d’autre appellera.")
        if do == "back":
            operations.give_back(actor=request.user, planned_call_id=planned.pk)
            return _done(request, line, f"{line.usual_caller.display_name} rappelle {line.name}.")
    except dispatch.CannotChangeRhythm as raised:
        rhythm.add_error("due_on", str(raised))
    except Refusal as raised:
        refusal = raised
    wrong = bool(rhythm.errors or stop.errors)
    context = {
        "row": _row(line, today),
        "rhythm": rhythm,
        "stop": stop,
        "refusal": refusal,
        "coordinates": coordinates(request.user, line),
        "mine": planned.caller_id == request.user.pk,
        "stopped": planned.stopped_at is not None,
        "trail": _trail(request),
    }
    status = CONFLICT if refusal else INVALID if wrong else 200
    return render(request, "workspace/weekly_call.html", context, status=status)


def _trail(request: Request) -> list[tuple[str, str]]:
    if has_role(request.user, *MANAGERS):
        return [("Appels réguliers", reverse("workspace:weekly_calls"))]
    return [("Mes personnes", reverse("workspace:my_people"))]


def _done(request: Request, line: RecurringLine, words: str, *, gone: bool = False) -> HttpResponse:
    messages.success(request, words)
    if not gone:
        return redirect("workspace:weekly_call", line.planned.pk)
    return redirect(_trail(request)[0][1])


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def hand_over(request: Request, planned_call_id: UUID) -> HttpResponse:
    """Who calls instead: proposed with plain reasons, until the usual caller is back or for good."""
    today = timezone.localdate()
    line = get_recurring_for(request.user, planned_call_id, today, coordinates=True)
    _read(request, line)
    stopped = line.planned.stopped_at is not None
    proposed = stand_ins(line, today)[:MOST]
    people = [(str(one.candidate.key.pk), one.candidate.name) for one in proposed]  # type: ignore[attr-defined]
    hints = {str(one.candidate.key.pk): listed(one.reasons).capitalize() for one in proposed}  # type: ignore[attr-defined]
    gone = stopped or (line.away is not None and line.away.why == "left")
    initial = {
        "to": people[0][0] if people else "",
        "how_long": "for_good" if gone else "until",
        "back_on": line.away.back_on if line.away else None,
    }
    form = HandOverForm(request.POST if request.method == "POST" else None, people=people, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            _hand_over(request, line, form, today)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            name = dict(people)[str(form.cleaned_data["to"])]
            messages.success(request, f"{name} appelle {line.name} {day_in_words(line.planned.due_on, today)}.")
            return redirect("workspace:weekly_calls")
    context = {
        "row": _row(line, today),
        "form": form,
        "hints": hints,
        "shown": SHOWN,
        "people": people,
        "trail": [("Appels réguliers", reverse("workspace:weekly_calls"))],
    }
    return render(request, "workspace/hand_over.html", context, status=INVALID if form.errors else 200)


def _hand_over(request: Request, line: RecurringLine, form: HandOverForm, today: date) -> None:
    chosen = form.cleaned_data
    operations.hand_over(
        actor=request.user,
        planned_call_id=line.planned.pk,
        to_id=chosen["to"],
        back_on=chosen["back_on"],
        told=chosen["told"],
        now=timezone.now(),
    )
