"""What could tell who said a sentence: names, places, numbers; pure reading, a person decides."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from bienveille.ground.lib.words import plain

#: The question that callers read aloud before they write a sentence down.
AGREEMENT = "Puis-je citer cette phrase, sans votre nom\u00a0?"
#: Words so common in addresses that they tell nothing by themselves.
_COMMON = frozenset(
    {
        "residence", "batiment", "bat", "allee", "avenue", "boulevard", "chemin", "cours", "impasse", "place", "quai",
        "route", "rue", "square", "villa", "les", "des", "aux", "saint", "sainte", "madame", "monsieur", "mme",
    }
)  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+", re.UNICODE)
_NUMBER = re.compile(r"\+?\d(?:[\d\s.,/-]*\d)?(?:\s*(?:%|€|ans?\b))?")
_WRITTEN = frozenset(
    {
        "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze", "treize", "quatorze",
        "quinze", "seize", "vingt", "trente", "quarante", "cinquante", "soixante", "septante", "huitante", "nonante",
        "cent", "mille",
    }
)  # fmt: skip
_SENTENCE_STARTS = re.compile(r"(?:^|[.!?…:«»“”\"]\s*)$")


class Clue(StrEnum):
    """What a piece of a sentence may give away."""

    NAME = "name"
    PLACE = "place"
    NUMBER = "number"
    CAPITAL = "capital"

    @property
    def label(self) -> str:
        return {
            Clue.NAME: "un nom",
            Clue.PLACE: "un lieu",
            Clue.NUMBER: "un nombre",
            Clue.CAPITAL: "peut-être un nom",
        }[self]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a sentence, in order; `clue` is None for what tells nothing."""

    text: str
    clue: Clue | None = None

    @property
    def label(self) -> str:
        return self.clue.label if self.clue else ""


def pieces(text: str, *, names: Iterable[str] = (), places: Iterable[str] = ()) -> list[Piece]:
    """The sentence cut where it may tell who speaks; put end to end, the pieces are the sentence.

    `names`: of the household, its relatives, the caller; `places`: residence, street, commune.
    """
    known = {word: Clue.PLACE for words in places for word in _telling(words)}
    known |= {word: Clue.NAME for words in names for word in _telling(words)}
    spans: list[tuple[int, int, Clue]] = [(found.start(), found.end(), Clue.NUMBER) for found in _NUMBER.finditer(text)]
    for found in _WORD.finditer(text):
        if any(start <= found.start() < end for start, end, _ in spans):
            continue
        word = plain(found[0])
        clue = known.get(word) or (Clue.NUMBER if word in _WRITTEN else None)
        if clue is None and found[0][0].isupper() and not _SENTENCE_STARTS.search(text[: found.start()]):
            clue = Clue.CAPITAL
        if clue:
            spans.append((found.start(), found.end(), clue))
    spans.sort()
    cut = [(0, 0, None), *spans, (len(text), len(text), None)]
    found_pieces: list[Piece] = []
    for (_, end, _), (start, stop, clue) in pairwise(cut):
        found_pieces += [Piece(text[end:start])] if end < start else []
        found_pieces += [Piece(text[start:stop], clue)] if start < stop else []
    return found_pieces


def names_left(text: str, names: Iterable[str]) -> list[str]:
    """The names of the household that a sentence still holds: with one of them it is not anonymous."""
    return [piece.text for piece in pieces(text, names=names) if piece.clue == Clue.NAME]


def _telling(words: str) -> list[str]:
    """The words of a name or an address that tell something: not « rue », not « de », no initial."""
    return [word for word in plain(words).split() if len(word) > 2 and word not in _COMMON and not word.isdigit()]
