"""People of one lease who have the same name: who is who from one import to the next."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple


class Listed(NamedTuple):
    """A row of the file."""

    row: int
    birth: dt.date | None


class Known(NamedTuple):
    """Somebody of the register."""

    key: str
    birth: dt.date | None


def assign_keys(key: str, listed: Sequence[Listed], known: Sequence[Known]) -> tuple[dict[int, str], list[int]]:
    """The key of each row, and the rows that repeat another one (same name, same birth date).

    A row takes the key of the person born the same day, a row without birth date that of somebody without: one that
    ended long ago must not take the place of somebody who lives there. Then keys of people whose birth date the file
    corrects; then new keys: `key`, `key#2`, `key#3`…
    """
    seen: set[dt.date | None] = set()
    rows: list[Listed] = []
    doubles: list[int] = []
    for row in sorted(listed):
        if row.birth in seen:
            doubles.append(row.row)
        else:
            seen.add(row.birth)
            rows.append(row)
    free = sorted(known, key=lambda person: (len(person.key), person.key))
    keys: dict[int, str] = {}
    for row in rows:
        same = next((person for person in free if person.birth == row.birth), None)
        if same:
            keys[row.row] = same.key
            free.remove(same)
    taken = {person.key for person in known}
    number = 1
    for row in rows:
        if row.row in keys:
            continue
        if free:
            keys[row.row] = free.pop(0).key
            continue
        while (new := key if number == 1 else f"{key}#{number}") in taken:
            number += 1
        keys[row.row] = new
        taken.add(new)
    return keys, doubles
