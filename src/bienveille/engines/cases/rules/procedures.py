"""How each kind of case is followed: subject, states, who may do what. Data, with the questions asked of it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from bienveille.engines.cases.choices import ActionKind, CaseKind, CaseOutcome, CaseState, Grade
from bienveille.engines.questionnaires.choices import Need
from bienveille.register.accounts.choices import Role

#: Gravest last.
GRAVITY = tuple(Grade.values)
#: What a person notes; the rest is written by what was done.
BY_HAND = (
    ActionKind.CALL,
    ActionKind.VISIT,
    ActionKind.LETTER,
    ActionKind.REFERRAL,
    ActionKind.MEETING,
    ActionKind.NOTE,
)
#: What a whole building may lack; the other needs are somebody's.
PLACE_NEEDS = (Need.LIFT.value, Need.HEATING.value, Need.COOLING.value)
#: Outcomes that a person may choose.
CHOSEN_OUTCOMES = tuple(one for one in CaseOutcome if one != CaseOutcome.UNDONE)
#: Those of a place.
PLACE_OUTCOMES = (CaseOutcome.HELPED, CaseOutcome.PARTNER, CaseOutcome.NOTHING)

_LEADERS = frozenset({Role.ADMINISTRATOR, Role.DIRECTOR, Role.AGENCY_MANAGER})
_TEAM = _LEADERS | {Role.SOCIAL_WORKER}


@dataclass(frozen=True)
class Move:
    """One thing that can be done to a case: from which states, to which one, by whom beside its owner."""

    start: frozenset[str]
    end: str
    roles: frozenset[str]


@dataclass(frozen=True)
class Procedure:
    """How a kind of case is followed. `confidential`: only readers named one by one ever see it."""

    subject: str  # household or residence
    moves: Mapping[str, Move]
    confidential: bool = False


_ALIVE = frozenset({CaseState.NEW, CaseState.FOLLOWED})
_USUAL: Mapping[str, Move] = {
    "take": Move(frozenset({CaseState.NEW}), CaseState.FOLLOWED, _TEAM),
    "leave": Move(frozenset({CaseState.FOLLOWED}), CaseState.NEW, frozenset()),
    "act": Move(_ALIVE, "", _TEAM),
    "hand": Move(_ALIVE, "", _LEADERS),
    "close": Move(_ALIVE, CaseState.CLOSED, _LEADERS),
    "reopen": Move(frozenset({CaseState.CLOSED}), CaseState.FOLLOWED, _TEAM),
}

#: Whatever their role, those who were named do everything; nobody else does anything, and it is passed on seat by seat.
_READERS: Mapping[str, Move] = {
    name: Move(frozenset() if name == "hand" else move.start, move.end, frozenset()) for name, move in _USUAL.items()
}

PROCEDURES: Mapping[str, Procedure] = {
    CaseKind.WELFARE: Procedure("household", _USUAL),
    CaseKind.RESIDENCE: Procedure("residence", _USUAL),
    CaseKind.CONFIDENTIAL: Procedure("household", _READERS, confidential=True),
}
#: Kinds that nobody sees without being named.
CONFIDENTIAL = tuple(kind for kind, procedure in PROCEDURES.items() if procedure.confidential)


def allows(kind: str, move: str, *, state: str, roles: Collection[str], owner: bool) -> bool:
    """Whether somebody with these roles over the case's agency may do this to a case in this state.

    `owner`: they follow it; of a confidential case, they were named to read it.
    """
    found = PROCEDURES[kind].moves[move]
    return state in found.start and (owner or bool(found.roles.intersection(roles)))


def graver(first: str, second: str) -> bool:
    """Whether the first grade is graver than the second."""
    return GRAVITY.index(first) > GRAVITY.index(second)


def gravest(grades: Iterable[str]) -> str:
    """The gravest of some grades; green when there is none."""
    return max(grades, key=GRAVITY.index, default=Grade.GREEN)


def title_of(needs: Iterable[str], labels: Mapping[str, str], grade: str) -> str:
    """What a case is about, in one line: « Repas, chauffage »; without a need, how grave it is."""
    named = [labels[need] for need in needs if need in labels]
    if not named:
        return "Danger ou urgence signalé" if grade == Grade.RED else "Situation à éclaircir"
    first, *others = named
    return ", ".join([first, *(one[:1].lower() + one[1:] for one in others)])
