"""The lists of the week of a campaign: prepared, confirmed, undone, moved; freed when a caller leaves or rests."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from time import perf_counter
from uuid import UUID

from django.db import transaction
from django.utils.timezone import get_current_timezone, localtime
from django.utils.timezone import now as clock

from bienveille.engines.dispatch import operations as dispatch
from bienveille.engines.dispatch.models import BatchLine, WeekPlan
from bienveille.engines.dispatch.rules import assign
from bienveille.ground.platform.jobs import job
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.models import User
from bienveille.register.accounts.rules import Scope
from bienveille.services.outreach.choices import CampaignState
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.operations.campaigns import audit_campaign
from bienveille.services.outreach.queries.campaigns import callers_for, may_call
from bienveille.services.outreach.queries.coordination import within
from bienveille.services.outreach.queries.lists import who_calls, who_waits
from bienveille.services.outreach.rules.lists import URGENT, days_of


class CannotList(Refusal):
    message = "Des listes se préparent pour une campagne ouverte."


class NobodyCalls(Refusal):
    message = "Personne n’appelle dans cette campagne cette semaine : invitez des appelants, ou attendez leur retour."


class NotForThem(Refusal):
    message = "Cette personne n’appelle pas dans cette campagne : choisissez-en une autre."


@dataclass(frozen=True)
class ListRules:
    """What a coordinator decides of the lists of a week. `week`: `this` or `next`."""

    week: str = "next"
    minutes_each: int = 20
    hard_most: int = 3
    hard_skill: str = ""


@dataclass(frozen=True)
class Prepared:
    """Lists proposed, and how long finding them took (the solver, and all around it but the writing)."""

    plan: WeekPlan
    placed: int
    left_out: int
    solver_seconds: float
    around_seconds: float


@transaction.atomic
def prepare_lists(*, campaign: Campaign, actor: User | None, rules: ListRules, now: datetime) -> Prepared:
    """Propose who calls whom in a week: the least cost by the table of `dispatch.rules.assignment`.

    Nothing changes for callers until the lists are confirmed. Refuses a campaign that is not open, and one without
    callers. Whoever is in a caller's hands now is on no list.
    """
    if campaign.state not in (CampaignState.OPEN, CampaignState.PAUSED):
        raise CannotList
    started = perf_counter()
    today = localtime(now).date()
    days = days_of(rules.week, today)
    until = datetime.combine(days.last + timedelta(days=1), time(), tzinfo=get_current_timezone())
    week = who_calls(campaign, first=days.first, last=days.last, minutes_each=rules.minutes_each)
    if not week:
        raise NobodyCalls
    waiting = who_waits(campaign, today=today, until=until)
    seats = [one.seat for one in week]
    found = assign(waiting.households, seats, hard_most=rules.hard_most, hard_skill=rules.hard_skill)
    keys: list[UUID | None] = [seat.key for seat in seats]
    places = [
        dispatch.Place(one.key, keys[caller], "", one.voice == keys[caller], one.hard)
        if caller >= 0
        else dispatch.Place(one.key, None, reason, False, one.hard)
        for one, caller, reason in zip(waiting.households, found.callers, found.reasons, strict=True)
    ]
    places += [dispatch.Place(key, None, reason) for key, reason in waiting.aside]
    around = perf_counter() - started - found.solver_seconds
    plan = dispatch.propose_lists(
        queue=campaign.queue,
        actor=actor,
        rules=dispatch.PlanRules(
            starts_on=days.first,
            ends_on=days.last,
            minutes_each=rules.minutes_each,
            hard_most=rules.hard_most,
            hard_skill=rules.hard_skill,
            lent_at_once=campaign.purpose in URGENT,
        ),
        rooms=[dispatch.Room(one.seat.key, one.seat.capacity, one.promised) for one in week],
        places=places,
        cost=found.cost,
        now=now,
    )
    audit_campaign(actor, campaign, "lists_prepared", placed=found.placed, left_out=len(places) - found.placed)
    return Prepared(plan, found.placed, len(places) - found.placed, found.solver_seconds, around)


@transaction.atomic
def confirm_lists(*, campaign: Campaign, actor: User | None, plan_id: UUID, now: datetime) -> WeekPlan:
    """Put the proposed lists in force, in place of those before. Refuses a proposal that is no longer one."""
    plan = dispatch.confirm_lists(actor=actor, plan_id=plan_id, now=now)
    audit_campaign(actor, campaign, "lists_confirmed", starts_on=plan.starts_on.isoformat())
    return plan


@transaction.atomic
def end_lists(*, campaign: Campaign, actor: User | None, now: datetime) -> int:
    """Put an end to the lists in force: their households are anybody's again. Gives how many; twice does nothing."""
    freed = dispatch.end_lists(queue_id=campaign.queue_id, now=now)
    if freed:
        audit_campaign(actor, campaign, "lists_ended", households=freed)
    return freed


@transaction.atomic
def discard_proposal(*, campaign: Campaign, actor: User, plan_id: UUID) -> None:
    """Forget proposed lists; those in force stay."""
    dispatch.discard_proposal(plan_id=plan_id)
    audit_campaign(actor, campaign, "lists_discarded")


@transaction.atomic
def move_lines(
    *, campaign: Campaign, actor: User, plan_id: UUID, line_ids: Collection[UUID], caller: User, now: datetime
) -> dict[UUID, UUID | None]:
    """Give some households of the lists to another caller. Gives who had each, which undoes it.

    Refuses somebody who does not call in this campaign, and households no longer to be called.
    """
    if not may_call(campaign, caller):
        raise NotForThem
    moves: dict[UUID, UUID | None] = dict.fromkeys(line_ids, caller.pk)
    return dispatch.move_lines(actor=actor, plan_id=plan_id, moves=moves, now=now, reason="Ménage confié par liste")


def take_over(
    *, campaign: Campaign, actor: User, scope: Scope, plan_id: UUID, batch_id: UUID, caller: User, now: datetime
) -> dict[UUID, UUID | None]:
    """Give all that is left of somebody's list to another caller: an absence. Gives who had each, which undoes it.

    Only the households of the agencies that the actor covers.
    """
    lines = BatchLine.objects.filter(
        within(scope, "contact__lane__agency"), plan_id=plan_id, batch_id=batch_id, ended_at=None
    )
    keys = list(lines.values_list("pk", flat=True))
    return move_lines(campaign=campaign, actor=actor, plan_id=plan_id, line_ids=keys, caller=caller, now=now)


def move_back(
    *, actor: User, plan_id: UUID, former: Mapping[UUID, UUID | None], now: datetime
) -> dict[UUID, UUID | None]:
    """Give households of the lists back to those who had them; one called since is left."""
    return dispatch.move_lines(
        actor=actor, plan_id=plan_id, moves=former, now=now, reason="Ménage rendu à son appelant"
    )


@transaction.atomic
def take_offered(*, caller: User, line_id: UUID, now: datetime) -> BatchLine:
    """Take on my list a household that another caller asked somebody to take. Refuses when somebody else did."""
    line = (
        BatchLine.objects.select_related("plan__queue__campaign")
        .filter(pk=line_id, offered_at__isnull=False, ended_at=None)
        .first()
    )
    if line is None or not may_call(line.plan.queue.campaign, caller):
        raise dispatch.NotYourLine
    try:
        dispatch.move_lines(
            actor=caller,
            plan_id=line.plan_id,
            moves={line.pk: caller.pk},
            now=now,
            reason="Ménage échangé entre appelants",
            only_offered=True,
        )
    except dispatch.CannotMove:  # somebody was faster by a moment
        raise dispatch.NotYourLine from None
    return line


@job(queue="dispatch")
def free_absent_lists() -> int:
    """Free the lists of whoever no longer calls in a campaign: a role taken back, a name taken off. Harmless twice."""
    running = Campaign.objects.filter(
        state__in=[CampaignState.OPEN, CampaignState.PAUSED], queue__plans__state="confirmed"
    ).distinct()
    allowed = {one.queue_id: set(callers_for(one).values_list("pk", flat=True)) for one in running}
    return dispatch.free_absent(allowed=allowed, now=clock())
