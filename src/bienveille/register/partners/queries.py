"""Which services can help near a home; nothing here is about a person."""

from collections.abc import Collection

from django.contrib.postgres.fields import ArrayField
from django.db.models import Case, CharField, Func, IntegerField, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from bienveille.register.housing.models import Commune
from bienveille.register.partners.models import Service

_CODES = ArrayField(CharField(max_length=10))


def services_for_commune(code_insee: str, thematiques: Collection[str] = (), *, limit: int = 200) -> list[Service]:
    """Services offered to somebody who lives in that commune, with their structure, the nearest first (1 query).

    Serves the caller's screen and the page of a household. A service is offered when its zone of eligibility holds
    the commune, the commune of which it is an arrondissement, its EPCI, its département or "france"; or when it has
    no zone and is in that very commune (data·inclusion schema, `zone_eligibilite`). `thematiques`: any of them.
    """
    here = Commune.objects.filter(code=code_insee)
    zones = Coalesce(
        Subquery(
            here.values(
                zones=Func(
                    "code",
                    "parent_id",
                    "epci",
                    "department",
                    Value("france"),
                    template="ARRAY[%(expressions)s]",
                    output_field=_CODES,
                )
            )
        ),
        Value([code_insee, "france"], output_field=_CODES),
    )
    without_zone = Q(zone_eligibilite__len=0) & (Q(code_insee=code_insee) | Q(code_insee__in=here.values("parent_id")))
    nearness = Case(
        When(zone_eligibilite__contains=[code_insee], then=0),
        When(code_insee=code_insee, then=0),
        default=1,
        output_field=IntegerField(),
    )
    found = Service.objects.filter(Q(zone_eligibilite__overlap=zones) | without_zone)
    if thematiques:
        found = found.filter(thematiques__overlap=list(thematiques))
    return list(found.select_related("structure").order_by(nearness, "nom", "id")[:limit])
