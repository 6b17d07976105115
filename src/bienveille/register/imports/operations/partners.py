"""Apply a directory of partners at the data·inclusion schema: structures, then their services. Nothing is removed."""

from collections.abc import Callable
from typing import Any

from django.db import models

from bienveille.register.imports.operations.staging import Outcome, Source
from bienveille.register.imports.rules.cells import Issue, shown
from bienveille.register.imports.rules.partners import read_record
from bienveille.register.partners.models import Service, Structure

CHUNK = 1000


def apply_partners(source: Source, *, moved: Callable[[], None]) -> Outcome:
    """Records are created or brought up to date, field by field as the schema has them (4 queries a thousand)."""
    assert source.directory is not None
    outcome = Outcome(source)
    structures, services = source.directory
    number = 1
    records: dict[str, dict[str, dict[str, Any]]] = {"structure": {}, "service": {}}
    where: dict[str, int] = {}
    for kind, listed in (("structure", structures), ("service", services)):
        for record in listed:
            number += 1
            outcome.records += 1
            moved()
            read = read_record(kind, number, record)
            if isinstance(read, Issue):
                outcome.rejects.append(read)
            elif read["id"] in records[kind]:
                outcome.rejects.append(Issue(number, "id", shown(read["id"]), "duplicate_key"))
            else:
                records[kind][read["id"]] = read
                where[read["id"]] = number
    _save(Structure, records["structure"], outcome)
    wanted = {record["structure_id"] for record in records["service"].values()}
    known = set(Structure.objects.filter(id__in=wanted).values_list("id", flat=True))
    for key, record in list(records["service"].items()):
        if record["structure_id"] not in known:
            outcome.rejects.append(
                Issue(where[key], "structure_id", shown(record["structure_id"]), "unknown_structure")
            )
            del records["service"][key]
    _save(Service, records["service"], outcome)
    outcome.rejects.sort()
    outcome.unchanged = outcome.accepted - outcome.created - outcome.updated
    return outcome


def _save(model: type[models.Model], records: dict[str, dict[str, Any]], outcome: Outcome) -> None:
    fields = [field for field in model._meta.concrete_fields if field.attname != "id"]
    names = [field.attname for field in fields]
    keys = list(records)
    for start in range(0, len(keys), CHUNK):
        chunk = keys[start : start + CHUNK]
        existing = {row["id"]: row for row in model._default_manager.filter(id__in=chunk).values("id", *names)}
        fresh: list[models.Model] = []
        changed: list[models.Model] = []
        for key in chunk:
            values = {"id": key} | {f.attname: records[key].get(f.attname, _empty(f)) for f in fields}
            if key not in existing:
                fresh.append(model(**values))
            elif existing[key] != values:
                changed.append(model(**values))
        model._default_manager.bulk_create(fresh)
        model._default_manager.bulk_update(changed, names)
        outcome.created += len(fresh)
        outcome.updated += len(changed)


def _empty(field: "models.Field[Any, Any]") -> Any:
    return None if field.null else field.get_default()
