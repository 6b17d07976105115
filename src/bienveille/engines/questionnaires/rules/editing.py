"""What the editor needs of a guide being written: names and keys from words, simple conditions, words to read again.

A draft is a document as `reading` takes it, perhaps with faults: nothing here supposes that it is right.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bienveille.ground.lib.note_guard import Finding, check_words

from ..choices import QuestionKind
from .definition import Definition
from .reading import CONDITION_KINDS

LONGEST_KEY = 30
ALWAYS, ALL, ANY, KEEP = "always", "all", "any", "keep"

type Document = Mapping[str, Any]


def _plain(words: str) -> str:
    spelled = words.casefold().replace("’", " ").replace("œ", "oe")
    text = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", " ", text).strip()


def slug_of(title: str) -> str:
    """The name of a guide from its title: « Été à l'ombre » → `ete-a-l-ombre`; "" when nothing can be made of it."""
    return re.sub(r"^[^a-z]+", "", _plain(title).replace(" ", "-"))[:60].strip("-")


def new_key(words: str, taken: set[str], *, otherwise: str = "question") -> str:
    """A key from the words people see, that nothing else bears."""
    base = re.sub(r"^[^a-z]+", "", _plain(words).replace(" ", "_"))[:LONGEST_KEY].strip("_") or otherwise
    key, rank = base, 2
    while key in taken:
        key, rank = f"{base}_{rank}", rank + 1
    return key


def empty_document() -> dict[str, Any]:
    """A guide that begins, as every call does, by saying who calls."""
    return {
        "title": "",
        "sections": [
            {
                "key": "opening",
                "title": "Se présenter",
                "items": [
                    {
                        "key": "hello",
                        "kind": QuestionKind.ADVICE.value,
                        "label": "Pour commencer",
                        "say": "Bonjour. Je m’appelle …, et je vous appelle de la part de votre bailleur.",
                    }
                ],
            }
        ],
    }


def section_keys(document: Document) -> set[str]:
    """Keys of the parts."""
    return {str(section.get("key")) for section in document.get("sections", [])}


def item_keys(document: Document) -> set[str]:
    """Keys of the questions and advice."""
    return {str(item.get("key")) for section in document.get("sections", []) for item in section.get("items", [])}


# ---- Conditions that a form can say: none, all of some answers, any of some answers ----------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """An earlier question on which a condition may stand, and its answers as (value, label)."""

    key: str
    label: str
    several: bool
    answers: tuple[tuple[str | int, str], ...]


def asked_before(document: Document, section: int, item: int | None) -> list[Asked]:
    """The questions with choices or degrees asked before a question, or before a part."""
    found = []
    for rank, one in enumerate(document.get("sections", [])[: section + 1]):
        items = one.get("items", [])
        if rank == section:
            items = items[:item] if item is not None else []
        found += [asked for raw in items if (asked := _asked(raw))]
    return found


def _asked(raw: Document) -> Asked | None:
    kind = raw.get("kind")
    if kind not in [one.value for one in CONDITION_KINDS]:
        return None
    if kind == QuestionKind.SCALE:
        low, high = raw.get("min"), raw.get("max")
        if not isinstance(low, int) or not isinstance(high, int) or not 0 < high - low < 20:
            return None
        answers: tuple[tuple[str | int, str], ...] = tuple((step, str(step)) for step in range(low, high + 1))
    else:
        answers = tuple((choice.get("value", ""), choice.get("label", "")) for choice in raw.get("choices", []))
    return Asked(str(raw.get("key")), str(raw.get("label")), kind == QuestionKind.MULTIPLE, answers)


def simple_condition(raw: Any) -> tuple[str, list[str]] | None:
    """A condition as the form says it: (`always`, `all` or `any`; ["question=value", …]); None when it cannot."""
    if raw is None:
        return ALWAYS, []
    if not isinstance(raw, dict):
        return None
    for word, mode in (("all", ALL), ("any", ANY)):
        if word in raw:
            parts = [_simple_match(part) for part in raw[word]]
            if None in parts or len({part[0].split("=")[0] for part in parts if part}) < len(parts):
                return None
            return mode, [test for part in parts if part for test in part]
    match = _simple_match(raw)
    return (ALL, match) if match else None


def _simple_match(raw: Any) -> list[str] | None:
    if not isinstance(raw, dict) or "question" not in raw:
        return None
    wanted = next((raw[word] for word in ("equals", "one_of", "includes") if word in raw), None)
    values = wanted if isinstance(wanted, list) else [wanted]
    return [f"{raw['question']}={value}" for value in values if value is not None]


def condition_document(mode: str, tests: list[str], asked: list[Asked]) -> dict[str, Any] | None:
    """The condition that the form says, as a guide writes it."""
    if mode not in (ALL, ANY):
        return None
    parts = []
    for one in asked:
        values = [value for value, _ in one.answers if f"{one.key}={value}" in tests]
        if not values:
            continue
        if one.several:
            parts.append({"question": one.key, "includes": values if len(values) > 1 else values[0]})
        elif len(values) == 1:
            parts.append({"question": one.key, "equals": values[0]})
        else:
            parts.append({"question": one.key, "one_of": values})
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else {mode: parts}


# ---- Words to read again before anybody is asked them ----------------------------------------------------------------


def sensitive_words(definition: Definition) -> list[tuple[str, Finding]]:
    """(question, finding) for what is said or noted about health, origin, opinions…: needs are asked, never reasons."""
    found: list[tuple[str, Finding]] = []
    seen: set[tuple[str, str]] = set()
    for place, text in _texts(definition):
        for finding in check_words(text):
            if (place, finding.excerpt.casefold()) not in seen:
                seen.add((place, finding.excerpt.casefold()))
                found.append((place, finding))
    return found


def _texts(definition: Definition) -> Iterator[tuple[str, str]]:
    for section in definition.sections:
        yield section.title, f"{section.title}. {section.say}"
        for item in section.items:
            yield item.label, f"{item.label}. {item.say}"
            for choice in item.choices:
                yield item.label, choice.label
