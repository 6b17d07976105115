"""French numbers as exports write them, to `Decimal` or `int`; no units, no currencies kept."""

import re
from decimal import Decimal, InvalidOperation

_BLANKS = re.compile(r"[\s\u00a0\u202f\u2009'’]")
_UNITS = re.compile(r"(?:€|eur|euros?|m²|m2|h|%)$", re.IGNORECASE)
_ENGLISH = re.compile(r"[+-]?\d{1,3}(?:,\d{3}){2,}(?:\.\d+)?|[+-]?\d{1,3}(?:,\d{3})+\.\d+")
_PLAIN = re.compile(r"[+-]?\d+(?:\.\d+)?")


def read_decimal(cell: object) -> Decimal | None:
    """The number of a cell, or None when there is none to read.

    A comma is the decimal sign; dots before it group thousands ("1.234,50"). A dot alone is a decimal sign ("64.16"),
    several dots group thousands, and so do commas written the English way ("1,234.50"). A sign may trail ("12,00-")
    and brackets mean minus ("(12,00)").
    """
    if isinstance(cell, bool) or cell is None:
        return None
    if isinstance(cell, int):
        return Decimal(cell)
    if isinstance(cell, float):
        return Decimal(repr(cell)) if cell == cell and abs(cell) != float("inf") else None
    if isinstance(cell, Decimal):
        return cell
    text = _UNITS.sub("", _BLANKS.sub("", str(cell))).replace("−", "-")
    if text.startswith("(") and text.endswith(")"):
        text = "-" + text[1:-1]
    if text.endswith("-"):
        text = "-" + text[:-1]
    if _ENGLISH.fullmatch(text):
        text = text.replace(",", "")
    elif text.count(",") == 1:
        text = text.replace(".", "").replace(",", ".")
    elif text.count(".") > 1:
        text = text.replace(".", "")
    if not text.isascii() or not _PLAIN.fullmatch(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:  # pragma: no cover - the pattern above leaves nothing Decimal refuses
        return None


def read_integer(cell: object) -> int | None:
    """A whole number ("3", 3.0, "3,00"), or None."""
    number = read_decimal(cell)
    if number is None or number != number.to_integral_value():
        return None
    return int(number)
