"""Closed lists of this package: English value, French label."""

from django.db.models import TextChoices


class Title(TextChoices):
    MRS = "mrs", "Mme"
    MR = "mr", "M."


class PersonRole(TextChoices):
    """What somebody is in the lease."""

    HOLDER = "holder", "Titulaire"
    CO_HOLDER = "co_holder", "Cotitulaire"
    OCCUPANT = "occupant", "Occupant"


class MaritalStatus(TextChoices):
    SINGLE = "single", "Célibataire"
    MARRIED = "married", "En couple, marié"
    CIVIL_UNION = "civil_union", "En couple, pacsé"
    SEPARATED = "separated", "Séparé"
    DIVORCED = "divorced", "Divorcé"
    WIDOWED = "widowed", "Veuf"


class DayPart(TextChoices):
    MORNING = "morning", "Le matin"
    AFTERNOON = "afternoon", "L’après-midi"
    EVENING = "evening", "En fin de journée"


class LeaseKind(TextChoices):
    HOUSING = "housing", "Habitation"
    PARKING = "parking", "Stationnement"
    COMMERCIAL = "commercial", "Local professionnel"
    OTHER = "other", "Autre"


class ContactKind(TextChoices):
    PHONE = "phone", "Téléphone"
    EMAIL = "email", "Adresse électronique"


class ContactStatus(TextChoices):
    """`valid`: well formed and not contradicted; `verified` facts are told by `verified_on`."""

    VALID = "valid", "Utilisable"
    UNVERIFIED = "unverified", "À vérifier"
    WRONG = "wrong", "Faux"
    STOP = "stop", "Ne plus utiliser"


class FactSource(TextChoices):
    """Who told us."""

    ERP = "erp", "Progiciel du bailleur"
    STAFF = "staff", "Collaborateur"
    CALL = "call", "Appel"
    TENANT = "tenant", "Locataire"


class MarkKind(TextChoices):
    """Facts useful for care: needs, never diagnoses."""

    LIVES_ALONE = "lives_alone", "Vit seul"
    WIDOWED = "widowed", "Veuf"
    DISABILITY_DECLARED = "disability_declared", "Handicap déclaré"
    CARER = "carer", "Aidant"
    HEAT_RISK = "heat_risk", "Sensible aux fortes chaleurs"
    POWER_DEPENDENT = "power_dependent", "Dépend d’un appareil électrique"
    HARD_OF_HEARING = "hard_of_hearing", "Entend mal"
    DOES_NOT_READ = "does_not_read", "Ne lit pas le français"
    SURROUNDED = "surrounded", "Bien entouré"
