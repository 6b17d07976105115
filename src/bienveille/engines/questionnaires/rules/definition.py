"""The shape of a guide: sections, items, conditions, and how they are written down; reading is in reading."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from ..choices import Need, QuestionKind

type Json = bool | int | float | str | list["Json"] | dict[str, "Json"] | None

DEFAULT_TEXT_ANSWER = 500


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str
    advice: str = ""
    needs: tuple[Need, ...] = ()


# `clauses` writes a condition as « all of (any of …) », the form that the page's script reads.


@dataclass(frozen=True, slots=True)
class Match:
    """True when the answer is one of the values, or holds one of them for a question with several choices."""

    question: str
    values: tuple[str | int, ...]

    def holds(self, answers: Mapping[str, object]) -> bool:
        answer = answers.get(self.question)
        given = answer if isinstance(answer, list) else [answer]
        return any(not isinstance(one, bool) and one in self.values for one in given)

    def clauses(self) -> list[tuple["Match", ...]]:
        return [(self,)]

    def questions(self) -> Iterator[str]:
        yield self.question


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple["Condition", ...]

    def holds(self, answers: Mapping[str, object]) -> bool:
        return all(part.holds(answers) for part in self.parts)

    def clauses(self) -> list[tuple[Match, ...]]:
        return [clause for part in self.parts for clause in part.clauses()]

    def questions(self) -> Iterator[str]:
        for part in self.parts:
            yield from part.questions()


@dataclass(frozen=True, slots=True)
class Any:
    parts: tuple["Condition", ...]

    def holds(self, answers: Mapping[str, object]) -> bool:
        return any(part.holds(answers) for part in self.parts)

    def clauses(self) -> list[tuple[Match, ...]]:
        found: list[tuple[Match, ...]] = [()]
        for part in self.parts:
            found = [left + right for left in found for right in part.clauses()]
        return found

    def questions(self) -> Iterator[str]:
        for part in self.parts:
            yield from part.questions()


type Condition = Match | All | Any


@dataclass(frozen=True, slots=True)
class Item:
    """A question, or an advice to give. `minimum` and `maximum` bound scales and numbers."""

    key: str
    kind: QuestionKind
    label: str
    say: str = ""
    help: str = ""
    required: bool = False
    choices: tuple[Choice, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    minimum_label: str = ""
    maximum_label: str = ""
    decimals: int = 0
    max_length: int = DEFAULT_TEXT_ANSWER
    show_if: Condition | None = None

    @property
    def is_question(self) -> bool:
        return self.kind != QuestionKind.ADVICE


@dataclass(frozen=True, slots=True)
class Section:
    key: str
    title: str
    items: tuple[Item, ...]
    say: str = ""
    help: str = ""
    show_if: Condition | None = None


@dataclass(frozen=True)
class Definition:
    title: str
    sections: tuple[Section, ...]
    description: str = ""
    language: str = "fr"

    @cached_property
    def conditions(self) -> dict[str, Condition | None]:
        """What must hold for each item to be shown: its own condition and its section's."""
        return {item.key: _both(section.show_if, item.show_if) for section in self.sections for item in section.items}

    @cached_property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for section in self.sections for item in section.items)

    @cached_property
    def questions(self) -> dict[str, Item]:
        return {item.key: item for item in self.items if item.is_question}


def _both(first: Condition | None, second: Condition | None) -> Condition | None:
    if first and second:
        return All((first, second))
    return first or second


# ---- For the screen ----


def show_if_attribute(condition: Condition | None, *, prefix: str = "q_") -> str:
    """`q_a=1|2; q_b=x or q_c=y`: all of any of, for the script that hides what is not asked."""
    if condition is None:
        return ""
    written = [" or ".join(_test(match, prefix) for match in clause) for clause in condition.clauses()]
    return "; ".join(dict.fromkeys(written))


def _test(match: Match, prefix: str) -> str:
    return f"{prefix}{match.question}={'|'.join(map(str, match.values))}"


def describe_condition(definition: Definition, condition: Condition | None) -> str:
    """« Si « Repas » est « Non » », for the page without script and for the reader of a guide."""
    return f"Si {_words(definition, condition)}" if condition else ""


def _words(definition: Definition, condition: Condition) -> str:
    match condition:
        case All(parts):
            return " et si ".join(_words(definition, part) for part in parts)
        case Any(parts):
            return ", ou si ".join(_words(definition, part) for part in parts)
        case Match(question, values):
            item = definition.questions[question]
            labels = {choice.value: choice.label for choice in item.choices}
            given = " ou ".join(f"« {labels.get(str(value), value)} »" for value in values)
            verb = "comprend" if item.kind == QuestionKind.MULTIPLE else "est"
            return f"« {item.label} » {verb} {given}"


# ---- Writing ----


def to_document(definition: Definition) -> dict[str, Json]:
    """The shortest document that `parse` reads back to the same definition."""
    document: dict[str, Json] = {"title": definition.title}
    if definition.description:
        document["description"] = definition.description
    if definition.language != "fr":
        document["language"] = definition.language
    document["sections"] = [
        _without_empty(
            {
                "key": section.key,
                "title": section.title,
                "say": section.say,
                "help": section.help,
                "show_if": condition_document(section.show_if, definition.questions),
                "items": [_item_document(item, definition.questions) for item in section.items],
            }
        )
        for section in definition.sections
    ]
    return document


def to_api(definition: Definition) -> dict[str, Json]:
    """What a client of /next gets under « questionnaire »: every field of every item, always present."""
    return {
        "title": definition.title,
        "description": definition.description,
        "language": definition.language,
        "sections": [
            {
                "key": section.key,
                "title": section.title,
                "say": section.say,
                "help": section.help,
                "items": [
                    {
                        "key": item.key,
                        "kind": item.kind.value,
                        "label": item.label,
                        "say": item.say,
                        "help": item.help,
                        "required": item.required,
                        "choices": [
                            {
                                "value": choice.value,
                                "label": choice.label,
                                "advice": choice.advice,
                                "needs": [need.value for need in choice.needs],
                            }
                            for choice in item.choices
                        ],
                        "min": item.minimum,
                        "max": item.maximum,
                        "min_label": item.minimum_label,
                        "max_label": item.maximum_label,
                        "decimals": item.decimals if item.kind == QuestionKind.NUMBER else None,
                        "max_length": item.max_length if item.kind == QuestionKind.TEXT else None,
                        "show_if": condition_document(definition.conditions[item.key], definition.questions),
                    }
                    for item in section.items
                ],
            }
            for section in definition.sections
        ],
    }


def _item_document(item: Item, questions: Mapping[str, Item]) -> dict[str, Json]:
    document = _without_empty(
        {
            "key": item.key,
            "kind": item.kind.value,
            "label": item.label,
            "say": item.say,
            "help": item.help,
            "required": item.required,
            "choices": [
                _without_empty(
                    {
                        "value": choice.value,
                        "label": choice.label,
                        "advice": choice.advice,
                        "needs": [need.value for need in choice.needs],
                    }
                )
                for choice in item.choices
            ],
            "min_label": item.minimum_label,
            "max_label": item.maximum_label,
            "show_if": condition_document(item.show_if, questions),
        }
    )
    if item.minimum is not None:
        document["min"] = item.minimum
    if item.maximum is not None:
        document["max"] = item.maximum
    if item.decimals:
        document["decimals"] = item.decimals
    if item.max_length != DEFAULT_TEXT_ANSWER:
        document["max_length"] = item.max_length
    return document


def condition_document(condition: Condition | None, questions: Mapping[str, Item]) -> Json:
    match condition:
        case None:
            return None
        case All(parts):
            return {"all": [condition_document(part, questions) for part in parts]}
        case Any(parts):
            return {"any": [condition_document(part, questions) for part in parts]}
        case Match(question, values):
            several: list[Json] = list(values)
            if questions[question].kind == QuestionKind.MULTIPLE:
                return {"question": question, "includes": several if len(several) > 1 else several[0]}
            if len(several) == 1:
                return {"question": question, "equals": several[0]}
            return {"question": question, "one_of": several}


def _without_empty(document: dict[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in document.items() if value not in (None, "", [], False)}
