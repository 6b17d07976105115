"""Messages around calls: whom to tell before, by which ways after."""

from datetime import datetime
from uuid import UUID

from django.utils.timezone import localdate

from bienveille.engines.messaging.channels import open_channels
from bienveille.engines.messaging.choices import Channel
from bienveille.engines.messaging.queries.recipients import point_of
from bienveille.services.outreach.choices import CampaignState
from bienveille.services.outreach.models import Wave

#: More waves than anybody would choose from at once.
MOST_WAVES = 50


def waves_to_tell() -> list[Wave]:
    """Waves of campaigns in preparation or running, the newest campaign first, each with its campaign (1 query)."""
    found = Wave.objects.exclude(campaign__state=CampaignState.CLOSED).select_related("campaign")
    return list(found.order_by("-campaign__created_at", "rank")[:MOST_WAVES])


def written_ways(household_id: UUID, now: datetime) -> dict[str, str]:
    """Channel → number or address, SMS first, for what the landlord can send and may send there (2 queries at most)."""
    found = {
        channel.value: point_of(household_id, channel, localdate(now))
        for channel in (Channel.SMS, Channel.EMAIL)
        if channel in open_channels()
    }
    return {channel: point.to for channel, point in found.items() if point is not None}
