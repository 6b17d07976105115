"""A run as programs read it: the document of the command line's `import --json`, with where the run stands."""

from typing import Any

from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.utils.timezone import localtime

from bienveille.register.accounts.models import Landlord
from bienveille.register.imports.choices import RunState, Severity
from bienveille.register.imports.models import ImportFile, ImportIssue, ImportRun
from bienveille.register.imports.rules.messages import issue_message

MOST_ISSUES = 1000  # of each severity in each file; the counts are always whole


def run_document(import_run: ImportRun) -> dict[str, Any]:
    """The document of a run, whatever its state (3 queries)."""
    landlord = Landlord.objects.first()
    files = list(ImportFile.objects.filter(run=import_run).order_by("rank", "id"))
    ranked = ImportIssue.objects.filter(file__run=import_run).annotate(
        place=Window(RowNumber(), partition_by=[F("file"), F("severity")], order_by=[F("row"), F("id")])
    )
    listed: dict[tuple[Any, str], list[dict[str, Any]]] = {}
    for issue in ranked.filter(place__lte=MOST_ISSUES).order_by("file", "severity", "place"):
        listed.setdefault((issue.file_id, issue.severity), []).append(
            {
                "row": issue.row,
                "column": issue.column,
                "value": issue.value,
                "reason": issue.reason,
                "message": issue_message(issue.reason),
            }
        )
    finished = import_run.finished_at
    return {
        "id": str(import_run.pk),
        "state": import_run.state,
        "applied": import_run.state == RunState.APPLIED,
        "dry_run": False,
        "org": landlord.name if landlord else import_run.org,
        "refusal": import_run.refusal,
        "received_at": localtime(import_run.started_at).isoformat(),
        "finished_at": localtime(finished).isoformat() if finished else None,
        "rows_done": import_run.rows_done,
        "rows_total": import_run.rows_total,
        "oddities": import_run.oddities,
        "files": [_file(file, listed) for file in files],
    }


def _file(file: ImportFile, listed: dict[tuple[Any, str], list[dict[str, Any]]]) -> dict[str, Any]:
    rejects = listed.get((file.pk, Severity.REJECT), [])
    warnings = listed.get((file.pk, Severity.WARNING), [])
    return {
        "file": file.name,
        "kind": file.kind or None,
        "records": file.records,
        "accepted": file.accepted,
        "rejected": file.rejected,
        "warned": file.warned,
        "created": file.created,
        "updated": file.updated,
        "closed": file.closed,
        "unchanged": file.unchanged,
        **file.extra,
        "encoding": file.encoding,
        "separator": file.separator,
        "unknown_columns": file.unknown_columns,
        "ignored_columns": file.ignored_columns,
        "rejects": rejects,
        "warnings": warnings,
        "truncated": len(rejects) >= MOST_ISSUES or len(warnings) >= MOST_ISSUES,
    }
