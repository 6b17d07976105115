"""One question an audience may ask: its shape, how it is typed, readers of its value; see each `criteria.py`."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any


class InvalidValue(ValueError):
    """The value given to a criterion means nothing; the text says why, in French, without a full stop."""


#: What a subquery writes to keep those who may be called.
NOT_OPPOSED = "p.opposed_on IS NULL"


class Over(Enum):
    """What a condition looks at: which aliases its SQL may name.

    HOUSEHOLD: `h`, the row of tenants_household; it may hold subqueries and must be true or false, never null. One that
    looks at people writes NOT_OPPOSED, which is lifted to count those whom an opposition leaves out.
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


#: What was typed in the fields of one question: field → texts.
type Typed = Mapping[str, Sequence[str]]


def _number_typed(typed: Typed, name: str) -> int | None:
    """A whole number typed by somebody, spaces forgiven; None when nothing was typed."""
    text = re.sub(r"\s", "", "".join(typed.get(name, ())[:1]))
    if not text:
        return None
    if not re.fullmatch(r"\d{1,4}", text, re.ASCII):
        raise InvalidValue("écrivez un nombre entier, en chiffres")
    return int(text)


@dataclass(frozen=True)
class Flag:
    """One of two answers, each said as a phrase: « vit seul », « ne vit pas seul »."""

    yes: str
    no: str
    kind = "flag"

    def read(self, typed: Typed) -> object:
        """The value of the document."""
        if list(typed.get("value", ())) not in (["yes"], ["no"]):
            raise InvalidValue("choisissez une des deux réponses")
        return typed["value"][0] == "yes"

    def write(self, value: object) -> dict[str, list[str]] | None:
        """What the fields show for a value; None when they cannot show it."""
        return {"value": ["yes" if value else "no"]} if isinstance(value, bool) else None


@dataclass(frozen=True)
class Bounds:
    """« entre … et … », one of the two may be left empty; `least_only` asks for the lower one alone."""

    unit: str
    least_only: bool = False
    start: int | None = None  # what a new question proposes as lower bound
    kind = "bounds"

    def read(self, typed: Typed) -> object:
        """The value of the document: `{min, max}`."""
        names = ("min",) if self.least_only else ("min", "max")
        found = {name: number for name in names if (number := _number_typed(typed, name)) is not None}
        if not found:
            raise InvalidValue("écrivez un nombre" if self.least_only else "écrivez au moins un des deux nombres")
        if len(found) == 2 and found["min"] > found["max"]:
            raise InvalidValue("le premier nombre dépasse le second")
        return found

    def write(self, value: object) -> dict[str, list[str]] | None:
        """What the fields show for a value; None when they cannot show it."""
        if not isinstance(value, dict) or set(value) - {"min", "max"}:
            return None
        return {name: [str(number)] for name, number in value.items()}


@dataclass(frozen=True)
class Whole:
    """One whole number with its unit: « depuis 6 mois »."""

    unit: str
    start: int | None = None
    kind = "whole"

    def read(self, typed: Typed) -> object:
        """The value of the document."""
        number = _number_typed(typed, "value")
        if number is None:
            raise InvalidValue("écrivez un nombre")
        return number

    def write(self, value: object) -> dict[str, list[str]] | None:
        """What the fields show for a value; None when they cannot show it."""
        return {"value": [str(value)]} if isinstance(value, int) and not isinstance(value, bool) else None


@dataclass(frozen=True)
class Pick:
    """One or several words of a list. `options` gives the whole list; `find` searches one too long to be shown.

    `noun` names one of them, as « une résidence ».
    """

    noun: str
    options: Callable[[], Names] | None = None
    find: Callable[[str], Names] | None = None
    kind = "pick"

    def read(self, typed: Typed) -> object:
        """The value of the document: one code, or a list."""
        codes = list(dict.fromkeys(code for code in typed.get("value", ()) if code.strip()))
        if not codes:
            raise InvalidValue(f"choisissez au moins {self.noun}")
        return codes[0] if len(codes) == 1 else codes

    def write(self, value: object) -> dict[str, list[str]] | None:
        """What the fields show for a value; None when they cannot show it."""
        codes = [value] if isinstance(value, str) else value
        if not isinstance(codes, list | tuple) or not all(isinstance(code, str) for code in codes):
            return None
        return {"value": list(codes)}


#: How a question is asked on a screen.
type Control = Flag | Bounds | Whole | Pick


@dataclass(frozen=True)
class Criterion:
    """One predicate of the rule document, `{name: value}`.

    `parse` turns the document's value into a clean one or raises InvalidValue. `condition` gives its SQL on a day.
    `phrase` finishes the sentence "Ménages …" in the plural: « vivant seuls », « dont une personne a 75 ans ou plus ».
    `control` says how the builder asks for the value; without one, a rule that uses it is shown but not typed.
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
    control: Control | None = None


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
