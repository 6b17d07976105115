"""Words compared without accents, case or punctuation; the database's own normalisation lives in the platform."""

import re
import unicodedata

_MARKS = re.compile("[\u0300-\u036f]+")
_OTHER = re.compile("[^a-z0-9]+")


def plain(text: str) -> str:
    """ "N° Logement :" → "n logement": small unaccented letters and figures, single spaces."""
    text = unicodedata.normalize("NFKD", text.casefold()).replace("œ", "oe").replace("æ", "ae")
    return _OTHER.sub(" ", _MARKS.sub("", text)).strip()
