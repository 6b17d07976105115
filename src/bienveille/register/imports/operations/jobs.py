"""The jobs of a run: look at its files without writing anything, then apply them; what is odd is told; the daily purge.

A job killed in the middle has written nothing: it is given back by the queue, or asked for again on the screen. One
whose run somebody gives up stops within a thousand rows.
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
from bienveille.register.imports.access import may_deposit
from bienveille.register.imports.choices import AT_WORK, OVER, WAITING, Departures, FileKind, RunState
from bienveille.register.imports.models import DroppedFile, ImportFile, ImportIssue, ImportRun
from bienveille.register.imports.operations.call import (
    Report,
    find_profile,
    import_files,
    record_outcomes,
)
from bienveille.register.imports.operations.reading import (
    Given,
    WrongSheet,
    count_lines,
    erase,
    forgotten,
    lacks,
    local,
    look,
    look_at_sheet,
)
from bienveille.register.imports.operations.reports import report_run
from bienveille.register.imports.rules.departures import may_close

FILES_LAST = dt.timedelta(days=7)
BEAT = 1.0  # seconds between two signs of life
LOOK_UP = 1000  # rows between two looks at whether somebody gave up
FORGOTTEN_AFTER = dt.timedelta(days=1)  # a file whose run was never recorded: its process died in between
DROPS_REMEMBERED = dt.timedelta(days=400)


class GivenUp(Exception):
    """Somebody gave the run up while it was read: nothing of it is written."""


@job(queue="imports")
def check_run(*, run_id: str) -> None:
    """Read a run's files, count what they would change, undo everything; does nothing if nobody waits for it.

    What came by itself and holds nothing that somebody must settle is then applied by itself.
    """
    import_run = _begun(run_id, RunState.CHECKING)
    if import_run is None:
        return
    refusal, report = "", None
    try:
        with _signs_of_life(import_run) as progress:
            try:
                if _look_at_large_files(import_run):
                    return
                report = _call(import_run, progress, dry_run=True)
            except Refusal as refused:
                refusal = str(refused)
    except GivenUp:
        return
    _record_check(run_id=run_id, revision=import_run.revision, report=report, refusal=refusal)


@job(queue="imports")
def apply_run(*, run_id: str) -> None:
    """Apply a run's files and erase them; does nothing if they were applied or given up meanwhile."""
    import_run = _begun(run_id, RunState.APPLYING)
    if import_run:
        try:
            with _signs_of_life(import_run) as progress:
                try:
                    _call(import_run, progress, dry_run=False)
                except Refusal as refused:
                    _record_refused(run_id=run_id, refusal=str(refused))
        except GivenUp:
            return
    erase_files(runs=list(ImportRun.objects.filter(pk=run_id, state__in=OVER).values_list("pk", flat=True)))
    if ImportRun.objects.filter(pk=run_id, state__in=OVER, automatic=True, reported_at=None).exists():
        report_run.enqueue(run_id=run_id)


def _begun(run_id: str, state: RunState) -> ImportRun | None:
    import_run = ImportRun.objects.select_related("actor").filter(pk=run_id, state=state).first()
    if import_run:
        now = timezone.now()
        total = import_run.rows_total or _rows_expected(import_run)
        ImportRun.objects.filter(pk=run_id).update(
            stopped_at=None, seen_at=now, begun_at=now, step="", rows_done=0, rows_total=total
        )
    return import_run


def _rows_expected(import_run: ImportRun) -> int:
    """About how many rows the files hold, before the first reading; nil when one of them cannot tell without it."""
    lines = []
    try:
        for file in ImportFile.objects.filter(run=import_run):
            with local(file.stored) as path:
                lines.append(max(0, count_lines(path) - file.header_line))
    except OSError:  # the reading itself will say what is wrong
        return 0
    return sum(lines) if lines and all(lines) else 0


@transaction.atomic
def _look_at_large_files(import_run: ImportRun) -> bool:
    """Files too large to be looked at while somebody waits; whether something must be said of their columns first."""
    profile = find_profile(name=import_run.profile) if import_run.profile else None
    unsaid, unread = False, []
    for file in ImportFile.objects.filter(run=import_run, header=[]).exclude(kind=FileKind.PARTNERS):
        with local(file.stored) as path:
            given, columns = Given(path, file.name, sheet=file.given_sheet), profile.columns if profile else None
            try:
                facts = look_at_sheet(given, chosen=columns) if given.sheet else look(given, chosen=columns)
            except WrongSheet as refusal:  # the file stays, read as it would be by itself, until somebody chooses
                facts = look(Given(path, file.name), chosen=columns) | {"given_sheet": ""}
                unread.append(str(refusal))
        ImportFile.objects.filter(pk=file.pk).update(**facts)
        chosen = (profile.columns if profile else {}).get(facts["kind"], {})
        unsaid = unsaid or lacks(facts["kind"], facts.get("header", []), chosen)
    unsaid = unsaid or bool(unread)
    if unsaid:
        waiting = ImportRun.objects.filter(pk=import_run.pk, state=RunState.CHECKING)
        waiting.update(state=RunState.MAPPING, oddities=unread or import_run.oddities)
        if import_run.automatic:
            report_run.enqueue(run_id=import_run.pk)
    return unsaid


def _call(import_run: ImportRun, progress: "Progress", *, dry_run: bool) -> Report:
    actor: User | None = import_run.actor
    with ExitStack() as places:
        given = [
            Given(places.enter_context(local(file.stored)), file.name, file.given_kind, file.chosen, file.given_sheet)
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
            departures=Departures(import_run.departures),
        )


@transaction.atomic
def _record_check(*, run_id: str, revision: int, report: Report | None, refusal: str) -> None:
    """What was found, unless the columns were changed or the files given up meanwhile."""
    import_run = ImportRun.objects.select_for_update(of=("self",)).select_related("actor").get(pk=run_id)
    if import_run.state != RunState.CHECKING or import_run.revision != revision:
        return
    if report:
        record_outcomes(import_run=import_run, report=report)
        import_run.figures = report.figures
        import_run.state = RunState.READY
        import_run.checked_revision = revision
        _keep_extra(import_run, report)
        alone = import_run.automatic and revision == 1 and _still_trusted(import_run)
        if alone and not _held(import_run, report):
            _go_on(import_run, report)
    else:
        import_run.refusal = refusal[:500]
        import_run.state = RunState.REFUSED
        import_run.finished_at = timezone.now()
        transaction.on_commit(lambda: erase_files(runs=[import_run.pk]))
    import_run.save()
    if import_run.automatic and import_run.state != RunState.APPLYING:
        report_run.enqueue(run_id=run_id)


def _keep_extra(import_run: ImportRun, report: Report) -> None:
    files = list(ImportFile.objects.filter(run=import_run).order_by("rank"))
    for file, outcome in zip(files, report.outcomes, strict=True):
        file.extra = outcome.extra
    ImportFile.objects.bulk_update(files, ["extra"])


def _still_trusted(import_run: ImportRun) -> bool:
    """Whether who brought the files by program may still do so: what a stolen token left behind waits for somebody."""
    return import_run.actor is None or may_deposit(import_run.actor)


def _held(import_run: ImportRun, report: Report) -> bool:
    """Whether somebody must say what becomes of those who are not in a file.

    Not of a few leases, held only because some rows could not be read: the rest is applied, and they stay.
    """
    if import_run.departures != Departures.AUTO:
        return False
    leases = report.figures["before"]["leases"]
    return any(
        outcome.extra.get("held", 0)
        and not (
            outcome.source.kind == FileKind.TENANTS
            and may_close(Departures.AUTO, absent=outcome.extra["held"], running=leases, unreadable=0)
        )
        for outcome in report.outcomes
    )


def _go_on(import_run: ImportRun, report: Report) -> None:
    """Nobody has to be asked: the files are applied at once."""
    import_run.state = RunState.APPLYING
    import_run.asked_at, import_run.seen_at, import_run.begun_at = timezone.now(), None, None
    import_run.step, import_run.rows_done = "", 0
    import_run.rows_total = sum(outcome.records for outcome in report.outcomes)
    apply_run.enqueue(run_id=import_run.pk)


def _record_refused(*, run_id: str, refusal: str) -> None:
    ImportRun.objects.filter(pk=run_id, state=RunState.APPLYING).update(
        state=RunState.REFUSED, refusal=refusal[:500], finished_at=timezone.now()
    )


# ---- Signs of life ---------------------------------------------------------------------------------------------------


class Progress:
    """How far a job is; read by another thread, so that counting a row costs next to nothing."""

    def __init__(self) -> None:
        self.step, self.rows, self.given_up = "", 0, False

    def begin(self, title: str, total: int) -> Callable[[], None]:
        """The function called at every record of a file; it stops everything once somebody gave up."""
        self.step = title

        def moved() -> None:
            self.rows += 1
            if self.given_up and self.rows % LOOK_UP == 0:
                raise GivenUp

        return moved


@contextmanager
def _signs_of_life(import_run: ImportRun) -> Iterator[Progress]:
    """Write the progress every second, on a connection of its own: that of the import shows nothing before the end.

    Whatever fails once somebody gave up is of no importance: the files are gone (`GivenUp`).
    """
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
    except BaseException as failure:
        over.set()
        thread.join()
        if _was_given_up(import_run, failure):
            raise GivenUp from failure
        ImportRun.objects.filter(pk=import_run.pk).update(stopped_at=timezone.now())
        raise
    finally:
        over.set()
        thread.join()


def _was_given_up(import_run: ImportRun, failure: BaseException) -> bool:
    if isinstance(failure, DatabaseError) or not isinstance(failure, Exception):
        return False
    return isinstance(failure, GivenUp) or not ImportRun.objects.filter(pk=import_run.pk, state__in=AT_WORK).exists()


def _write_progress(run_id: UUID, progress: Progress) -> None:
    going = ImportRun.objects.filter(pk=run_id, state__in=AT_WORK).update(
        seen_at=timezone.now(), step=progress.step[:255], rows_done=progress.rows
    )
    progress.given_up = not going


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
    """Give up the runs that nobody applied in a week, with their files; erase the cells shown of older issues.

    A file that no run knows goes too. How many files were erased.
    """
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
        DroppedFile.objects.filter(seen_at__lt=now - DROPS_REMEMBERED).delete()
    erased = erase_files(runs=list(kept.values_list("run_id", flat=True).distinct()))
    known = set(ImportFile.objects.exclude(stored="").values_list("stored", flat=True))
    for stored in forgotten(known=known, before=now - FORGOTTEN_AFTER):
        erase(stored)
        erased += 1
    return erased
