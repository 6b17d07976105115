"""Which services answer a need, how near they are, how fresh their card is; nothing is read from the database here.

The only file read is the dated table `config/need_services.toml`: codes of the data·inclusion schema for each need.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from bienveille.ground.lib.phones import read_phone
from bienveille.ground.lib.typography import listed
from bienveille.ground.lib.words import plain
from bienveille.register.partners.choices import Extent

TABLE = Path(__file__).resolve().parents[2] / "config" / "need_services.toml"
FRANCE = "france"
COMMUNE, EPCI, DEPARTMENT, COUNTRY = range(4)
#: Full marks of the schema's own score under six months, none beyond two years (data·inclusion, score of quality).
FRESH_DAYS, STALE_DAYS = 183, 730
FRESH, AGING, STALE = "fresh", "aging", "stale"


class InvalidTable(ValueError):
    """The table of needs cannot be used; the message names the entry, for whoever keeps it."""


@dataclass(frozen=True, slots=True)
class ServiceMatch:
    """Any of these thematiques; and, when types are named, any of these types."""

    need: str
    valid_from: date
    valid_until: date | None = None
    thematiques: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    by_landlord: bool = False

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)

    def answers(self, *, thematiques: Iterable[str], type: str, needs: Iterable[str]) -> bool:
        """Whether a service with these codes, or said by hand to answer these needs, answers this one."""
        if self.need in needs:
            return True
        return bool(set(self.thematiques) & set(thematiques)) and (not self.types or type in self.types)


@dataclass(frozen=True, slots=True)
class Area:
    """What a commune belongs to: codes that a service's coverage may hold. `communes`: itself, then its mother."""

    communes: tuple[str, ...]
    epci: str = ""
    department: str = ""

    @property
    def codes(self) -> list[str]:
        """Every code that covers this place, the nearest first."""
        return [*self.communes, *filter(None, (self.epci, self.department)), FRANCE]


#: Somebody whose commune nobody knows: what is for all of France is offered.
NOWHERE = Area(())


def area_of(code: str, *, parent: str = "", epci: str = "", department: str = "") -> Area:
    """The area of a commune; `parent`: the commune of which it is an arrondissement."""
    return Area(tuple(filter(None, (code, parent))), epci, department)


def matches_on(day: date, table: Path = TABLE) -> dict[str, ServiceMatch]:
    """What answers each need on that day, in the order of the table."""
    return {one.need: one for one in _table(table) if one.holds_on(day)}


def needs_answered(
    day: date, *, thematiques: Iterable[str], type: str, needs: Iterable[str], table: Path = TABLE
) -> list[str]:
    """The needs that a service answers, in the order of the table."""
    codes, said = frozenset(thematiques), frozenset(needs)
    matches = matches_on(day, table)
    return [need for need, match in matches.items() if match.answers(thematiques=codes, type=type, needs=said)]


def need_of_words(text: str, day: date, table: Path = TABLE) -> str:
    """The need that these words name in a hand-made sheet; nothing when nobody knows them."""
    words = plain(text)
    for need, match in matches_on(day, table).items():
        if words == plain(need) or words in map(plain, match.words):
            return need
    return ""


@lru_cache
def _table(path: Path) -> tuple[ServiceMatch, ...]:
    """Read once per process: the file changes with a deployment."""
    with path.open("rb") as file:
        entries = tuple(_match(raw) for raw in tomllib.load(file)["needs"])
    for rank, one in enumerate(entries):
        for other in entries[rank + 1 :]:
            if other.need == one.need and _overlap(one, other):
                raise InvalidTable(f"{one.need}: two entries hold on the same day")
    return entries


def _match(raw: Mapping[str, Any]) -> ServiceMatch:
    name = raw.get("need", "?")
    try:
        values: dict[str, Any] = {key: tuple(one) if isinstance(one, list) else one for key, one in raw.items()}
        made = ServiceMatch(**values)
    except TypeError as error:
        raise InvalidTable(f"{name}: {error}") from None
    if not made.thematiques and not made.by_landlord:
        raise InvalidTable(f"{name}: neither thematiques nor by_landlord")
    if made.valid_until is not None and made.valid_until < made.valid_from:
        raise InvalidTable(f"{name}: ends before it begins")
    return made


def _overlap(one: ServiceMatch, other: ServiceMatch) -> bool:
    last = date.max
    return one.valid_from <= (other.valid_until or last) and other.valid_from <= (one.valid_until or last)


def freshness(updated_on: date, today: date) -> str:
    """How far a card may be believed: fresh, aging or stale."""
    days = (today - updated_on).days
    return FRESH if days <= FRESH_DAYS else AGING if days <= STALE_DAYS else STALE


def read_partner_phone(cell: object) -> str:
    """A number that partners answer, in E.164; short ones (39 77, 116 006) as they are dialled; else nothing."""
    found = read_phone(cell).numbers
    if found:
        return found[0]
    digits = re.sub(r"[\s.\u00a0]", "", str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell))
    return digits if re.fullmatch(r"1\d{1,2}|3\d{3}|11[68]\d{3}", digits) else ""


def extent_of(zone: Sequence[str], area: Area) -> str:
    """How far a coverage goes, as somebody would say it from that area; other places are « chosen »."""
    codes = list(zone) or list(area.communes[:1])
    if codes == [FRANCE]:
        return Extent.COUNTRY
    if len(codes) == 1 and codes[0] in (area.communes[:1] or ("",)):
        return Extent.COMMUNE
    if codes == [area.epci]:
        return Extent.EPCI
    return Extent.DEPARTMENT if codes == [area.department] else Extent.CHOSEN


#: Directories gathered by data·inclusion that people know by name.
_SOURCES = {"dora": "DORA", "soliguide": "Soliguide", "ma-boussole-aidants": "Ma Boussole Aidants", "finess": "FINESS"}


def source_words(source: str, *, own: bool) -> str:
    """Where a card comes from."""
    if own:
        return "Tenu à la main"
    if source == "liste":
        return "Notre liste"
    return f"{_SOURCES.get(source, source)}, annuaire data·inclusion"


# ---- Opening hours of OpenStreetMap, the part that people really write

_DAYS = {
    "Mo": "lundi", "Tu": "mardi", "We": "mercredi", "Th": "jeudi", "Fr": "vendredi", "Sa": "samedi", "Su": "dimanche",
    "PH": "jours fériés",
}  # fmt: skip
_HOUR = r"\d{1,2}:\d{2}"
_RULE = re.compile(
    rf"(?:(?P<days>(?:[A-Z][a-z]|PH)(?:\s*[-,]\s*(?:[A-Z][a-z]|PH))*)\s*)?"
    rf"(?P<hours>off|closed|24/7|{_HOUR}\s*-\s*{_HOUR}(?:\s*,\s*{_HOUR}\s*-\s*{_HOUR})*)"
)


def hours_words(text: str) -> str:
    """Opening hours in French; what is not understood, or was typed in French, is given as it is.

    "Mo-Fr 08:30-12:00,14:00-17:00; PH off" → "du lundi au vendredi, 8 h 30 à 12 h et 14 h à 17 h ; fermé les jours
    fériés".
    """
    rules = [one.strip() for one in text.split(";") if one.strip()]
    matches = [_RULE.fullmatch(one) for one in rules]
    words = [_rule_words(match) for match in matches if match]
    if not words or len(words) < len(rules) or not all(words):
        return text
    return "\u00a0; ".join(words)


def _rule_words(match: re.Match[str]) -> str:
    days = _days_words(match["days"] or "")
    if days is None:
        return ""
    if match["hours"] in ("off", "closed"):
        return f"fermé {days}".strip()
    if match["hours"] == "24/7":
        return "jour et nuit, tous les jours"
    ranges = [re.split(r"\s*-\s*", one.strip()) for one in match["hours"].split(",")]
    hours = listed([f"{_hour(start)} à {_hour(end)}" for start, end in ranges])
    return f"{days}, {hours}" if days else hours


def _days_words(text: str) -> str | None:
    """ "Mo-We,Fr" → "du lundi au mercredi et le vendredi"; None for a day that nobody knows."""
    parts = []
    for part in filter(None, re.split(r"\s*,\s*", text)):
        ends = [_DAYS.get(day) for day in re.split(r"\s*-\s*", part)]
        if None in ends or len(ends) > 2:
            return None
        if len(ends) == 2:
            parts.append(f"du {ends[0]} au {ends[1]}")
        else:
            parts.append("les jours fériés" if part == "PH" else f"le {ends[0]}")
    return listed(parts)


def _hour(text: str) -> str:
    hours, minutes = text.split(":")
    return f"{int(hours)}\u00a0h" + (f"\u00a0{minutes}" if minutes != "00" else "")
