"""Closed lists of this package: English value, French label."""

from enum import StrEnum

from django.db.models import TextChoices


class Channel(TextChoices):
    """Ways out. The first three reach one household; a poster and a notice speak to whoever passes."""

    EMAIL = "email", "E-mail"
    SMS = "sms", "SMS"
    LETTER = "letter", "Lettre"
    POSTER = "poster", "Affiche"
    NOTICE = "notice", "Avis"


#: Ways out that reach one household, the cheapest first.
PERSONAL = (Channel.EMAIL, Channel.SMS, Channel.LETTER)


class Reach(TextChoices):
    """How several channels go together."""

    FIRST = "first", "Le premier qui joint"
    ALL = "all", "Tous à la fois"


class MailingState(TextChoices):
    DRAFT = "draft", "Brouillon"
    ASKED = "asked", "À relire par une autre personne"
    READY = "ready", "Prêt"
    SENDING = "sending", "Envoi en cours"
    PAUSED = "paused", "En pause"
    STOPPED = "stopped", "Arrêté"
    DONE = "done", "Terminé"


class DeliveryState(TextChoices):
    """A message is in exactly one state; those of a mailing add up to its target."""

    WAITING = "waiting", "À envoyer"
    SENDING = "sending", "Envoi en cours"
    SENT = "sent", "Envoyé"
    DELIVERED = "delivered", "Remis"
    BOUNCED = "bounced", "Revenu"
    REFUSED = "refused", "Refusé"
    STOPPED = "stopped", "Retenu"
    UNKNOWN = "unknown", "Sort inconnu"
    COVERED = "covered", "Même numéro qu’un autre ménage"
    UNREACHABLE = "unreachable", "Aucun moyen de joindre"
    CANCELLED = "cancelled", "Annulé"


class Withheld(TextChoices):
    """Why a message did not leave, or will not arrive."""

    STOP = "stop", "Ne veut plus de messages ici"
    OPPOSED = "opposed", "S’oppose à être contacté"
    DECEASED = "deceased", "Décès"
    PROTECTED = "protected", "Adresse protégée"
    LEFT = "left", "A quitté le logement"
    CHANGED = "changed", "L’adresse a changé"
    TOO_OFTEN = "too_often", "Trop d’essais"
    PROVIDER = "provider", "Refus de l’opérateur"
    EMPTY = "empty", "Texte incomplet pour ce ménage"
    MAILING = "mailing", "Envoi arrêté"
    HELD = "held", "N’a plus lieu d’être"


class TextKind(TextChoices):
    """What a text is about, to find it in the list."""

    SAFETY = "safety", "Sécurité"
    SERVICE = "service", "Services et travaux"
    NEIGHBOURS = "neighbours", "Vie de la résidence"
    CALLS = "calls", "Autour des appels"


class LineKind(TextChoices):
    """Whom a number reaches."""

    OFFICE = "office", "Agence, aux heures d’ouverture"
    ON_CALL = "on_call", "Astreinte, nuit et week-end"


class StopWay(TextChoices):
    """How somebody asked for no more messages."""

    ANSWER = "answer", "Réponse STOP"
    LINK = "link", "Lien de désinscription"
    COMPLAINT = "complaint", "Plainte chez l’opérateur"
    STAFF = "staff", "Demande faite à un collaborateur"


class Outcome(StrEnum):
    """What became of one message: LATER certainly did not leave; UNKNOWN may have."""

    SENT = "sent"
    REFUSED = "refused"
    LATER = "later"
    UNKNOWN = "unknown"


class PrintWay(TextChoices):
    """How printed letters go on: carried to the boxes by our own people, or given to a postal platform."""

    CARRIED = "carried", "À porter dans les boîtes"
    POSTED = "posted", "Pour un prestataire postal"


class PrintState(TextChoices):
    SETTING = "setting", "Mise en page en cours"
    READY = "ready", "Prêtes à imprimer"
    HANDED = "handed", "Remises"
    FAILED = "failed", "À refaire"


class SenderMatch(TextChoices):
    """Whether the number or address of a message received tells whose it is."""

    ONE = "one", "Ménage reconnu"
    SEVERAL = "several", "Plusieurs ménages possibles"
    NONE = "none", "Expéditeur inconnu"
    CHOSEN = "chosen", "Ménage choisi"


class InboxState(TextChoices):
    OPEN = "open", "À traiter"
    DONE = "done", "Traité"


class Paper(TextChoices):
    A4 = "a4", "A4"
    A3 = "a3", "A3"
