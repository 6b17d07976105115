"""Letters on paper: a print of those that wait, its files, and the addresses that returned letters cast doubt on."""

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from bienveille.engines.messaging.choices import PrintState, PrintWay
from bienveille.engines.messaging.models.deliveries import Delivery
from bienveille.engines.messaging.models.mailings import Mailing
from bienveille.ground.platform.records import Record
from bienveille.register.accounts.models import User
from bienveille.register.tenants.models import Household


class Print(Record):
    """Letters of a mailing set together. Its key is the token of their deliveries until somebody says they left."""

    mailing = models.ForeignKey(Mailing, models.CASCADE, related_name="prints")
    way = models.CharField(max_length=8, choices=PrintWay)
    state = models.CharField(max_length=8, choices=PrintState, default=PrintState.SETTING)
    letters = models.PositiveIntegerField(default=0, help_text="How many it took")
    withheld = models.PositiveIntegerField(default=0, help_text="Of those, how many could not be written or addressed")
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField()
    handed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    handed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            CheckConstraint(name="print_way", condition=Q(way__in=PrintWay.values)),
            CheckConstraint(name="print_state", condition=Q(state__in=PrintState.values)),
            CheckConstraint(
                name="print_handed",
                condition=Q(state="handed", handed_by__isnull=False, handed_at__isnull=False)
                | ~Q(state="handed") & Q(handed_by=None, handed_at=None),
            ),
            CheckConstraint(name="print_withheld", condition=Q(withheld__lte=models.F("letters"))),
        ]

    def __str__(self) -> str:
        return f"{self.mailing_id} {self.made_at}"


class PrintFile(Record):
    """One file of a print, kept until its letters have left for a month; `stored` is empty once it is erased."""

    made_for = models.ForeignKey(Print, models.CASCADE, related_name="files")
    rank = models.PositiveIntegerField()
    name = models.CharField(max_length=150)
    residence = models.CharField(max_length=200, blank=True)
    staircase = models.CharField(max_length=100, blank=True)
    letters = models.PositiveIntegerField(default=0)
    pages = models.PositiveIntegerField(default=0)
    stored = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [UniqueConstraint(fields=["made_for", "rank"], name="print_file_once")]

    def __str__(self) -> str:
        return self.name


class AddressCheck(Record):
    """A letter came back: the household's address is to be checked, until somebody says that it is settled."""

    household = models.ForeignKey(Household, models.CASCADE, related_name="address_checks")
    delivery = models.OneToOneField(Delivery, models.CASCADE, related_name="address_check")
    noted_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    noted_at = models.DateTimeField()
    settled_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            CheckConstraint(
                name="address_check_settled",
                condition=Q(settled_by=None, settled_at=None) | Q(settled_by__isnull=False, settled_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return str(self.household_id)
