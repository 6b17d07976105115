"""What may be answered to a guide, and which questions are asked given the answers; storage is elsewhere."""

import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Protocol

from ..choices import Need, QuestionKind
from .definition import Definition, Item

NUMBER_LIMIT = 1_000_000_000
MAX_UNKNOWN = 20

type Answer = str | int | float | list[str]
type Answers = dict[str, Answer]
type Counted = dict[str, Answer | bool]


class _Refused(ValueError):
    """Why an answer is not accepted, in French, for the person who typed it."""


def visible(definition: Definition, answers: Mapping[str, object]) -> frozenset[str]:
    """Keys of what is shown with these answers; the answer to a hidden question counts for nothing."""
    shown: set[str] = set()
    counted: dict[str, object] = {}
    for item in definition.items:
        condition = definition.conditions[item.key]
        if condition is None or condition.holds(counted):
            shown.add(item.key)
            if item.is_question and item.key in answers:
                counted[item.key] = answers[item.key]
    return frozenset(shown)


def validate(definition: Definition, answers: object, *, complete: bool = True) -> tuple[Answers, dict[str, list[str]]]:
    """The answers as stored, and the errors by question key.

    Hidden answers are dropped, empty ones left out. With `complete=False` (a call cut short) a required
    question may stay without answer. Answers given back by this function pass again unchanged.
    """
    if not isinstance(answers, Mapping):
        return {}, {"": ["Les réponses doivent être un objet, une clé par question."]}
    clean: Answers = {}
    errors: dict[str, list[str]] = {}
    for item in definition.items:
        condition = definition.conditions[item.key]
        if not item.is_question or not (condition is None or condition.holds(clean)):
            continue
        try:
            answer = _clean(item, answers.get(item.key))
        except _Refused as refusal:
            errors[item.key] = [str(refusal)]
            continue
        if answer is not None:
            clean[item.key] = answer
        elif item.required and complete:
            errors[item.key] = ["Cette question attend une réponse."]
    unknown = [key for key in answers if key not in definition.questions]
    for key in unknown[:MAX_UNKNOWN]:
        errors[str(key)[:60]] = ["Cette question n’existe pas dans ce questionnaire."]
    return clean, errors


def suggested_needs(definition: Definition, answers: Mapping[str, object]) -> tuple[Need, ...]:
    """The needs that the chosen answers point to, in the order of the grid; the caller ticks or not."""
    shown = visible(definition, answers)
    found = {
        need
        for item in definition.items
        if item.key in shown
        for choice in item.choices
        if choice.value in _as_list(answers.get(item.key))
        for need in choice.needs
    }
    return tuple(need for need in Need if need in found)


def _as_list(answer: object) -> list[object]:
    return answer if isinstance(answer, list) else [answer]


def _clean(item: Item, answer: object) -> Answer | None:
    """The answer in its stored shape, None when there is none; raises _Refused."""
    if answer is None or answer == "" or answer == []:
        return None
    match item.kind:
        case QuestionKind.TEXT:
            return _text(item, answer)
        case QuestionKind.SINGLE:
            if not isinstance(answer, str) or answer not in {choice.value for choice in item.choices}:
                raise _Refused("Choisissez une des réponses proposées.")
            return answer
        case QuestionKind.MULTIPLE:
            if not isinstance(answer, list):
                raise _Refused("Plusieurs réponses sont possibles : une liste est attendue.")
            values = [choice.value for choice in item.choices]
            if any(not isinstance(one, str) or one not in values for one in answer):
                raise _Refused("Choisissez parmi les réponses proposées.")
            return [value for value in values if value in answer]
        case QuestionKind.SCALE:
            if isinstance(answer, bool) or not isinstance(answer, int) or not _within(item, answer):
                raise _Refused(f"Choisissez un degré de {item.minimum} à {item.maximum}.")
            return answer
        case QuestionKind.NUMBER:
            return _number(item, answer)
        case _:
            return _date(answer)


def _text(item: Item, answer: object) -> str | None:
    if not isinstance(answer, str):
        raise _Refused("Un texte est attendu.")
    lines = answer.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(one for one in lines if one == "\n" or unicodedata.category(one) not in ("Cc", "Cs"))
    text = unicodedata.normalize("NFC", kept).strip()
    if len(text) > item.max_length:
        raise _Refused(
            f"Le texte fait {len(text)} caractères, il en faut {item.max_length} au plus : raccourcissez-le."
        )
    return text or None


def _number(item: Item, answer: object) -> int | float:
    if isinstance(answer, bool) or not isinstance(answer, (int, float)):
        raise _Refused("Écrivez un nombre, en chiffres.")
    if not -NUMBER_LIMIT <= answer <= NUMBER_LIMIT:  # also refuses what is not a number
        raise _Refused("Ce nombre est hors de toute mesure.")
    exact = Decimal(str(answer))
    if exact != round(exact, item.decimals):
        detail = f"{item.decimals} décimales au plus" if item.decimals else "un nombre entier"
        raise _Refused(f"Écrivez {detail}.")
    if not _within(item, answer):
        raise _Refused(_range_words(item))
    return int(exact) if exact == exact.to_integral_value() else float(answer)


def _within(item: Item, answer: int | float) -> bool:
    low, high = item.minimum, item.maximum
    return (low is None or low <= answer) and (high is None or answer <= high)


def _range_words(item: Item) -> str:
    if item.minimum is None:
        return f"Écrivez un nombre jusqu’à {item.maximum}."
    if item.maximum is None:
        return f"Écrivez un nombre à partir de {item.minimum}."
    return f"Écrivez un nombre de {item.minimum} à {item.maximum}."


def _date(answer: object) -> str:
    if isinstance(answer, str) and len(answer) == 10:
        try:
            return date.fromisoformat(answer).isoformat()
        except ValueError:
            pass
    raise _Refused("Écrivez une date qui existe, par exemple 21/11/2026.")


# ---- From a form ----


class Post(Protocol):
    """The part of Django's QueryDict used here."""

    def getlist(self, key: str) -> list[str]: ...


def answers_from_post(definition: Definition, post: Post, *, prefix: str = "q_") -> dict[str, object]:
    """The answers of a posted form, typed when they can be; what cannot be read is kept as typed."""
    answers: dict[str, object] = {}
    for item in definition.questions.values():
        given = [value for value in post.getlist(prefix + item.key) if value.strip()]
        if not given:
            continue
        last = given[-1].strip()
        match item.kind:
            case QuestionKind.MULTIPLE:
                answers[item.key] = given
            case QuestionKind.TEXT:
                answers[item.key] = given[-1]
            case QuestionKind.SCALE | QuestionKind.NUMBER:
                answers[item.key] = _typed_number(last)
            case QuestionKind.DATE:
                answers[item.key] = _typed_date(last)
            case _:
                answers[item.key] = last
    return answers


def _typed_number(words: str) -> int | float | str:
    bare = words.replace("\u00a0", "").replace("\u202f", "").replace(" ", "").replace(",", ".")
    try:
        number = Decimal(bare)
    except InvalidOperation:
        return words
    if not number.is_finite() or abs(number) > NUMBER_LIMIT:
        return words
    return int(number) if number == number.to_integral_value() else float(number)


def _typed_date(words: str) -> str:
    """Browsers send 2026-11-21; people without that control type 21/11/2026."""
    for separator in ("/", ".", " "):
        parts = words.split(separator)
        if len(parts) == 3:
            try:
                return datetime.strptime("/".join(parts), "%d/%m/%Y").date().isoformat()  # noqa: DTZ007
            except ValueError:
                return words
    return words


def words_apart(definition: Definition, answers: Answers) -> tuple[Counted, dict[str, str]]:
    """What figures may count, and the free texts, kept apart and sealed: figures see only that there is one."""
    words = {
        key: str(value)
        for key, value in answers.items()
        if key in definition.questions and definition.questions[key].kind == QuestionKind.TEXT
    }
    return {key: key in words or value for key, value in answers.items()}, words
