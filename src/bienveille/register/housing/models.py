"""Where people live: communes, residences, buildings, homes. Who lives there is in `tenants`."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, F, GeneratedField, Q, TextField, UniqueConstraint

from bienveille.ground.platform.records import Record
from bienveille.ground.platform.text_search import SearchName
from bienveille.register.accounts.models import Agency, User
from bienveille.register.housing.choices import DwellingType, EnergyClass, Occupancy, Ownership, ResidenceKind


class Commune(models.Model):
    """A commune of the official geographic code, or an arrondissement of Paris, Lyon or Marseille.

    `parent` is the commune of an arrondissement: homes keep the arrondissement, joins use the parent.
    """

    code = models.CharField(primary_key=True, max_length=5, help_text="INSEE code")
    name = models.CharField(max_length=100)
    postal_codes = ArrayField(models.CharField(max_length=5), default=list, blank=True)
    department = models.CharField(max_length=3, help_text="Code of the département")
    epci = models.CharField(max_length=9, blank=True, help_text="SIREN of the EPCI")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="arrondissements")

    class Meta:
        ordering = ["name"]
        constraints = [
            CheckConstraint(name="commune_code", condition=Q(code__regex=r"^(\d{2}|2[AB])\d{3}$")),
            CheckConstraint(name="commune_epci", condition=Q(epci="") | Q(epci__regex=r"^\d{9}$")),
        ]

    def __str__(self) -> str:
        return self.name


class Epci(models.Model):
    """A grouping of communes (métropole, communauté): what its SIREN number is called."""

    code = models.CharField(primary_key=True, max_length=9, help_text="SIREN")
    name = models.CharField(max_length=150)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "EPCI"
        constraints = [CheckConstraint(name="epci_code", condition=Q(code__regex=r"^\d{9}$"))]

    def __str__(self) -> str:
        return self.name


class Residence(Record):
    """A group of homes that has one name and one address on site."""

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="residences")
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=ResidenceKind, default=ResidenceKind.FAMILY)
    address = models.CharField(max_length=200, blank=True, help_text="Number and street")
    postal_code = models.CharField(max_length=5, blank=True)
    commune = models.ForeignKey(Commune, models.PROTECT, null=True, blank=True, related_name="residences")
    in_qpv = models.BooleanField(null=True, help_text="In a priority neighbourhood; unknown when null")
    qpv_code = models.CharField(max_length=8, blank=True)
    halls = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Number of entrance halls")
    watched = models.BooleanField(default=False, help_text="Under active watch: one of its `watches` is open")
    latitude = models.FloatField(null=True, blank=True, help_text="Degrees, WGS 84; known with the longitude")
    longitude = models.FloatField(null=True, blank=True, help_text="Degrees, WGS 84")
    search: GeneratedField = GeneratedField(
        expression=SearchName("name", "code"), output_field=TextField(), db_persist=True
    )

    class Meta:
        ordering = ["name", "code"]
        constraints = [
            CheckConstraint(
                name="residence_postal_code", condition=Q(postal_code="") | Q(postal_code__regex=r"^\d{5}$")
            ),
            CheckConstraint(name="residence_kind", condition=Q(kind__in=ResidenceKind.values)),
            CheckConstraint(name="residence_qpv_code", condition=Q(qpv_code="") | Q(qpv_code__regex=r"^Q[NP]")),
            CheckConstraint(
                name="residence_place",
                condition=Q(latitude=None, longitude=None)
                | Q(latitude__gte=-90, latitude__lte=90, longitude__gte=-180, longitude__lte=180),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Watch(Record):
    """A time during which a residence is under active watch: since when, why, until when. One at a time."""

    residence = models.ForeignKey(Residence, models.CASCADE, related_name="watches")
    reason = models.CharField(max_length=300, help_text="About the place, never about a person")
    started_on = models.DateField()
    started_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    until = models.DateField(null=True, blank=True, help_text="Last day, if one was set: it ends by itself after it")
    ended_on = models.DateField(null=True, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    end_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["residence"], name="watch_one_open", condition=Q(ended_on=None)),
            CheckConstraint(name="watch_has_reason", condition=~Q(reason="")),
            CheckConstraint(name="watch_days", condition=Q(ended_on=None) | Q(ended_on__gte=F("started_on"))),
            CheckConstraint(name="watch_ended", condition=Q(ended_on__isnull=False) | Q(ended_by=None, end_reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.residence_id} {self.started_on}"


class Building(Record):
    """One building of a residence; its code is unique inside the residence and may be empty."""

    residence = models.ForeignKey(Residence, models.CASCADE, related_name="buildings")
    code = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [UniqueConstraint(fields=["residence", "code"], name="building_once")]

    def __str__(self) -> str:
        return self.code


class Dwelling(Record):
    """A home. `code` is the landlord's own key; `rpls_id` is its number in the national directory (RPLS)."""

    building = models.ForeignKey(Building, models.PROTECT, related_name="dwellings")
    code = models.CharField(max_length=40, unique=True)
    rpls_id = models.CharField(max_length=10, blank=True)
    type = models.CharField(max_length=8, choices=DwellingType, blank=True)
    surface = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True, help_text="Square metres")
    staircase = models.CharField(max_length=20, blank=True)
    floor = models.SmallIntegerField(null=True, blank=True, help_text="0 is the ground floor")
    door = models.CharField(max_length=20, blank=True)
    lift = models.BooleanField(null=True, help_text="A lift serves it; unknown when null")
    financing = models.CharField(max_length=20, blank=True, help_text="Loan family, as the landlord names it")
    dpe = models.CharField(max_length=1, choices=EnergyClass, blank=True)
    ownership = models.CharField(max_length=10, choices=Ownership, blank=True)
    occupancy = models.CharField(
        max_length=16, choices=Occupancy, blank=True, default="", db_default="", help_text="As declared; unknown: empty"
    )
    occupancy_on = models.DateField(null=True, blank=True, help_text="Day on which the declaration says it was so")
    built_in = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Year of construction")
    accessible = models.BooleanField(null=True, help_text="Fit for reduced mobility; unknown when null")

    class Meta:
        constraints = [
            UniqueConstraint(fields=["rpls_id"], name="dwelling_rpls_once", condition=~Q(rpls_id="")),
            CheckConstraint(name="dwelling_surface", condition=Q(surface=None) | Q(surface__gt=0)),
            CheckConstraint(name="dwelling_floor", condition=Q(floor=None) | Q(floor__gte=-5, floor__lte=70)),
            CheckConstraint(name="dwelling_type", condition=Q(type__in=["", *DwellingType.values])),
            CheckConstraint(name="dwelling_dpe", condition=Q(dpe__in=["", *EnergyClass.values])),
            CheckConstraint(name="dwelling_ownership", condition=Q(ownership__in=["", *Ownership.values])),
            CheckConstraint(name="dwelling_occupancy", condition=Q(occupancy__in=["", *Occupancy.values])),
            CheckConstraint(name="dwelling_built_in", condition=Q(built_in=None) | Q(built_in__gte=1500)),
        ]

    def __str__(self) -> str:
        return self.code


class ResidenceManager(Record):
    """A building manager's residences: the scope of that role, which agencies are too wide for."""

    residence = models.ForeignKey(Residence, models.CASCADE, related_name="managers")
    user = models.ForeignKey(User, models.CASCADE, related_name="residences")

    class Meta:
        constraints = [UniqueConstraint(fields=["residence", "user"], name="residence_manager_once")]
