"""Closed lists of this package: English value, French label."""

from django.db.models import TextChoices


class LandlordKind(TextChoices):
    """Legal family of a social landlord (CCH, art. L411-2 and L481-1)."""

    OPH = "oph", "Office public de l’habitat"
    ESH = "esh", "Entreprise sociale pour l’habitat"
    SEM = "sem", "Société d’économie mixte"
    COOPERATIVE = "cooperative", "Coopérative d’HLM"


class Role(TextChoices):
    ADMINISTRATOR = "administrator", "Administrateur"
    DIRECTOR = "director", "Direction"
    AGENCY_MANAGER = "agency_manager", "Responsable d’agence"
    CALLER = "caller", "Appelant"
    SOCIAL_WORKER = "social_worker", "Travailleur social"
    BUILDING_MANAGER = "building_manager", "Gardien"
    COMMUNICATION = "communication", "Communication"
    PARTNER = "partner", "Partenaire"
    TENANT = "tenant", "Locataire"
    DEPOSITOR = "depositor", "Dépôt de fichiers (programme)"


class AuditAction(TextChoices):
    """What was done, on what: `<subject>.<verb>`."""

    HOUSEHOLD_READ = "household.read", "Fiche lue"
    HOUSEHOLD_LISTED = "household.listed", "Fiches listées"
    HOUSEHOLD_HANDED = "household.handed", "Ménage confié à un appelant"
    HOUSEHOLD_CHANGED = "household.changed", "Fiche modifiée"
    PERSON_CHANGED = "person.changed", "Personne modifiée"
    ATTEMPT_RECORDED = "attempt.recorded", "Appel enregistré"
    ATTEMPT_UNDONE = "attempt.undone", "Appel annulé"
    CONTACT_RELEASED = "contact.released", "Ménage rendu"
    CONTACT_CHANGED = "contact.changed", "Contact modifié"
    CASE_CHANGED = "case.changed", "Situation suivie"
    CAMPAIGN_CHANGED = "campaign.changed", "Campagne modifiée"
    MESSAGE_CHANGED = "message.changed", "Message modifié"
    AUDIENCE_CHANGED = "audience.changed", "Public modifié"
    QUESTIONNAIRE_CHANGED = "questionnaire.changed", "Questionnaire modifié"
    IMPORT_CHANGED = "import.changed", "Import préparé"
    IMPORT_APPLIED = "import.applied", "Import appliqué"
    ACCOUNT_CHANGED = "account.changed", "Compte modifié"
    SIGNED_IN = "account.signed_in", "Connexion"
    SIGN_IN_FAILED = "account.sign_in_failed", "Connexion refusée"
    SIGNED_OUT = "account.signed_out", "Déconnexion"
    HOUSING_CHANGED = "housing.changed", "Patrimoine modifié"
    PARTNER_CHANGED = "partner.changed", "Partenaire modifié"
    WORDING_CHANGED = "wording.changed", "Vocabulaire modifié"
    EXPORTED = "data.exported", "Données exportées"
    LARGE_FILE = "data.large_file", "Grand fichier demandé, accordé ou refusé"
    NOTES_KEY = "notes.key_changed", "Clé des notes changée"


class SealKind(TextChoices):
    """What a seal of the audit log speaks of."""

    LINES = "lines", "Traces scellées"
    PURGE = "purge", "Traces effacées à leur terme"


class AuditChannel(TextChoices):
    WEB = "web", "Écran"
    API = "api", "API"
    CLI = "cli", "Ligne de commande"
    JOB = "job", "Tâche de fond"
