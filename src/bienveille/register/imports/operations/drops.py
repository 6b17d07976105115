"""Files that come by themselves: from a folder where the landlord's software leaves them, or sent by its program."""

import datetime as dt
import hashlib
import logging
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from bienveille.ground.platform.jobs import job
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditChannel
from bienveille.register.accounts.models import User
from bienveille.register.imports.choices import OVER, Departures, RunState
from bienveille.register.imports.models import DroppedFile, ImportRun
from bienveille.register.imports.operations.reading import Given
from bienveille.register.imports.operations.receiving import MOST_FILES, Arrival, FilesRefused, refuse_arrival, take_in
from bienveille.register.imports.operations.staging import value

logger = logging.getLogger(__name__)

DONE, REFUSED = "done", "refused"
FILES_LAST = dt.timedelta(days=7)
STABLE = dt.timedelta(seconds=20)  # between two looks that find a file the same
PATIENCE = dt.timedelta(minutes=15)  # for the others of a group that is still being written
_LOCK = 0x1B7D  # one look at a time
_UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".ok")


def receive_drop(
    *,
    actor: User,
    files: Sequence[Given],
    now: dt.datetime,
    profile: str = "",
    departures: Departures = Departures.AUTO,
) -> ImportRun:
    """Take the files that a program sends; they are checked, then applied, unless somebody must settle something.

    Files that are not what they should be leave a refused run, which says why. Refuses a profile that does not exist
    (`UnknownProfile`).
    """
    arrival = Arrival(AuditChannel.API, actor, source=f"api:{actor.pk}", automatic=True)
    try:
        return take_in(files=files, arrival=arrival, now=now, profile=profile, departures=departures)
    except FilesRefused as refused:
        names = [one.name or one.path.name for one in files]
        return refuse_arrival(arrival=arrival, names=names, refusal=str(refused), now=now, profile=profile)


@job(queue="imports")
def look_at_drops() -> int:
    """Take the complete files of the watched folder, put away those of finished imports, erase the old ones.

    A file is complete when two looks find it the same, or when an empty one of its name and `.ok` stands beside it.
    Those of one folder that come together are imported together; the name of the sub-folder is that of the profile.
    How many files were taken.
    """
    if not settings.IMPORT_DROPS:
        return 0
    root, now = Path(settings.IMPORT_DROPS), timezone.now()
    if not root.is_dir():
        logger.error("The folder of drops is not there")
        return 0
    with transaction.atomic():
        if not value("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK]):
            return 0
        taken = 0
        for folder in _folders(root):
            try:
                with transaction.atomic():
                    taken += _look(root, folder, now)
            except OSError as error:
                logger.error("A folder of drops cannot be read: %s", os.strerror(error.errno or 0))
        _erase_old(root, now)
    return taken


def _folders(root: Path) -> list[Path]:
    found = sorted(one for one in root.iterdir() if one.is_dir() and not one.is_symlink())
    return [root, *(one for one in found if one.name not in (DONE, REFUSED) and not one.name.startswith("."))]


def _look(root: Path, folder: Path, now: dt.datetime) -> int:
    """One folder: what is settled leaves, what is complete is taken, the rest is remembered."""
    label = "" if folder == root else folder.name[:80]
    there = dict(_files(folder))
    known = {
        row.name: row
        for row in DroppedFile.objects.select_related("run").filter(folder=label, name__in=there).order_by("name")
    }
    complete: list[str] = []
    waiting = False
    for name, found in there.items():
        row = known.get(name)
        if row and row.run and row.taken_modified == found.st_mtime_ns and row.size == found.st_size:
            if row.run.state in OVER:
                _put_away(root, folder / name, row.run)
            continue
        same = row is not None and (row.size, row.modified) == (found.st_size, found.st_mtime_ns)
        if row is None or not same:
            row, _ = DroppedFile.objects.update_or_create(
                folder=label,
                name=name,
                defaults={"size": found.st_size, "modified": found.st_mtime_ns, "seen_at": now},
            )
            known[name] = row
        if _companion(folder / name) or (same and now - row.seen_at >= STABLE):
            complete.append(name)
        else:
            waiting = True
    if not complete or (waiting and now - min(known[name].seen_at for name in complete) < PATIENCE):
        return 0
    chosen = sorted(complete)[:MOST_FILES]
    _take(folder, label, [known[name] for name in chosen], now)
    return len(chosen)


def _files(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    for one in sorted(folder.iterdir()):
        if one.is_symlink() or not one.is_file() or one.name.startswith((".", "~")):
            continue
        if one.suffix.lower() in _UNFINISHED or not one.name.isprintable():
            continue
        yield one.name, one.stat()


def _companion(path: Path) -> Path | None:
    """What says that a file is whole: `file.csv.ok`, or `file.ok`."""
    both = (path.with_name(f"{path.name}.ok"), path.with_suffix(".ok"))
    return next((one for one in both if one.is_file()), None)


def _take(folder: Path, label: str, rows: Sequence[DroppedFile], now: dt.datetime) -> None:
    digests = {row.name: _digest(folder / row.name) for row in rows}
    import_run = _same_again(rows, digests)
    if import_run is None:
        arrival = Arrival(AuditChannel.JOB, source=f"drop:{label}"[:80], automatic=True)
        files = [Given(folder / row.name, row.name) for row in rows]
        try:
            with transaction.atomic():
                import_run = take_in(files=files, arrival=arrival, now=now, profile=label)
        except Refusal as refused:
            names = [row.name for row in rows]
            import_run = refuse_arrival(arrival=arrival, names=names, refusal=str(refused), now=now, profile=label)
    for row in rows:
        row.run, row.digest = import_run, digests[row.name]
        row.taken_at, row.taken_modified = now, row.modified
        row.save(update_fields=["run", "digest", "taken_at", "taken_modified"])


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _same_again(rows: Sequence[DroppedFile], digests: Mapping[str, str]) -> ImportRun | None:
    """The import of these very files, when nothing was applied since: doing it again would change nothing."""
    runs = {row.run_id for row in rows}
    if len(runs) != 1 or None in runs or any(row.digest != digests[row.name] for row in rows):
        return None
    (former,) = {row.run for row in rows}
    if former is None or former.state in (RunState.REFUSED, RunState.CANCELLED):
        return None
    if former.files.count() != len(rows) and not any(row.name.lower().endswith(".zip") for row in rows):
        return None
    later = ImportRun.objects.filter(state=RunState.APPLIED, finished_at__gt=former.finished_at or former.started_at)
    return None if later.exclude(pk=former.pk).exists() else former


def _put_away(root: Path, path: Path, import_run: ImportRun) -> None:
    """A file whose import is finished leaves the folder, so that nobody takes it for a new one."""
    outcome = DONE if import_run.state == RunState.APPLIED else REFUSED
    place = root / outcome / f"{import_run.started_at:%Y%m%d-%H%M%S}-{import_run.pk.hex[-8:]}"
    try:
        place.parent.mkdir(mode=0o700, exist_ok=True)
        place.mkdir(mode=0o700, exist_ok=True)
        companion = _companion(path)
        os.replace(path, place / path.name)
        if companion:
            companion.unlink(missing_ok=True)
    except OSError as error:  # it stays, remembered as taken; somebody must look at the rights over the folder
        logger.error("A dropped file cannot be put away: %s", os.strerror(error.errno or 0))


def _erase_old(root: Path, now: dt.datetime) -> None:
    """They hold personal data: a week is enough to look at what was wrong."""
    for outcome in (DONE, REFUSED):
        place = root / outcome
        if not place.is_dir() or place.is_symlink():
            continue
        for batch in place.iterdir():
            if batch.stat(follow_symlinks=False).st_mtime < (now - FILES_LAST).timestamp():
                shutil.rmtree(batch, ignore_errors=True) if batch.is_dir() else batch.unlink(missing_ok=True)
