"""Posters for halls, and hall by hall who put one up, when, with which photograph."""

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from bienveille.engines.messaging.choices import Paper
from bienveille.ground.platform.records import Record
from bienveille.register.accounts.models import User
from bienveille.register.housing.models import Residence


class Poster(Record):
    """What hangs in halls until a day: a text without anybody's name, the numbers of each site, a way to its page."""

    title = models.CharField(max_length=150)
    body = models.TextField(help_text="With names of places between braces, put in for each residence")
    paper = models.CharField(max_length=2, choices=Paper, default=Paper.A4)
    until = models.DateField(help_text="Last day on which it hangs")
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            CheckConstraint(name="poster_paper", condition=Q(paper__in=Paper.values)),
            CheckConstraint(name="poster_words", condition=~Q(title="") & ~Q(body="")),
        ]

    def __str__(self) -> str:
        return self.title


class Posting(Record):
    """One poster for one hall: to put up, or put up by somebody. `photo` is erased before the rest."""

    poster = models.ForeignKey(Poster, models.CASCADE, related_name="postings", db_index=False)
    residence = models.ForeignKey(Residence, models.CASCADE, related_name="+")
    hall = models.PositiveSmallIntegerField(help_text="From 1")
    posted_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    posted_at = models.DateTimeField(null=True, blank=True)
    photo = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["poster", "residence", "hall"], name="posting_once"),
            CheckConstraint(name="posting_hall", condition=Q(hall__gte=1)),
            CheckConstraint(
                name="posting_by_somebody",
                condition=Q(posted_by=None, posted_at=None, photo="")
                | Q(posted_by__isnull=False, posted_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.poster_id} {self.hall}"
