"""The municipal register of frail people: on which ground, with exactly which fields; no database, no clock.

The only file read is the dated table `config/municipal_register.toml`, which names each article, and says which ones
nobody has checked yet.
"""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from bienveille.register.tenants.rules import age_on

REGISTER_TABLE = Path(__file__).resolve().parents[3] / "config" / "municipal_register.toml"
#: The fields of a third party's request, and no other: (title, kind of cell).
FIELDS = (
    ("Nom", "text"),
    ("Prénoms", "text"),
    ("Date de naissance", "date"),
    ("Qualité au titre de laquelle l’inscription est demandée", "text"),
    ("Adresse", "text"),
    ("Téléphone", "phone"),
    ("Service intervenant à domicile", "text"),
    ("Personne à prévenir", "text"),
    ("Date de la demande", "date"),
    ("Nom du tiers qui demande", "text"),
    ("Qualité du tiers", "text"),
)
THIRD_PARTY = "Bailleur social"
HOME_SERVICE_LENGTH = 150


@dataclass(frozen=True, slots=True)
class Quality:
    """A ground on which somebody may be proposed, with its article."""

    code: str
    valid_from: date
    label: str
    min_age: int
    article: str
    unchecked: bool = False
    valid_until: date | None = None

    def fits(self, birth_date: date | None, on: date) -> bool | None:
        """Whether somebody is old enough; None when their age is not known. The rest is said by the person alone."""
        age = age_on(birth_date, on)
        return None if age is None else age >= self.min_age


@dataclass(frozen=True, slots=True)
class RegisterRule:
    """The law, and what a town hall is expected to do."""

    valid_from: date
    article: str
    answer_days: int
    answer_article: str
    kept_days: int
    unchecked: bool = False
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class RegisterWords:
    """The words read out, and their version."""

    version: int
    valid_from: date
    text: str
    valid_until: date | None = None

    def said(self, commune: str) -> str:
        return self.text.strip().format(commune=commune)


class InvalidRegisterTable(ValueError):
    """The table cannot be used; the message says why, for whoever keeps it."""


def register_rule(day: date, table: Path = REGISTER_TABLE) -> RegisterRule:
    """The rule in force on a day."""
    return _in_force(_tables(table)[0], day)[-1]


def qualities_on(day: date, table: Path = REGISTER_TABLE) -> list[Quality]:
    """The grounds in force on a day, in the order of the table."""
    return _in_force(_tables(table)[1], day)


def register_words(day: date, table: Path = REGISTER_TABLE) -> RegisterWords:
    """The words to read out on a day."""
    return _in_force(_tables(table)[2], day)[-1]


def register_words_of(version: int, table: Path = REGISTER_TABLE) -> RegisterWords:
    """The words that were read out, by their version."""
    return next(one for one in _tables(table)[2] if one.version == version)


def quality_label(code: str, table: Path = REGISTER_TABLE) -> str:
    """What a ground is called, in force or not."""
    return next((one.label for one in reversed(_tables(table)[1]) if one.code == code), code)


def _in_force[Kind: (RegisterRule, Quality, RegisterWords)](entries: tuple[Kind, ...], day: date) -> list[Kind]:
    held = [one for one in entries if one.valid_from <= day and (one.valid_until is None or day <= one.valid_until)]
    return held or list(entries[:1])


@lru_cache
def _tables(path: Path) -> tuple[tuple[RegisterRule, ...], tuple[Quality, ...], tuple[RegisterWords, ...]]:
    """Read once per process: the file changes with a deployment."""
    with path.open("rb") as file:
        raw: dict[str, Any] = tomllib.load(file)
    try:
        rules = tuple(RegisterRule(**row) for row in raw.get("rule", []))
        qualities = tuple(Quality(**row) for row in raw.get("quality", []))
        words = tuple(RegisterWords(**row) for row in raw.get("words", []))
    except TypeError as error:
        raise InvalidRegisterTable(str(error)) from None
    if not (rules and qualities and words):
        raise InvalidRegisterTable("a rule, a quality or words are missing")
    if len({one.version for one in words}) < len(words):
        raise InvalidRegisterTable("words: a version stands twice")
    return rules, qualities, words
