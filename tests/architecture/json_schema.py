"""A small reader of JSON Schema, for the part of it that docs/contracts uses; an unknown keyword is an error."""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

SILENT = {"$schema", "title", "description", "$defs"}
TYPES = {
    "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "integer": int,
    "number": (int, float),
}  # fmt: skip
FORMATS = {"uuid": UUID, "date": date.fromisoformat, "date-time": datetime.fromisoformat}


def faults(value: Any, path: Path) -> list[str]:
    """What in a document does not have the shape of a schema's file."""
    root = json.loads(path.read_text(encoding="utf-8"))
    return list(_faults(value, root, root, path, "document"))


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool) and kind in ("integer", "number"):
        return False
    return isinstance(value, TYPES[kind])


def _faults(value: Any, schema: dict[str, Any], root: dict[str, Any], path: Path, place: str) -> Iterator[str]:
    for word, asked in schema.items():
        if word in SILENT or word in ("properties", "patternProperties", "items"):
            continue
        match word:
            case "$ref":
                file, _, inner = asked.partition("#")
                target, home, source = root, root, path
                if file:
                    source = path.with_name(file)
                    target = home = json.loads(source.read_text(encoding="utf-8"))
                for step in filter(None, inner.split("/")):
                    target = target[step]
                yield from _faults(value, target, home, source, place)
            case "type":
                kinds = [asked] if isinstance(asked, str) else asked
                if not any(_is(value, kind) for kind in kinds):
                    yield f"{place}: {value!r} is not {' or '.join(kinds)}"
            case "enum" if value not in asked:
                yield f"{place}: {value!r} is none of {asked}"
            case "const" if value != asked:
                yield f"{place}: {value!r} is not {asked!r}"
            case "anyOf":
                if all(list(_faults(value, choice, root, path, place)) for choice in asked):
                    yield f"{place}: {value!r} has none of the shapes"
            case "required" if isinstance(value, dict):
                yield from (f"{place}: no {key}" for key in asked if key not in value)
            case "additionalProperties" if isinstance(value, dict):
                for key in value:
                    known = key in schema.get("properties", {})
                    if known or any(re.search(pattern, key) for pattern in schema.get("patternProperties", {})):
                        continue
                    if asked is False:
                        yield f"{place}: {key} is not known"
                    else:
                        yield from _faults(value[key], asked, root, path, f"{place}.{key}")
            case "minimum" | "maximum" if isinstance(value, int | float):
                if (value < asked) if word == "minimum" else (value > asked):
                    yield f"{place}: {value} is beyond {asked}"
            case "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties":
                if isinstance(value, str | list | dict) and (
                    len(value) < asked if word.startswith("min") else len(value) > asked
                ):
                    yield f"{place}: {len(value)} instead of {asked}"
            case "pattern" if isinstance(value, str) and not re.search(asked, value):
                yield f"{place}: {value!r} does not match {asked}"
            case "format" if isinstance(value, str):
                try:
                    FORMATS[asked](value)
                except ValueError:
                    yield f"{place}: {value!r} is no {asked}"
            case "enum" | "const" | "required" | "additionalProperties" | "minimum" | "maximum" | "pattern" | "format":
                pass
            case _:
                raise NotImplementedError(word)
    if isinstance(value, dict):
        for key, inner in schema.get("properties", {}).items():
            if key in value:
                yield from _faults(value[key], inner, root, path, f"{place}.{key}")
        for pattern, inner in schema.get("patternProperties", {}).items():
            for key in value:
                if re.search(pattern, key):
                    yield from _faults(value[key], inner, root, path, f"{place}.{key}")
    if isinstance(value, list) and "items" in schema:
        for rank, item in enumerate(value):
            yield from _faults(item, schema["items"], root, path, f"{place}[{rank}]")
