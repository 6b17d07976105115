"""The guard measured on two sets of invented notes, written before its lexicon and kept apart from it.

Half of each set, chosen by a digest, was not looked at while the lexicon was written: its figures are told apart.
"""

import hashlib
from pathlib import Path

import pytest

from bienveille.ground.lib.note_guard import Family, check_note

NOTES = Path(__file__).parents[1] / "fixtures" / "notes"
SENSITIVE = [tuple(line.split("\t")) for line in (NOTES / "sensitive.txt").read_text("utf-8").splitlines()]
NEUTRAL = (NOTES / "neutral.txt").read_text("utf-8").splitlines()


def held_out(note: str) -> bool:
    return hashlib.sha256(note.encode()).digest()[0] % 2 == 1


@pytest.mark.parametrize("apart", [False, True], ids=["looked at", "held out"])
class TestMeasure:
    def test_nine_sensitive_notes_in_ten_are_found(self, apart):
        notes = [note for _, note in SENSITIVE if held_out(note) == apart]
        missed = [note for note in notes if not check_note(note)]
        assert len(missed) <= 0.1 * len(notes), (len(missed), len(notes))

    def test_one_neutral_note_in_ten_at_most_is_questioned(self, apart):
        notes = [note for note in NEUTRAL if held_out(note) == apart]
        alarms = [note for note in notes if check_note(note)]
        assert len(alarms) <= 0.1 * len(notes), (len(alarms), len(notes))


class TestSets:
    def test_they_are_large_enough_and_share_nothing(self):
        sensitive = {note for _, note in SENSITIVE}
        assert len(sensitive) == len(SENSITIVE) >= 300
        assert len(set(NEUTRAL)) == len(NEUTRAL) >= 500
        assert not sensitive & set(NEUTRAL)

    def test_every_family_has_its_notes_and_most_of_them_are_found(self):
        for family in Family:
            notes = [note for name, note in SENSITIVE if name == family]
            found = [note for note in notes if check_note(note)]
            assert len(notes) >= 10, family
            assert len(found) >= 0.8 * len(notes), (family, len(found), len(notes))

    def test_both_halves_are_large(self):
        for notes in ([note for _, note in SENSITIVE], NEUTRAL):
            assert 0.4 < sum(map(held_out, notes)) / len(notes) < 0.6
