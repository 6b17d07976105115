"""Pure decisions about guides, answers and needs: documents in, verdicts out; no ORM, no clock."""

from .answers import answers_from_post, suggested_needs, validate, visible, words_apart
from .cells import LEAST, shown_groups
from .changes import changes
from .definition import (
    All,
    Any,
    Choice,
    Condition,
    Definition,
    Item,
    Match,
    Section,
    describe_condition,
    show_if_attribute,
    to_api,
    to_document,
)
from .editing import (
    Asked,
    asked_before,
    condition_document,
    empty_document,
    item_keys,
    new_key,
    section_keys,
    sensitive_words,
    simple_condition,
    slug_of,
)
from .faults import Fault, faults, question_alone, showable
from .reading import InvalidDefinition, is_slug, parse
from .relevance import NotUnderstood
from .statistics import Count, QuestionStatistics, summarise
from .workbooks import NotAWorkbook, read_grids, second_opinion
from .xlsform_reading import FromWorkbook, Problem, from_sheets
from .xlsform_writing import to_sheets

__all__ = [
    "LEAST",
    "All",
    "Any",
    "Asked",
    "Choice",
    "Condition",
    "Count",
    "Definition",
    "Fault",
    "FromWorkbook",
    "InvalidDefinition",
    "Item",
    "Match",
    "NotAWorkbook",
    "NotUnderstood",
    "Problem",
    "QuestionStatistics",
    "Section",
    "answers_from_post",
    "asked_before",
    "changes",
    "condition_document",
    "describe_condition",
    "empty_document",
    "faults",
    "from_sheets",
    "is_slug",
    "item_keys",
    "new_key",
    "parse",
    "question_alone",
    "read_grids",
    "second_opinion",
    "section_keys",
    "sensitive_words",
    "show_if_attribute",
    "showable",
    "shown_groups",
    "simple_condition",
    "slug_of",
    "suggested_needs",
    "summarise",
    "to_api",
    "to_document",
    "to_sheets",
    "validate",
    "visible",
    "words_apart",
]
