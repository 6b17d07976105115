"""What is kept for two named people: which needs, what stays of a call without them, which of the two answers today."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from uuid import UUID, uuid5

from bienveille.engines.cases.rules.ladder import Absence
from bienveille.engines.questionnaires.choices import Need

#: Needs that nobody sees but the readers of a confidential case.
CONFIDENTIAL_NEEDS = frozenset({Need.VIOLENCE.value})
#: How many people read a confidential case: one who sees to it, one who can when the first cannot.
READERS = 2


def kept_apart(needs: Iterable[str]) -> tuple[str, ...]:
    """Of these needs, those that only readers see."""
    return tuple(need for need in needs if need in CONFIDENTIAL_NEEDS)


def told_to_all(needs: Iterable[str]) -> tuple[str, ...]:
    """Of these needs, those that an ordinary case may name."""
    return tuple(need for need in needs if need not in CONFIDENTIAL_NEEDS)


def confidential_key(source: UUID) -> UUID:
    """The key under which a call is told in a confidential case: nothing else of the call leads there."""
    return uuid5(source, "confidential")


def readers_present(readers: Sequence[UUID], absences: Collection[Absence], today: date) -> list[UUID]:
    """The readers who are not away that day, in their order. Nobody stands in for a reader without being named."""
    away = {one.user for one in absences if one.first <= today <= one.last}
    return [reader for reader in readers if reader not in away]
