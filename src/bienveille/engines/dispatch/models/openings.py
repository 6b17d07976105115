"""The hours of a queue laid out as rows, so that the hand-out reads them where it stands."""

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from bienveille.engines.dispatch.models.queues import Queue
from bienveille.register.tenants.choices import DayPart


class Opening(models.Model):
    """Some hours of one day when the households of a place may be called: written by `rules.hours`, never by hand."""

    id = models.BigAutoField(primary_key=True)
    queue = models.ForeignKey(Queue, models.CASCADE, related_name="openings", db_index=False)
    place = models.CharField(max_length=3, blank=True, help_text="Code of `calling_hours.PLACES`")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(help_text="Excluded")
    day = models.DateField(help_text="As the place counts it")
    part = models.CharField(max_length=10, choices=DayPart)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["queue", "place", "ends_at"], name="opening_once"),
            CheckConstraint(name="opening_lasts", condition=Q(ends_at__gt=F("starts_at"))),
        ]
        indexes = [models.Index(fields=["queue", "ends_at"], name="opening_soon")]

    def __str__(self) -> str:
        return f"{self.place} {self.day} {self.part}"
