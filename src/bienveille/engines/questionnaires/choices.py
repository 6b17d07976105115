"""The kinds of questions and the needs a call may reveal; what answers each need is in rules."""

from django.db.models import TextChoices

#: The short loneliness scale: asked only where a campaign switched it on, so in no list of guides.
LONELINESS = "short-loneliness"


class QuestionKind(TextChoices):
    TEXT = "text", "Texte"
    SINGLE = "single", "Un seul choix"
    MULTIPLE = "multiple", "Plusieurs choix"
    SCALE = "scale", "Échelle"
    NUMBER = "number", "Nombre"
    DATE = "date", "Date"
    ADVICE = "advice", "Conseil à donner"


class Need(TextChoices):
    """What a person needs, never why: « portage de repas », not an illness."""

    MEALS = "meals", "Repas"
    SHOPPING = "shopping", "Courses"
    MEDICINES = "medicines", "Médicaments à aller chercher"
    COMPANY = "company", "Compagnie"
    HOME_HELP = "home_help", "Ménage, aide à domicile"
    HEATING = "heating", "Chauffage"
    COOLING = "cooling", "Fraîcheur"
    HOME_REPAIR = "home_repair", "Panne au logement"
    LIFT = "lift", "Ascenseur"
    MOBILITY = "mobility", "Déplacements"
    PAPERWORK = "paperwork", "Papiers"
    RENT = "rent", "Loyer, budget"
    DIGITAL = "digital", "Téléphone, Internet"
    CARER_RELIEF = "carer_relief", "Relais pour un proche aidant"
    HOUSING = "housing", "Changer de logement"
    VIOLENCE = "violence", "Violences"  # kept apart: only the readers of a confidential case ever see it
