"""What calls told of the cases they opened, for the page of a case."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from bienveille.engines.dispatch.models import Attempt


@dataclass(frozen=True)
class CallTold:
    """A call that signalled: in which campaign, its note while it is kept, whether the person agreed to be called."""

    campaign: str
    note: str
    agreed: bool | None


def told_by_calls(attempt_ids: Collection[UUID]) -> dict[UUID, CallTold]:
    """What these calls told, by key; nothing for one that was taken back (1 query, none without a call)."""
    if not attempt_ids:
        return {}
    attempts = Attempt.objects.filter(pk__in=attempt_ids, undone_at=None).select_related(
        "report", "referral", "contact__queue__campaign"
    )
    return {
        one.pk: CallTold(
            campaign=one.contact.queue.campaign.name,
            note=one.report.note if hasattr(one, "report") else "",
            agreed=one.referral.agreed if hasattr(one, "referral") else None,
        )
        for one in attempts
    }
