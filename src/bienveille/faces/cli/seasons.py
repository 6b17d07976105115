"""What the demo shows of a campaign's life: one closed last year with its report, and calls made today."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from bienveille.register.accounts.models import User
    from bienveille.services.outreach.models import Campaign

LAST_YEAR = "Grand froid {year}"
#: So many callers and half-days played: enough for a report, and the demo starts at once.
CALLERS, HALF_DAYS = 5, 8
LESSON = (
    "Les appels du matin ont mieux abouti que ceux de l’après-midi : commencer à 9 h 30.\n"
    "Prévenir les gardiens une semaine avant : ils ont rassuré ceux qui craignaient une arnaque.\n"
    "Les demandes de chauffage sont venues dès le premier jour : tenir un technicien prêt."
)


def last_year(callers: Sequence[User], director: User, moment: datetime) -> None:
    """A campaign of the cold of last winter, played, closed, with what was learned from it. `moment`: today."""
    from bienveille.faces.cli.callers import train_all
    from bienveille.faces.cli.cases import close_last_winter
    from bienveille.services.outreach.models import Referral
    from bienveille.services.outreach.operations import (
        close_campaign,
        create_campaign,
        open_campaign,
        take_referral,
        write_lesson,
    )

    start = _working_morning(moment - timedelta(days=312))
    document = {
        "name": LAST_YEAR.format(year=start.year),
        "purpose": "wellbeing",
        "questionnaire": "senior-welfare",
        "waves": [
            {
                "name": "80 ans et plus, vivant seuls",
                "audience": {"all": [{"age": {"min": 80}}, {"lives_alone": True}]},
                "priority": ["oldest_first"],
            }
        ],
        "callers": {"all": True},
        "rules": {
            "max_attempts": 3,
            "starts_on": start.date().isoformat(),
            "ends_on": (start.date() + timedelta(days=11)).isoformat(),
        },
    }
    campaign = create_campaign(document=document, actor=director)
    open_campaign(campaign_id=campaign.pk, actor=director, now=start)
    chosen = list(callers)[:CALLERS]
    train_all(chosen, start)
    now = start
    for _ in range(HALF_DAYS):
        for caller in chosen:
            _calls(campaign, caller, now, at_most=6)
        now = _half_day_later(now)
    for referral in Referral.objects.filter(attempt__contact__queue=campaign.queue_id).order_by("created_at"):
        take_referral(actor=director, referral_id=referral.pk, now=referral.created_at + timedelta(hours=2))
    close_last_winter(director, now)
    close_campaign(campaign_id=campaign.pk, actor=director, now=now)
    write_lesson(campaign_id=campaign.pk, actor=director, text=LESSON, now=now + timedelta(days=3))


def today(campaign: Campaign, callers: Sequence[User], moment: datetime) -> None:
    """Calls of this morning, and one going on, when it is an hour of calls on a working day; else nothing."""
    from bienveille.services.outreach.operations import take_next
    from bienveille.services.outreach.rules import in_hours

    chosen = list(callers)[:CALLERS]
    for rank, caller in enumerate(chosen):
        since = moment - timedelta(minutes=60 - 9 * rank)
        if since.weekday() < 5 and in_hours(since):
            _calls(campaign, caller, since, at_most=2)
    if chosen and moment.weekday() < 5 and in_hours(moment):
        take_next(campaign=campaign, caller=chosen[0], now=moment - timedelta(minutes=7))


def _calls(campaign: Campaign, caller: User, now: datetime, *, at_most: int) -> None:
    """Some calls without a promise for later: nobody waits for a call of last year."""
    from bienveille.engines.dispatch.queries import contact_in_hand
    from bienveille.faces.cli.simulation import say
    from bienveille.services.outreach.operations import CallReport, record_call, take_next

    for _ in range(at_most):
        if take_next(campaign=campaign, caller=caller, now=now) is None:
            return
        held = contact_in_hand(campaign.queue_id, caller)
        if held is None or held.token is None:
            return
        said = say(UUID(int=held.pk.int ^ campaign.pk.int), held.attempts_made, now)
        said["weekly"] = False
        if said["outcome"] == "call_later":
            said = {"outcome": "no_answer"}
        record_call(
            campaign=campaign,
            caller=caller,
            contact_id=held.pk,
            token=held.token,
            report=CallReport(**said),  # type: ignore[arg-type]
            now=now,
        )


def _working_morning(moment: datetime) -> datetime:
    while moment.weekday() != 0:
        moment -= timedelta(days=1)
    return datetime.combine(moment.date(), time(10), tzinfo=moment.tzinfo)


def _half_day_later(moment: datetime) -> datetime:
    if moment.hour < 13:
        return moment.replace(hour=15)
    moment = moment.replace(hour=10) + timedelta(days=1)
    while moment.weekday() >= 5:
        moment += timedelta(days=1)
    return moment
