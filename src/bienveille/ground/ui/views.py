"""The gallery of every component, with invented people only; light or dark; the accessibility page. Reads no table."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from .cookies import cookie_name
from .exports import file_response, heading
from .forms import SampleForm
from .tables import Column, Filter, Table

AGENCIES = ["Montaubry-Centre", "Plateau-Nord", "Vallée-Sud"]
STATES = [("reached", "Joint"), ("waiting", "En attente"), ("unreachable", "Injoignable")]
FAMILIES = [
    "Marchandeau",
    "Émery",
    "Abadie",
    "Lascombe",
    "Pradeau",
    "Ferrat",
    "Zelmati",
    "Œuvrard",
    "Bourdin",
    "Coulomb",
]
HOUSEHOLDS: list[dict[str, Any]] = [
    {
        "name": f"{FAMILIES[rank % 10]} {rank + 1}",
        "agency": AGENCIES[rank % 3],
        "state": STATES[rank % 7 % 3][0],
        "state_words": STATES[rank % 7 % 3][1],
        "calls": rank * 7 % 5,
        "last_call": date(2026, 11, 1 + rank % 21) if rank % 4 else None,
        "phone": f"+3346571{rank:04d}",
    }
    for rank in range(120)
]
LIST = Table(
    columns=[
        Column("name", "Ménage", sort=True),
        Column("agency", "Agence", sort=True),
        Column("state", "État", sort=True, value=lambda row: row["state_words"]),
        Column("calls", "Appels", sort=True, kind="number", down=True),
        Column("last_call", "Dernier appel", sort=True, kind="date", down=True),
        Column("phone", "Téléphone", kind="phone", screen=False),
    ],
    filters=[
        Filter("state", "État", STATES),
        Filter("agency", "Agence", [(name, name) for name in AGENCIES], every="Toutes"),
        Filter("q", "Nom", kind="text"),
        Filter("since", "Appelé depuis le", kind="day"),
    ],
    sort="name",
    name="menages",
    per_page=10,
    one="ménage",
    many="ménages",
)

NOBODY = replace(LIST, name="rien", prefix="rien-")
GRADE_HINTS = {
    "green": "Tout va bien, ou la famille s’en occupe",
    "yellow": "À rappeler sous 7 jours",
    "orange": "À orienter sous 48 h, une personne prend le relais",
    "red": "Danger\u00a0: le numéro d’urgence d’abord, puis le cadre de garde",
}


#: What a browser keeps of how somebody reads; any other answer forgets it.
PREFERENCES = {"theme": ("light", "dark"), "slash": ("off",)}
YEAR = 365 * 24 * 3600


@require_POST
@login_not_required
def theme(request: HttpRequest) -> HttpResponseBase:
    """Light, dark or as the device wishes, and the key / of the search: in cookies, then back to one's page."""
    after = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(after, {request.get_host()}, require_https=request.is_secure())
    response = HttpResponseRedirect(after if safe else "/")
    for name, kept in PREFERENCES.items():
        if (chosen := request.POST.get(name, "")) in kept:
            secure = settings.SESSION_COOKIE_SECURE
            response.set_cookie(cookie_name(name), chosen, max_age=YEAR, secure=secure, httponly=True, samesite="Lax")
        elif name in request.POST:
            response.delete_cookie(cookie_name(name), samesite="Lax")
    return response


#: What a browser that comes from our own page forgets; asked from elsewhere, nothing is: a picture on another site
#: could otherwise sign somebody out.
FORGET = '"cache", "cookies", "storage"'


@require_safe
@login_not_required
def leave(request: HttpRequest) -> HttpResponseBase:
    """« Quitter vite »: signed out if need be, and away to a page that says nothing; the browser forgets this one."""
    response = HttpResponseRedirect(settings.QUICK_EXIT_URL)
    if request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin":
        logout(request)
        response["Clear-Site-Data"] = FORGET
    response["Cache-Control"], response["Referrer-Policy"] = "no-store", "no-referrer"
    return response


@require_safe
@login_not_required
def accessibility(request: HttpRequest) -> HttpResponseBase:
    """What is accessible, what is not, and whom to tell; open to everybody."""
    return render(request, "ui/accessibility.html")


@require_safe
def gallery(request: HttpRequest) -> HttpResponseBase:
    """Every component in every variant."""
    asked = LIST.read(request.GET)
    since = asked.day("since")
    households = [
        row
        for row in HOUSEHOLDS
        if all(not asked[key] or row[key] == asked[key] for key in ("state", "agency"))
        and asked["q"].casefold() in str(row["name"]).casefold()
        and (since is None or (row["last_call"] or date.min) >= since)
    ]
    if asked.export:
        now = timezone.now()
        lines = heading("Ménages d’exemple", now=now, by="la galerie")
        sheet = asked.sheet(households, name="Ménages", heading=lines)
        return file_response(kind=asked.export, sheets=[sheet], name="menages d’exemple", now=now)
    wrong = SampleForm(
        {"idempotency_key": "x", "name": "Hélène Rey", "phone": "06 39 98", "outcome": "", "grade": "orange"},
        auto_id="wrong_%s",
    )
    wrong.is_valid()
    context = {
        "form": SampleForm(),
        "listing": asked.listing(households),
        "nobody_found": NOBODY.read(QueryDict("rien-q=zzz")).listing([]),
        "wrong": wrong,
        "grade_hints": GRADE_HINTS,
        "ledger": {
            "target": 1206,
            "reached": 688,
            "reserved": 9,
            "waiting": 412,
            "refused": 31,
            "unreachable": 54,
            "withdrawn": 12,
        },
        "ledger_urls": {"reached": "#compte", "withdrawn": "#compte"},
        "ledger_start": {"target": 500, "waiting": 500},
        "ledger_wrong": {"target": 500, "waiting": 499},
        "numbers": [
            {"number": "15", "label": "Samu", "uri": "tel:15"},
            {"number": "18", "label": "Pompiers", "uri": "tel:18"},
            {"number": "17", "label": "Police", "uri": "tel:17"},
            {"number": "114", "label": "SMS", "uri": "sms:114"},
            {"number": "3114", "label": "Suicide", "uri": "tel:3114"},
        ],
        "reasons": [
            {"text": "Première vague\u00a0: 75 ans et plus, vivant seuls", "icon": "people"},
            {"text": "Aucun contact depuis 7 mois", "icon": "clock-history"},
            "4e étage sans ascenseur",
        ],
        "trail": [("Campagnes", "#"), ("Grand froid 2026", "#")],
        "called_at": datetime(2026, 11, 24, 13, 41, tzinfo=UTC),
        "first_of_december": date(2026, 12, 1),
        "page": Paginator(range(1206), 50).page(3),
        "nobody": Paginator(range(12), 50).page(1),
        "agencies": [
            ("Montaubry-Centre", {"reached": 108, "reserved": 1, "waiting": 38, "refused": 4, "unreachable": 8}, 159),
            ("Plateau-Nord", {"reached": 136, "reserved": 2, "waiting": 138, "refused": 8, "unreachable": 16}, 300),
        ],
        "menu": [{"label": "Imports", "url": "#"}, {"label": "Aide", "url": "#"}],
        "weeks": ["9 nov.", "16 nov.", "23 nov.", "30 nov."],
        "by_week": [
            {"label": "Appels", "state": "reserved", "values": [512, 634, 490, 302]},
            {"label": "Ménages joints", "state": "reached", "values": [301, 330, 214, 120]},
        ],
        "agency_names": [*AGENCIES, "Une agence au nom bien trop long pour tenir"],
        "shares": ["82\u00a0%", "81\u00a0%", "79\u00a0%", "0\u00a0%"],
        "by_agency": [
            {"label": "Joints", "state": "reached", "values": [130, 155, 236, 0]},
            {"label": "Refus", "state": "refused", "values": [9, 9, 14, 0]},
            {"label": "Injoignables", "state": "unreachable", "values": [16, 22, 41, 3]},
            {"label": "Retirés", "state": "withdrawn", "values": [4, 5, 9, 0]},
        ],
        "need_names": ["Repas", "Chauffage", "Compagnie"],
        "by_need": [{"label": "Ménages", "state": "reached", "values": [41, 23, 9]}],
        "person": "Mme Odette Marchandeau",
        "number": "+33465710142",
        "rough_text": "4e étage, dès le 1er juin ; il dit «oui»",
    }
    return render(request, "ui/gallery.html", context)
