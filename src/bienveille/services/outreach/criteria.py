"""What audiences may ask of campaigns: who is in one, who has not been heard for long."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from bienveille.ground.lib.criteria import (
    Condition,
    Criterion,
    InvalidValue,
    Names,
    Over,
    Pick,
    Whole,
    read_codes,
    read_whole,
)
from bienveille.services.outreach.models import Campaign


def _identifiers(value: object) -> tuple[str, ...]:
    codes = read_codes(value)
    for code in codes:
        try:
            UUID(code)
        except ValueError:
            raise InvalidValue(f"« {code} » n’est pas l’identifiant d’une campagne") from None
    return codes


def _known(codes: Collection[str]) -> Names:
    rows = Campaign.objects.filter(pk__in=codes).values_list("pk", "name")
    return {str(pk): name for pk, name in rows}


def _opened() -> Names:
    """Campaigns that have called, the newest first (1 query)."""
    rows = Campaign.objects.exclude(opened_at=None).order_by("-opened_at").values_list("pk", "name")
    return {str(pk): name for pk, name in rows[:200]}


def _in_campaign(codes: tuple[str, ...], on: date) -> Condition:
    return Condition(
        Over.HOUSEHOLD,
        """EXISTS (SELECT 1 FROM dispatch_contact ic JOIN outreach_campaign io ON io.queue_id = ic.queue_id
                   WHERE ic.household_id = h.id AND io.id = ANY (%s::uuid[]))""",
        (list(codes),),
    )


def _in_campaign_words(codes: tuple[str, ...], names: Names) -> str:
    several = len(codes) > 1
    quoted = ", ".join(f"« {names.get(code, code)} »" for code in codes)
    return f"déjà dans l’une des campagnes {quoted}" if several else f"déjà dans la campagne {quoted}"


def _silent(months: int, on: date) -> Condition:
    return Condition(
        Over.HOUSEHOLD,
        """NOT EXISTS (SELECT 1 FROM dispatch_attempt sa JOIN dispatch_contact sc ON sc.id = sa.contact_id
                       WHERE sc.household_id = h.id AND sa.outcome = 'reached' AND sa.undone_at IS NULL
                         AND sa.at >= %s::date - make_interval(months => %s))""",
        (on, months),
    )


CRITERIA = (
    Criterion(
        name="in_campaign",
        label="Déjà dans une campagne",
        parse=_identifiers,
        condition=_in_campaign,
        phrase=_in_campaign_words,
        known=_known,
        unknown="Aucune campagne ne porte l’identifiant « {code} ».",
        control=Pick("une campagne", options=_opened),
    ),
    Criterion(
        name="silent_for_months",
        label="Sans contact depuis longtemps",
        parse=lambda value: read_whole(value, least=1, most=120),
        condition=_silent,
        phrase=lambda months, names: f"que personne n’a joints depuis {months} mois",
        control=Whole("mois", start=6),
    ),
)
