"""Lots of homes taken over or sold, territories of the landlord, homes found in an emergency; moves are leases."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from bienveille.engines.audiences.models import Audience
from bienveille.engines.cases.models import Case
from bienveille.ground.platform.records import Record
from bienveille.register.accounts.models import Agency, User
from bienveille.register.housing.choices import DwellingType
from bienveille.register.housing.models import Dwelling
from bienveille.services.letting.choices import Direction, RehousingState


class StockLot(Record):
    """Homes taken over from another owner, or sold to one, together on one day.

    What was announced is kept as it was announced, even when its parts do not add up to its total.
    """

    direction = models.CharField(max_length=10, choices=Direction)
    name = models.CharField(max_length=150, unique=True)
    other_party = models.CharField(max_length=150, blank=True, help_text="Who sells, or who buys")
    effective_on = models.DateField(help_text="First day with the new owner")
    agency = models.ForeignKey(
        Agency, models.PROTECT, null=True, blank=True, related_name="+", help_text="Null: several agencies"
    )
    announced = models.PositiveIntegerField(null=True, blank=True, help_text="Homes, as announced")
    announced_full = models.PositiveIntegerField(null=True, blank=True, help_text="… of which fully owned")
    announced_co_owned = models.PositiveIntegerField(null=True, blank=True, help_text="… in co-ownership")
    announced_managed = models.PositiveIntegerField(null=True, blank=True, help_text="… managed for another owner")
    audience = models.ForeignKey(Audience, models.SET_NULL, null=True, blank=True, related_name="+")
    created_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            CheckConstraint(name="stock_lot_direction", condition=Q(direction__in=Direction.values)),
            CheckConstraint(name="stock_lot_name", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name


class StockLotHome(Record):
    """A home of a lot, by the landlord's code. `dwelling` is empty while the register does not know the code."""

    lot = models.ForeignKey(StockLot, models.CASCADE, related_name="homes", db_index=False)
    code = models.CharField(max_length=40)
    dwelling = models.ForeignKey(Dwelling, models.SET_NULL, null=True, blank=True, related_name="+")
    batch = models.UUIDField(help_text="Those added at once")
    added_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["lot", "code"], name="stock_lot_home_once"),
            CheckConstraint(name="stock_lot_home_code", condition=~Q(code="")),
        ]

    def __str__(self) -> str:
        return self.code


class StockLotStep(Record):
    """A step of the checklist that is done; one that is not has no row. The steps themselves: `checklists/`."""

    lot = models.ForeignKey(StockLot, models.CASCADE, related_name="steps", db_index=False)
    key = models.CharField(max_length=40)
    done_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    done_at = models.DateTimeField()

    class Meta:
        constraints = [UniqueConstraint(fields=["lot", "key"], name="stock_lot_step_once")]

    def __str__(self) -> str:
        return self.key


class TerritoryDepartment(Record):
    """A département that the landlord counts inside a territory of its own, such as « Rhône-Isère »."""

    department = models.CharField(max_length=3, unique=True, help_text="Code of the département")
    territory = models.CharField(max_length=80)

    class Meta:
        constraints = [CheckConstraint(name="territory_name", condition=~Q(territory=""))]

    def __str__(self) -> str:
        return f"{self.territory} ({self.department})"


class Rehousing(Record):
    """Somebody must leave within hours: what home they need, where never. Seen through its confidential case alone."""

    case = models.OneToOneField(Case, models.CASCADE, related_name="+")
    people = models.PositiveSmallIntegerField(help_text="Who will live there")
    smallest = models.CharField(max_length=8, choices=DwellingType)
    step_free = models.BooleanField(default=False, help_text="Ground floor or lift")
    other_commune = models.BooleanField(default=False, help_text="Never in the commune of today")
    avoided = ArrayField(
        models.CharField(max_length=5), default=list, blank=True, help_text="INSEE codes where danger is known to be"
    )
    state = models.CharField(max_length=10, choices=RehousingState, default=RehousingState.SEARCHING)
    moved_on = models.DateField(null=True, blank=True)
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            CheckConstraint(name="rehousing_state", condition=Q(state__in=RehousingState.values)),
            CheckConstraint(name="rehousing_people", condition=Q(people__gte=1, people__lte=15)),
            CheckConstraint(
                name="rehousing_moved",
                condition=Q(state="moved", moved_on__isnull=False) | ~Q(state="moved") & Q(moved_on=None),
            ),
        ]

    def __str__(self) -> str:
        return str(self.case_id)


class HomeHold(Record):
    """A vacant home kept for one rehousing until an hour: one home for one, one for each."""

    rehousing = models.ForeignKey(Rehousing, models.CASCADE, related_name="holds", db_index=False)
    dwelling = models.ForeignKey(Dwelling, models.CASCADE, related_name="+", db_index=False)
    held_at = models.DateTimeField()
    held_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    until = models.DateTimeField()
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["dwelling"], name="home_hold_one_each", condition=Q(released_at=None)),
            UniqueConstraint(fields=["rehousing"], name="home_hold_one", condition=Q(released_at=None)),
            CheckConstraint(name="home_hold_span", condition=Q(until__gt=F("held_at"))),
        ]
        indexes = [
            models.Index(fields=["until"], name="home_hold_due", condition=Q(released_at=None)),
            models.Index(fields=["rehousing"], name="home_hold_of"),
        ]

    def __str__(self) -> str:
        return str(self.rehousing_id)


class EntryStep(Record):
    """A step of the special entry that is done; one that is not has no row. The steps: `rules.rehousing`."""

    rehousing = models.ForeignKey(Rehousing, models.CASCADE, related_name="steps", db_index=False)
    key = models.CharField(max_length=20)
    done_at = models.DateTimeField()
    done_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)

    class Meta:
        constraints = [UniqueConstraint(fields=["rehousing", "key"], name="entry_step_once")]

    def __str__(self) -> str:
        return self.key
