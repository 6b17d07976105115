"""What is told to somebody about themselves (GDPR art. 15): its parts, the veil over others. No database."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bienveille.ground.lib.phones import read_phone
from bienveille.ground.lib.words import plain

type Fact = tuple[str, str]

OTHER, NUMBER, ADDRESS = "[autre personne]", "[numéro masqué]", "[adresse masquée]"
_WORD = re.compile(r"\w+")
_PHONE = re.compile(r"(?:\+|00)?\d(?:[\s.\-/()]?\d){8,13}")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_RUN = re.compile(rf"{re.escape(OTHER)}(?:[\s'’-]+{re.escape(OTHER)})+")


#: Words that stand in names and in every sentence: hidden, they would hide nobody and tear the text.
_PARTICLES = frozenset(
    {
        "da",
        "das",
        "de",
        "del",
        "della",
        "den",
        "der",
        "des",
        "di",
        "dit",
        "do",
        "dos",
        "du",
        "el",
        "en",
        "et",
        "la",
        "las",
    }
    | {"le", "les", "los", "van", "von", "ben"}
)


@dataclass(frozen=True)
class Part:
    """One chapter: facts (label, value), then lines of facts for what comes several times. `words` explains it."""

    key: str
    title: str
    words: str = ""
    facts: tuple[Fact, ...] = ()
    lines: tuple[tuple[Fact, ...], ...] = ()


def known(*facts: tuple[str, object]) -> tuple[Fact, ...]:
    """Facts that say something: what is unknown is left out."""
    return tuple((label, str(value)) for label, value in facts if value not in (None, "", [], ()))


class Veil:
    """Hides, in texts written by people, the names, numbers and addresses that are not the person's own.

    It hides too much rather than too little: a word that is also somebody's name goes, unless it is the person's name.
    """

    def __init__(self, *, own: Iterable[str], others: Iterable[str], ways: Iterable[str]) -> None:
        mine = {word for name in own for word in _words(name)}
        self._hidden = {word for name in others for word in _words(name) if len(word) > 1} - mine - _PARTICLES
        self._ways = set(ways)

    def __call__(self, text: str) -> str:
        text = _EMAIL.sub(lambda found: found[0] if found[0].lower() in self._ways else ADDRESS, text)
        text = _PHONE.sub(self._number, text)
        return _RUN.sub(OTHER, _WORD.sub(lambda found: OTHER if plain(found[0]) in self._hidden else found[0], text))

    def _number(self, found: re.Match[str]) -> str:
        numbers = read_phone(found[0]).numbers
        return found[0] if numbers and set(numbers) <= self._ways else NUMBER


def _words(name: str) -> list[str]:
    return [plain(word) for word in _WORD.findall(name)]
