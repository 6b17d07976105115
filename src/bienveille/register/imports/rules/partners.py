"""A directory of partners at the data·inclusion schema, version 1: which records are right, and their shape."""

import json
from typing import Any

from bienveille.register.imports.rules.cells import Issue, shown


def split_directory(document: Any) -> tuple[list[Any], list[Any]] | None:
    """The structures and the services of a JSON document, or None when it holds neither.

    Either {"structures": […], "services": […]} or one bare list, as published on data.gouv.fr.
    """
    if isinstance(document, dict):
        structures, services = document.get("structures", []), document.get("services", [])
        if isinstance(structures, list) and isinstance(services, list) and (structures or services):
            return structures, services
        return None
    if isinstance(document, list) and document and all(isinstance(record, dict) for record in document):
        if all("structure_id" in record for record in document):
            return [], document
        if all("id" in record and "nom" in record for record in document):
            return document, []
    return None


def read_record(kind: str, number: int, record: Any) -> dict[str, Any] | Issue:
    """A record of the schema as plain values (dates typed, empty fields left out), or why it is refused."""
    if not isinstance(record, dict):
        return Issue(number, "", shown(json.dumps(record)), "invalid_record")
    if not isinstance(record.get("id"), str) or not record["id"].strip():
        return Issue(number, "id", shown(record.get("id") or ""), "missing_key")
    if not isinstance(record.get("nom"), str) or not record["nom"].strip():
        return Issue(number, "nom", "", "missing_name")
    # Read here only: the schema takes half a second to load, and most files are tables.
    from data_inclusion.schema import v1
    from pydantic import ValidationError

    model = v1.Structure if kind == "structure" else v1.Service
    try:
        read = model(**record)
    except (ValidationError, TypeError) as error:
        column = ""
        if isinstance(error, ValidationError):
            column = ".".join(map(str, error.errors()[0]["loc"][:1]))
        return Issue(number, column, shown(record.get(column, "")), "invalid_record")
    values = read.model_dump(mode="json", exclude_none=True)
    values["date_maj"] = read.date_maj
    return {name: sorted(value) if isinstance(value, (set, frozenset)) else value for name, value in values.items()}
