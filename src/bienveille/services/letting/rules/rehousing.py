"""A home found within hours for somebody who must leave: how big, where never, and what is done in which order.

Sizes, hours and steps are the landlord's own; no law sets them.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bienveille.register.housing.choices import DwellingType

#: Homes by size, the smallest first.
SIZES = tuple(DwellingType.values)
#: The smallest home for so many people; more of them, the last one.
_SMALLEST = {1: "t1", 2: "t2", 3: "t3", 4: "t3", 5: "t4", 6: "t5"}
#: A home may be bigger than needed, by so many sizes.
BIGGER_BY = 3
#: For how long a home may be kept.
HOLDS = {24: "24 heures", 48: "48 heures", 72: "72 heures"}
#: After somebody moved in, the home stays theirs for so long, until the lease is in the register.
AFTER_MOVE = timedelta(days=90)


@dataclass(frozen=True)
class Step:
    """One thing of the special entry: what, who does it, and why it is not done as usual."""

    key: str
    words: str
    who: str
    why: str = ""


#: In this order. Nobody but the two readers ticks them; who is asked to do one is told no more than it.
ENTRY_STEPS = (
    Step("contact", "Convenir d’un moyen sûr de se joindre", "Lecteur", "Le téléphone peut être lu par quelqu’un."),
    Step("danger", "Refaire le point sur le danger, et sur qui connaît l’adresse d’avant", "Lecteur"),
    Step("partner", "Prévenir l’association ou le service qui l’accompagne", "Lecteur", "Avec son accord."),
    Step("lock", "Changer la serrure et vérifier les volets", "Responsable d’agence", "Sans dire pour qui."),
    Step("name", "Ne mettre aucun nom sur la boîte aux lettres ni l’interphone", "Gardien", "Un numéro suffit."),
    Step("meters", "Ouvrir l’électricité, le gaz et l’eau", "Personne relogée, avec un lecteur",
         "L’adresse ne part pas à l’ancien foyer."),
    Step("mail", "Organiser le courrier : domiciliation, ou réexpédition sans trace", "Lecteur"),
    Step("inventory", "Faire l’état des lieux à une heure convenue", "Lecteur", "Sans affiche ni nom."),
    Step("keys", "Remettre les clés dans un lieu neutre", "Lecteur", "Ni à l’agence, ni à la résidence."),
    Step("lease", "Signer le bail hors de l’agence, à un seul nom si elle le souhaite", "Lecteur"),
    Step("former", "Voir ce que devient le bail d’avant : congé, solidarité, effets", "Service social"),
    Step("payments", "Changer le compte et l’adresse des quittances et des aides", "Service social",
         "Une aide versée à l’ancien compte dit où chercher."),
    Step("school", "Écoles, médecin, travail : qui doit connaître l’adresse", "Personne relogée, avec un lecteur"),
    Step("call", "Rappeler le lendemain, puis une semaine après", "Lecteur"),
)  # fmt: skip
KEYS = tuple(step.key for step in ENTRY_STEPS)


def smallest_for(people: int) -> str:
    """The smallest home for so many people."""
    return _SMALLEST.get(max(people, 1), SIZES[-2])


def sizes_from(smallest: str) -> tuple[str, ...]:
    """The sizes that suit, the smallest first."""
    first = SIZES.index(smallest)
    return SIZES[first : first + BIGGER_BY + 1]


def held_until(now: datetime, hours: int) -> datetime:
    """When a home stops being kept."""
    return now + timedelta(hours=hours)


def steps_left(done: Collection[str]) -> list[Step]:
    """The steps of the entry that are still to be done, in order."""
    return [step for step in ENTRY_STEPS if step.key not in done]


def known_codes(codes: Iterable[str]) -> list[str]:
    """Codes of communes as they were typed, once each, in order."""
    return list(dict.fromkeys(code.strip().upper() for code in codes if code.strip()))
