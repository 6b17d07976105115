"""Who reads confidential cases: the two people named for an agency, the seats of each case, when a name is wanted."""

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from bienveille.engines.cases.models.cases import Case
from bienveille.ground.platform.records import Record
from bienveille.register.accounts.models import Agency, User


class CaseReader(Record):
    """Somebody named to read one confidential case; the first is told before the second."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="seats")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    rank = models.PositiveSmallIntegerField(default=1, help_text="1 is told first")
    named_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["case", "user"], name="case_reader_once"),
            UniqueConstraint(fields=["case", "rank"], name="case_reader_rank"),
            CheckConstraint(name="case_reader_two", condition=Q(rank__gte=1, rank__lte=2)),
        ]


class ReaderPair(Record):
    """The two people who read the confidential cases of an agency, or of the whole landlord, chosen by a director."""

    agency = models.ForeignKey(
        Agency, models.CASCADE, null=True, blank=True, related_name="+", help_text="Null: the whole landlord"
    )
    first = models.ForeignKey(User, models.PROTECT, related_name="+")
    second = models.ForeignKey(User, models.PROTECT, related_name="+")
    named_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["agency"], name="reader_pair_once", nulls_distinct=False),
            CheckConstraint(name="reader_pair_two", condition=~Q(first=F("second"))),
        ]


class ReaderWanted(Record):
    """One day, nobody named for an agency could read: the direction was told, without a word of what waits."""

    agency = models.ForeignKey(
        Agency, models.CASCADE, null=True, blank=True, related_name="+", help_text="Null: the whole landlord"
    )
    day = models.DateField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [UniqueConstraint(fields=["agency", "day"], name="reader_wanted_once", nulls_distinct=False)]
