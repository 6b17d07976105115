"""The figures of one campaign: each chart with its table, each number with what it counts, all of them as files."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from bienveille.engines.dispatch.choices import ClosingReason, ContactState
from bienveille.engines.dispatch.queries import Ledger, ledger, ledgers_by_agency
from bienveille.engines.questionnaires.choices import Need
from bienveille.faces.workspace.rules import key_figures, reached_title, sorted_rows
from bienveille.faces.workspace.views import Request
from bienveille.ground.lib.spreadsheets import Column as SheetColumn
from bienveille.ground.lib.spreadsheets import Kind, Sheet
from bienveille.ground.lib.typography import MONTHS, NBSP, calendar_day, clock, counted, percent
from bienveille.ground.ui.exports import file_response, heading
from bienveille.ground.ui.tables import Column, Table
from bienveille.register.accounts.access import MANAGERS, has_role
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.operations import record_audit
from bienveille.services.outreach.access import get_campaign_for
from bienveille.services.outreach.choices import CampaignState, Grade
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.queries import Week, figures, figures_by_week

#: A chart of more agencies than this would be a wall: the table has them all.
CHARTED = 20
GRADE_NEXT = {
    "green": "Rien à prévoir",
    "yellow": "Rappel sous 7 jours",
    "orange": "Relais sous 48 h",
    "red": "Urgence",
}
AGENCIES = Table(
    columns=[
        Column("name", "Agence", sort=True),
        Column("reached", "Joints", sort=True, kind="number", down=True),
        Column("share", "Part de la cible", sort=True, kind="percent", down=True),
        Column("refused", "Refus", sort=True, kind="number", down=True),
        Column("unreachable", "Injoignables", sort=True, kind="number", down=True),
        Column("withdrawn", "Retirés", sort=True, kind="number", down=True),
        Column("left", "À joindre", sort=True, kind="number", down=True),
        Column("target", "Cible", sort=True, kind="number", down=True),
    ],
    sort="name",
    name="agences",
    prefix="agences-",
    per_page=500,
    one="agence",
    many="agences",
)
SERVICES = Table(
    columns=[
        Column("name", "Service", sort=True),
        Column("called", "Ménages appelés", sort=True, kind="number", down=True),
        Column("calls", "Appels", sort=True, kind="number", down=True),
        Column("reached", "Joints", sort=True, kind="number", down=True),
        Column("share", "Part jointe", sort=True, kind="percent", down=True),
        Column("referrals", "Mises en relation", sort=True, kind="number", down=True),
    ],
    sort="-calls",
    name="services",
    prefix="services-",
    per_page=500,
    one="service",
    many="services",
)
#: What each figure counts, shown on the page and kept in the files.
DEFINITIONS = [
    ("Cible", "Les ménages retenus à l’ouverture de la campagne. Elle ne change plus, et les états s’y additionnent."),
    ("Ménages appelés", "Ceux pour qui au moins un appel est enregistré."),
    ("Appels sortants", "Chaque appel enregistré, répondu ou non, rappels compris. Un appel annulé ne compte pas."),
    (
        "Ménages joints",
        "Une conversation a eu lieu. La part se rapporte aux ménages appelés, ou à la cible quand c’est dit.",
    ),
    ("Refus", "La personne ne souhaite pas être appelée dans cette campagne."),
    ("Injoignables", "Tous les essais sont faits, ou aucun numéro ne convient. La raison est dite."),
    ("Retirés", "Le ménage n’est plus à appeler : décès, départ, opposition, ou retrait par un responsable."),
    ("Rappels chaque semaine", "Les ménages à qui un appel hebdomadaire a été promis."),
    ("Mises en relation", "Les ménages dont la situation a été confiée à quelqu’un d’autre."),
    ("Niveau", "Le dernier niveau donné au ménage par un appelant."),
    ("Besoins", "Les ménages pour qui ce besoin a été noté. Un ménage peut en avoir plusieurs."),
    ("Semaine", "Du lundi au dimanche. Un ménage joint compte une fois, la semaine de sa première conversation."),
    ("Service", "Celui de l’appelant. Un ménage appelé par deux services compte dans chacun."),
]


@require_safe
def campaign_figures(request: Request, campaign_id: UUID) -> HttpResponseBase:
    """The figures of a campaign, for those who see the campaign (8 queries at most, whatever its size)."""
    shown = get_campaign_for(request.user, campaign_id)
    if shown.state == CampaignState.DRAFT:
        return redirect("workspace:campaign", shown.pk)
    numbers, whole = figures(shown), ledger(shown.queue)
    agencies = [_agency(name, states) for name, states in ledgers_by_agency(shown.queue).items()]
    services = [_service(name, group) for name, group in numbers["by_service"].items()]
    weeks = figures_by_week(shown)
    if (kind := request.GET.get("export", "")) in ("xlsx", "csv"):
        return _file(
            request, shown, kind, numbers=numbers, whole=whole, agencies=agencies, services=services, weeks=weeks
        )
    return _page(request, shown, numbers=numbers, whole=whole, agencies=agencies, services=services, weeks=weeks)


def _agency(name: str, states: Ledger) -> dict[str, Any]:
    return {
        "name": name,
        "reached": states.reached,
        "share": _share(states),
        "refused": states.refused,
        "unreachable": states.unreachable,
        "withdrawn": states.withdrawn,
        "left": states.waiting + states.reserved,
        "target": states.target,
    }


def _share(states: Ledger) -> float | None:
    """Of its target: what the titles speak of. Services have no target, theirs is of the households they called."""
    return states.reached / states.target if states.target else None


def _service(name: str, group: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "called": group["called"],
        "calls": group["outgoing_calls"],
        "reached": group["reached"],
        "share": group["reached_share"] if group["called"] else None,
        "referrals": group["referrals"],
    }


def _page(
    request: Request,
    shown: Campaign,
    *,
    numbers: Mapping[str, Any],
    whole: Ledger,
    agencies: list[dict[str, Any]],
    services: list[dict[str, Any]],
    weeks: Sequence[Week],
) -> HttpResponse:
    listed = AGENCIES.read(request.GET).listing(agencies)
    needs = sorted_rows(numbers["needs"], dict(Need.choices))
    unreachable = sorted_rows(numbers["unreachable"], dict(ClosingReason.choices))
    is_manager = has_role(request.user, *MANAGERS)
    campaign_url = reverse("workspace:campaign", args=[shown.pk])
    context: dict[str, Any] = {
        "campaign": shown,
        "campaign_url": campaign_url,
        "trail": [("Campagnes", reverse("workspace:campaigns")), (shown.name, campaign_url)]
        if is_manager
        else [(shown.name, campaign_url)],
        "title": reached_title(whole.reached, whole.target),
        "subtitle": f"{shown.name}. {period(shown)}",
        "begun": numbers["outgoing_calls"] > 0,
        "ledger": whole.as_dict(),
        "lists": _lists(shown) if is_manager else {},
        "key_figures": key_figures(numbers, whole.target),
        "weeks": [_week_words(week, weeks) for week in weeks],
        "by_week": [
            {"label": "Appels", "state": "reserved", "values": [week.calls for week in weeks]},
            {"label": "Ménages joints", "state": "reached", "values": [week.reached for week in weeks]},
        ],
        "running": shown.state != CampaignState.CLOSED,
        "agencies": listed,
        "charted": [row["name"] for row in listed.rows[:CHARTED]],
        "more_agencies": max(0, listed.count - CHARTED),
        "by_agency": [
            {"label": label, "state": state, "values": [row[state] for row in listed.rows[:CHARTED]]}
            for state, label in [
                ("reached", "Joints"),
                ("refused", "Refus"),
                ("unreachable", "Injoignables"),
                ("withdrawn", "Retirés"),
            ]
        ]
        + [{"label": "À joindre", "state": "waiting", "values": [row["left"] for row in listed.rows[:CHARTED]]}],
        "shares": ["" if row["share"] is None else percent(row["share"]) for row in listed.rows[:CHARTED]],
        "total": {**whole.as_dict(), "left": whole.waiting + whole.reserved, "share": _share(whole)},
        "services": SERVICES.read(request.GET).listing(services),
        "grades": [
            {"value": value, "next": GRADE_NEXT[value], "count": count} for value, count in numbers["grades"].items()
        ],
        "graded": counted(sum(numbers["grades"].values()), "ménage"),
        "needs": needs,
        "need_names": [row.label for row in needs],
        "by_need": [{"label": "Ménages", "state": "reached", "values": [row.value for row in needs]}],
        "unreachable": unreachable,
        "definitions": DEFINITIONS,
    }
    return render(request, "workspace/figures.html", context)


def _lists(shown: Campaign) -> dict[str, str]:
    """Each state of the ledger leads to its households."""
    return {
        str(state): reverse("workspace:contacts", args=[shown.pk], query={"state": state})
        for state in ContactState.values
    }


def period(shown: Campaign) -> str:
    """« Du 9 novembre au 4 décembre 2026 », « Depuis le …, arrêtés le … à 18 h »."""
    if shown.opened_at is None:
        return "Fermée sans avoir été ouverte"
    opened = timezone.localtime(shown.opened_at).date()
    if shown.closed_at is not None:
        closed = timezone.localtime(shown.closed_at).date()
        start = calendar_day(opened, weekday=False, year=opened.year != closed.year)
        return f"Du {start} au {calendar_day(closed, weekday=False)}"
    now = timezone.localtime()
    return (
        f"Depuis le {calendar_day(opened, weekday=False)}, chiffres arrêtés le "
        f"{calendar_day(now.date(), weekday=False, year=False)} à {clock(now)}"
    )


def _week_words(week: Week, weeks: Sequence[Week]) -> str:
    """« 9 nov. »; the year too when they are not all of one."""
    month = MONTHS[week.monday.month - 1]
    short = month if len(month) < 5 else f"{month[:4] if month.startswith('jui') else month[:3]}."
    year = f"{NBSP}{week.monday.year}" if weeks[0].monday.year != weeks[-1].monday.year else ""
    return f"{week.monday.day}{NBSP}{short}{year}"


# ---- Files


def _file(
    request: Request,
    shown: Campaign,
    kind: str,
    *,
    numbers: Mapping[str, Any],
    whole: Ledger,
    agencies: list[dict[str, Any]],
    services: list[dict[str, Any]],
    weeks: Sequence[Week],
) -> HttpResponseBase:
    """XLSX: one sheet for each part. CSV: every figure on a line, with its part. No name of anybody."""
    now = timezone.now()
    lines = [
        *heading(f"Chiffres de la campagne «\u00a0{shown.name}\u00a0»", now=now, by=request.user.display_name),
        period(shown),
    ]
    record_audit(
        actor=request.user,
        action=AuditAction.EXPORTED,
        subject=shown,
        reason="Chiffres de la campagne",
        detail={"kind": kind},
    )
    parts: list[tuple[str, list[tuple[str, Kind]], list[list[Any]]]] = [
        (
            "Chiffres clés",
            [("Chiffre", "text"), ("Valeur", "number")],
            [[label, numbers[key]] for key, label in _KEY_LABELS]
            + [["Part jointe des appelés", percent(numbers["reached_share"], 1)]],
        ),
        (
            "Compte",
            [("État", "text"), ("Ménages", "number")],
            [*[[label, getattr(whole, value)] for value, label in ContactState.choices], ["Cible", whole.target]],
        ),
        (
            "Par semaine",
            [("Semaine du", "date"), ("au", "date"), ("Appels", "number"), ("Ménages joints", "number")],
            [[week.monday, week.monday + timedelta(days=6), week.calls, week.reached] for week in weeks],
        ),
        (
            "Par agence",
            [(one.title, one.kind) for one in AGENCIES.columns],
            [[row[one.key] for one in AGENCIES.columns] for row in agencies],
        ),
        (
            "Par service",
            [(one.title, one.kind) for one in SERVICES.columns],
            [[row[one.key] for one in SERVICES.columns] for row in services],
        ),
        (
            "Niveaux",
            [("Niveau", "text"), ("Ménages", "number")],
            [[label, numbers["grades"][value]] for value, label in Grade.choices],
        ),
        (
            "Besoins",
            [("Besoin", "text"), ("Ménages", "number")],
            [[row.label, row.value] for row in sorted_rows(numbers["needs"], dict(Need.choices))],
        ),
        (
            "Injoignables",
            [("Raison", "text"), ("Ménages", "number")],
            [[row.label, row.value] for row in sorted_rows(numbers["unreachable"], dict(ClosingReason.choices))],
        ),
    ]
    if kind == "xlsx":
        sheets = [
            Sheet(name, [SheetColumn(title, of) for title, of in columns], rows, lines) for name, columns, rows in parts
        ]
        sheets.append(
            Sheet("Définitions", [SheetColumn("Chiffre"), SheetColumn("Ce qu’il compte", width=90)], DEFINITIONS, lines)
        )
    else:
        flat = [
            [name, row[0], title, value]
            for name, columns, rows in parts
            for row in rows
            for (title, _), value in list(zip(columns, row, strict=True))[1:]
        ]
        titles = ("Partie", "Ligne", "Mesure", "Valeur")
        sheets = [Sheet("Chiffres", [SheetColumn(title) for title in titles], flat, lines)]
    return file_response(kind=kind, sheets=sheets, name=f"chiffres {shown.name}", now=now)


_KEY_LABELS = (
    ("targeted", "Ménages ciblés"),
    ("called", "Ménages appelés"),
    ("outgoing_calls", "Appels sortants"),
    ("reached", "Ménages joints"),
    ("refused", "Refus"),
    ("weekly_recurring", "Rappels chaque semaine"),
    ("referrals", "Mises en relation"),
)
