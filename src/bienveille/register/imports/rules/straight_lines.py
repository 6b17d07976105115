"""Leases of a first import that leave no doubt, as lines that COPY puts into the register's own tables.

Plain rows of one lease that follow one another, for one home, which nobody has left, with one number and one address a
person at most. What becomes of them is what the statements of `operations/tenant_statements.py` make of any lease.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple
from zlib import crc32

from bienveille.ground.lib.copy_text import NULL
from bienveille.register.imports.rules.cells import Memo
from bienveille.register.imports.rules.plain_rows import DOUBT, NOTHING, PlainRows

#: Characters of a searchable name kept in a person's key: some letters become several when searched.
SEARCHED = 240
#: The columns that the lines fill, in their order.
LEASES = ("row", "people", "number", "dwelling", "entry", "signature", "name", "lease_id", "household_id")
PEOPLE = (
    "id", "household_id", "erp_key", "erp_fingerprint", "title", "last_name", "first_name", "birth_date", "role",
    "marital_status", "languages", "best_time", "deceased", "protected_address",
)  # fmt: skip
POINTS = ("id", "person_id", "kind", "value", "whose", "status", "source")
ONE_IN = 32  # leases, given apart in `Straight.some`
_TITLES = {"mrs": "Mme ", "mr": "M. "}
_RANKS = {"holder": 0, "co_holder": 1}  # who speaks for a household
_SOLE = re.compile(r'\{("?)([^"{},\\]*)\1\}')  # an array of one text


class Straight(NamedTuple):
    """Lines for COPY of leases that leave no doubt: those of `imp_straight`, of people, of numbers and addresses.

    `persons`: how many. `some`: a few of the leases, the same ones whichever piece they stand in.
    """

    leases: bytes
    people: bytes
    points: bytes
    persons: int
    some: list[str]


type Run = tuple[int, int, int]
"""Rows of one lease that follow one another: where they begin and end, their signature."""


def straight_lines(
    rows: PlainRows, numbers: Sequence[int], runs: Iterable[Run], keys: Sequence[str], marks: Sequence[int]
) -> tuple[Straight, list[Run]]:
    """The lines of runs that leave no doubt, and the other runs. Runs follow one another, none is left out.

    Of each row: its number, what its keys begin with, its person's fingerprint.
    """
    owns = [searched.strip()[:SEARCHED] for searched in rows.searched]
    called = list(map(_WHOSE.__getitem__, rows.whose))
    doubts = _doubts(rows, called)
    leases: list[str] = []
    households: list[str] = []  # of each row; empty for one that is not written straight
    some: list[str] = []
    others: list[Run] = []
    for run in runs:
        begin, end, signature = run
        length, speaker = end - begin, begin
        home, entry = rows.homes[begin], rows.entries[begin]
        if doubts.find(1, begin, end) >= 0:
            others.append(run)
            households += [""] * length
            continue
        if length > 1:
            if len(set(owns[begin:end])) < length or rows.homes[begin:end].count(home) < length:
                others.append(run)
                households += [""] * length
                continue
            entry = min(rows.entries[begin:end])  # a date comes before `NULL`
            if rows.roles[begin] != "holder":
                ranks = [_RANKS.get(role, 2) for role in rows.roles[begin:end]]
                speaker = begin + ranks.index(min(ranks))
        first_name = rows.first_names[speaker]
        given = f"{first_name} " if first_name else ""
        name = f"{_TITLES.get(rows.titles[speaker], '')}{given}{rows.last_names[speaker]}"
        lease, key = rows.leases[begin], keys[begin]
        leases.append(f"{numbers[begin]}\t{length}\t{lease}\t{home}\t{entry}\t{signature}\t{name}\t{key}3\t{key}4\n")
        households += [f"{key}4"] * length
        if not crc32(lease.encode()) % ONE_IN:
            some.append(lease)
    people = [
        f"{key}0\t{household}\t{lease}|{own}\t{mark}\t{head}\t\tf\tf\n"
        for key, household, lease, own, mark, head in zip(
            keys, households, rows.leases, owns, marks, rows.heads, strict=True
        )
        if household
    ]
    phones = [
        f"{key}2\t{key}0\tphone\t{phone[1:-1]}\t{whose}\tvalid\terp\n"
        for key, household, phone, whose in zip(keys, households, rows.phones, called, strict=True)
        if household and phone != NOTHING
    ]
    emails = [
        f"{key}1\t{key}0\temail\t{email[1:-1]}\t\tvalid\terp\n"
        for key, household, email in zip(keys, households, rows.emails, strict=True)
        if household and email != NOTHING
    ]
    points = "".join(chain(phones, emails)).encode()
    return Straight("".join(leases).encode(), "".join(people).encode(), points, len(people), some), others


def _doubts(rows: PlainRows, called: list[str]) -> bytearray:
    """One for each row that leaves a doubt by itself. Columns are looked at whole first: few have any."""
    many = len(rows.leases)
    found = bytearray(many)

    def mark(doubtful: Iterable[bool]) -> None:
        for place, doubt in enumerate(doubtful):
            if doubt:
                found[place] = 1

    for column, plain in ((rows.kinds, "housing"), (rows.exits, NULL), (rows.disabled, "f")):
        if column.count(plain) < many:
            mark(cell != plain for cell in column)
    columns = (rows.leases, rows.homes, rows.entries, rows.persons, called)  # several numbers are called a doubt too
    for column, sign in (*((column, DOUBT) for column in columns), (rows.emails, '"')):
        if sign in "".join(column):
            mark(sign in cell for cell in column)
    return found


def _sole(array: str) -> str:
    """The only text of an array."""
    found = _SOLE.fullmatch(array)
    return found[2] if found else DOUBT


_WHOSE = Memo(_sole)
