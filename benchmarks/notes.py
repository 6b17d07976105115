"""Milliseconds to read one note for what should not be written, against words looked up one by one in a set."""

import re
import time
from pathlib import Path
from statistics import median

from bienveille.ground.lib.note_guard import NoteGuard
from bienveille.ground.lib.note_lexicon import WORDS

NOTES = Path(__file__).parents[1] / "tests" / "fixtures" / "notes"


def run(runs: int = 9) -> dict[str, object]:
    """Invented notes of the two sets, as they are (some thirty signs) and put together in notes of full length.

    The limit knows neither phrases nor exceptions, spelling, numbers or names: it only splits and looks up.
    """
    lines = (NOTES / "sensitive.txt").read_text("utf-8").splitlines()
    notes = [line.split("\t")[1] for line in lines] + (NOTES / "neutral.txt").read_text("utf-8").splitlines()
    full = [". ".join(notes[first : first + 16])[:500] for first in range(0, len(notes) - 16, 16)]
    guard = NoteGuard()
    known = {entry for listed in WORDS.values() for entry in listed}
    split = re.compile(r"\w+").findall

    def bare(note: str) -> list[str]:
        return [word for word in split(note.lower()) if word in known]

    started = time.perf_counter()
    for note in notes:
        guard.check(note)
    first = _each(started, len(notes))
    ours, limits, long = [], [], []
    for _ in range(runs):
        ours.append(_timed(guard.check, notes))
        limits.append(_timed(bare, notes))
        long.append(_timed(guard.check, full))
    return {
        "name": "notes",
        "ours": round(median(ours), 4),
        "limit": round(median(limits), 4),
        "unit": "ms/note",
        "ratio": round(median(theirs / mine for mine, theirs in zip(ours, limits, strict=True)), 3),
        "full_length": round(median(long), 4),
        "first_time": round(first, 4),
        "notes": len(notes),
        "runs": runs,
    }


def _timed(read: object, notes: list[str]) -> float:
    started = time.perf_counter()
    for note in notes:
        read(note)  # type: ignore[operator]
    return _each(started, len(notes))


def _each(started: float, count: int) -> float:
    return (time.perf_counter() - started) / count * 1000
