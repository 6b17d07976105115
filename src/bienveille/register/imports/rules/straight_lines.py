"""Leases of a first import that leave no doubt, as lines that COPY puts into the register's own tables.

Plain rows of one lease that follow one another, for one home, which nobody has left, with one number and one address a
person at most. What becomes of them is what the statements of `operations/tenant_statements.py` make of any lease.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple
from zlib import crc32

from bienveille.ground.lib.copy_text import NULL
from bienveille.register.imports.rules.cells import Memo
from bienveille.register.imports.rules.plain_rows import DOUBT, PlainRow

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
_HOME, _STAYS = "housing\t", f"\t{NULL}"
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


class StraightLines:
    """Gathers the lines of a piece."""

    def __init__(self) -> None:
        self._leases: list[str] = []
        self._people: list[str] = []
        self._points: list[str] = []
        self._some: list[str] = []

    def lines(self) -> Straight:
        """What was gathered."""
        leases, people, points = ("".join(one).encode() for one in (self._leases, self._people, self._points))
        return Straight(leases, people, points, len(self._people), self._some)

    def add(
        self, first: int, rows: Sequence[PlainRow], signature: int, keys: Sequence[str], marks: Sequence[int]
    ) -> bool:
        """The rows of one lease: the number of the first one, what their keys begin with, their people's fingerprints.
        Gathers nothing and gives false when they leave a doubt.
        """
        lease, contract, _, _ = rows[0]
        if not contract.startswith(_HOME) or not contract.endswith(_STAYS) or DOUBT in contract or DOUBT in lease:
            return False
        _, home, entry, _ = contract.split("\t")
        household = keys[0] + "4"
        people: list[str] = []
        points: list[str] = []
        name, speaks, known = "", 3, set()
        for key, (_, said, person, searched), mark in zip(keys, rows, marks, strict=True):
            own = searched.strip()
            if len(own) > SEARCHED:
                own = own[:SEARCHED]
            if DOUBT in person or own in known:
                return False
            known.add(own)
            if said is not contract and said != contract:
                kind, other, begun, end = said.split("\t")
                if kind != "housing" or other != home or end != NULL or DOUBT in begun:
                    return False
                if entry == NULL or NULL != begun < entry:
                    entry = begun
            head, phones, whose, emails, disabled = person.rsplit("\t", 4)
            if disabled != "f":
                return False
            if speaks:
                title, last_name, first_name, _, role, _ = head.split("\t", 5)
                rank = _RANKS.get(role, 2)
                if rank < speaks:
                    given = f"{first_name} " if first_name else ""
                    speaks, name = rank, f"{_TITLES.get(title, '')}{given}{last_name}"
            people.append(f"{key}0\t{household}\t{lease}|{own}\t{mark}\t{head}\t\tf\tf\n")
            if phones != "{}":
                called = _WHOSE[whose]
                if called is DOUBT or "," in phones:
                    return False
                points.append(f"{key}2\t{key}0\tphone\t{phones[1:-1]}\t{called}\tvalid\terp\n")
            if emails != "{}":
                if "," in emails or '"' in emails:
                    return False
                points.append(f"{key}1\t{key}0\temail\t{emails[1:-1]}\t\tvalid\terp\n")
        self._leases.append(
            f"{first}\t{len(rows)}\t{lease}\t{home}\t{entry}\t{signature}\t{name}\t{keys[0]}3\t{household}\n"
        )
        self._people += people
        self._points += points
        if not crc32(lease.encode()) % ONE_IN:
            self._some.append(lease)
        return True


def _sole(array: str) -> str:
    """The only text of an array."""
    found = _SOLE.fullmatch(array)
    return found[2] if found else DOUBT


_WHOSE = Memo(_sole)
