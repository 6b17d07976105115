"""The demo's lists of the week: prepared, confirmed, and one household that its caller asks somebody else to take."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bienveille.register.accounts.models import User
    from bienveille.services.outreach.models import Campaign


def prepare_week(campaign: Campaign, director: User, now: datetime) -> None:
    """Lists for this week, or the next once this one is half over, as a coordinator would make them."""
    from django.utils.timezone import localtime

    from bienveille.engines.dispatch.models import BatchLine
    from bienveille.engines.dispatch.operations import offer_line
    from bienveille.services.outreach.operations import ListRules, confirm_lists, prepare_lists
    from bienveille.services.outreach.rules.lists import usual_week

    rules = ListRules(week=usual_week(localtime(now).date()))
    done = prepare_lists(campaign=campaign, actor=director, rules=rules, now=now)
    confirm_lists(campaign=campaign, actor=director, plan_id=done.plan.pk, now=now)
    lines = BatchLine.objects.filter(plan=done.plan, batch__isnull=False).select_related("batch__caller")
    offered = lines.exclude(batch__caller__email__endswith="@demo.example").order_by("-position", "pk").first()
    if offered is not None and offered.batch is not None:
        offer_line(caller=offered.batch.caller, line_id=offered.pk, offered=True, now=now)
