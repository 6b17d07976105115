"""Reference tables that are dated configuration: emergency and help numbers; no business, no database."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from bienveille.ground.lib.typography import NBSP

EMERGENCY_NUMBERS = Path(__file__).resolve().parents[2] / "config" / "emergency_numbers.toml"
FAMILIES = ("danger", "protection", "help")
SCHEMES = ("tel", "sms")


class InvalidReference(ValueError):
    """The table cannot be used; the message names the entry and what is wrong, for whoever keeps the table."""


@dataclass(frozen=True, slots=True)
class EmergencyNumber:
    """A number and when to call it. An `unchecked` one is shown with « à vérifier », never as a sure thing."""

    number: str  # as people read it: 0 800 47 33 33, with no-break spaces
    label: str
    when: str
    family: str  # danger, protection or help
    valid_from: date
    source: str
    short: str = ""  # one word, for the strip
    strip: bool = False
    scheme: str = "tel"
    valid_until: date | None = None  # last day included
    checked_on: date | None = None
    unchecked: bool = False
    season: tuple[int, int] | None = None  # first and last month

    @property
    def href(self) -> str:
        return f"{self.scheme}:{self.number.replace(NBSP, '')}"

    def answers_on(self, day: date) -> bool:
        if day < self.valid_from or (self.valid_until and day > self.valid_until):
            return False
        return self.season is None or self.season[0] <= day.month <= self.season[1]


def emergency_numbers(on: date) -> list[EmergencyNumber]:
    """The numbers that answer on that day, most urgent first."""
    return [one for one in _emergency_table(EMERGENCY_NUMBERS) if one.answers_on(on)]


def strip_numbers(on: date) -> list[EmergencyNumber]:
    """The few numbers that stay above every field of a call."""
    return [one for one in emergency_numbers(on) if one.strip]


@lru_cache
def _emergency_table(path: Path) -> tuple[EmergencyNumber, ...]:
    """Read once per process: the file changes with a deployment."""
    with path.open("rb") as file:
        return tuple(_emergency_number(raw) for raw in tomllib.load(file)["numbers"])


def _emergency_number(raw: dict) -> EmergencyNumber:
    name = raw.get("number", "?")
    try:
        one = EmergencyNumber(
            **raw
            | {
                "number": name.replace(" ", NBSP),
                "season": tuple(raw["season"]) if "season" in raw else None,
            }
        )
    except TypeError as error:
        raise InvalidReference(f"{name}: {error}") from None
    if one.family not in FAMILIES or one.scheme not in SCHEMES:
        raise InvalidReference(f"{name}: unknown family or scheme")
    if one.unchecked == (one.checked_on is not None):
        raise InvalidReference(f"{name}: either checked_on or unchecked, not both, not neither")
    if one.strip and (one.unchecked or not one.short):
        raise InvalidReference(f"{name}: a number of the strip is checked and has a short word")
    return one
