"""Words compared without accents, case or punctuation; the same in SQL stands in `platform/text_search.py`."""

import re
import unicodedata

_MARKS = re.compile("[\u0300-\u036f]+")
_OTHER = re.compile("[^a-z0-9]+")
# Letters that Unicode does not decompose.
_LETTERS = str.maketrans("øłđıðħŧ", "oldidht")
_LIGATURES = (("œ", "oe"), ("æ", "ae"), ("þ", "th"))


def plain(text: str) -> str:
    """ "N° Logement :" → "n logement": small unaccented letters and figures, single spaces."""
    text = unicodedata.normalize("NFKD", text.casefold()).replace("œ", "oe").replace("æ", "ae")
    return _OTHER.sub(" ", _MARKS.sub("", text)).strip()


def search_name(*parts: str) -> str:
    """What the `search` column of a name holds, for values compared with it: "Lefèvre-D’Arc" → "lefevre d arc"."""
    text = " ".join(parts)
    if text.isascii():
        return _OTHER.sub(" ", text.lower()).strip()
    text = _MARKS.sub("", unicodedata.normalize("NFKD", text.casefold())).translate(_LETTERS)
    for letter, plain_letters in _LIGATURES:
        text = text.replace(letter, plain_letters)
    return _OTHER.sub(" ", text).strip()
