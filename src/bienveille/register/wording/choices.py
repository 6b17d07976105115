"""Closed lists of the landlord's vocabulary."""

from django.db.models import TextChoices

from bienveille.ground.lib.note_guard import Family


class EntryKind(TextChoices):
    WORD = "word", "Un mot à signaler"
    EXCEPTION = "exception", "Une tournure sans danger"
    OFF = "off", "Un mot à ne plus signaler"


FAMILIES = [(family.value, family.label.capitalize()) for family in Family]
