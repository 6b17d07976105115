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
