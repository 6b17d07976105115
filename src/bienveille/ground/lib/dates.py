"""French dates as exports write them, to `datetime.date`; what a sentinel means is the caller's choice."""

import datetime as dt
import re
from dataclasses import dataclass

from bienveille.ground.lib.words import plain

EMPTY, OK, UNKNOWN, IMPOSSIBLE, UNREADABLE = "empty", "ok", "unknown", "impossible", "unreadable"

_DMY = re.compile(r"(\d{1,2})\s*[/.\- ]\s*(\d{1,2})\s*[/.\- ]\s*(\d{4}|\d{2})(?:[ T]+\d{1,2}[:h]\d{2}.*)?")
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T]\d{1,2}:\d{2}.*)?")
_COMPACT = re.compile(r"\d{8}")
_SERIAL = re.compile(r"\d{4,5}(?:[.,]\d+)?")
_WORDS = re.compile(r"(?:[a-z]+ )?(\d{1,2}|1er) ([a-z]{3,9}) (\d{4})")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier janv jan", "fevrier fevr fev", "mars mar", "avril avr", "mai", "juin", "juillet juil jul",
            "aout aou", "septembre sept sep", "octobre oct", "novembre nov", "decembre dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_NO_DATE = frozenset(("nc", "n c", "neant", "inconnu", "inconnue", "non connu", "non connue", "non communique",
                      "nd", "na", "n a", "nr", "non renseigne", "non renseignee", "z", "null", "none", "x", "xx",
                      "sans", "aucune", "aucun", "vide"))  # fmt: skip
_EXCEL_EPOCH = dt.date(1899, 12, 30)  # Excel believes that 1900 had a 29 February


@dataclass(frozen=True, slots=True)
class ReadDate:
    """`value` is set when `status` is OK; `two_digits` tells that the century was guessed."""

    value: dt.date | None
    status: str
    two_digits: bool = False


_EMPTY = ReadDate(None, EMPTY)
_UNKNOWN = ReadDate(None, UNKNOWN)
_IMPOSSIBLE = ReadDate(None, IMPOSSIBLE)
_UNREADABLE = ReadDate(None, UNREADABLE)


def read_date(cell: object, *, last_year: int) -> ReadDate:
    """The date of a cell: typed, ISO, day first, compact, in words, or an Excel day number.

    A year of two digits is the latest that does not pass `last_year` ("45" → 1945, "20" → 2020 in 2026). Zeros and
    "NC" are `UNKNOWN`, 31/02 is `IMPOSSIBLE`. 01/01/1900 and 31/12/9999 are dates like others: the caller knows better.
    """
    if cell is None:
        return _EMPTY
    if isinstance(cell, dt.datetime):
        return ReadDate(cell.date(), OK)
    if isinstance(cell, dt.date):
        return ReadDate(cell, OK)
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return _number(cell)
    return _text(str(cell), last_year)


def _number(cell: float) -> ReadDate:
    if cell == 0:
        return _UNKNOWN
    if cell != cell or cell in (float("inf"), float("-inf")):
        return _UNREADABLE
    whole = int(cell)
    if 19_000_000 <= whole <= 99_991_231 and whole == cell:
        return _build(whole // 10_000, whole // 100 % 100, whole % 100)
    if 1 <= whole < 2_958_466:  # 31/12/9999
        return ReadDate(_EXCEL_EPOCH + dt.timedelta(days=whole if whole > 59 else whole + 1), OK)
    return _UNREADABLE


def _text(text: str, last_year: int) -> ReadDate:
    text = text.replace("\xa0", " ").replace("\u202f", " ").strip()
    if not text:
        return _EMPTY
    if match := _DMY.fullmatch(text):
        day, month, year = int(match[1]), int(match[2]), int(match[3])
        if day == month == 0 or (not day and not month):
            return _UNKNOWN
        if len(match[3]) == 2:
            year += last_year // 100 * 100
            if year > last_year:
                year -= 100
            return _build(year, month, day, two_digits=True)
        return _build(year, month, day)
    if match := _ISO.fullmatch(text):
        return _build(int(match[1]), int(match[2]), int(match[3]))
    if _COMPACT.fullmatch(text):
        if not text.strip("0"):
            return _UNKNOWN
        if text[:2] in ("18", "19", "20", "99") and 1 <= int(text[4:6]) <= 12:
            return _build(int(text[:4]), int(text[4:6]), int(text[6:]))
        return _build(int(text[4:]), int(text[2:4]), int(text[:2]))
    if not text.strip("0/-. :"):
        return _UNKNOWN
    if _SERIAL.fullmatch(text) and int(re.split("[.,]", text)[0]) > 2200:
        return _number(float(text.replace(",", ".")))
    words = plain(text)
    if not words or words in _NO_DATE:
        return _UNKNOWN
    if (match := _WORDS.fullmatch(words)) and match[2] in _MONTHS:
        return _build(int(match[3]), _MONTHS[match[2]], 1 if match[1] == "1er" else int(match[1]))
    return _UNREADABLE


def _build(year: int, month: int, day: int, *, two_digits: bool = False) -> ReadDate:
    if year == 0 or (month == 0 and day == 0):
        return _UNKNOWN
    try:
        return ReadDate(dt.date(year, month, day), OK, two_digits)
    except ValueError:
        return _IMPOSSIBLE
