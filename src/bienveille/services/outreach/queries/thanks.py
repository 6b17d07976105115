"""What a caller's calls made possible, with everybody's: never compared with anybody's."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q
from django.utils.timezone import get_current_timezone

from bienveille.engines.dispatch.choices import Outcome
from bienveille.engines.dispatch.models import Attempt, PlannedCall
from bienveille.register.accounts.models import User
from bienveille.services.outreach.choices import CampaignState
from bienveille.services.outreach.models import Campaign, Referral, Thanks

#: How long the results of a campaign that ended stay on its callers' page.
SHOWN = timedelta(days=60)


@dataclass(frozen=True)
class Results:
    """What was done together: one's own calls, then everybody's households reached, referrals, regular calls."""

    title: str
    own_calls: int
    reached: int
    referrals: int
    regular: int
    words: str = ""
    signed: str = ""


def results_for(caller: User, today: date) -> list[Results]:
    """Last week's results of the campaigns where somebody called, and those of campaigns that ended (4 queries a part).

    Parts: last week, then at most three campaigns closed in the last sixty days.
    """
    monday = today - timedelta(days=today.weekday())
    zone = get_current_timezone()
    start = datetime.combine(monday - timedelta(days=7), time(), tzinfo=zone)
    end = datetime.combine(monday, time(), tzinfo=zone)
    mine = Attempt.objects.filter(contact__queue=OuterRef("queue"), caller=caller, undone_at=None)
    campaigns = Campaign.objects.filter(Exists(mine))
    found = []
    recent = list(campaigns.filter(Exists(mine.filter(at__gte=start, at__lt=end))).values_list("queue_id", flat=True))
    if recent:
        found.append(_results("La semaine dernière", recent, caller, start, end))
    closed = campaigns.filter(state=CampaignState.CLOSED, closed_at__gte=end - SHOWN).select_related(
        "thanks__written_by"
    )
    for campaign in closed.order_by("-closed_at")[:3]:
        thanks = getattr(campaign, "thanks", None)
        found.append(_results(campaign.name, [campaign.queue_id], caller, None, None, thanks))
    return found


def _results(
    title: str,
    queues: list[UUID],
    caller: User,
    start: datetime | None,
    end: datetime | None,
    thanks: Thanks | None = None,
) -> Results:
    between = Q(at__gte=start, at__lt=end) if start else Q()
    attempts = Attempt.objects.filter(between, contact__queue__in=queues, undone_at=None)
    spoken = Q(outcome=Outcome.REACHED)
    counts = attempts.aggregate(
        own=Count("id", filter=Q(caller=caller)), reached=Count("contact", filter=spoken, distinct=True)
    )
    referrals = Referral.objects.filter(attempt__in=attempts.values("pk")).count()
    promised = PlannedCall.objects.filter(weekly=True, planned_by__in=attempts.values("pk"))
    regular = promised.aggregate(count=Count("contact", distinct=True))["count"]
    return Results(
        title=title,
        own_calls=counts["own"],
        reached=counts["reached"],
        referrals=referrals,
        regular=regular,
        words=thanks.words if thanks else "",
        signed=thanks.written_by.display_name if thanks else "",
    )


def thanks_of(campaign: Campaign) -> Thanks | None:
    """What a coordinator wrote to the callers of a campaign (1 query)."""
    return Thanks.objects.filter(campaign=campaign).select_related("written_by").first()
