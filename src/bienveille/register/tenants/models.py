"""The people who live in the homes and how to reach them. Calls made to them live in the engines above.

A household is the unit of contact: those who live under one housing lease. Nothing here says what somebody
suffers from; a mark is a fact useful for care, and it ends.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import CheckConstraint, F, GeneratedField, Q, TextField, UniqueConstraint
from django.db.models.functions import Left, Length
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual

from bienveille.ground.lib.names import spelled
from bienveille.ground.platform.records import Record, RecordManager
from bienveille.ground.platform.sealed_fields import SealedTextField
from bienveille.ground.platform.text_search import SearchName, SimpleVector
from bienveille.register.accounts.models import User
from bienveille.register.housing.models import Dwelling
from bienveille.register.tenants.choices import (
    ContactKind,
    ContactStatus,
    DayPart,
    FactSource,
    LeaseKind,
    MaritalStatus,
    MarkKind,
    PersonRole,
    Title,
)


class Household(Record):
    """Those who live under one housing lease. `dwelling` is today's home, empty once they have left."""

    dwelling = models.ForeignKey(Dwelling, models.PROTECT, null=True, blank=True, related_name="households")
    name = models.CharField(
        max_length=250, help_text="How the household is called: title, first and last name of the holder"
    )
    closed_on = models.DateField(null=True, blank=True, help_text="Day they left; the row stays for its history")
    created_at = models.DateTimeField(auto_now_add=True, db_default=models.functions.Now())

    class Meta:
        constraints = [
            CheckConstraint(
                name="household_home_or_left",
                condition=Q(dwelling__isnull=False) | Q(closed_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        """The name as screens show it: each word of an export in capitals gets its own case."""
        return " ".join(spelled(word) for word in self.name.split(" "))


class Lease(Record):
    """A contract. Only a housing lease makes a household; a garage is kept so that nothing is counted twice.

    A lease runs until the day before `exit` is past: `exit` is the last day, open when null.
    """

    number = models.CharField(max_length=40)
    kind = models.CharField(max_length=12, choices=LeaseKind, default=LeaseKind.HOUSING)
    household = models.ForeignKey(Household, models.PROTECT, null=True, blank=True, related_name="leases")
    dwelling = models.ForeignKey(Dwelling, models.PROTECT, null=True, blank=True, related_name="leases")
    dwelling_code = models.CharField(max_length=40, blank=True, help_text="As written in the contract")
    entry = models.DateField(null=True, blank=True)
    exit = models.DateField(null=True, blank=True)
    # What imports remember, so that an export whose rows have not changed is read in a moment.
    erp_signature = models.BigIntegerField(
        null=True, blank=True, editable=False, help_text="Of the rows last read; null: they are read again"
    )
    erp_people = models.PositiveSmallIntegerField(
        default=0, db_default=0, editable=False, help_text="People whom those rows list as living there"
    )
    erp_due_on = models.DateField(
        null=True, blank=True, editable=False, help_text="First day on which the same rows mean something else"
    )
    erp_absent_on = models.DateField(
        null=True, blank=True, editable=False, help_text="Day a complete export no longer listed it; null when it does"
    )
    # What remains of it once its people are erased: dates and a home, for the figures of entries, exits and vacancy.
    erased_on = models.DateField(
        null=True, blank=True, editable=False, help_text="Day its people were erased; its number is then a digest"
    )
    same_people = models.UUIDField(
        null=True,
        blank=True,
        editable=False,
        help_text="First lease of the same people in that home, once some are erased: a renewal is no move",
    )

    class Meta:
        constraints = [
            # Not `unique=True`: Django would keep a second index, for searches by the first letters that nobody makes.
            UniqueConstraint(fields=["number"], name="lease_number_once"),
            CheckConstraint(
                name="lease_exit_after_entry",
                condition=Q(exit=None) | Q(entry=None) | Q(exit__gte=F("entry")),
            ),
            CheckConstraint(name="lease_housing_has_home", condition=~Q(kind="housing") | Q(dwelling__isnull=False)),
            CheckConstraint(name="lease_kind", condition=Q(kind__in=LeaseKind.values)),
            CheckConstraint(name="lease_erased", condition=Q(erased_on=None) | Q(household=None)),
        ]
        indexes = [models.Index(fields=["erased_on"], name="lease_erased_on", condition=Q(erased_on__isnull=False))]

    def __str__(self) -> str:
        return self.number


class Person(Record):
    """Somebody of a household. `left_on` and `deceased` close without deleting.

    A row merged into another keeps its `erp_key`: the landlord's file still finds it, and imports leave it alone.
    """

    household = models.ForeignKey(Household, models.CASCADE, related_name="people", db_index=False)
    erp_key = models.CharField(
        max_length=300,
        null=True,
        blank=True,
        help_text="Key of the row in the landlord's exports; null when added by hand",
    )
    title = models.CharField(max_length=4, choices=Title, blank=True)
    last_name = models.CharField(max_length=100)
    first_name = models.CharField(max_length=100, blank=True)
    birth_date = models.DateField(null=True, blank=True)
    role = models.CharField(max_length=10, choices=PersonRole, default=PersonRole.OCCUPANT)
    marital_status = models.CharField(max_length=12, choices=MaritalStatus, blank=True)
    languages = ArrayField(
        models.CharField(max_length=8),
        default=list,
        blank=True,
        help_text="ISO 639-1, best first; empty when unknown",
    )
    best_time = models.CharField(max_length=10, choices=DayPart, blank=True)
    left_on = models.DateField(null=True, blank=True)
    deceased = models.BooleanField(default=False)
    deceased_on = models.DateField(null=True, blank=True, help_text="Unknown day: null")
    opposed_on = models.DateField(
        null=True, blank=True, help_text="Day this person objected to being called (GDPR art. 21)"
    )
    protected_address = models.BooleanField(default=False, help_text="Nobody may learn where this person lives")
    erp_fingerprint = models.BigIntegerField(
        null=True,
        blank=True,
        editable=False,
        help_text="Fingerprint of the row last read for this person; the same row read again changes nothing",
    )
    file_said = models.JSONField(
        default=dict,
        db_default=models.Value({}, output_field=models.JSONField()),
        blank=True,
        help_text="What the landlord's file said of the fields corrected here: they stay until it says something else",
    )
    merged_into = models.ForeignKey(
        "self",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="merged_rows",
        db_index=False,
        help_text="The row that speaks for this person since somebody said that both were one; never a chain",
    )
    merged_at = models.DateTimeField(null=True, blank=True)
    merged_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    search: GeneratedField = GeneratedField(
        expression=SearchName("last_name", "first_name"), output_field=TextField(), db_persist=True
    )

    class Meta:
        verbose_name_plural = "people"
        constraints = [
            UniqueConstraint(fields=["erp_key"], name="person_erp_key_once"),
            CheckConstraint(name="person_has_name", condition=~Q(last_name="")),
            CheckConstraint(name="person_birth", condition=Q(birth_date=None) | Q(birth_date__gt="1900-01-01")),
            CheckConstraint(name="person_deceased", condition=Q(deceased_on=None) | Q(deceased=True)),
            CheckConstraint(name="person_title", condition=Q(title__in=["", *Title.values])),
            CheckConstraint(name="person_role", condition=Q(role__in=PersonRole.values)),
            CheckConstraint(name="person_marital", condition=Q(marital_status__in=["", *MaritalStatus.values])),
            # A row merged into another has left: whatever looks for who is there does not find it. Migration 0005 has
            # the trigger that refuses chains.
            CheckConstraint(
                name="person_merged_has_left",
                condition=Q(merged_into=None, merged_at=None, merged_by=None)
                | Q(merged_into__isnull=False, merged_at__isnull=False, merged_by__isnull=False, left_on__isnull=False),
            ),
            CheckConstraint(name="person_merged_elsewhere", condition=Q(merged_into=None) | ~Q(merged_into=F("id"))),
        ]
        indexes = [
            # Who may be inscribed twice: born the same day, names that begin alike (`queries.possible_doubles`).
            models.Index(
                F("birth_date"), Left("search", 4), name="person_birth", condition=Q(birth_date__isnull=False)
            ),
            models.Index(fields=["id"], name="person_corrected", condition=~Q(file_said={})),
            # Namesakes in one lease, told apart by a number at the end of the key: few, looked for every night.
            models.Index(fields=["erp_key"], name="person_numbered", condition=Q(erp_key__contains="#")),
            models.Index(fields=["merged_into"], name="person_merged", condition=Q(merged_into__isnull=False)),
            # Also the foreign key's index. It holds all that audiences sum up by household: they never read the rows.
            models.Index(
                fields=["household"],
                include=["id", "birth_date", "left_on", "opposed_on", "deceased", "protected_address"],
                name="person_care",
            ),
            GinIndex(SimpleVector("search"), name="person_words"),
            models.Index(OpClass(F("search"), "text_pattern_ops"), name="person_prefix"),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        names = (spelled(self.first_name), spelled(self.last_name))
        return " ".join(filter(None, [self.get_title_display(), *names]))


class ContactPoint(Record):
    """A number (E.164) or an address at which a person answers, whose it is, and whether it may be used."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="contact_points", db_index=False)
    kind = models.CharField(max_length=8, choices=ContactKind)
    value = models.CharField(max_length=254)
    whose = models.CharField(
        max_length=60, blank=True, help_text="Empty: the person's own; else « sa fille », « voisine »"
    )
    status = models.CharField(max_length=12, choices=ContactStatus, default=ContactStatus.VALID)
    source = models.CharField(max_length=8, choices=FactSource, default=FactSource.ERP)
    status_changed_at = models.DateTimeField(null=True, blank=True)
    status_changed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    verified_on = models.DateField(null=True, blank=True, help_text="Last day somebody was really reached there")

    class Meta:
        constraints = [
            UniqueConstraint(fields=["person", "kind", "value"], name="contact_point_once"),
            CheckConstraint(
                name="contact_point_value",
                # The length apart: a repetition with bounds costs six times as much; imports write millions of numbers.
                condition=Q(
                    GreaterThanOrEqual(Length("value"), 4),
                    LessThanOrEqual(Length("value"), 16),
                    kind="phone",
                    value__regex=r"^\+[0-9]+$",
                )
                | Q(kind="email", value__contains="@"),
            ),
            CheckConstraint(name="contact_point_status", condition=Q(status__in=ContactStatus.values)),
        ]
        # The foreign key's index is the one of `contact_point_once`.
        indexes = [
            models.Index(
                fields=["person"],
                name="contact_point_refused",
                condition=Q(source="erp", status__in=["wrong", "stop"], status_changed_by__isnull=False),
            ),
            models.Index(fields=["person"], name="contact_point_added", condition=~Q(source="erp")),
            models.Index(fields=["value"], name="contact_point_value"),
            models.Index(
                fields=["person", "kind"],
                name="contact_point_usable",
                condition=Q(status__in=[ContactStatus.VALID, ContactStatus.UNVERIFIED]),
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class Relative(Record):
    """A relative or carer whom the person agreed we may call."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="relatives")
    name = models.CharField(max_length=150)
    relation = models.CharField(max_length=60, blank=True, help_text="« sa fille », « son voisin »")
    phone = models.CharField(max_length=16, blank=True, help_text="E.164")
    email = models.EmailField(blank=True)
    agreed_on = models.DateField(null=True, blank=True, help_text="Day the person agreed")

    class Meta:
        constraints = [
            CheckConstraint(name="relative_phone", condition=Q(phone="") | Q(phone__regex=r"^\+\d{3,15}$")),
            CheckConstraint(name="relative_reachable", condition=~Q(phone="") | ~Q(email="")),
        ]

    def __str__(self) -> str:
        return self.name


class CallWish(Record):
    """When a household asks to be called, or to be written to instead: what they said, never why."""

    household = models.OneToOneField(Household, models.CASCADE, related_name="call_wish")
    not_on = ArrayField(
        models.PositiveSmallIntegerField(), default=list, blank=True, help_text="Days without calls, Monday is 1"
    )
    parts = ArrayField(
        models.CharField(max_length=10, choices=DayPart),
        default=list,
        blank=True,
        help_text="Parts of the day that suit; empty: any",
    )
    in_writing = models.BooleanField(default=False, help_text="Prefers to be written to: nobody calls")
    source = models.CharField(max_length=8, choices=FactSource)
    said_on = models.DateField()
    noted_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)

    class Meta:
        verbose_name_plural = "call wishes"
        constraints = [
            CheckConstraint(
                name="call_wish_says_something", condition=~Q(not_on=[]) | ~Q(parts=[]) | Q(in_writing=True)
            ),
            CheckConstraint(name="call_wish_days", condition=Q(not_on__contained_by=[1, 2, 3, 4, 5, 6, 7])),
            CheckConstraint(name="call_wish_parts", condition=Q(parts__contained_by=DayPart.values)),
        ]

    def __str__(self) -> str:
        return str(self.household_id)


class Mark(Record):
    """A fact useful for care, with its source, its date and the day it stops being believed."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="marks")
    kind = models.CharField(max_length=24, choices=MarkKind)
    source = models.CharField(max_length=8, choices=FactSource)
    purpose = models.CharField(max_length=60, blank=True, help_text="Purpose for which a sensitive fact was agreed to")
    noted_on = models.DateField()
    expires_on = models.DateField()
    noted_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            CheckConstraint(name="mark_ends", condition=Q(expires_on__gt=F("noted_on"))),
            CheckConstraint(name="mark_kind", condition=Q(kind__in=MarkKind.values)),
            UniqueConstraint(fields=["person", "kind"], name="mark_once"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class KnownApart(Record):
    """Two people who look like one, and whom somebody told apart: no longer suggested. `first` < `second`."""

    first = models.ForeignKey(Person, models.CASCADE, related_name="+")
    second = models.ForeignKey(Person, models.CASCADE, related_name="+")
    said_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    said_at = models.DateTimeField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["first", "second"], name="known_apart_once"),
            CheckConstraint(name="known_apart_order", condition=Q(first__lt=F("second"))),
        ]


class Merge(Record):
    """Two rows that somebody said are one person. `before`: what each held, so that it can be undone exactly."""

    kept = models.ForeignKey(Person, models.CASCADE, related_name="merges")
    gone = models.ForeignKey(Person, models.CASCADE, related_name="merged_away")
    merged_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    merged_at = models.DateTimeField()
    reason = SealedTextField(max_length=300, blank=True)
    before = models.JSONField(help_text="Both rows, their contact points, marks and relatives, before and after")
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            CheckConstraint(name="merge_two_people", condition=~Q(kept=F("gone"))),
            CheckConstraint(
                name="merge_undone_by_somebody",
                condition=Q(undone_by=None, undone_at=None) | Q(undone_by__isnull=False, undone_at__isnull=False),
            ),
            UniqueConstraint(fields=["gone"], name="merge_once", condition=Q(undone_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.gone_id} → {self.kept_id}"


class FieldCorrection(Record):
    """Who corrected a field that the landlord's file has wrong, when, on whose word: one for each source.

    What the file says is in `Person.file_said`, what is true here in the person's own field: here are who and when.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="corrections", db_index=False)
    field = models.CharField(max_length=20)
    source = models.CharField(max_length=8, choices=FactSource)
    value = models.CharField(max_length=300, blank=True, help_text="As text: what that source said")
    by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["person", "field", "source"], name="field_correction_once"),
            CheckConstraint(name="field_correction_source", condition=~Q(source="erp")),
        ]

    def __str__(self) -> str:
        return self.field


class ErpCorrection(models.Model):
    """One thing that the landlord's file should change: a view over corrected fields, refused and added numbers."""

    id = models.UUIDField(primary_key=True)
    person = models.ForeignKey(Person, models.DO_NOTHING, related_name="+", db_constraint=False)
    field = models.CharField(max_length=20, help_text="A field of the person, or `phone`, or `email`")
    in_file = models.TextField(help_text="What the landlord's file says; empty when it says nothing")
    here = models.TextField(help_text="What is true here; `wrong` or `stop` for a number that is refused")
    by = models.ForeignKey(User, models.DO_NOTHING, null=True, related_name="+", db_constraint=False)
    at = models.DateTimeField(null=True)
    source = models.CharField(max_length=8, choices=FactSource)

    objects = RecordManager()

    class Meta:
        managed = False
        db_table = "tenants_erpcorrection"

    def __str__(self) -> str:
        return self.field
