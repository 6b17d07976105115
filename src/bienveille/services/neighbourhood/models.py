"""What is done for a residence: relay tenants, places proposed for a watch, visits, what was heard through walls."""

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from bienveille.ground.platform.records import Record
from bienveille.ground.platform.sealed_fields import SealedTextField
from bienveille.register.accounts.models import User
from bienveille.register.housing.models import Building, Dwelling, Residence, Watch
from bienveille.register.tenants.models import Person
from bienveille.services.neighbourhood.choices import HeardKind, HeardState, ProposalState


class RelayTenant(Record):
    """A tenant who agreed to pass on news of a residence, for a time. Over at once when they no longer live there."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="relays")
    residence = models.ForeignKey(Residence, models.CASCADE, related_name="relays")
    agreed_on = models.DateField(help_text="Day on which the person agreed, in their own words")
    role = SealedTextField(max_length=300, help_text="What the person agreed to do")
    limits = SealedTextField(max_length=300, blank=True, help_text="What the person does not wish to do")
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


class WatchProposal(Record):
    """A place where calls and situations of a season stand out: proposed to a manager, who accepts or refuses.

    Figures only, of a place with many households: nobody is named, and nothing is decided by itself.
    """

    residence = models.ForeignKey(Residence, models.CASCADE, related_name="+")
    building = models.ForeignKey(Building, models.CASCADE, null=True, blank=True, related_name="+", db_index=False)
    staircase = models.CharField(max_length=20, blank=True)
    households = models.PositiveIntegerField(help_text="Who live there")
    worrying = models.PositiveIntegerField(help_text="With a grave situation or without an answer, each once")
    grave = models.PositiveIntegerField()
    silent = models.PositiveIntegerField()
    made_on = models.DateField()
    expires_on = models.DateField(help_text="Last day on which it waits; erased a year after its answer")
    state = models.CharField(max_length=10, choices=ProposalState, default=ProposalState.PROPOSED)
    decided_on = models.DateField(null=True, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it was refused, about the place")
    watch = models.ForeignKey(Watch, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            CheckConstraint(name="watch_proposal_state", condition=Q(state__in=ProposalState.values)),
            CheckConstraint(
                name="watch_proposal_decided",
                condition=Q(state="proposed", decided_on=None) | ~Q(state="proposed") & Q(decided_on__isnull=False),
            ),
            CheckConstraint(name="watch_proposal_refused", condition=~Q(state="refused") | ~Q(reason="")),
            UniqueConstraint(
                fields=["residence", "building", "staircase"],
                name="watch_proposal_once",
                condition=Q(state="proposed"),
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.residence_id} {self.made_on}"


class WatchVisit(Record):
    """Somebody went to a residence under watch: when, who, what they saw of the place."""

    watch = models.ForeignKey(Watch, models.CASCADE, related_name="+")
    on = models.DateField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    seen = models.CharField(max_length=500, help_text="About the place, never about a person")
    kept_despite_guard = models.BooleanField(default=False, help_text="Kept by its writer after a warning")
    expires_on = models.DateField()

    class Meta:
        constraints = [
            CheckConstraint(name="watch_visit_seen", condition=~Q(seen="")),
            CheckConstraint(name="watch_visit_ends", condition=Q(expires_on__gt=F("on"))),
        ]
        indexes = [models.Index(fields=["watch", "-on"], name="watch_visit_latest")]

    def __str__(self) -> str:
        return f"{self.watch_id} {self.on}"


class Heard(Record):
    """Something heard from a home, told by the staff: looked at by the named readers alone, who decide. It expires.

    It is about a place and a day; nobody is named, and nothing follows by itself.
    """

    dwelling = models.ForeignKey(Dwelling, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=HeardKind)
    on = models.DateField()
    words = SealedTextField(max_length=300, blank=True)
    kept_despite_guard = models.BooleanField(default=False, help_text="Kept by its writer after a warning")
    told_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    told_at = models.DateTimeField()
    expires_on = models.DateField()
    state = models.CharField(max_length=10, choices=HeardState, default=HeardState.WAITS)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    decided_on = models.DateField(null=True, blank=True)
    reason = SealedTextField(max_length=300, blank=True, help_text="Why it was dismissed")

    class Meta:
        verbose_name_plural = "heard"
        constraints = [
            CheckConstraint(name="heard_kind", condition=Q(kind__in=HeardKind.values)),
            CheckConstraint(name="heard_ends", condition=Q(expires_on__gt=F("on"))),
            CheckConstraint(
                name="heard_decided",
                condition=Q(state="waits", decided_on=None)
                | Q(state="opened", decided_on__isnull=False)
                | Q(state="dismissed", decided_on__isnull=False) & ~Q(reason=""),
            ),
        ]
        indexes = [models.Index(fields=["expires_on"], name="heard_expiry")]

    def __str__(self) -> str:
        return f"{self.dwelling_id} {self.on}"
