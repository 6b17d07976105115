"""Tenants: finding somebody, the page of a household, who looked at it. Callers never come here."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from bienveille.engines.cases.queries import open_cases_of
from bienveille.faces.workspace.queries import history_of, recent_deaths
from bienveille.faces.workspace.rules import home_facts, home_line, moment_words, phone_kind, wish_shown
from bienveille.faces.workspace.views import Request
from bienveille.faces.workspace.views.cases import row_of
from bienveille.faces.workspace.views.undo import last_correction
from bienveille.ground.lib.languages import language_name
from bienveille.ground.ui.exports import file_response, heading
from bienveille.ground.ui.tables import Column, Filter, Table
from bienveille.register.accounts.access import MANAGERS, has_role, role_required
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.operations import record_audit
from bienveille.register.accounts.queries import agencies_within, count_lookers, looks_at
from bienveille.register.tenants.access import (
    KEEPERS,
    TRUSTED_WITH_ADDRESSES,
    get_household_for,
    keeps,
    may_see_address,
    readable_kinds,
    reading_scope,
    writable_kinds,
)
from bienveille.register.tenants.choices import ContactKind, MarkKind
from bienveille.register.tenants.models import Mark
from bienveille.register.tenants.queries import (
    BY_AGE,
    CANDIDATES,
    HouseholdRecord,
    Resident,
    as_doubles,
    as_found,
    household_record,
    merges_of,
    people_found,
    possible_doubles,
    truths_of,
    wish_of,
)
from bienveille.register.tenants.rules import STILL_TRUE_DAYS, mark_words, readers_words
from bienveille.services.outreach.queries import promises_to_household, standing_of_household

AGES = [(str(age), f"{age} ans et plus") for age in (60, 65, 70, 75, 80, 85, 90)]
PEOPLE = Table(
    columns=[
        Column("name", "Nom", sort="search", filled=True),
        Column("age", "Âge", sort=BY_AGE, kind="number", down=True),
        Column("residence", "Résidence"),
        Column("commune", "Commune"),
        Column("agency", "Agence"),
    ],
    filters=[
        Filter("q", "Nom", kind="text", hint="Le début du nom et du prénom, sans accent si vous voulez."),
        Filter("agency", "Agence", every="Toutes"),
        Filter("age", "Âge", AGES),
        Filter("mark", "Utile à savoir"),
    ],
    sort="name",
    name="trouvees",
    one="personne",
    many="personnes",
)
LOOKS = Table(
    columns=[
        Column("at", "Quand", sort="at", kind="moment", down=True, filled=True),
        Column("who", "Qui", sort=("actor__last_name", "actor__first_name"), value=lambda entry: _who(entry)),
        Column("reason", "Pourquoi", sort="reason", filled=True),
        Column("channel", "Par où", value=lambda entry: entry.get_channel_display()),
    ],
    sort="-at",
    name="consultations",
    one="consultation",
    many="consultations",
)
LOOKERS_SINCE = timedelta(days=30)


def _who(entry: Any) -> str:
    return entry.actor.display_name if entry.actor else "Bienveille"


@require_safe
@role_required(*KEEPERS)
def people(request: Request) -> HttpResponseBase:
    """People whose name matches, within what one may see. The search is audited; names typed are not."""
    today = timezone.localdate()
    scope = reading_scope(request.user)
    hide = not has_role(request.user, *TRUSTED_WITH_ADDRESSES)
    agencies = [(str(agency.pk), agency.name) for agency in agencies_within(scope)]
    kinds = readable_kinds(request.user)
    marks = [(kind, label) for kind, label in MarkKind.choices if kind in kinds]
    asked = PEOPLE.read(request.GET, choices={"agency": agencies, "mark": marks})
    queryset = people_found(
        text=asked["q"],
        on=today,
        scope=scope,
        agency=asked.uuid("agency"),
        age_from=int(asked["age"]) if asked["age"] else None,
        mark=asked["mark"],
        hide_protected=hide,
    )
    if asked.export:
        rows = [as_found(person, today, hide_protected=hide) for person in queryset]
        now = timezone.now()
        title = heading("Locataires", now=now, by=request.user.display_name)
        sheet = asked.sheet(rows, name="Locataires", heading=title)
        record_audit(
            actor=request.user,
            action=AuditAction.EXPORTED,
            reason="Liste de locataires",
            detail={"rows": len(rows), "filters": sorted(asked.values)},
        )
        return file_response(kind=asked.export, sheets=[sheet], name="locataires", now=now)
    listing = asked.listing(queryset)
    if asked.filtered:
        record_audit(
            actor=request.user,
            action=AuditAction.HOUSEHOLD_LISTED,
            reason="Recherche de locataires",
            detail={"found": listing.count},
        )
    context = {
        "listing": listing,
        "found": [as_found(person, today, hide_protected=hide) for person in listing],
        "cut": bool(asked["q"]) and listing.count >= CANDIDATES,
    }
    return render(request, "workspace/people.html", context)


@require_safe
@role_required(*KEEPERS)
def household(request: Request, household_id: UUID) -> HttpResponse:
    """Everything useful about a household, with its calls; opening it is audited."""
    shown = get_household_for(request.user, household_id, reason="Fiche ouverte à l’écran")
    today = timezone.localdate()
    record = household_record(shown, today, kinds=readable_kinds(request.user))
    visible = may_see_address(request.user, protected=record.protected)
    hide = not has_role(request.user, *TRUSTED_WITH_ADDRESSES)
    page = request.GET.get("page", "1")
    is_manager = has_role(request.user, *MANAGERS)
    promised = promises_to_household(shown.pk)
    truths = truths_of([one.person for one in record.residents])
    context: dict[str, Any] = {
        "household": shown,
        "trail": [("Locataires", reverse("workspace:people"))],
        "visible": visible,
        "home_line": home_line(shown.dwelling) if shown.dwelling and visible else "",
        "home": home_facts(shown.dwelling) if shown.dwelling and visible else [],
        "residents": [
            _resident(one, today, writable_kinds(request.user)) | {"truths": truths.get(one.person.pk, [])}
            for one in record.residents
        ],
        "former": record.former,
        "leases": record.leases if visible else [],
        "history": history_of(
            record, int(page) if page.isascii() and page.isdigit() and len(page) < 4 else 1, request.user
        ),
        "standing": standing_of_household(shown.pk),
        "promises": [{"planned": planned, "moment": moment_words(planned.due_when)} for planned in promised]
        if record.residents
        else [],
        "deaths": _deaths(record, promised, recent_deaths(record, timezone.now())),
        "doubles": as_doubles(
            possible_doubles(reading_scope(request.user), today, household_id=shown.pk).pairs,
            today,
            hide_protected=hide,
        ),
        "merges": merges_of(shown.pk),
        "may_write": keeps(request.user, shown),
        "may_lift": not hide,
        "undo": last_correction(request, shown.pk),
        "wish": wish_shown(wish_of(shown.pk)),
        "cases": [
            row_of(one, timezone.now()) for one in open_cases_of(shown.pk, reading_scope(request.user), request.user)
        ],
        "lookers": count_lookers(shown.pk, timezone.now() - LOOKERS_SINCE) if is_manager else None,
        "today": today,
    }
    return render(request, "workspace/household.html", context)


def _deaths(record: HouseholdRecord, promised: Iterable[Any], noted: Mapping[UUID, Any]) -> list[dict[str, Any]]:
    """Deaths noted not long ago: who was lost, who lives on, whom a person should tell."""
    return [
        {
            "person": one.person,
            "entry": noted[one.person.pk],
            "relatives": one.relatives,
            "left": [resident.person.display_name for resident in record.residents],
            "callers": sorted({planned.caller.display_name for planned in promised}),
        }
        for one in record.former
        if one.person.pk in noted
    ]


def _resident(one: Resident, today: date, writable: frozenset[str]) -> dict[str, Any]:
    return {
        "resident": one,
        "anchor": f"personne-{one.person.pk}",
        "languages": [language_name(code) for code in one.person.languages],
        "points": [
            {
                "point": point,
                "phone": point.kind == ContactKind.PHONE,
                "kind": phone_kind(point.value) if point.kind == ContactKind.PHONE else "Adresse électronique",
                "usable": point.status in ("valid", "unverified"),
            }
            for point in one.contact_points
        ],
        "marks": marks_shown(one.marks, one.person.title, today, writable),
    }


def marks_shown(marks: Iterable[Mark], title: str, today: date, writable: Collection[str]) -> list[dict[str, Any]]:
    """Marks in words: what, said by whom, until when, who may read it, and whether it is time to ask again."""
    return [
        {
            "mark": mark,
            "words": mark_words(mark.kind, title),
            "readers": readers_words(mark.kind),
            "by": mark.noted_by.display_name if mark.noted_by else "",
            "ending": (mark.expires_on - today).days <= STILL_TRUE_DAYS,
            "may_write": mark.kind in writable,
        }
        for mark in marks
    ]


@require_safe
@role_required(*MANAGERS)
def looks(request: Request, household_id: UUID) -> HttpResponseBase:
    """Who looked at this household, when, why. Looking at this list is written there too."""
    shown = get_household_for(request.user, household_id, reason="Liste des consultations")
    asked = LOOKS.read(request.GET)
    queryset = looks_at(shown.pk)
    if asked.export:
        now = timezone.now()
        title = heading(f"Consultations de {shown.display_name}", now=now, by=request.user.display_name)
        sheet = asked.sheet(queryset, name="Consultations", heading=title)
        record_audit(actor=request.user, action=AuditAction.EXPORTED, subject=shown, reason="Liste des consultations")
        return file_response(kind=asked.export, sheets=[sheet], name="consultations", now=now)
    context = {
        "household": shown,
        "listing": asked.listing(queryset),
        "trail": [
            ("Locataires", reverse("workspace:people")),
            (shown.display_name, reverse("workspace:household", args=[shown.pk])),
        ],
    }
    return render(request, "workspace/looks.html", context)
