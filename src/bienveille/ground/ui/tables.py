"""Lists that sort, filter, page and leave as files: what the address asks, read safely; no query of its own here.

A screen declares its `Table` once. `read` turns the query string into an `Asked`: anything unknown quietly becomes the
default, so that an old or mistyped link still opens. The query takes its filters from it, `listing` sorts and cuts.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import F, OrderBy, QuerySet
from django.http import QueryDict

from bienveille.ground.lib.spreadsheets import Column as SheetColumn
from bienveille.ground.lib.spreadsheets import Kind, Sheet
from bienveille.ground.lib.typography import counted, plural, short_day
from bienveille.ground.lib.words import plain
from bienveille.ground.ui.exports import weigh

PER_PAGE = 50
LONGEST_TEXT = 100
EXPORTS = {"xlsx": "Excel (XLSX)", "csv": "CSV"}
#: Parameters that a link to the same list never keeps: the answer of an export, a fragment already seen.
PASSING = ("export", "vu")

type Choices = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Column:
    """One column: what it is called, how it sorts, how it leaves in a file.

    `sort`: ORM names for a queryset (`"household__search"`, several in a tuple, expressions too), or `True` for rows in
    memory, sorted by what the column shows. Without it the column does not sort.
    `down`: the first press shows the largest first, as one wants of figures. `filled`: the field is never null.
    `value`: from a row to what is exported and sorted in memory; else the key or the attribute of that name.
    `screen=False`: only in files; `file=False`: only on the screen (actions, pictures).
    """

    key: str
    title: str
    sort: Any = ()
    kind: Kind = "text"
    down: bool = False
    filled: bool = False
    classes: str = ""
    hidden_title: bool = False
    value: Callable[[Any], Any] | None = None
    width: int = 0
    screen: bool = True
    file: bool = True

    @property
    def number(self) -> bool:
        return self.kind in ("number", "percent")

    def of(self, row: Any) -> Any:
        if self.value is not None:
            return self.value(row)
        return row[self.key] if isinstance(row, Mapping) else getattr(row, self.key)


@dataclass(frozen=True)
class Filter:
    """One question above the list. With `choices` (here, or given to `read`) a list; else words or a day.

    `kind`: choice, text or day. `every`: the words of the choice that filters nothing. `hint`: help below the label.
    """

    key: str
    label: str
    choices: Choices = ()
    kind: str = "choice"
    every: str = "Tous"
    hint: str = ""


@dataclass(frozen=True)
class Table:
    """The declaration of a list. `sort`: key of a column, `-key` for the largest first.

    `name` is the id of the list in the page and, when there are several, the beginning of its parameters (`prefix`).
    `people=False`: nothing there is about a tenant (directories, figures): a long file needs nobody else's agreement.
    """

    columns: Sequence[Column]
    sort: str
    filters: Sequence[Filter] = ()
    name: str = "liste"
    prefix: str = ""
    per_page: int = PER_PAGE
    one: str = "ligne"
    many: str = "lignes"
    people: bool = True

    def column(self, key: str) -> Column:
        return next(column for column in self.columns if column.key == key)

    def read(self, query: QueryDict, *, choices: Mapping[str, Choices] | None = None) -> "Asked":
        """What this address asks; `choices`: the answers of filters whose list depends on who asks."""
        given = {one.key: (choices or {}).get(one.key, one.choices) for one in self.filters}
        values = {one.key: _answer(one, given[one.key], query.get(self.prefix + one.key, "")) for one in self.filters}
        wanted = query.get(self._own("tri"), "")
        sortable = {column.key for column in self.columns if column.sort}
        sort = wanted if wanted.removeprefix("-") in sortable else self.sort
        page = query.get(self._own("page"), "")
        export = query.get(self._own("export"), "")
        return Asked(
            table=self,
            choices=given,
            values={key: value for key, value in values.items() if value},
            sort=sort.removeprefix("-"),
            descending=sort.startswith("-"),
            page=max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 8 else 1,
            export=export if export in EXPORTS else "",
            others=[(key, value) for key in query if key not in self.parameters for value in query.getlist(key)[:20]],
        )

    def _own(self, parameter: str) -> str:
        return self.prefix + parameter

    @property
    def parameters(self) -> list[str]:
        """The parameters of the address that are this table's; all others belong to the rest of the page."""
        own = [*("tri", "page", "export"), *(one.key for one in self.filters)]
        return [*(self.prefix + name for name in own), *PASSING]


def _answer(one: Filter, choices: Choices, typed: str) -> str:
    text = typed.replace("\x00", "").strip()[:LONGEST_TEXT]
    if one.kind == "text":
        return text
    if one.kind == "day":
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            return ""
    return text if text in {str(value) for value, _ in choices} else ""


@dataclass(frozen=True)
class Asked:
    """What one address asks of a table. `asked["state"]` is the answer to a filter, "" when there is none."""

    table: Table
    choices: Mapping[str, Choices]
    values: Mapping[str, str]
    sort: str
    descending: bool
    page: int
    export: str
    others: Sequence[tuple[str, str]] = field(default_factory=tuple)

    def __getitem__(self, key: str) -> str:
        self._known(key)
        return self.values.get(key, "")

    def day(self, key: str) -> date | None:
        """The answer to a filter of days."""
        return date.fromisoformat(self[key]) if self[key] else None

    def uuid(self, key: str) -> UUID | None:
        """The answer to a filter whose choices are keys of rows."""
        return UUID(self[key]) if self[key] else None

    @property
    def filtered(self) -> bool:
        return bool(self.values)

    @property
    def words(self) -> str:
        """The answers given, for the heading of a file: « État : Joints, Agence : Lyon »."""
        parts = []
        for one in self.table.filters:
            if value := self[one.key]:
                labels = {str(key): label for key, label in self.choices[one.key]}
                shown = short_day(date.fromisoformat(value)) if one.kind == "day" else labels.get(value, value)
                parts.append(f"{one.label}\u00a0: {shown}")
        return ", ".join(parts)

    def _what(self, name: str) -> str:
        """The file in words for whoever must agree; what was typed, which may be somebody's name, is left out."""
        typed = {one.key for one in self.table.filters if one.kind == "text"}
        chosen = replace(self, values={key: value for key, value in self.values.items() if key not in typed}).words
        also = ["mots cherchés"] if typed & self.values.keys() else []
        return " – ".join([name, *([chosen] if chosen else []), *also])

    def _known(self, key: str) -> None:
        if key not in self.choices:
            raise KeyError(f"the table has no filter {key!r}")

    # ---- Addresses

    def address(self, **changes: str) -> str:
        """The address of the same list, changed: `address(tri="-calls")`; the page starts again unless it is given."""
        query = QueryDict(mutable=True)
        for key, value in self.others:
            query.appendlist(key, value)
        own = {one.key: self[one.key] for one in self.table.filters}
        own["tri"] = self.order_word if self.order_word != self.table.sort else ""
        for key, value in {**own, **changes}.items():
            if value:
                query[self.table.prefix + key] = value
        return f"?{query.urlencode()}"

    @property
    def unfiltered(self) -> str:
        """The address of the whole list, in the same order."""
        return self.address(**{one.key: "" for one in self.table.filters})

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What the form of filters must send along: the order, and what belongs to the rest of the page."""
        order = [(self.table.prefix + "tri", self.order_word)] if self.order_word != self.table.sort else []
        return [*self.others, *order]

    @property
    def order_word(self) -> str:
        return f"-{self.sort}" if self.descending else self.sort

    def pressed(self, column: Column) -> str:
        """What pressing the title of a column asks for: the other way round when it already sorts."""
        down = not self.descending if column.key == self.sort else column.down
        return f"-{column.key}" if down else column.key

    # ---- Order and pages

    def order(self) -> list[OrderBy]:
        """For `order_by`: the chosen column, what is empty last, then the key, so that no row is on two pages."""
        column = self.table.column(self.sort)
        names = column.sort if isinstance(column.sort, tuple) else (column.sort,)
        orders = []
        for name in (*names, "pk"):
            expression = F(name) if isinstance(name, str) else name
            if not self.descending:
                orders.append(expression.asc())  # PostgreSQL already puts what is null last
            elif column.filled or name == "pk":
                orders.append(expression.desc())
            else:
                orders.append(expression.desc(nulls_last=True))
        return orders

    def sorted(self, rows: Iterable[Any]) -> list[Any]:
        """Rows in memory, in the order asked; what is empty last, ties as they came."""
        column = self.table.column(self.sort)
        keyed = [(column.of(row), row) for row in rows]
        full = [pair for pair in keyed if pair[0] not in (None, "")]
        empty = [row for value, row in keyed if value in (None, "")]
        full.sort(key=lambda pair: _comparable(pair[0]), reverse=self.descending)
        return [row for _, row in full] + empty

    def listing(self, rows: "QuerySet[Any, Any] | Sequence[Any]", *, count: int | None = None) -> "Listing":
        """The page asked of a queryset (2 queries, 1 with `count`) or of rows in memory; a page too far is the last."""
        ordered = rows.order_by(*self.order()) if isinstance(rows, QuerySet) else self.sorted(rows)
        paginator = Paginator(ordered, self.table.per_page)
        if count is not None:
            paginator.count = count
        return Listing(asked=self, page=paginator.get_page(self.page))

    def sheet(
        self,
        rows: "QuerySet[Any, Any] | Collection[Any]",
        *,
        name: str,
        heading: Sequence[str] = (),
        only: Sequence[str] = (),
    ) -> Sheet:
        """The columns for a file, with all the rows, in the order asked. A queryset is read piece by piece.

        Raises TooManyRows above what may leave without another proof of who asks, or without somebody else: nothing
        that says that the file left may be written before.
        """
        weigh(rows, what=self._what(name), people=self.table.people)
        columns = [one for one in self.table.columns if one.file and (not only or one.key in only)]
        if isinstance(rows, QuerySet):
            ordered: Iterable[Any] = rows.order_by(*self.order())
            found = ordered.iterator(chunk_size=2000)  # type: ignore[attr-defined]
        else:
            found = iter(self.sorted(rows))
        lines = [*heading, *([f"Filtres\u00a0: {self.words}"] if self.words else [])]
        return Sheet(
            name=name,
            columns=[SheetColumn(one.title, one.kind, one.width) for one in columns],
            rows=([one.of(row) for one in columns] for row in found),
            heading=lines,
        )


def _comparable(value: Any) -> tuple[int, Any]:
    """Texts compare as one reads them, accents and case aside; numbers and days as they are."""
    return (1, plain(value)) if isinstance(value, str) else (0, value)


@dataclass(frozen=True)
class Header:
    """The title of a column as the page shows it."""

    column: Column
    url: str  # "" when it does not sort
    direction: str  # ascending, descending or "" for `aria-sort`


@dataclass(frozen=True)
class Listing:
    """One page of a list, ready for its tags; goes through its rows like a list."""

    asked: Asked
    page: Page

    def __iter__(self) -> Iterator[Any]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def rows(self) -> list[Any]:
        return list(self.page.object_list)

    @property
    def table(self) -> Table:
        return self.asked.table

    @property
    def count(self) -> int:
        return self.page.paginator.count

    @property
    def filtered(self) -> bool:
        return self.asked.filtered

    @property
    def id(self) -> str:
        return self.table.name

    @property
    def headers(self) -> list[Header]:
        asked = self.asked
        return [
            Header(
                column=column,
                url=asked.address(tri=asked.pressed(column)) if column.sort else "",
                direction=("descending" if asked.descending else "ascending") if column.key == asked.sort else "",
            )
            for column in self.table.columns
            if column.screen
        ]

    @property
    def words(self) -> str:
        """Said by readers when the list changes: « 24 ménages, triés par Nom, page 1 sur 3 »."""
        table, pages = self.table, self.page.paginator.num_pages
        order = f"{plural(self.count, 'trié')} par {table.column(self.asked.sort).title}"
        parts = [counted(self.count, table.one, table.many), order]
        if pages > 1:
            parts.append(f"page {self.page.number} sur {pages}")
        return ", ".join(parts)

    def page_address(self, number: int) -> str:
        return self.asked.address(page=str(number) if number > 1 else "")
