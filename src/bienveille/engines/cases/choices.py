"""Closed lists of this package: English value, French label."""

from django.db.models import TextChoices


class Grade(TextChoices):
    """How grave a person judged the situation; never a program."""

    GREEN = "green", "Vert"
    YELLOW = "yellow", "Jaune"
    ORANGE = "orange", "Orange"
    RED = "red", "Rouge"


class CaseKind(TextChoices):
    """What a case is about; `rules.procedures` says how each is followed."""

    WELFARE = "welfare", "Situation d’un ménage"
    RESIDENCE = "residence", "Situation d’une résidence"
    CONFIDENTIAL = "confidential", "Situation confidentielle"


class CaseState(TextChoices):
    NEW = "new", "À prendre en charge"
    FOLLOWED = "followed", "Suivie"
    CLOSED = "closed", "Close"


class ActionKind(TextChoices):
    """What happened to a case. The first six are noted by hand; the others are written by what was done."""

    CALL = "call", "Appel"
    VISIT = "visit", "Visite"
    LETTER = "letter", "Courrier"
    REFERRAL = "referral", "Orientation vers un partenaire"
    MEETING = "meeting", "Rendez-vous"
    NOTE = "note", "Note"
    SIGNALLED = "signalled", "Situation signalée"
    TAKEN = "taken", "Prise en charge"
    LEFT = "left", "Rendue"
    HANDED = "handed", "Relais passé"
    CLOSED = "closed", "Close"
    REOPENED = "reopened", "Rouverte"


class CaseOutcome(TextChoices):
    """How a case ended."""

    HELPED = "helped", "Le besoin est couvert"
    PARTNER = "partner", "Un partenaire a pris le relais"
    NOTHING = "nothing", "Rien à faire après vérification"
    DECLINED = "declined", "La personne ne souhaite pas d’aide"
    UNREACHED = "unreached", "La personne est restée injoignable"
    MOVED = "moved", "La personne a déménagé"
    DECEASED = "deceased", "La personne est décédée"
    UNDONE = "undone", "L’appel qui l’avait ouverte est annulé"


class AlertChannel(TextChoices):
    """By which way somebody is alerted."""

    EMAIL = "email", "E-mail"
    SCREEN = "screen", "Écran"


class ReferralState(TextChoices):
    """Where a referral to a partner stands."""

    PROPOSED = "proposed", "Préparée"
    REFUSED = "refused", "Refusée par la personne"
    SENT = "sent", "Envoyée"
    ACKNOWLEDGED = "acknowledged", "Reçue par le partenaire"
    CLOSED = "closed", "Terminée"
    WITHDRAWN = "withdrawn", "Retirée"


class Agreement(TextChoices):
    """What was answered once the words were read out."""

    CONSENT = "consent", "La réponse est oui"
    NON_OBJECTION = "non_objection", "Pas d’opposition"
    REFUSED = "refused", "La réponse est non"


class SaidBy(TextChoices):
    PERSON = "person", "La personne elle-même"
    REPRESENTATIVE = "representative", "Son représentant légal"


class SafeChannel(TextChoices):
    """How a partner reaches somebody whose address never leaves."""

    PHONE = "phone", "Par le téléphone de la personne, à son seul numéro"
    THROUGH_US = "through_us", "Par nous seulement : ni adresse ni numéro ne partent"


class PartnerAnswer(TextChoices):
    """What a partner answers."""

    WILL_HELP = "will_help", "Nous allons aider"
    HELPED = "helped", "L’aide est en place"
    LATER = "later", "Plus tard : il y a une attente"
    UNREACHED = "unreached", "Nous n’arrivons pas à joindre la personne"
    DECLINED = "declined", "La personne ne souhaite pas notre aide"
    NOT_US = "not_us", "Cette demande n’est pas pour nous"


class WithdrawalReason(TextChoices):
    CHANGED_MIND = "changed_mind", "La personne a changé d’avis"
    SOLVED = "solved", "Le besoin est couvert autrement"
    NO_ANSWER = "no_answer", "Le partenaire ne répond pas"
    MISTAKE = "mistake", "Erreur de partenaire ou de saisie"
    LEFT = "left", "La personne n’habite plus là, ou est décédée"


class CodeChannel(TextChoices):
    """By which way the one-time code goes; text messages wait for the engine that sends them."""

    EMAIL = "email", "E-mail"
    SMS = "sms", "SMS"


class RegisterState(TextChoices):
    """Where a request to a town hall's register of frail people stands."""

    TO_SEND = "to_send", "À envoyer"
    REFUSED = "refused", "Refusée par la personne"
    SENT = "sent", "Envoyée"
    ACKNOWLEDGED = "acknowledged", "Accusée par la mairie"
    REMOVED = "removed", "Radiée"


class RegisterRemoval(TextChoices):
    CHANGED_MIND = "changed_mind", "La personne ne veut plus y être"
    MOVED = "moved", "La personne a déménagé"
    DECEASED = "deceased", "La personne est décédée"
    PROTECTED = "protected", "Son adresse est maintenant protégée"
    MISTAKE = "mistake", "Erreur de saisie"
