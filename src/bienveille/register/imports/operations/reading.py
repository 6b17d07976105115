"""What a file is, from its first bytes and its titles; where a file dropped on a screen waits to be imported."""

import datetime as dt
import json
import os
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePath
from typing import Any
from uuid import uuid4

from django.core.files import File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile

from bienveille.ground.lib.archives import MOST_MEMBERS, WrongArchive, is_archive, unpacked
from bienveille.ground.lib.decoding import decode
from bienveille.ground.lib.tables import NotATable, Table, open_sheets, open_table
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.imports.operations.staging import Source
from bienveille.register.imports.rules.archives import archive_message
from bienveille.register.imports.rules.columns import missing_fields, sampled
from bienveille.register.imports.rules.messages import refusal_message, sheet_message
from bienveille.register.imports.rules.partners import split_directory, split_lines
from bienveille.register.imports.rules.partners_sheet import SCHEMA, directory_kind
from bienveille.register.imports.rules.recognition import LAYOUTS, PARTNERS, Chosen, is_title, recognise

MAX_JSON = 200 << 20  # bytes of a directory of partners
FOLDER = "imports"
LONGEST_SHEET, MOST_SHEETS = 100, 50  # characters of a name, sheets of a workbook that a screen offers


class WrongFile(Refusal):
    """A file is not what it should be: nothing of the call is applied."""


class WrongSheet(Refusal):
    """A sheet that somebody chose is no table."""


@dataclass(frozen=True, slots=True)
class Given:
    """One file of a call: where it is, its own name, what somebody said of it, of its columns and of its sheet."""

    path: Path
    name: str = ""
    kind: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)
    sheet: str = ""


@contextmanager
def on_disk(files: Sequence[UploadedFile]) -> Iterator[list[Given]]:
    """Files sent to the server, where it put them already or in a folder of ours that goes at the end."""
    with tempfile.TemporaryDirectory(prefix="bienveille-") as folder:
        found = []
        for rank, file in enumerate(files):
            place = Path(folder) / f"{rank:03d}"
            if isinstance(file, TemporaryUploadedFile):
                place = Path(file.temporary_file_path())
            else:
                with place.open("wb") as target:
                    for chunk in file.chunks():
                        target.write(chunk)
            # Without the folders that a browser may tell.
            found.append(Given(place, PurePath(file.name or "fichier").name[:255]))
        yield found


@contextmanager
def members_of(files: Iterable[Given]) -> Iterator[list[Given]]:
    """The same files, each ZIP replaced by the exports that it holds, unpacked until the end. Raises `WrongFile`."""
    with ExitStack() as folders:
        found: list[Given] = []
        for one in files:
            try:
                packed = is_archive(one.path)
            except OSError as error:
                raise WrongFile(_unreadable(_name(one), error)) from error
            if not packed:
                found.append(one)
                continue
            try:
                members = folders.enter_context(unpacked(one.path))
            except WrongArchive as error:
                raise WrongFile(archive_message(_name(one), error.code, error.member, most=MOST_MEMBERS)) from error
            found += [Given(member.path, member.name, sheet=one.sheet) for member in members]
        yield found


def recognised(given: Given, *, chosen: Chosen | None = None) -> Source:
    """What a file is; `chosen`: a profile's columns. Raises `WrongFile`."""
    opened = _opened(given)
    if isinstance(opened, Source):
        return opened
    columns = recognise(opened.header, chosen=_every(given, chosen), kind=given.kind)
    if columns is None:
        raise WrongFile(refusal_message(_name(given), "unknown_kind", {"titles": opened.header}))
    return Source(_name(given), columns.kind, opened, columns)


def look(given: Given, *, chosen: Chosen | None = None) -> dict[str, Any]:
    """What a screen says of a file before it is read: fields of `ImportFile`. Raises `WrongFile`.

    A table whose titles do not tell what it describes has no kind: somebody may say it.
    """
    opened = _opened(given)
    if isinstance(opened, Source):
        return {"kind": opened.kind, **_dialect(opened.sheets[:1])}
    columns = recognise(opened.header, chosen=_every(given, chosen), kind=given.kind)
    kind = columns.kind if columns else given.kind
    try:
        first = [cells for _, cells in islice(opened.rows(), 50)]
    except NotATable as error:
        raise WrongFile(refusal_message(_name(given), error.code, error.detail)) from error
    return {"kind": kind, **_dialect([opened]), "samples": sampled(opened.header, first, kind)}


def _dialect(tables: Sequence[Table]) -> dict[str, Any]:
    """How the first of these tables is written; nothing of none."""
    return {
        name: value
        for table in tables[:1]
        for name, value in {
            "encoding": table.encoding.name if table.encoding else "",
            "separator": table.separator,
            "sheet": table.sheet[:100],
            "sheets": [name for name in table.sheets if len(name) <= LONGEST_SHEET][:MOST_SHEETS],
            "header": [title[:200] for title in table.header],
            "header_line": table.header_line + 1,
        }.items()
    }


def look_at_sheet(given: Given, *, chosen: Chosen | None = None) -> dict[str, Any]:
    """What `look` says of a workbook of which somebody chose the sheet. Raises `WrongSheet`."""
    try:
        return look(given, chosen=chosen)
    except WrongFile as refusal:
        fault = refusal.__cause__
        if not isinstance(fault, NotATable):
            raise
        raise WrongSheet(sheet_message(_name(given), given.sheet, fault.code, fault.detail)) from refusal


def lacks(kind: str, header: list[str], chosen: Mapping[str, str]) -> bool:
    """Whether something must be said of a file before it can be read."""
    return kind != PARTNERS and (not kind or bool(missing_fields(kind, header, chosen)))


def _name(given: Given) -> str:
    return given.name or given.path.name


def _every(given: Given, chosen: Chosen | None) -> Chosen:
    return {kind: {**(chosen or {}).get(kind, {}), **given.chosen} for kind in LAYOUTS}


def _opened(given: Given) -> Table | Source:
    path, name = given.path, _name(given)
    try:
        if _looks_like_json(path):
            return _directory(path, name)
        table = open_table(path, is_title=is_title, sheet=given.sheet)
        found = "" if given.kind else directory_kind(table.header)
        return Source(name, PARTNERS, table, sheets=_sheets(table, found, alone=bool(given.sheet))) if found else table
    except NotATable as error:
        raise WrongFile(refusal_message(name, error.code, error.detail)) from error
    except OSError as error:
        raise WrongFile(_unreadable(name, error)) from error


def _unreadable(name: str, error: OSError) -> str:
    return refusal_message(name, "unreadable", {"error": os.strerror(error.errno or 0)})


def _looks_like_json(path: Path) -> bool:
    with path.open("rb") as stream:
        head = stream.read(200).lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith((b"{", b"[")) and not head.startswith(b"{\\rtf")


def _sheets(table: Table, kind: str, *, alone: bool) -> list[Table]:
    """The tables of a directory: the one found, or both sheets of a workbook at the schema, structures first.

    `alone`: somebody chose the sheet.
    """
    if alone or kind != SCHEMA or table.form != "workbook":
        return [table]
    sheets = [sheet for sheet in open_sheets(table.path) if directory_kind(sheet.header) == SCHEMA]
    return sorted(sheets, key=lambda sheet: "structure_id" in sheet.header) or [table]


def _directory(path: Path, name: str) -> Source:
    if path.stat().st_size > MAX_JSON:
        raise WrongFile(refusal_message(name, "too_big", {}))
    text = decode(path.read_bytes())[0]
    try:
        directory = split_directory(json.loads(text))
    except (ValueError, RecursionError) as error:
        directory = split_lines(text)
        if directory is None:
            raise WrongFile(refusal_message(name, "damaged", {})) from error
    if directory is None:
        raise WrongFile(refusal_message(name, "json", {}))
    return Source(name, PARTNERS, directory=directory)


# ---- Files dropped on a screen: personal data, kept under names that nobody guesses, erased once of no use -----------


def keep(content: File) -> str:
    """Put a dropped file in the storage; the name it got there."""
    return default_storage.save(f"{FOLDER}/{uuid4().hex}", content)


def erase(stored: str) -> None:
    """Erase a file from the storage; harmless twice."""
    if stored and not _KEPT.get():
        default_storage.delete(stored)


_KEPT: ContextVar[bool] = ContextVar("files are kept", default=False)


@contextmanager
def keeping_files() -> Iterator[None]:
    """What is erased meanwhile stays in the storage: a purge that only counts erases nothing anywhere."""
    token = _KEPT.set(True)
    try:
        yield
    finally:
        _KEPT.reset(token)


def forgotten(*, known: Collection[str], before: dt.datetime) -> list[str]:
    """Names in the storage that are not among these, and were put there before a moment."""
    try:
        names = default_storage.listdir(FOLDER)[1]
    except FileNotFoundError:  # nothing was ever dropped
        return []
    places = [f"{FOLDER}/{name}" for name in names]
    return [place for place in places if place not in known and default_storage.get_modified_time(place) < before]


def count_lines(path: Path) -> int:
    """How many lines a text has, quickly; nil for a workbook or a directory, which tell only when they are read."""
    with path.open("rb") as stream:
        head = stream.read(1 << 20)
        if head.startswith((b"PK", b"\xd0\xcf\x11\xe0")) or _looks_like_json(path):
            return 0
        lines = head.count(b"\n")
        while block := stream.read(1 << 20):
            lines += block.count(b"\n")
    return lines


@contextmanager
def local(stored: str) -> Iterator[Path]:
    """The file on a disk of this machine: itself, or a copy that goes at once when the storage is elsewhere."""
    try:
        yield Path(default_storage.path(stored))
        return
    except NotImplementedError:
        pass
    with tempfile.NamedTemporaryFile() as copy:
        with default_storage.open(stored) as content:
            shutil.copyfileobj(content, copy, 1 << 20)
        copy.flush()
        yield Path(copy.name)
