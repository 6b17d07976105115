"""Rows of a tenants' export: which are refused, and what the others say of a lease and of a person."""

import datetime as dt
from collections.abc import Sequence
from hashlib import blake2b
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
OF_AGE = 16  # nobody signs a lease before (Code civil, art. 413-1 and following)


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
    fingerprint: int


class Rejected(NamedTuple):
    """A refused row, and the lease it would have been about, whose absent people must not be taken for departed."""

    issue: Issue
    lease: str


class TenantReader:
    """Types the rows of one file; give it the file's columns and the day."""

    def __init__(self, columns: ColumnMap, *, today: dt.date, width: int, with_disability: bool = False) -> None:
        self.columns, self.today, self.width = columns, today, width
        self.warnings: list[Issue] = []
        self._births = Memo(birth_reader(today))
        self._entries = Memo(entry_reader(today))
        self._exits = Memo(exit_reader(today))
        self._titles, self._roles, self._maritals = Memo(read_civility), Memo(read_role), Memo(read_marital)
        self._kinds, self._languages = Memo(read_lease_kind), Memo(read_language_list)
        self._texts, self._codes = Memo(clean_text), Memo(clean_code)
        self._yes_no = Memo(read_yes_no)
        single = {name: positions[0] for name, positions in columns.positions.items()}
        self._at = single.get
        self._lease, self._dwelling = single["lease_number"], single["dwelling_code"]
        self._last, self._first = single["last_name"], single.get("first_name")
        self._kind, self._entry, self._exit = single.get("lease_kind"), single.get("entry"), single.get("exit")
        self._title, self._birth = single.get("title"), single.get("birth_date")
        self._role, self._marital = single.get("role"), single.get("marital_status")
        self._language = single.get("language")
        self._disability = single.get("disability") if with_disability else None
        self._phones, self._emails = columns.positions.get("phone", []), columns.positions.get("email", [])
        self._phone_titles, self._email_titles = columns.titles.get("phone", []), columns.titles.get("email", [])

    def read(self, number: int, cells: Sequence[Any]) -> TenantRow | Rejected:
        """The row, typed, or why it is refused; doubtful cells go to `warnings`."""
        width = len(cells)
        if width != self.width:
            if width < self.width:
                return self._reject(number, "", str(width), "too_few_columns", "")
            if any(cell not in ("", None) for cell in cells[self.width :]):
                return self._reject(number, "", str(width), "too_many_columns", "")
        lease = self._codes[cells[self._lease]]
        if not lease or len(lease) > KEY:
            return self._reject(number, "lease_number", cells[self._lease], "missing_key", "")
        last_name = self._texts[cells[self._last]]
        first_name = self._texts[cells[self._first]] if self._first is not None else ""
        if self._first is None:
            last_name, first_name = split_full_name(last_name)
        if not last_name:
            return self._reject(number, "last_name", "", "missing_name", lease)
        warnings: list[Issue] = []
        entry, exit_ = self._lease_dates(number, cells, warnings)
        if entry and exit_ and exit_ < entry:
            assert self._exit is not None
            return self._reject(number, "exit", cells[self._exit], "exit_before_entry", lease)
        kind = "housing"
        if self._kind is not None:
            kind, doubt = self._kinds[cells[self._kind]]
            if doubt:
                warnings.append(Issue(number, self.columns.title("lease_kind"), shown(cells[self._kind]), doubt))
        dwelling = self._codes[cells[self._dwelling]]
        if not dwelling and kind == "housing":
            return self._reject(number, "dwelling_code", "", "missing_key", lease)
        title = self._coded(number, cells, self._title, "title", self._titles, warnings)
        role = "holder"
        if self._role is not None:
            role = self._coded(number, cells, self._role, "role", self._roles, warnings)
        marital = self._coded(number, cells, self._marital, "marital_status", self._maritals, warnings)
        birth = self._birth_date(number, cells, role, warnings)
        languages = self._coded(number, cells, self._language, "language", self._languages, warnings) or ()
        phones, whose = self._phone_cells(number, cells, warnings)
        emails = self._email_cells(number, cells, warnings)
        disabled = self._disability is not None and self._yes_no[cells[self._disability]][0] is True
        last_name = self._cut(number, "last_name", last_name, warnings)
        first_name = self._cut(number, "first_name", first_name, warnings)
        if warnings:
            self.warnings.extend(warnings)
        who = f"{title}|{last_name}|{first_name}|{birth}|{role}|{marital}|{languages}"
        facts = f"{who}|{phones}|{whose}|{emails}|{disabled}"
        fingerprint = int.from_bytes(blake2b(facts.encode(), digest_size=8).digest(), "big", signed=True)
        return TenantRow(
            number, lease, kind, dwelling[:KEY], entry, exit_, title, last_name, first_name, birth, role, marital,
            languages, phones, whose, emails, disabled, fingerprint,
        )  # fmt: skip

    def _reject(self, number: int, name: str, cell: object, reason: str, lease: str) -> Rejected:
        return Rejected(Issue(number, self.columns.title(name) if name else "", shown(cell), reason), lease)

    def _coded(
        self, number: int, cells: Sequence[Any], position: int | None, name: str, memo: Memo, warnings: list[Issue]
    ) -> Any:
        if position is None:
            return ""
        value, doubt = memo[cells[position]]
        if doubt:
            warnings.append(Issue(number, self.columns.title(name), shown(cells[position]), doubt))
        return value

    def _lease_dates(self, number: int, cells: Sequence[Any], warnings: list[Issue]) -> tuple[str, str]:
        entry = exit_ = None
        if self._entry is not None:
            entry, doubt = self._entries[cells[self._entry]]
            if doubt:
                warnings.append(Issue(number, self.columns.title("entry"), shown(cells[self._entry]), doubt))
        if self._exit is not None:
            exit_, doubt = self._exits[cells[self._exit]]
            if doubt:
                warnings.append(Issue(number, self.columns.title("exit"), shown(cells[self._exit]), doubt))
        return entry.isoformat() if entry else "", exit_.isoformat() if exit_ else ""

    def _birth_date(self, number: int, cells: Sequence[Any], role: str, warnings: list[Issue]) -> str:
        if self._birth is None:
            return ""
        birth, guessed, doubt = self._births[cells[self._birth]]
        if guessed and birth and role == "holder" and self.today.year - birth.year < OF_AGE:
            birth = dt.date(birth.year - 100, birth.month, min(birth.day, 28) if birth.month == 2 else birth.day)
            doubt = "ambiguous_date"
        if doubt:
            warnings.append(Issue(number, self.columns.title("birth_date"), shown(cells[self._birth]), doubt))
        return birth.isoformat() if birth else ""

    def _phone_cells(
        self, number: int, cells: Sequence[Any], warnings: list[Issue]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        found: dict[str, str] = {}
        for position, title in zip(self._phones, self._phone_titles, strict=True):
            cell = cells[position]
            if cell == "" or cell is None or (isinstance(cell, str) and not cell.strip()):
                continue
            read = read_phone(cell)
            if not read.numbers:
                warnings.append(Issue(number, title, shown(cell), "invalid_phone"))
            elif read.unread:  # the remark is a free comment: not even the report repeats it
                warnings.append(Issue(number, title, display_phone(read.numbers[0]), "phone_remark"))
            for phone in read.numbers:
                found.setdefault(phone, read.whose)
        return tuple(found), tuple(found.values())

    def _email_cells(self, number: int, cells: Sequence[Any], warnings: list[Issue]) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for position, title in zip(self._emails, self._email_titles, strict=True):
            cell = cells[position]
            if cell == "" or cell is None or (isinstance(cell, str) and not cell.strip()):
                continue
            addresses = [address for address in read_emails(cell) if len(address) <= 254]
            if not addresses:
                warnings.append(Issue(number, title, shown(cell), "invalid_email"))
            found.update(dict.fromkeys(addresses))
        return tuple(found)

    def _cut(self, number: int, name: str, text: str, warnings: list[Issue]) -> str:
        if len(text) <= NAME:
            return text
        warnings.append(Issue(number, self.columns.title(name), shown(text), "too_long"))
        return text[:NAME].strip()
