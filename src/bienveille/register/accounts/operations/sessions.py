"""Where somebody is signed in, and how that ends from elsewhere."""

from datetime import datetime

from django.db import transaction
from django.utils.timezone import now as clock

from bienveille.ground.platform.jobs import job
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import OpenSession, User
from bienveille.register.accounts.operations.accounts import record_audit


@transaction.atomic
def end_sessions(*, user: User, but: str = "") -> int:
    """Sign somebody out everywhere, at once; `but`: the digest of the one session that stays. Gives how many ended."""
    ended, _ = OpenSession.objects.filter(user=user).exclude(pk=but).delete()
    if ended:
        record_audit(actor=user, action=AuditAction.SIGNED_OUT, subject=user, reason="fermé à distance")
    return ended


@transaction.atomic
def end_session(*, user: User, session: OpenSession) -> None:
    """Sign one device out, at once. Twice changes nothing."""
    ended, _ = OpenSession.objects.filter(pk=session.pk, user=user).delete()
    if ended:
        record_audit(actor=user, action=AuditAction.SIGNED_OUT, subject=user, reason="fermé à distance")


def forget_sessions_before(*, moment: datetime) -> int:
    """Erase the sessions that ended by themselves. Gives how many."""
    return OpenSession.objects.filter(expire_date__lt=moment).delete()[0]


@job(queue="schedule")
def purge_sessions() -> int:
    """Erase the sessions that are over: nobody opens them again, and they say who worked where. How many."""
    return forget_sessions_before(moment=clock())
