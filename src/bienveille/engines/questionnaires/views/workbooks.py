"""XLSForm workbooks: what is understood of them, one looked at before it becomes a draft, any version as a workbook."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bienveille.engines.questionnaires import operations, rules
from bienveille.engines.questionnaires.access import get_guide_for, get_version_for, writer_required
from bienveille.engines.questionnaires.choices import Need
from bienveille.engines.questionnaires.forms import BringInForm, TitleForm, WorkbookForm
from bienveille.engines.questionnaires.queries import get_definition, list_current
from bienveille.engines.questionnaires.views import INVALID, READING, Request, trail
from bienveille.ground.lib.spreadsheets import Column, Sheet
from bienveille.ground.lib.typography import counted
from bienveille.ground.platform.refusal import Refusal
from bienveille.ground.ui.exports import file_response

#: (type, what it becomes, what to write in the other columns), as the page of help shows them.
TYPES = [
    ("begin_group … end_group", "Une partie du questionnaire", "label\u00a0: son titre. Pas de groupe dans un groupe."),
    ("note", "Un conseil que l’appelant dit", "label\u00a0: les mots à dire."),
    ("text", "Une réponse libre", "constraint\u00a0: string-length(.) <= 200 limite sa longueur (500 sinon)."),
    ("integer", "Un nombre entier", "constraint\u00a0: . >= 0 and . <= 20 lui donne des bornes."),
    ("decimal", "Un nombre à virgule", "Deux décimales, ou celles de bienveille::decimals."),
    ("date", "Un jour", ""),
    ("select_one liste", "Un seul choix", "Les choix sont dans la feuille choices, sous le nom de la liste."),
    ("select_multiple liste", "Plusieurs choix", "De même."),
    ("range", "Une échelle", "parameters\u00a0: start=0 end=10 step=1, onze degrés au plus."),
]
COLUMNS = [
    ("name", "Le nom de la question, court, sans espace ni accent. C’est lui que citent les conditions."),
    ("label, label::Français (fr)", "Les mots de la question, lus à voix haute."),
    ("hint", "Une aide pour l’appelant, qui n’est pas lue."),
    ("required", "yes si la réponse est obligatoire."),
    ("relevant", "Quand la poser\u00a0: ${repas} = 'non', selected(${aides}, 'courses'), and, or, parenthèses\u00a0; "
     "sur une échelle, aussi >, >=, < et <=."),
]  # fmt: skip
OWN = [
    ("bienveille::label", "L’intitulé court, quand label porte les mots à dire."),
    ("bienveille::say", "Les mots à dire au début d’une partie."),
    ("bienveille::min_label, bienveille::max_label", "Le sens des deux bouts d’une échelle."),
    ("bienveille::decimals", "Le nombre de décimales d’un nombre."),
    ("bienveille_advice (feuille choices)", "Le conseil à donner quand ce choix est coché."),
    ("bienveille_needs (feuille choices)", "Les besoins que ce choix révèle, séparés par un espace."),
    ("bienveille::description (feuille settings)", "À quoi sert le questionnaire, combien de temps il prend."),
]


@require_safe
@writer_required
def understood(request: Request) -> HttpResponse:
    """« Ce qui est compris »: types, columns, our own columns, needs; a workbook to begin with."""
    guides = list_current()
    context = {
        "types": TYPES,
        "columns": COLUMNS,
        "own": OWN,
        "needs": [(need.value, need.label) for need in Need],
        "example": guides[0] if guides else None,
        "trail": trail(("Importer un classeur", reverse("questionnaires:workbook"))),
    }
    return render(request, "questionnaires/workbook_help.html", context)


def _into(request: Request) -> str:
    """The guide of one's own that the workbook continues; "" for a new one."""
    slug = request.GET.get("dans", "")
    if not slug:
        return ""
    guide = get_guide_for(request.user, slug)
    if guide.built_in:
        raise PermissionDenied
    return guide.slug


@require_http_methods(READING)
@writer_required
def workbook(request: Request) -> HttpResponse:
    """Choose a workbook; then see what it gives, or all that is to be mended in it. Nothing is kept yet."""
    into = _into(request)
    form = WorkbookForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"form": form, "into": into, "trail": trail()}
    if request.method != "POST":
        return render(request, "questionnaires/workbook.html", context)
    if form.is_valid():
        try:
            found = rules.from_sheets(rules.read_grids(form.cleaned_data["file"].file))
        except rules.NotAWorkbook as refused:
            form.add_error("file", str(refused))
        else:
            return _look(request, found, into, form.cleaned_data["file"].name)
    return render(request, "questionnaires/workbook.html", context, status=INVALID)


def _look(request: Request, found: rules.FromWorkbook, into: str, name: str) -> HttpResponse:
    """What was read, before anything is kept: the faults by sheet, row and column, or the guide itself."""
    context: dict[str, Any] = {
        "form": WorkbookForm(),
        "into": into,
        "name": name,
        "problems": found.problems,
        "notices": found.notices,
        "trail": trail(("Importer un classeur", reverse("questionnaires:workbook"))),
    }
    if found.problems:
        context["problems_title"] = f"{counted(len(found.problems), 'point')} à corriger dans le classeur"
        return render(request, "questionnaires/workbook.html", context, status=INVALID)
    definition = found.definition
    asked = counted(len(definition.questions), "question")
    parts = counted(len(definition.sections), "partie")
    context |= {
        "preview": definition,
        "title": definition.title,
        "asked": f"{asked} en {parts}",
        "bring": BringInForm(initial={"document": dict(rules.to_document(definition))}),
        "changes": _changes(into, definition),
    }
    return render(request, "questionnaires/workbook_look.html", context)


def _changes(into: str, definition: rules.Definition) -> list[str]:
    current = next((one for one in list_current() if one.questionnaire.slug == into), None) if into else None
    return rules.changes(get_definition(current.pk), definition) if current else []


@require_POST
@writer_required
def bring_in(request: Request) -> HttpResponse:
    """Keep what was looked at as a draft."""
    into = _into(request)
    form = BringInForm(request.POST)
    if not form.is_valid() or not isinstance(form.cleaned_data["document"], dict):
        messages.error(request, "Le questionnaire n’est pas arrivé entier\u00a0: choisissez de nouveau le classeur.")
        return redirect("questionnaires:workbook")
    document = form.cleaned_data["document"]
    renaming = TitleForm(request.POST if "title" in request.POST else None, initial={"title": document.get("title")})
    if renaming.is_bound and renaming.is_valid():
        document["title"] = renaming.cleaned_data["title"]
    try:
        draft = operations.bring_in(by=request.user, document=document, now=timezone.now(), into=into)
    except operations.NameTaken as refusal:
        context = {
            "form": form,
            "refusal": refusal,
            "renaming": renaming,
            "title": document.get("title", ""),
            "trail": trail(("Importer un classeur", reverse("questionnaires:workbook"))),
        }
        return render(request, "questionnaires/workbook_rename.html", context, status=INVALID)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("questionnaires:workbook")
    messages.success(request, "Le classeur est devenu un brouillon. Relisez-le, puis publiez-le.")
    return redirect("questionnaires:draft", draft.slug)


@require_safe
@writer_required
def workbook_of(request: Request, slug: str, number: int) -> HttpResponseBase:
    """A version as an XLSForm workbook, that comes back identical."""
    shown = get_version_for(request.user, slug, number)
    sheets = rules.to_sheets(get_definition(shown.pk), form_id=slug, version=str(number))
    written = [Sheet(name, [Column(title, width=24) for title in grid[0]], grid[1:]) for name, grid in sheets.items()]
    return file_response(kind="xlsx", sheets=written, name=f"{slug} version {number}", now=timezone.now())
