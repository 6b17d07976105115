"""The landlord's own RPLS declaration: how it is told from other files, what its codes mean, what each row completes.

Two variants are read: the landlord's columns, and the public ones whose coded fields are split into `…_CODE` and
`…_LIBELLE`. The codes stand in `codes/rpls.toml` with their source and date.
"""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from bienveille.ground.lib.names import clean_code, clean_text
from bienveille.ground.lib.words import plain
from bienveille.register.imports.rules.cells import (
    Issue,
    Memo,
    read_coordinate,
    read_dpe,
    read_epsg,
    read_floor,
    read_number,
    read_place,
    read_surface,
    read_whole,
    read_year,
    shown,
)

if TYPE_CHECKING:
    from bienveille.register.imports.rules.recognition import ColumnMap

CODES = Path(__file__).parent.parent / "codes" / "rpls.toml"
KEY, IDENT = 40, 10

_TITLES = {
    "rpls_id": "IDENT_REP",
    "dwelling_code": "IDENT_INT",
    "staircase": "ESC",
    "floor": "ETAGE",
    "door": "NUMAPPT",
    "rooms": "NBPIECE",
    "surface": "SURFHAB",
    "financing": "FINAN",
    "ownership": "DROIT",
    "dpe": "DPEENERGIE",
    "dpe_date": "DPEDATE",
    "occupancy": "MODE",
    "built_in": "CONSTRUCT",
    "accessible": "PMR",
    "held": "SORTIEPATRIM",
    "qpv": "QPV",
    "qpv_code": "PLG_QP24 | PLG_QP",
    "latitude": "LATITUDE | LAT",
    "longitude": "LONGITUDE | LON",
    "x": "X | COORD_X",
    "y": "Y | COORD_Y",
    "epsg": "EPSG",
}
#: Field → its titles without accents, case or punctuation, in both variants.
TITLES = {
    field: " | ".join(f"{plain(title)} | {plain(title)} code" for title in titles.split("|"))
    for field, titles in _TITLES.items()
}
#: Rents, sales, loans, addresses already known: nothing of them is read or kept.
_ASIDE = """
IDENT_ORG CODEPOSTAL LIBCOM NUMVOIE INDREP TYPVOIE NOMVOIE NUMBOITE COULOIR COMPLIDENT ENTREE BAT IMMEU COMPLGEO
LIEUDIT TYPECONST LOCAT PATRIMOINE ORIGINE RSEXPRO SIRETEXPRO FINANAUTRE CONV NUMCONV DATCONV OLDLOGT NEWLOGT
BAIL MODESURF SURFMODE LOYERPRINC LOYERACC CONTRIB CUS DPESERRE SRU_EXPIR SRU_ALINEA IDENTGES CODSEGPATRIM
LIBSEGPATRIM LOYERMAXAPL LOYERMAXCUS QUALACQ MISCOMMERCIAL PRIXVENTE PRODFIN REMLOCDATE CONTRESLOG DATMISEVENTE
DATVEFFECT DATE_DEP_DERLOCAT DPE_CONSO_ENER DPE_CONSO_GES DPE_NUM_REF IDENT_FISCAL CAT_ORG RS SIRET DEP REG EPCI
DEPCOM PLG_IRIS2024_CODE
"""
IGNORED = frozenset(plain(title) for title in _ASIDE.split())
_OURS = {plain(title) for titles in _TITLES.values() for title in titles.split("|")}
_SIGNATURE = (IGNORED | _OURS) - {"x", "y", "bat", "esc", "etage", "siret", "dep", "reg", "lat", "lon", "rs", "mode"}
ENOUGH = 8  # columns of the directory: no other export of homes has so many by these very names


def _base(title: str) -> str:
    words = plain(title)
    return words.removesuffix(" code").removesuffix(" libelle")


def is_rpls(header: Sequence[str]) -> bool:
    """Whether a file is a declaration to the directory: many of its columns, one of its two identifiers."""
    names = {_base(title) for title in header}
    return bool(names & {"ident rep", "ident int"}) and len(names & _SIGNATURE) >= ENOUGH


def is_aside(title: str) -> bool:
    """Whether a column of the declaration is left aside on purpose: one of those never read, or the words of a code."""
    words = plain(title)
    return _base(title) in IGNORED or (words.endswith(" libelle") and _base(title) in _OURS)


@cache
def codes() -> Mapping[str, Any]:
    """The tables of `codes/rpls.toml`."""
    return tomllib.loads(CODES.read_text(encoding="utf-8"))


def situation_of(name: str, *, year: int) -> str:
    """The day that a declaration describes, in ISO: 1 January of the year in the file's name, else of the year given.

    A year to come is a slip: the year given then.
    """
    found = [int(text) for text in re.findall(r"(?<!\d)20\d\d(?!\d)", name)]
    stated = next((one for one in found if 2010 <= one <= year), year)
    return f"{stated}-{codes()['situation']}"


_NOTHING = frozenset(("", "na", "nc", "z", "n a", "n c", "sans objet", "null"))


def emptied(cell: object) -> object:
    """The cell, or "" when it says that there is nothing: NA, NC, Z, blank."""
    return "" if cell is None or plain(clean_text(cell)) in _NOTHING else cell


def _coded(table: str, *, strict: bool = True) -> Callable[[object], tuple[Any, ...]]:
    """Reads a code ("1", "01", 1.0, "1 - Loué") by its table; an unknown one is doubtful, unless the table is open."""

    def read(cell: object) -> tuple[Any, str | None]:
        text = clean_text(cell)
        if not text:
            return "", None
        match = re.match(r"0*(\d+)(?:[.,]0+)?(?:$|[^\d.,])", text)
        value = codes()[table].get(match[1]) if match else None
        return (value or "", None) if value is not None or not strict else ("", "unknown_value")

    return read


def _rooms(cell: object) -> tuple[str, str | None]:
    if not clean_text(cell):
        return "", None
    rooms = read_whole(cell)
    return (f"t{min(rooms, 7)}", None) if rooms is not None and 1 <= rooms <= 30 else ("", "unknown_value")


def _surface(cell: object) -> tuple[str | None, str | None]:
    number = read_number(cell) if clean_text(cell) else None
    return read_surface(number if number is not None else cell)


_MONTH = re.compile(r"(\d{1,2})/(\d{4})")


def _no_label(cell: object) -> tuple[bool, str | None]:
    """Whether the month of the energy label says that there is none: 01/1900."""
    text = clean_text(cell)
    match = _MONTH.fullmatch(text)
    if match and 1 <= int(match[1]) <= 12:
        return match[2] == "1900", None
    return False, "unknown_date" if text and not re.fullmatch(r"\d{1,2}/\d{1,2}/\d{4}", text) else None


_QPV = re.compile(r"Q[NP]\w{6}")


def _qpv(cell: object) -> tuple[bool | None, str, str | None]:
    """In (1), out (2), or the code of the neighbourhood itself, of 2015 (QP…) or 2024 (QN…)."""
    code = clean_text(cell).upper()
    if _QPV.fullmatch(code):
        return True, code, None
    value, doubt = _coded("QPV")(cell)
    return {"yes": True, "no": False}.get(value), "", doubt


def _qpv_code(cell: object) -> tuple[str, str | None]:
    code = clean_text(cell).upper()
    return (code, None) if _QPV.fullmatch(code) else ("", None)


def _yes_no(cell: object) -> tuple[bool | None, str | None]:
    words = plain(clean_text(cell))
    if words in ("o", "oui", "n", "non"):
        return words.startswith("o"), None
    value, doubt = _coded("PMR")(cell)
    return {"yes": True, "no": False}.get(value), doubt


def _text(cell: object) -> tuple[str, str | None]:
    text = clean_code(cell)
    return text[:20], "too_long" if len(text) > 20 else None


_READERS: dict[str, Callable[[object], tuple[Any, ...]]] = {
    "staircase": _text, "floor": read_floor, "door": _text, "rooms": _rooms, "surface": _surface,
    "financing": _coded("FINAN"), "ownership": _coded("DROIT", strict=False), "dpe": read_dpe, "dpe_date": _no_label,
    "occupancy": _coded("MODE"), "built_in": read_year, "accessible": _yes_no,
    "held": _coded("SORTIEPATRIM", strict=False),
    "qpv": _qpv, "qpv_code": _qpv_code, "latitude": read_coordinate, "longitude": read_coordinate,
    "x": read_coordinate, "y": read_coordinate, "epsg": read_epsg,
}  # fmt: skip
_ABSENT: dict[str, tuple[Any, ...]] = {
    "floor": (None,), "surface": (None,), "built_in": (None,), "accessible": (None,), "dpe_date": (False,),
    "qpv": (None, ""), "latitude": (None,), "longitude": (None,), "x": (None,), "y": (None,), "epsg": (None,),
    "held": ("held",),
}  # fmt: skip


class RplsRow(NamedTuple):
    """One accepted row; "" or None stands for unknown."""

    row: int
    rpls_id: str
    code: str
    staircase: str
    floor: int | None
    door: str
    type: str
    surface: str | None
    financing: str
    ownership: str
    dpe: str
    occupancy: str
    built_in: int | None
    accessible: bool | None
    in_qpv: bool | None
    qpv_code: str
    latitude: float | None
    longitude: float | None


class RplsReader:
    """Types the rows of one declaration; give it the file's columns."""

    def __init__(self, columns: "ColumnMap", *, width: int) -> None:
        self.columns, self.width = columns, width
        self.warnings: list[Issue] = []
        self._ids = [
            columns.positions[name][0] if name in columns.positions else None for name in ("rpls_id", "dwelling_code")
        ]
        self._fields = [
            (name, columns.positions[name][0] if name in columns.positions else None, Memo(reader))
            for name, reader in _READERS.items()
        ]

    def read(self, number: int, cells: Sequence[Any]) -> RplsRow | Issue:
        """The row, typed, or why it is refused; doubtful cells go to `warnings`."""
        if len(cells) < self.width:
            return Issue(number, "", str(len(cells)), "too_few_columns")
        if any(cell not in ("", None) for cell in cells[self.width :]):
            return Issue(number, "", str(len(cells)), "too_many_columns")
        rpls_id, code = (clean_code(emptied(cells[place])) if place is not None else "" for place in self._ids)
        if (not rpls_id and not code) or len(rpls_id) > IDENT or len(code) > KEY:
            title = self.columns.title("rpls_id") or self.columns.title("dwelling_code")
            return Issue(number, title, shown(rpls_id or code), "missing_key")
        facts: dict[str, Any] = {}
        for name, place, memo in self._fields:
            if place is None:
                facts[name] = _ABSENT.get(name, ("",))
                continue
            cell = emptied(cells[place])
            *values, doubt = memo[cell]
            if cell == "" and name == "held":
                values = ["held"]
            if doubt:
                self.warnings.append(Issue(number, self.columns.title(name), shown(cell), doubt))
            facts[name] = tuple(values)
        one = {name: values[0] for name, values in facts.items()}
        where, doubtful = read_place(one)
        if doubtful:
            self.warnings.append(Issue(number, self.columns.title(doubtful), "", "unknown_value"))
        return RplsRow(
            number, rpls_id, code, one["staircase"], one["floor"], one["door"], one["rooms"], one["surface"],
            one["financing"], one["ownership"], "" if one["dpe_date"] else one["dpe"],
            # What is no longer held, or about to leave, is neither let nor vacant for us.
            one["occupancy"] if one["held"] == "held" else "",
            one["built_in"], one["accessible"], True if one["qpv_code"] else one["qpv"],
            one["qpv_code"] or facts["qpv"][1], *where,
        )  # fmt: skip
