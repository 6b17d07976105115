"""Names of people and places cleaned of what typing left around them; the spelling itself is kept as given."""

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
