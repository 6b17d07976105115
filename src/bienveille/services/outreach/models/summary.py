"""How many calls ended how, counted as they are saved: what screens read instead of every attempt.

Triggers (migration 0004) write a change for each attempt saved, undone, moved or erased, and nothing else: an insert,
which waits for nobody. Once a minute the changes are folded into the counts. Counts and changes together are always
exact, folded or not; `queries.count_faults` proves it against the attempts themselves.
"""

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from bienveille.engines.dispatch.choices import Outcome
from bienveille.engines.dispatch.models import Queue
from bienveille.register.accounts.models import Agency, User
from bienveille.services.outreach.models.campaigns import Campaign


class CallChange(models.Model):
    """A change of the counts that is not folded yet: so many calls more, or fewer."""

    id = models.BigAutoField(primary_key=True)
    queue = models.ForeignKey(Queue, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    agency = models.ForeignKey(Agency, models.CASCADE, null=True, related_name="+", db_index=False, db_constraint=False)
    caller = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    outcome = models.CharField(max_length=16, choices=Outcome)
    day = models.DateField()
    calls = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.calls:+} {self.outcome} {self.day}"


class CallsOfDay(models.Model):
    """Calls of one caller on one day, by outcome and by the household's agency: pace, callers' work."""

    id = models.BigAutoField(primary_key=True)
    queue = models.ForeignKey(Queue, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    agency = models.ForeignKey(Agency, models.CASCADE, null=True, related_name="+", db_index=False, db_constraint=False)
    caller = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    outcome = models.CharField(max_length=16, choices=Outcome)
    day = models.DateField()
    calls = models.IntegerField()

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["queue", "day", "agency", "caller", "outcome"], name="calls_of_day_once", nulls_distinct=False
            ),
            CheckConstraint(name="calls_of_day_outcome", condition=Q(outcome__in=Outcome.values)),
        ]

    def __str__(self) -> str:
        return f"{self.calls} {self.outcome} {self.day}"


class CallsOfWeek(models.Model):
    """Calls of one week, from its Monday, by agency, whoever made them: one row, however many calls and outcomes."""

    id = models.BigAutoField(primary_key=True)
    queue = models.ForeignKey(Queue, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    agency = models.ForeignKey(Agency, models.CASCADE, null=True, related_name="+", db_index=False, db_constraint=False)
    week = models.DateField()
    outcomes = models.JSONField(default=dict, help_text="{outcome: calls}, nil left out")

    class Meta:
        constraints = [
            UniqueConstraint(fields=["queue", "agency", "week"], name="calls_of_week_one_row", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return f"{self.outcomes} {self.week}"


class KeptCount(models.Model):
    """Households of a campaign that had a grade or a need in a report since erased: its figures stay, nobody's name.

    One row for the whole campaign, each agency and each service, as the key figures group them.
    """

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=8, help_text="`all`, `agency` or `service`")
    key = models.CharField(max_length=200, blank=True, help_text="Name of the agency or the service; empty for `all`")
    family = models.CharField(max_length=6, help_text="`grades` or `needs`")
    name = models.CharField(max_length=24, help_text="The grade or the need")
    households = models.IntegerField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["campaign", "kind", "key", "family", "name"], name="kept_count_once"),
            CheckConstraint(name="kept_count_kind", condition=Q(kind__in=["all", "agency", "service"])),
            CheckConstraint(name="kept_count_family", condition=Q(family__in=["grades", "needs"])),
        ]

    def __str__(self) -> str:
        return f"{self.households} {self.name} {self.key}"
