"""The families of words that the guard of notes looks for, what to write instead, and the lexicon of `lexicon/`.

There, one entry a line, without accents, in lower case. A word of four letters takes its feminine and its plural by
itself; `!` at its end forbids it. `*` is any ending, `(e)` may be missing, `[a|b]` is one of them, `…` stands for up
to three words, `#` for something with digits, `<Nom>` for a word written as a name. What lies inside an exception is
left alone. A harmless word (joint, condamné, de gauche) is only taken with what makes it personal.
"""

from enum import StrEnum
from pathlib import Path


class Family(StrEnum):
    HEALTH = "health"
    ADDICTION = "addiction"
    OFFENCES = "offences"
    RELIGION = "religion"
    ORIGIN = "origin"
    OPINIONS = "opinions"
    INSULTS = "insults"
    SEXUAL_LIFE = "sexual_life"
    THIRD_PARTIES = "third_parties"
    IDENTITY = "identity"
    BANK = "bank"

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def advice(self) -> str:
        return _ADVICE[self]


_LABELS = {
    Family.HEALTH: "santé",
    Family.ADDICTION: "alcool, drogue ou jeu",
    Family.OFFENCES: "infractions, justice",
    Family.RELIGION: "religion",
    Family.ORIGIN: "origine, nationalité",
    Family.OPINIONS: "opinions, syndicat",
    Family.INSULTS: "jugement sur la personne",
    Family.SEXUAL_LIFE: "vie intime",
    Family.THIRD_PARTIES: "autre personne",
    Family.IDENTITY: "numéro personnel",
    Family.BANK: "banque, argent",
}

_ADVICE = {
    Family.HEALTH: "Écrivez le besoin, sans la raison : « ne descend plus faire ses courses », « parler lentement ».",
    Family.ADDICTION: "Écrivez le fait utile : « préfère être appelée le matin », « demande une assistante sociale ».",
    Family.OFFENCES: "Écrivez la demande : « souhaite changer de serrure ». En cas de danger, le 17 d’abord.",
    Family.RELIGION: "Écrivez le besoin pratique : « repas sans porc », « ne pas appeler le vendredi midi ».",
    Family.ORIGIN: "Écrivez la langue, si elle aide à se comprendre : « préfère parler portugais ».",
    Family.OPINIONS: "Laissez les opinions de côté : écrivez ce que la personne demande.",
    Family.INSULTS: "Décrivez un fait, sans juger : « a raccroché deux fois », « attend l’ascenseur depuis lundi ».",
    Family.SEXUAL_LIFE: "Laissez la vie intime de côté : écrivez seulement qui peut être appelé, avec son accord.",
    Family.THIRD_PARTIES: "Écrivez le lien seul : « sa fille », « un voisin ». Un proche s’ajoute à la fiche.",
    Family.IDENTITY: "Enlevez ce numéro : écrivez la démarche, « demande de l’aide pour son dossier de retraite ».",
    Family.BANK: "Enlevez ces chiffres : écrivez la demande, « veut changer son prélèvement ».",
}

_FOLDER = Path(__file__).parent / "lexicon"
#: In the order of what to say when two families claim the same words.
_ORDER = (
    Family.SEXUAL_LIFE,
    Family.OFFENCES,
    Family.ADDICTION,
    Family.RELIGION,
    Family.ORIGIN,
    Family.OPINIONS,
    Family.INSULTS,
    Family.HEALTH,
    Family.IDENTITY,
    Family.BANK,
    Family.THIRD_PARTIES,
)


def _entries(name: str) -> tuple[str, ...]:
    return tuple((_FOLDER / f"{name}.words").read_text("utf-8").splitlines())


WORDS: dict[Family, tuple[str, ...]] = {family: _entries(family.value) for family in _ORDER}
#: Origins too, but harmless after « parle », « en », « interprète »…: then they are languages.
NATIONALITIES = _entries("nationalities")
EXCEPTIONS = _entries("exceptions")
