"""No more messages here: asked by an answer, a link or a person; and lifted when they change their mind."""

from django.db import transaction
from django.utils.timezone import now as clock

from bienveille.engines.messaging.models import Stop
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit


@transaction.atomic
def stop_channel(*, channel: str, value: str, way: str, actor: User | None = None) -> Stop:
    """Send nothing more to this number or address by this channel. Asked twice, it is noted once."""
    stop, made = Stop.objects.get_or_create(
        channel=channel, value=value, defaults={"way": way, "since": clock(), "noted_by": actor}
    )
    if made:
        record_audit(
            actor=actor,
            action=AuditAction.MESSAGE_CHANGED,
            subject=stop,
            reason="Plus de messages",
            detail={"way": way},
        )
    return stop


@transaction.atomic
def allow_channel(*, actor: User, channel: str, value: str, reason: str) -> bool:
    """Lift a stop, because the person asks for messages again. Whether there was one."""
    found = Stop.objects.select_for_update().filter(channel=channel, value=value).first()
    if found is None:
        return False
    record_audit(actor=actor, action=AuditAction.MESSAGE_CHANGED, subject=found, reason=reason)
    found.delete()
    return True
