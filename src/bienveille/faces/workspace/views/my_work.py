"""A caller's own work: how much, when, and what their calls made possible; and the words of who thanks them."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from bienveille.faces.workspace.views import Request
from bienveille.ground.lib.typography import calendar_day, counted, plural
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.access import MANAGERS, role_required
from bienveille.services.outreach.access import get_campaign_for
from bienveille.services.outreach.forms.training import RhythmForm, ThanksForm
from bienveille.services.outreach.forms.weekly_calls import WeekForm
from bienveille.services.outreach.models import CallerWeek
from bienveille.services.outreach.operations import training as operations
from bienveille.services.outreach.operations.thanks import thank_callers
from bienveille.services.outreach.operations.weekly_calls import say_my_week
from bienveille.services.outreach.queries.thanks import Results, results_for, thanks_of
from bienveille.services.outreach.queries.training import readiness, rhythm_of
from bienveille.services.outreach.queries.weekly_calls import weeks_of

INVALID = 422
#: How many weeks a caller may say at once: this one and the next ones.
WEEKS = 3


@require_http_methods(["GET", "HEAD", "POST"])
def my_work(request: Request) -> HttpResponse:
    """« Mon rythme »: conversations a day, the weeks to come, training, results."""
    today = timezone.localdate()
    rhythm = rhythm_of(request.user, today)
    week = request.method == "POST" and "monday" in request.POST
    if week and request.POST["monday"] not in {day.isoformat() for day in _mondays(today)}:
        messages.warning(request, "La semaine a changé depuis que cette page est ouverte. Dites-la de nouveau.")
        return redirect("workspace:my_work")
    form = RhythmForm(request.POST if request.method == "POST" and not week else None, initial={"cap": rhythm.own_cap})
    typed = WeekForm(request.POST, auto_id=f"id_{request.POST['monday']}_%s") if week else None
    if typed is not None and typed.is_valid():
        try:
            say_my_week(caller=request.user, today=today, **typed.cleaned_data)
        except Refusal as refusal:
            typed.add_error("hours", str(refusal))
        else:
            messages.success(request, "Votre semaine est enregistrée.")
            return redirect("workspace:my_work")
    elif request.method == "POST" and typed is None and form.is_valid():
        try:
            operations.choose_daily_cap(caller=request.user, cap=form.cleaned_data["cap"])
        except Refusal as refusal:
            form.add_error("cap", str(refusal))
        else:
            messages.success(request, "Votre rythme est enregistré.")
            return redirect("workspace:my_work")
    context: dict[str, Any] = {
        "form": form,
        "typed": typed,
        "rhythm": rhythm,
        "weeks": _weeks(request, typed, today),
        "results": [(one, _results_words(one)) for one in results_for(request.user, today)],
        "readiness": readiness(request.user, today),
        "cap_help": f"La coordination a fixé {rhythm.most_a_day} au plus. Vide : ce nombre.",
    }
    wrong = bool(form.errors or (typed is not None and typed.errors))
    return render(request, "workspace/my_work.html", context, status=INVALID if wrong else 200)


def _mondays(today: date) -> list[date]:
    monday = today - timedelta(days=today.weekday())
    return [monday + timedelta(weeks=rank) for rank in range(WEEKS)]


def _weeks(request: Request, typed: WeekForm | None, today: date) -> list[dict[str, Any]]:
    mondays = _mondays(today)
    said: dict[date, CallerWeek] = {one.monday: one for one in weeks_of(request.user, mondays[0])}
    weeks = []
    for rank, day in enumerate(mondays):
        own = said.get(day)
        initial = {"monday": day.isoformat()}
        if own is not None:
            initial |= {"hours": own.hours, "half_days": own.half_days}  # type: ignore[dict-item]
        here = typed is not None and typed.data.get("monday") == day.isoformat()
        form = typed if here else WeekForm(initial=initial, auto_id=f"id_{day.isoformat()}_%s")
        title = "Cette semaine" if rank == 0 else f"Semaine du {calendar_day(day, weekday=False, year=False)}"
        away = own is not None and not own.hours
        weeks.append({"title": title, "form": form, "said": own is not None, "away": away, "first": rank == 0 or here})
    return weeks


def _results_words(found: Results) -> str:
    """« Grâce à vos 34 appels, et à ceux de vos collègues, 412 ménages ont été joints… »."""
    calls = f"vos {counted(found.own_calls, 'appel')}" if found.own_calls > 1 else "votre appel"
    parts = [f"{counted(found.reached, 'ménage')} {plural(found.reached, 'a été joint', 'ont été joints')}"]
    if found.referrals:
        verb = plural(found.referrals, "a trouvé quelqu’un pour la suivre", "ont trouvé quelqu’un pour les suivre")
        parts.append(f"{counted(found.referrals, 'situation')} {verb}")
    if found.regular:
        verb = plural(found.regular, "personne est appelée", "personnes sont appelées")
        parts.append(f"{found.regular}\u00a0{verb} régulièrement")
    return f"Grâce à {calls} et à ceux de vos collègues : {', '.join(parts)}."


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def thank(request: Request, campaign_id: UUID) -> HttpResponse:
    """What the callers of a campaign read beside its results."""
    campaign = get_campaign_for(request.user, campaign_id, write=True)
    kept = thanks_of(campaign)
    form = ThanksForm(request.POST if request.method == "POST" else None, initial={"words": kept.words if kept else ""})
    if request.method == "POST" and form.is_valid():
        words = form.cleaned_data["words"]
        thank_callers(actor=request.user, campaign_id=campaign.pk, words=words, now=timezone.now())
        messages.success(request, "Vos mots sont gardés. Ceux qui ont appelé les lisent une fois la campagne fermée.")
        return redirect("workspace:campaign", campaign.pk)
    trail = [
        ("Campagnes", reverse("workspace:campaigns")),
        (campaign.name, reverse("workspace:campaign", args=[campaign.pk])),
    ]
    context = {"form": form, "campaign": campaign, "trail": trail}
    return render(request, "workspace/thank_callers.html", context, status=INVALID if form.errors else 200)
