"""The figures of situations: exact for the team that follows them, without small counts for everybody else."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bienveille.engines.cases.access import following_scope, leading_scope
from bienveille.engines.cases.choices import CaseOutcome, CaseState, Grade
from bienveille.engines.cases.queries import case_figures, caseload
from bienveille.engines.cases.rules import CLOSED_WITHIN_HOURS, TAKEN_WITHIN
from bienveille.engines.cases.rules.figures import ShownDelays, ShownFigures, for_everybody, for_the_team
from bienveille.engines.questionnaires.choices import Need
from bienveille.faces.workspace.forms.figures import CaseFiguresForm
from bienveille.faces.workspace.views import Request
from bienveille.ground.lib.spreadsheets import Column as SheetColumn
from bienveille.ground.lib.spreadsheets import Kind, Sheet
from bienveille.ground.lib.typography import MONTHS, NBSP, calendar_day, counted, duration, number, percent
from bienveille.ground.lib.words import plain
from bienveille.ground.ui.exports import file_response, heading
from bienveille.ground.ui.tables import EXPORTS, Column, Table
from bienveille.register.accounts.access import role_required
from bienveille.register.accounts.choices import AuditAction, Role
from bienveille.register.accounts.operations import record_audit
from bienveille.register.accounts.queries import agencies_within
from bienveille.register.accounts.rules import Scope
from bienveille.register.tenants.access import KEEPERS

#: So many months, this one included: what was closed before is being erased.
MONTHS_SHOWN = 12
#: A chart of more lines than this would be a wall: the table has them all.
CHARTED = 15
HIDDEN, DASH = "masqué", "–"
HIDDEN_WORDS = (
    "de un à quatre, un nombre est masqué, et avec lui ceux qui permettraient de le retrouver par différence\u00a0; "
    "seuls les mois entiers sont comptés"
)
WORKING_DAY = 8
COMMUNES = Table(
    columns=[
        Column("commune", "Commune", sort=True),
        Column("agency", "Agence", sort=True),
        Column("count", "Situations", sort=True, kind="number", down=True),
    ],
    sort="-count",
    name="communes",
    prefix="communes-",
    per_page=50,
    one="commune",
    many="communes",
)
DEFINITIONS = [
    (
        "Situation",
        "Comptée dans le mois où elle s’est ouverte. Celle qu’un appel annulé avait ouverte ne compte pas. "
        "Les situations confidentielles ne sont comptées nulle part.",
    ),
    ("Niveau", "Celui de la situation aujourd’hui\u00a0: le plus grave des signalements qui tiennent encore."),
    ("Besoin", "Les situations où ce besoin est noté. Une situation peut en avoir plusieurs."),
    (
        "Prise en charge",
        "Du signalement à la réponse de quelqu’un, de jour comme de nuit. Un signalement qui arrive dans une "
        "situation déjà suivie n’attend personne et ne compte pas.",
    ),
    (
        "Clôture",
        "De l’ouverture à la dernière clôture. L’échéance se compte en heures ouvrées, huit par jour, jours fériés "
        "déduits\u00a0; elle repart quand la situation est rouverte.",
    ),
    ("Dans le délai", "La part de ce qui était dû\u00a0: fait à temps, sur fait à temps, fait en retard ou en retard."),
    ("En retard", "Fait après l’échéance, ou pas encore fait alors qu’elle est passée."),
    ("Médiane", "La moitié a demandé moins de temps, l’autre moitié plus."),
    (
        "Orientation",
        "Une demande partie chez un partenaire, avec l’accord de la personne. Une réponse compte, quelle qu’elle "
        "soit\u00a0: prise en charge, refus, fin.",
    ),
    ("Rouvertes", "Les situations closes puis rouvertes au moins une fois."),
    (
        "Douze mois",
        "Une situation s’efface un an après sa clôture\u00a0: au-delà de douze mois, les chiffres seraient incomplets.",
    ),
]


@require_safe
@role_required(*KEEPERS, Role.COMMUNICATION)
def case_figures_page(request: Request) -> HttpResponseBase:
    """Twelve months of situations: one's agencies, or the whole landlord as it may be told (15 queries at most)."""
    now = timezone.now()
    scope = following_scope(request.user)
    outside = scope.nothing or request.GET.get("pour") == "tous"
    seen = Scope(everything=True) if outside else scope
    since, until = _span(now, outside=outside)
    agencies = agencies_within(seen)
    form = CaseFiguresForm({"agence": request.GET.get("agence", "")}, agencies=agencies)
    chosen = next((one for one in agencies if form.is_valid() and str(one.pk) == form.cleaned_data["agence"]), None)
    agency = None if outside or chosen is None else chosen.pk
    found = case_figures(seen, since=since, until=until, now=now, agency=agency)
    names: dict[UUID | None, str] = {None: "Sans agence", **{one.pk: one.name for one in agencies}}
    told = _Told(for_everybody(found) if outside else for_the_team(found), names, _months(since, until))
    where = "Tout le bailleur" if outside else chosen.name if chosen else "Vos agences"
    subtitle = f"{where}, {_period(since, until, outside=outside)}"
    if (kind := request.GET.get("export", "")) in EXPORTS:
        return _file(request, told, kind, subtitle=subtitle, outside=outside, now=now)
    leading = leading_scope(request.user)
    loads = [] if outside or leading.nothing or agency else caseload(leading, now, timezone.localdate())
    asked = {"pour": "tous"} if outside and not scope.nothing else {"agence": str(agency)} if agency else {}
    context = {
        "title": _title(told.shown.total),
        "subtitle": subtitle,
        "outside": outside,
        "both": not scope.nothing,
        "form": form if not outside and len(agencies) > 1 else None,
        "told": told,
        "communes": COMMUNES.read(request.GET).listing(told.communes),
        "loads": loads,
        "export_url": "?" + "".join(f"{key}={value}&" for key, value in asked.items()),
        "hidden_words": HIDDEN_WORDS,
        "definitions": DEFINITIONS,
    }
    return render(request, "workspace/case_figures.html", context)


def _span(now: datetime, *, outside: bool) -> tuple[datetime, datetime]:
    """This month and the eleven before it. Outside the team, whole months only: a figure does not move by one case."""
    month = timezone.localtime(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    years, months = divmod(month.year * 12 + month.month - MONTHS_SHOWN, 12)
    first = month.replace(year=years, month=months + 1, tzinfo=None)
    zone = timezone.get_current_timezone()
    return timezone.make_aware(first, zone), timezone.make_aware(month.replace(tzinfo=None), zone) if outside else now


def _months(since: datetime, until: datetime) -> list[date]:
    """The first days of the months of a span."""
    start, end = timezone.localtime(since), timezone.localtime(until)
    count = (end.year - start.year) * 12 + end.month - start.month + (1 if end.day > 1 or end.hour else 0)
    found = (divmod(start.year * 12 + start.month - 1 + rank, 12) for rank in range(max(count, 1)))
    return [date(year, month + 1, 1) for year, month in found]


def _period(since: datetime, until: datetime, *, outside: bool) -> str:
    first = calendar_day(timezone.localtime(since).date(), weekday=False)
    last = timezone.localtime(until).date() - timedelta(days=1 if outside else 0)
    return f"du {first} au {calendar_day(last, weekday=False)}"


def _title(total: int | None) -> str:
    if total is None:
        return "Trop peu de situations pour des chiffres à diffuser"
    if total == 0:
        return "Aucune situation ne s’est ouverte"
    return f"{counted(total, 'situation s’est ouverte', 'situations se sont ouvertes')}"


@dataclass(frozen=True)
class Line:
    """One line of a table: its name, how many; None when it is hidden."""

    label: str
    count: int | None
    detail: str = ""


@dataclass(frozen=True)
class DelayLine:
    """The delays of one grade, in words."""

    grade: str
    due: str
    delays: ShownDelays

    @property
    def share(self) -> str:
        return DASH if self.delays.share is None else percent(self.delays.share)

    @property
    def median(self) -> str:
        return DASH if self.delays.median is None else duration(self.delays.median)


@dataclass(frozen=True)
class PartnerLine:
    """What one partner was asked, what it answered."""

    label: str
    sent: int | None
    answered: int | None
    share: str


@dataclass(frozen=True)
class _Told:
    """The figures as the page, the charts and the files tell them."""

    shown: ShownFigures
    names: Mapping[UUID | None, str]
    months: Sequence[date]

    @cached_property
    def key_figures(self) -> list[dict[str, str]]:
        closed, reopened = self.shown.states.get(CaseState.CLOSED, 0), self.shown.reopened
        waiting, followed = self.shown.states.get(CaseState.NEW, 0), self.shown.states.get(CaseState.FOLLOWED, 0)
        return [
            {"value": _words(waiting), "label": "à prendre en charge"},
            {"value": _words(followed), "label": "suivies"},
            {"value": _words(closed), "label": "closes"},
            {"value": _words(reopened), "label": "rouvertes"},
        ]

    @cached_property
    def grades(self) -> list[dict[str, Any]]:
        return [
            {"value": grade.value, "label": grade.label, "count": self.shown.grades[grade]}
            for grade in reversed(Grade)
            if grade in self.shown.grades
        ]

    @cached_property
    def needs(self) -> list[Line]:
        return _lines(self.shown.needs, dict(Need.choices))

    @cached_property
    def outcomes(self) -> list[Line]:
        return _lines(self.shown.outcomes, dict(CaseOutcome.choices))

    @cached_property
    def agencies(self) -> list[Line]:
        return _lines(self.shown.agencies, self.names)

    @cached_property
    def communes(self) -> list[dict[str, Any]]:
        return [
            {"commune": name, "agency": self.names.get(agency, ""), "count": count}
            for (agency, name), count in self.shown.communes.items()
        ]

    @cached_property
    def month_names(self) -> list[str]:
        return [month_words(month) for month in self.months]

    @cached_property
    def by_month(self) -> list[dict[str, Any]]:
        return [
            {"label": "Ouvertes", "state": "reserved", "values": self._monthly(self.shown.opened)},
            {"label": "Closes", "state": "reached", "values": self._monthly(self.shown.closed)},
        ]

    def _monthly(self, counts: Mapping[date, int | None]) -> list[int | None]:
        return [counts.get(month, 0) for month in self.months]

    @cached_property
    def taking(self) -> list[DelayLine]:
        return [
            DelayLine(grade, duration(TAKEN_WITHIN[grade].total_seconds()), one)
            for grade, one in self.shown.taking.items()
        ]

    @cached_property
    def closing(self) -> list[DelayLine]:
        return [
            DelayLine(grade, counted(CLOSED_WITHIN_HOURS[grade] // WORKING_DAY, "jour ouvré", "jours ouvrés"), one)
            for grade, one in self.shown.closing.items()
        ]

    @cached_property
    def partners(self) -> list[PartnerLine]:
        found = [
            PartnerLine(name, one.sent, one.answered, DASH if one.share is None else percent(one.share))
            for name, one in self.shown.partners.items()
        ]
        return sorted(found, key=lambda one: (one.sent is None, -(one.sent or 0), plain(one.label)))

    @cached_property
    def need_chart(self) -> dict[str, Any]:
        return _chart(self.needs)

    @cached_property
    def agency_chart(self) -> dict[str, Any]:
        return _chart(self.agencies)


def _chart(lines: Sequence[Line]) -> dict[str, Any]:
    charted = lines[:CHARTED]
    return {
        "names": [one.label for one in charted],
        "series": [{"label": "Situations", "state": "reached", "values": [one.count for one in charted]}],
        "more": len(lines) > CHARTED,
    }


def _lines[K](counts: Mapping[K, int | None], labels: Mapping[Any, str]) -> list[Line]:
    """The largest first; what is hidden last, in the order of names, so that its place says nothing."""
    found = [Line(labels.get(key, str(key)), count) for key, count in counts.items() if count != 0]
    return sorted(found, key=lambda one: (one.count is None, -(one.count or 0), plain(one.label)))


def _words(count: int | None) -> str:
    return DASH if count is None else number(count)


def month_words(month: date) -> str:
    """« nov. 2026 »."""
    name = MONTHS[month.month - 1]
    short = name if len(name) < 5 else f"{name[:4] if name.startswith('jui') else name[:3]}."
    return f"{short}{NBSP}{month.year}"


# ---- Files


def _file(request: Request, told: _Told, kind: str, *, subtitle: str, outside: bool, now: datetime) -> HttpResponseBase:
    """XLSX: one sheet for each part. CSV: every figure on a line, with its part. No name of anybody."""
    lines = [*heading("Chiffres des situations", now=now, by=request.user.display_name), subtitle]
    lines.append(f"À diffuser\u00a0: {HIDDEN_WORDS}" if outside else "Pour l’équipe\u00a0: ne pas diffuser tel quel")
    record_audit(
        actor=request.user,
        action=AuditAction.EXPORTED,
        subject_type="cases.Case",
        reason="Chiffres des situations",
        detail={"kind": kind, "for": "everybody" if outside else "team"},
    )
    count: list[tuple[str, Kind]] = [("Situations", "number")]
    delays: list[tuple[str, Kind]] = [
        ("Délai", "text"), ("Demandes", "number"), ("Dans le délai", "number"), ("En retard", "number"),
        ("Pas encore dues", "number"), ("Part dans le délai", "percent"), ("Médiane", "text"),
    ]  # fmt: skip
    months = zip(told.month_names, *(one["values"] for one in told.by_month), strict=True)
    parts: list[tuple[str, list[tuple[str, Kind]], list[list[Any]]]] = [
        (
            "Ensemble",
            [("Chiffre", "text"), *count],
            [
                ["Ouvertes", told.shown.total],
                *[[label, told.shown.states.get(value, 0)] for value, label in CaseState.choices],
                ["Rouvertes", told.shown.reopened],
            ],
        ),
        ("Par mois", [("Mois", "text"), ("Ouvertes", "number"), ("Closes", "number")], [list(row) for row in months]),
        ("Par niveau", [("Niveau", "text"), *count], [[one["label"], one["count"]] for one in told.grades]),
        ("Par besoin", [("Besoin", "text"), *count], [[one.label, one.count] for one in told.needs]),
        ("Par agence", [("Agence", "text"), *count], [[one.label, one.count] for one in told.agencies]),
        (
            "Par commune",
            [("Commune", "text"), ("Agence", "text"), *count],
            [[one["commune"], one["agency"], one["count"]] for one in told.communes],
        ),
        (
            "Par partenaire",
            [("Partenaire", "text"), ("Orientations", "number"), ("Réponses", "number"), ("Part répondue", "text")],
            [[one.label, one.sent, one.answered, one.share] for one in told.partners],
        ),
        ("Prise en charge", [("Niveau", "text"), *delays], [_delay_row(one) for one in told.taking]),
        ("Clôture", [("Niveau", "text"), *delays], [_delay_row(one) for one in told.closing]),
        ("Comment elles se closent", [("Fin", "text"), *count], [[one.label, one.count] for one in told.outcomes]),
    ]
    if kind == "xlsx":
        sheets = [
            Sheet(name, [SheetColumn(title, of) for title, of in columns], [_masked(row) for row in rows], lines)
            for name, columns, rows in parts
        ]
        sheets.append(
            Sheet("Définitions", [SheetColumn("Chiffre"), SheetColumn("Ce qu’il compte", width=90)], DEFINITIONS, lines)
        )
    else:
        flat = [
            [name, " / ".join(str(cell) for cell in row[: _labels(columns)]), title, value]
            for name, columns, rows in parts
            for row in map(_masked, rows)
            for (title, _), value in list(zip(columns, row, strict=True))[_labels(columns) :]
        ]
        titles = ("Partie", "Ligne", "Mesure", "Valeur")
        sheets = [Sheet("Chiffres", [SheetColumn(title) for title in titles], flat, lines)]
    return file_response(kind=kind, sheets=sheets, name="chiffres situations", now=now)


def _labels(columns: Sequence[tuple[str, Kind]]) -> int:
    """How many columns name a line: communes are named with their agency."""
    return 2 if columns[1][0] == "Agence" else 1


def _masked(row: Iterable[Any]) -> list[Any]:
    return [HIDDEN if cell is None else cell for cell in row]


def _delay_row(one: DelayLine) -> list[Any]:
    delays = one.delays
    share = DASH if delays.share is None else delays.share
    return [
        Grade(one.grade).label, one.due, delays.asked, delays.in_time, delays.late, delays.running, share, one.median
    ]  # fmt: skip
