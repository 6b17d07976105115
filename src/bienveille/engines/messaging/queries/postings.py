"""Reading posters: how far they have got, what a building manager has to put up, the texts made for halls."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from bienveille.engines.messaging.choices import Channel
from bienveille.engines.messaging.models import Poster, Posting, TemplateVersion, Text
from bienveille.register.accounts.rules import Scope
from bienveille.register.housing.models import Residence, ResidenceManager


def posters_within(scope: Scope, *, limit: int = 100) -> list[Poster]:
    """Posters of one's agencies with `halls` and `posted`, the newest first (1 query)."""
    mine = _inside(scope, "postings__residence__agency")
    found = Poster.objects.select_related("made_by").annotate(
        halls=Count("postings", filter=mine),
        posted=Count("postings", filter=mine & Q(postings__posted_at__isnull=False)),
    )
    return list(found.filter(halls__gt=0).order_by("-made_at", "-pk")[:limit])


def find_poster(poster_id: UUID) -> Poster | None:
    """One poster (1 query)."""
    return Poster.objects.filter(pk=poster_id).first()


def postings_within(poster: Poster | UUID, scope: Scope) -> list[Posting]:
    """The halls of a poster in one's agencies, by residence, with who put it up (1 query)."""
    found = Posting.objects.filter(poster=poster).filter(_inside(scope, "residence__agency"))
    return list(found.select_related("residence", "posted_by").order_by("residence__name", "residence_id", "hall"))


def to_put_up(user_id: UUID, today: date) -> list[Posting]:
    """What a building manager has to put up, and what they did put up lately, by residence (1 query)."""
    mine = ResidenceManager.objects.filter(user_id=user_id, residence=OuterRef("residence"))
    found = Posting.objects.filter(Exists(mine), poster__until__gte=today).select_related("poster", "residence")
    return list(found.order_by(F("posted_at").asc(nulls_first=True), "residence__name", "poster", "hall")[:200])


def find_posting(posting_id: UUID) -> Posting | None:
    """One hall of a poster, with its residence (1 query)."""
    return Posting.objects.select_related("poster", "residence__agency", "posted_by").filter(pk=posting_id).first()


def halls_of(agency_id: UUID | None, residence_id: UUID | None, scope: Scope) -> list[tuple[Residence, int]]:
    """The residences chosen with their number of halls: said by the register, else one for each building (1 query)."""
    found: QuerySet[Residence] = Residence.objects.filter(_inside(scope, "agency"))
    if residence_id:
        found = found.filter(pk=residence_id)
    elif agency_id:
        found = found.filter(agency=agency_id)
    counted = found.annotate(blocks=Count("buildings")).order_by("name", "pk")
    return [(one, one.halls or max(one.blocks, 1)) for one in counted]


def poster_texts() -> list[Text]:
    """French texts made for posters, of the latest version of each text in use, by name (1 query)."""
    latest = TemplateVersion.objects.filter(template=OuterRef("version__template")).order_by("-number").values("pk")
    found = Text.objects.filter(
        channel=Channel.POSTER, language="fr", easy=False, version__template__retired_on=None
    ).select_related("version__template")
    return list(found.filter(version=Subquery(latest[:1])).order_by("version__template__name", "pk"))


def photos_of(posters: Collection[UUID]) -> list[str]:
    """Where the photographs of these posters are kept (1 query)."""
    return list(Posting.objects.filter(poster__in=posters).exclude(photo="").values_list("photo", flat=True))


def _inside(scope: Scope, agency: str) -> Q:
    if scope.everything:
        return Q()
    return Q(**{f"{agency}__in": scope.agencies}) | Q(**{f"{agency}__company__in": scope.companies})
