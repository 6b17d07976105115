"""« Avis » and « Numéros »: what is told to whoever passes, and whom to call for each site."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bienveille.engines.messaging.access import NOTICERS, get_line_for, get_notice_for, noticing_scope
from bienveille.engines.messaging.models import Notice
from bienveille.engines.messaging.operations.notices import (
    CannotPublish,
    end_notice,
    publish_notice,
    set_line,
)
from bienveille.engines.messaging.operations.notices import remove_line as take_off
from bienveille.engines.messaging.queries.notices import lines_within, notices_within
from bienveille.faces.workspace.forms.notices import LineForm, NoticeForm, place_initial
from bienveille.faces.workspace.views import Request
from bienveille.ground.ui.flash import say_done
from bienveille.register.accounts.access import role_required
from bienveille.register.accounts.queries import agencies_within

INVALID = 422
METHODS = ["GET", "HEAD", "POST"]
_SHOWN_AFTER = timedelta(days=30)


@require_safe
@role_required(*NOTICERS)
def notices(request: Request) -> HttpResponse:
    """Notices of one's agencies: said now, planned, ended in the last thirty days."""
    now = timezone.now()
    rows = [
        {"notice": one, "state": _state(one), "ended": one.ends_at <= now}
        for one in notices_within(noticing_scope(request.user), ended_since=now - _SHOWN_AFTER)
    ]
    return render(request, "workspace/notices.html", {"rows": rows})


def _state(notice: Notice) -> str:
    now = timezone.now()
    return "Terminé" if notice.ends_at <= now else "Affiché" if notice.starts_at <= now else "Prévu"


@require_http_methods(METHODS)
@role_required(*NOTICERS)
def new_notice(request: Request) -> HttpResponse:
    """Write a notice for a place, from an hour to another."""
    now = timezone.localtime()
    tomorrow = now + timedelta(days=1)
    initial = {"starts_on": now.date(), "starts_time": now.time(), "ends_on": tomorrow.date(), "ends_time": now.time()}
    return _edited(request, None, initial)


@require_http_methods(METHODS)
@role_required(*NOTICERS)
def notice(request: Request, notice_id: UUID) -> HttpResponse:
    """Change a notice."""
    shown = get_notice_for(request.user, notice_id)
    starts, ends = timezone.localtime(shown.starts_at), timezone.localtime(shown.ends_at)
    initial = {
        "title": shown.title,
        "body": shown.body,
        "urgent": shown.urgent,
        "starts_on": starts.date(),
        "starts_time": starts.time(),
        "ends_on": ends.date(),
        "ends_time": ends.time(),
        **place_initial(shown.agency_id, shown.residence),
    }
    return _edited(request, shown, initial)


def _edited(request: Request, shown: Notice | None, initial: dict[str, Any]) -> HttpResponse:
    scope = noticing_scope(request.user)
    form = NoticeForm(
        request.POST if request.method == "POST" else None,
        initial=initial,
        scope=scope,
        agencies=agencies_within(scope),
    )
    if request.method == "POST" and form.is_valid():
        words = {key: form.cleaned_data[key] for key in ("title", "body", "urgent")}
        try:
            publish_notice(
                actor=request.user,
                notice=shown,
                now=timezone.now(),
                **words,
                **form.place_cleaned(),
                starts_at=form.starts_at(),
                ends_at=form.ends_at(),
            )
        except CannotPublish as refusal:
            form.add_error({"ends_at": "ends_on"}.get(refusal.field), str(refusal))
        else:
            say_done(request, "L’avis est enregistré.")
            return redirect("workspace:notices")
    context = {"form": form, "notice": shown, "trail": [("Avis", reverse("workspace:notices"))]}
    return render(request, "workspace/notice.html", context, status=INVALID if form.errors else 200)


@require_POST
@role_required(*NOTICERS)
def stop_notice(request: Request, notice_id: UUID) -> HttpResponse:
    """Stop showing a notice now; it can be shown again by changing its end."""
    end_notice(actor=request.user, notice=get_notice_for(request.user, notice_id), now=timezone.now())
    say_done(request, "L’avis n’est plus affiché.")
    return redirect("workspace:notices")


@require_http_methods(METHODS)
@role_required(*NOTICERS)
def site_lines(request: Request) -> HttpResponse:
    """The numbers of one's agencies and residences; one is set here, and replaces the one of its kind."""
    scope = noticing_scope(request.user)
    form = LineForm(request.POST if request.method == "POST" else None, scope=scope, agencies=agencies_within(scope))
    if request.method == "POST" and form.is_valid():
        words = {key: form.cleaned_data[key] for key in ("kind", "number", "hours")}
        set_line(actor=request.user, **words, **form.place_cleaned())
        say_done(request, "Le numéro est enregistré.")
        return redirect("workspace:site_lines")
    context = {
        "form": form,
        "lines": lines_within(scope),
        "trail": [("Avis", reverse("workspace:notices"))],
    }
    return render(request, "workspace/site_lines.html", context, status=INVALID if form.errors else 200)


@require_POST
@role_required(*NOTICERS)
def remove_line(request: Request, line_id: UUID) -> HttpResponse:
    """Remove a number: the one of the agency, else of the landlord, holds again."""
    take_off(actor=request.user, line=get_line_for(request.user, line_id))
    say_done(request, "Le numéro est retiré.")
    return redirect("workspace:site_lines")
