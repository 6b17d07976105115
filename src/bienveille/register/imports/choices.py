"""Closed lists of this package: English value, French label."""

from django.db.models import TextChoices


class FileKind(TextChoices):
    """What a file describes, in the order in which files are applied."""

    HOUSING = "housing", "Patrimoine"
    TENANTS = "tenants", "Locataires"
    STAFF = "staff", "Collaborateurs"
    PARTNERS = "partners", "Partenaires"


class RunState(TextChoices):
    """From files dropped on a screen to the register; the command line goes straight to the last two."""

    MAPPING = "mapping", "Colonnes à préciser"
    CHECKING = "checking", "Vérification en cours"
    READY = "ready", "À appliquer"
    APPLYING = "applying", "Application en cours"
    APPLIED = "applied", "Appliqué"
    REFUSED = "refused", "Refusé"
    CANCELLED = "cancelled", "Abandonné"


class Departures(TextChoices):
    """What becomes of those whom the register knows and the file does not list."""

    AUTO = "auto", "Les fermer, sauf s’ils sont nombreux"
    CLOSE = "close", "Les fermer\u00a0: le fichier est complet"
    KEEP = "keep", "Les garder\u00a0: le fichier est partiel"


#: States in which a job has something to do.
AT_WORK = (RunState.CHECKING, RunState.APPLYING)
#: States in which nothing more will happen by itself.
OVER = (RunState.APPLIED, RunState.REFUSED, RunState.CANCELLED)
#: States in which the files wait for somebody.
WAITING = (RunState.MAPPING, RunState.CHECKING, RunState.READY, RunState.APPLYING)


class Severity(TextChoices):
    REJECT = "reject", "Ligne rejetée"
    WARNING = "warning", "Cellule douteuse"


class Reason(TextChoices):
    """Why a row was rejected or a cell dropped. The first six reject a row; contracts.md names them."""

    EXIT_BEFORE_ENTRY = "exit_before_entry", "Sortie avant l’entrée"
    UNKNOWN_DWELLING = "unknown_dwelling", "Logement absent du patrimoine"
    MISSING_NAME = "missing_name", "Nom absent"
    MISSING_KEY = "missing_key", "Identifiant absent"
    DUPLICATE_KEY = "duplicate_key", "Déjà lu plus haut"
    TOO_FEW_COLUMNS = "too_few_columns", "Colonnes manquantes"
    TOO_MANY_COLUMNS = "too_many_columns", "Colonnes en trop"
    INVALID_RECORD = "invalid_record", "Fiche non conforme"
    UNKNOWN_STRUCTURE = "unknown_structure", "Structure inconnue"
    OWN_PARTNER = "own_partner", "Partenaire tenu à la main"
    UNKNOWN_PLACE = "unknown_place", "Lieu inconnu"
    INVALID_PHONE = "invalid_phone", "Numéro inutilisable"
    INVALID_EMAIL = "invalid_email", "Adresse inutilisable"
    PHONE_REMARK = "phone_remark", "Remarque non reprise"
    UNKNOWN_DATE = "unknown_date", "Date inconnue"
    IMPOSSIBLE_DATE = "impossible_date", "Date impossible"
    AMBIGUOUS_DATE = "ambiguous_date", "Siècle incertain"
    UNKNOWN_LANGUAGE = "unknown_language", "Langue inconnue"
    UNKNOWN_VALUE = "unknown_value", "Valeur inconnue"
    UNKNOWN_AGENCY = "unknown_agency", "Agence inconnue"
    ROLE_NOT_GRANTED = "role_not_granted", "Droit non accordé"
    LEASE_CONFLICT = "lease_conflict", "Contrat contradictoire"
    TOO_LONG = "too_long", "Texte trop long"
