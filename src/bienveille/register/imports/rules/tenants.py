"""Rows of a tenants' export: which are refused, and what the others say of a lease and of a person."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from bienveille.ground.lib.emails import read_emails
from bienveille.ground.lib.names import clean_code, clean_text
from bienveille.ground.lib.phones import display_phone, read_phone
from bienveille.register.imports.rules.cells import (
    Issue,
    Memo,
    birth_reader,
    entry_reader,
    exit_reader,
    read_civility,
    read_language_list,
    read_lease_kind,
    read_marital,
    read_role,
    read_yes_no,
    shown,
    split_full_name,
)
from bienveille.register.imports.rules.recognition import ColumnMap

KEY, NAME = 40, 100  # lengths of the columns of the register


class TenantRow(NamedTuple):
    """One accepted row. Dates are ISO text; "" stands for unknown; languages, phones, whose and e-mails are tuples."""

    row: int
    lease: str
    kind: str
    dwelling: str
    entry: str
    exit: str
    title: str
    last_name: str
    first_name: str
    birth: str
    role: str
    marital: str
    languages: tuple[str, ...]
    phones: tuple[str, ...]
    whose: tuple[str, ...]
    emails: tuple[str, ...]
    disabled: bool


class Rejected(NamedTuple):
    """A refused row, and the lease it would have been about, whose absent people must not be taken for departed."""

    issue: Issue
    lease: str


_NOTHING: tuple[str, ...] = ()
_NOBODY = ("",)


class TenantReader:
    """Types the rows of one file; give it the file's columns and the day. Called a million times: it remembers."""

    def __init__(self, columns: ColumnMap, *, today: dt.date, width: int, with_disability: bool = False) -> None:
        self.columns, self.width = columns, width
        self.warnings: list[Issue] = []
        self._texts = Memo(clean_text)
        positions = {name: found[0] for name, found in columns.positions.items()}
        self._lease, self._dwelling = positions["lease_number"], positions["dwelling_code"]
        self._last, self._first = positions["last_name"], positions.get("first_name")
        readers: dict[str, Callable[[Any], Any]] = {
            "entry": entry_reader(today),
            "exit": exit_reader(today),
            "lease_kind": read_lease_kind,
            "title": read_civility,
            "role": read_role,
            "marital_status": read_marital,
            "language": read_language_list,
            "birth_date": birth_reader(today),
        }
        if with_disability:
            readers["disability"] = read_yes_no
        #: The columns of one cell that the file has: place, reader, title.
        self.single = {
            name: (positions[name], Memo(read), columns.title(name))
            for name, read in readers.items()
            if name in positions
        }
        self._entry, self._exit = self.single.get("entry"), self.single.get("exit")
        self._kind, self._title = self.single.get("lease_kind"), self.single.get("title")
        self._role, self._marital = self.single.get("role"), self.single.get("marital_status")
        self._language, self._disability = self.single.get("language"), self.single.get("disability")
        self._birth = self.single.get("birth_date")
        self.phones = _columns(columns, "phone")
        self.emails = _columns(columns, "email")
        self._lease_cell: Any = None
        self._lease_code = ""

    def read(self, number: int, cells: Sequence[Any]) -> TenantRow | Rejected:
        """The row, typed, or why it is refused; doubtful cells go to `warnings`."""
        if len(cells) != self.width:
            lease = self._lease_number(cells) if len(cells) > self._lease else ""
            if len(cells) < self.width:
                return self._reject(number, "", str(len(cells)), "too_few_columns", lease)
            if any(cell not in ("", None) for cell in cells[self.width :]):
                return self._reject(number, "", str(len(cells)), "too_many_columns", lease)
        lease = self._lease_number(cells)
        if not lease or len(lease) > KEY:
            return self._reject(number, "lease_number", cells[self._lease], "missing_key", "")
        last_name = self._texts[cells[self._last]]
        if self._first is not None:
            first_name = self._texts[cells[self._first]]
        else:
            last_name, first_name = split_full_name(last_name)
        if not last_name:
            return self._reject(number, "last_name", "", "missing_name", lease)
        doubts: list[Issue] = []
        entry = self._read(self._entry, number, cells, doubts)
        exit_ = self._read(self._exit, number, cells, doubts)
        if entry and exit_ and exit_ < entry:
            return self._reject(number, "exit", cells[self.columns.positions["exit"][0]], "exit_before_entry", lease)
        kind = self._read(self._kind, number, cells, doubts) or "housing"
        dwelling = clean_code(cells[self._dwelling])
        if not dwelling and kind == "housing":
            return self._reject(number, "dwelling_code", "", "missing_key", lease)
        role = self._read(self._role, number, cells, doubts) or "holder"
        phones, whose = self._phone_cells(number, cells, doubts)
        if len(last_name) > NAME or len(first_name) > NAME:
            last_name = self._cut(number, "last_name", last_name, doubts)
            first_name = self._cut(number, "first_name", first_name, doubts)
        row = TenantRow(
            number,
            lease,
            kind,
            dwelling[:KEY],
            entry,
            exit_,
            self._read(self._title, number, cells, doubts),
            last_name,
            first_name,
            self._birth_date(number, cells, role, doubts),
            role,
            self._read(self._marital, number, cells, doubts),
            self._read(self._language, number, cells, doubts) or _NOTHING,
            phones,
            whose,
            self._email_cells(number, cells, doubts),
            self._disability is not None and self._disability[1][cells[self._disability[0]]][0] is True,
        )
        if doubts:
            self.warnings.extend(doubts)
        return row

    def _reject(self, number: int, name: str, cell: object, reason: str, lease: str) -> Rejected:
        return Rejected(Issue(number, self.columns.title(name) if name else "", shown(cell), reason), lease)

    def _lease_number(self, cells: Sequence[Any]) -> str:
        """Rows of a lease follow one another: the number is read once."""
        cell = cells[self._lease]
        if cell != self._lease_cell:
            self._lease_cell, self._lease_code = cell, clean_code(cell)
        return self._lease_code

    @staticmethod
    def _read(column: "_Column | None", number: int, cells: Sequence[Any], doubts: list[Issue]) -> Any:
        if column is None:
            return ""
        position, memo, title = column
        value, doubt = memo[cells[position]]
        if doubt:
            doubts.append(Issue(number, title, shown(cells[position]), doubt))
        return value

    def _birth_date(self, number: int, cells: Sequence[Any], role: str, doubts: list[Issue]) -> str:
        if self._birth is None:
            return ""
        position, memo, title = self._birth
        birth: str
        birth, older, doubt = memo[cells[position]]
        if older and role == "holder":
            birth, doubt = older, "ambiguous_date"
        if doubt:
            doubts.append(Issue(number, title, shown(cells[position]), doubt))
        return birth

    def _phone_cells(
        self, number: int, cells: Sequence[Any], doubts: list[Issue]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        found: dict[str, str] | None = None
        for position, title in self.phones:
            cell = cells[position]
            if not cell or (isinstance(cell, str) and cell.isspace()):
                continue
            read = read_phone(cell)
            if not read.numbers:
                doubts.append(Issue(number, title, shown(cell), "invalid_phone"))
                continue
            if read.unread:  # the remark is a free comment: not even the report repeats it
                doubts.append(Issue(number, title, display_phone(read.numbers[0]), "phone_remark"))
            found = {} if found is None else found
            for phone in read.numbers:
                found.setdefault(phone, read.whose)
        if found is None:
            return _NOTHING, _NOTHING
        return tuple(found), tuple(found.values()) if len(found) > 1 or any(found.values()) else _NOBODY

    def _email_cells(self, number: int, cells: Sequence[Any], doubts: list[Issue]) -> tuple[str, ...]:
        found = _NOTHING
        for position, title in self.emails:
            cell = cells[position]
            if not cell or (isinstance(cell, str) and cell.isspace()):
                continue
            addresses = tuple(address for address in read_emails(cell) if len(address) <= 254)
            if not addresses:
                doubts.append(Issue(number, title, shown(cell), "invalid_email"))
            found = tuple(dict.fromkeys(found + addresses)) if found else addresses
        return found

    def _cut(self, number: int, name: str, text: str, doubts: list[Issue]) -> str:
        if len(text) <= NAME:
            return text
        doubts.append(Issue(number, self.columns.title(name), shown(text), "too_long"))
        return text[:NAME].strip()


type _Column = tuple[int, Memo, str]  # position, reader, the file's title


def _columns(columns: ColumnMap, name: str) -> list[tuple[int, str]]:
    return list(zip(columns.positions.get(name, ()), columns.titles.get(name, ()), strict=True))
