"""Who can help near a home: structures and services in the data·inclusion schema, version 1.

Fields keep the schema's own French names and codes, so that a file goes in and comes out unchanged; those in English
are this house's own. Schema: package `data-inclusion-schema`, module `v1` (Licence Ouverte 2.0).
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Case, CheckConstraint, F, Func, GeneratedField, Q, TextField, When
from django.db.models.functions import UUID7

from bienveille.ground.platform.text_search import SearchName, SimpleVector

_CODES: ArrayField = ArrayField(models.CharField(max_length=10))


class Located(models.Model):
    """Address and contact fields that structures and services share, and until when they are offered."""

    key = models.UUIDField(unique=True, db_default=UUID7(), editable=False, help_text="For addresses of pages")
    ended_on = models.DateField(null=True, blank=True, help_text="Closed by hand, or gone from its source, that day")
    source = models.CharField(max_length=100)
    date_maj = models.DateField()
    lien_source = models.URLField(max_length=500, blank=True)
    commune = models.CharField(max_length=150, blank=True)
    code_postal = models.CharField(max_length=5, blank=True)
    code_insee = models.CharField(max_length=5, blank=True, db_index=True)
    adresse = models.CharField(max_length=300, blank=True)
    complement_adresse = models.CharField(max_length=300, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    telephone = models.CharField(max_length=30, blank=True)
    courriel = models.CharField(max_length=254, blank=True)
    horaires_accueil = models.TextField(blank=True, help_text="OpenStreetMap opening_hours")

    class Meta:
        abstract = True


class Structure(Located):
    """A body that helps: a town social centre (CCAS), a charity, a service of the département."""

    id = models.CharField(primary_key=True, max_length=300, help_text="<source>--<local id>")
    nom = models.CharField(max_length=150)
    siret = models.CharField(max_length=14, blank=True)
    description = models.TextField(blank=True)
    site_web = models.URLField(max_length=500, blank=True)
    accessibilite_lieu = models.URLField(max_length=500, blank=True)
    reseaux_porteurs = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    own = models.BooleanField(default=False, help_text="Kept by hand here: no import touches it")
    notes = models.TextField(blank=True, help_text="What the staff should know before calling; never about a tenant")
    search: GeneratedField = GeneratedField(
        expression=SearchName("nom", "commune"), output_field=TextField(), db_persist=True
    )

    class Meta:
        ordering = ["nom", "id"]
        indexes = [
            GinIndex(SimpleVector(F("search")), name="structure_search"),
            models.Index(fields=["id"], name="structure_ended", condition=Q(ended_on__isnull=False)),
            models.Index(fields=["search", "id"], name="structure_by_name", condition=Q(ended_on__isnull=True)),
        ]
        constraints = [
            CheckConstraint(name="structure_own", condition=Q(own=False) | Q(id__startswith="own--")),
            CheckConstraint(name="structure_nom", condition=~Q(nom="")),
            CheckConstraint(name="structure_siret", condition=Q(siret="") | Q(siret__regex=r"^\d{14}$")),
        ]

    def __str__(self) -> str:
        return self.nom


class Service(Located):
    """What a structure offers, to whom, where. `zone_eligibilite` holds communes, EPCI, départements, "france"."""

    id = models.CharField(primary_key=True, max_length=300, help_text="<source>--<local id>")
    structure = models.ForeignKey(Structure, models.CASCADE, related_name="services")
    nom = models.CharField(max_length=150)
    description = models.TextField()
    type = models.CharField(max_length=40, blank=True)
    thematiques = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    frais = models.CharField(max_length=20, blank=True)
    frais_precisions = models.TextField(blank=True)
    publics = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    publics_precisions = models.TextField(blank=True)
    conditions_acces = models.TextField(blank=True)
    modes_accueil = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    zone_eligibilite = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    contact_nom_prenom = models.CharField(max_length=150, blank=True)
    lien_mobilisation = models.URLField(max_length=500, blank=True)
    modes_mobilisation = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    mobilisable_par = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    mobilisation_precisions = models.TextField(blank=True)
    volume_horaire_hebdomadaire = models.FloatField(null=True, blank=True)
    nombre_semaines = models.PositiveSmallIntegerField(null=True, blank=True)
    needs = ArrayField(models.CharField(max_length=20), default=list, blank=True, help_text="As somebody here said")
    # Without a zone, a service is for the commune where it stands.
    coverage: GeneratedField = GeneratedField(
        expression=Case(
            When(zone_eligibilite__len__gt=0, then=F("zone_eligibilite")),
            default=Func(F("code_insee"), template="ARRAY[%(expressions)s]", output_field=_CODES),
            output_field=_CODES,
        ),
        output_field=_CODES,
        db_persist=True,
    )
    search: GeneratedField = GeneratedField(expression=SearchName("nom"), output_field=TextField(), db_persist=True)

    class Meta:
        ordering = ["nom", "id"]
        indexes = [
            GinIndex(fields=["coverage"], name="service_coverage"),
            GinIndex(fields=["thematiques"], name="service_thematiques"),
            GinIndex(fields=["needs"], name="service_needs"),
            GinIndex(SimpleVector(F("search")), name="service_search"),
        ]

    def __str__(self) -> str:
        return self.nom
