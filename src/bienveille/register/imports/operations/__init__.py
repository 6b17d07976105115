"""What can be done with a landlord's files: import them, all together or not at all."""

import datetime as dt
import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from bienveille.ground.lib.decoding import decode
from bienveille.ground.lib.tables import NotATable, open_table
from bienveille.ground.lib.words import plain
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction, AuditChannel
from bienveille.register.accounts.models import Landlord, User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.imports.choices import RunState, Severity
from bienveille.register.imports.models import ImportFile, ImportRun
from bienveille.register.imports.operations.housing import apply_housing
from bienveille.register.imports.operations.partners import apply_partners
from bienveille.register.imports.operations.staff import apply_staff
from bienveille.register.imports.operations.staging import Outcome, Source, copying, escaped, run
from bienveille.register.imports.operations.tenants import apply_tenants
from bienveille.register.imports.rules.messages import issue_message, refusal_message, spaced
from bienveille.register.imports.rules.partners import split_directory
from bienveille.register.imports.rules.profiles import Profile, load_profile, profile_names
from bienveille.register.imports.rules.recognition import HOUSING, IN_ORDER, PARTNERS, STAFF, is_title, recognise

MAX_JSON = 200 << 20  # bytes of a directory of partners
_LOCK = 0x1B7E  # one import at a time in a database


class WrongFile(Refusal):
    """A file is not what it should be: nothing of the call is applied."""


class NoLandlord(Refusal):
    """The database is empty and nobody said whose it is."""

    message = spaced("Cette base est vide : donnez le nom du bailleur avec --org NOM.")


class OtherLandlord(Refusal):
    """One database serves one landlord."""


class UnknownProfile(Refusal):
    """No profile has that name."""


class _Rehearsed(Exception):
    """Raised at the end of a dry run to undo it."""


@dataclass(slots=True)
class Report:
    """What an import did, file by file, in the order given."""

    org: str
    applied: bool
    dry_run: bool
    outcomes: list[Outcome]
    run_id: str = ""
    columns: dict[str, Any] = field(default_factory=dict)

    @property
    def has_rejects(self) -> bool:
        """At least one row was refused."""
        return any(outcome.rejected for outcome in self.outcomes)

    def as_dict(self) -> dict[str, Any]:
        """The shape of contracts.md."""
        return {
            "applied": self.applied,
            "dry_run": self.dry_run,
            "org": self.org,
            "files": [_file_dict(outcome) for outcome in self.outcomes],
        }


def _file_dict(outcome: Outcome) -> dict[str, Any]:
    source = outcome.source
    return {
        "file": source.name,
        "kind": source.kind,
        "records": outcome.records,
        "accepted": outcome.accepted,
        "rejected": outcome.rejected,
        "warned": outcome.warned,
        "created": outcome.created,
        "updated": outcome.updated,
        "closed": outcome.closed,
        "unchanged": outcome.unchanged,
        **outcome.extra,
        "encoding": source.table.encoding.name if source.table and source.table.encoding else "",
        "separator": source.table.separator if source.table else "",
        "unknown_columns": source.columns.unknown if source.columns else [],
        "ignored_columns": source.columns.ignored if source.columns else [],
        "rejects": [{**issue._asdict(), "message": issue_message(issue.reason)} for issue in outcome.rejects],
        "warnings": [{**issue._asdict(), "message": issue_message(issue.reason)} for issue in outcome.warnings],
    }


def import_files(
    *,
    paths: Sequence[Path],
    today: dt.date,
    org: str = "",
    profile: str = "",
    dry_run: bool = False,
    actor: User | None = None,
    channel: AuditChannel = AuditChannel.CLI,
    progress: Callable[[str, int], Callable[[], None]] | None = None,
) -> Report:
    """Read a landlord's files and bring the register up to date with them, in one transaction.

    Each file is recognised by its header and applied in the order homes, tenants, staff, partners. Rows that cannot be
    taken are listed; a file that is not what it should be stops everything (`WrongFile`). `progress(title, total)`
    gives a function called at every record (total 0: unknown).

    Refuses: an empty database without `org` (`NoLandlord`), another landlord's name (`OtherLandlord`), a profile that
    does not exist (`UnknownProfile`).
    """
    started_at = timezone.now()
    asked = _profile(profile)
    try:
        sources = [_recognised(path) for path in paths]
        with transaction.atomic():
            run("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            landlord = _landlord(org)
            outcomes = {
                id(source): _apply(source, today=today, profile=asked, progress=progress)
                for source in sorted(sources, key=lambda s: IN_ORDER.index(s.kind))
            }
            _refresh_statistics(outcomes.values())
            report = Report(landlord.name, not dry_run, dry_run, [outcomes[id(source)] for source in sources])
            if dry_run:
                raise _Rehearsed
            report.run_id = _record(report, RunState.APPLIED, started_at, asked, actor, channel)
    except _Rehearsed:
        return report
    except WrongFile as refusal:
        _record_refusal(refusal, started_at, asked, actor, channel, dry_run)
        raise
    return report


def _profile(name: str) -> Profile | None:
    if not name:
        return None
    profile = load_profile(name)
    if profile is None:
        known = ", ".join(profile_names())
        raise UnknownProfile(spaced(f"Le profil « {name} » n’existe pas. Profils possibles : {known}."))
    return profile


def _landlord(org: str) -> Landlord:
    name = " ".join(org.split())
    landlord = Landlord.objects.first()
    if landlord is None:
        if not name:
            raise NoLandlord
        return Landlord.objects.create(name=name[:200])
    if name and plain(name) != plain(landlord.name):
        raise OtherLandlord(spaced(f"Cette base est celle de « {landlord.name} », pas de « {name} »."))
    return landlord


def _recognised(path: Path) -> Source:
    """What a file is, read from its first bytes and its header; raises `WrongFile`."""
    try:
        if _looks_like_json(path):
            return _directory(path)
        table = open_table(path, is_title=is_title)
    except NotATable as error:
        raise WrongFile(refusal_message(path.name, error.code, error.detail)) from error
    except OSError as error:
        raise WrongFile(refusal_message(path.name, "unreadable", {"error": os.strerror(error.errno or 0)})) from error
    columns = recognise(table.header)
    if columns is None:
        raise WrongFile(refusal_message(path.name, "unknown_kind", {"titles": table.header}))
    return Source(path.name, columns.kind, table, columns)


def _looks_like_json(path: Path) -> bool:
    with path.open("rb") as stream:
        head = stream.read(200).lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith((b"{", b"[")) and not head.startswith(b"{\\rtf")


def _directory(path: Path) -> Source:
    if path.stat().st_size > MAX_JSON:
        raise WrongFile(refusal_message(path.name, "too_big", {}))
    try:
        document = json.loads(decode(path.read_bytes())[0])
    except (ValueError, RecursionError) as error:
        raise WrongFile(refusal_message(path.name, "damaged", {})) from error
    directory = split_directory(document)
    if directory is None:
        raise WrongFile(refusal_message(path.name, "json", {}))
    return Source(path.name, PARTNERS, directory=directory)


def _apply(
    source: Source,
    *,
    today: dt.date,
    profile: Profile | None,
    progress: Callable[[str, int], Callable[[], None]] | None,
) -> Outcome:
    moved = progress(source.name, 0) if progress else lambda: None
    try:
        if source.kind == HOUSING:
            return apply_housing(source, moved=moved)
        if source.kind == STAFF:
            return apply_staff(source, moved=moved)
        if source.kind == PARTNERS:
            return apply_partners(source, moved=moved)
        return apply_tenants(source, today=today, profile=profile, moved=moved)
    except NotATable as error:  # found while reading on: an unclosed quotation mark, a sheet cut short
        raise WrongFile(refusal_message(source.name, error.code, error.detail)) from error


_TABLES = {
    "housing": "housing_commune, housing_residence, housing_building, housing_dwelling, accounts_agency",
    "tenants": "tenants_household, tenants_lease, tenants_person, tenants_contactpoint, imports_importedperson",
    "partners": "partners_structure, partners_service",
}


def _refresh_statistics(outcomes: Iterable[Outcome]) -> None:
    """What was just filled is asked about at once; without statistics PostgreSQL plans as for empty tables."""
    for outcome in outcomes:
        if outcome.source.kind in _TABLES and outcome.created:
            run(f"ANALYZE {_TABLES[outcome.source.kind]}")


def _record(
    report: Report,
    state: RunState,
    started_at: dt.datetime,
    profile: Profile | None,
    actor: User | None,
    channel: AuditChannel,
) -> str:
    """The run, its files, its issues and its audit row, in the transaction of what was done."""
    import_run = ImportRun.objects.create(
        actor=actor,
        channel=channel,
        state=state,
        profile=profile.name if profile else "",
        purpose=profile.purpose if profile else "",
        started_at=started_at,
    )
    counts: dict[str, dict[str, int]] = {}
    for outcome in report.outcomes:
        source = outcome.source
        file = ImportFile.objects.create(
            run=import_run,
            name=source.name[:255],
            kind=source.kind,
            encoding=source.table.encoding.name if source.table and source.table.encoding else "",
            separator=source.table.separator if source.table else "",
            columns={title: name for name, titles in source.columns.titles.items() for title in titles}
            if source.columns
            else {},
            unknown_columns=[title[:200] for title in source.columns.unknown] if source.columns else [],
            ignored_columns=[title[:200] for title in source.columns.ignored] if source.columns else [],
            **{
                name: getattr(outcome, name)
                for name in ("records", "accepted", "rejected", "warned", "created", "updated", "closed", "unchanged")
            },
        )
        counts[source.kind] = {
            name: getattr(outcome, name) for name in ("records", "rejected", "created", "updated", "closed")
        }
        _record_issues(file, outcome)
    record_audit(
        actor=actor, action=AuditAction.IMPORT_APPLIED, subject=import_run, channel=channel, detail={"files": counts}
    )
    return str(import_run.pk)


def _record_issues(file: ImportFile, outcome: Outcome) -> None:
    if not outcome.rejects and not outcome.warnings:
        return
    with copying('COPY imports_importissue (file_id, severity, row, "column", value, reason) FROM STDIN') as write:
        for severity, issues in ((Severity.REJECT, outcome.rejects), (Severity.WARNING, outcome.warnings)):
            for issue in issues:
                column, value = escaped(issue.column[:200]), escaped(issue.value[:40])
                write(f"{file.pk}\t{severity.value}\t{issue.row}\t{column}\t{value}\t{issue.reason}\n")


def _record_refusal(
    refusal: WrongFile,
    started_at: dt.datetime,
    profile: Profile | None,
    actor: User | None,
    channel: AuditChannel,
    dry_run: bool,
) -> None:
    """A refused call leaves a trace, not data."""
    if dry_run:
        return
    ImportRun.objects.create(
        actor=actor,
        channel=channel,
        state=RunState.REFUSED,
        profile=profile.name if profile else "",
        purpose=profile.purpose if profile else "",
        refusal=str(refusal)[:500],
        started_at=started_at,
    )
