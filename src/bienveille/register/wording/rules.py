"""Which words a landlord may add to the lexicon of notes, and how an entry of ours is shown; no database."""

import re

from bienveille.ground.lib.note_guard import NUMBERS_ENTRY, NoteGuard, fold_words
from bienveille.register.wording.choices import EntryKind

LONGEST_TEXT = 60
LONGEST_REASON = 200
MOST_ENTRIES = 5  # entries of ours that one word may switch off at once


def fault_of(kind: str, text: str, family: str, guard: NoteGuard) -> tuple[str, str]:
    """(field, sentence) of what keeps words out of the list; ("", "") when nothing does."""
    folded = fold_words(text)
    if len(folded.replace(" ", "").rstrip("*")) < 2:
        return "text", "Écrivez un mot, ou quelques mots, en lettres ou en chiffres."
    found = [one for one in guard.check(text.rstrip("* ")) if one.entry != NUMBERS_ENTRY]
    if kind == EntryKind.WORD and not family:
        return "family", "Choisissez de quoi ce mot parle\u00a0: le conseil donné à qui l’écrit en dépend."
    if kind == EntryKind.WORD and found:
        return "text", "Ces mots sont déjà signalés\u00a0: il n’y a rien à ajouter."
    if kind != EntryKind.WORD and not found:
        return "text", "Ces mots ne sont pas signalés aujourd’hui\u00a0: il n’y a rien à changer."
    if kind == EntryKind.EXCEPTION and len(folded.split()) < 2:
        return (
            "text",
            "Écrivez aussi les mots autour, par exemple «\u00a0place handicapé\u00a0»\u00a0: un mot seul se retire.",
        )
    return "", ""


def switched_off_by(text: str, guard: NoteGuard) -> list[str]:
    """The entries of ours behind what is found in these words; numbers are always looked for."""
    return list(dict.fromkeys(one.entry for one in guard.check(text) if one.entry != NUMBERS_ENTRY))[:MOST_ENTRIES]


def entry_words(entry: str) -> str:
    """An entry of ours as people read it: « problème, souci… de cœur » for `[probleme|souci] de coeur`."""
    words = re.sub(r"\[([^\[\]]*)\](\*?)", lambda group: _choices(group.group(1)) + group.group(2), entry)
    words = re.sub(r"\(([a-z]+)\)", r"(\1)", words).replace("!", "").replace("*", "…").replace("<Nom>", "un nom")
    return re.sub(r"…+", "…", words.replace("#", "un numéro")).strip()


def _choices(listed: str) -> str:
    some = [one for one in listed.split("|") if one]
    return " / ".join(some[:4]) + (" / …" if len(some) > 4 else "")
