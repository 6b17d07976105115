"""One call that serves several: numbers shared by households of a campaign, one household in several campaigns."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from bienveille.engines.dispatch.choices import ContactState
from bienveille.engines.dispatch.models import Contact
from bienveille.ground.lib.phones import display_phone
from bienveille.ground.platform.prepared import Prepared
from bienveille.register.accounts.models import User
from bienveille.register.tenants.choices import ContactKind, ContactStatus, PersonRole
from bienveille.register.tenants.models import ContactPoint, Person
from bienveille.services.outreach.choices import CampaignState
from bienveille.services.outreach.models import Campaign, SharedCall
from bienveille.services.outreach.queries.campaigns import campaigns_to_call
from bienveille.services.outreach.rules.shared import Elsewhere, serves_both

_USABLE = [ContactStatus.VALID, ContactStatus.UNVERIFIED]
#: States in which a contact may be reached by the call made to another one.
OPEN_STATES = [ContactState.WAITING, ContactState.UNREACHABLE]


@dataclass(frozen=True)
class SharedNumber:
    """Another household of the same campaign behind the same number: who, on which floor, whether calls go on."""

    contact_id: UUID
    name: str
    floor: int | None
    number: str
    asked: bool  # news of them may be given in this very call


def _usable_points() -> QuerySet[ContactPoint]:
    here = Q(person__left_on=None, person__deceased=False, person__opposed_on=None, person__protected_address=False)
    return ContactPoint.objects.filter(here, kind=ContactKind.PHONE, status__in=_USABLE)


def shared_numbers(contact: Contact) -> list[SharedNumber]:
    """Households of the same campaign that share a usable number with this one, by name (1 query).

    Never one that left, objected or is protected: the caller may know of those whom the campaign calls, of nobody else.
    """
    mine = _usable_points().filter(person__household_id=contact.household_id).values("value")
    rows = (
        _usable_points()
        .filter(value__in=mine, person__household__contacts__queue_id=contact.queue_id)
        .exclude(person__household_id=contact.household_id)
        .exclude(person__household__contacts__state=ContactState.WITHDRAWN)
        .order_by("person__household__name", "person__household_id", "value")
        .values_list(
            "person__household__contacts__id",
            "person__household__contacts__state",
            "person__household__contacts__reserved_by_id",
            "person__household__name",
            "person__household__dwelling__floor",
            "value",
        )
    )
    found: dict[UUID, SharedNumber] = {}
    for contact_id, state, holder, name, floor, value in rows:
        asked = state in OPEN_STATES and holder is None
        found.setdefault(contact_id, SharedNumber(contact_id, name, floor, display_phone(value), asked))
    return list(found.values())


def residents(household_id: UUID) -> list[Person]:
    """Those who live there and may be asked about, the holder first (1 query)."""
    people = Person.objects.filter(household_id=household_id, left_on=None, deceased=False, opposed_on=None)
    rank = {PersonRole.HOLDER: 0, PersonRole.CO_HOLDER: 1}
    return sorted(people.order_by("birth_date", "id"), key=lambda one: rank.get(PersonRole(one.role), 2))


# Asked at each call that is saved, and nearly always without a row.
_others = Prepared(
    lambda household_id, campaign_id: (
        Campaign.objects.filter(
            state__in=[CampaignState.OPEN, CampaignState.PAUSED],
            queue__contacts__household_id=household_id,
            queue__contacts__state__in=[ContactState.WAITING, ContactState.RESERVED],
        )
        .exclude(pk=campaign_id)
        .order_by("opened_at", "id")
    ),
    UUID,
    UUID,
)


def elsewhere(contact: Contact, campaign: Campaign, caller: User) -> list[Elsewhere]:
    """The other running campaigns that the same household is to be called in, and whether one call serves both.

    Three queries. A campaign in which this caller does not call is not named.
    """
    found = _others(contact.household_id, campaign.pk)
    if not found:
        return []
    mine = {one.pk for one in campaigns_to_call(caller)}
    return [
        Elsewhere(
            campaign_id=one.pk,
            queue_id=one.queue_id,
            name=one.name if one.pk in mine else "",
            once=serves_both(
                same_purpose=one.purpose == campaign.purpose,
                same_questions=one.questionnaire_id == campaign.questionnaire_id,
                same_caller=one.pk in mine,
            ),
        )
        for one in found
    ]


def shared_with(attempt_id: UUID) -> list[SharedCall]:
    """The other contacts that a call reached, taken back ones left out (1 query)."""
    return list(SharedCall.objects.filter(attempt_id=attempt_id, undone_at=None).order_by("id"))
