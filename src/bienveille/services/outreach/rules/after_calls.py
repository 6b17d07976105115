"""What a message that follows a call says, and when it leaves: no database, no clock."""

from datetime import date, timedelta

from bienveille.engines.dispatch.choices import Outcome
from bienveille.ground.lib.typography import calendar_day, phone

#: A message waits so long: the call may be taken back, or the same person answer another one.
WAIT = timedelta(minutes=10)
#: Nobody answered and no words were left: a voicemail has said it already.
MISSED = (Outcome.NO_ANSWER, Outcome.BUSY)
_PARTS = {"morning": "le matin", "afternoon": "l’après-midi"}


def agreed_words(*, landlord: str, next_on: date | None, when: str, weekly: bool, office: str) -> str:
    """What was agreed, without a word of what was told: the next call, the number to dial. Empty: nothing to say.

    Anybody in the home may read it. `when`: morning, afternoon or HH:MM. `office`: E.164.
    """
    parts = []
    if next_on is not None:
        at = _PARTS.get(when) or (f"à {when.replace(':', ' h ')}" if when else "")
        day = f"le {calendar_day(next_on)}" + (f", {at}" if at else "")
        parts.append(f"nous vous rappellerons {day}" + (", puis chaque semaine" if weekly else ""))
    if office:
        parts.append(f"vous pouvez nous joindre au {phone(office)}")
    if not parts:
        return ""
    return f"Bonjour, merci de notre échange. Comme convenu, {' ; '.join(parts)}. {landlord or 'Votre bailleur'}"
