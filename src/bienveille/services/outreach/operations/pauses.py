"""A caller's rest: their own decision, until a day; nothing is handed to them, and no reason is asked."""

from datetime import date, datetime, timedelta

from django.db import transaction

from bienveille.engines.dispatch.operations import free_lists
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.services.outreach.models import CallerPause

LONGEST_PAUSE = timedelta(days=365)


class CannotPauseThen(Refusal):
    """A pause ends on a day to come, within a year."""

    message = "Choisissez un jour à venir, dans l’année."


@transaction.atomic
def take_a_pause(*, caller: User, until: date, now: datetime, today: date) -> CallerPause:
    """Rest until a day; said again, the day changes. My list of the week is freed.

    Refuses a day gone by or more than a year ahead.
    """
    if not today < until <= today + LONGEST_PAUSE:
        raise CannotPauseThen
    pause, _ = CallerPause.objects.update_or_create(
        user=caller, defaults={"until": until}, create_defaults={"until": until, "created_at": now}
    )
    free_lists(actor=caller, caller=caller, now=now)
    record_audit(actor=caller, action=AuditAction.ACCOUNT_CHANGED, subject=caller, detail={"did": "calling_paused"})
    return pause


@transaction.atomic
def resume_calling(*, caller: User) -> None:
    """Call again before the day that was said. Twice does nothing more."""
    deleted, _ = CallerPause.objects.filter(user=caller).delete()
    if deleted:
        record_audit(
            actor=caller, action=AuditAction.ACCOUNT_CHANGED, subject=caller, detail={"did": "calling_resumed"}
        )
