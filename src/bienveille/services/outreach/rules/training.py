"""The charter and the five-minute training: what a caller promises, three short lessons, one question each."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

#: Conversations a day when the landlord has said nothing else; and how far its maximum may go.
MOST_A_DAY, MOST_EVER = 20, 60
#: How many conversations more, when somebody knowingly goes on past their number, once a day.
ONCE_MORE = 5


@dataclass(frozen=True)
class Charter:
    """What callers promise, from a day on. A new version is accepted again; the training is not done again."""

    version: str
    in_force_from: date
    points: tuple[tuple[str, str], ...]


CHARTERS = (
    Charter(
        version="2026-11",
        in_force_from=date(2026, 1, 1),
        points=(
            (
                "Des besoins, jamais des diagnostics",
                "Je note ce qui manque et ce qui aide. Jamais une maladie, une croyance, une opinion, un jugement.",
            ),
            (
                "Ce qui est dit reste entre nous",
                "Je n’en parle qu’aux personnes chargées de la situation. Je n’emporte ni nom ni numéro.",
            ),
            (
                "Un danger passe avant tout",
                "Le {number} d’abord, moi ou un collègue. Je reste en ligne, puis je préviens le cadre de garde.",
            ),
            (
                "Jamais d’argent",
                "Je ne demande, ne donne et n’accepte rien. Je ne parle ni de loyer ni de dette.",
            ),
            (
                "Aucune promesse que je ne tiendrai pas",
                "Je promets un rappel ou un message transmis. Ni un logement, ni des travaux, ni une date.",
            ),
            (
                "Je prends soin de moi",
                "Je m’arrête quand j’en ai besoin, et je parle d’un appel difficile le jour même.",
            ),
        ),
    ),
)


def charter_in_force(today: date) -> Charter:
    """The version that callers accept today: the latest that has begun, the first one before them all."""
    begun = [one for one in CHARTERS if one.in_force_from <= today]
    return max(begun, key=lambda one: one.in_force_from, default=CHARTERS[0])


@dataclass(frozen=True)
class Answer:
    """A possible answer, and what is said to who chooses it."""

    key: str
    text: str
    right: bool
    because: str


@dataclass(frozen=True)
class Lesson:
    """One short screen: a few things to know, then one question."""

    key: str
    title: str
    says: tuple[str, ...]
    question: str
    answers: tuple[Answer, ...]

    def answer(self, key: str) -> Answer | None:
        """The answer of that key, if it is one of them."""
        return next((one for one in self.answers if one.key == key), None)


LESSONS = (
    Lesson(
        key="begin",
        title="Commencer un appel",
        says=(
            "Dites votre prénom, votre nom et le nom du bailleur, puis pourquoi vous appelez : prendre des nouvelles.",
            "Demandez si le moment convient. La personne peut ne pas répondre, arrêter, ou refuser d’être rappelée.",
            "Si quelqu’un d’autre décroche, ne dites rien de la personne. Demandez seulement quand la rappeler.",
        ),
        question="Le voisin de Mme Rey décroche et demande pourquoi vous l’appelez. Que dites-vous ?",
        answers=(
            Answer(
                "explain",
                "« Je prends des nouvelles des personnes âgées qui vivent seules. »",
                False,
                "Le voisin apprend qu’elle est âgée et vit seule. Dites seulement que vous rappellerez.",
            ),
            Answer(
                "again",
                "« Je rappellerai. Quand puis-je la joindre ? »",
                True,
                "Rien n’est dit d’elle, et vous savez quand la rappeler.",
            ),
            Answer(
                "message",
                "« Dites-lui de rappeler le service social. »",
                False,
                "Nommer le service social dit déjà quelque chose d’elle. Demandez seulement quand la rappeler.",
            ),
        ),
    ),
    Lesson(
        key="write",
        title="Écouter et noter",
        says=(
            "Laissez parler. Un silence n’est pas une gêne.",
            "Écrivez un fait utile et le besoin, comme si la personne lisait par-dessus votre épaule.",
            "Jamais une maladie, une origine, une croyance, une opinion, de l’argent. Jamais un soupçon.",
        ),
        question="M. Pradeau dit qu’il est soigné pour le dos et n’arrive plus à porter ses courses. Que notez-vous ?",
        answers=(
            Answer(
                "diagnosis",
                "« Malade du dos, sous traitement. »",
                False,
                "C’est une information de santé. Notez ce dont il a besoin : quelqu’un pour porter ses courses.",
            ),
            Answer(
                "judgement",
                "« Ne fait plus d’efforts. »",
                False,
                "C’est un jugement, et il serait blessé de le lire. Notez le fait et le besoin.",
            ),
            Answer(
                "need",
                "« Ne porte plus ses courses : cherche de l’aide une fois par semaine. »",
                True,
                "Un fait et un besoin : quelqu’un peut agir, et personne n’est étiqueté.",
            ),
        ),
    ),
    Lesson(
        key="danger",
        title="Quand quelque chose ne va pas",
        says=(
            "Un danger passe avant tout formulaire : le {number} d’abord. Restez en ligne, faites appeler un collègue.",
            "Puis choisissez « Rouge » et enregistrez : une personne du service social prend le relais.",
            "Ne promettez que ce que vous tiendrez. Après un appel difficile, parlez-en le jour même.",
        ),
        question="Mme Lascombe respire mal et parle de plus en plus bas. Que faites-vous d’abord ?",
        answers=(
            Answer(
                "number",
                "J’appelle ou je fais appeler le {number}, en restant avec elle.",
                True,
                "Les secours d’abord. La fiche attendra.",
            ),
            Answer(
                "form",
                "Je choisis « Rouge » et j’enregistre, pour que le service social la rappelle.",
                False,
                "Le service social agit en heures, les secours en minutes. Le {number} d’abord, la fiche ensuite.",
            ),
            Answer(
                "promise",
                "Je lui promets que quelqu’un passera dans la journée.",
                False,
                "Cette promesse n’est pas la vôtre à tenir, et elle a besoin d’aide maintenant. Le {number} d’abord.",
            ),
        ),
    ),
)


def next_lesson(answered: Collection[str]) -> int | None:
    """The rank, from 1, of the first lesson whose question has no right answer yet; None when all have."""
    return next((rank for rank, lesson in enumerate(LESSONS, 1) if lesson.key not in answered), None)


@dataclass(frozen=True)
class CallingRules:
    """What the landlord asks of those who call on a screen: the training, and how many conversations a day."""

    training: bool = True
    most_a_day: int = MOST_A_DAY


def read_calling_rules(settings: Mapping[str, Any]) -> CallingRules:
    """The rules as the landlord's settings keep them; what is missing or odd is the usual rule."""
    kept = settings.get("calling")
    kept = kept if isinstance(kept, Mapping) else {}
    most = kept.get("most_a_day")
    return CallingRules(
        training=kept.get("training") is not False,
        most_a_day=most if isinstance(most, int) and 1 <= most <= MOST_EVER else MOST_A_DAY,
    )


def conversations_left(*, spoken: int, own_cap: int | None, most_a_day: int, went_on: bool) -> int:
    """How many conversations are left today, by the caller's own number, never above the landlord's."""
    cap = min(own_cap or most_a_day, most_a_day)
    return max(0, cap + (ONCE_MORE if went_on else 0) - spoken)
