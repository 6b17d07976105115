"""Guides, their versions and the answers given; who answered belongs to the package that points to a response."""

from typing import Any

from django.db import models
from django.db.models import CheckConstraint, F, Func, Q, UniqueConstraint, Value
from django.db.models.lookups import Exact

from bienveille.ground.platform.records import Record
from bienveille.ground.platform.sealed_fields import SealedJSONField
from bienveille.register.accounts.models import User


def _is_object(field: str) -> Exact:
    """True when the jsonb of this field is an object."""
    return Exact(Func(F(field), function="jsonb_typeof", output_field=models.TextField()), Value("object"))


def _utc_day(field: str) -> Func:
    """The day of an instant, in UTC: a constraint may not depend on a time zone."""
    return Func(F(field), template="(%(expressions)s AT TIME ZONE 'UTC')::date", output_field=models.DateField())


class Questionnaire(Record):
    """A guide under a name that never changes; what it asks is in its versions."""

    slug = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=300)
    built_in = models.BooleanField(default=False, help_text="Comes with the software and follows its deployments")

    class Meta:
        ordering = ["title"]
        constraints = [
            CheckConstraint(name="questionnaire_slug", condition=Q(slug__regex=r"^[a-z][a-z0-9-]*$")),
            CheckConstraint(name="questionnaire_title", condition=~Q(title="")),
        ]

    def __str__(self) -> str:
        return self.slug


class QuestionnaireVersion(Record):
    """What a guide asks from one day on. The database refuses to change or delete it: answers were given to it."""

    questionnaire = models.ForeignKey(Questionnaire, models.PROTECT, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    published_at = models.DateTimeField()

    class Meta:
        ordering = ["questionnaire", "-number"]
        constraints = [
            UniqueConstraint(fields=["questionnaire", "number"], name="questionnaire_version_once"),
            CheckConstraint(name="questionnaire_version_number", condition=Q(number__gte=1)),
            CheckConstraint(name="questionnaire_version_object", condition=_is_object("definition")),
        ]


class Response(Record):
    """The answers of one conversation, in the shape that the rules gave them; erased after its last day."""

    version = models.ForeignKey(QuestionnaireVersion, models.PROTECT, related_name="responses")
    answers = models.JSONField(help_text="What is counted; of a free text, only that there is one")
    words = SealedJSONField(default=dict, db_default="", blank=True, help_text="Free texts, by the key of the question")
    answered_at = models.DateTimeField()
    expires_on = models.DateField(help_text="Kept until that day, not after")

    class Meta:
        constraints = [
            CheckConstraint(name="response_object", condition=_is_object("answers")),
            CheckConstraint(name="response_expires_later", condition=Q(expires_on__gte=_utc_day("answered_at"))),
        ]
        indexes = [models.Index(fields=["expires_on"], name="response_expiry")]

    @property
    def given(self) -> dict[str, Any]:
        """Every answer by the key of its question, free texts among them."""
        return {key: self.words.get(key, value) for key, value in self.answers.items()}


class QuestionnaireDraft(Record):
    """What somebody is writing under a name, perhaps with faults; nobody is asked it before it is published.

    `revision` grows at each change: a page that shows an older one changes nothing.
    """

    slug = models.SlugField(max_length=60, unique=True)
    document = models.JSONField()
    based_on = models.ForeignKey(QuestionnaireVersion, models.PROTECT, null=True, related_name="+")
    revision = models.PositiveIntegerField(default=1)
    changed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            CheckConstraint(name="questionnaire_draft_slug", condition=Q(slug__regex=r"^[a-z][a-z0-9-]*$")),
            CheckConstraint(name="questionnaire_draft_object", condition=_is_object("document")),
        ]

    def __str__(self) -> str:
        return self.slug
