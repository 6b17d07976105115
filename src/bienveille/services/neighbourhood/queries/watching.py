"""Residences to watch: what calls and situations tell of each staircase, what is proposed, what visits saw."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q

from bienveille.engines.cases.models import Case
from bienveille.engines.cases.rules import CONFIDENTIAL
from bienveille.engines.dispatch.choices import Outcome
from bienveille.engines.dispatch.models import Attempt
from bienveille.register.accounts.rules import Scope
from bienveille.register.housing.models import Residence, Watch
from bienveille.register.tenants.models import Household
from bienveille.services.neighbourhood.choices import ProposalState
from bienveille.services.neighbourhood.models import WatchProposal, WatchVisit
from bienveille.services.neighbourhood.rules import SILENT_CALLS, Place, Signs

_SPOKEN = (Outcome.REACHED, Outcome.INTERRUPTED, Outcome.REFUSED)


def signs_by_place(since: date) -> dict[Place, Signs]:
    """What was told since a day in each staircase of the residences that nobody watches (1 query).

    Confidential cases are not looked at: a place where something was told in confidence is counted as any other.
    """
    grave = Case.objects.filter(
        ~Q(kind__in=CONFIDENTIAL), household=OuterRef("pk"), grade__in=["orange", "red"], opened_at__date__gte=since
    ).exclude(outcome="undone")
    tried = (
        Attempt.objects.filter(contact__household=OuterRef("pk"), at__date__gte=since, undone_at=None)
        .order_by()
        .values("contact__household")
        .annotate(n=Count("pk"), spoken=Count("pk", filter=Q(outcome__in=_SPOKEN)))
        .filter(n__gte=SILENT_CALLS, spoken=0)
    )
    rows = (
        Household.objects.filter(closed_on=None, dwelling__building__residence__watched=False)
        .annotate(grave=Exists(grave), silent=Exists(tried))
        .values("dwelling__building__residence_id", "dwelling__building_id", "dwelling__staircase")
        .annotate(
            households=Count("pk"),
            graves=Count("pk", filter=Q(grave=True)),
            silents=Count("pk", filter=Q(silent=True)),
            worrying=Count("pk", filter=Q(grave=True) | Q(silent=True)),
        )
        .order_by("dwelling__building__residence_id", "dwelling__building_id", "dwelling__staircase")
    )
    return {
        Place(row["dwelling__building__residence_id"], row["dwelling__building_id"], row["dwelling__staircase"]): Signs(
            row["households"], row["worrying"], row["graves"], row["silents"]
        )
        for row in rows
    }


def decided_since(day: date) -> set[Place]:
    """Places that wait for an answer, or were refused since a day: not proposed again (1 query)."""
    rows = WatchProposal.objects.filter(
        Q(state=ProposalState.PROPOSED) | Q(state=ProposalState.REFUSED, decided_on__gte=day)
    )
    return {Place(one.residence_id, one.building_id, one.staircase) for one in rows}


def open_proposals(scope: Scope, today: date) -> list[WatchProposal]:
    """What is proposed in these agencies and waits for an answer, the most worrying first (1 query)."""
    rows = WatchProposal.objects.filter(state=ProposalState.PROPOSED, expires_on__gte=today)
    if not scope.everything:
        rows = rows.filter(Q(residence__agency__in=scope.agencies) | Q(residence__agency__company__in=scope.companies))
    rows = rows.select_related("residence__agency", "residence__commune", "building")
    return list(rows.order_by("-worrying", "residence__name", "pk"))


def proposal_of(proposal_id: UUID) -> WatchProposal | None:
    """One proposal with its place (1 query)."""
    related = ("residence__agency", "residence__commune", "building")
    return WatchProposal.objects.select_related(*related).filter(pk=proposal_id).first()


def watch_running(residence: Residence) -> Watch | None:
    """The watch that runs in a residence (1 query)."""
    return Watch.objects.filter(residence=residence, ended_on=None).select_related("started_by").first()


def visits_of(watches: Iterable[Watch]) -> list[WatchVisit]:
    """What visits saw during these watches, the newest first (1 query)."""
    rows = WatchVisit.objects.filter(watch__in=list(watches)).select_related("by")
    return list(rows.order_by("-on", "-pk"))
