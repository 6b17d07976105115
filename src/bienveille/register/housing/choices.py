"""Closed lists of this package: English value, French label."""

from django.db.models import TextChoices


class ResidenceKind(TextChoices):
    FAMILY = "family", "Logements familiaux"
    SENIOR = "senior", "Résidence seniors"
    STUDENT = "student", "Résidence étudiante"
    YOUNG_WORKERS = "young_workers", "Résidence jeunes actifs"
    SOCIAL = "social", "Résidence sociale"
    BOARDING = "boarding", "Pension de famille"
    OTHER = "other", "Autre"


class DwellingType(TextChoices):
    """Size of a home as the trade counts it; the labels are the trade's own."""

    T1 = "t1", "T1"
    T1BIS = "t1bis", "T1 bis"
    T2 = "t2", "T2"
    T3 = "t3", "T3"
    T4 = "t4", "T4"
    T5 = "t5", "T5"
    T6 = "t6", "T6"
    T7 = "t7", "T7 et plus"


class Ownership(TextChoices):
    FULL = "full", "Pleine propriété"
    CO_OWNED = "co_owned", "Copropriété"
    MANAGED = "managed", "Gestion pour un autre propriétaire"


class EnergyClass(TextChoices):
    """Energy label of a home (DPE, CCH art. L126-26)."""

    A = "a", "A"
    B = "b", "B"
    C = "c", "C"
    D = "d", "D"
    E = "e", "E"
    F = "f", "F"
    G = "g", "G"


class Occupancy(TextChoices):
    """How a home is occupied, as the national directory asks it every year (RPLS, field MODE)."""

    LET = "let", "Loué"
    VACANT = "vacant", "Vacant, proposé à la location"
    VACANT_TECHNICAL = "vacant_technical", "Vide (travaux, démolition ou vente)"
    ASSOCIATION = "association", "Confié à une association"
    OTHER = "other", "Occupé autrement"
