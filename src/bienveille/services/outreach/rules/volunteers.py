"""The call for volunteers: which addresses may answer without signing in, until when answers are kept."""

import re
from datetime import date, timedelta

_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}")
#: An answer is forgotten a year after it was given, three months after it was declined.
ANSWER_KEPT, DECLINED_KEPT = timedelta(days=365), timedelta(days=90)
KIND_WORD = (
    "Merci de votre réponse, elle compte. Nous avons assez d’appelants pour l’instant, et nous pensons à vous "
    "pour la suite."
)


def read_domain(text: str) -> str:
    """The domain of the landlord's addresses: "@Bailleur.fr " → "bailleur.fr"; empty when it is none."""
    domain = text.strip().lower().removeprefix("@")
    return domain if _DOMAIN.fullmatch(domain) else ""


def may_answer(email: str, domain: str) -> bool:
    """Whether this address is one of the landlord's: exactly that domain, not one that ends like it."""
    name, at, host = email.strip().lower().rpartition("@")
    return bool(name and at and domain) and host == domain


def kept_until(day: date, *, declined: bool) -> date:
    """The last day of an answer."""
    return day + (DECLINED_KEPT if declined else ANSWER_KEPT)
