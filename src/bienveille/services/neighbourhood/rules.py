"""How long somebody may be a relay, and what makes it stop. No database, no clock."""

from datetime import date, timedelta

#: A choice of the house: an agreement is asked again every year, and never holds for more than two.
USUAL = timedelta(days=365)
LONGEST = timedelta(days=730)
OF_AGE = 18


def last_day(agreed_on: date) -> date:
    """The day until which an agreement holds, unless another one was said."""
    return agreed_on + USUAL


def refusal_of(*, agreed_on: date, until: date, today: date) -> tuple[str, str]:
    """Which of these days cannot be one of an agreement, and why in French; nothing when they can."""
    if agreed_on > today:
        return "agreed_on", "L’accord se donne avant d’être noté\u00a0: choisissez aujourd’hui ou un jour passé."
    if until <= today:
        return "until", "Le dernier jour est passé\u00a0: choisissez un jour à venir."
    if until > agreed_on + LONGEST:
        return "until", "Un accord vaut deux ans au plus\u00a0: choisissez un jour plus proche."
    return "", ""
