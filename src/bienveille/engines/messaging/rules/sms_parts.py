"""How many SMS a text costs, which characters make it dearer, and what to write instead (3GPP TS 23.038)."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

# The default alphabet of 7 bits, without the escape sign that leads to its extension table.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")

# What French writes and the alphabet of 7 bits lacks, with the nearest writing that has the same meaning.
_INSTEAD = {
    "’": "'",
    "‘": "'",
    "ʼ": "'",
    "“": '"',
    "”": '"',
    "„": '"',
    "…": "...",
    "–": "-",
    "—": "-",
    "\u2011": "-",
    "−": "-",
    "•": "-",
    "·": ".",
    "×": "x",
    "°": "o",
    "\u00a0": " ",
    "\u202f": " ",
    "\u2009": " ",
    "\t": " ",
    "œ": "oe",
    "Œ": "OE",
    "â": "a", "ê": "e", "î": "i", "ô": "o", "û": "u", "ë": "e", "ï": "i", "ÿ": "y", "ç": "c", "á": "a", "í": "i",
    "ó": "o", "ú": "u", "ã": "a", "õ": "o",
    "À": "A", "Á": "A", "Â": "A", "Ã": "A", "È": "E", "Ê": "E", "Ë": "E", "Ì": "I", "Í": "I", "Î": "I", "Ï": "I",
    "Ò": "O", "Ó": "O", "Ô": "O", "Õ": "O", "Ù": "U", "Ú": "U", "Û": "U", "Ÿ": "Y",
}  # fmt: skip
_QUOTES = (("«\u00a0", '"'), ("\u00a0»", '"'), ("« ", '"'), (" »", '"'), ("«", '"'), ("»", '"'))

#: Units of one message alone, and of each part of a longer one.
ROOM = {"gsm7": (160, 153), "ucs2": (70, 67)}


class Alphabet(StrEnum):
    """`gsm7`: 160 characters in a message; `ucs2`: any sign, but 70."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


@dataclass(frozen=True, slots=True)
class Heavy:
    """A character that the 7-bit alphabet lacks: how often it stands in the text, and what to write instead."""

    character: str
    times: int
    instead: str  # empty: there is nothing like it

    @property
    def name(self) -> str:
        return {"\u00a0": "espace insécable", "\u202f": "espace fine", "\u2009": "espace fine", "\t": "tabulation"}.get(
            self.character, self.character
        )


@dataclass(frozen=True, slots=True)
class Length:
    """A text counted as the networks count it. `units`: septets of GSM-7, or 16-bit units of UCS-2."""

    alphabet: Alphabet
    units: int
    parts: int
    left: int  # units still free in the last part
    heavy: tuple[Heavy, ...]


def measure(text: str) -> Length:
    """The parts of an SMS. A sign of two units is never cut: what does not fit goes whole into the next part."""
    text = text.replace("\r\n", "\n")
    heavy = _heavy(text)
    alphabet = Alphabet.UCS2 if heavy else Alphabet.GSM7
    sizes = [_size(character, alphabet) for character in text]
    alone, each = ROOM[alphabet]
    units = sum(sizes)
    if units <= alone:
        return Length(alphabet, units, 1 if units else 0, alone - units, heavy)
    parts, filled = 1, 0
    for size in sizes:
        if filled + size > each:
            parts, filled = parts + 1, 0
        filled += size
    return Length(alphabet, units, parts, each - filled, heavy)


def lighten(text: str) -> str:
    """The same words in the 7-bit alphabet as far as it goes: straight quotes, plain spaces, « ç » without its mark."""
    for quote, straight in _QUOTES:
        text = text.replace(quote, straight)
    return "".join(character if _fits(character) else _INSTEAD.get(character, character) for character in text)


def _heavy(text: str) -> tuple[Heavy, ...]:
    times = Counter(character for character in text if not _fits(character))
    return tuple(Heavy(one, count, '"' if one in "«»" else _INSTEAD.get(one, "")) for one, count in times.most_common())


def _fits(character: str) -> bool:
    return character in _BASIC or character in _EXTENSION


def _size(character: str, alphabet: Alphabet) -> int:
    if alphabet is Alphabet.UCS2:
        return 2 if ord(character) > 0xFFFF else 1
    return 2 if character in _EXTENSION else 1
