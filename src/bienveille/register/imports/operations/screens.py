"""What people do with files on the screens: drop them, say what their columns are, apply them, give them up."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.text import slugify

from bienveille.ground.lib.typography import counted
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction, AuditChannel
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.imports.choices import AT_WORK, WAITING, Departures, RunState
from bienveille.register.imports.models import ImportFile, ImportIssue, ImportProfile, ImportRun
from bienveille.register.imports.operations.call import find_profile
from bienveille.register.imports.operations.jobs import apply_run, check_run, erase_files
from bienveille.register.imports.operations.reading import WrongSheet, on_disk
from bienveille.register.imports.operations.receiving import (
    OF_A_SHEET,
    Arrival,
    ask_for_job,
    audit_prepared,
    check_when_said,
    take_in,
    turn_to_sheet,
)
from bienveille.register.imports.rules.columns import choices_that_differ, doubled_fields
from bienveille.register.imports.rules.profiles import load_profile
from bienveille.register.imports.rules.recognition import LAYOUTS, recognise


class ColumnsRefused(Refusal):
    """Two columns were given to a field that takes one; sentences by file."""

    def __init__(self, sentences: Mapping[UUID, str]) -> None:
        self.sentences = dict(sentences)
        super().__init__(" ".join(self.sentences.values()))


class CannotChange(Refusal):
    """The run is no longer what the page showed."""

    message = "Cet import a changé depuis l’affichage de la page\u00a0: regardez où il en est."


class DeparturesUnsaid(Refusal):
    """Many of those whom the register knows are missing, and nobody said whether the file is complete."""

    message = "Dites d’abord si le fichier est complet\u00a0: beaucoup de ceux que le registre connaît n’y sont pas."


class ProfileExists(Refusal):
    """Another profile has that name."""


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said of a file: its kind when the titles do not tell, its columns by title, the sheet to read."""

    kind: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    sheet: str = ""


def receive_files(
    *, actor: User, files: Sequence[UploadedFile], now: dt.datetime, profile: str = "", org: str = ""
) -> ImportRun:
    """Keep the files that somebody dropped, look at each, and have them checked by a job.

    Refuses (`FilesRefused`) when one of them is not what it should be: then none is kept.
    """
    known = profile if find_profile(name=profile) else ""
    with on_disk(files) as given:
        return take_in(files=given, arrival=Arrival(AuditChannel.WEB, actor), now=now, profile=known, org=org)


def _locked(run_id: UUID) -> ImportRun:
    return ImportRun.objects.select_for_update().get(pk=run_id)


@transaction.atomic
def change_columns(
    *, actor: User, run_id: UUID, said: Mapping[UUID, Said], profile: str, revision: int, now: dt.datetime
) -> None:
    """Say what the columns of a run's files are, under which profile and on which sheet; its counts are made again.

    The same said twice changes nothing; another profile or another sheet takes the place of what was said of columns.
    Refuses a run that has moved on (`CannotChange`), a field given twice and a sheet that is no table
    (`ColumnsRefused`).
    """
    import_run = _locked(run_id)
    if import_run.state not in (RunState.MAPPING, RunState.CHECKING, RunState.READY):
        raise CannotChange
    if revision != import_run.revision:
        raise CannotChange
    known = find_profile(name=profile) if profile else None
    columns = known.columns if known else {}
    files = list(ImportFile.objects.filter(run=import_run).order_by("rank"))
    before = [(file.kind, file.chosen, file.sheet) for file in files], import_run.profile
    wrong: dict[UUID, str] = {}
    another = profile != import_run.profile
    for file in files:
        one = said.get(file.pk)
        if one is None:
            continue
        if one.sheet in file.sheets and one.sheet != file.sheet:
            try:
                turn_to_sheet(file, one.sheet, known)
            except WrongSheet as refusal:
                wrong[file.pk] = str(refusal)
            continue
        if one.kind in LAYOUTS and one.kind != file.kind:
            file.kind = file.given_kind = one.kind
        if another:  # its columns are taken up as they are: what the page showed was another profile's
            file.chosen = {}
            found = recognise(file.header, chosen=columns, kind=file.given_kind)
            file.kind = found.kind if found else file.kind
            continue
        if file.kind not in LAYOUTS:
            continue
        doubled = doubled_fields(file.kind, one.columns)
        if doubled:
            wrong[file.pk] = f"{file.name}\u00a0: une seule colonne peut devenir «\u00a0{doubled[0]}\u00a0»."
        file.chosen = choices_that_differ(file.kind, file.header, one.columns, columns.get(file.kind, {}))
    if wrong:
        raise ColumnsRefused(wrong)
    import_run.profile = known.name if known else ""
    import_run.purpose = known.purpose if known else ""
    # A sheet that a job could not read: the one that stands instead is agreed to, or another one was chosen.
    agreed = import_run.state == RunState.MAPPING and bool(import_run.oddities)
    if agreed or not import_run.automatic:
        import_run.oddities = []
    if not agreed and ([(file.kind, file.chosen, file.sheet) for file in files], import_run.profile) == before:
        return
    ImportFile.objects.bulk_update(files, ["kind", "given_kind", "chosen", *OF_A_SHEET])
    import_run.revision += 1
    check_when_said(import_run=import_run, files=files, profile=known, now=now)
    audit_prepared(actor=actor, import_run=import_run, did="columns", profile=import_run.profile)


@transaction.atomic
def choose_departures(*, actor: User, run_id: UUID, departures: Departures, revision: int, now: dt.datetime) -> None:
    """Say whether the files of a run are complete, so that those they do not list are closed or kept; counted again.

    The same said twice changes nothing. Refuses a run that is not what the page showed (`CannotChange`).
    """
    import_run = _locked(run_id)
    if import_run.departures == departures and import_run.state in (RunState.CHECKING, RunState.READY):
        return
    if import_run.state != RunState.READY or import_run.revision != revision:
        raise CannotChange
    import_run.departures = departures
    import_run.revision += 1
    files = list(ImportFile.objects.filter(run=import_run).order_by("rank"))
    known = find_profile(name=import_run.profile) if import_run.profile else None
    check_when_said(import_run=import_run, files=files, profile=known, now=now)
    audit_prepared(actor=actor, import_run=import_run, did="departures", departures=str(departures))


@transaction.atomic
def ask_to_apply(*, actor: User, run_id: UUID, revision: int, now: dt.datetime) -> None:
    """Have the checked files applied by a job. Asked twice, it is done once.

    Refuses what is not what the page showed (`CannotChange`), and to guess whether a file is complete when many are
    not in it (`DeparturesUnsaid`).
    """
    import_run = _locked(run_id)
    if import_run.state in (RunState.APPLYING, RunState.APPLIED):
        return
    if import_run.state != RunState.READY or import_run.checked_revision != revision:
        raise CannotChange
    files = list(ImportFile.objects.filter(run=import_run))
    if import_run.departures == Departures.AUTO and any(file.extra.get("held") for file in files):
        raise DeparturesUnsaid
    import_run.state, import_run.actor = RunState.APPLYING, actor
    read = [file.records for file in files]
    ask_for_job(import_run=import_run, now=now, rows=sum(read))
    import_run.save()
    audit_prepared(actor=actor, import_run=import_run, did="asked")
    apply_run.enqueue(run_id=import_run.pk)


@transaction.atomic
def cancel_run(*, actor: User, run_id: UUID, now: dt.datetime) -> None:
    """Give up a run that was not applied: its files, and what was read of them, are erased. Harmless twice.

    One that is being read stops within a thousand rows; one whose register is being brought up to date is undone.
    Refuses one that is applied (`CannotChange`).
    """
    import_run = _locked(run_id)
    if import_run.state == RunState.CANCELLED:
        return
    if import_run.state not in WAITING:
        raise CannotChange
    import_run.state, import_run.finished_at = RunState.CANCELLED, now
    import_run.refusal = f"Abandonné par {actor.display_name}."
    import_run.save()
    ImportIssue.objects.filter(file__run=import_run).update(value="")
    audit_prepared(actor=actor, import_run=import_run, did="cancelled")
    transaction.on_commit(lambda: erase_files(runs=[import_run.pk]))


@transaction.atomic
def resume_run(*, actor: User, run_id: UUID, now: dt.datetime) -> None:
    """Ask again for the job of a run that was interrupted; nothing of it had been written. Harmless twice."""
    import_run = _locked(run_id)
    if import_run.state not in AT_WORK:
        return
    ask_for_job(import_run=import_run, now=now, rows=import_run.rows_total)
    import_run.save()
    audit_prepared(actor=actor, import_run=import_run, did="resumed")
    job = check_run if import_run.state == RunState.CHECKING else apply_run
    job.enqueue_once(f"import:{import_run.pk}", run_id=import_run.pk)


@transaction.atomic
def save_profile(*, actor: User, run_id: UUID, label: str, now: dt.datetime) -> ImportProfile:
    """Save what the columns of a run's files became under a name, for the next import and for `--profile`.

    The name of the profile that this run already uses changes it. Refuses another one's name (`ProfileExists`).
    """
    import_run = _locked(run_id)
    label = " ".join(label.split())[:60]
    name = slugify(label)[:40].strip("-")
    if not name:
        raise ProfileExists("Donnez au profil un nom avec des lettres.")
    used = find_profile(name=import_run.profile) if import_run.profile else None
    columns = {kind: dict(chosen) for kind, chosen in used.columns.items()} if used else {}
    for file in ImportFile.objects.filter(run=import_run).order_by("rank"):
        if file.kind in LAYOUTS:
            columns[file.kind] = {**columns.get(file.kind, {}), **file.chosen}
    if load_profile(name) or (ImportProfile.objects.filter(name=name).exists() and name != import_run.profile):
        raise ProfileExists(f"Un autre profil s’appelle déjà «\u00a0{label}\u00a0»\u00a0: choisissez un autre nom.")
    former = ImportProfile.objects.filter(name=import_run.profile).first() if import_run.profile else None
    base = former.base if former else import_run.profile
    profile, _ = ImportProfile.objects.update_or_create(
        name=name, defaults={"label": label, "base": base, "columns": columns, "saved_by": actor, "saved_at": now}
    )
    audit_prepared(actor=actor, import_run=import_run, did="profile", profile=name)
    return profile


def record_issues_exported(*, actor: User, import_run: ImportRun, rows: int, form: str) -> None:
    """Say that the list of issues of a run was taken away."""
    record_audit(
        actor=actor,
        action=AuditAction.EXPORTED,
        subject=import_run,
        reason=f"Anomalies d’un import, {counted(rows, 'ligne')}",
        detail={"rows": rows, "form": form},
    )
