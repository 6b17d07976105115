"""Finds in a French note what should not be written about a person, and says how to write the need; it never blocks.

The lexicon (`note_lexicon`) follows the rules of the CNIL on comment fields: objective, never excessive, nothing
sensitive without consent. A landlord adds words and exceptions, and switches words off. It warns the person who writes;
it is no proof that a note is clean.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from bienveille.ground.lib.note_lexicon import EXCEPTIONS, NATIONALITIES, WORDS, Family
from bienveille.ground.lib.note_numbers import numbers

__all__ = ["BUILT_IN", "Family", "Finding", "NoteGuard", "UnreadableEntry", "check_note", "check_words", "fold_words"]

NUMBERS_ENTRY = "numéros"
_KEY = 3  # letters by which entries with any ending are found
_SOUNDS_FROM = 7  # shorter words are only known as they are spelt


@dataclass(frozen=True, slots=True)
class Finding:
    """`text[start:end] == excerpt`; the advice is a French sentence for the writer; the entry is the lexicon's."""

    start: int
    end: int
    excerpt: str
    family: Family
    advice: str
    entry: str = ""


class UnreadableEntry(ValueError):
    """An entry that the lexicon cannot hold."""


@dataclass(frozen=True, slots=True)
class _Entry:
    text: str
    family: Family | None  # None: an exception
    rank: int
    language: bool = False


class _Bucket:
    """Entries that may begin with one word, as one pattern compiled when a note first needs it."""

    __slots__ = ("_entries", "_pattern")

    def __init__(self, known: list[_Entry]) -> None:
        self._entries = sorted(known, key=lambda one: one.rank)
        self._pattern = re.compile("|".join(f"({_pattern(one.text)})" for one in self._entries))

    def match(self, folded: str, at: int) -> tuple[_Entry, int] | None:
        """Which entry stands there, and where it ends."""
        match = self._pattern.match(folded, at)
        return (self._entries[match.lastindex - 1], match.end()) if match and match.lastindex else None


class _Beginnings:
    """Entries by the word they begin with."""

    def __init__(self, known: Iterable[_Entry]) -> None:
        self._whole: dict[str, list[_Entry]] = {}
        self._begun: dict[str, list[tuple[str, _Entry]]] = {}
        for entry in known:
            for word, is_open in _first_words(entry.text):
                if is_open:
                    self._begun.setdefault(word[:_KEY], []).append((word, entry))
                else:
                    self._whole.setdefault(word, []).append(entry)

    def bucket(self, word: str) -> _Bucket | None:
        found = {entry.text: entry for entry in self._whole.get(word, ())}
        for length in range(1, _KEY + 1):
            found.update({e.text: e for begun, e in self._begun.get(word[:length], ()) if word.startswith(begun)})
        return _Bucket(list(found.values())) if found else None


class NoteGuard:
    """A lexicon ready to read notes: ours, with what a landlord added, and without what they switched off."""

    def __init__(
        self,
        words: Iterable[tuple[Family, str]] = (),
        exceptions: Iterable[str] = (),
        switched_off: Iterable[str] = (),
    ) -> None:
        off = set(switched_off)
        listed = [*((family, one, False) for family, one in words), *_built_in_words()]
        known = [
            _Entry(text, family, rank, language)
            for rank, (family, text, language) in enumerate(listed)
            if text not in off
        ]
        self._words = _Beginnings(one for one in known if "<Nom>" not in one.text)
        self._harmless = _Beginnings(
            _Entry(text, None, rank) for rank, text in enumerate([*exceptions, *EXCEPTIONS]) if text not in off
        )
        self._names = [(one, re.compile(_pattern(one.text))) for one in known if "<Nom>" in one.text]
        self._sounds = _Sounds(one for one in known if not one.language)
        self._numbers = NUMBERS_ENTRY not in off
        # What to look at where a word stands: French notes say the same few thousand words again and again.
        self._plan = lru_cache(maxsize=20_000)(self._plan_of)

    def check(self, text: str, exceptions: Iterable[str] = ()) -> list[Finding]:
        """What to write otherwise, in the order of the note; what lies inside an exception is left alone."""
        folded, places = _fold(text)
        found: list[tuple[int, int, int, _Entry]] = []
        covered = [hit.span() for one in exceptions if one.strip() for hit in _as_words(one).finditer(folded)]
        for word in _WORD.finditer(folded):
            plan = self._plan(word.group())
            if plan is None:
                continue
            harmless, words, heard = plan
            start = word.start()
            if harmless and (hit := harmless.match(folded, start)):
                covered.append((start, hit[1]))
            if words and (hit := words.match(folded, start)):
                found.append((hit[0].rank, start, hit[1], hit[0]))
            elif heard:
                found.append((heard.rank, start, word.end(), heard))
        if self._numbers:
            found += [(-1, start, end, _NUMBERS[kind]) for start, end, kind in numbers(folded)]
        found += self._named(text, folded, places)
        return _told(text, folded, places, found, covered) if found else []

    def _plan_of(self, word: str) -> tuple[_Bucket | None, _Bucket | None, _Entry | None] | None:
        plan = self._harmless.bucket(word), self._words.bucket(word), self._sounds.heard(word)
        return plan if any(plan) else None

    def _named(self, text: str, folded: str, places: list[int] | None) -> Iterator[tuple[int, int, int, _Entry]]:
        """Somebody else, by name: « sa fille Xxx ». A name is written with one capital, then small letters."""
        if text.islower() or text.isupper() or not _RELATION.search(folded):
            return
        for entry, pattern in self._names:
            for match in pattern.finditer(folded):
                first, last = match.span("nom")
                name = text[first:last] if places is None else text[places[first] : places[last - 1] + 1]
                if name[:1].isupper() and name[1:].islower():
                    yield entry.rank, match.start(), match.end(), entry


def check_note(text: str, exceptions: Iterable[str] = ()) -> list[Finding]:
    """What our own lexicon finds; `exceptions` are words that are harmless here, taken as they are written."""
    return BUILT_IN.check(text, exceptions)


def check_words(text: str) -> list[Finding]:
    """The same for a text of the landlord's own, which may name its staff and give a number to call."""
    return [finding for finding in BUILT_IN.check(text) if finding.family != Family.THIRD_PARTIES]


@lru_cache(maxsize=256)
def _as_words(exception: str) -> re.Pattern[str]:
    words = map(re.escape, _fold(exception)[0].split())
    return re.compile(rf"(?<!\w){r'\s+'.join(words)}(?!\w)")


def fold_words(text: str) -> str:
    """A landlord's own word or phrase as an entry: without accents, signs or capitals; a last `*` is any ending."""
    folded = _fold(text)[0].strip()
    ending = "*" if folded.endswith("*") else ""
    words = " ".join(_WORD.findall(folded))
    return words + ending if words and (not ending or len(words.split()[-1]) >= _KEY) else words


def _told(
    text: str,
    folded: str,
    places: list[int] | None,
    found: list[tuple[int, int, int, _Entry]],
    covered: list[tuple[int, int]],
) -> list[Finding]:
    """Found words that nothing excuses, each place told once, in the family that comes first."""
    told: list[Finding] = []
    taken: list[tuple[int, int]] = []
    for _, start, end, entry in sorted(found, key=lambda one: one[:3]):
        if any(first <= start and end <= last for first, last in covered):
            continue
        if any(start < known_end and known_start < end for known_start, known_end in taken):
            continue
        if entry.language and _BEFORE_A_LANGUAGE.search(folded[max(start - 60, 0) : start]):
            continue
        taken.append((start, end))
        first, last = (start, end) if places is None else (places[start], places[end - 1] + 1)
        while last < len(text) and unicodedata.combining(text[last]):
            last += 1
        family = entry.family or Family.HEALTH
        told.append(Finding(first, last, text[first:last], family, family.advice, entry.text))
    return sorted(told, key=lambda one: one.start)


# ---- The grammar of entries ------------------------------------------------------------------------------------------

_WORD = re.compile(r"[^\W_]+")
_BETWEEN = r"[\s\-'°:,/]{1,3}"
_GAP = rf"(?:{_BETWEEN}[^\W_]+){{0,3}}?"
_PIECE = re.compile(r"<Nom>|\[[^\[\]]*\]\*?|\([a-z]+\)|…|\*|#|!|\.|[a-z0-9]+| ?' ?| +")


@lru_cache(maxsize=4096)
def _pattern(entry: str) -> str:
    """The pattern of one entry, on folded text; it begins and ends with whole words."""
    return rf"{_piece_by_piece(entry)}(?![^\W_])"


def _piece_by_piece(entry: str) -> str:
    pieces = _pieces(entry)
    built: list[str] = []
    place = 0
    while place < len(pieces):
        piece, after = pieces[place], pieces[place + 1] if place + 1 < len(pieces) else ""
        if piece == "…":
            if built and built[-1] == _BETWEEN:
                built.pop()
            built.append(_GAP if after else _GAP.removesuffix("?"))
        elif piece[0] == "[":
            starred = piece.endswith("*")
            choices = piece.rstrip("*")[1:-1].split("|")
            group = "|".join(_piece_by_piece(choice) + (r"[^\W_]*" if starred else "") for choice in choices if choice)
            if "" in choices and after == " ":
                built.append(f"(?:(?:{group}){_BETWEEN})?")
                place += 1
            else:
                built.append(f"(?:{group})")
        elif piece[0] == "(":
            built.append(f"(?:{piece[1:-1]})?")
        elif piece == "*":
            built.append(r"[^\W_]*")
        elif piece == "#":
            built.append(r"[^\W_]*\d[\w]*(?:[ .-]?\d+)*")
        elif piece == "<Nom>":
            built.append(r"(?P<nom>[^\W\d_]{2,})")
        elif piece == ".":
            built.append(r"\.?")
        elif "'" in piece:
            built.append(r"(?:'\s?|\s)")
        elif piece == " ":
            built.append(_BETWEEN)
        elif piece != "!":
            built.append(piece + ("e?s?" if _inflected(piece, after) else ""))
        place += 1
    return "".join(built)


def _pieces(entry: str) -> list[str]:
    pieces = [" " if piece.isspace() else piece for piece in _PIECE.findall(entry)]
    if not pieces or sum(len(piece) for piece in _PIECE.findall(entry)) != len(entry):
        raise UnreadableEntry(entry)
    return pieces


def _first_words(entry: str) -> set[tuple[str, bool]]:
    """The words with which an entry may begin; True: with any ending."""
    words: set[tuple[str, bool]] = set()
    waiting = [("", _pieces(entry))]
    while waiting:
        word, pieces = waiting.pop()
        piece, rest = (pieces[0], pieces[1:]) if pieces else (" ", [])
        if piece[0] == "[":
            for choice in piece.rstrip("*")[1:-1].split("|"):
                after = ["*", *rest] if piece.endswith("*") else rest
                if choice:
                    waiting.append((word, [*_pieces(choice), *after]))
                elif rest[:1] == [" "]:
                    waiting.append((word, rest[1:]))
        elif piece[0] == "(":
            waiting += [(word + piece[1:-1], rest), (word, rest)]
        elif piece == "!" or piece == ".":
            waiting.append((word, rest))
        elif piece.isalnum():
            endings = ("", "e", "s", "es") if _inflected(piece, rest[0] if rest else "") else ("",)
            waiting += [(word + piece + ending, rest) for ending in endings]
        elif word and piece == "*":
            words.add((word, True))
        elif word and (piece in " …" or "'" in piece):
            words.add((word, False))
        else:
            raise UnreadableEntry(entry)
    return words


def _inflected(piece: str, after: str) -> bool:
    """A word of four letters takes its feminine and its plural, unless its end is told."""
    return len(piece) >= 4 and piece[-1].isalpha() and after not in {"*", "!"} and after[:1] not in {"(", "["}


# ---- Spelling --------------------------------------------------------------------------------------------------------

_SAME_SOUND = (
    ("sch", "sk"), ("ph", "f"), ("th", "t"), ("ch", "C"), ("h", ""), ("y", "i"), ("eau", "o"), ("au", "o"), ("qu", "k"),
    ("ce", "se"), ("ci", "si"), ("c", "k"), ("z", "s"), ("x", "ks"), ("ai", "e"), ("ei", "e"), ("oe", "e"), ("w", "v"),
    ("am", "an"), ("em", "an"), ("en", "an"), ("im", "in"), ("om", "on"), ("ge", "je"), ("gi", "ji"),
)  # fmt: skip
_TWICE = re.compile(r"(.)\1+")
_SIMPLE_WORD = re.compile(r"[a-z]+[*!]?")


def _sound(word: str) -> str:
    """How a word sounds, roughly: « cirhose » and « cirrhose » are one."""
    for letters, sound in _SAME_SOUND:
        word = word.replace(letters, sound)
    return _TWICE.sub(r"\1", word)


class _Sounds:
    """The long single words of a lexicon, by their sound."""

    def __init__(self, known: Iterable[_Entry]) -> None:
        self._whole: dict[str, _Entry] = {}
        self._begun: dict[str, list[tuple[str, _Entry]]] = {}
        for entry in known:
            word = entry.text.rstrip("*!")
            if not _SIMPLE_WORD.fullmatch(entry.text):
                continue
            if entry.text.endswith("*"):
                sound = _sound(word.rstrip("cg"))  # which sound as what follows them
                if len(sound) >= _SOUNDS_FROM - 1:
                    self._begun.setdefault(sound[:3], []).append((sound, entry))
            elif len(word) >= _SOUNDS_FROM:
                for ending in ("", "s", "e", "es"):
                    self._whole.setdefault(_sound(word + ending), entry)

    def heard(self, word: str) -> _Entry | None:
        if len(word) < _SOUNDS_FROM:
            return None
        sound = _sound(word)
        if whole := self._whole.get(sound):
            return whole
        return next((entry for begun, entry in self._begun.get(sound[:3], ()) if sound.startswith(begun)), None)


# ---- Folding ---------------------------------------------------------------------------------------------------------


def _fold(text: str) -> tuple[str, list[int] | None]:
    """Lower case without accents, and the place in the text of each character kept; None: each in its own place."""
    if text.isascii():
        return text.lower(), None
    folded = text.translate(_ONE_FOR_ONE)
    if len(folded) == len(text) and not _TWO_FOR_ONE.search(text):
        return folded, None
    kept = [
        (letter, place)
        for place, character in enumerate(text)
        for letter in _LIGATURES.get(character, character.translate(_ONE_FOR_ONE))
    ]
    return "".join(letter for letter, _ in kept), [place for _, place in kept]


_LIGATURES = {"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae"}
_TWO_FOR_ONE = re.compile("[œŒæÆ]")


class _Folding(dict[int, str]):
    """Each character without its accent, one for one; a combining one goes."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if unicodedata.combining(character):
            folded = ""
        elif character in "’ʼ`´":
            folded = "'"
        elif character.isspace():
            folded = " "
        else:
            base = unicodedata.normalize("NFD", character)[0].lower()
            folded = base if len(base) == 1 else character
        self[code] = folded
        return folded


_ONE_FOR_ONE = _Folding({ord("`"): "'"})

# « parle un peu arabe », « en turc », « langue : tamoul »: a language, not an origin.
_BEFORE_A_LANGUAGE = re.compile(
    r"(?:\b(?:parl|compr|ecri|lit|prefer|traduct|traduit|a l'aise)\w*\b[\w', ]{0,24}"
    r"|\b(?:langue|langues|interprete|mieux|courrier|appel)\b[\w' :]{0,12}"
    r"|\ben )$"
)
_RELATION = re.compile(
    r"\b(?:m\.?|mr\.?|mme|monsieur|madame|mlle|dr\.?|docteur|fils|fille|mari|femme|ep\w+|fr\w+|soeur|mere|pere|maman|papa"
    r"|neveu|niece|cousine?|gendre|compagn\w+|concubine?|conjointe?|amie?|copine?|copain|ex|oncle|tante|voisine?s?"
    r"|gardien\w*|concierge|medecin|sociale|infirmiere|curat\w+|tut\w+|bru)\b"
)


def _built_in_words() -> Iterator[tuple[Family, str, bool]]:
    for family, listed in WORDS.items():
        for one in listed:
            yield family, one, False
        if family == Family.ORIGIN:
            for one in NATIONALITIES:
                yield family, one, True


_NUMBERS = {
    family.value: _Entry(NUMBERS_ENTRY, family, -1) for family in (Family.IDENTITY, Family.BANK, Family.THIRD_PARTIES)
}
BUILT_IN = NoteGuard()
