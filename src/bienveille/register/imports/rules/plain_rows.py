"""Rows of a tenants' export that leave no doubt, typed column by column: most rows, at a third of the cost.

The meaning of a row is that of `tenants.TenantReader`. Whatever is not plain here (a doubt, a cell missing, a name too
long, a date before another) is left to it: what comes out is the same, row by row.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from bienveille.ground.lib.copy_text import NULL, array, escaped
from bienveille.ground.lib.emails import everyday_emails, read_emails
from bienveille.ground.lib.names import clean_code, clean_text
from bienveille.ground.lib.phones import everyday_phones, everyday_remark, read_phone
from bienveille.ground.lib.words import search_name
from bienveille.register.imports.rules.cells import Memo
from bienveille.register.imports.rules.tenants import KEY, NAME, TenantReader

#: In place of a cell that is not plain; no cell of a file has this character.
DOUBT = "\x00"
_PLAIN_CODE = rf"[0-9A-Za-z_./-]{{1,{KEY}}}+"  # nothing to clean
_PLAIN_CODES = re.compile(rf"(?:{_PLAIN_CODE}\n)*+{_PLAIN_CODE}", re.ASCII)
NOTHING, _NOBODY = "{}", array(("",))  # arrays of no text, of an empty one

type _Texts = Iterable[str]
type PlainRow = tuple[str, str, str, str]
"""The lease, the lease's other columns, the person's, the searchable name."""


class PlainRows(NamedTuple):
    """Columns of rows, as COPY reads them; `DOUBT` stands somewhere in a row that is not plain.

    `heads`: what is said of a person before numbers and addresses, between tabs; `persons`: all that is.
    """

    leases: list[str]
    kinds: list[str]
    homes: list[str]
    entries: list[str]
    exits: list[str]
    titles: list[str]
    last_names: list[str]
    first_names: list[str]
    roles: list[str]
    heads: list[str]
    phones: list[str]
    whose: list[str]
    emails: list[str]
    disabled: list[str]
    persons: list[str]
    searched: list[str]

    def rows(self, begin: int = 0, end: int | None = None) -> Iterator[PlainRow]:
        """Some of the rows, one by one."""
        some = slice(begin, end)
        contracts = zip(self.kinds[some], self.homes[some], self.entries[some], self.exits[some], strict=True)
        lines = map("\t".join, contracts)
        return zip(self.leases[some], lines, self.persons[some], self.searched[some], strict=True)


class PlainReader:
    """Gives the columns of plain rows as COPY reads them. `possible`: the file has a column for first names."""

    def __init__(self, reader: TenantReader) -> None:
        positions = {name: found[0] for name, found in reader.columns.positions.items()}
        self.possible = "first_name" in positions
        self._width = reader.width
        self._lease, self._dwelling = positions["lease_number"], positions["dwelling_code"]
        self._last, self._first = positions["last_name"], positions.get("first_name", 0)
        self._leases, self._dwellings = Memo(_lease), Memo(_dwelling)
        self._last_names, self._first_names = Memo(_last_name), Memo(_first_name)
        self._searched = Memo(lambda cell: search_name(clean_text(cell)))
        self._phones = [position for position, _ in reader.phones]
        self._emails = [position for position, _ in reader.emails]
        column, coded = reader.single.get, self._coded
        self._entry, self._exit = coded(column("entry"), NULL), coded(column("exit"), NULL)
        self._kind, self._role = coded(column("lease_kind"), "housing"), coded(column("role"), "holder")
        self._title, self._marital = coded(column("title"), ""), coded(column("marital_status"), "")
        self._languages = coded(column("language"), NOTHING, written=array)
        self._disabled = coded(
            column("disability"), "f", written=lambda value: "t" if value is True else "f", sure=True
        )
        self._birth = column("birth_date")
        self._births = Memo(self._birth_date)

    @staticmethod
    def _coded(
        column: "tuple[int, Memo, str] | None",
        default: str,
        *,
        written: Callable[[Any], str] = str,
        sure: bool = False,
    ) -> tuple[int, Memo] | str:
        """A column's place and what is written of its cells; what is written everywhere when there is none."""
        if column is None:
            return default
        position, memo, _ = column

        def read(cell: Any) -> str:
            value, doubt = memo[cell]
            return DOUBT if doubt and not sure else written(value) if value else default

        return position, Memo(read)

    def _birth_date(self, cell: Any) -> str:
        assert self._birth is not None
        birth, older, doubt = self._birth[1][cell]
        return DOUBT if doubt or older else birth or NULL

    def read(self, rows: Sequence[Sequence[Any]]) -> PlainRows:
        """The rows, one at least."""
        blank = [""] * self._width
        columns = list(zip(*(row if len(row) == self._width else blank for row in rows), strict=True))
        return self._read(columns, len(rows))

    def read_lines(self, lines: Sequence[str], separator: str) -> PlainRows:
        """The same of lines in which nothing is quoted: all their cells are taken apart at once."""
        width = self._width
        blank = separator * (width - 1)
        cells = separator.join([line if line.count(separator) == width - 1 else blank for line in lines])
        every = cells.split(separator)
        return self._read([every[position::width] for position in range(width)], len(lines))

    def _read(self, columns: Sequence[Sequence[Any]], many: int) -> PlainRows:

        def texts(found: tuple[int, Memo] | str) -> list[str]:
            return [found] * many if isinstance(found, str) else list(map(found[1].__getitem__, columns[found[0]]))

        leases = self._codes(columns[self._lease], self._leases)
        entries, exits = texts(self._entry), texts(self._exit)
        if any(end is not NULL for end in exits):
            exits = [end if _follows(begin, end) else DOUBT for begin, end in zip(entries, exits, strict=True)]
        kinds = texts(self._kind)
        dwellings = self._codes(columns[self._dwelling], self._dwellings)
        homes = [home if home or kind != "housing" else DOUBT for home, kind in zip(dwellings, kinds, strict=True)]
        titles, roles = texts(self._title), texts(self._role)
        last, first = columns[self._last], columns[self._first]
        last_names = list(map(self._last_names.__getitem__, last))
        first_names = list(map(self._first_names.__getitem__, first))
        births: _Texts = [NULL] * many
        if self._birth:
            births = map(self._births.__getitem__, columns[self._birth[0]])
        marital, languages = texts(self._marital), texts(self._languages)
        said = zip(titles, last_names, first_names, births, roles, marital, languages, strict=True)
        heads = list(map("\t".join, said))
        phones, whose = self._telephones(columns, many)
        emails, disabled = self._addresses(columns, many), texts(self._disabled)
        persons = list(map("\t".join, zip(heads, phones, whose, emails, disabled, strict=True)))
        search = self._searched.__getitem__
        searched = list(map(" ".join, zip(map(search, last), map(search, first), strict=True)))
        return PlainRows(
            leases, kinds, homes, entries, exits, titles, last_names, first_names, roles, heads, phones, whose, emails,
            disabled, persons, searched,
        )  # fmt: skip

    @staticmethod
    def _codes(cells: Sequence[str], memo: Memo) -> list[str]:
        """Codes as they are written, which is nearly always: they hardly come again, so that remembering costs more."""
        every = "\n".join(cells)
        if _PLAIN_CODES.fullmatch(every) and every.count("\n") == len(cells) - 1:
            return list(cells)
        return list(map(memo.__getitem__, cells))

    def _telephones(self, columns: Sequence[Sequence[str]], many: int) -> tuple[list[str], list[str]]:
        cells = _only(columns, self._phones, many)
        found = [
            ("{" + number + "}", _NOBODY) if number else _telephone(cell)
            for number, cell in zip(everyday_phones(cells), cells, strict=True)
        ]
        return [phones for phones, _ in found], [whose for _, whose in found]

    def _addresses(self, columns: Sequence[Sequence[str]], many: int) -> list[str]:
        cells = _only(columns, self._emails, many)
        return [
            "{" + address + "}" if address else _address(cell)
            for address, cell in zip(everyday_emails(cells), cells, strict=True)
        ]


_ANSWERS = Memo(lambda whose: array((whose,)))


def _only(columns: Sequence[Sequence[str]], positions: Sequence[int], many: int) -> Sequence[str]:
    """The cells of the one column that has any; those of several side by side, `DOUBT` where two are filled."""
    filled = [columns[position] for position in positions if any(columns[position])]
    if not filled:
        return [""] * many
    if len(filled) == 1:
        return filled[0]
    return [_one(cells) for cells in zip(*filled, strict=True)]


def _one(cells: Sequence[str]) -> str:
    given = [cell for cell in cells if cell]
    return DOUBT if len(given) > 1 else given[0] if given else ""


def _follows(begin: str, end: str) -> bool:
    return end is NULL or begin is NULL or begin <= end


def _lease(cell: str) -> str:
    code = clean_code(cell)
    return escaped(code) if 0 < len(code) <= KEY else DOUBT


def _dwelling(cell: str) -> str:
    return escaped(clean_code(cell)[:KEY])


def _first_name(cell: str) -> str:
    name = clean_text(cell)
    return escaped(name) if len(name) <= NAME else DOUBT


def _last_name(cell: str) -> str:
    return _first_name(cell) or DOUBT


def _telephone(cell: str) -> tuple[str, str]:
    """The numbers of a cell that is no everyday one, and whose they are."""
    if not cell or cell.isspace():
        return NOTHING, NOTHING
    remark = everyday_remark(cell)
    if remark:
        number, whose, unread = remark
        return (DOUBT, DOUBT) if unread else ("{" + number + "}", _ANSWERS[whose])
    read = read_phone(cell)
    if not read.numbers or read.unread:
        return DOUBT, DOUBT
    several = len(read.numbers) > 1 or read.whose
    return array(read.numbers), array((read.whose,) * len(read.numbers)) if several else _NOBODY


def _address(cell: str) -> str:
    """The addresses of a cell that is no everyday one."""
    if not cell or cell.isspace():
        return NOTHING
    addresses = read_emails(cell)
    return array(addresses) if addresses and all(len(address) <= 254 for address in addresses) else DOUBT
