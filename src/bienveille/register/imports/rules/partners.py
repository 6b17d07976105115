"""A directory of partners at the data·inclusion schema, version 1: which records are right, and their shape."""

import datetime as dt
import json
from collections.abc import Iterable
from typing import Any

from bienveille.register.imports.rules.cells import Issue, shown

STRUCTURE, SERVICE = "structure", "service"
MOST_WEEKS = 2000
type Entry = tuple[str, int, Any]
"""What a record is, its number in the file (header = 1), and the record."""


def split_directory(document: Any) -> list[Entry] | None:
    """The structures and the services of a JSON document, or None when it holds neither.

    Either {"structures": […], "services": […]} or one bare list, as published on data.gouv.fr.
    """
    if isinstance(document, dict):
        structures, services = document.get("structures", []), document.get("services", [])
        if isinstance(structures, list) and isinstance(services, list) and (structures or services):
            return _numbered([(STRUCTURE, one) for one in structures] + [(SERVICE, one) for one in services])
        return None
    if isinstance(document, list) and document and all(isinstance(record, dict) for record in document):
        if all("structure_id" in record for record in document):
            return _numbered((SERVICE, one) for one in document)
        if all("id" in record and "nom" in record for record in document):
            return _numbered((STRUCTURE, one) for one in document)
    return None


def split_lines(text: str) -> list[Entry] | None:
    """The records of a file with one JSON object a line, structures and services mixed; None when it is none."""
    entries: list[Entry] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        number = len(entries) + 2
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            if not entries:
                return None
            record = line
        kind = SERVICE if isinstance(record, dict) and "structure_id" in record else STRUCTURE
        entries.append((kind, number, record))
    if not any(isinstance(record, dict) and "id" in record and "nom" in record for _, _, record in entries):
        return None
    return entries


def _numbered(found: Iterable[tuple[str, Any]]) -> list[Entry]:
    return [(kind, number, record) for number, (kind, record) in enumerate(found, start=2)]


def read_record(kind: str, number: int, record: Any, today: dt.date) -> dict[str, Any] | Issue:
    """A record of the schema as plain values (dates typed, empty fields left out), or why it is refused.

    A refusal names the field that is wrong and, as its value, the record's identifier: that is how it is found again
    in a file of a hundred thousand. `needs`, which a hand-made sheet may say, is ours and passes by.
    """
    if not isinstance(record, dict):
        return Issue(number, "", shown(json.dumps(record)), "invalid_record")
    if not isinstance(record.get("id"), str) or not record["id"].strip():
        return Issue(number, "id", shown(record.get("id") or ""), "missing_key")
    if not isinstance(record.get("nom"), str) or not record["nom"].strip():
        return Issue(number, "nom", shown(record["id"]), "missing_name")
    # Read here only: the schema takes half a second to load, and most files are tables.
    from data_inclusion.schema import v1
    from pydantic import ValidationError

    model = v1.Structure if kind == STRUCTURE else v1.Service
    given = {name: value for name, value in record.items() if name != "needs"}
    try:
        read = model(**given)
    except (ValidationError, TypeError) as error:
        column = ""
        if isinstance(error, ValidationError):
            column = ".".join(map(str, error.errors()[0]["loc"][:1]))
        return Issue(number, column, shown(record["id"]), "invalid_record")
    if not dt.date(2000, 1, 1) <= read.date_maj <= today:
        return Issue(number, "date_maj", shown(record["id"]), "invalid_record")
    values = read.model_dump(mode="json", exclude_none=True)
    values["date_maj"] = read.date_maj
    if kind == SERVICE and record.get("needs"):
        values["needs"] = list(record["needs"])
    if values.get("nombre_semaines", 0) > MOST_WEEKS:
        return Issue(number, "nombre_semaines", shown(record["id"]), "invalid_record")
    return {name: _storable(value) for name, value in values.items()}


def _storable(value: Any) -> Any:
    """Sets in order; texts without NUL, which no database keeps."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, (set, frozenset, list)):
        return [_storable(one) for one in (value if isinstance(value, list) else sorted(value))]
    return value
