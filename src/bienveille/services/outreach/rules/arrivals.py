"""What puts a household before another, and says so: which reasons a wave gives. No database, no clock."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bienveille.services.outreach.choices import Priority

#: Questions of an audience that are reasons too, and the order that gives the same reason.
_ASKED = {
    "lives_alone": Priority.ALONE_FIRST,
    "floor_without_lift": Priority.TOP_FLOOR_FIRST,
    "silent_for_months": Priority.SILENT_SIX_MONTHS_FIRST,
    "watched": Priority.WATCHED_FIRST,
}


def order_of(priority: Iterable[str]) -> list[Priority]:
    """The criteria of a wave in their order, each once; oldest first when nothing is said."""
    return [Priority(name) for name in dict.fromkeys(priority)] or [Priority.OLDEST_FIRST]


def reasons_of(priority: Iterable[str], audience: object) -> list[Priority]:
    """The criteria that are said to be reasons: those of the order, then what the audience itself asks."""
    return list(dict.fromkeys([*order_of(priority), *_asked(audience)]))


def _asked(audience: object) -> list[Priority]:
    """What an audience asks for, not what it leaves out: nothing below a « not » is a reason."""
    if isinstance(audience, Sequence) and not isinstance(audience, str):
        return [one for part in audience for one in _asked(part)]
    if not isinstance(audience, Mapping):
        return []
    found: list[Priority] = []
    for name, value in audience.items():
        if name in ("all", "any"):
            found += _asked(value)
        elif name in _ASKED and value not in (False, None):
            found.append(_ASKED[name])
    return found


def moved_criterion(priority: Sequence[str], act: str, place: int) -> list[str]:
    """The order with the criterion at `place` moved up, down or removed; anything else changes nothing."""
    rows = list(priority)
    if not 0 <= place < len(rows):
        return rows
    if act == "drop":
        return rows[:place] + rows[place + 1 :]
    there = place + {"up": -1, "down": 1}.get(act, 0)
    if 0 <= there < len(rows):
        rows[place], rows[there] = rows[there], rows[place]
    return rows


def left_words(left: Mapping[str, Any], labels: Mapping[str, str]) -> list[tuple[str, int]]:
    """Why households left a list, the most frequent first: « A déménagé », 12."""
    return sorted(
        ((labels.get(key, key), int(count)) for key, count in left.items()), key=lambda one: (-one[1], one[0])
    )
