"""Apply directories of partners at the data·inclusion schema: structures, then services, then who is listed no more.

Nothing is removed: a card that its source no longer lists is marked with the day. Partners kept by hand are left alone.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet

from bienveille.register.imports.choices import Departures
from bienveille.register.imports.operations.staging import Outcome, Source
from bienveille.register.imports.rules.cells import Issue, shown
from bienveille.register.imports.rules.departures import may_close
from bienveille.register.imports.rules.partners import SERVICE, STRUCTURE, Entry, read_record
from bienveille.register.imports.rules.partners_sheet import read_sheet
from bienveille.register.partners.models import Service, Structure

CHUNK = 1000
_MODELS: dict[str, type[models.Model]] = {STRUCTURE: Structure, SERVICE: Service}
#: What this house adds to a card: no file says it, so no file changes it.
_OURS = {"id", "key", "own", "notes", "ended_on"}


@dataclass(slots=True)
class _Listed:
    """What the files of a call list of one kind: every identifier, refused records included, and their sources."""

    ids: set[str] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)
    unreadable: int = 0


class Directories:
    """The directories of one call, which may be one source cut into several files: who is gone is known at the last."""

    def __init__(self, files: int) -> None:
        self.left = files
        self.listed = {STRUCTURE: _Listed(), SERVICE: _Listed()}

    def read(self, kind: str, record: Any, outcome: Issue | dict[str, Any]) -> None:
        """One more record, accepted or not: what its source still lists is not gone."""
        listed = self.listed[kind]
        found = record if isinstance(record, dict) else {}
        if isinstance(key := found.get("id"), str) and key.strip():
            listed.ids.add(key)
        else:
            listed.unreadable += 1
        if not isinstance(outcome, Issue):
            listed.sources.add(outcome["source"])


def apply_partners(
    source: Source,
    *,
    today: dt.date,
    moved: Callable[[], None],
    together: Directories,
    departures: Departures = Departures.AUTO,
) -> Outcome:
    """Records are created or brought up to date, field by field as the schema has them (2 queries a thousand).

    What a source listed and lists no more is marked as gone: when it is little (`auto`), always (`close`), never
    (`keep`). A record with the identifier of a partner kept by hand is refused.
    """
    entries, remarks = _entries(source, today)
    outcome = Outcome(source)
    records: dict[str, dict[str, dict[str, Any]]] = {STRUCTURE: {}, SERVICE: {}}
    where: dict[tuple[str, str], int] = {}
    cut: list[Issue] = []
    for kind, number, record in entries:
        outcome.records += 1
        moved()
        read = _fitted(kind, number, read_record(kind, number, record, today), cut)
        together.read(kind, record, read)
        if isinstance(read, Issue):
            outcome.rejects.append(read)
        elif read["id"] in records[kind]:
            outcome.rejects.append(Issue(number, "id", shown(read["id"]), "duplicate_key"))
        else:
            records[kind][read["id"]] = read
            where[kind, read["id"]] = number
    refused = {issue.row for issue in outcome.rejects}
    outcome.warnings = sorted(issue for issue in [*remarks, *cut] if issue.row not in refused)
    _refuse_own(records, where, outcome)
    _save(Structure, records[STRUCTURE], outcome)
    wanted = {record["structure_id"] for record in records[SERVICE].values()}
    known = set(Structure.objects.filter(id__in=wanted, own=False).values_list("id", flat=True))
    for key, record in list(records[SERVICE].items()):
        if record["structure_id"] not in known:
            outcome.rejects.append(Issue(where[SERVICE, key], "structure_id", shown(key), "unknown_structure"))
            del records[SERVICE][key]
    _save(Service, records[SERVICE], outcome)
    outcome.rejects.sort()
    outcome.unchanged = outcome.accepted - outcome.created - outcome.updated
    together.left -= 1
    if not together.left:
        _mark_gone(together, today, departures, outcome)
    return outcome


def _entries(source: Source, today: dt.date) -> tuple[list[Entry], list[Issue]]:
    """The records of a directory, numbered on from one sheet to the next, and the doubtful cells of a table."""
    entries, remarks = list(source.directory or ()), []
    for sheet in source.sheets:
        offset = len(entries)
        found, doubts = read_sheet(sheet.header, sheet.rows(), today)
        entries += [(kind, number + offset, record) for kind, number, record in found]
        remarks += [issue._replace(row=issue.row + offset) for issue in doubts]
    return entries, remarks


def _fitted(kind: str, number: int, read: dict[str, Any] | Issue, cut: list[Issue]) -> dict[str, Any] | Issue:
    """The record as its columns can hold it: a text too long is cut, a number or an address too long is left out.

    Each is said in `cut`. An identifier too long is refused: cut, it would be another one's.
    """
    if isinstance(read, Issue):
        return read
    for field_ in _MODELS[kind]._meta.concrete_fields:
        value, most = read.get(field_.attname), getattr(field_, "max_length", None)
        if not isinstance(value, str) or not most or len(value) <= most:
            continue
        if field_.attname in ("id", "structure_id", "source"):
            return Issue(number, field_.attname, shown(value), "invalid_record")
        whole = field_.attname in ("telephone", "courriel") or isinstance(field_, models.URLField)
        read[field_.attname] = "" if whole else value[:most]
        cut.append(Issue(number, field_.attname, shown(read["id"]), "too_long"))
    return read


def _refuse_own(
    records: dict[str, dict[str, dict[str, Any]]], where: dict[tuple[str, str], int], outcome: Outcome
) -> None:
    own: dict[str, QuerySet[Any]] = {
        STRUCTURE: Structure.objects.filter(own=True),
        SERVICE: Service.objects.filter(structure__own=True),
    }
    for kind, kept in own.items():
        mine = set(kept.values_list("id", flat=True))
        for key in mine & records[kind].keys():
            outcome.rejects.append(Issue(where[kind, key], "id", shown(key), "own_partner"))
            del records[kind][key]


def _mark_gone(together: Directories, today: dt.date, departures: Departures, outcome: Outcome) -> None:
    """The cards of these sources that no file of the call lists (2 queries a kind, 1 when nobody is gone)."""
    held = 0
    for kind, listed in together.listed.items():
        if not listed.sources:
            continue
        open_cards = _MODELS[kind]._default_manager.filter(source__in=listed.sources, ended_on=None)
        open_cards = open_cards.exclude(Q(own=True) if kind == STRUCTURE else Q(structure__own=True))
        keys = set(open_cards.values_list("id", flat=True))
        absent = keys - listed.ids
        if absent and may_close(departures, absent=len(absent), running=len(keys), unreadable=listed.unreadable):
            _MODELS[kind]._default_manager.filter(id__in=absent).update(ended_on=today)
            outcome.closed += len(absent)
        elif departures != Departures.KEEP:
            held += len(absent)
    if held:
        outcome.extra["held"] = held


def _save(model: type[models.Model], records: dict[str, dict[str, Any]], outcome: Outcome) -> None:
    """Those that are new and those that differ, in one statement a thousand; who comes back is no longer gone."""
    fields: list[Any] = [f for f in model._meta.concrete_fields if not getattr(f, "generated", False)]
    fields = [one for one in fields if one.attname not in _OURS]
    names = [one.attname for one in fields]
    keys = list(records)
    for start in range(0, len(keys), CHUNK):
        chunk = keys[start : start + CHUNK]
        existing = {
            row["id"]: row for row in model._default_manager.filter(id__in=chunk).values("id", "ended_on", *names)
        }
        written: list[models.Model] = []
        for key in chunk:
            values = {"id": key, "ended_on": None}
            values |= {f.attname: records[key].get(f.attname, _empty(f)) for f in fields}
            if key not in existing:
                outcome.created += 1
            elif existing[key] != values:
                outcome.updated += 1
            else:
                continue
            written.append(model(**values))
        model._default_manager.bulk_create(
            written, update_conflicts=True, unique_fields=["id"], update_fields=["ended_on", *names]
        )


def _empty(field: "models.Field[Any, Any]") -> Any:
    return None if field.null else field.get_default()
