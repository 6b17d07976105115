"""Import a landlord's files, all together or not at all: what the command line and the screens' jobs both run."""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from bienveille.ground.lib.tables import NotATable
from bienveille.ground.lib.words import plain
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction, AuditChannel
from bienveille.register.accounts.models import Landlord, User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.imports.choices import Departures, RunState, Severity
from bienveille.register.imports.models import ImportFile, ImportProfile, ImportRun
from bienveille.register.imports.operations.changes import Together
from bienveille.register.imports.operations.housing import apply_housing
from bienveille.register.imports.operations.partners import Directories, apply_partners
from bienveille.register.imports.operations.reading import Given, WrongFile, recognised
from bienveille.register.imports.operations.staff import apply_staff
from bienveille.register.imports.operations.staging import Outcome, Source, copying, escaped, rows, run, still
from bienveille.register.imports.operations.tenants import apply_tenants, tenants_are_known, typists_of
from bienveille.register.imports.operations.typists import Typists
from bienveille.register.imports.rules.messages import issue_message, refusal_message, spaced
from bienveille.register.imports.rules.profiles import Profile, load_profile, profile_names
from bienveille.register.imports.rules.recognition import HOUSING, IN_ORDER, PARTNERS, STAFF, TENANTS

VALUES_LAST = dt.timedelta(days=90)  # then the cells shown beside the issues are erased (docs/privacy.md)
_LOCK = 0x1B7E  # one import at a time in a database


class NoLandlord(Refusal):
    """The database is empty and nobody said whose it is."""

    message = spaced("Cette base est vide : donnez le nom du bailleur avec --org NOM.")


class OtherLandlord(Refusal):
    """One database serves one landlord."""


class UnknownProfile(Refusal):
    """No profile has that name."""


class AlreadyDone(Refusal):
    """Another job has applied these files, or somebody gave them up."""

    message = "Cet import n’attend plus d’être appliqué."


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
    figures: dict[str, dict[str, int]] = field(default_factory=dict)

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
    paths: Sequence[Path | Given],
    today: dt.date,
    org: str = "",
    profile: str = "",
    dry_run: bool = False,
    actor: User | None = None,
    channel: AuditChannel = AuditChannel.CLI,
    progress: Callable[[str, int], Callable[[], None]] | None = None,
    kept: ImportRun | None = None,
    departures: Departures = Departures.AUTO,
) -> Report:
    """Read a landlord's files and bring the register up to date with them, in one transaction.

    Each file is recognised by its header and applied in the order homes, tenants, staff, partners. Rows that cannot be
    taken are listed; a file that is not what it should be stops everything (`WrongFile`). `progress(title, total)`
    gives a function called at every record (total 0: unknown). `kept`: the run of files dropped on a screen, which
    takes the result. `departures`: what becomes of the leases that a tenants' file does not list: ended when they are
    few (`auto`), always (`close`: somebody said that the file is complete), never (`keep`).

    Refuses: an empty database without `org` (`NoLandlord`), another landlord's name (`OtherLandlord`), a profile that
    does not exist (`UnknownProfile`), a run that no longer waits (`AlreadyDone`).
    """
    started_at = timezone.now()
    asked = _profile(profile)
    try:
        sources = [
            recognised(one if isinstance(one, Given) else Given(one), chosen=asked.columns if asked else None)
            for one in paths
        ]
        with ExitStack() as reading, transaction.atomic():
            run("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            if kept and not dry_run and not ImportRun.objects.filter(pk=kept.pk, state=RunState.APPLYING).exists():
                raise AlreadyDone
            landlord = _landlord(org)
            typists = {
                id(source): reading.enter_context(typists_of(source, today=today, profile=asked))
                for source in [source for source in sources if source.kind == TENANTS][:1]
            }  # the processes of the first begin while the register is counted
            if tenants_are_known():
                for one in typists.values():
                    one.sign_ahead()
            before = _counts(today)
            together = Together(sum(source.kind == TENANTS for source in sources))
            directories = Directories(sum(source.kind == PARTNERS for source in sources))
            outcomes = {
                id(source): _apply(
                    source,
                    today=today,
                    profile=asked,
                    progress=progress,
                    departures=departures,
                    together=together,
                    directories=directories,
                    actor=actor,
                    typists=typists.get(id(source)),
                )
                for source in sorted(sources, key=lambda s: IN_ORDER.index(s.kind))
            }
            _refresh_statistics(outcomes.values())
            report = Report(landlord.name, not dry_run, dry_run, [outcomes[id(source)] for source in sources])
            report.figures = {"before": before, "after": _moved(before, outcomes.values(), today)}
            if dry_run:
                raise _Rehearsed
            report.run_id = _record(report, started_at, asked, actor, channel, kept)
    except _Rehearsed:
        return report
    except WrongFile as refusal:
        if not kept:
            _record_refusal(refusal, started_at, asked, actor, channel, dry_run)
        raise
    return report


def find_profile(*, name: str) -> Profile | None:
    """A built-in profile, or one that was saved from an import; None when nobody knows it (1 query at most)."""
    built_in = load_profile(name)
    if built_in:
        return built_in
    saved = ImportProfile.objects.filter(name=name).first()
    if saved is None:
        return None
    base = load_profile(saved.base) if saved.base else None
    return Profile(
        saved.name, saved.label, base.purpose if base else "", base.marks if base else (), columns=saved.columns
    )


def _profile(name: str) -> Profile | None:
    if not name:
        return None
    profile = find_profile(name=name)
    if profile is None:
        known = ", ".join([*profile_names(), *ImportProfile.objects.values_list("name", flat=True)])
        raise UnknownProfile(f"Le profil «\u00a0{name}\u00a0» n’existe pas. Profils possibles\u00a0: {known}.")
    return profile


# What a screen compares, by the kind of file that changes it.
_COUNTS = {
    HOUSING: {"dwellings": "SELECT count(*) FROM housing_dwelling"},
    TENANTS: {
        "households": "SELECT count(*) FROM tenants_household WHERE closed_on IS NULL",
        "persons": "SELECT count(*) FROM tenants_person WHERE left_on IS NULL",
        "leases": "SELECT count(*) FROM tenants_lease WHERE exit IS NULL OR exit >= %(today)s",
        "phones": "SELECT count(*) FROM tenants_contactpoint WHERE kind = 'phone' AND status = 'valid'",
    },
    STAFF: {"users": "SELECT count(*) FROM accounts_user WHERE is_active"},
    PARTNERS: {"services": "SELECT count(*) FROM partners_service"},
}


def _counts(today: dt.date, kinds: Iterable[str] = tuple(_COUNTS)) -> dict[str, int]:
    """What the register counts, of what files of these kinds change (1 query): a million rows take half a second."""
    asked = {name: statement for kind in _COUNTS if kind in kinds for name, statement in _COUNTS[kind].items()}
    (found,) = rows(f"SELECT {', '.join(f'({statement})' for statement in asked.values())}", {"today": today})
    return dict(zip(asked, found, strict=True))


def _moved(before: dict[str, int], outcomes: Collection[Outcome], today: dt.date) -> dict[str, int]:
    """What the register counts now (1 query at most): of tenants, what was added to and taken from the counts of
    before, unless one of the files went into an empty register.
    """
    kinds = {outcome.source.kind for outcome in outcomes}
    tenants = [outcome for outcome in outcomes if outcome.source.kind == TENANTS]
    more: dict[str, int] = {}
    if all(outcome.tallied for outcome in tenants):
        kinds.discard(TENANTS)
        more = {name: sum(outcome.moves[name] for outcome in tenants) for name in _COUNTS[TENANTS]}
    after = before | (_counts(today, kinds) if kinds else {})
    return {name: count + more.get(name, 0) for name, count in after.items()}


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


def _apply(
    source: Source,
    *,
    today: dt.date,
    profile: Profile | None,
    progress: Callable[[str, int], Callable[[], None]] | None,
    departures: Departures,
    together: Together,
    directories: Directories,
    actor: User | None,
    typists: Typists | None,
) -> Outcome:
    moved = progress(source.name, 0) if progress else still
    try:
        if source.kind == HOUSING:
            return apply_housing(source, moved=moved)
        if source.kind == STAFF:
            return apply_staff(source, moved=moved, departures=departures, actor=actor)
        if source.kind == PARTNERS:
            return apply_partners(source, today=today, moved=moved, together=directories, departures=departures)
        return apply_tenants(
            source,
            typists=typists or typists_of(source, today=today, profile=profile),
            today=today,
            profile=profile,
            moved=moved,
            departures=departures,
            together=together,
        )
    except NotATable as error:  # found while reading on: an unclosed quotation mark, a sheet cut short
        raise WrongFile(refusal_message(source.name, error.code, error.detail)) from error


_TABLES = {
    "housing": "housing_commune, housing_residence, housing_building, housing_dwelling, accounts_agency",
    "tenants": "tenants_household, tenants_lease, tenants_person, tenants_contactpoint",
    "partners": "partners_structure, partners_service",
}


def _refresh_statistics(outcomes: Iterable[Outcome]) -> None:
    """What was just filled is asked about at once; without statistics PostgreSQL plans as for empty tables.

    A table that grew by less than a tenth keeps plans that are as good. A small sample is enough for the first plans:
    autovacuum will see to the rest.
    """
    run("SET LOCAL default_statistics_target = 25")
    for outcome in outcomes:
        if outcome.source.kind in _TABLES and outcome.created * 10 > outcome.accepted:
            run(f"ANALYZE {_TABLES[outcome.source.kind]}")


def _record(
    report: Report,
    started_at: dt.datetime,
    profile: Profile | None,
    actor: User | None,
    channel: AuditChannel,
    kept: ImportRun | None,
) -> str:
    """The run, its files, its issues and its audit row, in the transaction of what was done."""
    now = timezone.now()
    facts = {
        "state": RunState.APPLIED,
        "profile": profile.name if profile else "",
        "purpose": profile.purpose if profile else "",
        "finished_at": now,
        "values_until": now.date() + VALUES_LAST,
        "figures": report.figures,
    }
    if kept:
        import_run = ImportRun.objects.select_for_update().get(pk=kept.pk)
        if import_run.state != RunState.APPLYING:  # given up by somebody who thought that its job had died
            raise AlreadyDone
        for name, fact in facts.items():
            setattr(import_run, name, fact)
        import_run.save(update_fields=list(facts))
    else:
        import_run = ImportRun.objects.create(actor=actor, channel=channel, started_at=started_at, **facts)
    record_outcomes(import_run=import_run, report=report)
    counts = {
        outcome.source.kind: {
            name: getattr(outcome, name) for name in ("records", "rejected", "created", "updated", "closed")
        }
        for outcome in report.outcomes
    }
    record_audit(
        actor=actor, action=AuditAction.IMPORT_APPLIED, subject=import_run, channel=channel, detail={"files": counts}
    )
    return str(import_run.pk)


@transaction.atomic
def record_outcomes(*, import_run: ImportRun, report: Report) -> None:
    """What was found in each file, in the order of the call; the issues of an earlier reading go.

    The files of a run made on a screen exist already; those of the command line are made here.
    """
    existing = list(ImportFile.objects.filter(run=import_run).order_by("rank"))
    _forget_issues(existing)
    for rank, outcome in enumerate(report.outcomes):
        source = outcome.source
        file = existing[rank] if existing else ImportFile(run=import_run, rank=rank, name=source.name[:255])
        table, columns = source.table, source.columns
        file.kind = source.kind
        if table:
            file.encoding = table.encoding.name if table.encoding else ""
            file.separator, file.sheet, file.header_line = table.separator, table.sheet[:100], table.header_line + 1
            file.header = [title[:200] for title in table.header]
        if columns:
            file.columns = {title: name for name, titles in columns.titles.items() for title in titles}
            file.unknown_columns = [title[:200] for title in columns.unknown]
            file.ignored_columns = [title[:200] for title in columns.ignored]
        for name in ("records", "accepted", "rejected", "warned", "created", "updated", "closed", "unchanged"):
            setattr(file, name, getattr(outcome, name))
        file.save()
        _record_issues(file, outcome)


def _forget_issues(files: Iterable[ImportFile]) -> None:
    run("DELETE FROM imports_importissue WHERE file_id = ANY (%s)", [[file.pk for file in files]])


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
        finished_at=timezone.now(),
    )
