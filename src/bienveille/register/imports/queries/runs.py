"""What the screens of imports show: the history, one run with its files, its rejects and warnings."""

from uuid import UUID

from django.db.models import Count, Prefetch, QuerySet

from bienveille.register.imports.choices import Severity
from bienveille.register.imports.models import ImportFile, ImportIssue, ImportProfile, ImportRun
from bienveille.register.imports.rules.profiles import load_profile, profile_names


def all_runs() -> QuerySet[ImportRun]:
    """The page "Imports": every run with who made it and its files, the newest first (2 queries, and a count)."""
    files = ImportFile.objects.defer("samples", "header", "columns").order_by("rank", "id")
    return (
        ImportRun.objects.select_related("actor")
        .prefetch_related(Prefetch("files", files))
        .order_by("-started_at", "-id")
    )


def files_of(import_run: ImportRun) -> list[ImportFile]:
    """The files of one run, in the order of the call (1 query)."""
    return list(ImportFile.objects.filter(run=import_run).order_by("rank", "id"))


def first_rejects(import_run: ImportRun, most: int) -> list[ImportIssue]:
    """The first rejected rows of a run, for its page (1 query)."""
    found = ImportIssue.objects.filter(file__run=import_run, severity=Severity.REJECT)
    return list(found.select_related("file").order_by("file__rank", "row", "id")[:most])


def issues(
    import_run: ImportRun, *, severity: str = "", reason: str = "", file_id: UUID | None = None
) -> QuerySet[ImportIssue]:
    """The page "Lignes à corriger", with the file of each (1 query, and a count for the pages)."""
    found = ImportIssue.objects.filter(file__run=import_run).select_related("file")
    if severity:
        found = found.filter(severity=severity)
    if reason:
        found = found.filter(reason=reason)
    return found.filter(file_id=file_id) if file_id else found


def reasons(import_run: ImportRun) -> list[tuple[str, str, int]]:
    """(severity, reason, how many) of a run, the most frequent first (1 query)."""
    found = ImportIssue.objects.filter(file__run=import_run).values_list("severity", "reason")
    return list(found.annotate(many=Count("id")).order_by("severity", "-many", "reason"))


def saved_profiles() -> list[ImportProfile]:
    """The page "Profils": those saved from imports, by label, with who saved them (1 query)."""
    return list(ImportProfile.objects.select_related("saved_by").order_by("label"))


def profile_labels() -> list[tuple[str, str]]:
    """(name, label) of every profile: the built-in ones, then those saved from imports (1 query)."""
    built_in = [profile for name in profile_names() if (profile := load_profile(name))]
    return [
        *((profile.name, f"{profile.label}, fourni") for profile in built_in),
        *ImportProfile.objects.order_by("label").values_list("name", "label"),
    ]
