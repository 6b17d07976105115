"""What neighbours do for one another in a residence: tenants who volunteered to be relays."""

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from bienveille.ground.platform.records import Record
from bienveille.register.accounts.models import User
from bienveille.register.housing.models import Residence
from bienveille.register.tenants.models import Person


class RelayTenant(Record):
    """A tenant who agreed to pass on news of a residence, for a time. Over at once when they no longer live there."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="relays")
    residence = models.ForeignKey(Residence, models.CASCADE, related_name="relays")
    agreed_on = models.DateField(help_text="Day on which the person agreed, in their own words")
    role = models.CharField(max_length=300, help_text="What the person agreed to do")
    limits = models.CharField(max_length=300, blank=True, help_text="What the person does not wish to do")
    until = models.DateField(help_text="Last day, asked again before")
    named_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    ended_on = models.DateField(null=True, blank=True, help_text="Day on which it stopped sooner; nobody asks why")
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["person"], name="relay_one_open", condition=Q(ended_on=None)),
            CheckConstraint(name="relay_has_role", condition=~Q(role="")),
            CheckConstraint(name="relay_days", condition=Q(until__gt=F("agreed_on"))),
            CheckConstraint(name="relay_ended", condition=Q(ended_on=None) | Q(ended_on__gte=F("agreed_on"))),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.agreed_on}"
