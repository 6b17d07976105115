"""Pure decisions about guides, answers and needs: documents in, verdicts out; no ORM, no clock."""

from .answers import answers_from_post, suggested_needs, validate, visible
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
from .needs import NEED_THEMATIQUES, ServiceMatch, services_for
from .reading import InvalidDefinition, is_slug, parse
from .statistics import Count, QuestionStatistics, summarise

__all__ = [
    "NEED_THEMATIQUES",
    "All",
    "Any",
    "Choice",
    "Condition",
    "Count",
    "Definition",
    "InvalidDefinition",
    "Item",
    "Match",
    "QuestionStatistics",
    "Section",
    "ServiceMatch",
    "answers_from_post",
    "describe_condition",
    "is_slug",
    "parse",
    "services_for",
    "show_if_attribute",
    "suggested_needs",
    "summarise",
    "to_api",
    "to_document",
    "validate",
    "visible",
]
