"""French postal addresses: pieces of a street line, codes, and commune names brought to one spelling for comparison."""

import re
from dataclasses import dataclass

from bienveille.ground.lib.names import clean_text
from bienveille.ground.lib.words import plain

_WAYS = {
    "allee": "allée", "all": "allée", "avenue": "avenue", "av": "avenue", "ave": "avenue", "aven": "avenue",
    "boulevard": "boulevard", "bd": "boulevard", "bld": "boulevard", "boul": "boulevard", "blvd": "boulevard",
    "chemin": "chemin", "che": "chemin", "chem": "chemin", "ch": "chemin", "cite": "cité", "cours": "cours",
    "crs": "cours", "cour": "cour", "clos": "clos", "esplanade": "esplanade", "esp": "esplanade",
    "faubourg": "faubourg", "fg": "faubourg", "fbg": "faubourg", "hameau": "hameau", "ham": "hameau",
    "impasse": "impasse", "imp": "impasse", "lotissement": "lotissement", "lot": "lotissement", "mail": "mail",
    "montee": "montée", "mte": "montée", "parc": "parc", "passage": "passage", "pas": "passage", "pass": "passage",
    "place": "place", "pl": "place", "promenade": "promenade", "prom": "promenade", "quai": "quai", "qu": "quai",
    "quartier": "quartier", "qua": "quartier", "quart": "quartier", "residence": "résidence", "res": "résidence",
    "rond point": "rond-point", "rpt": "rond-point", "route": "route", "rte": "route", "rue": "rue", "r": "rue",
    "ruelle": "ruelle", "rle": "ruelle", "sentier": "sentier", "sen": "sentier", "sente": "sente", "square": "square",
    "sq": "square", "traverse": "traverse", "tra": "traverse", "venelle": "venelle", "ven": "venelle",
    "villa": "villa", "voie": "voie", "voi": "voie",
}  # fmt: skip
_LINE = re.compile(
    r"(?:(\d{1,5})(?:\s*[-/]\s*\d{1,5})?\s*(bis|ter|quater|quinquies|[a-z](?=[\s,]))?\s*,?\s+)?(.*)", re.IGNORECASE
)
_POSTCODE = re.compile(r"(?:0[1-9]|[1-8]\d|9[0-8])\d{3}")
_INSEE = re.compile(r"(?:0[1-9]|[1-8]\d|9[0-5]|2[AB]|9[78]\d)\d{2,3}")
_ARRONDISSEMENT = re.compile(
    r"^(paris|lyon|marseille)(?: cedex)? 0?(\d{1,2})(?: ?(?:e|er|eme|ieme|ere|nd|nde))?"
    r"(?: (?:arrondissement|ardt|arr))?$"
)
_CEDEX = re.compile(r" cedex( \d+)?$")


@dataclass(frozen=True, slots=True)
class Street:
    """ "63 bis pl. Quivogne" → number "63", suffix "bis", way "place" ("" when unknown), name "Quivogne"."""

    number: str
    suffix: str
    way: str
    name: str

    def __str__(self) -> str:
        return " ".join(part for part in (self.number, self.suffix, self.way, self.name) if part)


def read_street(cell: object) -> Street:
    """The pieces of a street line; the kind of way in full, its name as given."""
    text = clean_text(cell)
    match = _LINE.fullmatch(text)
    number, suffix, rest = (match[1] or "", (match[2] or "").lower(), match[3]) if match else ("", "", text)
    first, _, name = rest.partition(" ")
    way = _WAYS.get(plain(first))
    if way is None and name:
        second, _, after = name.partition(" ")
        way = _WAYS.get(plain(f"{first} {second}"))
        name = after if way else name
    if way is None or not name:
        return Street(number, suffix, "", rest.strip())
    return Street(number, suffix, way, name.strip())


def read_postcode(cell: object) -> str | None:
    """Five figures; a number typed as such gets back the zero it lost."""
    text = clean_text(cell).replace(" ", "")
    if text.isdigit() and len(text) == 4:
        text = "0" + text
    return text if _POSTCODE.fullmatch(text) else None


def read_insee(cell: object) -> str | None:
    """A commune's official code: five characters, Corsica's letter included ("2A004")."""
    text = clean_text(cell).replace(" ", "").upper()
    if text.isdigit() and len(text) == 4:
        text = "0" + text
    return text if len(text) == 5 and _INSEE.fullmatch(text) else None


def commune_key(name: str) -> str:
    """One spelling of a commune: "ST-ETIENNE", "Saint-Étienne" → "saint etienne"; "LYON 09", "Lyon 9e" → "lyon 9"."""
    words = [{"st": "saint", "ste": "sainte", "sts": "saints"}.get(word, word) for word in plain(name).split()]
    key = " ".join(words)
    if match := _ARRONDISSEMENT.match(key):
        return f"{match[1]} {int(match[2])}"
    return _CEDEX.sub("", key)


_SMALL = frozenset(("le", "la", "les", "de", "du", "des", "en", "sur", "sous", "et", "au", "aux"))


def commune_label(name: str) -> str:
    """A readable spelling when nothing better than the export's is known: "BOURGOIN JALLIEU" → "Bourgoin-Jallieu".

    A name given with small letters is kept; accents are not invented.
    """
    text = clean_text(name)
    if match := re.fullmatch(r"(paris|lyon|marseille) (\d{1,2})", commune_key(text)):
        number = int(match[2])
        return f"{match[1].capitalize()} {number}{'er' if number == 1 else 'e'}"
    if not text.isupper():
        return text
    words = re.split(r"[ -]+", re.sub(r" CEDEX( \d+)?$", "", text).replace("'", "’"))
    return "-".join(_commune_word({"ST": "SAINT", "STE": "SAINTE"}.get(w, w), first=not i) for i, w in enumerate(words))


def _commune_word(word: str, *, first: bool) -> str:
    article, apostrophe, name = word.rpartition("’")
    if apostrophe:
        return (article.capitalize() if first else article.lower()) + "’" + name.capitalize()
    return word.lower() if not first and word.lower() in _SMALL else word.capitalize()
