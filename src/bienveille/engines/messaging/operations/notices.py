"""What can be done to notices and to the numbers of sites: publish, change, end; set, remove."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from bienveille.engines.messaging.models import Line, Notice
from bienveille.engines.messaging.rules.notices import why_not_shown
from bienveille.ground.platform.jobs import job
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import Agency, User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.housing.models import Residence

#: What was said to everybody is kept a year after its end, as the rest of what was sent.
KEPT = timedelta(days=365)


class CannotPublish(Refusal):
    """The hours of a notice do not hold; `field` is the one to put right."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@transaction.atomic
def publish_notice(
    *,
    actor: User,
    title: str,
    body: str,
    urgent: bool,
    agency: Agency | None,
    residence: Residence | None,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
    notice: Notice | None = None,
) -> Notice:
    """Say something to a residence, an agency or everybody; with `notice`, change what it says.

    Refused when it would end before it begins or before now, or last more than three months.
    """
    if fault := why_not_shown(starts_at, ends_at, now):
        raise CannotPublish(fault[1], fault[0])
    kept = Notice.objects.select_for_update().get(pk=notice.pk) if notice else Notice(created_by=actor)
    kept.title, kept.body, kept.urgent = title, body, urgent
    kept.agency, kept.residence = agency, residence
    kept.starts_at, kept.ends_at = starts_at, ends_at
    kept.save()
    record_audit(
        actor=actor,
        action=AuditAction.MESSAGE_CHANGED,
        subject=kept,
        reason="Avis modifié" if notice else "Avis publié",
    )
    return kept


@transaction.atomic
def end_notice(*, actor: User, notice: Notice, now: datetime) -> None:
    """Stop showing a notice at once; one that never began is erased. Ended already: nothing happens."""
    kept = Notice.objects.select_for_update().filter(pk=notice.pk).first()
    if kept is None or kept.ends_at <= now:
        return
    record_audit(actor=actor, action=AuditAction.MESSAGE_CHANGED, subject=kept, reason="Avis retiré")
    if kept.starts_at >= now:
        kept.delete()
        return
    kept.ends_at = now
    kept.save(update_fields=["ends_at"])


@transaction.atomic
def set_line(
    *, actor: User, kind: str, number: str, hours: str, agency: Agency | None, residence: Residence | None
) -> Line:
    """Set the number of a kind for a place; it replaces the one there was."""
    line, _ = Line.objects.update_or_create(
        kind=kind, agency=agency, residence=residence, defaults={"number": number, "hours": hours}
    )
    record_audit(
        actor=actor, action=AuditAction.MESSAGE_CHANGED, subject=line, reason="Numéro d’un site", detail={"kind": kind}
    )
    return line


@transaction.atomic
def remove_line(*, actor: User, line: Line) -> None:
    """Remove a number: the one of the agency, else of the landlord, holds again. Removed already: nothing happens."""
    kept = Line.objects.select_for_update().filter(pk=line.pk).first()
    if kept is None:
        return
    record_audit(
        actor=actor,
        action=AuditAction.MESSAGE_CHANGED,
        subject=kept,
        reason="Numéro d’un site retiré",
        detail={"kind": kept.kind},
    )
    kept.delete()


@job(queue="default")
def purge_notices() -> int:
    """Erase notices a year after their end."""
    return Notice.objects.filter(ends_at__lt=timezone.now() - KEPT).delete()[0]
