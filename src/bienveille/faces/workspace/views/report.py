"""The report of a campaign: on screen, as a PDF for people, as an open file that other landlords can compare."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_safe

from bienveille.engines.dispatch.choices import ClosingReason, ContactState
from bienveille.engines.questionnaires.choices import Need
from bienveille.faces.workspace.rules import key_figures, reached_title, sorted_rows
from bienveille.faces.workspace.views import Request
from bienveille.faces.workspace.views.coordination import opened_campaign, trail_of
from bienveille.faces.workspace.views.figures import DEFINITIONS, period
from bienveille.ground.lib.typography import calendar_day, counted, number, percent, plural, quoted, spaced
from bienveille.ground.platform.pdf import pdf_from
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.access import MANAGERS, role_required
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.operations import record_audit
from bienveille.register.accounts.queries import landlord
from bienveille.services.outreach import operations
from bienveille.services.outreach.access import may_change
from bienveille.services.outreach.choices import Grade
from bienveille.services.outreach.forms import LessonForm
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.queries import CampaignReport, Delays, campaign_report
from bienveille.services.outreach.rules import FLOOR, open_figures

INVALID = 422
TEMPLATE = Path(__file__).parent.parent / "documents" / "campaign_report.typ"
FORMAT = "bienveille.campaign-report"
METHOD = [
    "La cible est arrêtée à l’ouverture. Chaque ménage y est dans un seul état, et les états s’y additionnent.",
    "Les appels sont comptés un par un. Un appel annulé par l’appelant ne compte nulle part.",
    "Un ménage est joint quand une conversation a eu lieu. Il compte une fois, quel que soit le nombre d’appels.",
    "Le niveau est celui que l’appelant a donné en dernier. Les besoins sont ceux que les personnes ont dits, jamais "
    "leurs causes.",
]
QUOTED = "Phrases citées avec l’accord de chaque personne, relues, sans nom ni lieu."
SUPPRESSION = (
    "Un nombre de un à neuf n’est pas publié : il vaut null. Quand une somme est connue, une autre de ses parts l’est "
    "aussi, pour qu’une soustraction ne le redonne pas. Zéro est publié."
)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def report(request: Request, campaign_id: UUID) -> HttpResponse:
    """What the report will say, and the words of who led the campaign (9 queries at most)."""
    shown = opened_campaign(request, campaign_id)
    found = campaign_report(shown, on=timezone.localdate())
    writes = may_change(request.user, shown)
    form = LessonForm(request.POST if request.method == "POST" else None, initial={"text": found.lesson})
    if request.method == "POST" and writes and form.is_valid():
        try:
            operations.write_lesson(
                campaign_id=shown.pk, actor=request.user, text=form.cleaned_data["text"], now=timezone.now()
            )
        except Refusal as refused:
            form.add_error("text", str(refused))
        else:
            messages.success(request, "Vos mots sont gardés : ils seront dans le bilan.")
            return redirect("workspace:campaign_report", shown.pk)
    context = {
        "campaign": shown,
        "trail": trail_of(shown),
        "form": form if writes else None,
        "lesson": found.lesson,
        "title": reached_title(found.ledger.reached, found.ledger.target),
        "subtitle": f"{shown.name}. {period(shown)}",
        "ledger": found.ledger.as_dict(),
        "key_figures": key_figures(found.figures, found.ledger.target),
        "unreachable": sorted_rows(found.figures["unreachable"], dict(ClosingReason.choices)),
        "delays": _delays(found.delays),
        "quotes": found.quotes,
        "quoted_words": QUOTED,
        "method": METHOD,
    }
    return render(request, "workspace/report.html", context, status=INVALID if request.method == "POST" else 200)


@require_safe
@role_required(*MANAGERS)
def report_pdf(request: Request, campaign_id: UUID) -> HttpResponse:
    """The report for people, every figure exact; who took it is audited (7 queries)."""
    shown = opened_campaign(request, campaign_id)
    content = pdf_from(TEMPLATE, _document(shown, campaign_report(shown, on=timezone.localdate())))
    return _taken(request, shown, "pdf", HttpResponse(content, content_type="application/pdf"))


@require_safe
@role_required(*MANAGERS)
def report_json(request: Request, campaign_id: UUID) -> HttpResponse:
    """The report for other landlords, without a small number; who took it is audited (7 queries)."""
    shown = opened_campaign(request, campaign_id)
    told = open_report(shown, campaign_report(shown, on=timezone.localdate()))
    answer = JsonResponse(told, json_dumps_params={"ensure_ascii": False, "indent": 2})
    return _taken(request, shown, "json", answer)


def _taken(request: Request, shown: Campaign, kind: str, response: HttpResponse) -> HttpResponse:
    record_audit(
        actor=request.user,
        action=AuditAction.EXPORTED,
        subject=shown,
        reason="Bilan de la campagne",
        detail={"kind": kind},
    )
    name = f"bilan-{slugify(shown.name)}-{timezone.localdate().isoformat()}.{kind}"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response


def open_report(shown: Campaign, found: CampaignReport) -> dict[str, Any]:
    """The shape of `docs/contracts/report.schema.json`: no personal data, no small number, definitions inside."""
    own = landlord()
    delays = found.delays
    weeks = [(week.monday.isoformat(), week.calls, week.reached) for week in found.weeks]
    told = open_figures(found.figures, found.ledger.as_dict(), weeks)
    return {
        "format": FORMAT,
        "version": 1,
        "landlord": {"name": own.name if own else "", "kind": own.kind if own else ""},
        "campaign": {
            "name": shown.name,
            "purpose": shown.purpose,
            "state": shown.state,
            "opened_on": _iso(shown.opened_at),
            "closed_on": _iso(shown.closed_at),
        },
        "made_on": timezone.localdate().isoformat(),
        "unit": "household",
        **told,
        "delays": {
            "first_call_days_median": _rounded(delays.first_call_days),
            "reached_days_median": _rounded(delays.reached_days),
            "calls_per_household_reached": _rounded(delays.attempts_each),
            "referrals_taken_hours_median": _rounded(delays.taken_hours) if delays.taken >= FLOOR else None,
        },
        "verbatims": [one.words for one in found.quotes],
        "suppression": {"below": FLOOR, "rule": SUPPRESSION},
        "definitions": [{"term": term, "counts": words} for term, words in DEFINITIONS],
        "method": METHOD,
    }


def _iso(moment: Any) -> str | None:
    return timezone.localtime(moment).date().isoformat() if moment else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _document(shown: Campaign, found: CampaignReport) -> dict[str, Any]:
    """The PDF's data: every figure exact, for the landlord itself."""
    own = landlord()
    numbers, whole = found.figures, found.ledger
    keys = key_figures(numbers, whole.target)
    parts = [
        _part("L’essentiel", words=[f"{reached_title(whole.reached, whole.target)}."], columns=["Chiffre", "Valeur"],
              rows=[[one.label.capitalize(), _value(one.value, one.detail)] for one in keys]),
        _part("Le compte", words=["Chaque ménage est dans un seul état, et leur somme fait la cible."],
              columns=["État", "Ménages"],
              rows=[*[[label, number(getattr(whole, value))] for value, label in ContactState.choices],
                    ["Cible", number(whole.target)]]),
        _part("Pourquoi certains n’ont pas été joints", columns=["Raison", "Ménages"],
              rows=[[row.label, number(row.value)]
                    for row in sorted_rows(numbers["unreachable"], dict(ClosingReason.choices))]),
        _part("Par agence", columns=["Agence", "Cible", "Appelés", "Joints", "Part des appelés"],
              rows=[_agency(name, part) for name, part in numbers["by_agency"].items()]),
        _part("Par service des appelants", columns=["Service", "Appels", "Ménages appelés", "Joints"],
              rows=[[name, number(part["outgoing_calls"]), number(part["called"]), number(part["reached"])]
                    for name, part in numbers["by_service"].items()]),
        _part("Semaine par semaine", columns=["Semaine du", "Appels", "Ménages joints"],
              rows=[[calendar_day(week.monday, weekday=False), number(week.calls), number(week.reached)]
                    for week in found.weeks]),
        _part("Niveaux donnés", columns=["Niveau", "Ménages"],
              rows=[[label, number(numbers["grades"][value])] for value, label in Grade.choices]),
        _part("Besoins relevés", words=["Un ménage peut en avoir plusieurs."], columns=["Besoin", "Ménages"],
              rows=[[row.label, number(row.value)] for row in sorted_rows(numbers["needs"], dict(Need.choices))]),
        _part("Délais", words=_delays(found.delays)),
        _part("Ce que les personnes en disent", words=[QUOTED] if found.quotes else [],
              quotes=[quoted(one.words) for one in found.quotes]),
        _part("Ce que nous avons appris", words=[one for one in found.lesson.split("\n") if one.strip()]),
        _part("Méthode", words=[*METHOD, *[f"{term} : {words}" for term, words in DEFINITIONS]]),
    ]  # fmt: skip
    made = ", ".join(filter(None, [own.name if own else "", calendar_day(timezone.localdate())])) + "."
    return {
        "title": f"Bilan de la campagne «\u00a0{shown.name}\u00a0»",
        "landlord": own.name if own else "",
        "words": [
            made,
            f"{period(shown)}.",
            spaced(
                "Ce bilan donne les nombres exacts : gardez-le dans la maison. Pour le publier ou vous comparer, le "
                "fichier ouvert tait ceux de un à neuf."
            ),
        ],
        "parts": [part for part in parts if part["rows"] or part["words"] or part["quotes"]],
    }


def _part(
    title: str,
    *,
    words: list[str] | None = None,
    columns: list[str] | None = None,
    rows: list[list[str]] | None = None,
    quotes: list[str] | None = None,
) -> dict[str, Any]:
    """One part of the PDF; a table without a row, and words that only announce it, are left out."""
    kept = [spaced(sentence) for sentence in words or []]
    if columns and not rows:
        kept, columns = [], []
    return {"title": title, "words": kept, "columns": columns or [], "rows": rows or [], "quotes": quotes or []}


def _value(value: int, detail: str) -> str:
    return f"{number(value)} ({detail})" if detail else number(value)


def _agency(name: str, part: Mapping[str, Any]) -> list[str]:
    share = percent(part["reached_share"], 1) if part["called"] else "–"
    return [name, number(part["targeted"]), number(part["called"]), number(part["reached"]), share]


def _delays(delays: Delays) -> list[str]:
    """« La moitié des ménages a eu un premier appel dans les 3 jours. »"""
    sentences = []
    if delays.first_call_days is not None:
        sentences.append(f"La moitié des ménages appelés l’a été {_within(delays.first_call_days)}.")
    if delays.reached_days is not None:
        sentences.append(f"La moitié des ménages joints l’a été {_within(delays.reached_days)}.")
    if delays.attempts_each is not None:
        each = number(round(delays.attempts_each, 1))
        sentences.append(f"Un ménage joint a demandé {each} appels en moyenne, rappels compris.")
    if delays.referrals:
        given = counted(delays.referrals, "situation a été confiée", "situations ont été confiées")
        taken = plural(delays.taken_in_time, "a été prise", "ont été prises")
        sentences.append(f"{given} ; {number(delays.taken_in_time)} {taken} en charge dans le délai.")
    return sentences


def _within(days: float) -> str:
    whole = round(days)
    return "le premier jour" if whole < 2 else f"dans les {counted(whole, 'jour')} qui suivent l’ouverture"
