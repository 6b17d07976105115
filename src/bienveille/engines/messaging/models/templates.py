"""Texts written once for every channel: a name, its versions, and in each version one text by channel and language."""

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from bienveille.engines.messaging.choices import Channel, TextKind
from bienveille.ground.platform.records import Record
from bienveille.register.accounts.models import User


class Template(Record):
    """A text under its name, in all its variants; what it says is in its versions."""

    name = models.CharField(max_length=120)
    use = models.CharField(max_length=300, blank=True, help_text="When it serves, for those who choose a text")
    kind = models.CharField(max_length=12, choices=TextKind)
    ready_text = models.CharField(max_length=60, blank=True, help_text="The ready text of the library it comes from")
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField()
    retired_on = models.DateField(null=True, blank=True, help_text="Day from which no new mailing may use it")

    class Meta:
        verbose_name = "message template"
        constraints = [
            UniqueConstraint(fields=["name"], name="template_name_once", condition=Q(retired_on=None)),
            CheckConstraint(name="template_name", condition=~Q(name="")),
            CheckConstraint(name="template_kind", condition=Q(kind__in=TextKind.values)),
        ]

    def __str__(self) -> str:
        return self.name


class TemplateVersion(Record):
    """What a template says from one day on. Once a message used it, the database refuses to change its texts.

    `revision` grows at each change: a page that shows an older one changes nothing.
    """

    template = models.ForeignKey(Template, models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    revision = models.PositiveIntegerField(default=1)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True, help_text="First mailing that took it: fixed since")

    class Meta:
        verbose_name = "version of a message template"
        verbose_name_plural = "versions of a message template"
        ordering = ["template", "-number"]
        constraints = [
            UniqueConstraint(fields=["template", "number"], name="template_version_once"),
            CheckConstraint(name="template_version_number", condition=Q(number__gte=1)),
            CheckConstraint(name="template_version_days", condition=Q(changed_at__gte=F("made_at"))),
        ]

    def __str__(self) -> str:
        return f"{self.template_id} {self.number}"


class Text(Record):
    """The words of one version for one channel and language, plain or easy to read."""

    version = models.ForeignKey(TemplateVersion, models.CASCADE, related_name="texts", db_index=False)
    channel = models.CharField(max_length=8, choices=Channel)
    language = models.CharField(max_length=8, default="fr", help_text="ISO 639-1")
    easy = models.BooleanField(default=False, help_text="Easy to read and understand (FALC)")
    subject = models.CharField(max_length=150, blank=True, help_text="Or title; an SMS has none")
    body = models.TextField()

    class Meta:
        verbose_name = "text of a version"
        verbose_name_plural = "texts of a version"
        ordering = ["version", "channel", "language", "easy"]
        constraints = [
            UniqueConstraint(fields=["version", "channel", "language", "easy"], name="text_variant_once"),
            CheckConstraint(name="text_channel", condition=Q(channel__in=Channel.values)),
            CheckConstraint(name="text_language", condition=Q(language__regex=r"^[a-z]{2}$")),
            CheckConstraint(name="text_body", condition=~Q(body="")),
            CheckConstraint(
                name="text_subject", condition=Q(channel="sms", subject="") | ~Q(channel="sms") & ~Q(subject="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.language}"
