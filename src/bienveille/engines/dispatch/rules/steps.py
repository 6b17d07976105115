"""What follows a step beside calls: which results suit it, what they make of the contact. No database, no clock."""

from dataclasses import dataclass

from bienveille.engines.dispatch.choices import ClosingReason, ContactState, StepKind, StepResult

#: How each kind of step may end, the most frequent first.
RESULTS: dict[str, tuple[StepResult, ...]] = {
    StepKind.VISIT: (
        StepResult.SEEN_WELL,
        StepResult.ABSENT,
        StepResult.CALL_BACK,
        StepResult.MOVED,
        StepResult.REFUSED,
        StepResult.WORRIED,
    ),
    StepKind.RELATIVE: (
        StepResult.NEWS,
        StepResult.NO_ANSWER,
        StepResult.CALL_BACK,
        StepResult.MOVED,
        StepResult.WORRIED,
    ),
    StepKind.OTHER_NUMBER: (StepResult.NUMBER_FOUND, StepResult.NOTHING_FOUND),
    StepKind.LETTER: (StepResult.LEFT, StepResult.CALL_BACK),
    StepKind.SOCIAL_CENTRE: (StepResult.TOLD, StepResult.NEWS, StepResult.WORRIED),
}
#: Results after which a household that nobody reached is explained: somebody knows how they are, or took over.
EXPLAINING = frozenset({StepResult.NEWS, StepResult.TOLD})
#: Results that put the household back among those to call, once more.
CALLING_AGAIN = frozenset({StepResult.NUMBER_FOUND, StepResult.CALL_BACK})


@dataclass(frozen=True)
class After:
    """What becomes of a contact after a step."""

    state: ContactState
    reason: ClosingReason | str = ""


def after_step(result: str) -> After | None:
    """What a step's result makes of a contact that nobody reached; None when it stays so."""
    if result in CALLING_AGAIN:
        return After(ContactState.WAITING)
    match result:
        case StepResult.SEEN_WELL:
            return After(ContactState.REACHED)
        case StepResult.REFUSED:
            return After(ContactState.REFUSED)
        case StepResult.MOVED:
            return After(ContactState.WITHDRAWN, ClosingReason.MOVED)
    return None
