"""What protects people and was said after a copy was made: kept outside the database, told again once it is put back.

A copy of last night does not know that somebody objected this morning, hid their address, asked for no more messages,
or lost their rights here. A trigger notes each such change in the transaction that makes it; each minute the notes are
written at the end of a file, encrypted for the key of the copies, and leave the database. `restore` reads that file.
What is noted is said by the table of the setting REPLAYED; which screens change it is nobody's business here.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyrage
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.utils.module_loading import import_string

from bienveille.ground.platform.backups import BackupRefusal, read_key, read_recipient
from bienveille.ground.platform.sealed_fields import SealedTextField
from bienveille.ground.platform.sealed_text import TOKEN, Unopened

#: Notes written at once: what memory holds.
BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Noted:
    """What of a table is told again. `columns`: whose change is noted; `made`, `gone`: its new or deleted rows."""

    columns: tuple[str, ...] = ()
    made: bool = False
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many notes were told again, and how many could not be: their row no longer fits, somebody must look."""

    told: int
    left: int


def table() -> Mapping[str, Noted]:
    """The setting REPLAYED: by the label of a model, what is noted of it."""
    found: Mapping[str, Noted] = import_string(settings.REPLAYED)
    return found


def triggers() -> dict[str, str]:
    """The statement of each trigger that must exist, by its name."""
    wanted = {}
    for label, noted in table().items():
        model = apps.get_model(label)
        name = f"replay_{model._meta.db_table}"
        columns = [model._meta.get_field(one).column for one in noted.columns]
        told = f"'{label}'" + "".join(f", '{column}'" for column in columns)
        note = "FOR EACH ROW {when} EXECUTE FUNCTION platform_note({arguments})"
        head = 'CREATE OR REPLACE TRIGGER "{name}" AFTER {event} ON "{table}" '
        quoted = ", ".join(f'"{column}"' for column in columns)
        if columns:
            old, new = (", ".join(f'{side}."{column}"' for column in columns) for side in ("OLD", "NEW"))
            when = f"WHEN (ROW({old}) IS DISTINCT FROM ROW({new}))"
            event = f"UPDATE OF {quoted}"
            wanted[f"{name}_changed"] = _trigger(head, note, f"{name}_changed", event, model, when, told)
        if noted.made:
            wanted[f"{name}_made"] = _trigger(head, note, f"{name}_made", "INSERT", model, "", f"'{label}'")
        if noted.gone:
            wanted[f"{name}_gone"] = _trigger(head, note, f"{name}_gone", "DELETE", model, "", f"'{label}'")
    return wanted


def _trigger(head: str, note: str, name: str, event: str, model: type[models.Model], when: str, arguments: str) -> str:
    return head.format(name=name, event=event, table=model._meta.db_table) + note.format(when=when, arguments=arguments)


def ensure_triggers() -> bool:
    """Make those that are missing or changed; True when there were some (1 query when there is nothing to do)."""
    wanted = triggers()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, obj_description(oid, 'pg_trigger') FROM pg_trigger"
            " WHERE tgname LIKE 'replay\\_%%' AND NOT tgisinternal"
        )
        here = dict(cursor.fetchall())
        missing = {name: text for name, text in wanted.items() if here.get(name) != text}
        for name, text in missing.items():
            cursor.execute(text)
            place = text.split(' ON "', 1)[1].split('"', 1)[0]
            quoted = text.replace("'", "''")
            cursor.execute(f'COMMENT ON TRIGGER "{name}" ON "{place}" IS \'{quoted}\'')
    return bool(missing)


# ---- Kept outside ------------------------------------------------------------------------------------------------


def recipient() -> Any:
    """For whom the notes are encrypted: BACKUP_KEY, else the key made here with the first copy; None without either."""
    if text := os.environ.get("BACKUP_KEY"):
        return read_recipient(text)
    own = Path(settings.VAR_DIR) / "backup.key"
    return read_key(own).to_public() if own.exists() else None


def write_out() -> int:
    """Write what was noted at the end of the file, then forget it here. How many. Nothing without a key: no copy yet.

    A crash in between writes the same notes twice, and telling them twice is harmless.
    """
    to = recipient()
    if to is None:
        return 0
    written = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM platform_replay WHERE id IN"
                " (SELECT id FROM platform_replay ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)"
                " RETURNING id, at, model, key, facts::text",
                [BATCH],
            )
            notes = sorted(cursor.fetchall())
            if not notes:
                return written
            rows = [
                (at.isoformat(), model, key, json.loads(facts) if facts else None) for _, at, model, key, facts in notes
            ]
            sealed = base64.b64encode(pyrage.encrypt(json.dumps(rows).encode(), [to])).decode()
            _append(Path(settings.REPLAY_LOG), f"{rows[-1][0]} {sealed}\n")
        written += len(notes)


def _append(path: Path, line: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
        file.write(line.encode())
        file.flush()
        os.fsync(file.fileno())


def shorten(*, before: datetime) -> int:
    """Lines older than the oldest copy that may be put back say nothing any more: they go. How many.

    So do notes that were never written out, where nobody makes copies.
    """
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM platform_replay WHERE at < %s", [before])
    path = Path(settings.REPLAY_LOG)
    if not path.exists():
        return 0
    lines = path.read_text().splitlines(keepends=True)
    kept = [line for line in lines if datetime.fromisoformat(line.split(" ", 1)[0]) >= before]
    if len(kept) < len(lines):
        new = path.with_name(f".{path.name}.{os.getpid()}")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.writelines(kept)
        new.replace(path)
    return len(lines) - len(kept)


# ---- Told again --------------------------------------------------------------------------------------------------


def read_notes(path: Path, *, key: Any, since: datetime) -> Iterator[tuple[str, str, dict[str, Any] | None]]:
    """Model, key and facts of each note made after that instant, in the order in which they were made.

    A last line cut by a crash was never acknowledged by the file: it is still in the database that was lost.
    """
    lines = path.read_text().splitlines()
    for rank, line in enumerate(lines, start=1):
        try:
            rows = json.loads(pyrage.decrypt(base64.b64decode(line.partition(" ")[2], validate=True), [key]))
        except (pyrage.DecryptError, ValueError) as error:
            if rank == len(lines):
                return
            raise BackupRefusal(
                f"{path}, ligne {rank}\u00a0: elle ne s’ouvre pas avec cette clé, ou elle est abîmée."
            ) from error
        for at, model, row, facts in rows:
            if datetime.fromisoformat(at) > since:
                yield model, row, facts


def tell_again(notes: Iterator[tuple[str, str, dict[str, Any] | None]]) -> Replayed:
    """Say again to the database put back what protects people. Each note alone: one that no longer fits is counted."""
    told = left = 0
    known = table()
    for label, key, facts in notes:
        if label not in known:
            left += 1
            continue
        try:
            with transaction.atomic():
                _tell(apps.get_model(label), known[label], key, facts)
            told += 1
        except (DatabaseError, IntegrityError, ValueError, TypeError, LookupError, Unopened):
            left += 1
    return Replayed(told, left)


def _read(field: Any, value: Any) -> Any:
    """A value of a note: words are noted as they stand in the database, sealed; in clear before they were."""
    if isinstance(field, SealedTextField) and isinstance(value, str) and TOKEN.fullmatch(value):
        return field.open(value)
    return field.to_python(value)


def _tell(model: type[models.Model], noted: Noted, key: str, facts: dict[str, Any] | None) -> None:
    rows = model._default_manager.filter(pk=key)
    if facts is None:
        rows.delete()
        return
    names = {field.column: field for field in model._meta.concrete_fields if not field.generated}
    values = {names[column].attname: _read(names[column], value) for column, value in facts.items() if column in names}
    if rows.exists():
        rows.update(**{name: value for name, value in values.items() if name != model._meta.pk.attname})
    elif noted.made and "id" in facts:
        for field in names.values():  # who noted it may have come after the copy
            if isinstance(field, models.ForeignKey) and field.null and values.get(field.attname) is not None:
                known = field.remote_field.model._default_manager.filter(pk=values[field.attname]).exists()
                values[field.attname] = values[field.attname] if known else None
        model._default_manager.bulk_create([model(**values)])
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
