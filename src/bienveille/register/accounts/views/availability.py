"""When and for whom callers can call: said by themselves, or by whoever coordinates them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from bienveille.ground.lib.languages import language_name
from bienveille.ground.lib.typography import listed
from bienveille.ground.ui.exports import file_response, heading
from bienveille.ground.ui.tables import Column, Filter, Table
from bienveille.register.accounts import operations, queries
from bienveille.register.accounts.access import MANAGERS, get_caller_for, role_required, scope_for
from bienveille.register.accounts.forms import AvailabilityForm
from bienveille.register.accounts.models import User

INVALID = 422


def _languages(user: User) -> str:
    return listed([language_name(code) for code in user.languages])


def _covers(user: User) -> str:
    return listed([agency.name for agency in user.covers.all()]) or "Toutes"


CALLERS = Table(
    columns=[
        Column("name", "Appelant", sort=("last_name", "first_name"), value=lambda user: user.display_name, filled=True),
        Column("agency", "Agence", sort="agency__name", value=lambda user: user.agency.name if user.agency else ""),
        Column("hours", "Heures par semaine", sort="hours_per_week", kind="number", down=True,
               value=lambda user: user.hours_per_week),
        Column("languages", "Langues", value=_languages),
        Column("covers", "Appelle pour", value=_covers),
        Column("skills", "Compétences", value=lambda user: ", ".join(user.skills)),
    ],
    filters=[Filter("text", "Nom", kind="text"), Filter("language", "Langue", every="Toutes")],
    sort="name",
    name="appelants",
    one="appelant",
    many="appelants",
)  # fmt: skip


@role_required(*MANAGERS)
@require_safe
def availabilities(request: HttpRequest) -> HttpResponseBase:
    """Who may call, how long, in which languages, for which agencies; also taken away as a file."""
    me: User = request.user  # type: ignore[assignment]
    scope = scope_for(me, *MANAGERS)
    choices = {"language": [(code, language_name(code)) for code in queries.languages_spoken(scope)]}
    asked = CALLERS.read(request.GET, choices=choices)
    found = queries.callers(scope, text=asked["text"], language=asked["language"])
    if asked.export:
        now = timezone.now()
        title = heading("Disponibilités des appelants", now=now, by=me.display_name)
        sheet = asked.sheet(found, name="Disponibilités", heading=title)
        operations.record_callers_exported(actor=me, rows=found.count(), form=asked.export)
        return file_response(kind=asked.export, sheets=[sheet], name="disponibilites", now=now)
    listing = asked.listing(found)
    rows = [{"caller": one, "languages": _languages(one), "covers": _covers(one)} for one in listing]
    return render(request, "accounts/availabilities.html", {"listing": listing, "rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
def my_availability(request: HttpRequest) -> HttpResponse:
    """One's own."""
    me: User = request.user  # type: ignore[assignment]
    trail = [("Mon compte", reverse("accounts:account"))]
    return _page(request, me, trail=trail, title="Mes disponibilités", back="accounts:my_availability")


@role_required(*MANAGERS)
@require_http_methods(["GET", "HEAD", "POST"])
def availability(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """A caller's, by who coordinates them."""
    shown = get_caller_for(request.user, user_id)  # type: ignore[arg-type]
    trail = [("Disponibilités", reverse("accounts:availabilities"))]
    return _page(request, shown, trail=trail, title=shown.display_name, back="accounts:availabilities")


def _page(request: HttpRequest, shown: User, *, trail: list[tuple[str, str]], title: str, back: str) -> HttpResponse:
    me: User = request.user  # type: ignore[assignment]
    initial: dict[str, Any] = {
        "hours_per_week": shown.hours_per_week,
        "languages": shown.languages,
        "covers": queries.covered_by(shown),
        "skills": ", ".join(shown.skills),
    }
    form = AvailabilityForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        operations.change_availability(actor=me, user=shown, **form.cleaned_data)
        messages.success(request, "C’est enregistré.")
        return redirect(back)
    context = {"form": form, "trail": trail, "title": title, "own": shown.pk == me.pk}
    return render(request, "accounts/availability.html", context, status=INVALID if form.errors else 200)
