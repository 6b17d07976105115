"""The shape of one question that an audience may ask, and readers of its value; the questions live in `criteria.py`."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any


class InvalidValue(ValueError):
    """The value given to a criterion means nothing; the text says why, in French, without a full stop."""


class Over(Enum):
    """What a condition looks at: which aliases its SQL may name.

    HOUSEHOLD: `h`, the row of tenants_household; it may hold subqueries and must be true or false, never null.
    HOME: `d` (dwelling), `b` (building), `r` (residence), joined once for all; null counts as false.
    PERSON: `p`, one eligible person; true when one of them satisfies it. Stored columns of the person only.
    PEOPLE: an aggregate over `p`, everybody alive who lives there, opposed or not: `count(*) = 1`.
    """

    HOUSEHOLD = "household"
    HOME = "home"
    PERSON = "person"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class Condition:
    """SQL with `%s` for each parameter, in order."""

    over: Over
    sql: str
    params: tuple[Any, ...] = ()


#: The French names of the codes that a value holds, by code.
type Names = Mapping[str, str]


@dataclass(frozen=True)
class Criterion:
    """One predicate of the rule document, `{name: value}`.

    `parse` turns the document's value into a clean one or raises InvalidValue. `condition` gives its SQL on a day.
    `phrase` finishes the sentence "Ménages …" in the plural: « vivant seuls », « dont une personne a 75 ans ou plus ».
    A criterion whose value is a tuple of codes of the register gives `known`, which returns the names of those that
    exist, and `unknown`, the French sentence (with `{code}`) for one that does not. `place` phrases come first.
    """

    name: str
    label: str
    parse: Callable[[Any], Any]
    condition: Callable[[Any, date], Condition]
    phrase: Callable[[Any, Names], str]
    known: Callable[[Collection[str]], Names] | None = None
    unknown: str = "« {code} » n’existe pas."
    place: bool = False


def read_flag(value: object) -> bool:
    """`true` or `false`."""
    if not isinstance(value, bool):
        raise InvalidValue("on attend « true » ou « false »")
    return value


def read_whole(value: object, *, least: int, most: int) -> int:
    """A whole number between two bounds, both included."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InvalidValue(f"on attend un nombre entier entre {least} et {most}")
    return value


def read_bounds(value: object, *, least: int, most: int) -> tuple[int | None, int | None]:
    """`{min, max}`, at least one of them, in order."""
    if not isinstance(value, dict) or not value or set(value) - {"min", "max"}:
        raise InvalidValue("on attend « min », « max » ou les deux")
    low, high = (read_whole(value[key], least=least, most=most) if key in value else None for key in ("min", "max"))
    if low is not None and high is not None and low > high:
        raise InvalidValue("« min » dépasse « max »")
    return low, high


def read_codes(value: object, *, most: int = 1000) -> tuple[str, ...]:
    """One code or a list of codes, each once, in the order given."""
    codes = [value] if isinstance(value, str) else value
    if not isinstance(codes, list | tuple) or not codes or not all(isinstance(c, str) and c.strip() for c in codes):
        raise InvalidValue("on attend un code ou une liste de codes")
    if len(codes) > most:
        raise InvalidValue(f"on attend au plus {most} codes")
    return tuple(dict.fromkeys(code.strip() for code in codes))


def read_choices(value: object, choices: Collection[str]) -> tuple[str, ...]:
    """One word of a closed list, or several."""
    words = read_codes(value)
    for word in words:
        if word not in choices:
            raise InvalidValue(f"« {word} » n’est pas reconnu ; on attend {', '.join(choices)}")
    return words
