"""Residences: the list, the map, those under watch, the page of one; its people, for who may read them."""

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from bienveille.engines.cases.models import Case
from bienveille.engines.cases.queries import open_cases_at
from bienveille.faces.workspace.rules import floor_words
from bienveille.faces.workspace.views import Request
from bienveille.faces.workspace.views.cases import row_of
from bienveille.faces.workspace.views.watching import proposals_for
from bienveille.ground.lib.typography import NBSP, counted, number, plural
from bienveille.ground.ui.exports import file_response, heading
from bienveille.ground.ui.tables import Asked, Column, Filter, Table
from bienveille.register.accounts.access import MANAGERS, has_role, role_required
from bienveille.register.accounts.choices import AuditAction, Role
from bienveille.register.accounts.operations import record_audit
from bienveille.register.accounts.queries import agencies_within
from bienveille.register.housing.access import get_residence_for, may_change
from bienveille.register.housing.choices import DEPARTMENTS
from bienveille.register.housing.models import Dwelling, Residence
from bienveille.register.housing.queries import managers_of, possible_managers, territory_of, watches_of
from bienveille.register.tenants.access import KEEPERS, TRUSTED_WITH_ADDRESSES, managed_residences, reading_scope
from bienveille.register.tenants.models import Household
from bienveille.register.tenants.rules import age_on
from bienveille.services.neighbourhood.access import names_relays
from bienveille.services.neighbourhood.queries import (
    BY_AGE,
    ResidenceFigures,
    buildings_of,
    communes_of,
    homes_of,
    last_calls,
    relays_by_residence,
    relays_of,
    residence_figures,
    residences_seen,
    staircases_of,
    with_watch,
)

SEES = (*KEEPERS, Role.BUILDING_MANAGER)
ELDERS = (f"personne de 75{NBSP}ans et plus", f"personnes de 75{NBSP}ans et plus")
_WATCHED = [("yes", "Sous veille"), ("no", "Sans veille")]


def _commune(row: Residence) -> str:
    return row.commune.name if row.commune else ""


def _department(row: Residence) -> str:
    return DEPARTMENTS.get(row.commune.department, "") if row.commune else ""


RESIDENCES = Table(
    people=False,
    columns=[
        Column("name", "Résidence", sort="name", filled=True),
        Column("code", "Code", screen=False),
        Column("address", "Adresse", screen=False),
        Column("postal_code", "Code postal", screen=False),
        Column("commune", "Commune", sort="commune__name", value=_commune),
        Column("department", "Département", screen=False, value=lambda row: _department(row)),
        Column("agency", "Agence", sort="agency__name", filled=True, value=lambda row: row.agency.name),
        Column("homes", "Logements", sort="homes", kind="number", down=True, filled=True),
        Column("households", "Ménages", sort="households", kind="number", down=True, filled=True),
        Column("elders", "75 ans et plus", sort="elders", kind="number", down=True, filled=True),
        Column("alone", "dont seuls", sort="alone", kind="number", down=True, filled=True),
        Column("last", "Dernier échange", sort="last_reached", kind="date", down=True, value=lambda row: _day(row)),
        Column("watched", "Veille", sort="watched", down=True, filled=True, value=lambda row: _watched(row)),
    ],
    filters=[
        Filter("q", "Nom ou code", kind="text"),
        Filter("agency", "Agence", every="Toutes"),
        Filter("commune", "Commune", every="Toutes"),
        Filter("watched", "Veille", _WATCHED, every="Toutes"),
    ],
    sort="name",
    name="residences",
    one="résidence",
    many="résidences",
)


def _day(row: Any) -> date | None:
    return timezone.localdate(row.last_reached) if row.last_reached else None


def _watched(row: Residence) -> str:
    return "Sous veille" if row.watched else ""


def _seen(request: Request, asked: Asked, **more: Any) -> Any:
    """The residences of this reader, narrowed as asked."""
    return residences_seen(
        on=timezone.localdate(),
        scope=reading_scope(request.user),
        residences=managed_residences(request.user),
        agency=asked.uuid("agency"),
        commune=asked["commune"],
        text=asked["q"],
        **{"watched": {"yes": True, "no": False}.get(asked["watched"]), **more},
    )


def _read(request: Request, table: Table = RESIDENCES) -> Asked:
    scope, residences = reading_scope(request.user), managed_residences(request.user)
    agencies = [(str(one.pk), one.name) for one in agencies_within(scope)]
    communes = communes_of(scope=scope, residences=residences)
    return table.read(request.GET, choices={"agency": agencies, "commune": communes})


@require_safe
@role_required(*SEES)
def residences(request: Request) -> HttpResponseBase:
    """Every residence that one may see, with its figures; counts alone, nobody is named."""
    asked = _read(request)
    found = _seen(request, asked)
    if asked.export:
        now = timezone.now()
        title = heading("Résidences", now=now, by=request.user.display_name)
        sheet = asked.sheet(found, name="Résidences", heading=title)
        record_audit(
            actor=request.user,
            action=AuditAction.EXPORTED,
            reason="Liste des résidences",
            detail={"filters": sorted(asked.values)},
        )
        return file_response(kind=asked.export, sheets=[sheet], name="residences", now=now)
    context = {
        "listing": asked.listing(found),
        "watched_url": reverse("workspace:watched_residences"),
        "map_url": reverse("workspace:residences_map"),
    }
    return render(request, "workspace/residences.html", context)


@require_safe
@role_required(*SEES)
def watched(request: Request) -> HttpResponse:
    """The residences under active watch, why and since when, with their relays and figures."""
    today = timezone.localdate()
    found = residences_seen(
        on=today, scope=reading_scope(request.user), residences=managed_residences(request.user), watched=True
    )
    shown: list[Any] = list(with_watch(found).order_by("name", "pk"))
    relays = relays_by_residence([one.pk for one in shown], today)
    names = sum(len(group) for group in relays.values())
    if names:
        _audit_people(request, None, "Relais des résidences sous veille", names)
    rows = [
        {
            "residence": one,
            "watch": next(iter(one.open_watches), None),
            "relays": [relay.person.display_name for relay in relays.get(one.pk, [])],
        }
        for one in shown
    ]
    totals = {name: sum(getattr(one, name) for one in shown) for name in ("homes", "elders", "alone")}
    title = "Aucune résidence n’est sous veille"
    if shown:
        title = f"{counted(len(shown), 'résidence')} sous veille"
    context = {
        "title": title,
        "rows": rows,
        "proposals": proposals_for(request),
        "totals": [
            (totals["homes"], plural(totals["homes"], "logement")),
            (totals["elders"], plural(totals["elders"], *ELDERS)),
            (totals["alone"], plural(totals["alone"], "dont vit seule", "dont vivent seules")),
            (names, plural(names, "locataire relais", "locataires relais")),
        ],
        "trail": [("Résidences", reverse("workspace:residences"))],
    }
    return render(request, "workspace/residences_watched.html", context)


def _audit_people(request: Request, residence: Residence | None, reason: str, found: int) -> None:
    record_audit(
        actor=request.user,
        action=AuditAction.HOUSEHOLD_LISTED,
        subject=residence,
        reason=reason,
        detail={"found": found},
    )


# ---- One residence -----------------------------------------------------------------------------------------------

_LIVED_IN = [("yes", "Habités"), ("no", "Sans locataire")]
_BY_AGE = [("elder", "Quelqu’un de 75 ans ou plus"), ("alone", "75 ans ou plus, seul")]
HOMES = Table(
    columns=[
        Column(
            "home", "Logement", sort=("building__code", "staircase", "floor", "door"), value=lambda row: _place(row)
        ),
        Column("code", "Numéro", sort="code", filled=True),
        Column("type", "Type", sort="type", filled=True, value=lambda row: row.get_type_display()),
        Column("who", "Qui y vit", value=lambda row: ", ".join(one["name"] for one in row.who)),
        Column("age", "Âge le plus élevé", sort=BY_AGE, kind="number", down=True, value=lambda row: row.age),
        Column("floor", "Étage", kind="number", screen=False),
        Column("lift", "Ascenseur", screen=False, value=lambda row: _yes_no(row.lift)),
        Column("surface", "Surface (m²)", kind="number", screen=False),
        Column("financing", "Financement", screen=False),
        Column("dpe", "Étiquette énergie", screen=False, value=lambda row: row.get_dpe_display()),
        Column("built_in", "Année de construction", screen=False),
        Column("accessible", "Accessible (PMR)", screen=False, value=lambda row: _yes_no(row.accessible)),
        Column("occupancy", "Occupation déclarée", screen=False, value=lambda row: row.get_occupancy_display()),
        Column("occupancy_on", "Déclarée au", kind="date", screen=False),
    ],
    filters=[
        Filter("building", "Bâtiment"),
        Filter("lived_in", "Occupation"),
    ],
    sort="home",
    name="logements",
    per_page=20,
    one="logement",
    many="logements",
)


def _yes_no(value: bool | None) -> str:
    return "" if value is None else "Oui" if value else "Non"


def _place(row: Dwelling) -> str:
    """« Bât. A, esc. 1, 4e étage, porte 12 »; the number of the home when nothing else is known."""
    parts = [f"Bât.{NBSP}{row.building.code}"] if row.building.code else []
    if row.staircase:
        parts.append(f"esc.{NBSP}{row.staircase}")
    if row.floor is not None:
        parts.append(floor_words(row.floor))
    if row.door:
        parts.append(f"porte{NBSP}{row.door}")
    words = ", ".join(parts) or row.code
    return words[:1].upper() + words[1:]


def _who(row: Any, *, names: bool, hide: bool, today: date) -> Any:
    """Who lives in a home, as this reader may know it; « Occupé » says no more than that somebody does."""
    row.who, row.age = [], None
    for household in row.open_households:
        row.who.append(_one(household, names=names, hide=hide))
    if names and not (hide and row.veiled):
        row.age = age_on(row.oldest_birth, today)
    return row


def _one(household: Household, *, names: bool, hide: bool) -> dict[str, Any]:
    there = household.there  # type: ignore[attr-defined]
    veiled = not names or not there or (hide and any(person.protected_address for person in there))
    if veiled:
        return {"name": "Occupé", "url": "", "alone": False}
    return {
        "name": household.display_name,
        "url": reverse("workspace:household", args=[household.pk]),
        "alone": len(there) == 1,
    }


@require_safe
@role_required(*SEES)
def residence(request: Request, residence_id: UUID) -> HttpResponseBase:
    """Everything useful about a residence; the names that it shows are audited, its files too."""
    shown = get_residence_for(request.user, residence_id)
    today = timezone.localdate()
    names = names_relays(request.user, shown)
    hide = not has_role(request.user, *TRUSTED_WITH_ADDRESSES)
    buildings = buildings_of(shown)
    asked = HOMES.read(
        request.GET, choices={"building": buildings, "lived_in": [*_LIVED_IN, *(_BY_AGE if names else [])]}
    )
    homes = homes_of(
        shown, today, building=asked.uuid("building"), lived_in=asked["lived_in"], hide_protected=hide or not names
    )
    if asked.export:
        return _homes_file(request, shown, asked, homes, names=names, hide=hide)
    listing = asked.listing(homes)
    rows = [_who(row, names=names, hide=hide, today=today) for row in listing]
    relays = relays_of(shown, today)
    calls = [
        {
            "call": call,
            "name": call.household if names and not (hide and call.veiled) else "",
            "url": reverse("workspace:household", args=[call.household_id]),
        }
        for call in last_calls(shown, today)
    ]
    said = sum(bool(one["url"]) for row in rows for one in row.who) + sum(bool(one["name"]) for one in calls)
    if said or relays:
        _audit_people(request, shown, "Page d’une résidence", said + len(relays))
    changes = may_change(request.user, shown)
    figures = residence_figures(shown, today)
    watches = watches_of(shown)
    context = {
        "residence": shown,
        "subtitle": _address(shown),
        "audience_url": reverse("audiences:new", query={"residence": shown.code}),
        "trail": [("Résidences", reverse("workspace:residences"))],
        "facts": _facts(shown),
        **_figures(figures),
        "staircases": [{"name": _staircase(row), "words": _storeys(row)} for row in staircases_of(shown)],
        "listing": listing,
        "rows": [{"home": row, "place": _place(row)} for row in rows],
        "names": names,
        "cases": [row_of(one, timezone.now()) for one in _cases_at(request, shown)],
        "relays": relays,
        "calls": calls,
        "managers": [{"display_name": one.display_name, "remove": f"remove:{one.pk}"} for one in managers_of(shown)],
        "others": possible_managers(shown) if changes else [],
        "watch": next((one for one in watches if one.ended_on is None), None),
        "past": [one for one in watches if one.ended_on is not None],
        "may_change": changes,
        "composes": has_role(request.user, *MANAGERS),
    }
    return render(request, "workspace/residence.html", context)


def _cases_at(request: Request, shown: Residence) -> list[Case]:
    """The open cases of the place itself, for who follows cases there."""
    if not has_role(request.user, *KEEPERS):
        return []
    return open_cases_at(shown.pk, reading_scope(request.user), request.user)


def _figures(figures: ResidenceFigures) -> dict[str, Any]:
    """The figures of a residence with their words in the right number."""
    return {
        "figures": figures,
        "homes_label": plural(figures.homes, "logement"),
        "vacant_words": f"{number(figures.vacant)} sans locataire" if figures.vacant else "",
        "households_label": plural(figures.households, "ménage"),
        "alone_label": plural(figures.alone, "dont vit seule", "dont vivent seules"),
        "reachable_label": plural(figures.reachable, "ménage joignable", "ménages joignables") + " par téléphone",
        "elders_label": plural(figures.elders, *ELDERS),
        "unreachable_words": f"{counted(figures.unreachable, 'autre')} à joindre autrement"
        if figures.unreachable
        else "",
    }


def _staircase(row: dict[str, Any]) -> str:
    """« Bâtiment A, escalier 2 »; what is unknown is left out."""
    parts = [
        f"bâtiment{NBSP}{row['building__code']}" if row["building__code"] else "",
        f"escalier{NBSP}{row['staircase']}",
    ]
    words = ", ".join(parts if row["staircase"] else parts[:1]).removeprefix(", ") or "sans nom"
    return words[:1].upper() + words[1:]


def _storeys(row: dict[str, Any]) -> str:
    """« 24 logements, jusqu’au 5e étage, sans ascenseur »."""
    parts = [counted(row["homes"], "logement")]
    if row["top"] is not None and row["top"] > 0:
        parts.append(f"jusqu’au {floor_words(row['top'])}")
    if row["with_lift"]:
        parts.append("ascenseur" if not row["without_lift"] else f"ascenseur pour {number(row['with_lift'])}")
    elif row["without_lift"]:
        parts.append("sans ascenseur")
    return ", ".join(parts)


def _homes_file(
    request: Request, shown: Residence, asked: Asked, homes: Any, *, names: bool, hide: bool
) -> HttpResponseBase:
    now, today = timezone.now(), timezone.localdate()
    rows = [_who(row, names=names, hide=hide, today=today) for row in homes.order_by(*asked.order())]
    title = heading(f"Logements de {shown.name}", now=now, by=request.user.display_name)
    sheet = asked.sheet(rows, name="Logements", heading=title)
    record_audit(
        actor=request.user,
        action=AuditAction.EXPORTED,
        subject=shown,
        reason="Logements d’une résidence",
        detail={"rows": len(rows), "filters": sorted(asked.values)},
    )
    return file_response(kind=asked.export, sheets=[sheet], name=f"logements {shown.code}", now=now)


def _address(shown: Residence) -> str:
    place = " ".join(part for part in (shown.postal_code, _commune(shown)) if part)
    return ", ".join(part for part in (shown.address, place) if part)


def _facts(shown: Residence) -> list[tuple[str, str]]:
    """What is known of a residence, as keys and values; what is unknown is left out."""
    qpv = ""
    if shown.in_qpv is not None:
        qpv = f"Oui, {shown.qpv_code}" if shown.in_qpv and shown.qpv_code else "Oui" if shown.in_qpv else "Non"
    facts = [
        ("Agence", shown.agency.name),
        *territory_of(shown.commune),
        ("Nature", shown.get_kind_display()),
        ("Quartier prioritaire", qpv),
        ("Halls", str(shown.halls) if shown.halls is not None else ""),
        ("Code", shown.code),
    ]
    return [(label, words) for label, words in facts if words]


# ---- The map -----------------------------------------------------------------------------------------------------


MAP = Table(
    columns=[column for column in RESIDENCES.columns if column.key in ("name", "elders", "alone")],
    filters=RESIDENCES.filters,
    sort="name",
    name="residences",
    per_page=12,
    one="résidence",
    many="résidences",
)


@require_safe
@role_required(*SEES)
def residences_map(request: Request) -> HttpResponse:
    """The residences whose place is known, as points, beside the list that says the same."""
    asked = _read(request, MAP)
    context = {
        "listing": asked.listing(_seen(request, asked).filter(latitude__isnull=False)),
        "points_url": reverse("workspace:residences_points") + asked.address(),
        "trail": [("Résidences", reverse("workspace:residences"))],
    }
    return render(request, "workspace/residences_map.html", context)


@require_safe
@role_required(*SEES)
def residences_points(request: Request) -> HttpResponse:
    """The same points as GeoJSON: where, how many homes, how many aged tenants, how many alone; nobody is named."""
    asked = _read(request, MAP)
    points = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [one.longitude, one.latitude]},
            "properties": {
                "name": one.name,
                "commune": _commune(one),
                "url": reverse("workspace:residence", args=[one.pk]),
                "homes": one.homes,
                "elders": one.elders,
                "alone": one.alone,
                "watched": one.watched,
            },
        }
        for one in _seen(request, asked).filter(latitude__isnull=False).order_by("name", "pk")
    ]
    return JsonResponse(
        {"type": "FeatureCollection", "features": points}, content_type="application/geo+json; charset=utf-8"
    )
