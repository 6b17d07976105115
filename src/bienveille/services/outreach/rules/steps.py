"""What to try next for a household that nobody reached, and what was tried, in words. No database, no clock."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bienveille.engines.dispatch.choices import ClosingReason, Outcome, StepKind, StepResult
from bienveille.ground.lib.typography import counted


@dataclass(frozen=True)
class Known:
    """What is known of a household that nobody reached."""

    reason: str
    relatives: int = 0
    managers: tuple[str, ...] = ()
    commune: str = ""
    ended: tuple[tuple[str, str], ...] = ()  # (kind, result) of the steps done, the oldest first
    planned: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """One step that could be planned: why, and whether it is the next one to try."""

    kind: str
    label: str
    why: str
    next: bool = False
    tried: bool = False


def proposals(known: Known) -> list[Proposal]:
    """Every step from the lightest to the last resort; the first one not tried yet is the next. Planned ones are left.

    The town social centre comes last: somebody of the house knocked before, when there is somebody to knock.
    """
    done = {kind for kind, _ in known.ended}
    managers = ", ".join(known.managers)
    why = {
        StepKind.OTHER_NUMBER: "Le numéro est faux ou manque\u00a0: le dossier en a peut-être un autre."
        if known.reason in (ClosingReason.WRONG_NUMBER, ClosingReason.NO_PHONE)
        else "Le dossier, l’agence ou un ancien courrier en donnent peut-être un autre.",
        StepKind.RELATIVE: f"{counted(known.relatives, 'proche', 'proches')} à prévenir sur la fiche."
        if known.relatives
        else "Aucun proche n’est noté sur la fiche.",
        StepKind.VISIT: f"Gardien de la résidence\u00a0: {managers}."
        if managers
        else "Aucun gardien ne suit cette résidence\u00a0: quelqu’un de l’agence peut y aller.",
        StepKind.LETTER: "Un mot dans la boîte aux lettres, avec un numéro où rappeler.",
        StepKind.SOCIAL_CENTRE: f"En dernier recours\u00a0: le centre communal d’action sociale{_of(known.commune)}.",
    }
    order = [StepKind.OTHER_NUMBER, StepKind.RELATIVE, StepKind.VISIT, StepKind.LETTER, StepKind.SOCIAL_CENTRE]
    useful = [one for one in order if one not in known.planned and (one != StepKind.RELATIVE or known.relatives)]
    first = next((one for one in useful if one not in done), None)
    return [
        Proposal(one.value, str(one.label), why[one], next=one == first and not known.planned, tried=one in done)
        for one in useful
    ]


def _of(commune: str) -> str:
    if not commune:
        return ""
    return f" d’{commune}" if commune[0].upper() in "AEIOUYÉÈÊÎÔÛ" else f" de {commune}"


#: Outcomes in the words of a list of what was tried: one, several.
_CALLS = {
    Outcome.NO_ANSWER: ("appel sans réponse", "appels sans réponse"),
    Outcome.VOICEMAIL: ("message laissé", "messages laissés"),
    Outcome.BUSY: ("appel occupé", "appels occupés"),
    Outcome.WRONG_NUMBER: ("faux numéro", "faux numéros"),
    Outcome.CALL_LATER: ("demande de rappel", "demandes de rappel"),
    Outcome.REFUSED: ("refus", "refus"),
    Outcome.INTERRUPTED: ("appel interrompu", "appels interrompus"),
    Outcome.LANGUAGE: ("appel dans une autre langue", "appels dans une autre langue"),
    Outcome.REACHED: ("appel abouti", "appels aboutis"),
    Outcome.DECEASED: ("décès appris", "décès appris"),
    Outcome.MOVED: ("départ appris", "départs appris"),
}
_STEPS = {
    StepKind.OTHER_NUMBER: "autre numéro",
    StepKind.RELATIVE: "proche",
    StepKind.VISIT: "visite",
    StepKind.LETTER: "courrier",
    StepKind.SOCIAL_CENTRE: "CCAS",
}


def tried_words(outcomes: Iterable[str], steps: Sequence[str]) -> str:
    """What was tried, calls then steps, in one line of French. `steps`: `kind:result` of those done."""
    counts = Counter(outcomes)
    calls = ", ".join(counted(counts[one], *words) for one, words in _CALLS.items() if counts[one])
    done = ", ".join(_step_words(one) for one in steps)
    return "\u00a0; ".join(filter(None, [calls, done]))


def _step_words(step: str) -> str:
    kind, _, result = step.partition(":")
    label = str(StepResult(result).label)
    return f"{_STEPS[StepKind(kind)]}\u00a0: {label[:1].lower()}{label[1:]}"
