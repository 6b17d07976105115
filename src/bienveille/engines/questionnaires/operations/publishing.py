"""Publish a version of a guide, keep the built-in ones up to date, store what was answered."""

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from django.db import transaction

from bienveille.engines.questionnaires import rules
from bienveille.engines.questionnaires.models import Questionnaire, QuestionnaireVersion, Response
from bienveille.engines.questionnaires.queries import get_definition
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit

GUIDES = Path(__file__).parent.parent / "guides"
#: Questions that nobody is asked unless a campaign switches them on: no guide, and in no list of guides.
SCALES = Path(__file__).parent.parent / "scales"


class CannotPublish(Refusal):
    """The document is no usable guide; `errors` lists every fault with its place."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("Ce questionnaire n’est pas utilisable. " + " ".join(errors))
        self.errors = errors


class BuiltInGuide(Refusal):
    message = "Ce guide est fourni avec le logiciel : publiez le vôtre sous un autre nom."


class AnswersRefused(Refusal):
    """Some answers do not fit the guide; `errors` gives the messages by question key."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("Certaines réponses sont à revoir : rien n’est enregistré, rien n’est perdu.")
        self.errors = errors


@transaction.atomic
def publish_version(*, slug: str, document: object, by: User, now: datetime) -> QuestionnaireVersion:
    """Make this document what is asked from now on under that name; running campaigns keep their own version.

    Refuses a document with faults, and a name of the built-in guides. The same document again changes nothing.
    """
    return _publish(slug=slug, document=document, by=by, now=now, built_in=False)


@transaction.atomic
def ensure_built_in(*, now: datetime) -> list[QuestionnaireVersion]:
    """Bring the built-in guides to the version of this release; run after every migration, harmless twice.

    Refuses a built-in name that somebody's own guide already bears.
    """
    return [
        _publish(
            slug=path.stem,
            document=tomllib.loads(path.read_text(encoding="utf-8")),
            by=None,
            now=now,
            built_in=True,
        )
        for path in sorted([*GUIDES.glob("*.toml"), *SCALES.glob("*.toml")])
    ]


def _publish(*, slug: str, document: object, by: User | None, now: datetime, built_in: bool) -> QuestionnaireVersion:
    try:
        definition = rules.parse(document)
    except rules.InvalidDefinition as fault:
        raise CannotPublish(fault.errors) from None
    if not rules.is_slug(slug):
        raise CannotPublish(["Le nom doit s’écrire en minuscules sans accent, chiffres et tirets."])
    Questionnaire.objects.bulk_create(
        [Questionnaire(slug=slug, title=definition.title, built_in=built_in)], ignore_conflicts=True
    )
    # Two people publishing at once take turns here, so that numbers follow one another.
    questionnaire = Questionnaire.objects.select_for_update().get(slug=slug)
    if questionnaire.built_in != built_in:
        raise BuiltInGuide
    current = questionnaire.versions.order_by("-number").first()
    written = rules.to_document(definition)
    if current and current.definition == written:
        return current
    if questionnaire.title != definition.title:
        questionnaire.title = definition.title
        questionnaire.save(update_fields=["title"])
    version = QuestionnaireVersion.objects.create(
        questionnaire=questionnaire,
        number=current.number + 1 if current else 1,
        definition=written,
        published_at=now,
    )
    record_audit(
        actor=by,
        action=AuditAction.QUESTIONNAIRE_CHANGED,
        subject=version,
        detail={"did": "publish", "slug": slug, "number": version.number},
    )
    return version


@transaction.atomic
def record_response(
    *,
    version_id: UUID,
    answers: Mapping[str, object],
    now: datetime,
    keep_until: date,
    complete: bool = True,
) -> Response:
    """Store what was answered, in its clean shape, with the version it was answered to.

    Refuses answers that do not fit and, with `complete`, a required question left blank. The operation above, which
    knows whose answers these are, audits them in the same transaction and points to this response.
    """
    definition = get_definition(version_id)
    clean, errors = rules.validate(definition, answers, complete=complete)
    if errors:
        raise AnswersRefused(errors)
    counted, words = rules.words_apart(definition, clean)
    return Response.objects.create(
        version_id=version_id, answers=counted, words=words, answered_at=now, expires_on=keep_until
    )
