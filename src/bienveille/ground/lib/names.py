"""Names of people and places cleaned of what typing left around them, and spelled to be read; stored as given."""

import re

_BLANKS = re.compile(r"[\s\u00a0\u2007\u202f\u200b\ufeff]+")
_TITLES = {
    "m": "M.", "mr": "M.", "monsieur": "M.", "mons": "M.", "mme": "Mme", "madame": "Mme", "mlle": "Mme", "mle": "Mme",
    "melle": "Mme", "mademoiselle": "Mme", "f": "Mme", "h": "M.", "mm": "", "m mme": "", "m ou mme": "", "m et mme": "",
}  # fmt: skip


def clean_text(cell: object) -> str:
    """One line without controls, doubled blanks or blanks around; NUL, which PostgreSQL refuses, goes away."""
    if isinstance(cell, str) and cell.isprintable():  # nearly all: printable leaves the plain space as only blank
        text = cell.strip()
        return _BLANKS.sub(" ", text) if "  " in text else text
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = _BLANKS.sub(" ", str(cell)).strip()
    if text.isprintable():
        return text
    return _BLANKS.sub(" ", "".join(c for c in text if c.isprintable())).strip()


_WORD = re.compile(r"[^\W\d_]+")


def spelled(name: str) -> str:
    """A name to read aloud: « LEFÈVRE-D’ARC » → « Lefèvre-D’Arc ». One that is not all capitals is kept as it is.

    Exports shout; people are not shouted at. What is stored stays as it was given.
    """
    if not name.isupper():
        return name
    return _WORD.sub(lambda word: word.group().capitalize(), name)


def clean_code(cell: object) -> str:
    """A key of the landlord's software, leading zeros kept, spreadsheet armour (`="001"`, `'001`) off."""
    text = clean_text(cell)
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1].strip()
    return text[1:].strip() if text.startswith("'") else text


def read_title(cell: object) -> str | None:
    """ "M." or "Mme" (no third one since the circular of 21 February 2012), "" for a couple, None if unknown."""
    text = clean_text(cell).casefold().replace(".", "").replace("/", " ").replace("&", "et")
    return _TITLES.get(_BLANKS.sub(" ", text).strip())
