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
