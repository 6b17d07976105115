"""Whether an answer asks that we stop writing: « STOP », « stop svp », « ARRÊT », a sentence that begins so."""

import re
from unicodedata import normalize

_ASKS = re.compile(r"stop|arret|arreter|arretez|desabonn\w+|desinscri\w+|unsubscribe")
_ABOUT_US = re.compile(r"\b(?:sms|textos?|mails?|messages?|envo\w+|ecri\w+|recevoir|contacter|importuner|deranger)\b")
#: Longer than this, it may be about something else (« Stop au bruit dans l’escalier le soir »).
MOST_WORDS = 4


def asks_to_stop(text: str) -> bool:
    """True when it begins so and is short, or says that messages are what must stop."""
    plain = normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    words = re.findall(r"[a-z0-9]+", plain)
    if not words or not _ASKS.fullmatch(words[0]):
        return False
    return len(words) <= MOST_WORDS or _ABOUT_US.search(plain) is not None
