"""The guard of notes as this landlord has set it, and the list of what they changed."""

from datetime import datetime

from django.db.models import Count, Max, QuerySet

from bienveille.ground.lib.note_guard import BUILT_IN, Family, Finding, NoteGuard
from bienveille.register.wording.choices import EntryKind
from bienveille.register.wording.models import WordingEntry

type Version = tuple[int, datetime | None]

# This process's guard and what it was built from: entries are only added or removed, so their number and the latest
# one tell whether anything changed. A guard never changes: threads may share it.
_held: tuple[Version, NoteGuard] = ((0, None), BUILT_IN)


def note_guard() -> NoteGuard:
    """The guard in force, built again only when the landlord changed their words (1 query, then 2)."""
    global _held
    version = _version()
    if _held[0] != version:
        _held = (version, _built())
    return _held[1]


def check_note(text: str) -> list[Finding]:
    """What should be written otherwise, with the landlord's own words (1 query, none for an empty text)."""
    return note_guard().check(text) if text else []


def wording_entries() -> QuerySet[WordingEntry]:
    """What the landlord changed, the latest first, with who did it (1 query)."""
    return WordingEntry.objects.select_related("added_by").order_by("-added_at", "-pk")


def _version() -> Version:
    found = WordingEntry.objects.aggregate(number=Count("pk"), latest=Max("added_at"))
    return found["number"], found["latest"]


def _built() -> NoteGuard:
    rows = list(WordingEntry.objects.order_by("added_at", "pk").values_list("kind", "family", "text"))
    if not rows:
        return BUILT_IN
    return NoteGuard(
        words=[(Family(family), text) for kind, family, text in rows if kind == EntryKind.WORD],
        exceptions=[text for kind, _, text in rows if kind == EntryKind.EXCEPTION],
        switched_off=[text for kind, _, text in rows if kind == EntryKind.OFF],
    )
