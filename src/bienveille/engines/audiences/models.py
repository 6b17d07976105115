"""Saved answers to "who?": a rule over the register, with the purpose it serves."""

from django.db import models

from bienveille.ground.platform.records import Record
from bienveille.register.accounts.models import User


class Audience(Record):
    """A rule with a name, kept to be used again. Shape of `rule`: docs/contracts, "audience predicates"."""

    name = models.CharField(max_length=150, unique=True)
    rule = models.JSONField()
    purpose = models.CharField(max_length=60, help_text="Purpose of the landlord's register of processing")
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
