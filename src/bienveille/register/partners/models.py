"""Who can help near a home: structures and services in the data·inclusion schema, version 1.

Fields keep the schema's own French names and codes, so that a file goes in and comes out unchanged.
Schema: package `data-inclusion-schema`, module `v1` (Licence Ouverte 2.0).
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import CheckConstraint, Q


class Located(models.Model):
    """Address and contact fields that structures and services share."""

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

    class Meta:
        ordering = ["nom", "id"]
        constraints = [
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

    class Meta:
        ordering = ["nom", "id"]
        indexes = [
            GinIndex(fields=["zone_eligibilite"], name="service_zone"),
            GinIndex(fields=["thematiques"], name="service_thematiques"),
        ]

    def __str__(self) -> str:
        return self.nom
