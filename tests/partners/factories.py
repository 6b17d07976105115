"""Invented structures and services, in the data·inclusion schema."""

from datetime import date

import factory
from factory.django import DjangoModelFactory

from bienveille.register.partners.models import Service, Structure


class StructureFactory(DjangoModelFactory):
    """A town social centre of Villeurbanne."""

    class Meta:
        model = Structure

    id = factory.Sequence(lambda n: f"bienveille--ccas-{n}")
    nom = factory.Sequence(lambda n: f"CCAS de Villeurbanne {n}")
    source = "bienveille"
    date_maj = date(2026, 9, 1)
    commune = "Villeurbanne"
    code_postal = "69100"
    code_insee = "69266"
    telephone = "+33472000000"
    reseaux_porteurs = ["ccas-cias"]


class ServiceFactory(DjangoModelFactory):
    """Meals brought home, for Villeurbanne; `zone_eligibilite=[…]` for elsewhere."""

    class Meta:
        model = Service

    structure = factory.SubFactory(StructureFactory)
    id = factory.Sequence(lambda n: f"bienveille--ccas-s{n}")
    nom = "Portage de repas à domicile"
    description = "Repas livrés à domicile, sur appel d’un professionnel ou de l’usager."
    type = "aide-materielle"
    source = "bienveille"
    date_maj = date(2026, 9, 1)
    thematiques = ["equipement-et-alimentation--alimentation", "equipement-et-alimentation--aide-menagere"]
    publics = ["seniors"]
    commune = "Villeurbanne"
    code_postal = "69100"
    code_insee = "69266"
    zone_eligibilite = ["69266"]
    telephone = "+33472000000"
    modes_accueil = ["a-distance"]
    modes_mobilisation = ["telephoner"]
    mobilisable_par = ["professionnels", "usagers"]
