"""The jobs of a run made on a screen: look at its files without writing anything, then apply them; the daily purge.

A job killed in the middle has written nothing: it is given back by the queue, or asked for again on the screen.
"""

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from bienveille.ground.platform.jobs import job
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditChannel
from bienveille.register.accounts.models import User
from bienveille.register.imports.choices import WAITING, FileKind, RunState
from bienveille.register.imports.models import ImportFile, ImportIssue, ImportRun
from bienveille.register.imports.operations.call import (
    AlreadyDone,
    Report,
    find_profile,
    import_files,
    record_outcomes,
)
from bienveille.register.imports.operations.reading import Given, erase, lacks, local, look

FILES_LAST = dt.timedelta(days=7)
BEAT = 1.0  # seconds between two signs of life


@job(queue="imports")
def check_run(*, run_id: str) -> None:
    """Read a run's files, count what they would change, undo everything; does nothing if nobody waits for it."""
    import_run = _begun(run_id, RunState.CHECKING)
    if import_run is None:
        return
    refusal, report = "", None
    with _signs_of_life(import_run) as progress:
        try:
            if _look_at_large_files(import_run):
                return
            report = _call(import_run, progress, dry_run=True)
        except Refusal as refused:
            refusal = str(refused)
    _record_check(run_id=run_id, revision=import_run.revision, report=report, refusal=refusal)


@job(queue="imports")
def apply_run(*, run_id: str) -> None:
    """Apply a run's files and erase them; does nothing if they were applied or given up meanwhile."""
    import_run = _begun(run_id, RunState.APPLYING)
    if import_run is None:
        return
    with _signs_of_life(import_run) as progress:
        try:
            _call(import_run, progress, dry_run=False)
        except AlreadyDone:
            return
        except Refusal as refused:
            _record_refused(run_id=run_id, refusal=str(refused))
    erase_files(runs=[UUID(run_id)])


def _begun(run_id: str, state: RunState) -> ImportRun | None:
    import_run = ImportRun.objects.select_related("actor").filter(pk=run_id, state=state).first()
    if import_run:
        ImportRun.objects.filter(pk=run_id).update(stopped_at=None, seen_at=timezone.now(), step="", rows_done=0)
    return import_run


@transaction.atomic
def _look_at_large_files(import_run: ImportRun) -> bool:
    """Files too large to be looked at while somebody waits; whether something must be said of their columns first."""
    profile = find_profile(name=import_run.profile) if import_run.profile else None
    unsaid = False
    for file in ImportFile.objects.filter(run=import_run, header=[]).exclude(kind=FileKind.PARTNERS):
        with local(file.stored) as path:
            facts = look(Given(path, file.name), chosen=profile.columns if profile else None)
        ImportFile.objects.filter(pk=file.pk).update(**facts)
        chosen = (profile.columns if profile else {}).get(facts["kind"], {})
        unsaid = unsaid or lacks(facts["kind"], facts.get("header", []), chosen)
    if unsaid:
        ImportRun.objects.filter(pk=import_run.pk, state=RunState.CHECKING).update(state=RunState.MAPPING)
    return unsaid


def _call(import_run: ImportRun, progress: "Progress", *, dry_run: bool) -> Report:
    actor: User | None = import_run.actor
    with ExitStack() as places:
        given = [
            Given(places.enter_context(local(file.stored)), file.name, file.given_kind, file.chosen)
            for file in ImportFile.objects.filter(run=import_run).order_by("rank")
        ]
        return import_files(
            paths=given,
            today=timezone.localdate(),
            org=import_run.org,
            profile=import_run.profile,
            dry_run=dry_run,
            actor=actor,
            channel=AuditChannel(import_run.channel),
            progress=progress.begin,
            kept=import_run,
        )


@transaction.atomic
def _record_check(*, run_id: str, revision: int, report: Report | None, refusal: str) -> None:
    """What was found, unless the columns were changed or the files given up meanwhile."""
    import_run = ImportRun.objects.select_for_update().get(pk=run_id)
    if import_run.state != RunState.CHECKING or import_run.revision != revision:
        return
    if report:
        record_outcomes(import_run=import_run, report=report)
        import_run.figures = report.figures
        import_run.state = RunState.READY
        import_run.checked_revision = revision
    else:
        import_run.refusal = refusal[:500]
        import_run.state = RunState.REFUSED
        import_run.finished_at = timezone.now()
        transaction.on_commit(lambda: erase_files(runs=[import_run.pk]))
    import_run.save(update_fields=["figures", "state", "checked_revision", "refusal", "finished_at"])


def _record_refused(*, run_id: str, refusal: str) -> None:
    ImportRun.objects.filter(pk=run_id, state=RunState.APPLYING).update(
        state=RunState.REFUSED, refusal=refusal[:500], finished_at=timezone.now()
    )


# ---- Signs of life ---------------------------------------------------------------------------------------------------


class Progress:
    """How far a job is; read by another thread, so that counting a row costs next to nothing."""

    def __init__(self) -> None:
        self.step, self.rows = "", 0

    def begin(self, title: str, total: int) -> Callable[[], None]:
        """The function called at every record of a file."""
        self.step = title

        def moved() -> None:
            self.rows += 1

        return moved


@contextmanager
def _signs_of_life(import_run: ImportRun) -> Iterator[Progress]:
    """Write the progress every second, on a connection of its own: that of the import shows nothing before the end."""
    progress, over = Progress(), threading.Event()

    def beat() -> None:
        try:
            while not over.wait(BEAT):
                _write_progress(import_run.pk, progress)
        except DatabaseError:
            return  # the job itself will meet the same failure, and say it
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name="import-progress", daemon=True)
    thread.start()
    try:
        yield progress
    except BaseException:
        over.set()
        thread.join()
        ImportRun.objects.filter(pk=import_run.pk).update(stopped_at=timezone.now())
        raise
    finally:
        over.set()
        thread.join()


def _write_progress(run_id: UUID, progress: Progress) -> None:
    ImportRun.objects.filter(pk=run_id).update(
        seen_at=timezone.now(), step=progress.step[:255], rows_done=progress.rows
    )


# ---- Erasing ---------------------------------------------------------------------------------------------------------


def erase_files(*, runs: list[UUID]) -> int:
    """Erase the files of these runs and the first values shown of them; harmless twice. How many there were."""
    files = list(ImportFile.objects.filter(run__in=runs).exclude(stored="").only("id", "stored"))
    for file in files:
        erase(file.stored)
    ImportFile.objects.filter(pk__in=[file.pk for file in files]).update(stored="", samples={})
    return len(files)


@job(queue="imports")
def purge_imports() -> int:
    """Give up the runs that nobody applied in a week, with their files; erase the cells shown of older issues."""
    now = timezone.now()
    old = ImportRun.objects.filter(started_at__lt=now - FILES_LAST)
    given_up = list(old.filter(state__in=WAITING).values_list("pk", flat=True))
    kept = ImportFile.objects.filter(run__started_at__lt=now - FILES_LAST).exclude(stored="")
    with transaction.atomic():
        ImportRun.objects.filter(pk__in=given_up, state__in=WAITING).update(
            state=RunState.CANCELLED, refusal="Personne ne l’a appliqué en sept jours.", finished_at=now
        )
        ImportIssue.objects.filter(file__run__in=given_up).update(value="")
        ImportIssue.objects.filter(file__run__values_until__lt=timezone.localdate()).exclude(value="").update(value="")
    return erase_files(runs=list(kept.values_list("run_id", flat=True).distinct()))
