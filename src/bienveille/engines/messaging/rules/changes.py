"""What differs between two versions of a text, variant by variant, word by word."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

type Words = tuple[str, str]  # subject, body
_PIECES = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words: `same`, `added` or `removed`."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """One variant that is new, gone or written otherwise."""

    key: str
    kind: str  # added, removed, changed
    subject: list[Piece]
    body: list[Piece]


def changes(old: Mapping[str, Words], new: Mapping[str, Words]) -> list[Change]:
    """What changed from one version to the next, by key of variant; what is the same is left out."""
    found = []
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key, ("", "")), new.get(key, ("", ""))
        if before != after:
            kind = "added" if key not in old else "removed" if key not in new else "changed"
            found.append(Change(key, kind, _pieces(before[0], after[0]), _pieces(before[1], after[1])))
    return found


def _pieces(before: str, after: str) -> list[Piece]:
    old, new = _PIECES.findall(before), _PIECES.findall(after)
    pieces = []
    for what, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            pieces.append(Piece("same", "".join(old[i1:i2])))
            continue
        if i2 > i1:
            pieces.append(Piece("removed", "".join(old[i1:i2])))
        if j2 > j1:
            pieces.append(Piece("added", "".join(new[j1:j2])))
    return pieces
