"""Which words may be added to the vocabulary, and how entries read."""

import pytest

from bienveille.ground.lib.note_guard import BUILT_IN, NoteGuard
from bienveille.register.wording.choices import EntryKind
from bienveille.register.wording.rules import entry_words, fault_of, switched_off_by


@pytest.mark.parametrize(
    ("kind", "text", "family", "field"),
    [
        (EntryKind.WORD, "zouave", "insults", ""),
        (EntryKind.WORD, "zouave", "", "family"),
        (EntryKind.WORD, "malade", "health", "text"),  # found already
        (EntryKind.WORD, "!", "health", "text"),
        (EntryKind.WORD, "a*", "health", "text"),
        (EntryKind.EXCEPTION, "résidence Le Malade", "", ""),
        (EntryKind.EXCEPTION, "résidence Le Moulin", "", "text"),  # not found: nothing to except
        (EntryKind.EXCEPTION, "malade", "", "text"),  # would silence the word everywhere
        (EntryKind.OFF, "malade", "", ""),
        (EntryKind.OFF, "moulin", "", "text"),
        (EntryKind.OFF, "06 39 98 12 34", "", "text"),  # numbers are always looked for
    ],
)
def test_what_keeps_words_out(kind, text, family, field):
    assert fault_of(kind, text, family, BUILT_IN)[0] == field


def test_the_entries_of_ours_behind_a_word():
    (entry,) = switched_off_by("Alcoolique", BUILT_IN)
    assert NoteGuard(switched_off=[entry]).check("alcool") == []


def test_entries_read_as_words():
    assert entry_words("alcoo*") == "alcoo…"
    assert entry_words("[sa|son] fille") == "sa / son fille"
    assert entry_words("[a|b|c|d|e]*") == "a / b / c / d / …"
    assert entry_words("con!") == "con"
    assert entry_words("docteur <Nom>") == "docteur un nom"
