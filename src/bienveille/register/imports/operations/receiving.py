"""Files that come in, whoever brings them: kept, looked at, and put in the hands of a job."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.files import File
from django.db import transaction

from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction, AuditChannel
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.imports.choices import Departures, RunState
from bienveille.register.imports.models import ImportFile, ImportRun
from bienveille.register.imports.operations.call import VALUES_LAST, UnknownProfile, find_profile
from bienveille.register.imports.operations.jobs import check_run, erase_files, report_run
from bienveille.register.imports.operations.reading import (
    Given,
    WrongFile,
    erase,
    keep,
    lacks,
    local,
    look,
    look_at_sheet,
    members_of,
)
from bienveille.register.imports.rules.columns import merged
from bienveille.register.imports.rules.profiles import Profile

MOST_FILES = 10
LARGEST = 300 << 20  # bytes of one file
AT_ONCE = 20 << 20  # bytes: beyond, a file is looked at by the job, not while somebody waits


class FilesRefused(Refusal):
    """Files that cannot be imported, one sentence each; nothing was kept."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self.sentences = list(sentences)
        super().__init__(" ".join(self.sentences))


@dataclass(frozen=True, slots=True)
class Arrival:
    """How files came: by which door, brought by whom, from which folder; whether they are applied by themselves."""

    channel: AuditChannel
    actor: User | None = None
    source: str = ""
    automatic: bool = False


def take_in(
    *,
    files: Sequence[Given],
    arrival: Arrival,
    now: dt.datetime,
    profile: str = "",
    org: str = "",
    departures: Departures = Departures.AUTO,
) -> ImportRun:
    """Keep files found on this machine, look at each, and have them checked by a job; a ZIP counts as what it holds.

    Refuses (`FilesRefused`) when one of them is not what it should be: then none is kept.
    """
    if len(files) > MOST_FILES:
        raise FilesRefused([f"Déposez {MOST_FILES} fichiers au plus à la fois\u00a0: il y en a {len(files)}."])
    known = find_profile(name=profile) if profile else None
    if profile and known is None:
        raise UnknownProfile(f"Le profil «\u00a0{profile}\u00a0» n’existe pas.")
    stored: list[str] = []
    try:
        facts, wrong = _looked_at(files, known, stored)
        if wrong:
            raise FilesRefused(wrong)
        return _record(arrival=arrival, facts=facts, now=now, profile=known, org=org, departures=departures)
    except BaseException:
        for name in stored:
            erase(name)
        raise


def _looked_at(
    files: Sequence[Given], profile: Profile | None, stored: list[str]
) -> tuple[list[dict[str, Any]], list[str]]:
    """What is known of each file, and one sentence for each that cannot be taken."""
    facts: list[dict[str, Any]] = []
    wrong: list[str] = []
    for file in files:
        if file.path.stat().st_size > LARGEST:
            wrong.append(_too_large(file))
            continue
        try:
            with members_of([file]) as members:
                for member in members:
                    try:
                        facts.append(_kept(member, profile, stored))
                    except WrongFile as refusal:
                        wrong.append(str(refusal))
        except WrongFile as refusal:
            wrong.append(str(refusal))
    return facts, wrong


def _too_large(given: Given) -> str:
    name = given.name or given.path.name
    return f"«\u00a0{name}\u00a0» n’est pas importé\u00a0: il dépasse {LARGEST >> 20}\u00a0Mo."


def _kept(given: Given, profile: Profile | None, stored: list[str]) -> dict[str, Any]:
    name = (given.name or given.path.name)[:255]
    size = given.path.stat().st_size
    if size > LARGEST:  # a member of an archive
        raise WrongFile(_too_large(given))
    facts: dict[str, Any] = {"name": name, "size": size}
    if size <= AT_ONCE:
        facts |= look(Given(given.path, name), chosen=profile.columns if profile else None)
    with given.path.open("rb") as content:
        facts["stored"] = keep(File(content))
    stored.append(facts["stored"])
    return facts


#: What depends on the sheet that is read of a workbook.
OF_A_SHEET = ("given_sheet", "sheet", "sheets", "header", "header_line", "samples", "encoding", "separator")


def turn_to_sheet(file: ImportFile, sheet: str, profile: Profile | None) -> None:
    """Have another sheet of a kept workbook read, its columns recognised anew; whoever calls saves the file.

    A large workbook is opened by the job. Refuses a sheet that is no table (`WrongSheet`): then nothing has changed.
    """
    facts: dict[str, Any] = {"sheet": sheet, "header": [], "kind": ""}
    if file.size <= AT_ONCE:
        with local(file.stored) as path:
            facts = look_at_sheet(Given(path, file.name, sheet=sheet), chosen=profile.columns if profile else None)
    facts = {"samples": {}, **facts, "given_sheet": sheet, "given_kind": "", "chosen": {}}
    for name, fact in facts.items():
        setattr(file, name, fact)


@transaction.atomic
def _record(
    *,
    arrival: Arrival,
    facts: Sequence[dict[str, Any]],
    now: dt.datetime,
    profile: Profile | None,
    org: str,
    departures: Departures,
) -> ImportRun:
    import_run = ImportRun(
        actor=arrival.actor,
        channel=arrival.channel,
        state=RunState.MAPPING,
        profile=profile.name if profile else "",
        purpose=profile.purpose if profile else "",
        org=" ".join(org.split())[:200],
        started_at=now,
        values_until=now.date() + VALUES_LAST,
        automatic=arrival.automatic,
        source=arrival.source,
        departures=departures,
    )
    import_run.save(force_insert=True)
    files = [ImportFile(run=import_run, rank=rank, **fact) for rank, fact in enumerate(facts)]
    ImportFile.objects.bulk_create(files)
    if arrival.automatic:
        _replace_older(import_run, files, now)
    check_when_said(import_run=import_run, files=files, profile=profile, now=now)
    audit_prepared(actor=arrival.actor, import_run=import_run, did="received", files=len(files))
    return import_run


def _replace_older(import_run: ImportRun, files: Sequence[ImportFile], now: dt.datetime) -> None:
    """What the same door brought before and nobody has settled yet is out of date: applied later, it would go back."""
    kinds = {file.kind for file in files}
    waiting = ImportRun.objects.select_for_update().filter(
        automatic=True, source=import_run.source, state__in=(RunState.MAPPING, RunState.READY)
    )
    for older in waiting.exclude(pk=import_run.pk):
        if not {kind for kind in older.files.values_list("kind", flat=True) if kind} <= kinds:
            continue
        older.state, older.finished_at = RunState.CANCELLED, now
        older.refusal = "Remplacé par un dépôt plus récent."
        older.save(update_fields=["state", "finished_at", "refusal"])
        _erase_after(older)


def _erase_after(older: ImportRun) -> None:
    transaction.on_commit(lambda: erase_files(runs=[older.pk]))


@transaction.atomic
def refuse_arrival(
    *, arrival: Arrival, names: Sequence[str], refusal: str, now: dt.datetime, profile: str = ""
) -> ImportRun:
    """Keep the trace of files that nobody watched and that could not be taken; no line of them is kept."""
    import_run = ImportRun.objects.create(
        actor=arrival.actor,
        channel=arrival.channel,
        state=RunState.REFUSED,
        profile=profile[:40],
        refusal=refusal[:500],
        started_at=now,
        finished_at=now,
        automatic=arrival.automatic,
        source=arrival.source,
    )
    ImportFile.objects.bulk_create(
        [ImportFile(run=import_run, rank=rank, name=name[:255]) for rank, name in enumerate(names)]
    )
    audit_prepared(actor=arrival.actor, import_run=import_run, did="refused", files=len(names))
    report_run.enqueue(run_id=import_run.pk)
    return import_run


def check_when_said(
    *, import_run: ImportRun, files: Sequence[ImportFile], profile: Profile | None, now: dt.datetime
) -> None:
    """Ask for the check as soon as every file says enough; else somebody is asked for what is missing."""
    columns = profile.columns if profile else {}
    unsaid = any(
        lacks(file.kind, file.header, merged(columns, file.chosen, file.kind))
        for file in files
        if file.header or file.given_kind
    )
    import_run.state = RunState.MAPPING if unsaid else RunState.CHECKING
    if not unsaid:
        ask_for_job(import_run=import_run, now=now, rows=sum(file.records for file in files))
        check_run.enqueue(run_id=import_run.pk)
    elif import_run.automatic:
        report_run.enqueue(run_id=import_run.pk)
    import_run.save()


def ask_for_job(*, import_run: ImportRun, now: dt.datetime, rows: int) -> None:
    """Say that a job was asked for and has given no sign yet; whoever calls saves the run."""
    import_run.asked_at, import_run.seen_at, import_run.stopped_at, import_run.begun_at = now, None, None, None
    import_run.step, import_run.rows_done, import_run.rows_total = "", 0, rows


def audit_prepared(*, actor: User | None, import_run: ImportRun, did: str, **detail: Any) -> None:
    """Say who took a step towards an import."""
    record_audit(
        actor=actor,
        action=AuditAction.IMPORT_CHANGED,
        subject=import_run,
        reason="Import automatique" if import_run.automatic and actor is None else "Import préparé à l’écran",
        detail={"did": did, **detail},
    )
