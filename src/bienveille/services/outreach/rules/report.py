"""What may be published of a campaign: small numbers are kept quiet, and so are those from which they could be found.

In a town of two hundred homes « une personne demande des repas » says who. Numbers from one to nine become nothing;
when a sum is known, one more of its parts is kept quiet, else a subtraction would give the first one back.
"""

from collections.abc import Mapping, Sequence
from typing import Any

#: Numbers below are not published, nil excepted: nobody is recognised in nobody.
FLOOR = 10
#: Figures of an agency or a service that are published.
SHARED = ("targeted", "called", "outgoing_calls", "reached", "refused", "weekly_recurring", "referrals")


def quiet(number: int | None) -> int | None:
    """The number, or None when it is too small to be published."""
    return None if number is None or 0 < number < FLOOR else number


def quiet_parts(parts: Mapping[str, int | None], *, summed: bool) -> dict[str, int | None]:
    """Parts fit to be published. `summed`: their sum is known, so that one alone kept quiet would be found again."""
    told = {key: quiet(number) for key, number in parts.items()}
    hidden = [key for key, number in told.items() if number is None]
    if summed and len(hidden) == 1:
        others = [key for key, number in told.items() if number]
        if others:
            told[min(others, key=lambda key: told[key] or 0)] = None
    return told


def open_figures(
    figures: Mapping[str, Any], ledger: Mapping[str, int], weeks: Sequence[tuple[str, int, int]]
) -> dict[str, Any]:
    """Figures, ledger and weeks fit to be published; what one table keeps quiet, no other table tells."""
    states = quiet_parts({key: number for key, number in ledger.items() if key != "target"}, summed=True)
    target = quiet(ledger["target"])
    if target is None:
        states = dict.fromkeys(states)
    whole: dict[str, int | None] = {key: quiet(figures[key]) for key in SHARED}
    for key, state in (("targeted", target), ("reached", states["reached"]), ("refused", states["refused"])):
        if state is None:
            whole[key] = None
    reasons = quiet_parts(figures["unreachable"], summed=True)
    if states["unreachable"] is None:
        reasons = dict.fromkeys(reasons)
    return {
        "ledger": {"target": target, **states},
        "figures": {**whole, "reached_share": _share(whole["reached"], whole["called"])},
        "unreachable": reasons,
        "grades": quiet_parts(figures["grades"], summed=True),
        "needs": quiet_parts(figures["needs"], summed=False),
        "by_agency": _by_part(figures["by_agency"], whole),
        "by_service": _by_part(figures["by_service"], whole),
        "weeks": _weeks(weeks, whole),
    }


def _by_part(parts: Mapping[str, Mapping[str, Any]], whole: Mapping[str, int | None]) -> dict[str, dict[str, Any]]:
    told: dict[str, dict[str, Any]] = {name: {} for name in parts}
    for key in SHARED:
        column = quiet_parts({name: part[key] for name, part in parts.items()}, summed=True)
        for name in parts:
            told[name][key] = None if whole[key] is None else column[name]
    for part in told.values():
        part["reached_share"] = _share(part["reached"], part["called"])
    return told


def _weeks(weeks: Sequence[tuple[str, int, int]], whole: Mapping[str, int | None]) -> list[dict[str, Any]]:
    calls = quiet_parts({monday: made for monday, made, _ in weeks}, summed=True)
    reached = quiet_parts({monday: count for monday, _, count in weeks}, summed=True)
    return [
        {
            "monday": monday,
            "outgoing_calls": None if whole["outgoing_calls"] is None else calls[monday],
            "reached": None if whole["reached"] is None else reached[monday],
        }
        for monday, _, _ in weeks
    ]


def _share(part: int | None, whole: int | None) -> float | None:
    return None if part is None or not whole else round(part / whole, 3)
