"""The snippets other packages show: a guide as fields of a form; reading the form back is in rules."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import template

from bienveille.engines.questionnaires import rules
from bienveille.engines.questionnaires.choices import QuestionKind
from bienveille.ground.lib.typography import quoted

register = template.Library()

PREFIX = "q_"
NO_ANSWER = "Sans réponse"
SHORT_LABEL = 18  # longer choices take the whole line


@register.inclusion_tag("questionnaires/guide_fields.html")
def guide_fields(
    definition: rules.Definition,
    answers: Mapping[str, Any] | None = None,
    errors: Mapping[str, Sequence[str]] | None = None,
    *,
    level: int = 3,
) -> dict[str, Any]:
    """`{% guide_fields definition answers errors level=3 %}`: the questions as fields named `q_<key>`.

    `answers` are stored or posted ones, `errors` come from `rules.validate`. What depends on an answer says it with
    `data-bv-show-if`; without script everything is shown, with its condition in words.
    """
    answers, errors = answers or {}, errors or {}
    return {
        "level": level,
        "sections": [
            {
                "key": section.key,
                "title": section.title,
                "say": section.say,
                "help": section.help,
                "show_if": rules.show_if_attribute(section.show_if, prefix=PREFIX),
                "items": [
                    _item(definition, item, answers.get(item.key), errors.get(item.key, ())) for item in section.items
                ],
            }
            for section in definition.sections
        ],
    }


@register.simple_tag
def guide_error_lines(definition: rules.Definition, errors: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    """`{% guide_error_lines definition errors as lines %}`: target, label and text of each error, top of the page."""
    return [
        {
            "target": anchor(key) if key in definition.questions else "",
            "label": definition.questions[key].label if key in definition.questions else key,
            "text": message,
        }
        for key, messages in errors.items()
        for message in messages
    ]


def anchor(key: str) -> str:
    """The id of a question's first field: where the link of an error leads."""
    return f"id_{PREFIX}{key}"


def _item(definition: rules.Definition, item: rules.Item, answer: Any, errors: Sequence[str]) -> dict[str, Any]:
    choices = _choices(item, answer)
    here = anchor(item.key)
    described = [f"{here}_help"] if item.help else []
    if errors:
        described.append(f"{here}_error")
    return {
        "kind": item.kind.value,
        "name": PREFIX + item.key,
        "anchor": here,
        "label": item.label,
        "say": item.say,
        "legend": item.say or item.label,
        "spoken": quoted(item.say) if item.say else "",
        "help": item.help,
        "required": item.required,
        "error": " ".join(errors),
        "described_by": " ".join(described),
        "show_if": rules.show_if_attribute(definition.conditions[item.key], prefix=PREFIX),
        "condition": rules.describe_condition(definition, item.show_if),
        "choices": choices,
        "layout": "short" if all(len(choice["label"]) <= SHORT_LABEL for choice in choices) else "long",
        "value": _typed(item, answer),
        "max_length": item.max_length,
        "rows": 2 if item.max_length <= 200 else 4,
    }


def _choices(item: rules.Item, answer: Any) -> list[dict[str, Any]]:
    given = [str(one) for one in (answer if isinstance(answer, list) else [answer]) if one is not None]
    if item.kind == QuestionKind.SCALE:
        low, high = item.minimum or 0, item.maximum or 0
        rows = [(str(step), str(step), "", _end_label(item, step)) for step in range(low, high + 1)]
    else:
        rows = [(choice.value, choice.label, choice.advice, "") for choice in item.choices]
    if not rows:
        return []
    choices = [
        {
            "value": value,
            "label": label,
            "hint": hint,
            "advice": advice,
            "checked": value in given,
            "type": "checkbox" if item.kind == QuestionKind.MULTIPLE else "radio",
            # The first one bears the question's own id, so that the link of an error gives it the focus.
            "id": anchor(item.key) if rank == 0 else f"{anchor(item.key)}_{value}",
            "show_if": f"{PREFIX}{item.key}={value}",
        }
        for rank, (value, label, advice, hint) in enumerate(rows)
    ]
    if item.kind != QuestionKind.MULTIPLE and not item.required:
        choices.append(
            {
                "value": "",
                "label": NO_ANSWER,
                "hint": "",
                "advice": "",
                "checked": not any(choice["checked"] for choice in choices),
                "type": "radio",
                "id": f"{anchor(item.key)}_none",
                "show_if": "",
            }
        )
    return choices


def _end_label(item: rules.Item, step: int) -> str:
    if step == item.minimum:
        return item.minimum_label
    return item.maximum_label if step == item.maximum else ""


def _typed(item: rules.Item, answer: Any) -> str:
    """As a person types it: a decimal comma in numbers."""
    if answer is None:
        return ""
    return str(answer).replace(".", ",") if item.kind == QuestionKind.NUMBER else str(answer)
