"""The week of a campaign in words and as a picture: days by hours. No database, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any

from bienveille.ground.lib.calling_hours import read_windows
from bienveille.ground.lib.typography import WEEKDAYS, clock, listed


@dataclass(frozen=True)
class DayHours:
    """One day of the week: its hours in words, and for each hour of the picture whether calls are open."""

    name: str
    words: str
    cells: tuple[bool, ...]


def week_picture(windows: Sequence[Any]) -> tuple[list[int], list[DayHours]]:
    """The hours shown in the head of the picture, and the seven days. Without windows, every hour is open."""
    read, _ = read_windows(windows)
    shown = range(min([8, *(one.start // 60 for one in read)]), max([20, *(-(-one.end // 60) for one in read)]))
    days = []
    for rank, name in enumerate(WEEKDAYS, start=1):
        ours = sorted((one.start, one.end) for one in read if rank in one.days)
        cells = tuple(
            not read or any(start < hour * 60 + 60 and hour * 60 < end for start, end in ours) for hour in shown
        )
        days.append(DayHours(name.capitalize(), _words(ours, any_hour=not read), cells))
    return list(shown), days


def _words(hours: Sequence[tuple[int, int]], *, any_hour: bool) -> str:
    if any_hour:
        return "À toute heure"
    if not hours:
        return "Pas d’appel"
    return listed([f"de {_clock(start)} à {_clock(end)}" for start, end in hours]).capitalize()


def _clock(minutes: int) -> str:
    return "minuit" if minutes == 24 * 60 else clock(time(minutes // 60, minutes % 60))


def hours_words(windows: Sequence[Any], *, on_days_off: bool) -> str:
    """« du lundi au vendredi, de 9 h à 19 h 30, sauf jours fériés »; « à toute heure » without windows."""
    read, _ = read_windows(windows)
    if not read:
        return "à toute heure"
    words = [
        f"{_days(sorted(one.days))}, de {_clock(one.start)} à {_clock(one.end)}"
        for one in sorted(read, key=lambda one: (min(one.days), one.start))
    ]
    return " ; ".join(words) + (", jours fériés compris" if on_days_off else ", sauf jours fériés")


def _days(days: Sequence[int]) -> str:
    if len(days) > 2 and list(days) == list(range(days[0], days[-1] + 1)):
        return f"du {WEEKDAYS[days[0] - 1]} au {WEEKDAYS[days[-1] - 1]}"
    return f"le {listed(WEEKDAYS[day - 1] for day in days)}"
