"""Those who do not answer: the list, what was tried for each, who could try what next, whom nobody explained."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, CharField, Count, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Concat

from bienveille.engines.dispatch.choices import ClosingReason, ContactState, PlannedState, StepKind
from bienveille.engines.dispatch.models import Attempt, Contact, Explanation, Step
from bienveille.engines.dispatch.queries.steps import steps_of, worries_in
from bienveille.engines.dispatch.rules.steps import EXPLAINING
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import User
from bienveille.register.accounts.rules import Scope
from bienveille.register.housing.models import ResidenceManager
from bienveille.register.tenants.choices import PersonRole
from bienveille.register.tenants.models import Person, Relative
from bienveille.services.outreach.choices import CampaignState
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.queries.coordination import within
from bienveille.services.outreach.rules.steps import Known

#: Where a household stands on the way to an explanation.
STAGES = [("todo", "Rien de prévu"), ("under_way", "Démarche en cours"), ("explained", "Expliqué")]


@dataclass(frozen=True)
class SilentFilters:
    """What the list of those who do not answer keeps; empty: everybody unreachable."""

    state: str = ContactState.UNREACHABLE
    reason: str = ""
    agency: UUID | None = None
    stage: str = ""


def explained() -> Q:
    """Contacts that a step or a coordinator's words explain (no query)."""
    told = Step.objects.filter(contact=OuterRef("pk"), state=PlannedState.DONE, result__in=sorted(EXPLAINING))
    return Q(Exists(Explanation.objects.filter(contact=OuterRef("pk")))) | Q(Exists(told))


def silent_contacts(campaign: Campaign, scope: Scope, filters: SilentFilters) -> QuerySet[Contact]:
    """Contacts of a campaign that calls did not close, within a scope, with what was tried (1 query when it is read).

    Each has `sort_name`, `outcomes`, `steps_done` (`kind:result`), `next_kind`, `next_due`, `words`, `stage`.
    """
    first = Person.objects.filter(household=OuterRef("household_id")).order_by(
        Case(When(role=PersonRole.HOLDER, then=0), default=1), "id"
    )
    attempts = Attempt.objects.filter(contact=OuterRef("pk"), undone_at=None).order_by("at", "id")
    steps = Step.objects.filter(contact=OuterRef("pk"))
    done = steps.filter(state=PlannedState.DONE).order_by("done_at", "id")
    planned = steps.filter(state=PlannedState.PLANNED).order_by("due_on", "id")
    said = Explanation.objects.filter(contact=OuterRef("pk"))
    contacts = (
        Contact.objects.filter(within(scope, "lane__agency"), queue_id=campaign.queue_id, household__isnull=False)
        .select_related("lane__agency", "household__dwelling__building__residence")
        .annotate(
            sort_name=Subquery(first.values("search")[:1]),
            outcomes=ArraySubquery(attempts.values("outcome")),
            steps_done=ArraySubquery(done.values(one=Concat("kind", Value(":"), "result", output_field=CharField()))),
            next_kind=Subquery(planned.values("kind")[:1]),
            next_due=Subquery(planned.values("due_on")[:1]),
            words=Subquery(said.values("words")[:1]),
            stage=Case(
                When(explained(), then=Value("explained")),
                When(Exists(planned), then=Value("under_way")),
                default=Value("todo"),
            ),
        )
    )
    if filters.state:
        contacts = contacts.filter(state=filters.state)
    if filters.reason:
        contacts = contacts.filter(reason=filters.reason)
    if filters.agency:
        contacts = contacts.filter(lane__agency_id=filters.agency)
    if filters.stage:
        contacts = contacts.filter(stage=filters.stage)
    return contacts


def stages_of(campaign: Campaign, scope: Scope) -> dict[str, int]:
    """How many households without an answer stand at each stage, within a scope (1 query)."""
    rows: QuerySet[Any, Any] = silent_contacts(campaign, scope, SilentFilters()).order_by()
    counts = rows.values_list("stage").annotate(Count("id"))
    return {"todo": 0, "under_way": 0, "explained": 0} | dict(counts)


@dataclass(frozen=True)
class Group:
    """Households that nobody explained, by what is known: each group asks for one reason at closing."""

    key: str
    label: str
    count: int


def unexplained_groups(campaign: Campaign) -> list[Group]:
    """Whom closing would leave without explanation: still to call, then unreachable, by reason (1 query)."""
    waiting = Q(state=ContactState.WAITING)
    silent = Q(state=ContactState.UNREACHABLE) & ~explained()
    rows = (
        Contact.objects.filter(waiting | silent, queue_id=campaign.queue_id)
        .order_by()
        .values_list("reason")
        .annotate(Count("id"))
    )
    labels = {"": "Encore à appeler", **dict(ClosingReason.choices)}
    counts = dict(rows)
    return [Group(key or "waiting", labels[key], counts[key]) for key in labels if key in counts]


@dataclass(frozen=True)
class Tried:
    """Everything that the page of one contact shows of what was tried."""

    attempts: list[Attempt]
    steps: list[Step]
    known: Known

    @property
    def planned(self) -> list[Step]:
        return [one for one in self.steps if one.state == PlannedState.PLANNED]


def tried_for(contact: Contact) -> Tried:
    """What was tried for a contact and what is known to try next (4 queries).

    `contact` comes with its household, its home, its residence and commune.
    """
    attempts = Attempt.objects.filter(contact=contact, undone_at=None).select_related("caller")
    steps = steps_of(contact.pk)
    home = contact.household.dwelling
    residence = home.building.residence if home else None
    managers = ResidenceManager.objects.filter(residence=residence).select_related("user") if residence else []
    relatives = Relative.objects.filter(
        person__household=contact.household_id, person__left_on=None, person__deceased=False
    ).count()
    known = Known(
        reason=contact.reason,
        relatives=relatives,
        managers=tuple(one.user.display_name for one in managers if one.user.is_active),
        commune=residence.commune.name if residence and residence.commune else "",
        ended=tuple((one.kind, one.result) for one in reversed(steps) if one.state == PlannedState.DONE),
        planned=tuple(one.kind for one in steps if one.state == PlannedState.PLANNED),
    )
    return Tried(list(attempts.order_by("-at", "-id")), steps, known)


def contact_with_home(campaign: Campaign, scope: Scope, contact_id: UUID) -> Contact | None:
    """One contact of a campaign within a scope, with its household, its home, its lane (1 query)."""
    contacts = Contact.objects.filter(within(scope, "lane__agency"), queue_id=campaign.queue_id, pk=contact_id)
    home = "household__dwelling__building__residence"
    return contacts.select_related("queue", "lane__agency", f"{home}__agency", f"{home}__commune").first()


def is_protected(household_id: UUID) -> bool:
    """Whether somebody of a household has a protected address (1 query)."""
    return Person.objects.filter(household_id=household_id, protected_address=True).exists()


def possible_doers(contact: Contact) -> list[User]:
    """Who may be asked to try something: those who look after the residence, then the agency's people (1 query).

    Building managers of other residences are not asked; social workers and managers are.
    """
    home = contact.household.dwelling
    residence = home.building.residence if home else None
    keeps = Q(residences__residence=residence) if residence else Q(pk=None)
    roles = [Role.AGENCY_MANAGER, Role.SOCIAL_WORKER, Role.DIRECTOR, Role.ADMINISTRATOR]
    everywhere = Q(grants__role__in=roles, grants__company=None, grants__agency=None)
    agency = residence.agency if residence else None
    here = Q(grants__role__in=roles, grants__agency=agency) if agency else Q(pk=None)
    users = User.objects.filter(keeps | everywhere | here, is_active=True).distinct()
    users = users.annotate(
        near=Exists(ResidenceManager.objects.filter(user=OuterRef("pk"), residence=residence))
        if residence
        else Value(False)
    )
    return list(users.order_by("-near", "last_name", "first_name", "id")[:80])


def worries_for(scope: Scope) -> list[Step]:
    """What worries somebody and that no coordinator has seen, in running campaigns, within a scope (2 queries)."""
    queues = Campaign.objects.filter(state__in=[CampaignState.OPEN, CampaignState.PAUSED]).values_list(
        "queue_id", flat=True
    )
    return [one for one in worries_in(queues) if _inside(one.contact, scope)]


def _inside(contact: Contact, scope: Scope) -> bool:
    agency = contact.lane.agency
    return scope.covers(company=agency.company_id if agency else None, agency=agency.pk if agency else None)


def steps_under_way(campaign: Campaign, scope: Scope, today: date) -> dict[str, Any]:
    """How many steps wait for somebody in a campaign, how many are late (1 query)."""
    steps = Step.objects.filter(
        within(scope, "contact__lane__agency"), contact__queue_id=campaign.queue_id, state=PlannedState.PLANNED
    )
    return steps.aggregate(
        planned=Count("id"),
        late=Count("id", filter=Q(due_on__lt=today)),
        visits=Count("id", filter=Q(kind=StepKind.VISIT)),
    )
