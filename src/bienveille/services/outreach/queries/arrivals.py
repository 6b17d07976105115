"""Who came into a campaign and who left it; which campaigns are behind the register; a household's rank and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q
from django.utils.timezone import localtime

from bienveille.engines.dispatch.choices import ClosingReason
from bienveille.engines.dispatch.models import Contact
from bienveille.register.imports.choices import RunState
from bienveille.register.imports.models import ImportRun
from bienveille.services.outreach.choices import CampaignState
from bienveille.services.outreach.models import Campaign, Coverage, ListUpdate, Wave
from bienveille.services.outreach.rules.arrivals import left_words, order_of


def campaigns_behind(now: datetime) -> list[UUID]:
    """Running campaigns whose list was not compared with the register since the last import, or today (2 queries).

    Ages and oppositions change without any import: each list is compared once a day too.
    """
    midnight = localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    imported = ImportRun.objects.filter(state=RunState.APPLIED).aggregate(last=Max("finished_at"))["last"]
    running = Campaign.objects.filter(state__in=[CampaignState.OPEN, CampaignState.PAUSED])
    behind = Q(coverage=None) | Q(coverage__updated_at__lt=midnight)
    if imported is not None:
        behind |= Q(coverage__updated_at__lt=imported)
    return list(running.filter(behind).order_by("opened_at", "id").values_list("pk", flat=True))


@dataclass(frozen=True)
class Change:
    """One update of a list, in words: when, by whom, how many came in, came back, left and why."""

    at: datetime
    by: str
    added: int
    returned: int
    left: list[tuple[str, int]]

    @property
    def gone(self) -> int:
        return sum(count for _, count in self.left)


def changes_of(campaign: Campaign, limit: int = 20) -> list[Change]:
    """What each update of a campaign's list changed, the newest first (1 query)."""
    labels = dict(ClosingReason.choices)
    updates = ListUpdate.objects.filter(campaign=campaign).select_related("by").order_by("-at", "-id")[:limit]
    return [
        Change(one.at, one.by.display_name if one.by else "", one.added, one.returned, left_words(one.left, labels))
        for one in updates
    ]


def compared_at(campaign: Campaign) -> datetime | None:
    """When the list of a campaign was last compared with the register (1 query)."""
    return Coverage.objects.filter(campaign=campaign).values_list("updated_at", flat=True).first()


@dataclass(frozen=True)
class Standing:
    """Where a household stands in its wave, and by which criteria: no score, a rank and its reasons."""

    wave: str
    rank: int
    of: int
    ahead: int  # those who still wait before it
    order: list[str]
    same: int  # others of the wave with the very same reasons: between them, age decides


def standing_of(contact: Contact) -> Standing:
    """The rank of a contact in its wave, and the order that gave it (2 queries).

    `contact` comes with its lane.
    """
    wave = Wave.objects.filter(campaign__queue_id=contact.queue_id, rank=contact.lane.wave).first()
    there = Contact.objects.filter(queue_id=contact.queue_id, lane__wave=contact.lane.wave)
    before = Q(priority__lt=contact.priority) | Q(priority=contact.priority, pk__lt=contact.pk)
    counts: dict[str, Any] = there.aggregate(
        of=Count("id"),
        before=Count("id", filter=before),
        ahead=Count("id", filter=before & Q(state="waiting")),
        same=Count("id", filter=Q(why=contact.why) & ~Q(pk=contact.pk)),
    )
    order = [str(one.label) for one in order_of(wave.priority if wave else [])]
    return Standing(
        wave=wave.name if wave else "", rank=counts["before"] + 1, of=counts["of"], ahead=counts["ahead"],
        order=order, same=counts["same"],
    )  # fmt: skip
