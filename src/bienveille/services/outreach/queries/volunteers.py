"""Calls for volunteers: their figures, their answers, what somebody answered."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import User
from bienveille.register.accounts.rules import Scope
from bienveille.services.outreach.choices import OfferState
from bienveille.services.outreach.models import VolunteerCall, VolunteerOffer


@dataclass(frozen=True)
class CallFigures:
    """What a call for volunteers gave: those asked, who answered, who is ready to call, who has what it takes."""

    asked: int | None
    answers: int
    volunteers: int
    with_material: int
    waiting: int


def volunteer_calls(scope: Scope, user: User) -> list[tuple[VolunteerCall, CallFigures]]:
    """The calls for volunteers of the agencies that somebody covers, the newest first, with figures (1 query)."""
    calls = VolunteerCall.objects.all()
    if not scope.everything:
        calls = calls.filter(
            Q(agency=None) | Q(agency__in=scope.agencies) | Q(agency__company__in=scope.companies) | Q(created_by=user)
        )
    return [(call, figures_in(call)) for call in _counted(calls).select_related("agency")]


def volunteer_call(call_id: UUID) -> VolunteerCall | None:
    """One call for volunteers with its figures (1 query)."""
    return _counted(VolunteerCall.objects.filter(pk=call_id)).select_related("agency", "created_by").first()


def figures_in(call: VolunteerCall) -> CallFigures:
    """The figures that the queries above read with a call (no query)."""
    return CallFigures(
        asked=call.asked,
        answers=call.answers,  # type: ignore[attr-defined]
        volunteers=call.volunteers,  # type: ignore[attr-defined]
        with_material=call.with_material,  # type: ignore[attr-defined]
        waiting=call.waiting,  # type: ignore[attr-defined]
    )


def _counted(calls: QuerySet[VolunteerCall]) -> QuerySet[VolunteerCall]:
    willing = Q(offers__willing=True)
    return calls.annotate(
        answers=Count("offers"),
        volunteers=Count("offers", filter=willing),
        with_material=Count("offers", filter=willing & Q(offers__equipped=True)),
        waiting=Count("offers", filter=willing & Q(offers__state=OfferState.WAITING)),
    )


def offers_of(call: VolunteerCall, scope: Scope, user: User) -> list[VolunteerOffer]:
    """Those ready to call, of one's agencies, those to read first; all of one's own call (2 queries).

    An answer that names no agency is read by who made the call and by who covers everything.
    """
    offers = VolunteerOffer.objects.filter(call=call, willing=True, email__isnull=False)
    if not scope.everything and call.created_by_id != user.pk:
        offers = offers.filter(Q(agency__in=scope.agencies) | Q(agency__company__in=scope.companies))
    offers = offers.select_related("agency", "user").prefetch_related("knows").order_by("answered_at", "pk")
    return sorted(offers, key=lambda one: one.state != OfferState.WAITING)


def volunteer_offer(offer_id: UUID) -> VolunteerOffer | None:
    """One answer with its call (1 query)."""
    related = ("call", "agency", "user")
    return VolunteerOffer.objects.filter(pk=offer_id, email__isnull=False).select_related(*related).first()


def call_of_secret(secret: str) -> VolunteerCall | None:
    """The open call that this link leads to (1 query)."""
    return VolunteerCall.objects.filter(secret=secret, closed_at=None).select_related("agency").first()


def answer_of(call: VolunteerCall, user: User) -> VolunteerOffer | None:
    """What somebody who signed in answered to a call (1 query)."""
    return VolunteerOffer.objects.filter(call=call, email=user.email).first()


def calls_for_me(user: User) -> list[VolunteerCall]:
    """Open calls to somebody who does not call yet, for their home page (1 query)."""
    asked = Q(agency=None) | Q(agency=user.agency_id)
    calls = VolunteerCall.objects.filter(asked, closed_at=None).exclude(offers__email=user.email)
    return list(calls.exclude(pk__in=VolunteerCall.objects.filter(created_by=user)).order_by("-created_at")[:3])


def is_caller(user: User) -> bool:
    """Whether somebody has the caller's role already (1 query)."""
    return user.grants.filter(role=Role.CALLER).exists()
