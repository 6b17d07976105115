"""The short loneliness scale: when its answers may be kept, and how they add up; no threshold, no verdict."""

from collections.abc import Mapping
from typing import Any

SCALE_AGREES = "loneliness_agrees"
SCALE_ITEMS = ("loneliness_days", "loneliness_aside", "loneliness_talk")


def scale_complete(answers: Mapping[str, Any]) -> bool:
    """Whether the person said yes, then answered the three questions."""
    return answers.get(SCALE_AGREES) == "yes" and all(answers.get(key) in ("1", "2", "3") for key in SCALE_ITEMS)


def scale_mean(counts: Mapping[str, Mapping[str, int]]) -> float | None:
    """The mean of the sums (3 to 9), from how many gave each answer to each question; None without answers."""
    means = []
    for key in SCALE_ITEMS:
        given = counts.get(key, {})
        people = sum(given.values())
        if not people:
            return None
        means.append(sum(int(value) * count for value, count in given.items()) / people)
    return sum(means)
