"""A workbook as sheets of texts, and the opinion of the XLSForm tools on it; what the cells mean is elsewhere."""

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

import python_calamine
from pyxform.errors import PyXFormError
from pyxform.xls2xform import convert

type Grid = list[list[str]]

MAX_BYTES = 4_000_000
MAX_ROWS, MAX_COLUMNS = 3000, 200
SHEETS = ("survey", "choices", "settings")


class NotAWorkbook(ValueError):
    """The file cannot be read as an XLSForm; its message is French."""


def read_grids(file: BinaryIO) -> dict[str, Grid]:
    """Every sheet that XLSForm knows, as texts, from its first line; others are kept by name without their cells."""
    content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise NotAWorkbook("Ce fichier dépasse 4 Mo : ce n’est sans doute pas un questionnaire.")
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        grids: dict[str, Grid] = {}
        for name in book.sheet_names:
            plain = name.strip().casefold()
            grids[plain] = []
            if plain in SHEETS:
                rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
                if len(rows) > MAX_ROWS or any(len(row) > MAX_COLUMNS for row in rows[:1]):
                    raise NotAWorkbook(f"La feuille {name} a trop de lignes ou de colonnes pour un questionnaire.")
                grids[plain] = [[_text(cell) for cell in row] for row in rows]
    except python_calamine.PasswordError:
        raise NotAWorkbook("Ce classeur est protégé par un mot de passe : enregistrez-le sans.") from None
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        if isinstance(error, NotAWorkbook):
            raise
        raise NotAWorkbook("Ce fichier n’est pas un classeur Excel lisible : enregistrez-le en .xlsx.") from None
    return grids


def _text(cell: Any) -> str:
    """A cell as it is read on screen: whole numbers without a comma, « true » for the box."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell == int(cell):
        return str(int(cell))
    return str(cell).replace("\r\n", "\n").replace("\r", "\n").strip()


def second_opinion(sheets: Mapping[str, Sequence[Sequence[str]]]) -> tuple[str, int | None]:
    """What the tools of ODK refuse in a workbook, in their words, and the row of `survey`; ("", None) when nothing."""
    workbook: dict[str, Any] = {"fallback_form_name": "questionnaire"}
    for name, grid in sheets.items():
        if name in SHEETS and grid:
            workbook[name] = [dict(pair for pair in zip(grid[0], row, strict=False) if pair[1]) for row in grid[1:]]
            workbook[f"{name}_header"] = [dict.fromkeys(grid[0])]
    try:
        convert(workbook)
    except PyXFormError as error:
        said = str(error).strip()
        row = re.search(r"\[row : (\d+)\]", said)
        return re.sub(r"^\[row : \d+\]\s*", "", said), int(row[1]) if row else None
    return "", None
