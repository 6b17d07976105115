"""The steps of an import on screen: drop files, look at what they would change, correct, apply, follow, look back."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from bienveille.ground.lib.typography import moment_in_words
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.queries import landlord
from bienveille.register.imports import operations
from bienveille.register.imports.access import get_run_for, importer_required
from bienveille.register.imports.choices import AT_WORK, Departures, FileKind, RunState
from bienveille.register.imports.forms import (
    ColumnsForm,
    DeparturesForm,
    DropForm,
    ProfileForm,
    RevisionForm,
    RunForm,
)
from bienveille.register.imports.models import ImportFile, ImportRun
from bienveille.register.imports.operations.receiving import LARGEST, MOST_FILES
from bienveille.register.imports.operations.screens import Said
from bienveille.register.imports.queries import all_runs, files_of, first_rejects, profile_labels, reasons
from bienveille.register.imports.rules.activity import (
    INTERRUPTED,
    NO_WORKER,
    activity,
    left_in_words,
    seconds_left,
    share_done,
)
from bienveille.register.imports.rules.columns import describe, merged, missing_fields
from bienveille.register.imports.rules.messages import dialect, size_words
from bienveille.register.imports.rules.recognition import LAYOUTS
from bienveille.register.imports.rules.summary import (
    absent_words,
    apply_words,
    changes,
    erased_words,
    file_line,
    parts,
    state_words,
)
from bienveille.register.imports.views.base import CONFLICT, INVALID, Request, brought_by, named
from bienveille.register.imports.views.issues import issue_row

RUNS_SHOWN, REJECTS_SHOWN = 25, 5
DONE_TITLES = {
    RunState.APPLIED: "Le registre est à jour",
    RunState.REFUSED: "Ces fichiers ne sont pas importés",
    RunState.CANCELLED: "Cet import est abandonné",
}


@require_safe
@importer_required
def runs(request: Request) -> HttpResponse:
    """The history of imports, those of the command line too."""
    page = Paginator(all_runs(), RUNS_SHOWN).get_page(request.GET.get("page"))
    rows = [
        {
            "run": one,
            "files": list(one.files.all()),
            "state": state_words(one.state, one.get_state_display(), _activity(one)),
            "who": brought_by(one),
            "read": sum(file.records for file in one.files.all()),
            "rejected": sum(file.rejected for file in one.files.all()),
        }
        for one in page
    ]
    return render(request, "imports/runs.html", {"page": page, "rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@importer_required
def new(request: Request) -> HttpResponse:
    """Drop files; what is not a landlord's export is said at once, in one sentence for each file."""
    profiles, empty = profile_labels(), landlord() is None
    posted = (request.POST, request.FILES) if request.method == "POST" else ()
    form = DropForm(*posted, profiles=profiles, empty=empty)
    if request.method == "POST" and form.is_valid():
        try:
            received = operations.receive_files(
                actor=request.user,
                files=form.cleaned_data["exports"],
                now=timezone.now(),
                profile=form.cleaned_data["profile"],
                org=form.cleaned_data.get("org", ""),
            )
        except operations.FilesRefused as refused:
            for sentence in refused.sentences:
                form.add_error("exports", sentence)
        else:
            return redirect("imports:run", received.pk)
    context = {
        "form": form,
        "trail": [("Imports", reverse("imports:runs"))],
        "empty": empty,
        "limits": f"Formats .csv, .xlsx, .xls ou .ods, réunis ou non dans un .zip\u00a0; .json pour les partenaires. "
        f"{MOST_FILES} fichiers au plus, {LARGEST >> 20}\u00a0Mo chacun.",
    }
    return render(request, "imports/new.html", context, status=INVALID if form.errors else 200)


@require_safe
@importer_required
def run(request: Request, run_id: UUID) -> HttpResponse:
    """One import, whatever its state; htmx asks again while a job works, and gets the page anew when it is done."""
    return _run_page(request, get_run_for(request.user, run_id))


def _run_page(
    request: Request,
    shown: ImportRun,
    *,
    refusal: Refusal | None = None,
    columns_forms: list[ColumnsForm] | None = None,
    profile_form: ProfileForm | None = None,
    status: int = 200,
) -> HttpResponse:
    doing = _activity(shown)
    context: dict[str, Any] = {
        "run": shown,
        "activity": doing,
        "state": state_words(shown.state, shown.get_state_display(), doing),
        "who": brought_by(shown),
        "named": named(shown),
        "trail": [("Imports", reverse("imports:runs"))],
        "refusal": refusal,
        "interrupted": doing == INTERRUPTED,
        "no_worker": doing == NO_WORKER,
        **_how_far(shown),
        "live_error": "",
    }
    live = bool(request.htmx) and "vivant" in request.GET
    if shown.state in AT_WORK and not live:
        if request.htmx and not refusal:
            return render(request, "imports/run_working.html#progress", context)
        return render(request, "imports/run_working.html", context | {"files": files_of(shown)}, status=status)
    if shown.state == RunState.CHECKING and live:
        return render(request, "imports/run_preview.html#live", context | {"working": True, "live": True})
    if request.htmx and not (live and shown.state == RunState.READY):
        return HttpResponseClientRefresh()
    files = files_of(shown)
    counts = reasons(shown)
    context |= {
        "files": [(file, file_line(file), _dialect(file)) for file in files],
        "sum": parts(files),
        "changes": changes(shown.figures, {file.kind for file in files}),
        "rejects": [issue_row(issue) for issue in first_rejects(shown, REJECTS_SHOWN)],
        "reject_count": sum(many for severity, _, many in counts if severity == "reject"),
        "warning_count": sum(many for severity, _, many in counts if severity == "warning"),
        "working": False,
        "live": live,
    }
    context |= _departures(shown, files)
    context["apply_label"] = "" if context["must_say"] else apply_words(context["sum"].accepted)
    if live:
        return render(request, "imports/run_preview.html#live", context)
    if shown.state in (RunState.MAPPING, RunState.READY):
        profiles = profile_labels()
        forms, chosen = columns_forms or _columns_forms(shown, files, None), _all_chosen(shown, files)
        context |= {
            "run_form": RunForm(initial={"revision": shown.revision, "profile": shown.profile}, profiles=profiles),
            "profile_form": profile_form or ProfileForm(initial={"label": _saved_label(shown, profiles)}),
            "columns": [_columns_shown(file, form, chosen[file.pk]) for file, form in zip(files, forms, strict=True)],
            "columns_forms": forms,
            "profile_name": dict(profiles).get(shown.profile, ""),
        }
        return render(request, "imports/run_preview.html", context, status=status)
    finished = shown.finished_at or shown.started_at
    when = moment_in_words(timezone.localtime(finished), timezone.localdate())
    context |= {"title": DONE_TITLES[RunState(shown.state)], "subtitle": f"{context['who']}, {when}"}
    return render(request, "imports/run_done.html", context, status=status)


def _departures(shown: ImportRun, files: list[ImportFile]) -> dict[str, Any]:
    """Who is not in the files, and the question when it must or may be asked."""
    lines = [absent_words(file.kind, int(file.extra.get("absent", 0))) for file in files]
    must_say = shown.departures == Departures.AUTO and any(file.extra.get("held") for file in files)
    said = "" if must_say else Departures.CLOSE if shown.departures == Departures.AUTO else shown.departures
    form = DeparturesForm(initial={"revision": shown.revision, "departures": said})
    erased = erased_words(sum(int(file.extra.get("erased", 0)) for file in files))
    return {"absent": [line for line in lines if line], "erased": erased, "must_say": must_say, "departures_form": form}


def _how_far(shown: ImportRun) -> dict[str, Any]:
    """What a page says of the reading under way."""
    left = seconds_left(begun_at=shown.begun_at, now=timezone.now(), done=shown.rows_done, total=shown.rows_total)
    return {
        "progress_total": max(shown.rows_total, shown.rows_done),
        "percent": share_done(shown.rows_done, shown.rows_total),
        "left": left_in_words(left),
    }


def _saved_label(shown: ImportRun, profiles: list[tuple[str, str]]) -> str:
    """The name under which this run's own profile was saved; nothing for a built-in one."""
    label = dict(profiles).get(shown.profile, "")
    return "" if label.endswith(", fourni") else label


def _activity(one: ImportRun) -> str:
    return activity(
        at_work=one.state in AT_WORK,
        asked_at=one.asked_at,
        seen_at=one.seen_at,
        stopped_at=one.stopped_at,
        now=timezone.now(),
    )


def _dialect(file: ImportFile) -> str:
    words = dialect(
        kind=file.kind,
        encoding=file.encoding,
        separator=file.separator,
        sheet=file.sheet,
        header_line=file.header_line,
    )
    return f"{words}, {size_words(file.size)}" if file.size and words else words


# ---- Columns ---------------------------------------------------------------------------------------------------------


def _all_chosen(shown: ImportRun, files: list[ImportFile]) -> dict[UUID, dict[str, str]]:
    """What was said of the columns of each file, by the run's profile and by somebody (1 query at most)."""
    profile = operations.find_profile(name=shown.profile) if shown.profile else None
    return {file.pk: merged(profile.columns if profile else {}, file.chosen, file.kind) for file in files}


def _columns_forms(shown: ImportRun, files: list[ImportFile], data: Any) -> list[ColumnsForm]:
    forms, chosen = [], _all_chosen(shown, files)
    for file in files:
        kind = file.kind if file.kind in LAYOUTS else ""
        forms.append(
            ColumnsForm(
                data,
                prefix=str(file.pk),
                kind=kind,
                ask_kind=bool(file.header) and (not kind or bool(file.given_kind)),
                columns=describe(kind, file.header, file.samples, chosen[file.pk]),
                file=file.name,
                sheet=file.sheet,
                sheets=_sheets_offered(file),
            )
        )
    return forms


def _sheets_offered(file: ImportFile) -> list[str]:
    """The sheets to choose from; a directory of partners has its own two, unless somebody chose one of them."""
    if len(file.sheets) < 2 or (file.kind == FileKind.PARTNERS and not file.given_sheet):
        return []
    return file.sheets


def _columns_shown(file: ImportFile, form: ColumnsForm, chosen: dict[str, str]) -> dict[str, Any]:
    """What the page shows of a file's columns: all of them in order, those that one may choose with their control."""
    kind = file.kind if file.kind in LAYOUTS else ""
    controls = {column.name: form[column.name] for column in form.columns}
    described = describe(kind, file.header, file.samples, {})
    rows = [{"column": column, "control": controls.get(column.name)} for column in described]
    known = [column for column in form.columns if column.field]
    return {
        "file": file,
        "kind_field": form["kind"] if "kind" in form.fields else None,
        "sheet_field": form["sheet"] if "sheet" in form.fields else None,
        "rows": rows,
        "known": len(known),
        "missing": missing_fields(kind, file.header, chosen) if kind else [],
        "open": not kind or bool(form.errors),
    }


@require_POST
@importer_required
def columns(request: Request, run_id: UUID) -> HttpResponse:
    """Say what the columns are; the counts are made again."""
    shown = get_run_for(request.user, run_id)
    files = files_of(shown)
    run_form = RunForm(request.POST, profiles=profile_labels())
    forms = _columns_forms(shown, files, request.POST)
    if not run_form.is_valid() or not all(form.is_valid() for form in forms):
        return _run_page(request, shown, columns_forms=forms, status=INVALID)
    said = {
        file.pk: Said(form.cleaned_data.get("kind", ""), form.said(), form.cleaned_data.get("sheet", ""))
        for file, form in zip(files, forms, strict=True)
    }
    try:
        operations.change_columns(
            actor=request.user,
            run_id=shown.pk,
            said=said,
            profile=run_form.cleaned_data["profile"],
            revision=run_form.cleaned_data["revision"],
            now=timezone.now(),
        )
    except operations.ColumnsRefused as refused:
        for file, form in zip(files, forms, strict=True):
            if file.pk in refused.sentences:
                form.add_error(None, refused.sentences[file.pk])
        if request.htmx:
            context = {"run": shown, "working": False, "live": True, "live_error": str(refused)}
            return render(request, "imports/run_preview.html#live", context, status=INVALID)
        return _run_page(request, shown, columns_forms=forms, status=INVALID)
    except Refusal as refused:
        if request.htmx:
            return HttpResponseClientRefresh()
        return _run_page(request, get_run_for(request.user, run_id), refusal=refused, status=CONFLICT)
    shown = get_run_for(request.user, run_id)
    turned = any(said[file.pk].sheet not in ("", file.sheet) for file in files)  # then the page has other columns
    if request.htmx and not turned and shown.state in (RunState.CHECKING, RunState.READY):
        counting = {"working": True, "live": True, "live_error": "", **_how_far(shown)}
        return render(request, "imports/run_preview.html#live", {"run": shown, **counting})
    return HttpResponseClientRefresh() if request.htmx else redirect("imports:run", shown.pk)


# ---- What is done to a run -------------------------------------------------------------------------------------------


def _do(request: Request, run_id: UUID, act: Callable[[ImportRun], str]) -> HttpResponse:
    """Do one thing, then show the run; a refusal is said on its page."""
    shown = get_run_for(request.user, run_id)
    try:
        said = act(shown)
    except Refusal as refused:
        return _run_page(request, get_run_for(request.user, run_id), refusal=refused, status=CONFLICT)
    if said:
        messages.success(request, said)
    return redirect("imports:run", shown.pk)


@require_POST
@importer_required
def apply(request: Request, run_id: UUID) -> HttpResponse:
    """Apply what was checked; pressed twice, it is applied once."""

    def ask(shown: ImportRun) -> str:
        form = RevisionForm(request.POST)
        if not form.is_valid():
            raise operations.CannotChange
        operations.ask_to_apply(
            actor=request.user, run_id=shown.pk, revision=form.cleaned_data["revision"], now=timezone.now()
        )
        return ""

    return _do(request, run_id, ask)


@require_POST
@importer_required
def departures(request: Request, run_id: UUID) -> HttpResponse:
    """Say whether the files are complete; the counts are made again."""

    def say(shown: ImportRun) -> str:
        form = DeparturesForm(request.POST)
        if not form.is_valid():
            raise operations.DeparturesUnsaid
        operations.choose_departures(
            actor=request.user,
            run_id=shown.pk,
            departures=Departures(form.cleaned_data["departures"]),
            revision=form.cleaned_data["revision"],
            now=timezone.now(),
        )
        return ""

    return _do(request, run_id, say)


@require_POST
@importer_required
def cancel(request: Request, run_id: UUID) -> HttpResponse:
    """Give up what was not applied."""

    def give_up(shown: ImportRun) -> str:
        operations.cancel_run(actor=request.user, run_id=shown.pk, now=timezone.now())
        return "L’import est abandonné, ses fichiers sont effacés."

    return _do(request, run_id, give_up)


@require_POST
@importer_required
def resume(request: Request, run_id: UUID) -> HttpResponse:
    """Take up again what was interrupted."""

    def again(shown: ImportRun) -> str:
        operations.resume_run(actor=request.user, run_id=shown.pk, now=timezone.now())
        return ""

    return _do(request, run_id, again)


@require_POST
@importer_required
def profile(request: Request, run_id: UUID) -> HttpResponse:
    """Save what the columns became under a name."""
    shown = get_run_for(request.user, run_id)
    form = ProfileForm(request.POST)
    if form.is_valid():
        try:
            saved = operations.save_profile(
                actor=request.user, run_id=shown.pk, label=form.cleaned_data["label"], now=timezone.now()
            )
        except operations.ProfileExists as refused:
            form.add_error("label", str(refused))
        else:
            messages.success(
                request,
                f"Le profil «\u00a0{saved.label}\u00a0» est enregistré. "
                f"En ligne de commande\u00a0: --profile {saved.name}",
            )
            return redirect("imports:run", shown.pk)
    return _run_page(request, shown, profile_form=form, status=INVALID)
