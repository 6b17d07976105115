"""Pure decisions of the lists of a week: its days, and in which words what could not be placed would be."""

from dataclasses import dataclass
from datetime import date, timedelta

from bienveille.engines.dispatch.choices import NotListed
from bienveille.ground.lib.typography import counted
from bienveille.services.outreach.choices import Purpose

#: Purposes whose households do not wait for the last day of somebody else's list.
URGENT = (Purpose.HEAT_WAVE, Purpose.EMERGENCY)


@dataclass(frozen=True)
class Days:
    """The first and last day of a week of lists."""

    first: date
    last: date


def this_week(today: date) -> Days:
    """From today to Sunday."""
    return Days(today, today + timedelta(days=6 - today.weekday()))


def next_week(today: date) -> Days:
    """From next Monday to its Sunday."""
    monday = today + timedelta(days=7 - today.weekday())
    return Days(monday, monday + timedelta(days=6))


def usual_week(today: date) -> str:
    """Which week is proposed first: this one until Wednesday, then the next."""
    return "this" if today.weekday() < 3 else "next"


def days_of(week: str, today: date) -> Days:
    return this_week(today) if week == "this" else next_week(today)


def what_would_change(reason: str, *, agency: str, language: str, households: int, hours: int) -> str:
    """« Agence B, 2 heures de plus »: the sentence beside those left out; empty when nothing is to be done."""
    place = f"{agency}, " if agency else ""
    tongue = f" en {language}" if language else ""
    them = counted(households, "ménage de plus", "ménages de plus")
    match reason:
        case NotListed.CAPACITY:
            return f"{place}{counted(hours, 'heure')} de plus{tongue}\u00a0: {them}."
        case NotListed.LANGUAGE | NotListed.TOGETHER:
            return f"{place}une personne qui parle {language}, {counted(hours, 'heure')}\u00a0: {them}."
        case NotListed.AGENCY:
            return f"{place}une personne qui appelle là, {counted(hours, 'heure')}\u00a0: {them}."
        case NotListed.SKILL:
            return f"{place}une personne qui a la compétence demandée\u00a0: {them}."
        case NotListed.HARD:
            return f"{place}une situation difficile de plus par personne, ou une personne de plus\u00a0: {them}."
        case NotListed.LATER:
            return "Ces ménages ont demandé un autre moment, ou viennent d’être essayés\u00a0: rien à faire."
        case NotListed.NOT_CALLABLE:
            return "Décès, départ, opposition ou aucun numéro\u00a0: leur motif est noté dès que leur tour vient."
    return ""
