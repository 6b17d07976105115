"""Rows of a list of staff: who may call, how long, in which languages, for which agencies; and who left."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from bienveille.ground.lib.emails import read_emails
from bienveille.ground.lib.languages import read_languages
from bienveille.ground.lib.names import clean_text
from bienveille.ground.lib.numbers import read_decimal
from bienveille.ground.lib.phones import read_phone
from bienveille.ground.lib.words import plain
from bienveille.register.accounts.rules import read_list, read_skills
from bienveille.register.imports.rules.cells import Issue, shown
from bienveille.register.imports.rules.recognition import ColumnMap

# Rights over everything are given by a person, not by a file that anybody may have edited.
NOT_GRANTED = "not_granted"
_ROLES = {
    "appelant": "caller", "appelante": "caller", "appelants": "caller", "appel": "caller", "benevole": "caller",
    "appelant benevole": "caller", "volontaire": "caller",
    "cesf": "social_worker", "conseiller esf": "social_worker", "conseillere esf": "social_worker",
    "travailleur social": "social_worker", "travailleuse sociale": "social_worker", "ass": "social_worker",
    "assistante sociale": "social_worker", "assistant social": "social_worker", "service social": "social_worker",
    "conseillere sociale": "social_worker", "conseiller social": "social_worker",
    "gardien": "building_manager", "gardienne": "building_manager", "gardien d immeuble": "building_manager",
    "communication": "communication", "charge de communication": "communication",
    "responsable agence": "agency_manager", "responsable d agence": "agency_manager", "chef d agence": "agency_manager",
    "directeur d agence": "agency_manager", "directrice d agence": "agency_manager",
    "administrateur": NOT_GRANTED, "administratrice": NOT_GRANTED, "admin": NOT_GRANTED, "direction": NOT_GRANTED,
    "directeur": NOT_GRANTED, "directrice": NOT_GRANTED, "partenaire": NOT_GRANTED,
}  # fmt: skip
_EVERYWHERE = frozenset(
    ("", "siege", "siege social", "toutes", "tous", "toutes agences", "toutes les agences", "direction generale")
)


class StaffRow(NamedTuple):
    """One accepted row. `agency` is the label to look up, "" for the whole landlord; `role` "" gives no right."""

    row: int
    email: str
    last_name: str
    first_name: str
    service: str
    agency: str
    hours: Decimal | None
    languages: tuple[str, ...]
    role: str
    phone: str
    covers: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()


def left_too_many(absent: int, known: int) -> bool:
    """Whether so many of those that earlier files listed are missing that the file may be partial."""
    return 3 * absent > known


class StaffReader:
    """Types the rows of one file; give it the file's columns."""

    def __init__(self, columns: ColumnMap, *, width: int) -> None:
        self.columns, self.width = columns, width
        self.warnings: list[Issue] = []
        self._seen: set[str] = set()
        #: Addresses and names of every row, those refused too: nobody who is in the file has left.
        self.addresses: set[str] = set()
        self.names: set[tuple[str, str]] = set()

    def read(self, number: int, cells: Sequence[Any]) -> StaffRow | Issue:
        """The row, typed, or why it is refused; doubtful cells go to `warnings`."""
        read = self._read(number, cells)
        if isinstance(read, Issue):
            self.addresses.update(*(read_emails(cell) for cell in cells))
            names = (self._cell(cells, "last_name"), self._cell(cells, "first_name"))
            self.names.add((plain(clean_text(names[0])), plain(clean_text(names[1]))))
        else:
            self.addresses.add(read.email)
        return read

    def _read(self, number: int, cells: Sequence[Any]) -> StaffRow | Issue:
        if len(cells) < self.width:
            return Issue(number, "", str(len(cells)), "too_few_columns")
        if any(cell not in ("", None) for cell in cells[self.width :]):
            return Issue(number, "", str(len(cells)), "too_many_columns")
        addresses = read_emails(self._cell(cells, "email"))
        if not addresses or len(addresses[0]) > 254:
            return self._issue(number, cells, "email", "missing_key")
        last_name = clean_text(self._cell(cells, "last_name"))
        if not last_name:
            return self._issue(number, cells, "last_name", "missing_name")
        if addresses[0] in self._seen:
            return self._issue(number, cells, "email", "duplicate_key")
        self._seen.add(addresses[0])
        languages, unknown = read_languages(clean_text(self._cell(cells, "languages")))
        if unknown:
            self.warnings.append(self._issue(number, cells, "languages", "unknown_language"))
        agency = clean_text(self._cell(cells, "agency"))
        return StaffRow(
            number,
            addresses[0],
            last_name[:100],
            clean_text(self._cell(cells, "first_name"))[:100],
            clean_text(self._cell(cells, "service"))[:100],
            "" if plain(agency) in _EVERYWHERE else agency,
            self._hours(number, cells),
            languages,
            self._role(number, cells),
            self._phone(number, cells),
            tuple(agency for agency in read_list(self._cell(cells, "covers")) if plain(agency) not in _EVERYWHERE),
            read_skills(self._cell(cells, "skills")),
        )

    def _cell(self, cells: Sequence[Any], name: str) -> Any:
        positions = self.columns.positions.get(name)
        return cells[positions[0]] if positions and positions[0] < len(cells) else ""

    def _issue(self, number: int, cells: Sequence[Any], name: str, reason: str) -> Issue:
        return Issue(number, self.columns.title(name), shown(self._cell(cells, name)), reason)

    def _hours(self, number: int, cells: Sequence[Any]) -> Decimal | None:
        cell = self._cell(cells, "hours")
        if not clean_text(cell):
            return None
        hours = read_decimal(cell)
        if hours is None or not 0 <= hours <= 60:
            self.warnings.append(self._issue(number, cells, "hours", "unknown_value"))
            return None
        return hours.quantize(Decimal("0.1"))

    def _role(self, number: int, cells: Sequence[Any]) -> str:
        words = plain(clean_text(self._cell(cells, "role")))
        role = _ROLES.get(words)
        if role == NOT_GRANTED:
            self.warnings.append(self._issue(number, cells, "role", "role_not_granted"))
        elif role is None and words:
            self.warnings.append(self._issue(number, cells, "role", "unknown_value"))
        return role if role and role != NOT_GRANTED else ""

    def _phone(self, number: int, cells: Sequence[Any]) -> str:
        cell = self._cell(cells, "phone")
        numbers = read_phone(cell).numbers
        if not numbers and clean_text(cell):
            self.warnings.append(self._issue(number, cells, "phone", "invalid_phone"))
        return numbers[0] if numbers else ""
