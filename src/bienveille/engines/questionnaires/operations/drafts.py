"""Write a guide little by little: a draft kept on the server, changed part by part, then published as a new version.

A draft may hold faults; publishing refuses them with their place. Parts are named by their ranks, and each change says
which revision it was made on, so that two people, or a double click, never undo each other in silence.
"""

import copy
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from bienveille.engines.questionnaires import rules
from bienveille.engines.questionnaires.models import Questionnaire, QuestionnaireDraft, QuestionnaireVersion
from bienveille.engines.questionnaires.operations.publishing import BuiltInGuide, CannotPublish, publish_version
from bienveille.ground.lib.note_guard import Finding
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit

type Document = dict[str, Any]


class NameTaken(Refusal):
    message = "Un questionnaire porte déjà ce nom\u00a0: choisissez un autre titre."


class CannotEdit(Refusal):
    message = "Ce guide est fourni avec le logiciel\u00a0: copiez-le pour l’adapter."


class DraftMoved(Refusal):
    message = "Le brouillon a changé depuis l’affichage de cette page\u00a0: le voici tel qu’il est."


class NothingThere(Refusal):
    message = "Cette partie ou cette question n’est plus dans le brouillon."


class WordsToReview(Refusal):
    """Words of the draft that speak of what a landlord must not ask; `findings` says which, question by question."""

    def __init__(self, findings: list[tuple[str, Finding]]) -> None:
        super().__init__("Certains mots sont à relire avant de publier.")
        self.findings = findings


@transaction.atomic
def create_draft(*, by: User, title: str, now: datetime, copied_from: str = "") -> QuestionnaireDraft:
    """Begin a guide of one's own, empty or copied from the current version of another.

    Refuses a title whose name another guide or draft bears (`NameTaken`).
    """
    slug = rules.slug_of(title)
    taken = Questionnaire.objects.filter(slug=slug).exists() or QuestionnaireDraft.objects.filter(slug=slug).exists()
    if not slug or taken:
        raise NameTaken
    source = (
        QuestionnaireVersion.objects.filter(questionnaire__slug=copied_from).order_by("-number").first()
        if copied_from
        else None
    )
    document = copy.deepcopy(source.definition) if source else rules.empty_document()
    document["title"] = title
    return keep_draft(slug, document, None, by, now, did="create", copied_from=copied_from)


@transaction.atomic
def edit_guide(*, by: User, slug: str, now: datetime) -> QuestionnaireDraft:
    """Open the draft of one's own guide: the one being written, else the current version. Harmless twice.

    Refuses the built-in guides (`CannotEdit`).
    """
    existing = QuestionnaireDraft.objects.filter(slug=slug).first()
    return existing or _from_version(by, slug, None, now)


@transaction.atomic
def restore_version(*, by: User, slug: str, number: int, now: datetime) -> QuestionnaireDraft:
    """Put an older version in the draft, in the place of what was being written. Publishing makes it asked again."""
    QuestionnaireDraft.objects.filter(slug=slug).delete()
    return _from_version(by, slug, number, now)


def _from_version(by: User, slug: str, number: int | None, now: datetime) -> QuestionnaireDraft:
    questionnaire = Questionnaire.objects.get(slug=slug)
    if questionnaire.built_in:
        raise CannotEdit
    versions = questionnaire.versions.order_by("-number")
    version = versions.filter(number=number).first() if number else versions.first()
    if version is None:
        raise NothingThere
    return keep_draft(slug, copy.deepcopy(version.definition), version, by, now, did="edit", number=version.number)


def keep_draft(
    slug: str,
    document: Document,
    version: QuestionnaireVersion | None,
    by: User,
    now: datetime,
    *,
    did: str,
    **detail: Any,
) -> QuestionnaireDraft:
    """Write a draft under a name that has none, and what was done in the audit. Refuses a name taken (`NameTaken`)."""
    try:
        with transaction.atomic():
            draft = QuestionnaireDraft.objects.create(
                slug=slug, document=document, based_on=version, changed_by=by, changed_at=now
            )
    except IntegrityError:
        raise NameTaken from None
    _audit(by, draft, did, **detail)
    return draft


def _audit(by: User, draft: QuestionnaireDraft, did: str, **detail: Any) -> None:
    record_audit(
        actor=by,
        action=AuditAction.QUESTIONNAIRE_CHANGED,
        subject=draft,
        detail={"did": f"draft.{did}", "slug": draft.slug, **detail},
    )


def _opened(draft_id: UUID, revision: int) -> QuestionnaireDraft:
    draft = QuestionnaireDraft.objects.select_for_update().filter(pk=draft_id).first()
    if draft is None or draft.revision != revision:
        raise DraftMoved
    return draft


def _save(draft: QuestionnaireDraft, by: User, now: datetime, did: str) -> QuestionnaireDraft:
    draft.revision += 1
    draft.changed_by, draft.changed_at = by, now
    draft.save(update_fields=["document", "revision", "changed_by", "changed_at"])
    _audit(by, draft, did)
    return draft


def _sections(draft: QuestionnaireDraft) -> list[Document]:
    sections: list[Document] = draft.document.setdefault("sections", [])
    return sections


def _place(draft: QuestionnaireDraft, section: int, item: int | None) -> tuple[list[Document], int]:
    """The list that holds a part, and its rank there."""
    sections = _sections(draft)
    if not 0 <= section < len(sections):
        raise NothingThere
    if item is None:
        return sections, section
    items: list[Document] = sections[section].setdefault("items", [])
    if not 0 <= item < len(items):
        raise NothingThere
    return items, item


@transaction.atomic
def change_draft(
    *, by: User, draft_id: UUID, revision: int, title: str, description: str, now: datetime
) -> QuestionnaireDraft:
    """Change the title and the description of a draft. Refuses a draft that has moved on (`DraftMoved`)."""
    draft = _opened(draft_id, revision)
    draft.document["title"] = title
    draft.document["description"] = description
    return _save(draft, by, now, "words")


@transaction.atomic
def add_section(*, by: User, draft_id: UUID, revision: int, title: str, now: datetime) -> int:
    """Add a part at the end of a draft; its rank. Refuses a draft that has moved on (`DraftMoved`)."""
    draft = _opened(draft_id, revision)
    sections = _sections(draft)
    sections.append({"key": rules.new_key(title, rules.section_keys(draft.document)), "title": title, "items": []})
    _save(draft, by, now, "add_section")
    return len(sections) - 1


@transaction.atomic
def add_item(*, by: User, draft_id: UUID, revision: int, section: int, item: Mapping[str, Any], now: datetime) -> int:
    """Add a question at the end of a part; its rank there. Refuses a draft that has moved on (`DraftMoved`)."""
    draft = _opened(draft_id, revision)
    place, rank = _place(draft, section, None)
    items = place[rank].setdefault("items", [])
    items.append({"key": rules.new_key(str(item.get("label", "")), rules.item_keys(draft.document)), **item})
    _save(draft, by, now, "add_item")
    return len(items) - 1


@transaction.atomic
def change_section(
    *, by: User, draft_id: UUID, revision: int, section: int, facts: Mapping[str, Any], now: datetime
) -> QuestionnaireDraft:
    """Change the words and the condition of a part; its key and its questions stay. Refuses like the others."""
    draft = _opened(draft_id, revision)
    place, rank = _place(draft, section, None)
    former = place[rank]
    place[rank] = {"key": former["key"], **facts, "items": former.get("items", [])}
    return _save(draft, by, now, "section")


@transaction.atomic
def change_item(
    *, by: User, draft_id: UUID, revision: int, section: int, item: int, facts: Mapping[str, Any], now: datetime
) -> QuestionnaireDraft:
    """Change a question; its key stays, so that figures go on. Refuses like the others."""
    draft = _opened(draft_id, revision)
    place, rank = _place(draft, section, item)
    place[rank] = {"key": place[rank]["key"], **facts}
    return _save(draft, by, now, "item")


@transaction.atomic
def move_part(
    *, by: User, draft_id: UUID, revision: int, section: int, item: int | None, down: bool, now: datetime
) -> QuestionnaireDraft:
    """Move a part, or a question: past its neighbour, or into the next part when it is at the edge of its own."""
    draft = _opened(draft_id, revision)
    place, rank = _place(draft, section, item)
    there = rank + (1 if down else -1)
    if 0 <= there < len(place):
        place[rank], place[there] = place[there], place[rank]
    elif item is not None:
        neighbour = section + (1 if down else -1)
        if not 0 <= neighbour < len(_sections(draft)):
            return draft
        others = _sections(draft)[neighbour].setdefault("items", [])
        others.insert(0 if down else len(others), place.pop(rank))
    else:
        return draft
    return _save(draft, by, now, "move")


@transaction.atomic
def remove_part(
    *, by: User, draft_id: UUID, revision: int, section: int, item: int | None, now: datetime
) -> QuestionnaireDraft:
    """Take a question, or a part with its questions, out of a draft. Refuses like the others."""
    draft = _opened(draft_id, revision)
    place, rank = _place(draft, section, item)
    del place[rank]
    return _save(draft, by, now, "remove")


@transaction.atomic
def drop_draft(*, by: User, draft_id: UUID) -> None:
    """Throw a draft away; what was published stays. Harmless twice."""
    draft = QuestionnaireDraft.objects.select_for_update().filter(pk=draft_id).first()
    if draft:
        _audit(by, draft, "drop")
        draft.delete()


@transaction.atomic
def publish_draft(
    *, by: User, draft_id: UUID, revision: int, now: datetime, reviewed: Iterable[str] = ()
) -> QuestionnaireVersion:
    """Make a draft what new campaigns ask; those that are open keep their version.

    Refuses a draft that has moved on (`DraftMoved`), one with faults (`CannotPublish`), and words that speak of health,
    origin or opinions which nobody has said to have read again (`WordsToReview`; `reviewed`: those words).
    """
    draft = _opened(draft_id, revision)
    try:
        definition = rules.parse(draft.document)
    except rules.InvalidDefinition as fault:
        raise CannotPublish(fault.errors) from None
    read = {words.casefold() for words in reviewed}
    left = [(place, one) for place, one in rules.sensitive_words(definition) if one.excerpt.casefold() not in read]
    if left:
        raise WordsToReview(left)
    if Questionnaire.objects.filter(slug=draft.slug, built_in=True).exists():
        raise BuiltInGuide
    version = publish_version(slug=draft.slug, document=draft.document, by=by, now=now)
    draft.delete()
    return version
