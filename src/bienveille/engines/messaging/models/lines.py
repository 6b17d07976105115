"""The numbers that tenants are told to call: of an agency, of those on call; for one place, or for all."""

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from bienveille.engines.messaging.choices import LineKind
from bienveille.ground.platform.records import Record
from bienveille.register.accounts.models import Agency
from bienveille.register.housing.models import Residence


class Line(Record):
    """A number, for one residence, else for one agency, else for everybody: the nearest one is told."""

    kind = models.CharField(max_length=8, choices=LineKind)
    residence = models.ForeignKey(Residence, models.CASCADE, null=True, blank=True, related_name="lines")
    agency = models.ForeignKey(Agency, models.CASCADE, null=True, blank=True, related_name="lines")
    number = models.CharField(max_length=16, help_text="E.164, or a short number")
    hours = models.CharField(max_length=100, blank=True, help_text="When somebody answers, in words")

    class Meta:
        constraints = [
            UniqueConstraint(fields=["kind", "residence", "agency"], name="told_line_once", nulls_distinct=False),
            CheckConstraint(name="told_line_kind", condition=Q(kind__in=LineKind.values)),
            CheckConstraint(name="told_line_place", condition=Q(residence=None) | Q(agency=None)),
            CheckConstraint(name="told_line_number", condition=Q(number__regex=r"^(\+[0-9]{4,15}|[0-9]{2,6})$")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"
