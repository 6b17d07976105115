"""What single cells mean: each reader gives a value, and the reason of a warning when the cell is doubtful."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from bienveille.ground.lib.dates import EMPTY, IMPOSSIBLE, OK, read_date
from bienveille.ground.lib.languages import read_languages
from bienveille.ground.lib.names import clean_text, read_title
from bienveille.ground.lib.numbers import read_decimal, read_integer
from bienveille.ground.lib.words import plain
from bienveille.register.housing.rules import place_of

SHOWN = 40  # characters of a doubtful value that are kept
OLDEST = 125  # years: beyond, a birth date is a typing error
OF_AGE = 16  # nobody signs a lease before (Code civil, art. 413-1 and following)
OPEN_YEAR = 2900  # an exit in 2999 or 9999 means that there is none
_NO_BIRTH = dt.date(1900, 1, 1)


class Issue(NamedTuple):
    """A reject or a warning of a file, in few bytes: a million of them must fit."""

    row: int
    column: str
    value: str
    reason: str


class Memo(dict[Any, Any]):
    """Remembers what a reader said of a cell: exports repeat themselves. Forgets everything when full."""

    def __init__(self, read: Callable[[Any], Any], limit: int = 40_000) -> None:
        super().__init__()
        self.read, self.limit = read, limit

    def __missing__(self, cell: Any) -> Any:
        if len(self) >= self.limit:
            self.clear()
        value = self[cell] = self.read(cell)
        return value


def shown(cell: object) -> str:
    """A doubtful value as it is shown and kept: one line, cut."""
    if isinstance(cell, dt.date):
        return cell.strftime("%d/%m/%Y")
    text = clean_text(cell)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def birth_reader(today: dt.date) -> Callable[[object], tuple[str, str, str | None]]:
    """Reads birth dates: (ISO date, the same a century earlier when the century is in doubt, warning).

    01/01/1900 is nobody's: software writes it for "unknown". A year of two digits is in doubt for a child: somebody who
    holds a lease was born a century earlier.
    """

    def read(cell: object) -> tuple[str, str, str | None]:
        found = read_date(cell, last_year=today.year)
        if found.status == EMPTY:
            return "", "", None
        if found.value is None:
            return "", "", "impossible_date" if found.status == IMPOSSIBLE else "unknown_date"
        if found.value == _NO_BIRTH or found.value.year >= OPEN_YEAR:
            return "", "", "unknown_date"
        if found.value > today or found.value.year < today.year - OLDEST or found.value <= _NO_BIRTH:
            return "", "", "impossible_date"
        older = ""
        if found.two_digits and today.year - found.value.year < OF_AGE:
            month_day = (found.value.month, found.value.day)
            older = dt.date(found.value.year - 100, *(month_day if month_day != (2, 29) else (2, 28))).isoformat()
        return found.value.isoformat(), older, None

    return read


def entry_reader(today: dt.date) -> Callable[[object], tuple[str, str | None]]:
    """Reads the day a lease begins, as ISO text."""

    def read(cell: object) -> tuple[str, str | None]:
        found = read_date(cell, last_year=today.year)
        if found.status == EMPTY:
            return "", None
        if found.value is None:
            return "", "impossible_date" if found.status == IMPOSSIBLE else "unknown_date"
        if found.value <= _NO_BIRTH or found.value.year >= OPEN_YEAR:
            return "", "unknown_date"
        return found.value.isoformat(), None

    return read


def exit_reader(today: dt.date) -> Callable[[object], tuple[str, str | None]]:
    """Reads the last day of a lease, as ISO text; 31/12/9999 and 00/00/0000 mean that it is open.

    In doubt it is open too, with a warning: better one call too many than somebody forgotten.
    """

    def read(cell: object) -> tuple[str, str | None]:
        found = read_date(cell, last_year=today.year + 10)
        if found.status == OK and found.value is not None:
            if found.value.year >= OPEN_YEAR or found.value <= _NO_BIRTH:
                return "", None
            return found.value.isoformat(), None
        if found.status == EMPTY or (found.status == "unknown" and not plain(clean_text(cell)).strip("0 ")):
            return "", None
        return "", "impossible_date" if found.status == IMPOSSIBLE else "unknown_date"

    return read


_TITLES = {"Mme": "mrs", "M.": "mr", "": "", None: ""}


def read_civility(cell: object) -> tuple[str, str | None]:
    """The title's code; a couple's title and an empty cell are no title."""
    title = read_title(cell)
    return _TITLES[title], "unknown_value" if title is None and clean_text(cell) else None


def _coded(codes: dict[str, str], default: str) -> Callable[[object], tuple[str, str | None]]:
    def read(cell: object) -> tuple[str, str | None]:
        words = plain(clean_text(cell))
        if not words:
            return default, None
        code = codes.get(words)
        return (default, "unknown_value") if code is None else (code, None)

    return read


read_role = _coded(
    {
        "titulaire": "holder", "tit": "holder", "t": "holder", "locataire": "holder", "locataire principal": "holder",
        "titulaire principal": "holder", "principal": "holder", "signataire": "holder", "preneur": "holder",
        "cotitulaire": "co_holder", "co titulaire": "co_holder", "cot": "co_holder", "colocataire": "co_holder",
        "co locataire": "co_holder", "conjoint": "co_holder", "conjointe": "co_holder", "co signataire": "co_holder",
        "epoux": "co_holder", "epouse": "co_holder", "cosignataire": "co_holder",
        "occupant": "occupant", "occ": "occupant", "o": "occupant", "enfant": "occupant", "autre": "occupant",
        "autre occupant": "occupant", "personne a charge": "occupant", "ascendant": "occupant", "parent": "occupant",
        "descendant": "occupant", "heberge": "occupant", "concubin": "occupant", "concubine": "occupant",
    },
    "occupant",
)  # fmt: skip
read_marital = _coded(
    {
        "celibataire": "single", "cel": "single", "c": "single", "seul": "single", "seule": "single",
        "marie": "married", "mariee": "married", "mar": "married", "m": "married", "marie e": "married",
        "pacs": "civil_union", "pacse": "civil_union", "pacsee": "civil_union", "pacse e": "civil_union",
        "separe": "separated", "separee": "separated", "sep": "separated", "separe e": "separated",
        "separation": "separated", "separation de corps": "separated",
        "divorce": "divorced", "divorcee": "divorced", "div": "divorced", "d": "divorced", "divorce e": "divorced",
        "veuf": "widowed", "veuve": "widowed", "v": "widowed", "veuf ve": "widowed", "veuvage": "widowed",
        "concubinage": "", "concubin": "", "union libre": "", "vie maritale": "", "inconnu": "", "inconnue": "",
        "nc": "", "non renseigne": "", "non communique": "", "autre": "",
    },
    "",
)  # fmt: skip
_LEASE_KINDS = (
    ("parking", ("station", "parking", "garage", "box", "park", "emplacement", "stat", "cave", "pkg", "gar")),
    ("commercial", ("commerc", "profession", "bureau", "activite", "local", "boutique")),
    ("housing", ("habit", "logement", "foyer", "residence", "meuble", "loc hab", "hab", "appart", "maison", "lgt")),
)


def read_lease_kind(cell: object) -> tuple[str, str | None]:
    """What a lease is for. A kind that nobody knows is no home: it makes no household."""
    words = plain(clean_text(cell))
    if not words:
        return "housing", None
    for kind, beginnings in _LEASE_KINDS:
        if any(f" {words}".find(f" {beginning}") >= 0 for beginning in beginnings):
            return kind, None
    return "other", "unknown_value"


def read_language_list(cell: object) -> tuple[tuple[str, ...], str | None]:
    """Languages of a person, best first."""
    codes, unknown = read_languages(clean_text(cell))
    return codes, "unknown_language" if unknown else None


_YES = frozenset(("o", "oui", "1", "vrai", "true", "x", "y", "yes"))
_NO = frozenset(("n", "non", "0", "faux", "false", "no", "2", "sans", "hors qpv", "hors"))


def read_yes_no(cell: object) -> tuple[bool | None, str | None]:
    """O/N, OUI/NON, 1/0 (2 is RPLS' no)."""
    words = plain(clean_text(cell))
    if not words:
        return None, None
    if words in _YES:
        return True, None
    return (False, None) if words in _NO else (None, "unknown_value")


_QPV_CODE = re.compile(r"Q[NP]\w{6}")


def read_qpv(cell: object) -> tuple[bool | None, str, str | None]:
    """Whether a place is in a priority neighbourhood, its code when the file gives one, and the warning."""
    code = clean_text(cell).upper().replace(" ", "")
    if _QPV_CODE.fullmatch(code):
        return True, code, None
    inside, warning = read_yes_no(cell)
    return inside, "", warning


_FLOOR = re.compile(r"(-?\d{1,2})(?: ?(?:e|er|eme|ieme|etage|nd))*")


def read_floor(cell: object) -> tuple[int | None, str | None]:
    """The floor, 0 at street level ("RDC"), below zero underground."""
    number = read_integer(cell)
    words = plain(clean_text(cell))
    if number is None:
        if not words:
            return None, None
        if words in ("rdc", "rez de chaussee", "rc", "r", "rdj", "rez de jardin", "rch", "rez"):
            return 0, None
        if words in ("ss", "sous sol", "ss1", "s sol"):
            return -1, None
        match = _FLOOR.fullmatch(words.removeprefix("etage ").removeprefix("r "))
        number = int(match[1]) if match else None
    return (number, None) if number is not None and -5 <= number <= 70 else (None, "unknown_value")


_SIZE = re.compile(r"(?:.*\b)?[tf] ?(\d{1,2})(?: ?(bis|b|1))?(?:\b.*)?")


def read_dwelling_type(cell: object) -> tuple[str, str | None]:
    """The size of a home ("T1 bis", "F3", "Studio", "T4 duplex")."""
    words = plain(clean_text(cell))
    if not words:
        return "", None
    if words.startswith(("studio", "chambre")):
        return "t1", None
    match = _SIZE.fullmatch(words)
    rooms = int(match[1]) if match else read_integer(cell) or 0
    if not 1 <= rooms <= 20:
        return "", "unknown_value"
    if rooms == 1 and match and match[2] in ("bis", "b"):
        return "t1bis", None
    return f"t{min(rooms, 7)}", None


def read_surface(cell: object) -> tuple[str | None, str | None]:
    """Square metres with two decimals, as text for the database."""
    if not clean_text(cell):
        return None, None
    number = read_decimal(cell)
    if number is None or not Decimal("0.005") < number < Decimal("9999.995"):  # what two decimals can say
        return None, "unknown_value"
    return f"{number:.2f}", None


def read_number(cell: object) -> float | None:
    """A number with a decimal comma or in scientific notation ("8,42667E5")."""
    text = clean_text(cell).replace(" ", "").replace("\u00a0", "").replace(",", ".")
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < 1e12 else None


def read_whole(cell: object) -> int | None:
    """A whole number, also in scientific notation ("1,974E3"), or None."""
    number = read_number(cell)
    return int(number) if number is not None and number == int(number) else read_integer(cell)


def read_year(cell: object) -> tuple[int | None, str | None]:
    """The year of a building."""
    if not clean_text(cell):
        return None, None
    year = read_whole(cell)
    if year is None and (match := re.search(r"(?<!\d)(\d{4})$", clean_text(cell))):
        year = int(match[1])  # a whole date
    return (year, None) if year is not None and 1500 <= year <= 2100 else (None, "unknown_value")


def read_coordinate(cell: object) -> tuple[float | None, str | None]:
    """One coordinate, in whatever system; zero means that nobody knows."""
    if not clean_text(cell):
        return None, None
    number = read_number(cell)
    return number or None, "unknown_value" if number is None else None


def read_epsg(cell: object) -> tuple[int | None, str | None]:
    """The code of a system of coordinates: "EPSG:2154", 2154."""
    if not clean_text(cell):
        return None, None
    match = re.search(r"(\d{4,5})$", clean_text(cell))
    return (int(match[1]), None) if match else (None, "unknown_value")


def read_place(facts: Mapping[str, Any]) -> tuple[tuple[float | None, float | None], str]:
    """Latitude and longitude of a row from its own, or from X, Y and their system; the field in doubt when they are no
    place.
    """
    if facts["latitude"] is not None and facts["longitude"] is not None:
        place, name = place_of(facts["longitude"], facts["latitude"], 4326), "latitude"
    elif facts["x"] is not None and facts["y"] is not None:
        place, name = place_of(facts["x"], facts["y"], facts["epsg"]), "x"
    else:
        return (None, None), ""
    return (place, "") if place else ((None, None), name)


def read_count(cell: object) -> tuple[int | None, str | None]:
    """A small whole number."""
    if not clean_text(cell):
        return None, None
    number = read_integer(cell)
    return (number, None) if number is not None and 0 <= number < 1000 else (None, "unknown_value")


def read_dpe(cell: object) -> tuple[str, str | None]:
    """The energy label, A to G; "no label" is an answer."""
    words = plain(clean_text(cell))
    if len(words) == 1 and words in "abcdefg":
        return words, None
    return "", None if words in ("", "nc", "vierge", "ns", "n", "na", "z", "sans", "aucun") else "unknown_value"


read_ownership = _coded(
    {
        "pp": "full", "pleine propriete": "full", "propriete": "full", "proprietaire": "full", "1": "full",
        "copro": "co_owned", "copropriete": "co_owned", "co propriete": "co_owned", "lot de copropriete": "co_owned",
        "gestion": "managed", "mandat": "managed", "gerance": "managed", "mandat de gestion": "managed",
        "gestion pour compte de tiers": "managed", "tiers": "managed",
    },
    "",
)  # fmt: skip
_RESIDENCE_KINDS = (
    ("senior", ("senior", "personnes agees", "pa", "beguinage", "rpa", "autonomie")),
    ("student", ("etud", "universit", "cite u")),
    ("young_workers", ("jeune", "fjt", "actif")),
    ("boarding", ("pension",)),
    ("social", ("res sociale", "residence sociale", "sociale", "foyer", "cada", "chrs")),
    ("family", ("famil", "ordinaire", "collectif", "individuel", "classique", "logement")),
)


def read_residence_kind(cell: object) -> tuple[str, str | None]:
    """What a residence is for; families when the file says nothing."""
    words = plain(clean_text(cell))
    if not words:
        return "", None
    for kind, beginnings in _RESIDENCE_KINDS:
        if any(f" {words}".find(f" {beginning}") >= 0 for beginning in beginnings):
            return kind, None
    return "other", "unknown_value"


def split_full_name(text: str) -> tuple[str, str]:
    """Last and first names of one cell: "Mme DUPONT LEROY Jeanne" → ("DUPONT LEROY", "Jeanne"), by the capitals."""
    words = text.split()
    while words and read_title(words[0]) is not None and len(words) > 1:
        words.pop(0)
    last = [word for word in words if word.isupper() and len(word) > 1]
    first = [word for word in words if word not in last]
    if not last or not first:
        return " ".join(words), ""
    return " ".join(last), " ".join(first)
