"""How a letter is addressed, numbered and sorted: facts in, lines out. Setting the type is in `documents/letter.typ`.

Addresses follow NF Z 10-011: six lines at most, thirty-eight signs at most, from the closest to the person to the
widest, the last lines in capitals without punctuation, the last one being the postcode and the town.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from bienveille.ground.lib.barcodes import code128
from bienveille.ground.lib.names import spelled

LINES = 6
WIDTH = 38
#: So many letters are set at once: memory stays the same whatever the size of a mailing.
CHUNK = 500
#: Figures of a number written on a letter, its key included: even, as a barcode of pairs wants it.
NUMBER_LENGTH = 10

# Shortened only in a line that is too long, in this order, longest gain first (SNA: abbreviations of delivery points).
_SHORT = (
    ("APPARTEMENT", "APT"),
    ("RESIDENCE", "RES"),
    ("BATIMENT", "BAT"),
    ("ESCALIER", "ESC"),
    ("BOULEVARD", "BD"),
    ("LOTISSEMENT", "LOT"),
    ("FAUBOURG", "FG"),
    ("IMPASSE", "IMP"),
    ("AVENUE", "AV"),
    ("CHEMIN", "CHE"),
    ("ESPLANADE", "ESP"),
    ("PROMENADE", "PROM"),
    ("PASSAGE", "PAS"),
    ("SQUARE", "SQ"),
    ("ALLEE", "ALL"),
    ("PLACE", "PL"),
    ("ROUTE", "RTE"),
    ("GENERAL", "GAL"),
    ("MARECHAL", "MAL"),
    ("PRESIDENT", "PDT"),
    ("PROFESSEUR", "PR"),
    ("DOCTEUR", "DR"),
    ("SAINTE", "STE"),
    ("SAINT", "ST"),
    ("ETAGE", "ETG"),
    ("PORTE", "PTE"),
)
# Left out last of all: what sorting machines do without.
_SMALL = re.compile(r"\b(?:DU|DE|DES|LA|LE|LES|L|D) (?=\w)")
_NOT_ADDRESS = re.compile(r"[^A-Z0-9]+")
_LETTERS = str.maketrans({"Œ": "OE", "Æ": "AE", "Ø": "O", "Ł": "L", "Đ": "D", "ẞ": "SS"})
_PIECES = re.compile(r"(\d+)")


class AddressTooLong(ValueError):
    """The address does not fit in six lines of thirty-eight signs, even shortened; `line`: the longest."""

    def __init__(self, line: str) -> None:
        super().__init__(line)
        self.line = line


@dataclass(frozen=True, slots=True)
class Home:
    """Where a letter goes: pieces as the register keeps them; an empty one is unknown."""

    residence: str = ""
    building: str = ""
    staircase: str = ""
    floor: int | None = None
    door: str = ""
    street: str = ""
    postal_code: str = ""
    town: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter to set. `place`: the residence and the staircase whose letters are carried together."""

    key: UUID
    number: str
    address: tuple[str, ...]
    subject: str
    body: tuple[str, ...]
    place: tuple[str, str] = ("", "")
    language: str = "fr"
    sender: tuple[str, ...] = ()  # of this letter, below the landlord; else the one of all


@dataclass(frozen=True, slots=True)
class Sheaf:
    """Letters that leave together as one file: those of a staircase, or a part of a batch for a postal platform."""

    residence: str
    staircase: str
    part: int
    parts: int
    letters: tuple[Letter, ...]


def capitals(text: str) -> str:
    """Capitals, figures and single spaces, as sorting machines read them: « 12 bis, rue de l’Œuvre » → 12 BIS RUE…"""
    letters = unicodedata.normalize("NFKD", text.upper().translate(_LETTERS))
    return _NOT_ADDRESS.sub(" ", "".join(sign for sign in letters if not unicodedata.combining(sign))).strip()


def address_lines(name: str, home: Home) -> tuple[str, ...]:
    """The lines of an envelope, without empty ones. A home without postcode or town has no address: ValueError.

    A line too long is shortened word by word, then goes on in the next line while six are enough; then the floor is
    left out when the door is known. What still does not fit is AddressTooLong: nobody's address is cut.
    """
    if not (home.postal_code and home.town and (home.street or home.residence)):
        raise ValueError("no address")
    floors = [_floor(home.floor)] + ([""] if home.door else [])
    for floor in floors:
        lines = _wrapped([_fitted(line) for line in _pieces(name, home, floor) if line])
        if len(lines) <= LINES and max(map(len, lines)) <= WIDTH:
            return tuple(lines)
    raise AddressTooLong(max(lines, key=len))


def letter_number(serial: int) -> str:
    """The number written on a letter and in its barcode: nine figures, then the key that catches one typed wrong."""
    if not 0 < serial < 10 ** (NUMBER_LENGTH - 1):
        raise ValueError("a letter's serial has nine figures at most")
    figures = f"{serial:0{NUMBER_LENGTH - 1}d}"
    return figures + str(_luhn(figures))


def serial_of(typed: str) -> int | None:
    """The serial behind a number scanned or typed, spaces ignored; None when it is not one of ours, or mistyped."""
    figures = re.sub(r"\s", "", typed)
    if not (figures.isascii() and figures.isdigit()) or len(figures) != NUMBER_LENGTH:
        return None
    if str(_luhn(figures[:-1])) != figures[-1] or not int(figures[:-1]):
        return None
    return int(figures[:-1])


def delivery_key(home: Home) -> tuple[Any, ...]:
    """Sorts homes in the order in which somebody walks: residence, building, staircase, floor, door; 2 before 10."""
    return (
        _natural(home.residence),
        _natural(home.building),
        _natural(home.staircase),
        home.floor if home.floor is not None else 99,
        _natural(home.door),
    )


def place_of(home: Home) -> tuple[str, str]:
    """What one person carries at once: the residence and, in words, the building and staircase."""
    words = [
        f"bâtiment {home.building}" if home.building else "", f"escalier {home.staircase}" if home.staircase else ""
    ]  # fmt: skip
    return home.residence, ", ".join(word for word in words if word)


def sheaves_by_place(letters: Iterable[Letter], *, chunk: int = CHUNK) -> Iterator[Sheaf]:
    """One file for each residence and staircase, from letters already in delivery order; a very tall one is cut."""
    for (residence, staircase), group in groupby(letters, key=lambda letter: letter.place):
        yield from _parts(residence, staircase, tuple(group), chunk)


def sheaves_for_post(letters: Sequence[Letter], *, chunk: int = CHUNK) -> Iterator[Sheaf]:
    """Files of `chunk` letters for a postal platform, in the order given."""
    yield from _parts("", "", tuple(letters), chunk)


def bars(number: str) -> list[int]:
    """Widths of the bars and spaces of a letter's number."""
    return code128(number)


def grouped(number: str) -> str:
    """A letter's number as people read it: « 000 012 345 6 »."""
    return f"{number[:3]} {number[3:6]} {number[6:9]} {number[9:]}"


def _parts(residence: str, staircase: str, letters: tuple[Letter, ...], chunk: int) -> Iterator[Sheaf]:
    parts = -(-len(letters) // chunk)
    for part in range(parts):
        yield Sheaf(residence, staircase, part + 1, parts, letters[part * chunk : (part + 1) * chunk])


def _pieces(name: str, home: Home, floor: str) -> tuple[str, ...]:
    door = f"APPARTEMENT {capitals(home.door)}" if home.door else ""
    staircase = f"ESCALIER {capitals(home.staircase)}" if home.staircase else ""
    building = f"BATIMENT {capitals(home.building)}" if home.building else ""
    return (
        _name(name),
        " ".join(filter(None, (door, staircase, floor))),
        " ".join(filter(None, (_site(home.residence), building))),
        capitals(home.street),
        f"{home.postal_code} {_town(home.town)}",
    )


def _name(name: str) -> str:
    """The first line keeps its small letters and accents; a couple's two titles are shortened when it is too long."""
    words = " ".join(spelled(word) for word in name.split())
    if len(words) > WIDTH:
        words = words.replace("Madame", "Mme").replace("Monsieur", "M.")
    return words


def _floor(floor: int | None) -> str:
    if floor is None:
        return ""
    return "REZ DE CHAUSSEE" if floor == 0 else f"ETAGE {floor}" if floor > 0 else f"SOUS SOL {-floor}"


def _site(residence: str) -> str:
    name = capitals(residence)
    return name if not name or name.startswith(("RESIDENCE ", "FOYER ", "EHPAD ")) else f"RESIDENCE {name}"


def _town(town: str) -> str:
    """« Lyon 3e », « Lyon 3e Arrondissement » → LYON: the postcode says the rest."""
    return re.sub(r"^(PARIS|LYON|MARSEILLE) \d{1,2}(ER|E|EME)?( ARRONDISSEMENT)?$", r"\1", capitals(town))


def _fitted(line: str) -> str:
    """The line, shortened word by word only as far as it must."""
    for word, short in _SHORT:
        if len(line) <= WIDTH:
            return line
        line = re.sub(rf"\b{word}\b", short, line)
    while len(line) > WIDTH and line.isupper() and (found := _SMALL.search(line)):
        line = line[: found.start()] + line[found.end() :]
    return line


def _wrapped(lines: Sequence[str]) -> list[str]:
    """Each line in as many as it takes, cut between words; a single word longer than the width stays whole."""
    made: list[str] = []
    for line in lines:
        while len(line) > WIDTH and (place := line.rfind(" ", 0, WIDTH + 1)) > 0:
            made.append(line[:place])
            line = line[place + 1 :]
        made.append(line)
    return made


def _natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """« B10 » after « B2 »; an empty text first."""
    pieces = [piece for piece in _PIECES.split(capitals(text)) if piece.strip()]
    return tuple((0, int(piece), "") if piece.isdigit() else (1, 0, piece.strip()) for piece in pieces)


def _luhn(figures: str) -> int:
    doubled = (int(figure) * (2 - rank % 2) for rank, figure in enumerate(reversed(figures)))
    return -sum(value - 9 if value > 9 else value for value in doubled) % 10
