"""Conditions as XLSForm writes them (`relevant`), to and from ours: which answers make a question appear."""

import re
from collections.abc import Mapping
from typing import Any as Anything

from ..choices import QuestionKind
from .definition import All, Any, Condition, Item, Match

_TOKEN = re.compile(
    r"\s*(?:(?P<name>\$\{\s*[^}\s]+\s*\})|(?P<text>'[^']*'|\"[^\"]*\"|‘[^’]*’)|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<sign><=|>=|!=|=|<|>|\(|\)|,)|(?P<word>[A-Za-z][\w.-]*))"
)
_COMPARED = ("=", "!=", "<", "<=", ">", ">=")


class NotUnderstood(ValueError):
    """A condition that cannot be read; its message is French and says what to write instead."""


# ---- Writing ----


def to_relevant(condition: Condition | None, questions: Mapping[str, Item], names: Mapping[str, str]) -> str:
    """The expression of a condition; `names`: what each question is called in the workbook."""
    match condition:
        case None:
            return ""
        case All(parts) | Any(parts):
            word = " and " if isinstance(condition, All) else " or "
            return word.join(_part(part, questions, names) for part in parts)
        case Match(question, values):
            name = f"${{{names[question]}}}"
            kind = questions[question].kind
            if kind == QuestionKind.MULTIPLE:
                return " or ".join(f"selected({name}, '{value}')" for value in values)
            if kind == QuestionKind.SCALE:
                return " or ".join(f"{name} = {value}" for value in values)
            return " or ".join(f"{name} = '{value}'" for value in values)


def _part(part: Condition, questions: Mapping[str, Item], names: Mapping[str, str]) -> str:
    written = to_relevant(part, questions, names)
    simple = isinstance(part, Match) and len(part.values) == 1
    return written if simple else f"({written})"


# ---- Reading ----


def from_relevant(text: str, earlier: Mapping[str, Mapping[str, Anything]]) -> dict[str, Anything]:
    """The condition of a document (as `reading` takes it). Raises NotUnderstood.

    `earlier`: the questions already read, as documents, by the name that the workbook gives them; each has `key`,
    `kind` and, for a scale, `min` and `max`; `values` maps the names of its choices to ours.
    """
    reader = _Reader(text, earlier)
    condition = reader.either()
    if reader.left:
        raise NotUnderstood(f"« {reader.left[0][1]} » n’est pas attendu ici. {HOW}")
    return condition


HOW = "Écrivez la condition avec ${question} = 'réponse', selected(${question}, 'réponse'), and, or et des parenthèses."


class _Reader:
    def __init__(self, text: str, earlier: Mapping[str, Mapping[str, Anything]]) -> None:
        self.earlier = earlier
        self.left: list[tuple[str, str]] = []
        place = 0
        text = text.replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"').strip()
        while place < len(text):
            found = _TOKEN.match(text, place)
            if found is None:
                raise NotUnderstood(f"« {text[place : place + 20].strip()} » n’est pas compris. {HOW}")
            kind = str(found.lastgroup)
            self.left.append((kind, found[kind]))
            place = found.end()

    def either(self) -> dict[str, Anything]:
        return self._joined("or", "any", self._both)

    def _both(self) -> dict[str, Anything]:
        return self._joined("and", "all", self._one)

    def _joined(self, word: str, name: str, inner: Anything) -> dict[str, Anything]:
        parts = [inner()]
        while self._next() == ("word", word):
            self.left.pop(0)
            parts.append(inner())
        if len(parts) == 1:
            return parts[0]  # type: ignore[no-any-return]
        return (_merged(parts) if name == "any" else None) or {name: parts}

    def _one(self) -> dict[str, Anything]:
        kind, text = self._take()
        if text == "(":
            inside = self.either()
            self._expect(")")
            return inside
        if kind == "word" and text == "selected":
            self._expect("(")
            question = self._question(self._take())
            self._expect(",")
            value = self._take()
            self._expect(")")
            return self._match(question, "=", value)
        if kind == "word" and text in ("not", "true", "false", "count-selected", "if", "coalesce", "string-length"):
            raise NotUnderstood(f"« {text}() » n’est pas compris. Citez plutôt les réponses qui font apparaître. {HOW}")
        sign = self._take()[1] if kind in ("name", "text", "number") else ""
        if sign not in _COMPARED:
            raise NotUnderstood(f"« {text} » n’est pas compris. {HOW}")
        other = self._take()
        if kind == "name":
            return self._match(self._question((kind, text)), sign, other)
        turned = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(sign, sign)
        return self._match(self._question(other), turned, (kind, text))

    def _question(self, token: tuple[str, str]) -> Mapping[str, Anything]:
        name = token[1].strip("${} ")
        if token[0] != "name" or name not in self.earlier:
            raise NotUnderstood(f"« {name} » n’est pas une question posée plus haut. Déplacez-la avant celle-ci.")
        question = self.earlier[name]
        if question["kind"] not in (QuestionKind.SINGLE, QuestionKind.MULTIPLE, QuestionKind.SCALE):
            raise NotUnderstood(
                f"« {name} » n’est ni un choix ni une échelle. Une condition cite les réponses d’un select_one, "
                "d’un select_multiple ou d’un range."
            )
        return question

    def _match(self, question: Mapping[str, Anything], sign: str, value: tuple[str, str]) -> dict[str, Anything]:
        kind, text = value
        text = text.strip("'\"")
        if question["kind"] == QuestionKind.SCALE:
            if kind == "name" or not re.fullmatch(r"-?\d+", text):
                raise NotUnderstood(f"« {text} » n’est pas un degré de l’échelle. {HOW}")
            steps = _steps(int(question["min"]), int(question["max"]), sign, int(text))
            if not steps:
                raise NotUnderstood("cette condition n’est jamais vraie sur cette échelle. Corrigez le nombre.")
            return _written(question, steps)
        if sign != "=":
            raise NotUnderstood(
                f"« {sign} » n’est pas compris sur un choix. Citez les réponses qui font apparaître la question, "
                "réunies par or."
            )
        values = question.get("values", {})
        if kind == "name" or text not in values:
            raise NotUnderstood(f"« {text} » n’est pas une réponse possible. Vérifiez la feuille choices.")
        return _written(question, [values[text]])

    def _next(self) -> tuple[str, str]:
        return self.left[0] if self.left else ("end", "")

    def _take(self) -> tuple[str, str]:
        if not self.left:
            raise NotUnderstood(f"la condition n’est pas finie. {HOW}")
        return self.left.pop(0)

    def _expect(self, sign: str) -> None:
        if self._next()[1] != sign:
            raise NotUnderstood(f"« {sign} » manque dans la condition. {HOW}")
        self.left.pop(0)


def _steps(low: int, high: int, sign: str, number: int) -> list[int]:
    tests = {
        "=": lambda step: step == number,
        "!=": lambda step: step != number,
        "<": lambda step: step < number,
        "<=": lambda step: step <= number,
        ">": lambda step: step > number,
        ">=": lambda step: step >= number,
    }
    return [step for step in range(low, high + 1) if tests[sign](step)]


def _written(question: Mapping[str, Anything], values: list[Anything]) -> dict[str, Anything]:
    key = question["key"]
    if question["kind"] == QuestionKind.MULTIPLE:
        return {"question": key, "includes": values if len(values) > 1 else values[0]}
    return {"question": key, "equals": values[0]} if len(values) == 1 else {"question": key, "one_of": values}


def _merged(parts: list[dict[str, Anything]]) -> dict[str, Anything] | None:
    """« a or b » on one question is one condition with two answers; None when the parts speak of several."""
    if len({part.get("question") for part in parts}) != 1 or "question" not in parts[0]:
        return None
    values: list[Anything] = []
    word = "includes" if "includes" in parts[0] else "one_of"
    for part in parts:
        given = part.get("includes", part.get("one_of", part.get("equals")))
        values += given if isinstance(given, list) else [given]
    values = list(dict.fromkeys(values))
    if len(values) == 1:
        return parts[0]
    return {"question": parts[0]["question"], word: values}
