"""What every row of ours has: a UUIDv7 key, and a related row that is never fetched by surprise."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import UUID7

from bienveille.ground.lib.ids import uuid7


class RecordManager(models.Manager):
    """Default manager: related rows come with their peers in production, raise in tests (`fetch_mode`)."""

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().fetch_mode(settings.FETCH_MODE)


class Record(models.Model):
    """Abstract parent of our models. The key also has a database default, so raw SQL may leave it out."""

    id = models.UUIDField(primary_key=True, default=uuid7, db_default=UUID7(), editable=False)

    objects = RecordManager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.label} {self.pk}"

    @classmethod
    def columns(cls) -> list[str]:
        """Names of the stored columns, generated ones left out: for COPY and INSERT … SELECT."""
        fields: list[Any] = [f for f in cls._meta.concrete_fields if not getattr(f, "generated", False)]
        return [field.column for field in fields]
