"""Closed lists of this package: English value, French label."""

from django.db.models import TextChoices


class Extent(TextChoices):
    """How far a service goes, as somebody says it; kept as the codes of `zone_eligibilite`."""

    COMMUNE = "commune", "La commune du partenaire"
    EPCI = "epci", "Son intercommunalité"
    DEPARTMENT = "department", "Son département"
    COUNTRY = "country", "Toute la France"
    CHOSEN = "chosen", "D’autres communes, à nommer"


class Cost(TextChoices):
    """Codes of the data·inclusion schema."""

    FREE = "gratuit", "Gratuit"
    PAID = "payant", "Payant"


#: How near a coverage is, in words: 0 the commune, 3 all of France.
NEARNESS = ("Pour la commune", "Pour l’intercommunalité", "Pour le département", "Pour toute la France")

#: Networks that people know by name (codes of the schema); the others are shown by their code.
NETWORKS = {
    "aidants-connect": "Aidants Connect",
    "banques-alimentaires": "Banque alimentaire",
    "caf": "Caisse d’allocations familiales",
    "ccas-cias": "Centre d’action sociale",
    "cidff": "Droits des femmes et des familles",
    "communes": "Mairie",
    "conseillers-numeriques": "Conseiller numérique",
    "cpam": "Assurance maladie",
    "croix-rouge": "Croix-Rouge",
    "departements": "Service du département",
    "emmaus": "Emmaüs",
    "france-service": "France Services",
    "maisons-des-solidarites": "Maison des solidarités",
    "mdph": "Maison du handicap",
    "mutualite-sociale-agricole": "Mutualité sociale agricole",
    "points-conseil-budget": "Point conseil budget",
    "points-justice": "Point justice",
    "restos-du-coeur": "Restos du cœur",
    "secours-populaire": "Secours populaire",
    "unaf": "Union des associations familiales",
}
