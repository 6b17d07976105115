"""What a landlord adds to the lexicon of notes, and takes out of it."""

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from bienveille.ground.platform.records import Record
from bienveille.register.accounts.models import User
from bienveille.register.wording.choices import FAMILIES, EntryKind


class WordingEntry(Record):
    """A word to warn about, a turn of phrase that is harmless, or an entry of ours that is switched off."""

    kind = models.CharField(max_length=10, choices=EntryKind)
    text = models.CharField(max_length=300, help_text="As the guard reads it; switched off: the entry of ours")
    family = models.CharField(max_length=20, choices=FAMILIES, blank=True)
    reason = models.CharField(max_length=200, help_text="Why, for those who read the list later")
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    added_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "wording entries"
        constraints = [
            UniqueConstraint(fields=["kind", "text"], name="wording_once"),
            CheckConstraint(name="wording_text", condition=~Q(text="")),
            CheckConstraint(name="wording_reason", condition=~Q(reason="")),
            CheckConstraint(
                name="wording_family",
                condition=Q(kind=EntryKind.WORD) & ~Q(family="") | ~Q(kind=EntryKind.WORD) & Q(family=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.text}"
