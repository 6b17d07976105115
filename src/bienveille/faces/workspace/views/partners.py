"""The directory of partners: who can help, the page of one, what exists in a commune, on screen and on paper."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from bienveille.engines.questionnaires.choices import Need
from bienveille.faces.workspace.queries import LocalHelp, local_help
from bienveille.faces.workspace.views import Request
from bienveille.ground.lib.typography import calendar_day, counted, listed, phone
from bienveille.ground.platform.pdf import pdf_from
from bienveille.ground.platform.reference import strip_numbers
from bienveille.ground.ui.exports import file_response, heading
from bienveille.ground.ui.tables import Asked, Column, Filter, Table
from bienveille.register.accounts.access import has_role, role_required
from bienveille.register.accounts.choices import AuditAction, Role
from bienveille.register.accounts.operations import record_audit
from bienveille.register.accounts.queries import landlord
from bienveille.register.housing.choices import DEPARTMENTS
from bienveille.register.partners.access import READERS, get_commune_for, get_partner_for, keeps_partners
from bienveille.register.partners.choices import NEARNESS, NETWORKS
from bienveille.register.partners.models import Service, Structure
from bienveille.register.partners.queries import (
    area_around,
    area_of_code,
    communes_served,
    directory,
    offer_of,
    places_in_words,
    services_by_structure,
    services_offered,
)
from bienveille.register.partners.rules import (
    FRESH_DAYS,
    STALE,
    STALE_DAYS,
    freshness,
    hours_words,
    needs_answered,
    source_words,
)

SHEET = Path(__file__).parent.parent / "documents" / "commune_sheet.typ"
NEEDS: dict[str, str] = {value: str(label) for value, label in Need.choices}
#: Enough to choose from; the rest is one link away.
ON_THE_PAGE = 5
_KEPT = [("own", "Tenus à la main"), ("directory", "Venus d’un annuaire")]
_AGES = [("6", "Plus de six mois"), ("24", "Plus de deux ans")]
_OLDER = {"6": FRESH_DAYS, "24": STALE_DAYS}
PARTNERS = Table(
    people=False,
    columns=[
        Column("nom", "Partenaire", sort="search", filled=True),
        Column("offers", "Ce qu’il propose", value=lambda row: ", ".join(row.offers)),
        Column("commune", "Commune", sort="commune", filled=True),
        Column("adresse", "Adresse", screen=False),
        Column("telephone", "Téléphone", value=lambda row: phone(row.telephone)),
        Column("courriel", "Adresse électronique", screen=False),
        Column("date_maj", "Fiche du", sort="date_maj", kind="date", down=True, filled=True),
        Column("source", "Source", screen=False, value=lambda row: source_words(row.source, own=row.own)),
    ],
    filters=[
        Filter("q", "Nom, commune ou aide", kind="text"),
        Filter("need", "Besoin", list(Need.choices)),
        Filter("place", "Pour les habitants de", every="Toute commune"),
        Filter("origin", "Fiches", _KEPT, every="Toutes"),
        Filter("age", "Sans nouvelle depuis", _AGES, every="Peu importe"),
        Filter("ended", "Fermés", [("yes", "Fermés ou disparus")], every="Ceux qui aident"),
    ],
    sort="nom",
    name="partenaires",
    one="partenaire",
    many="partenaires",
)
PER_PAGE = 20


def _found(asked: Asked) -> Any:
    today = timezone.localdate()
    return directory(
        on=today,
        text=asked["q"],
        need=asked["need"],
        area=area_of_code(asked["place"]) if asked["place"] else None,
        own={"own": True, "directory": False}.get(asked["origin"]),
        ended=asked["ended"] == "yes",
        older_than=today - timedelta(days=_OLDER[asked["age"]]) if asked["age"] else None,
    )


@require_safe
@role_required(*READERS)
def partners(request: Request) -> HttpResponseBase:
    """Everybody who can help, with what they offer (4 queries, whatever their number)."""
    places = communes_served()
    asked = PARTNERS.read(request.GET, choices={"place": places})
    found = _found(asked)
    if asked.export:
        now = timezone.now()
        title = heading("Partenaires", now=now, by=request.user.display_name)
        sheet = asked.sheet(found, name="Partenaires", heading=title)
        record_audit(
            actor=request.user,
            action=AuditAction.EXPORTED,
            reason="Annuaire des partenaires",
            detail={"filters": sorted(asked.values)},
        )
        return file_response(kind=asked.export, sheets=[sheet], name="partenaires", now=now)
    today = timezone.localdate()
    listing = asked.listing(found)
    context = {
        "listing": listing,
        "rows": [{"partner": one, "stale": freshness(one.date_maj, today) == STALE} for one in listing],
        "places": places,
        "place": next(((code, name) for code, name in places if code == asked["place"]), None),
        "keeps": keeps_partners(request.user),
        "imports": has_role(request.user, Role.ADMINISTRATOR, Role.DIRECTOR),
    }
    return render(request, "workspace/partners.html", context)


@require_safe
@role_required(*READERS)
def partner(request: Request, key: UUID) -> HttpResponse:
    """One partner: how to reach them, what they offer to whom, how fresh the card is (4 queries)."""
    structure = get_partner_for(request.user, key)
    return render(request, "workspace/partner.html", partner_context(request, structure))


def partner_context(request: Request, structure: Structure) -> dict[str, Any]:
    """What the page of a partner shows."""
    today = timezone.localdate()
    services = services_by_structure([structure], ended=True).get(structure.pk, [])
    words = places_in_words({code for one in services for code in one.coverage if code}, DEPARTMENTS)
    rows = [_service_row(one, words) for one in services]
    return {
        "partner": structure,
        "trail": [directory_step()],
        "open_services": [row for row in rows if row["service"].ended_on is None],
        "closed_services": [row for row in rows if row["service"].ended_on is not None],
        "hours": hours_words(structure.horaires_accueil),
        "networks": [NETWORKS.get(code, code.replace("-", " ")) for code in structure.reseaux_porteurs],
        "source": source_words(structure.source, own=structure.own),
        "freshness": freshness(structure.date_maj, today),
        "keeps": keeps_partners(request.user),
        "changes": keeps_partners(request.user) and structure.own,
    }


def _service_row(service: Service, words: dict[str, str]) -> dict[str, Any]:
    needs = needs_answered(
        timezone.localdate(), thematiques=service.thematiques, type=service.type, needs=service.needs
    )
    return {
        "service": service,
        "needs": [NEEDS[need] for need in needs if need in NEEDS],
        "where": sorted(words[code] for code in service.coverage if code),
        "hours": hours_words(service.horaires_accueil),
    }


def directory_step() -> tuple[str, str]:
    """The first step of the trail."""
    return ("Partenaires", reverse("workspace:partners"))


# ---- What exists in a commune


@require_safe
def commune_help(request: Request, code: str) -> HttpResponse:
    """Who can help those who live in a commune, need by need; all of them for one need (4 queries at most)."""
    commune = get_commune_for(request.user, code)
    today = timezone.localdate()
    area = area_around(commune)
    need = request.GET.get("besoin", "")
    need = need if need in NEEDS else ""
    context: dict[str, Any] = {
        "commune": commune,
        "need": need,
        "need_label": NEEDS.get(need, ""),
        "reads": has_role(request.user, *READERS),
        "numbers": [{"number": one.number, "label": one.short, "uri": one.href} for one in strip_numbers(today)],
        "whole_url": reverse("workspace:commune_help", args=[commune.code]),
    }
    if need:
        found = Paginator(services_offered(area, on=today, need=need), PER_PAGE)
        page = found.get_page(request.GET.get("page"))
        context |= {"page": page, "offers": [offer_of(one, on=today) for one in page]}
    else:
        found_help = local_help(area, today, per_need=ON_THE_PAGE)
        context |= {"known": [one for one in found_help if one.offers], "ours": _ours(found_help)}
    return render(request, "workspace/commune_help.html", context)


@require_safe
def commune_sheet(request: Request, code: str) -> HttpResponse:
    """The same on paper: an A4 sheet for a hall, a desk, a caller (4 queries)."""
    commune = get_commune_for(request.user, code)
    today = timezone.localdate()
    content = pdf_from(
        SHEET, sheet_document(commune.name, local_help(area_around(commune), today, per_need=ON_THE_PAGE))
    )
    response = HttpResponse(content, content_type="application/pdf")
    name = f"partenaires-{slugify(commune.name)}-{today.isoformat()}.pdf"
    response["Content-Disposition"] = content_disposition_header(False, name) or "inline"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _ours(helps: list[LocalHelp]) -> list[str]:
    """The needs that nobody but the landlord answers."""
    return [one.label for one in helps if one.by_landlord and not one.offers]


def sheet_document(commune: str, helps: list[LocalHelp]) -> dict[str, Any]:
    """The data of the sheet: emergency numbers first, then needs with who answers; no note of the staff."""
    today, own = timezone.localdate(), landlord()
    return {
        "title": f"Qui peut aider à {commune}",
        "landlord": own.name if own else "",
        "made": f"{own.name + ', ' if own else ''}{calendar_day(today)}",
        "numbers": [{"number": one.number, "label": one.short} for one in strip_numbers(today)],
        "parts": [
            {
                "title": help_.label,
                "words": "Appelez d’abord votre agence." if help_.by_landlord else "",
                "rows": [
                    {
                        "service": offer.service.nom,
                        "structure": offer.service.structure.nom,
                        "phone": phone(offer.phone),
                        "words": ". ".join(_offer_words(offer)),
                    }
                    for offer in help_.offers
                ],
                "more": counted(help_.more, "autre service", "autres services") if help_.more else "",
            }
            for help_ in helps
            if help_.offers
        ],
        "ours": f"{listed(_ours(helps))}\u00a0: appelez votre agence, le bailleur s’en charge." if _ours(helps) else "",
        "source": "Annuaire data·inclusion (Licence Ouverte 2.0) et partenaires tenus par le bailleur.",
    }


def _offer_words(offer: Any) -> list[str]:
    service = offer.service
    cost = {"gratuit": "Gratuit", "payant": "Payant"}.get(service.frais, "")
    hours = hours_words(service.horaires_accueil or service.structure.horaires_accueil)
    words = [NEARNESS[offer.nearness], cost, service.conditions_acces, hours]
    return [f"{one[0].upper()}{one[1:]}".rstrip(". ") for one in words if one]
