"""Free texts leave the answers that are counted, for a sealed column beside them (docs/adr/0028); batch after batch."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import connection, migrations, models, transaction

from bienveille.ground.platform.sealed_fields import SealedJSONField
from bienveille.ground.platform.sealed_text import open_text, place_of, seal_text

PLACE = place_of("questionnaires_response", "words")


def texts_of(definition: Any) -> set[str]:
    """Keys of the questions of a guide that are answered in free words."""
    if isinstance(definition, dict):
        own = {definition["key"]} if definition.get("kind") == "text" and "key" in definition else set()
        return own.union(*(texts_of(value) for value in definition.values()))
    return set().union(*(texts_of(one) for one in definition)) if isinstance(definition, list) else set()


def each(change: Callable[[dict[str, Any], str, set[str]], tuple[dict[str, Any], str]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, definition::text FROM questionnaires_questionnaireversion")
        texts = {key: texts_of(json.loads(definition)) for key, definition in cursor.fetchall()}
    last = UUID(int=0)
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, version_id, answers::text, words FROM questionnaires_response WHERE id > %s"
                " ORDER BY id LIMIT 1000 FOR UPDATE",
                [last],
            )
            rows = cursor.fetchall()
            for key, version, answers, words in rows:
                before = json.loads(answers)
                after, apart = change(before, words, texts[version])
                if (after, apart) != (before, words):
                    cursor.execute(
                        "UPDATE questionnaires_response SET answers = %s::jsonb, words = %s WHERE id = %s",
                        [json.dumps(after), apart, key],
                    )
        if not rows:
            return
        last = rows[-1][0]


def apart(apps: Any, schema_editor: Any) -> None:
    def change(answers: dict[str, Any], words: str, texts: set[str]) -> tuple[dict[str, Any], str]:
        said = {key: value for key, value in answers.items() if key in texts and isinstance(value, str)}
        if not said:
            return answers, words
        known = json.loads(open_text(words, place=PLACE) or "{}")
        return {key: key in said or value for key, value in answers.items()}, seal_text(
            json.dumps(known | said, ensure_ascii=False), place=PLACE
        )

    each(change)


def together(apps: Any, schema_editor: Any) -> None:
    def change(answers: dict[str, Any], words: str, texts: set[str]) -> tuple[dict[str, Any], str]:
        return answers | json.loads(open_text(words, place=PLACE) or "{}"), ""

    each(change)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("questionnaires", "0003_draft"), ("platform", "0004_notes_keys")]

    operations = [
        migrations.AlterField(
            "response",
            "answers",
            models.JSONField(help_text="What is counted; of a free text, only that there is one"),
        ),
        migrations.AddField(
            "response",
            "words",
            SealedJSONField(
                blank=True, db_default="", default=dict, help_text="Free texts, by the key of the question"
            ),
        ),
        migrations.RunPython(apart, together),
    ]
