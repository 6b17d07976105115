"""« Mes situations »: what waits for somebody today, and who follows how much for those who manage."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bienveille.engines.cases.access import following_scope, leading_scope
from bienveille.engines.cases.models import Case
from bienveille.engines.cases.queries import Day, absences_on, caseload, my_day
from bienveille.faces.workspace.views import Request
from bienveille.faces.workspace.views.cases import row_of
from bienveille.ground.lib.typography import calendar_day, counted
from bienveille.register.accounts.access import role_required
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.tenants.access import KEEPERS


@require_safe
@role_required(*KEEPERS)
def my_cases(request: Request) -> HttpResponse:
    """The day of who follows cases: to take, new, late, due today."""
    now, today = timezone.now(), timezone.localdate()
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    scope, leading = following_scope(request.user), leading_scope(request.user)
    day = my_day(scope, request.user, now, today, midnight + timedelta(days=1))
    parts: list[dict[str, Any]] = [
        {"title": "À prendre en charge", "id": "a-prendre", "found": day.to_take, "take": True},
        {"title": "Du nouveau", "id": "nouveau", "found": day.news, "take": False},
        {"title": "En retard", "id": "retard", "found": day.late, "take": False},
        {"title": "Pour aujourd’hui", "id": "aujourdhui", "found": day.due, "take": False},
    ]
    if day.count:
        record_audit(
            actor=request.user,
            action=AuditAction.HOUSEHOLD_LISTED,
            reason="Mes situations",
            detail={"found": day.count},
        )
    away = {one.user for one in absences_on(today)}
    context = {
        "day": day,
        "title": _title(day),
        "day_words": calendar_day(today).capitalize(),
        "parts": [
            part | {"rows": [_row(one, request.user, now, take=part["take"]) for one in part["found"]]}
            for part in parts
            if part["found"]
        ],
        "loads": []
        if leading.nothing
        else [{"load": load, "away": load.user.pk in away} for load in caseload(leading, now, today)],
        "leads": not leading.nothing,
    }
    return render(request, "workspace/my_cases.html", context)


def _row(case: Case, user: User, now: datetime, *, take: bool) -> dict[str, Any]:
    """A case as lists show it; that one follows one's own cases is not repeated."""
    row = row_of(case, now)
    return row | {"take": take, "owner": "" if case.owner_id == user.pk else row["owner"]}


def _title(day: Day) -> str:
    if day.to_take:
        return counted(len(day.to_take), "situation attend quelqu’un", "situations attendent quelqu’un")
    if day.count:
        return counted(day.count, "situation demande une suite", "situations demandent une suite") + " aujourd’hui"
    return "Rien n’attend pour l’instant"
