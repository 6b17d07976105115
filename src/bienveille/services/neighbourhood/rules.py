"""How long somebody may be a relay; which places are proposed for a watch, and why. No database, no clock."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from bienveille.ground.lib.typography import counted
from bienveille.services.neighbourhood.choices import HeardKind

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


#: What a relay tenant is never asked to do, whatever they accept: said to them, shown to those who name them.
NEVER_ASKED = (
    "Entrer chez quelqu’un, garder des clés ou de l’argent.",
    "Soigner, donner un médicament, relever une personne tombée : dans ce cas, le 15 ou le 18.",
    "Surveiller un voisin, noter ses allées et venues, parler de sa vie privée.",
    "Se mettre en danger, séparer une dispute : dans ce cas, le 17.",
    "Agir la nuit, ou à la place de l’agence.",
)

# Choices of the house: so that nobody is pointed at, a place has enough households, and enough of them worry.
#: What happened in so many days is looked at.
LOOKED_AT = timedelta(days=90)
#: A household called so many times without a word is silent.
SILENT_CALLS = 3
FEWEST_HOUSEHOLDS, FEWEST_WORRYING, SHARE = 10, 5, 5  # one household in five
#: A proposal waits so long; refused, the place is left alone for so long.
WAITS, LEFT_ALONE = timedelta(days=30), timedelta(days=90)
USUAL_WATCH, LONGEST_WATCH = timedelta(days=90), timedelta(days=365)
#: What a visit saw is kept so long.
VISITS_KEPT = timedelta(days=365)
#: An agreement that ended: the time to thank the person and to ask them again.
RELAYS_KEPT = timedelta(days=90)


@dataclass(frozen=True)
class Place:
    """A residence, one of its buildings, or one staircase of it."""

    residence: UUID
    building: UUID | None = None
    staircase: str = ""


@dataclass(frozen=True)
class Signs:
    """Households of a place: all, those that worry (each once), with a grave situation, without an answer."""

    households: int
    worrying: int
    grave: int
    silent: int

    def __add__(self, other: "Signs") -> "Signs":
        return Signs(
            self.households + other.households,
            self.worrying + other.worrying,
            self.grave + other.grave,
            self.silent + other.silent,
        )


def is_cluster(signs: Signs) -> bool:
    """Whether a place is proposed for a watch: many households, several that worry, one in five at least."""
    return (
        signs.households >= FEWEST_HOUSEHOLDS
        and signs.worrying >= FEWEST_WORRYING
        and signs.worrying * SHARE >= signs.households
    )


def clusters(signs: Mapping[Place, Signs], left_alone: Collection[Place] = ()) -> dict[Place, Signs]:
    """The places to propose, the narrowest each time: a building when none of its staircases stands out, a residence
    when none of its buildings does. A place left alone is not proposed, nor what is around it.
    """
    buildings: dict[Place, Signs] = {}
    residences: dict[Place, Signs] = {}
    for place, told in signs.items():
        for wider, into in (
            (Place(place.residence, place.building), buildings),
            (Place(place.residence), residences),
        ):
            into[wider] = into[wider] + told if wider in into else told
    found: dict[Place, Signs] = {}
    taken: set[Place] = set()
    for level in (signs, buildings, residences):
        for place, told in level.items():
            if place in taken or place in found or not is_cluster(told):
                continue
            taken |= {Place(place.residence, place.building), Place(place.residence)}
            if place not in left_alone:
                found[place] = told
    return found


def signs_words(signs: Signs) -> str:
    """The figures behind a proposal, in words: « 6 ménages sur 24 ». Each part is told when it is not a few people."""
    words = f"{counted(signs.worrying, 'ménage')} sur {signs.households}"
    parts = []
    if signs.grave >= FEWEST_WORRYING:
        parts.append(f"{signs.grave} avec une situation orange ou rouge")
    if signs.silent >= FEWEST_WORRYING:
        parts.append(f"{signs.silent} sans aucune réponse")
    if not parts:
        parts.append("situation orange ou rouge, ou aucune réponse")
    return f"{words}\u00a0: {', '.join(parts)}, en {LOOKED_AT.days} jours"


def watch_refusal(*, until: date, today: date) -> str:
    """Why a watch cannot run until that day; nothing when it can."""
    if until <= today:
        return "Le dernier jour est passé\u00a0: choisissez un jour à venir."
    if until > today + LONGEST_WATCH:
        return "Une veille dure un an au plus\u00a0: choisissez un jour plus proche."
    return ""


#: What was heard is forgotten after so long, whether it was looked at or not.
HEARD_KEPT = timedelta(days=60)
#: Noise alone is looked at from the third time; a cry, blows or a child, from the first.
NOISE_FROM = 3


def is_looked_at(kinds: Collection[str]) -> bool:
    """Whether what was heard from one home is shown to the readers. It says nothing of what happened there."""
    return any(kind != HeardKind.NOISE for kind in kinds) or len(kinds) >= NOISE_FROM
