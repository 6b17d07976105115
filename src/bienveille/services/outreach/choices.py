"""Closed lists of this package: English value, French label."""

from django.db.models import TextChoices

from bienveille.engines.cases.choices import Grade as Grade


class CampaignState(TextChoices):
    DRAFT = "draft", "En préparation"
    OPEN = "open", "Ouverte"
    PAUSED = "paused", "En pause"
    CLOSED = "closed", "Fermée"


class Purpose(TextChoices):
    """Purposes that a call campaign may serve (CNIL: one binding purpose per use of the file)."""

    WELLBEING = "wellbeing", "Prendre des nouvelles"
    HEAT_WAVE = "heat_wave", "Canicule"
    EMERGENCY = "emergency", "Coupure ou sinistre"
    SURVEY = "survey", "Enquête"


class Priority(TextChoices):
    """What puts a household before another inside a wave."""

    OLDEST_FIRST = "oldest_first", "Les plus âgés d’abord"
    OLDEST_ALONE_FIRST = "oldest_alone_first", "Les plus âgés vivant seuls d’abord"
    ALONE_FIRST = "alone_first", "Les personnes seules d’abord"
    TOP_FLOOR_FIRST = "top_floor_first", "Les étages élevés sans ascenseur d’abord"
    SILENT_SIX_MONTHS_FIRST = "silent_six_months_first", "Sans contact depuis six mois d’abord"
    LONGEST_SILENCE_FIRST = "longest_silence_first", "Le plus long silence d’abord"
    DISABILITY_FIRST = "disability_first", "Un handicap déclaré d’abord"
    WATCHED_FIRST = "watched_first", "Les résidences sous veille d’abord"


class DebriefMeans(TextChoices):
    PHONE = "phone", "Par téléphone"
    MEETING = "meeting", "De vive voix"
    MESSAGE = "message", "Par écrit"


class DebriefMoment(TextChoices):
    NOW = "now", "Dès que possible"
    TODAY = "today", "Aujourd’hui"
    TOMORROW = "tomorrow", "Demain"
    WEEK = "week", "Dans la semaine"


class DebriefState(TextChoices):
    ASKED = "asked", "Demandé"
    PLANNED = "planned", "Prévu"
    CLOSED = "closed", "Fait"


class AnsweredBy(TextChoices):
    """Who picked up the telephone."""

    RESIDENT = "resident", "Une personne du foyer"
    RELATIVE = "relative", "Un proche"
    OTHER = "other", "Quelqu’un d’autre"


class News(TextChoices):
    """What a call told of somebody who lives there."""

    MET = "met", "Parlé avec"
    HEARD_OF = "heard_of", "Des nouvelles données"
    NONE = "none", "Pas de nouvelles"


class Emotion(TextChoices):
    """What the caller heard in a conversation that is quoted; never deduced by a program, never about a person."""

    RELIEF = "relief", "Soulagement"
    JOY = "joy", "Joie"
    GRATITUDE = "gratitude", "Gratitude"
    TRUST = "trust", "Confiance"
    SURPRISE = "surprise", "Surprise"
    WORRY = "worry", "Inquiétude"
    SADNESS = "sadness", "Tristesse"
    ANGER = "anger", "Colère"
    WEARINESS = "weariness", "Lassitude"


class VerbatimState(TextChoices):
    WAITING = "waiting", "À relire"
    PUBLISHED = "published", "Publiée"
    REFUSED = "refused", "Écartée"
    WITHDRAWN = "withdrawn", "Retirée"


class VerbatimRefusal(TextChoices):
    """Why a sentence is not published."""

    RECOGNISABLE = "recognisable", "On reconnaîtrait la personne"
    SOMEBODY_ELSE = "somebody_else", "Elle parle de quelqu’un d’autre"
    PRIVATE = "private", "Elle touche à la santé ou à la vie privée"
    DOUBT = "doubt", "L’accord n’est pas certain"
    UNCLEAR = "unclear", "Hors de la conversation, on ne la comprend pas"


class AfterCall(TextChoices):
    """What a message that follows a call is about."""

    MISSED = "missed", "Nous avons essayé de vous appeler"
    AGREED = "agreed", "Ce qui est convenu"


class HalfDay(TextChoices):
    """Mornings and afternoons on which callers call."""

    MON_AM = "mon_am", "Lundi matin"
    MON_PM = "mon_pm", "Lundi après-midi"
    TUE_AM = "tue_am", "Mardi matin"
    TUE_PM = "tue_pm", "Mardi après-midi"
    WED_AM = "wed_am", "Mercredi matin"
    WED_PM = "wed_pm", "Mercredi après-midi"
    THU_AM = "thu_am", "Jeudi matin"
    THU_PM = "thu_pm", "Jeudi après-midi"
    FRI_AM = "fri_am", "Vendredi matin"
    FRI_PM = "fri_pm", "Vendredi après-midi"


class OfferState(TextChoices):
    WAITING = "waiting", "À lire"
    ACCEPTED = "accepted", "Appelle"
    DECLINED = "declined", "Remercié"


class AtEase(TextChoices):
    """With whom a volunteer says that they are at ease; nobody is asked why."""

    SENIORS = "seniors", "Des personnes très âgées"
    HEARING = "hearing", "Des personnes qui entendent mal"
    FAMILIES = "families", "Des familles"
    GRIEF = "grief", "Des personnes en deuil"
    ANGER = "anger", "Des personnes en colère"
    PAPERWORK = "paperwork", "Des démarches à expliquer"
