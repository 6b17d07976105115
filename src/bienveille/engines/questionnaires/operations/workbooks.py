"""A guide brought in from a workbook, once it was looked at: a draft of one's own, never published by itself."""

import copy
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from bienveille.engines.questionnaires import rules
from bienveille.engines.questionnaires.models import Questionnaire, QuestionnaireDraft
from bienveille.engines.questionnaires.operations.drafts import CannotEdit, NameTaken, keep_draft
from bienveille.engines.questionnaires.operations.publishing import CannotPublish
from bienveille.register.accounts.models import User


@transaction.atomic
def bring_in(*, by: User, document: Mapping[str, Any], now: datetime, into: str = "") -> QuestionnaireDraft:
    """Keep what a workbook gave as a draft: a new guide, or the next version of one's own (`into`, its name).

    Refuses a document with faults (`CannotPublish`), a title whose name is taken (`NameTaken`), a built-in guide
    (`CannotEdit`). What was being written under that name is replaced.
    """
    try:
        definition = rules.parse(copy.deepcopy(dict(document)))
    except rules.InvalidDefinition as fault:
        raise CannotPublish(fault.errors) from None
    clean: dict[str, Any] = dict(rules.to_document(definition))
    if not into:
        slug = rules.slug_of(definition.title)
        taken = (
            Questionnaire.objects.filter(slug=slug).exists() or QuestionnaireDraft.objects.filter(slug=slug).exists()
        )
        if not slug or taken:
            raise NameTaken
        return keep_draft(slug, clean, None, by, now, did="import")
    guide = Questionnaire.objects.get(slug=into)
    if guide.built_in:
        raise CannotEdit
    QuestionnaireDraft.objects.filter(slug=into).delete()
    return keep_draft(into, clean, guide.versions.order_by("-number").first(), by, now, did="import")
