"""The shared inbox: whose a message may be, what a user may read of it, and who is told when nobody takes it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from bienveille.engines.messaging.choices import InboxState
from bienveille.engines.messaging.models import Delivery, InboundMessage, Stop
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import Agency, RoleGrant, User
from bienveille.register.accounts.rules import Scope
from bienveille.register.tenants.models import ContactPoint, Household, Person, Relative

#: Who answers messages: those who keep the households of an agency.
TEAM = (Role.ADMINISTRATOR, Role.DIRECTOR, Role.AGENCY_MANAGER, Role.SOCIAL_WORKER)
#: A message that nobody has taken after so long is told to who manages the agency.
TAKEN_WITHIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class InboxFilters:
    """What the list is asked for."""

    state: str = ""
    channel: str = ""
    agency: UUID | None = None
    mine: bool = False
    unassigned: bool = False


def inbox_within(scope: Scope) -> Q:
    """Messages of these agencies; of nobody known, for who covers everything. No query."""
    if scope.everything:
        return Q()
    return Q(agency_id__in=scope.agencies) | Q(agency__company_id__in=scope.companies)


def inbox_list(scope: Scope, user: User, filters: InboxFilters) -> QuerySet[InboundMessage]:
    """The list of the inbox, by default what is to be dealt with (1 query when it is read)."""
    rows = InboundMessage.objects.filter(inbox_within(scope), state=filters.state or InboxState.OPEN)
    if filters.channel:
        rows = rows.filter(channel=filters.channel)
    if filters.agency:
        rows = rows.filter(agency_id=filters.agency)
    if filters.mine:
        rows = rows.filter(assigned_to=user)
    if filters.unassigned:
        rows = rows.filter(assigned_to=None)
    return rows.select_related("household", "agency", "assigned_to").order_by("received_at", "pk")


def find_inbound(message_id: UUID) -> InboundMessage | None:
    """A message with all that its page names (1 query)."""
    found = InboundMessage.objects.select_related("household", "person", "agency", "assigned_to", "answer", "done_by")
    return found.filter(pk=message_id).first()


def thread_of(message: InboundMessage) -> list[InboundMessage]:
    """Other messages from the same sender that the household may have written, the last ten (1 query)."""
    rows = InboundMessage.objects.filter(channel=message.channel, sender=message.sender, household=message.household)
    return list(rows.exclude(pk=message.pk).order_by("-received_at")[:10])


def last_sent(message: InboundMessage) -> list[Delivery]:
    """What we had sent to this number or address before, the last five (1 query)."""
    rows = Delivery.objects.filter(channel=message.channel, to=message.sender, sent_at__lte=message.received_at)
    return list(rows.select_related("mailing").order_by("-sent_at")[:5])


def households_at(value: str) -> list[Person]:
    """One living person of each household in which this number or address is noted, or a relative's (2 queries)."""
    points = ContactPoint.objects.filter(value=value, person__merged_into=None).values("person_id")
    relatives = Relative.objects.filter(Q(phone=value) | Q(email=value)).values("person_id")
    people = (
        Person.objects.filter(Q(pk__in=points) | Q(pk__in=relatives))
        .filter(merged_into=None, left_on=None, deceased=False, household__closed_on=None)
        .select_related("household__dwelling__building__residence__agency")
        .order_by("pk")
    )
    by_household: dict[UUID, Person] = {}
    for person in people:
        by_household.setdefault(person.household_id, person)
    return list(by_household.values())


def agency_of(household: Household | None) -> Agency | None:
    """The agency of a household whose home was fetched with it. No query."""
    return household.dwelling.building.residence.agency if household and household.dwelling else None


def is_stopped(*, channel: str, value: str) -> bool:
    """Whether nothing more is to be sent there (1 query)."""
    return Stop.objects.filter(channel=channel, value=value).exists()


def team_over(agency: Agency | None) -> QuerySet[User]:
    """Who may be given a message of this agency, by name (1 query when it is read)."""
    return _with_roles(TEAM, agency).order_by("last_name", "first_name", "pk")


def managers_over(agency: Agency | None) -> list[User]:
    """Who is told that nobody takes the messages of an agency: its managers, else the direction (2 queries)."""
    near = _with_roles([Role.AGENCY_MANAGER], agency, everywhere=False) if agency else User.objects.none()
    return list(near) or list(_with_roles([Role.DIRECTOR], agency))


def left_alone(now: datetime) -> list[tuple[UUID | None, int]]:
    """Agencies whose messages nobody took within a day and nobody was told of, with how many (1 query)."""
    rows = InboundMessage.objects.filter(
        state=InboxState.OPEN, assigned_to=None, told_at=None, received_at__lte=now - TAKEN_WITHIN
    )
    return list(rows.values_list("agency_id").annotate(many=Count("pk")).order_by("agency_id"))


def _with_roles(roles: Iterable[str], agency: Agency | None, *, everywhere: bool = True) -> QuerySet[User]:
    grants = RoleGrant.objects.filter(user=OuterRef("pk"), role__in=[str(role) for role in roles])
    covering = Q(company=None, agency=None) if everywhere or agency is None else Q()
    if agency is not None:
        covering |= Q(agency=agency) | Q(company_id=agency.company_id)
    return User.objects.filter(Exists(grants.filter(covering)), is_active=True)
