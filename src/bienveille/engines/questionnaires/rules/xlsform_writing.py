"""A guide as the sheets of an XLSForm that ODK and KoBo open; what is ours alone goes in columns they ignore.

Those columns begin with `bienveille`. What XLSForm can say is said in its own columns; ours only complete them, so
that a workbook exported and imported again is the same guide.
"""

import json

from bienveille.ground.lib.languages import NAMES

from ..choices import QuestionKind
from .definition import DEFAULT_TEXT_ANSWER, Condition, Definition, Item, Json, Section, condition_document
from .relevance import NotUnderstood, from_relevant, to_relevant

OWN = "bienveille::"
#: In `choices` a title with `::` breaks the tools of ODK: there our columns begin otherwise.
OWN_CHOICE = "bienveille_"
ROOT = "questionnaire"
DEFAULT_DECIMALS = 2
#: Names that XLSForm keeps for itself.
RESERVED = {ROOT, "meta", "instanceid", "instancename", "data"}
ADVICE_LABEL = "À dire"

type Sheets = dict[str, list[list[str]]]

SURVEY = (
    "type", "name", "label", "hint", "required", "relevant", "constraint", "parameters",
    f"{OWN}label", f"{OWN}say", f"{OWN}key", f"{OWN}relevant", f"{OWN}decimals", f"{OWN}min_label", f"{OWN}max_label",
)  # fmt: skip
CHOICES = ("list_name", "name", "label", f"{OWN_CHOICE}advice", f"{OWN_CHOICE}needs")
SETTINGS = ("form_title", "form_id", "version", "name", "default_language", f"{OWN}description")


def language_title(code: str) -> str:
    """`fr` → `Français (fr)`, as XLSForm names the language of a column."""
    name = NAMES.get(code, code)
    return f"{name[:1].upper()}{name[1:]} ({code})"


def to_sheets(definition: Definition, *, form_id: str, version: str) -> Sheets:
    """The three sheets of the guide, each with its header."""
    return _Writer(definition).sheets(form_id, version)


class _Writer:
    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.taken: set[str] = set(RESERVED)
        self.names: dict[str, str] = {}
        self.earlier: dict[str, dict[str, Json]] = {}
        self.survey: list[dict[str, str]] = []
        self.choices: list[dict[str, str]] = []

    def sheets(self, form_id: str, version: str) -> Sheets:
        for item in self.definition.items:  # first served: what conditions cite keeps its own name
            self.names[item.key] = self._name(item.key)
        for section in self.definition.sections:
            self._section(section)
        language = language_title(self.definition.language)
        settings = {
            "form_title": self.definition.title,
            "form_id": form_id,
            "version": version,
            "name": ROOT,
            "default_language": language,
            f"{OWN}description": self.definition.description,
        }
        return {
            "survey": _grid(SURVEY, self.survey, language),
            "choices": _grid(CHOICES, self.choices, language),
            "settings": _grid(SETTINGS, [settings], language),
        }

    def _name(self, key: str) -> str:
        name, rank = key, 2
        while name.casefold() in self.taken:
            name, rank = f"{key}_{rank}", rank + 1
        self.taken.add(name.casefold())
        return name

    def _section(self, section: Section) -> None:
        name = self._name(section.key)
        row = {
            "type": "begin_group",
            "name": name,
            "label": section.title,
            "hint": section.help,
            f"{OWN}say": section.say,
            f"{OWN}key": section.key if name != section.key else "",
        }
        self.survey.append(row | self._relevant(section.show_if))
        for item in section.items:
            self._item(item)
        self.survey.append({"type": "end_group"})

    def _item(self, item: Item) -> None:
        name = self.names[item.key]
        row = {
            "type": self._type(item, name),
            "name": name,
            "label": item.say or item.label,
            "hint": item.help,
            "required": "yes" if item.required else "",
            "constraint": _constraint(item),
            f"{OWN}label": item.label if item.say else "",
            f"{OWN}key": item.key if name != item.key else "",
            f"{OWN}min_label": item.minimum_label,
            f"{OWN}max_label": item.maximum_label,
        }
        if item.kind == QuestionKind.SCALE:
            row["parameters"] = f"start={item.minimum} end={item.maximum} step=1"
        if item.kind == QuestionKind.NUMBER and item.decimals not in (0, DEFAULT_DECIMALS):
            row[f"{OWN}decimals"] = str(item.decimals)
        self.survey.append(row | self._relevant(item.show_if))
        if item.is_question:
            self.earlier[name] = {
                "key": item.key,
                "kind": item.kind.value,
                "min": item.minimum,
                "max": item.maximum,
                "values": {choice.value: choice.value for choice in item.choices},
            }

    def _type(self, item: Item, name: str) -> str:
        if item.choices:
            self.choices += [
                {
                    "list_name": name,
                    "name": choice.value,
                    "label": choice.label,
                    f"{OWN_CHOICE}advice": choice.advice,
                    f"{OWN_CHOICE}needs": " ".join(need.value for need in choice.needs),
                }
                for choice in item.choices
            ]
            return f"{'select_one' if item.kind == QuestionKind.SINGLE else 'select_multiple'} {name}"
        if item.kind == QuestionKind.NUMBER:
            return "decimal" if item.decimals else "integer"
        return {
            QuestionKind.ADVICE: "note",
            QuestionKind.TEXT: "text",
            QuestionKind.SCALE: "range",
            QuestionKind.DATE: "date",
        }[item.kind]

    def _relevant(self, condition: Condition | None) -> dict[str, str]:
        """The expression, and our own words for it when the expression alone would not come back the same."""
        if condition is None:
            return {}
        questions = self.definition.questions
        relevant = to_relevant(condition, questions, self.names)
        document = condition_document(condition, questions)
        try:
            same = from_relevant(relevant, self.earlier) == document
        except NotUnderstood:
            same = False
        return {"relevant": relevant} | (
            {} if same else {f"{OWN}relevant": json.dumps(document, ensure_ascii=False, sort_keys=True)}
        )


def _constraint(item: Item) -> str:
    if item.kind == QuestionKind.TEXT and item.max_length != DEFAULT_TEXT_ANSWER:
        return f"string-length(.) <= {item.max_length}"
    if item.kind == QuestionKind.NUMBER:
        bounds = [f". >= {item.minimum}"] if item.minimum is not None else []
        bounds += [f". <= {item.maximum}"] if item.maximum is not None else []
        return " and ".join(bounds)
    return ""


def _grid(columns: tuple[str, ...], rows: list[dict[str, str]], language: str) -> list[list[str]]:
    """The header and the rows; the columns of words bear the language, those of ours that nobody uses are left out."""
    used = [one for one in columns if not one.startswith((OWN, OWN_CHOICE)) or any(row.get(one) for row in rows)]
    titles = [f"{one}::{language}" if one in ("label", "hint") else one for one in used]
    return [titles, *([row.get(one, "") for one in used] for row in rows)]
