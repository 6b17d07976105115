"""What can be done to the landlord's vocabulary: a word added, an exception, one of ours switched off; taken back."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from bienveille.ground.lib.names import clean_text
from bienveille.ground.lib.note_guard import fold_words
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.wording.choices import EntryKind
from bienveille.register.wording.models import WordingEntry
from bienveille.register.wording.queries import note_guard
from bienveille.register.wording.rules import LONGEST_REASON, LONGEST_TEXT, fault_of, switched_off_by


class CannotChangeWording(Refusal):
    message = "Ce mot ne peut pas être ajouté."

    def __init__(self, message: str = "", *, field: str = "") -> None:
        super().__init__(message or self.message)
        self.field = field


@transaction.atomic
def add_wording(
    *, actor: User, kind: str, text: str, reason: str, now: datetime, family: str = ""
) -> list[WordingEntry]:
    """Warn about a word, leave a turn of phrase alone, or stop warning about a word of ours, and say why.

    Refuses what is too short or without a reason, a word that is found already, an exception or a withdrawal of what
    is not found. Gives what was kept: several entries of ours may stand behind one word.
    """
    reason = clean_text(reason)[:LONGEST_REASON]
    text = clean_text(text)[:LONGEST_TEXT]
    if not reason:
        raise CannotChangeWording("Dites pourquoi\u00a0: d’autres liront cette liste.", field="reason")
    guard = note_guard()
    field, sentence = fault_of(kind, text, family, guard)
    if field:
        raise CannotChangeWording(sentence, field=field)
    texts = switched_off_by(text, guard) if kind == EntryKind.OFF else [fold_words(text)]
    kept = [
        WordingEntry(
            kind=kind,
            text=one,
            family=family if kind == EntryKind.WORD else "",
            reason=reason,
            added_by=actor,
            added_at=now,
        )
        for one in texts
    ]
    added = WordingEntry.objects.bulk_create(kept, ignore_conflicts=True)
    for entry in added:
        _audit(actor, entry, "added")
    return added


@transaction.atomic
def remove_wording(*, actor: User, entry_id: UUID) -> WordingEntry | None:
    """Take a change of the vocabulary back: the lexicon is again as it was without it. Nothing the second time."""
    entry = WordingEntry.objects.select_for_update(of=["self"]).filter(pk=entry_id).first()
    if entry is None:
        return None
    _audit(actor, entry, "removed")
    entry.delete()
    return entry


def _audit(actor: User, entry: WordingEntry, change: str) -> None:
    record_audit(
        actor=actor,
        action=AuditAction.WORDING_CHANGED,
        subject=entry,
        reason=entry.reason,
        detail={"change": change, "kind": entry.kind, "words": entry.text},
    )
