"""Rejected rows and doubtful cells of an import: on its page, in a list of their own, taken away as a file."""

from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from bienveille.ground.ui.exports import file_response, heading
from bienveille.ground.ui.tables import Asked, Column, Filter, Table
from bienveille.register.imports import operations
from bienveille.register.imports.access import get_run_for, importer_required
from bienveille.register.imports.choices import Reason, Severity
from bienveille.register.imports.models import ImportIssue, ImportRun
from bienveille.register.imports.queries import files_of, issues, reasons
from bienveille.register.imports.rules.messages import advice, issue_message
from bienveille.register.imports.views.base import Request, named

LONGEST_WORKBOOK = 100_000


def issue_row(issue: ImportIssue) -> dict[str, Any]:
    """An issue and what is said of it."""
    rejected = issue.severity == Severity.REJECT
    return {
        "issue": issue,
        "what": "Rejetée" if rejected else "À relire",
        "icon": "x-lg" if rejected else "eye",
        "message": issue_message(issue.reason),
        "advice": advice(issue.reason),
    }


ISSUES = Table(
    columns=[
        Column(
            "severity",
            "Quoi",
            sort=("severity", "file__rank", "row"),
            value=lambda issue: issue.get_severity_display(),
            filled=True,
        ),
        Column("file", "Fichier", value=lambda issue: issue.file.name),
        Column("row", "Ligne", sort=("row", "file__rank"), kind="number", filled=True),
        Column("column", "Colonne", sort=("column", "row")),
        Column("value", "Valeur lue"),
        Column("reason", "Pourquoi", sort=("reason", "row"), value=lambda issue: issue_message(issue.reason)),
        Column("advice", "Quoi faire", value=lambda issue: advice(issue.reason)),
    ],
    filters=[
        Filter("severity", "Quoi", Severity.choices, every="Tout"),
        Filter("reason", "Pourquoi", every="Toutes les raisons"),
        Filter("file", "Fichier"),
    ],
    sort="severity",
    name="anomalies",
)


@require_safe
@importer_required
def issues_page(request: Request, run_id: UUID) -> HttpResponseBase:
    """Rejected rows and doubtful cells: by page, filtered, or taken away as a file with all the rows."""
    shown = get_run_for(request.user, run_id)
    met = {reason for _, reason, _ in reasons(shown)}
    choices = {
        "reason": [(value, label) for value, label in Reason.choices if value in met],
        "file": [(str(file.pk), file.name) for file in files_of(shown)],
    }
    asked = ISSUES.read(request.GET, choices=choices)
    found = issues(shown, severity=asked["severity"], reason=asked["reason"], file_id=asked.uuid("file"))
    if asked.export:
        return _issues_file(request, shown, asked, found)
    listing = asked.listing(found)
    context = {
        "run": shown,
        "listing": listing,
        "rows": [issue_row(issue) for issue in listing],
        "trail": [("Imports", reverse("imports:runs")), (named(shown), reverse("imports:run", args=[shown.pk]))],
        "erased": shown.values_until is not None and shown.values_until < timezone.localdate(),
    }
    return render(request, "imports/issues.html", context)


def _issues_file(request: Request, shown: ImportRun, asked: Asked, found: Any) -> HttpResponseBase:
    """The same list, all its pages; a list too long for a sheet leaves as text."""
    many, now = found.count(), timezone.now()
    kind = "csv" if many > LONGEST_WORKBOOK else asked.export
    title = heading(f"{named(shown)}\u00a0: lignes à corriger", now=now, by=request.user.display_name)
    sheet = asked.sheet(found, name="Lignes à corriger", heading=title)
    operations.record_issues_exported(actor=request.user, import_run=shown, rows=many, form=kind)
    return file_response(kind=kind, sheets=[sheet], name="lignes a corriger", now=now)
