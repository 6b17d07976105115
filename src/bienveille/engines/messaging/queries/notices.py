"""Reading notices and the numbers of sites."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from bienveille.engines.messaging.models import Line, Notice
from bienveille.engines.messaging.rules.notices import SiteNumber, numbers_of_site
from bienveille.register.accounts.rules import Scope
from bienveille.register.housing.models import Residence


def running_notices(now: datetime, *, residence: Residence | None = None) -> list[Notice]:
    """What is said now, the crises first; with a residence, only what concerns it (1 query)."""
    found = Notice.objects.filter(starts_at__lte=now, ends_at__gt=now).select_related("agency", "residence__agency")
    if residence is not None:
        found = found.filter(Q(agency=None, residence=None) | Q(residence=residence) | Q(agency_id=residence.agency_id))
    return list(found.order_by("-urgent", "-starts_at", "pk")[:20])


def notices_within(scope: Scope, *, ended_since: datetime) -> list[Notice]:
    """The page « Avis »: those of one's agencies, running, planned, ended lately (1 query)."""
    found = Notice.objects.filter(ends_at__gt=ended_since).select_related("agency", "residence__agency", "created_by")
    return list(found.filter(_inside(scope)).order_by("-ends_at", "pk")[:100])


def find_notice(notice_id: UUID) -> Notice | None:
    """One notice with its place (1 query)."""
    return Notice.objects.select_related("agency", "residence__agency").filter(pk=notice_id).first()


def lines_within(scope: Scope) -> list[Line]:
    """The page « Numéros »: those of one's agencies and of their residences, by place (1 query)."""
    found = Line.objects.select_related("agency", "residence__agency").filter(_inside(scope))
    return list(found.order_by("agency__name", "residence__name", "kind", "pk"))


def find_line(line_id: UUID) -> Line | None:
    """One number with its place (1 query)."""
    return Line.objects.select_related("agency", "residence__agency").filter(pk=line_id).first()


def numbers_by_residence(residences: Collection[Residence]) -> dict[UUID, list[SiteNumber]]:
    """The numbers that hold for each of these residences, for its posters and its public page (1 query)."""
    rows = Line.objects.filter(
        Q(agency=None, residence=None)
        | Q(residence__in=[one.pk for one in residences])
        | Q(agency__in={one.agency_id for one in residences})
    ).order_by("pk")
    lines = [SiteNumber(one.kind, one.number, one.hours, one.agency_id, one.residence_id) for one in rows]
    return {one.pk: numbers_of_site(lines, residence=one.pk, agency=one.agency_id) for one in residences}


def _inside(scope: Scope) -> Q:
    """What stands inside a scope; what is for everybody is for who covers everything."""
    if scope.everything:
        return Q()
    return (
        Q(agency__in=scope.agencies)
        | Q(agency__company__in=scope.companies)
        | Q(residence__agency__in=scope.agencies)
        | Q(residence__agency__company__in=scope.companies)
    )
