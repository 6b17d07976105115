"""One call that serves several: who picked up, what was said of each resident, whom else it reached."""

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from bienveille.engines.dispatch.models import Attempt, Contact
from bienveille.ground.platform.records import Record
from bienveille.register.tenants.models import Person
from bienveille.services.outreach.choices import AnsweredBy, News


class PickUp(Record):
    """Who picked up the telephone during a call: somebody of the household, a relative, somebody else."""

    attempt = models.OneToOneField(Attempt, models.CASCADE, related_name="pick_up")
    who = models.CharField(max_length=8, choices=AnsweredBy)
    person = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            CheckConstraint(name="pick_up_who", condition=Q(who__in=AnsweredBy.values)),
            CheckConstraint(name="pick_up_person", condition=Q(person=None) | Q(who="resident")),
        ]


class ResidentNews(Record):
    """What one call told of one person who lives there: spoken with, heard of, or no news."""

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="resident_news")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+", db_index=False)
    news = models.CharField(max_length=8, choices=News)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["attempt", "person"], name="resident_news_once"),
            CheckConstraint(name="resident_news_news", condition=Q(news__in=News.values)),
        ]


class SharedCall(Record):
    """A contact reached by the call made to another one: the same number, or the same household elsewhere."""

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="shared_calls")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="shared_calls")
    before = models.JSONField(default=dict, help_text="Its state before, so that it can be taken back")
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["contact"], name="shared_call_once", condition=Q(undone_at=None)),
        ]
