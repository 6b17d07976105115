"""Closed lists of this package: English value, French label."""

from django.db.models import TextChoices


class ContactState(TextChoices):
    """Where a targeted household stands: exactly one of these, and they add up to the target."""

    WAITING = "waiting", "En attente"
    RESERVED = "reserved", "En cours d’appel"
    REACHED = "reached", "Joint"
    REFUSED = "refused", "Refus"
    UNREACHABLE = "unreachable", "Injoignable"
    WITHDRAWN = "withdrawn", "Retiré"


class Outcome(TextChoices):
    """How an attempt ended."""

    REACHED = "reached", "Joint"
    NO_ANSWER = "no_answer", "Pas de réponse"
    VOICEMAIL = "voicemail", "Message laissé"
    BUSY = "busy", "Occupé"
    WRONG_NUMBER = "wrong_number", "Faux numéro"
    CALL_LATER = "call_later", "À rappeler"
    REFUSED = "refused", "Refus"
    INTERRUPTED = "interrupted", "Interrompu"
    LANGUAGE = "language", "Autre langue"
    DECEASED = "deceased", "Décès"
    MOVED = "moved", "A déménagé"


class ClosingReason(TextChoices):
    """Why a household could not be reached, or is no longer to be called."""

    NO_ANSWER = "no_answer", "Aucune réponse après tous les essais"
    WRONG_NUMBER = "wrong_number", "Numéro faux"
    NO_PHONE = "no_phone", "Aucun numéro utilisable"
    LANGUAGE = "language", "Langue non parlée par les appelants"
    DECEASED = "deceased", "Décès"
    MOVED = "moved", "A déménagé"
    OPPOSED = "opposed", "Ne souhaite pas être appelé"
    PROTECTED = "protected", "Adresse protégée"
    WRITING = "writing", "Préfère qu’on lui écrive"
    HOURS = "hours", "Aucune heure ne convient"
    BY_HAND = "by_hand", "Retiré par un responsable"
    CLOSED = "closed", "Campagne fermée avant l’appel"


class PlannedState(TextChoices):
    PLANNED = "planned", "Prévu"
    DONE = "done", "Fait"
    CANCELLED = "cancelled", "Annulé"


class PlanState(TextChoices):
    """Where the lists of a week stand: proposed, in force, or replaced by others."""

    DRAFT = "draft", "Proposées"
    CONFIRMED = "confirmed", "En cours"
    REPLACED = "replaced", "Remplacées"


class NotListed(TextChoices):
    """Why a household is on nobody's list this week."""

    LANGUAGE = "language", "Aucun appelant ne parle sa langue"
    AGENCY = "agency", "Aucun appelant n’appelle pour son agence"
    TOGETHER = "together", "Personne qui parle sa langue n’appelle pour son agence"
    SKILL = "skill", "Aucun appelant n’a la compétence demandée"
    HARD = "hard", "Les situations difficiles sont au plus pour chacun"
    CAPACITY = "capacity", "Les heures de la semaine sont toutes prises"
    LATER = "later", "À rappeler après cette semaine"
    NOT_CALLABLE = "not_callable", "N’est plus à appeler"


class LineEnd(TextChoices):
    """Why a line left a caller's list before its call."""

    GIVEN_BACK = "given_back", "Rendu par l’appelant"
    MOVED = "moved", "Confié à quelqu’un d’autre"
    FREED = "freed", "Liste libérée"


class StopReason(TextChoices):
    """Why a caller ended a weekly call. Only the first two end it for the person too."""

    NO_LONGER_WANTED = "no_longer_wanted", "La personne ne le souhaite plus"
    NO_LONGER_NEEDED = "no_longer_needed", "Quelqu’un d’autre prend de ses nouvelles"
    CALLER_UNABLE = "caller_unable", "Je ne peux plus m’en charger"
    OTHER = "other", "Autre raison"


class Channel(TextChoices):
    PHONE = "phone", "Téléphone"
    VISIT = "visit", "Visite"


class StepKind(TextChoices):
    """What is tried beside calls for a household that nobody reached, from the lightest to the last resort."""

    OTHER_NUMBER = "other_number", "Chercher un autre numéro"
    RELATIVE = "relative", "Appeler un proche"
    VISIT = "visit", "Frapper à la porte"
    LETTER = "letter", "Laisser un courrier"
    SOCIAL_CENTRE = "social_centre", "Prévenir le CCAS"


class StepResult(TextChoices):
    """How a step ended; which ones suit which kind is in `rules.steps`."""

    SEEN_WELL = "seen_well", "Vue, va bien"
    ABSENT = "absent", "Absente"
    CALL_BACK = "call_back", "À rappeler"
    MOVED = "moved", "A déménagé"
    REFUSED = "refused", "Ne souhaite pas être appelée"
    WORRIED = "worried", "Je suis inquiet"
    NUMBER_FOUND = "number_found", "Autre numéro trouvé"
    NOTHING_FOUND = "nothing_found", "Rien trouvé"
    NO_ANSWER = "no_answer", "Pas de réponse"
    NEWS = "news", "De bonnes nouvelles par quelqu’un d’autre"
    LEFT = "left", "Courrier laissé"
    TOLD = "told", "CCAS prévenu"
