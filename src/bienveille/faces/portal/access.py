"""Which referral a browser may open: the one whose code was given in it, and nothing else. Sites are for everybody."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404

from bienveille.engines.cases.models import ReferralCode
from bienveille.engines.cases.queries.referrals import standing_visit
from bienveille.register.housing.models import Residence

#: What the session holds: for each referral, the key of the visit that this browser opened.
VISITS = "portal_visits"
#: What it holds while a code is awaited: for each link, by the digest of its secret, who asked.
HOLDERS = "portal_holders"


def get_site(residence_id: UUID) -> Residence:
    """A residence, for the page that its posters lead to: nothing there is about somebody (1 query)."""
    found = Residence.objects.select_related("commune").filter(pk=residence_id).first()
    if found is None:
        raise Http404
    return found


def get_visit_for(session: Mapping[str, Any], referral_id: UUID, now: datetime) -> ReferralCode:
    """The visit of this browser on this very referral, with the referral (1 query).

    404 for any other referral, a visit over, a referral finished or withdrawn: all look like what never existed.
    """
    held = session.get(VISITS)
    key = held.get(str(referral_id), "") if isinstance(held, dict) else ""
    visit = standing_visit(referral_id, key, now) if key else None
    if visit is None:
        raise Http404
    return visit
