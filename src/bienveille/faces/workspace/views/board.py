"""The live board of a campaign for who leads it, and the same without anybody's name for a screen on the wall."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from bienveille.engines.audiences.access import targeting_scope
from bienveille.engines.dispatch.choices import ClosingReason
from bienveille.faces.workspace.rules import reached_title, sorted_rows
from bienveille.faces.workspace.views import Request
from bienveille.faces.workspace.views.coordination import audit, opened_campaign, trail_of
from bienveille.faces.workspace.views.leading import midnight
from bienveille.ground.lib.typography import (
    NBSP,
    calendar_day,
    clock,
    counted,
    day_in_words,
    duration,
    number,
    plural,
)
from bienveille.register.accounts.access import MANAGERS, role_required
from bienveille.register.accounts.choices import AuditAction
from bienveille.services.outreach.choices import CampaignState
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.queries import (
    CallerToday,
    DayLine,
    Outlook,
    Standing,
    board_marks,
    callers_today,
    calls_by_hour,
    days_of,
    outlook,
    referrals_waiting,
    standing,
)
from bienveille.services.outreach.rules import Change, Day, Forecast, in_hours, signs_of, state_of

#: Days of the pace that are shown; the forecast looks at as many.
DAYS_SHOWN = 15
#: What the page asks again by itself, and the fragment that answers; the end of the campaign is asked apart.
PARTS = {"tableau": "live", "equipe": "people"}
_COUNTS = ("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix")


@require_safe
@role_required(*MANAGERS)
def board(request: Request, campaign_id: UUID) -> HttpResponse:
    """Ledger, situations, pace, callers and the end, live (9 queries at most, whatever the number of calls).

    Asked again by the page every ten seconds: 204 when nothing moved since what it shows (`vu`).
    """
    shown = opened_campaign(request, campaign_id)
    if shown.state == CampaignState.CLOSED:
        return redirect("workspace:campaign_report", shown.pk)  # nothing moves any more
    now = timezone.localtime()
    page = "workspace/board.html"
    part = request.GET.get("partie", "") if request.htmx else ""
    stands = standing(shown)
    if part == "fin":
        return render(request, f"{page}#end", _base(shown, now) | _end(shown, stands, now))
    context = _base(shown, now) | _board(request, shown, stands, now)
    if part in PARTS:
        if request.GET.get("vu") == context["seen"]:
            return HttpResponse(status=204)  # nothing moved: the page stays as it is
        etag = f'"{context["seen"]}"'
        response = _unchanged(request, etag) or render(request, f"{page}#{PARTS[part]}", context)
        response["ETag"] = etag
        patch_cache_control(response, private=True, no_cache=True)
    else:
        days = days_of(shown.queue)
        context |= _end(shown, stands, now, days) | {"pace": _days(days, now.date())}
        response = render(request, page, context)
    if context["named"] and response.status_code == 200 and part != "equipe":
        audit(request, shown, AuditAction.HOUSEHOLD_LISTED, "Situations à prendre", found=context["named"])
    return response


@require_safe
@role_required(*MANAGERS)
def wall(request: Request, campaign_id: UUID) -> HttpResponse:
    """The same for a screen on the wall: big figures, no name at all; it renews itself (5 queries)."""
    shown = opened_campaign(request, campaign_id)
    now = timezone.localtime()
    stands = standing(shown)
    hours = calls_by_hour(shown, midnight(now))
    callers = callers_today(shown, midnight(now))
    days = days_of(shown.queue)
    end = outlook(shown, stands, now, days=days)
    whole = stands.whole
    context = _base(shown, now) | {
        "ledger": whole.as_dict(),
        "title": reached_title(whole.reached, whole.target),
        "left": whole.waiting + whole.reserved,
        "calls_today": sum(hours.values()),
        "calls_label": plural(sum(hours.values()), "appel aujourd’hui", "appels aujourd’hui"),
        "calling": sum(1 for one in callers if one.held_since),
        "calling_label": plural(sum(1 for one in callers if one.held_since), "personne appelle", "personnes appellent"),
        "end_title": _end_title(end.forecast, now.date()),
        "end_words": _range_words(end.forecast, now.date()),
        "agencies": [(name, states.as_dict()) for name, states in stands.agencies.items()],
    }
    part = request.htmx and request.GET.get("partie") == "mur"
    return render(request, "workspace/board_wall.html#wall" if part else "workspace/board_wall.html", context)


def _unchanged(request: Request, etag: str) -> HttpResponse | None:
    """304 for who already has this answer; None when they do not."""
    return HttpResponse(status=304) if request.headers.get("If-None-Match") == etag else None


def _base(shown: Campaign, now: datetime) -> dict[str, Any]:
    return {
        "campaign": shown,
        "trail": trail_of(shown),
        "live": shown.state in (CampaignState.OPEN, CampaignState.PAUSED),
        "updated": f"Actualisé à {clock(now)}",
        "subtitle": _opened(shown, now.date()),
    }


def _opened(shown: Campaign, today: date) -> str:
    if shown.opened_at is None:
        return ""
    words = f"Ouverte {day_in_words(timezone.localtime(shown.opened_at).date(), today)}"
    if shown.closed_at is not None:
        words += f", fermée {day_in_words(timezone.localtime(shown.closed_at).date(), today)}"
    return words


def _board(request: Request, shown: Campaign, stands: Standing, now: datetime) -> dict[str, Any]:
    """What lives: states, situations, this day's calls, who calls."""
    callers = callers_today(shown, midnight(now))
    hours = calls_by_hour(shown, midnight(now))
    situations = referrals_waiting(shown, targeting_scope(request.user))
    whole = stands.whole
    rows = [_caller(one, now, whole.waiting) for one in callers]
    seen = board_marks(
        stands,
        hours,
        [(row["name"], row["now"], row["signs"]) for row in rows],
        [line.pk for line in situations.lines],
        situations.count,
        clock(now),
    )
    calls = sum(hours.values())
    return {
        "seen": sha256(seen.encode()).hexdigest()[:16],
        "named": len(situations.lines),
        "title": reached_title(whole.reached, whole.target),
        "ledger": whole.as_dict(),
        "agencies": [(name, states.as_dict()) for name, states in stands.agencies.items()],
        "unreachable": sorted_rows(stands.reasons, dict(ClosingReason.choices)),
        "situations": situations,
        "situation_rows": [
            {"referral": one, "late": one.due_at < now, "waited": now - one.created_at} for one in situations.lines
        ],
        "situations_title": _situations_title(situations.count),
        "today_title": f"{counted(calls, 'appel')} aujourd’hui" if calls else "Aucun appel aujourd’hui",
        "hours": _bars([(f"{hour}{NBSP}h", hours.get(hour, 0)) for hour in _span(hours)]),
        "callers": [row for row in rows if row["present"]],
        "callers_title": _callers_title(callers),
        "elsewhere": sum(1 for row in rows if not row["present"]),
    }


def _span(hours: Mapping[int, int]) -> range:
    return range(min(hours), max(hours) + 1) if hours else range(0)


def _situations_title(count: int) -> str:
    if count == 0:
        return "Aucune situation n’attend"
    if count == 1:
        return "Une situation attend quelqu’un"
    words = _COUNTS[count].capitalize() if count < len(_COUNTS) else number(count)
    return f"{words} situations attendent quelqu’un"


def _callers_title(callers: Sequence[CallerToday]) -> str:
    calling = sum(1 for one in callers if one.held_since)
    if calling == 0:
        return "Personne n’appelle en ce moment"
    return "Une personne appelle en ce moment" if calling == 1 else f"{calling} personnes appellent en ce moment"


_NOW = {"free": "Entre deux appels", "resting": "Se repose", "": "–"}
_SIGNS = {
    "grave": ("heart", "Un appel difficile aujourd’hui : prenez de ses nouvelles."),
    "kept_long": ("hourglass-split", "Un ménage lui est réservé depuis longtemps : un coup de main, peut-être."),
    "heavy": ("info-circle", "Bien plus d’appels que d’habitude : proposez une pause."),
    "promises": ("calendar-week", "Beaucoup de rappels promis pour aujourd’hui : en confier à quelqu’un d’autre."),
    "quiet": ("info-circle", "Pas d’appel depuis un moment : peut-être en pause, ou besoin d’aide."),
}


def _caller(one: CallerToday, now: datetime, waiting: int) -> dict[str, Any]:
    day = Day(
        calls=one.calls,
        usual=one.usual,
        last_at=one.last_at,
        held_since=one.held_since,
        lease_until=one.lease_until,
        due=one.due,
        rests=one.rests_until is not None,
        grave_at=one.grave_at,
    )
    state = state_of(day, now)
    words = _NOW.get(state, "")
    if state == "in_call" and one.held_since is not None:
        words = f"En appel, {duration((now - one.held_since).total_seconds())}"
    elif state == "resting" and one.rests_until is not None:
        words = f"Se repose, reprend {day_in_words(one.rests_until, now.date())}"
    return {
        "name": one.name,
        "agency": one.agency,
        "now": words,
        "calls": one.calls,
        "reached": one.reached,
        "last": one.last_at if in_hours(now) else None,
        "due": one.due,
        "signs": [_SIGNS[sign] for sign in signs_of(day, now, waiting=waiting)],
        "present": bool(one.calls or one.held_since or one.due),
    }


# ---- Pace


def _bars(values: Sequence[tuple[str, int]]) -> list[dict[str, Any]]:
    """Bars of a row: each with its words and its share of the longest."""
    longest = max((value for _, value in values), default=0)
    return [
        {"label": label, "value": value, "width": f"{100 * value / longest:.1f}%" if longest else "0%"}
        for label, value in values
    ]


def _days(days: Sequence[DayLine], today: date) -> list[dict[str, Any]]:
    """The last days with calls, the newest first."""
    recent = sorted(days, key=lambda line: line.day, reverse=True)[:DAYS_SHOWN]
    bars = _bars([(_short(line.day, today), line.calls) for line in recent])
    return [bar | {"callers": line.callers, "reached": line.reached} for bar, line in zip(bars, recent, strict=True)]


def _short(day: date, today: date) -> str:
    words = day_in_words(day, today)
    return words.removeprefix("le ").capitalize()


# ---- The end


def _end(shown: Campaign, stands: Standing, now: datetime, days: Sequence[DayLine] | None = None) -> dict[str, Any]:
    found: Outlook = outlook(shown, stands, now, days=days)
    today = now.date()
    left = stands.whole.waiting + stands.whole.reserved
    return {
        "end_title": _end_title(found.forecast, today),
        "end_words": _range_words(found.forecast, today),
        "end_picture": _picture(found.forecast, today),
        "changes": [_change(one, found.forecast, today) for one in found.changes] if found.forecast else [],
        "left": left,
        "forecast": found.forecast,
        "pace_words": f"{number(round(found.forecast.calls_a_day))} appels par jour" if found.forecast else "",
    }


def _end_title(end: Forecast | None, today: date) -> str:
    if end is None:
        return ""
    if end.middle is None:
        return "Pas avant un an"
    return _near(end.middle, today)


def _near(day: date, today: date) -> str:
    words = day_in_words(day, today).removeprefix("le ")
    return words[:1].upper() + words[1:]


def _range_words(end: Forecast | None, today: date) -> str:
    """« Entre le 2 et le 8 décembre, huit fois sur dix. »"""
    if end is None or end.early is None:
        return ""
    if end.late is None:
        return f"Pas avant {_day(end.early, today)}, neuf fois sur dix."
    if end.early == end.late:
        return f"{_near(end.early, today)}, huit fois sur dix au moins."
    if (end.early.month, end.early.year) == (end.late.month, end.late.year):
        first = "1er" if end.early.day == 1 else str(end.early.day)
        return f"Entre le {first} et le {calendar_day(end.late, weekday=False, year=False)}, huit fois sur dix."
    early, late = (calendar_day(day, weekday=False, year=day.year != today.year) for day in (end.early, end.late))
    return f"Entre le {early} et le {late}, huit fois sur dix."


def _day(day: date, today: date) -> str:
    return day_in_words(day, today)


def _change(one: Change, end: Forecast, today: date) -> dict[str, str]:
    """« Deux appelants de plus à Valcourt : jeudi 3 décembre »."""
    several = one.callers > 1
    count = _COUNTS[one.callers] if one.callers < len(_COUNTS) else number(one.callers)
    callers = f"{count} appelant{'s' if several else ''}"
    day = "pas avant un an" if one.end is None else day_in_words(one.end, today).removeprefix("le ")
    if one.kind == "wished":
        return {"label": f"Pour finir {_day(one.end, today) if one.end else ''}", "end": f"{callers} de plus"}
    if one.kind == "fewer":
        return {"label": f"{callers.capitalize()} de moins", "end": day}
    where = f" ({one.agency} d’abord)" if one.agency else ""
    return {"label": f"{callers.capitalize()} de plus{where}", "end": day}


def _picture(end: Forecast | None, today: date) -> dict[str, Any]:
    """Where the range and the likely day stand between today and a little after the latest day, in percent."""
    if end is None or end.early is None or end.middle is None or end.late is None:
        return {}
    span = max(1, (end.late - today).days) * 1.08

    def place(day: date) -> str:
        return f"{100 * max(0, (day - today).days) / span:.2f}"

    width = 100 * max(1, (end.late - end.early) / timedelta(days=1)) / span
    return {
        "from": f"{place(end.early)}%",
        "width": f"{min(width, 100 - float(place(end.early))):.2f}%",
        "middle": f"{place(end.middle)}%",
        "words": f"Fin probable {_day(end.middle, today)}. {_range_words(end, today)}",
        "early": calendar_day(end.early, weekday=False, year=False),
        "late": calendar_day(end.late, weekday=False, year=False),
    }
