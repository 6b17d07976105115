"""How answers add up, question by question; counting itself is one SQL in queries."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..choices import QuestionKind
from .definition import Definition


@dataclass(frozen=True, slots=True)
class Count:
    """How many people gave this answer, and their share of those who answered the question."""

    value: str
    label: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class QuestionStatistics:
    """`asked_of` counts the responses to the guide, `answered` those that hold this question.

    Texts and dates are counted, never listed. With several choices the counts may exceed `answered`.
    """

    key: str
    label: str
    kind: QuestionKind
    asked_of: int
    answered: int
    counts: tuple[Count, ...]
    average: float | None


def summarise(
    definition: Definition, rows: Iterable[tuple[str | None, str | None, int, float | None]]
) -> tuple[QuestionStatistics, ...]:
    """From rows (key, value, count, average): no key is the total, no value is a question's own total."""
    total = 0
    answered: dict[str, tuple[int, float | None]] = {}
    chosen: dict[str, dict[str, int]] = {}
    for key, value, count, average in rows:
        if key is None:
            total = count
        elif value is None:
            answered[key] = (count, average)
        else:
            chosen.setdefault(key, {})[value] = count
    found = []
    for item in definition.questions.values():
        count, average = answered.get(item.key, (0, None))
        given = chosen.get(item.key, {})
        labels = {choice.value: choice.label for choice in item.choices}
        if item.kind == QuestionKind.SCALE and item.minimum is not None and item.maximum is not None:
            labels = {str(step): str(step) for step in range(item.minimum, item.maximum + 1)}
        found.append(
            QuestionStatistics(
                key=item.key,
                label=item.label,
                kind=item.kind,
                asked_of=total,
                answered=count,
                counts=tuple(
                    Count(value, label, given.get(value, 0), given.get(value, 0) / count if count else 0.0)
                    for value, label in labels.items()
                ),
                average=average,
            )
        )
    return tuple(found)
