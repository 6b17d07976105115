"""Faults of a draft as its author reads them: the part and the question by their words, where to mend them; and what
of a faulty draft can still be shown."""

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .definition import Definition
from .reading import InvalidDefinition, parse

_PLACE = re.compile(
    r"^(?:Questionnaire|Partie (?:«\s(?P<section>[^»]*)\s»|(?P<rank>\d+))"
    r"(?:, question (?:«\s(?P<item>[^»]*)\s»|(?P<number>\d+)))?(?:, choix (?P<choice>\d+))?)\s: (?P<text>.*)$",
    re.DOTALL,
)
#: Fields of a document as the editor's forms call them.
_WORDS = {
    "title": "titre",
    "description": "description",
    "label": "intitulé",
    "say": "texte à dire",
    "help": "aide pour l’appelant",
    "value": "valeur",
    "advice": "conseil",
    "choices": "choix",
    "min": "plus petite valeur",
    "max": "plus grande valeur",
    "min_label": "sens de la plus petite valeur",
    "max_label": "sens de la plus grande valeur",
    "decimals": "décimales",
    "max_length": "longueur",
    "items": "questions",
    "sections": "parties",
    "any": "l’une de ces réponses",
    "all": "toutes ces réponses",
}
MOST_ROUNDS = 12


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to mend: where in words, what, and the ranks of the part and of the question (None: the whole)."""

    place: str
    text: str
    section: int | None = None
    item: int | None = None


def faults(document: Mapping[str, Any], *, whole: bool = True, former: Mapping[str, Any] | None = None) -> list[Fault]:
    """Everything that prevents a draft from being published, in its order; not `whole`: from being shown.

    `former`: the version it began from, whose words name what was taken away.
    """
    try:
        parse(document, whole=whole)
    except InvalidDefinition as invalid:
        return [_named(error, document, former or {}) for error in invalid.errors]
    return []


def _named(error: str, document: Mapping[str, Any], former: Mapping[str, Any]) -> Fault:
    match = _PLACE.match(error)
    if match is None:
        return Fault("Le questionnaire", error)
    text = _in_words(match["text"], {**_labels(former), **_labels(document)})
    sections = document.get("sections", [])
    section = _rank(sections, match["section"], match["rank"])
    if section is None:
        return Fault("Le questionnaire", text)
    raw = sections[section]
    place = f"Partie «\u00a0{raw.get('title') or section + 1}\u00a0»"
    items = raw.get("items", [])
    item = _rank(items, match["item"], match["number"])
    if item is not None:
        place += f", «\u00a0{items[item].get('label') or f'question {item + 1}'}\u00a0»"
    if match["choice"]:
        place += f", choix {match['choice']}"
    return Fault(place, text, section, item)


def _rank(parts: list[Any], key: str | None, number: str | None) -> int | None:
    if number:
        return int(number) - 1 if int(number) <= len(parts) else None
    return next((rank for rank, part in enumerate(parts) if key and part.get("key") == key), None)


def _labels(document: Mapping[str, Any]) -> dict[str, str]:
    return {
        str(item.get("key")): str(item.get("label") or "")
        for one in document.get("sections", [])
        for item in one.get("items", [])
    }


def _in_words(text: str, labels: Mapping[str, str]) -> str:
    """Fields and questions by the words that people see."""

    def word(match: re.Match[str]) -> str:
        name = match[1]
        return f"«\u00a0{_WORDS.get(name) or labels.get(name) or name}\u00a0»"

    return re.sub(r"«\s([^»]*?)\s»", word, text)


def question_alone(document: Mapping[str, Any], section: int, item: int) -> dict[str, Any]:
    """A draft with one question only, after those of its part that decide whether it is shown."""
    draft = copy.deepcopy(dict(document))
    part = draft["sections"][section]
    part.pop("show_if", None)
    items = part.get("items", [])
    wanted = {items[item].get("key")}
    for raw in reversed(items[: item + 1]):
        if raw.get("key") in wanted:
            wanted |= _asked_of(raw.get("show_if"))
    part["items"] = [raw for raw in items[: item + 1] if raw.get("key") in wanted]
    here = {raw.get("key") for raw in part["items"]}
    for raw in part["items"]:
        if not _asked_of(raw.get("show_if")) <= here:  # asked in another part: shown whatever was answered there
            raw.pop("show_if")
    draft["sections"] = [part]
    return draft


def _asked_of(condition: Any) -> set[str]:
    """Keys of the questions that a condition cites."""
    if not isinstance(condition, dict):
        return set()
    parts = [one for word in ("all", "any") for one in condition.get(word, [])]
    return set().union(*map(_asked_of, parts)) if parts else {str(condition.get("question"))}


def showable(document: Mapping[str, Any]) -> Definition | None:
    """The guide without what is faulty in it, for a look while it is written; None when nothing can be shown."""
    draft = copy.deepcopy(dict(document))
    draft["title"] = draft.get("title") or "Questionnaire"
    for _ in range(MOST_ROUNDS):
        found = faults(draft, whole=False)
        if not found:
            return parse(draft, whole=False)
        if not _without(draft, found):
            return None
    return None


def _without(draft: dict[str, Any], found: list[Fault]) -> bool:
    """Take the faulty questions away, and the conditions of faulty parts; whether there was something to take."""
    sections: list[dict[str, Any]] = draft.get("sections", [])
    gone = {(fault.section, fault.item) for fault in found if fault.section is not None}
    if not gone:
        return False
    for rank, section in enumerate(sections):
        if (rank, None) in gone:
            section.pop("show_if", None)
            section["title"] = str(section.get("title") or f"Partie {rank + 1}")[:300]
        section["items"] = [item for number, item in enumerate(section.get("items", [])) if (rank, number) not in gone]
    return True
