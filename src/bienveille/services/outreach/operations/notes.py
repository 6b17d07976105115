"""Notes kept despite a warning, read again several at once."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localtime

from bienveille.register.accounts.models import User
from bienveille.register.accounts.rules import Scope
from bienveille.services.outreach.operations.coordination import read_note_again
from bienveille.services.outreach.queries.notes import notes_kept

#: As many as a page of the list holds, and some more.
AT_ONCE = 100


@transaction.atomic
def read_notes_again(*, actor: User, scope: Scope, report_ids: Collection[UUID], erase: bool, now: datetime) -> int:
    """Say that some notes were read again: they stay, or their words are erased for good. How many it was done for.

    Those of other agencies, those already read again and those gone by are left as they are.
    """
    waiting = notes_kept(scope, on=localtime(now).date(), read=False).filter(pk__in=list(report_ids)[:AT_ONCE])
    chosen = list(waiting.values_list("pk", flat=True))
    for report_id in chosen:
        read_note_again(actor=actor, report_id=report_id, erase=erase, now=now)
    return len(chosen)
