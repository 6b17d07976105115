"""What each figure counts: dated definitions of the folder `definitions`, with their source, and their numbers."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent.parent / "definitions" / "rates.toml"


class InvalidDefinition(ValueError):
    """The table cannot be used; the message names the entry and what is wrong, for whoever keeps the table."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One figure in words. An `unchecked` one is usage of the trade and is shown as « non vérifié »."""

    key: str
    label: str
    text: str
    source: str
    valid_from: date
    valid_until: date | None = None
    checked_on: date | None = None
    unchecked: bool = False
    value: int | None = None

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True)
class Measures:
    """The numbers of the definitions, for the computation."""

    renewal_days: int  # a new lease so many days after the old one, by the same people, is not a move
    service_years: int  # a home counts in the turnover once it has been in service so long
    long_vacancy_months: int


def definitions_on(day: date) -> list[Definition]:
    """Those that hold on a day, in the order of the page."""
    return [one for one in _table(FILE) if one.holds_on(day)]


def measures_on(day: date) -> Measures:
    """The numbers that hold on a day."""
    values = {one.key: one.value for one in definitions_on(day) if one.value is not None}
    try:
        return Measures(values["renewal"], values["turnover"], values["long_vacancy"])
    except KeyError as missing:
        raise InvalidDefinition(f"no value holds on {day} for {missing}") from None


def read_definitions(document: Mapping[str, Any]) -> tuple[Definition, ...]:
    """The entries of a table; two of one key may not hold on the same day."""
    found: list[Definition] = []
    for raw in document["definitions"]:
        try:
            one = Definition(**raw)
        except TypeError as error:
            raise InvalidDefinition(f"{raw.get('key', '?')}: {error}") from None
        if one.unchecked and one.checked_on is not None:
            raise InvalidDefinition(f"{one.key}: checked or not checked, not both")
        if any(other.key == one.key and _overlap(other, one) for other in found):
            raise InvalidDefinition(f"{one.key}: two entries hold on the same day")
        found.append(one)
    return tuple(found)


def _overlap(one: Definition, other: Definition) -> bool:
    return one.valid_from <= (other.valid_until or date.max) and other.valid_from <= (one.valid_until or date.max)


@lru_cache
def _table(path: Path) -> tuple[Definition, ...]:
    """Read once per process: the file changes with a deployment."""
    return read_definitions(tomllib.loads(path.read_text(encoding="utf-8")))
