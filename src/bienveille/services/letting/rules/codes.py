"""Codes of homes out of what was pasted or dropped: a list, or one column of a small table. No database."""

import csv
import io
import re
import zipfile
from collections.abc import Collection

import python_calamine

from bienveille.ground.lib.decoding import detect
from bienveille.ground.lib.names import clean_code

LONGEST_CODE = 40
MOST_CODES = 20_000
LARGEST_FILE = 2 << 20
LARGEST_UNPACKED = 50 << 20
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_BETWEEN = re.compile(r"[\r\n;,\t|]+")


class UnreadableFile(ValueError):
    """The file is not a list of codes; the text says why, in French, without a full stop."""


def pasted_codes(text: str) -> list[str]:
    """Codes separated by lines, commas, semicolons or tabs; each once, in the order given."""
    return _once(clean_code(piece) for piece in _BETWEEN.split(text.replace("\x00", "")))


def cells_of(raw: bytes) -> list[list[str]]:
    """The records of a small file: text with any usual separator, or the first sheet of a workbook."""
    if len(raw) > LARGEST_FILE:
        raise UnreadableFile("ce fichier dépasse 2\u00a0Mo\u00a0: une liste de codes est plus petite")
    if raw.startswith(_WORKBOOKS):
        return _workbook(raw)
    encoding = detect(raw)
    text = raw.decode(encoding.name, encoding.errors).replace("\x00", "")
    if raw and sum(byte < 9 or 13 < byte < 32 for byte in raw[:4096]) > len(raw[:4096]) / 20:
        raise UnreadableFile("ce fichier n’est ni un texte ni un classeur")
    first = text.split("\n", 1)[0]
    separator = max(";,\t|", key=first.count)
    try:
        return [[clean_code(cell) for cell in record] for record in csv.reader(io.StringIO(text), delimiter=separator)]
    except csv.Error:
        raise UnreadableFile("ce fichier a un guillemet qui n’est jamais refermé") from None


def _workbook(raw: bytes) -> list[list[str]]:
    if raw.startswith(b"PK"):
        try:
            with zipfile.ZipFile(io.BytesIO(raw)) as package:
                unpacked = sum(info.file_size for info in package.infolist())
        except (zipfile.BadZipFile, EOFError, OSError, ValueError):
            raise UnreadableFile("ce classeur est abîmé") from None
        if unpacked > LARGEST_UNPACKED:
            raise UnreadableFile("ce classeur est trop grand")
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(raw))
        return [[clean_code(cell) for cell in row] for row in book.get_sheet_by_index(0).to_python()]
    except (python_calamine.CalamineError, python_calamine.PasswordError, OSError, ValueError, IndexError):
        raise UnreadableFile("ce classeur ne s’ouvre pas") from None


def column_of_codes(records: list[list[str]], known: Collection[str]) -> list[str]:
    """The codes of the column that holds the most known ones; the first column when none is known.

    A first cell without any digit, above cells that have some, is a title.
    """
    width = max((len(record) for record in records), default=0)
    columns = [[record[rank] for record in records if rank < len(record)] for rank in range(width)]
    held = [sum(cell in known for cell in column) for column in columns]
    chosen = columns[held.index(max(held))] if columns else []
    cells = [cell for cell in chosen if cell]
    if len(cells) > 1 and cells[0] not in known and not re.search(r"\d", cells[0]) and re.search(r"\d", cells[1]):
        cells = cells[1:]
    return _once(cells)


def _once(codes: object) -> list[str]:
    return [code for code in dict.fromkeys(codes) if code]  # type: ignore[call-overload]
