"""Pieces that other packages show: what is said now to whoever passes."""

from typing import Any

from django import template
from django.utils import timezone

from bienveille.engines.messaging.access import hears
from bienveille.engines.messaging.queries.notices import running_notices
from bienveille.register.accounts.models import User
from bienveille.register.housing.models import Residence

register = template.Library()


@register.inclusion_tag("messaging/running_notices.html")
def notices_now(
    *, user: User | None = None, residence: Residence | None = None, wrapped: bool = False
) -> dict[str, Any]:
    """`{% notices_now user=request.user %}`: what is said now, crises first; nothing when nothing is (1 query).

    With a user, what concerns their agencies; with a residence, what concerns it; else everything, places named.
    `wrapped`: outside the column of the page, which it then makes.
    """
    found = running_notices(timezone.now(), residence=residence)
    return {"notices": [one for one in found if user is None or hears(user, one)], "wrapped": wrapped}
