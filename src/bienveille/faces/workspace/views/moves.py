"""Entries, exits, turnover and vacancy: chosen days, one chart, tables by agency, territory and month, as files too."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from bienveille.faces.workspace.views import Request
from bienveille.ground.lib.spreadsheets import Column as SheetColumn
from bienveille.ground.lib.spreadsheets import Sheet
from bienveille.ground.lib.typography import calendar_day, counted, number, percent
from bienveille.ground.platform.refusal import Refusal
from bienveille.ground.ui.exports import file_response, heading
from bienveille.ground.ui.flash import Undo, say_done
from bienveille.ground.ui.tables import Column, Table
from bienveille.register.accounts.access import MANAGERS, role_required
from bienveille.register.accounts.choices import AuditAction, Role
from bienveille.register.accounts.models import Agency
from bienveille.register.accounts.operations import record_audit
from bienveille.register.accounts.queries import agencies_within
from bienveille.services.letting import operations
from bienveille.services.letting.access import arranges_territories, managing_scope
from bienveille.services.letting.forms import PeriodForm, TerritoryForm
from bienveille.services.letting.queries.moves import (
    Known,
    departments_held,
    leases_known,
    moves,
    stock,
    territories,
)
from bienveille.services.letting.rules.definitions import Definition, definitions_on, measures_on
from bienveille.services.letting.rules.moves import Figures, Report, department_name, report
from bienveille.services.letting.rules.periods import (
    Period,
    month_short,
    month_words,
    period_choices,
    read_period,
)


def _table(name: str, first: Column, columns: Sequence[Column], one: str, many: str) -> Table:
    return Table(
        columns=[first, *columns], sort=first.key, name=name, prefix=f"{name}-", per_page=500, one=one, many=many
    )


def _count(key: str, title: str) -> Column:
    return Column(key, title, sort=True, kind="number", down=True)


def _share(key: str, title: str) -> Column:
    return Column(key, title, sort=True, kind="percent", down=True)


MOVES = (
    _count("entries", "Entrées"),
    _count("entries_per_month", "Entrées par mois"),
    _count("exits", "Sorties"),
    _count("exits_per_month", "Sorties par mois"),
    _count("settled", "Logements comptés"),
    _share("turnover", "Rotation"),
)
VACANCY = (
    _count("offered", "Loués ou proposés"),
    _count("vacant", "Vacants"),
    _share("vacancy", "Vacance"),
    _count("long_vacant", "Plus de 3 mois"),
    _share("long_vacancy", "Commerciale"),
    _count("technical", "Technique"),
)
AGENCIES = _table("agences", Column("name", "Agence", sort=True), MOVES, "agence", "agences")
TERRITORIES = _table("territoires", Column("name", "Territoire", sort=True), MOVES, "territoire", "territoires")
EMPTY = _table("vacance", Column("name", "Agence", sort=True), VACANCY, "agence", "agences")
MONTHS = _table(
    "mois",
    Column("month", "Mois", sort=True, kind="date"),
    (_count("entries", "Entrées"), _count("exits", "Sorties"), _count("balance", "Solde")),
    "mois",
    "mois",
)


@require_safe
@role_required(*MANAGERS)
def moves_page(request: Request) -> HttpResponseBase:
    """The moves of one's agencies (6 queries, whatever the number of leases)."""
    today = timezone.localdate()
    scope = managing_scope(request.user)
    agencies = agencies_within(scope)
    asked = {name: request.GET.get(name, "")[:20] for name in ("periode", "du", "au")}
    period = read_period(asked["periode"], asked["du"], asked["au"], today)
    chosen = next((one for one in agencies if one.code == request.GET.get("agence", "")), None)
    agency = chosen.pk if chosen else None
    measures = measures_on(period.last)
    found = report(
        period,
        moves(period, measures, scope=scope, agency=agency),
        stock(period.last, measures, scope=scope, agency=agency),
        territories(),
    )
    known = leases_known(scope=scope, agency=agency)
    if (kind := request.GET.get("export", "")) in ("xlsx", "csv"):
        return _file(request, found, kind, chosen, known)
    return _page(request, found, agencies, chosen, known)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.ADMINISTRATOR, Role.DIRECTOR)
def territories_page(request: Request) -> HttpResponse:
    """Départements counted together under a name of the landlord's own, for who covers everything (3 queries)."""
    if not arranges_territories(request.user):
        raise PermissionDenied
    held, grouped = departments_held(scope=managing_scope(request.user)), territories()
    names = [(code, f"{department_name(code)} ({code})") for code in sorted({*held, *grouped})]
    adding = request.method == "POST" and "name" in request.POST
    form = TerritoryForm(request.POST if adding else None, departments=names)
    refusal: Refusal | None = None
    if request.method == "POST" and (not adding or form.is_valid()):
        try:
            _arrange(request, form if adding else None)
        except Refusal as raised:
            refusal = raised
        else:
            return redirect("workspace:territories")
    rows: dict[str, list[str]] = {}
    for code, name in grouped.items():
        rows.setdefault(name, []).append(department_name(code))
    context = {
        "form": form,
        "refusal": refusal,
        "trail": [("Entrées et sorties", reverse("workspace:moves"))],
        "rows": [{"name": name, "departments": ", ".join(parts)} for name, parts in sorted(rows.items())],
        "known": bool(names),
    }
    return render(request, "workspace/territories.html", context, status=422 if request.method == "POST" else 200)


def _arrange(request: Request, form: TerritoryForm | None) -> None:
    """A territory is saved, undone or put back, by what was sent."""
    address = reverse("workspace:territories")
    if form is not None:
        name = form.cleaned_data["name"]
        operations.save_territory(actor=request.user, name=name, departments=form.cleaned_data["departments"])
        messages.success(request, f"Le territoire «\u00a0{name}\u00a0» est enregistré.")
    elif back := request.POST.get("put_back", ""):
        name, _, codes = back.rpartition(":")
        operations.save_territory(actor=request.user, name=name, departments=codes.split(","))
        messages.success(request, f"Le territoire «\u00a0{name}\u00a0» est remis.")
    else:
        name = request.POST.get("remove", "")[:80]
        if codes_removed := operations.remove_territory(actor=request.user, name=name):
            undo = Undo(url=address, name="put_back", value=f"{name}:{','.join(codes_removed)}", label="Le remettre")
            say_done(request, f"Les départements de «\u00a0{name}\u00a0» comptent de nouveau séparément.", undo=undo)


def _row(line: Figures) -> dict[str, Any]:
    """A line as its tables read it: plain numbers."""
    return {
        "name": line.name,
        "entries": line.entries,
        "entries_per_month": _plain(line.entries_per_month),
        "exits": line.exits,
        "exits_per_month": _plain(line.exits_per_month),
        "balance": line.balance,
        "settled": line.settled,
        "turnover": _plain(line.turnover),
        "offered": line.offered,
        "vacant": line.vacant,
        "vacancy": _plain(line.vacancy),
        "long_vacant": line.long_vacant,
        "long_vacancy": _plain(line.long_vacancy),
        "technical": line.technical,
    }


def _plain(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def _month_rows(found: Report) -> list[dict[str, Any]]:
    return [
        {"month": month, "words": month_words(month), **_row(line)}
        for month, line in zip(found.period.months, found.by_month, strict=True)
    ]


def _page(request: Request, found: Report, agencies: list[Agency], chosen: Agency | None, known: Known) -> HttpResponse:
    period, whole = found.period, found.whole
    months = _month_rows(found)
    scope = managing_scope(request.user)
    initial = {
        "periode": period.key,
        "du": f"{period.first:%Y-%m}",
        "au": f"{period.last:%Y-%m}",
        "agence": chosen.code if chosen else "",
    }
    context: dict[str, Any] = {
        "form": PeriodForm(
            initial=initial,
            periods=period_choices(timezone.localdate()),
            agencies=[(one.code, one.name) for one in agencies],
        ),
        "several": len(agencies) > 1,
        "title": f"{counted(whole.entries, 'entrée')}, {counted(whole.exits, 'sortie')}",
        "subtitle": _subtitle(period, agencies, chosen, everything=scope.everything),
        "period": period,
        "last_day": calendar_day(period.last, weekday=False),
        "whole": whole,
        "total": _row(whole),
        "key_figures": _key_figures(found),
        "month_names": [month_short(row["month"]) for row in months],
        "by_month": [
            {"label": "Entrées", "state": "reached", "values": [row["entries"] for row in months]},
            {"label": "Sorties", "state": "reserved", "values": [row["exits"] for row in months]},
        ],
        "agencies": AGENCIES.read(request.GET).listing([_row(line) for line in found.by_agency]),
        "territories": TERRITORIES.read(request.GET).listing([_row(line) for line in found.by_territory]),
        "vacancy": EMPTY.read(request.GET).listing([_row(line) for line in found.by_agency]),
        "months": MONTHS.read(request.GET).listing(months),
        "set_aside": _set_aside(found, known),
        "definitions": definitions_on(period.last),
        "export_url": _export_address(request),
        "may_arrange": arranges_territories(request.user),
    }
    return render(request, "workspace/moves.html", context)


def _export_address(request: Request) -> str:
    query = request.GET.copy()
    query.pop("export", None)
    return f"?{query.urlencode()}&" if query else "?"


def _subtitle(period: Period, agencies: list[Agency], chosen: Agency | None, *, everything: bool) -> str:
    words = period.words[:1].upper() + period.words[1:]
    if chosen is not None:
        return f"{words}. {chosen.name}"
    if everything:
        return f"{words}. Tout le patrimoine"
    return f"{words}. {', '.join(one.name for one in agencies)}"


def _key_figures(found: Report) -> list[dict[str, str]]:
    """The five figures of the head, each with what it is set beside."""
    whole, period = found.whole, found.period
    turnover = "–" if whole.turnover is None else percent(_plain(whole.turnover) or 0, 2)
    return [
        {
            "value": number(whole.entries),
            "label": "entrées",
            "detail": f"{number(_plain(whole.entries_per_month) or 0, 0)} par mois",
        },
        {
            "value": number(whole.exits),
            "label": "sorties",
            "detail": f"{number(_plain(whole.exits_per_month) or 0, 0)} par mois",
        },
        {"value": turnover, "label": "rotation", "detail": _turnover_words(whole, period)},
        {
            "value": "–" if whole.vacancy is None else percent(_plain(whole.vacancy) or 0, 2),
            "label": "vacance",
            "detail": f"{counted(whole.vacant, 'logement')} au {calendar_day(period.last, weekday=False, year=False)}",
        },
        {
            "value": number(whole.long_vacant),
            "label": "vacants depuis plus de 3 mois",
            "detail": "" if whole.long_vacancy is None else percent(_plain(whole.long_vacancy) or 0, 2),
        },
    ]


def _turnover_words(whole: Figures, period: Period) -> str:
    """Of what the turnover is; another length than a year is said, with what it would give in a year."""
    if whole.yearly_turnover is None:
        return "aucun logement à compter"
    if period.is_a_year:
        return f"sur {counted(whole.settled, 'logement')}"
    return f"sur la période, soit {percent(float(whole.yearly_turnover), 2)} par an au même rythme"


def _set_aside(found: Report, known: Known) -> list[str]:
    """What the figures leave out, or hold with a doubt; nothing is left out in silence."""
    whole, first = found.whole, known.first_exit
    lines = [
        (whole.renewed, "bail renouvelé dans le même logement", "baux renouvelés dans le même logement", ""),
        (
            whole.with_stock,
            "bail repris ou fermé avec un lot de logements",
            "baux repris ou fermés avec un lot de logements",
            "",
        ),
        (known.undated, "bail sans date d’entrée", "baux sans date d’entrée", ""),
        (
            whole.uncertain,
            "entrée le lendemain d’une sortie dont les occupants ne sont plus connus",
            "entrées le lendemain d’une sortie dont les occupants ne sont plus connus",
            "\u00a0: comptées, peut-être à tort",
        ),
        (
            whole.unlisted,
            "logement déclaré loué, sans bail ici",
            "logements déclarés loués, sans bail ici",
            "\u00a0: hors des taux",
        ),
        (
            whole.later,
            "logement dont le premier bail connu est plus récent",
            "logements dont le premier bail connu est plus récent",
            "\u00a0: hors des taux",
        ),
        (
            whole.association + whole.other,
            "logement confié à une association ou occupé autrement",
            "logements confiés à une association ou occupés autrement",
            "\u00a0: hors des taux",
        ),
        (whole.gone, "logement vendu ou pas encore repris", "logements vendus ou pas encore repris", ""),
        (
            whole.undated_service,
            "logement dont l’année de construction manque",
            "logements dont l’année de construction manque",
            "\u00a0: comptés dans la rotation",
        ),
        (whole.undated, "logement vacant depuis une date inconnue", "logements vacants depuis une date inconnue", ""),
    ]
    said = [f"{counted(count, one, many)}{end}" for count, one, many, end in lines if count]
    if first is not None and first.replace(day=1) > found.period.first:
        day = calendar_day(first, weekday=False)
        said.insert(0, f"La plus ancienne sortie connue est du {day}\u00a0: avant, il en manque peut-être")
    return said


# ---- Files


def _file(request: Request, found: Report, kind: str, chosen: Agency | None, known: Known) -> HttpResponseBase:
    """XLSX: one sheet for each table. CSV: every figure on a line, with its part. Nobody's name is in them."""
    now = timezone.now()
    agencies = agencies_within(managing_scope(request.user))
    everything = managing_scope(request.user).everything
    lines = [
        *heading("Entrées, sorties, rotation et vacance", now=now, by=request.user.display_name),
        _subtitle(found.period, agencies, chosen, everything=everything),
    ]
    record_audit(
        actor=request.user,
        action=AuditAction.EXPORTED,
        subject_type="letting.Moves",
        reason="Entrées et sorties",
        detail={"kind": kind, "period": found.period.words},
    )
    parts: list[tuple[str, Table, list[dict[str, Any]]]] = [
        ("Par agence", AGENCIES, [_row(line) for line in [*found.by_agency, found.whole]]),
        ("Par territoire", TERRITORIES, [_row(line) for line in [*found.by_territory, found.whole]]),
        ("Par mois", MONTHS, _month_rows(found)),
        ("Vacance", EMPTY, [_row(line) for line in [*found.by_agency, found.whole]]),
    ]
    notes = [(one.label, one.text, one.source, _checked(one)) for one in definitions_on(found.period.last)]
    aside = [("À savoir", words, "", "") for words in _set_aside(found, known)]
    if kind == "xlsx":
        sheets = [
            Sheet(
                name,
                [SheetColumn(column.title, column.kind) for column in table.columns],
                [[column.of(row) for column in table.columns] for row in rows],
                lines,
            )
            for name, table, rows in parts
        ]
        titles = [SheetColumn("Chiffre"), SheetColumn("Ce qu’il compte", width=90), SheetColumn("Source", width=40)]
        sheets.append(Sheet("Définitions", [*titles, SheetColumn("Vérification")], [*notes, *aside], lines))
    else:
        flat = [
            [
                name,
                row["words"] if table is MONTHS else row["name"],
                column.title,
                percent(column.of(row), 2)
                if column.kind == "percent" and column.of(row) is not None
                else column.of(row),
            ]
            for name, table, rows in parts
            for row in rows
            for column in table.columns[1:]
        ]
        columns = [SheetColumn(title) for title in ("Partie", "Ligne", "Mesure", "Valeur")]
        sheets = [Sheet("Mouvements", columns, flat, lines)]
    return file_response(kind=kind, sheets=sheets, name="entrees et sorties", now=now)


def _checked(one: Definition) -> str:
    if one.unchecked:
        return "Non vérifié"
    return f"Vérifié le {calendar_day(one.checked_on, weekday=False)}" if one.checked_on else ""
