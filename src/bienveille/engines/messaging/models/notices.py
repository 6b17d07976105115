"""What is told to whoever passes: a notice, with its first and last hour."""

from django.db import models
from django.db.models import CheckConstraint, F, Q

from bienveille.ground.platform.records import Record
from bienveille.register.accounts.models import Agency, User
from bienveille.register.housing.models import Residence


class Notice(Record):
    """A few words for one residence, one agency or everybody, between two hours. Nobody is named."""

    title = models.CharField(max_length=120)
    body = models.TextField(blank=True, max_length=1000)
    urgent = models.BooleanField(default=False, help_text="A crisis: said before anything else on each page")
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, blank=True, related_name="+")
    residence = models.ForeignKey(Residence, models.CASCADE, null=True, blank=True, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-starts_at"]
        constraints = [
            CheckConstraint(name="notice_one_place", condition=Q(agency=None) | Q(residence=None)),
            CheckConstraint(name="notice_ends", condition=Q(ends_at__gt=F("starts_at"))),
            CheckConstraint(name="notice_says_something", condition=~Q(title="")),
        ]
        indexes = [models.Index(fields=["ends_at"], name="notice_running")]

    def __str__(self) -> str:
        return self.title
