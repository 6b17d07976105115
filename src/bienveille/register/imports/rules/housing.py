"""Rows of a housing export: which are refused, and what the others say of an agency, a residence and a home."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from bienveille.ground.lib.addresses import commune_label, read_insee, read_postcode, read_street
from bienveille.ground.lib.names import clean_code, clean_text
from bienveille.ground.lib.words import plain
from bienveille.register.imports.rules.cells import (
    Issue,
    Memo,
    read_coordinate,
    read_count,
    read_dpe,
    read_dwelling_type,
    read_epsg,
    read_floor,
    read_ownership,
    read_place,
    read_qpv,
    read_residence_kind,
    read_surface,
    read_year,
    read_yes_no,
    shown,
)
from bienveille.register.imports.rules.recognition import ColumnMap

KEY = 40
HEAD_OFFICE = ("SIEGE", "Siège")  # the agency of homes whose file names none


class HousingRow(NamedTuple):
    """One accepted row; "" or None stands for unknown."""

    row: int
    agency_code: str
    agency_name: str
    residence_code: str
    residence_name: str
    residence_kind: str
    address: str
    postal_code: str
    commune: str
    insee: str
    in_qpv: bool | None
    qpv_code: str
    halls: int | None
    dwelling: str
    building: str
    staircase: str
    floor: int | None
    door: str
    type: str
    surface: str | None
    financing: str
    lift: bool | None
    dpe: str
    ownership: str
    rpls_id: str
    built_in: int | None
    accessible: bool | None
    latitude: float | None
    longitude: float | None


def _street(cell: object) -> tuple[str, str | None]:
    return str(read_street(cell))[:200], None


def _postcode(cell: object) -> tuple[str, str | None]:
    code = read_postcode(cell)
    return code or "", "unknown_value" if code is None and clean_text(cell) else None


def _insee(cell: object) -> tuple[str, str | None]:
    code = read_insee(cell)
    return code or "", "unknown_value" if code is None and clean_text(cell) else None


def _commune(cell: object) -> tuple[str, str | None]:
    return commune_label(clean_text(cell))[:100], None


def _text(length: int) -> Callable[[object], tuple[str, str | None]]:
    def read(cell: object) -> tuple[str, str | None]:
        text = clean_text(cell)
        return text[:length], "too_long" if len(text) > length else None

    return read


def _code(length: int) -> Callable[[object], tuple[str, str | None]]:
    def read(cell: object) -> tuple[str, str | None]:
        text = clean_code(cell)
        return text[:length], "too_long" if len(text) > length else None

    return read


_READERS: dict[str, Callable[[object], tuple[Any, ...]]] = {
    "agency_code": _code(KEY),
    "agency_name": _text(200),
    "residence_code": _code(KEY),
    "residence_name": _text(200),
    "residence_kind": read_residence_kind,
    "address": _street,
    "postal_code": _postcode,
    "commune": _commune,
    "insee": _insee,
    "qpv": read_qpv,
    "halls": read_count,
    "building": _code(KEY),
    "staircase": _code(20),
    "floor": read_floor,
    "door": _code(20),
    "type": read_dwelling_type,
    "surface": read_surface,
    "financing": _code(20),
    "lift": read_yes_no,
    "dpe": read_dpe,
    "ownership": read_ownership,
    "rpls_id": _code(10),
    "built_in": read_year,
    "accessible": read_yes_no,
    "latitude": read_coordinate,
    "longitude": read_coordinate,
    "x": read_coordinate,
    "y": read_coordinate,
    "epsg": read_epsg,
}
_ABSENT = {
    "qpv": (None, ""), "halls": (None,), "floor": (None,), "surface": (None,), "lift": (None,), "built_in": (None,),
    "accessible": (None,), "latitude": (None,), "longitude": (None,), "x": (None,), "y": (None,), "epsg": (None,),
}  # fmt: skip


class HousingReader:
    """Types the rows of one file; give it the file's columns."""

    def __init__(self, columns: ColumnMap, *, width: int) -> None:
        self.columns, self.width = columns, width
        self.warnings: list[Issue] = []
        self._dwelling = columns.positions["dwelling_code"][0]
        self._fields = [
            (name, columns.positions[name][0] if name in columns.positions else None, Memo(reader))
            for name, reader in _READERS.items()
        ]

    def read(self, number: int, cells: Sequence[Any]) -> HousingRow | Issue:
        """The row, typed, or why it is refused; doubtful cells go to `warnings`."""
        if len(cells) < self.width:
            return Issue(number, "", str(len(cells)), "too_few_columns")
        if any(cell not in ("", None) for cell in cells[self.width :]):
            return Issue(number, "", str(len(cells)), "too_many_columns")
        dwelling = clean_code(cells[self._dwelling])
        if not dwelling or len(dwelling) > KEY:
            return Issue(number, self.columns.title("dwelling_code"), shown(dwelling), "missing_key")
        warnings: list[Issue] = []
        facts: dict[str, tuple[Any, ...]] = {}
        for name, position, memo in self._fields:
            if position is None:
                facts[name] = _ABSENT.get(name, ("",))
                continue
            *values, doubt = memo[cells[position]]
            if doubt:
                warnings.append(Issue(number, self.columns.title(name), shown(cells[position]), doubt))
            facts[name] = tuple(values)
        residence_name = facts["residence_name"][0]
        residence_code = facts["residence_code"][0] or plain(residence_name).upper()[:KEY]
        if not residence_code:
            title = self.columns.title("residence_code") or self.columns.title("residence_name")
            return Issue(number, title, "", "missing_key")
        agency_name = facts["agency_name"][0]
        agency_code = facts["agency_code"][0] or plain(agency_name).upper()[:KEY] or HEAD_OFFICE[0]
        agency_name = agency_name or (HEAD_OFFICE[1] if agency_code == HEAD_OFFICE[0] else agency_code)
        place, doubtful = read_place({name: values[0] for name, values in facts.items()})
        if doubtful:
            warnings.append(Issue(number, self.columns.title(doubtful), "", "unknown_value"))
        self.warnings.extend(warnings)
        qpv, qpv_code = facts["qpv"]
        return HousingRow(
            number, agency_code, agency_name, residence_code, residence_name or residence_code,
            facts["residence_kind"][0], facts["address"][0], facts["postal_code"][0], facts["commune"][0],
            facts["insee"][0], qpv, qpv_code, facts["halls"][0], dwelling, facts["building"][0], facts["staircase"][0],
            facts["floor"][0], facts["door"][0], facts["type"][0], facts["surface"][0], facts["financing"][0],
            facts["lift"][0], facts["dpe"][0], facts["ownership"][0], facts["rpls_id"][0], facts["built_in"][0],
            facts["accessible"][0], *place,
        )  # fmt: skip
