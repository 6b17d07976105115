"""What can be done to accounts, and the audit log that every operation writes to."""

from typing import Any
from uuid import UUID

from django.db import models

from bienveille.register.accounts.choices import AuditAction, AuditChannel
from bienveille.register.accounts.models import AuditEntry, User


def record_audit(
    *,
    actor: User | None,
    action: AuditAction,
    subject: models.Model | None = None,
    subject_type: str = "",
    subject_id: UUID | None = None,
    reason: str = "",
    channel: AuditChannel = AuditChannel.WEB,
    detail: dict[str, Any] | None = None,
) -> None:
    """Say who did or read what, and why, in the transaction of what was done (1 query).

    `detail` holds names of fields and counts, never the personal values themselves.
    """
    if subject is not None:
        subject_type, subject_id = subject._meta.label, subject.pk
    AuditEntry.objects.create(
        actor=actor,
        action=action,
        subject_type=subject_type,
        subject_id=subject_id if isinstance(subject_id, UUID) else None,
        reason=reason[:300],
        channel=channel,
        detail=detail or {},
    )
