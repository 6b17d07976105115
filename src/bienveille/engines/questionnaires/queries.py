"""Guides and the figures of their answers, for screens, the API and the operations above."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from bienveille.engines.questionnaires import rules
from bienveille.engines.questionnaires.choices import LONELINESS, QuestionKind
from bienveille.engines.questionnaires.models import QuestionnaireDraft, QuestionnaireVersion, Response


def get_current(slug: str) -> QuestionnaireVersion | None:
    """The version asked from now on, with its questionnaire; None when no guide has this name (1 query)."""
    return (
        QuestionnaireVersion.objects.select_related("questionnaire")
        .filter(questionnaire__slug=slug)
        .exclude(questionnaire__slug=LONELINESS)
        .order_by("-number")
        .first()
    )


def current_scale() -> QuestionnaireVersion:
    """The version of the short loneliness scale asked from now on (1 query)."""
    return QuestionnaireVersion.objects.filter(questionnaire__slug=LONELINESS).latest("number")


def list_current() -> list[QuestionnaireVersion]:
    """The current version of every guide, by title, for the choice of a new campaign (1 query)."""
    versions = (
        QuestionnaireVersion.objects.select_related("questionnaire")
        .exclude(questionnaire__slug=LONELINESS)
        .order_by("questionnaire_id", "-number")
        .distinct("questionnaire_id")
    )
    return sorted(versions, key=lambda version: version.questionnaire.title)


@lru_cache(maxsize=256)
def get_definition(version_id: UUID) -> rules.Definition:
    """The guide of this version (1 query the first time in a process: a version never changes)."""
    return rules.parse(QuestionnaireVersion.objects.values_list("definition", flat=True).get(pk=version_id))


@lru_cache(maxsize=256)
def get_api(version_id: UUID) -> dict[str, Any]:
    """What the API gives as `questionnaire` beside a contact (1 query the first time); shared, not to be modified."""
    return {"version": str(version_id)} | rules.to_api(get_definition(version_id))


_STATISTICS = """
WITH given AS MATERIALIZED (
    SELECT answers FROM questionnaires_response WHERE version_id = %s {among}
), answered AS MATERIALIZED (
    SELECT key, value FROM given CROSS JOIN LATERAL jsonb_each(answers)
)
SELECT NULL, NULL, count(*), NULL FROM given
UNION ALL
SELECT key, NULL, count(*), (avg(value::numeric) FILTER (WHERE jsonb_typeof(value) = 'number'))::float8
FROM answered GROUP BY key
UNION ALL
SELECT key, one, count(*), NULL
FROM answered CROSS JOIN LATERAL jsonb_array_elements_text(
    CASE jsonb_typeof(value) WHEN 'array' THEN value ELSE jsonb_build_array(value) END
) AS one
WHERE key = ANY(%s)
GROUP BY key, one
"""


def statistics(version_id: UUID, *, among: QuerySet[Response] | None = None) -> tuple[rules.QuestionStatistics, ...]:
    """Counts of each question of a version, for the page of a campaign (1 query).

    `among` narrows to some responses (those of a campaign, of an agency). Texts and dates are counted, never listed.
    """
    definition = get_definition(version_id)
    counted = [
        item.key
        for item in definition.questions.values()
        if item.kind in (QuestionKind.SINGLE, QuestionKind.MULTIPLE, QuestionKind.SCALE)
    ]
    narrowing, params = "", ()
    if among is not None:
        sql, params = among.order_by().values("pk").query.sql_with_params()
        narrowing = f"AND id IN ({sql})"
    with connection.cursor() as cursor:
        cursor.execute(_STATISTICS.format(among=narrowing), [version_id, *params, counted])
        return rules.summarise(definition, cursor.fetchall())


_BY_GROUP = """
WITH member (response, {columns}) AS ({members}), given AS MATERIALIZED (
    SELECT k.kind, k.name, r.answers FROM member m JOIN questionnaires_response r ON r.id = m.response
    CROSS JOIN LATERAL (VALUES ('', ''), {groups}) AS k (kind, name)
    WHERE r.version_id = %s
), answered AS MATERIALIZED (
    SELECT kind, name, key, value FROM given CROSS JOIN LATERAL jsonb_each(answers)
)
SELECT kind, name, NULL, NULL, count(*), NULL FROM given GROUP BY kind, name
UNION ALL
SELECT kind, name, key, NULL, count(*), (avg(value::numeric) FILTER (WHERE jsonb_typeof(value) = 'number'))::float8
FROM answered GROUP BY kind, name, key
UNION ALL
SELECT kind, name, key, one, count(*), NULL
FROM answered CROSS JOIN LATERAL jsonb_array_elements_text(
    CASE jsonb_typeof(value) WHEN 'array' THEN value ELSE jsonb_build_array(value) END
) AS one
WHERE key = ANY(%s)
GROUP BY kind, name, key, one
"""


def group_statistics(
    version_id: UUID, *, members: QuerySet[Any, Any], kinds: Sequence[str]
) -> dict[tuple[str, str], tuple[rules.QuestionStatistics, ...]]:
    """Counts of each question of a version, whole (`("", "")`) and by group of each kind (1 query).

    `members`: rows of a response's key, then the name of its group for each of `kinds`, in that order.
    """
    definition = get_definition(version_id)
    counted = [item.key for item in definition.questions.values() if item.choices or item.kind == QuestionKind.SCALE]
    sql, params = members.query.sql_with_params()
    columns = [f"g{rank}" for rank, _ in enumerate(kinds)]
    query = _BY_GROUP.format(
        columns=", ".join(columns),
        members=sql,
        groups=", ".join(f"(%s, coalesce(m.{column}::text, ''))" for column in columns),
    )
    found: dict[tuple[str, str], list[Any]] = {}
    with connection.cursor() as cursor:
        cursor.execute(query, [*params, *kinds, version_id, counted])
        for kind, name, *row in cursor.fetchall():
            found.setdefault((kind, name), []).append(tuple(row))
    return {group: rules.summarise(definition, rows) for group, rows in sorted(found.items())}


def list_guides() -> list[dict[str, Any]]:
    """The page "Questionnaires": guides with current version and draft, then drafts of new ones (2 queries)."""
    drafts = {draft.slug: draft for draft in QuestionnaireDraft.objects.select_related("changed_by").order_by("slug")}
    rows = [
        {"slug": version.questionnaire.slug, "version": version, "draft": drafts.pop(version.questionnaire.slug, None)}
        for version in list_current()
    ]
    return rows + [{"slug": slug, "version": None, "draft": draft} for slug, draft in drafts.items()]


def versions_of(slug: str) -> list[QuestionnaireVersion]:
    """Every version of a guide, the newest first, for its page (1 query)."""
    found = QuestionnaireVersion.objects.select_related("questionnaire").filter(questionnaire__slug=slug)
    return list(found.order_by("-number"))


def has_draft(slug: str) -> bool:
    """Whether something is being written under that name (1 query)."""
    return QuestionnaireDraft.objects.filter(slug=slug).exists()
