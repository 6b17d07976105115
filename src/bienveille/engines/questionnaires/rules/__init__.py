"""Pure decisions about guides, answers and needs: documents in, verdicts out; no ORM, no clock."""

from .answers import answers_from_post, suggested_needs, validate, visible
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
from .needs import NEED_THEMATIQUES, ServiceMatch, services_for
from .reading import InvalidDefinition, is_slug, parse
from .statistics import Count, QuestionStatistics, summarise

__all__ = [
    "NEED_THEMATIQUES",
    "All",
    "Any",
    "Asked",
    "Choice",
    "Condition",
    "Count",
    "Definition",
    "Fault",
    "InvalidDefinition",
    "Item",
    "Match",
    "QuestionStatistics",
    "Section",
    "ServiceMatch",
    "answers_from_post",
    "asked_before",
    "changes",
    "condition_document",
    "describe_condition",
    "empty_document",
    "faults",
    "is_slug",
    "item_keys",
    "new_key",
    "parse",
    "question_alone",
    "section_keys",
    "sensitive_words",
    "services_for",
    "show_if_attribute",
    "showable",
    "simple_condition",
    "slug_of",
    "suggested_needs",
    "summarise",
    "to_api",
    "to_document",
    "validate",
    "visible",
]
