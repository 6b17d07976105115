"""Simulated callers: they play a campaign through the real operations, at full speed, on a clock of their own.

The demo is made with it, and so are the crowd benchmark and the crash tests. What they say is drawn from the contact's
own key, so that a campaign played twice on the same register tells the same story.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from uuid import UUID

from bienveille.ground.platform.refusal import Refusal

#: Outcome → weight, near what landlords published: about six in ten answer the first call, eight in ten in the end.
OUTCOMES = {
    "reached": 620, "no_answer": 225, "voicemail": 45, "busy": 40, "call_later": 25, "wrong_number": 15,
    "refused": 12, "interrupted": 8, "language": 5, "moved": 3, "deceased": 2,
}  # fmt: skip
GRADES = {"green": 760, "yellow": 190, "orange": 45, "red": 5}
NEEDS = ("meals", "shopping", "medicines", "company", "heating", "paperwork", "rent", "mobility")
NOTES = (
    "Contente de l’appel, sa fille passe le dimanche.",
    "Préfère être appelée l’après-midi.",
    "Ne descend plus faire ses courses seule.",
    "La voisine du deuxième monte le pain.",
    "Le radiateur de la chambre ne chauffe plus.",
    "Souhaite de l’aide pour un courrier.",
)
ANSWERS = {"good_moment": "yes", "agrees": "yes"}
#: What the guide of the elders asks next, most likely answers first.
DAILY = {
    "alone": (("with_someone", 3), ("visits", 4), ("alone", 3)),
    "someone_to_call": (("yes", 7), ("far", 2), ("no", 1)),
    "food": (("fine", 7), ("helped", 2)),
    "medicines": (("fine", 8), ("difficult", 1)),
    "temperature": (("fine", 8), ("cold", 2), ("hot", 1)),
    "weekly_call": (("yes", 1), ("once", 3), ("no", 6)),
}


def say(contact_id: UUID, attempt: int, now: datetime) -> dict[str, object]:
    """What this call gives: fields of a `CallReport`, the same each time for the same contact and attempt."""
    draw = random.Random(f"{contact_id.int}-{attempt}")
    outcome = draw.choices(list(OUTCOMES), list(OUTCOMES.values()))[0]
    report: dict[str, object] = {"outcome": outcome}
    if outcome == "call_later":
        report["call_back_on"] = (now + timedelta(days=draw.randint(1, 4))).date()
    if outcome != "reached":
        return report
    grade = draw.choices(list(GRADES), list(GRADES.values()))[0]
    report["grade"] = grade
    report["answers"] = ANSWERS | _daily(contact_id, attempt)
    if grade != "green" or draw.random() < 0.1:
        report["needs"] = tuple(draw.sample(NEEDS, draw.randint(1, 2)))
        report["note"] = draw.choice(NOTES)
        report["agreed"] = grade in ("orange", "red") or draw.random() < 0.2
    report["weekly"] = grade in ("yellow", "orange") and draw.random() < 0.25
    return report


def _daily(contact_id: UUID, attempt: int) -> dict[str, str]:
    """Answers to most of the questions on daily life, drawn apart so that nothing else of the call changes."""
    draw = random.Random(f"{contact_id.int}-{attempt}-daily")
    return {
        key: draw.choices([value for value, _ in ways], [weight for _, weight in ways])[0]
        for key, ways in DAILY.items()
        if draw.random() < 0.9
    }


def work(campaign_id: UUID, caller_id: UUID, now: datetime, *, at_most: int | None = None) -> int:
    """One caller works until nobody is left for them at that moment; gives how many calls were saved."""
    from bienveille.engines.dispatch.queries import contact_in_hand
    from bienveille.register.accounts.models import User
    from bienveille.services.outreach.operations import CallReport, record_call, take_next
    from bienveille.services.outreach.queries import find_campaign

    campaign, caller = find_campaign(campaign_id), User.objects.get(pk=caller_id)
    assert campaign is not None
    saved = 0
    while at_most is None or saved < at_most:
        if take_next(campaign=campaign, caller=caller, now=now) is None:
            break
        contact = contact_in_hand(campaign.queue_id, caller)
        if contact is None or contact.token is None:
            continue
        try:
            record_call(
                campaign=campaign,
                caller=caller,
                contact_id=contact.pk,
                token=contact.token,
                report=CallReport(**say(contact.pk, contact.attempts_made, now)),  # type: ignore[arg-type]
                now=now,
                idempotency_key=str(contact.token),
            )
            saved += 1
        except Refusal:  # somebody else's by now: as on a real afternoon, ask for the next one
            continue
    return saved


class Crowd:
    """Callers who work at once, a thread each, which keeps its connection from one half-day to the next.

    `with Crowd(campaign_id, callers) as crowd: crowd.work(now)`. Opening a connection costs as much as a call.
    """

    def __init__(self, campaign_id: UUID, callers: Sequence[UUID]) -> None:
        self._campaign, self._callers = campaign_id, list(callers)
        self._threads = ThreadPoolExecutor(max(1, len(self._callers)))

    def __enter__(self) -> Crowd:
        return self

    def __exit__(self, *_: object) -> None:
        together = threading.Barrier(max(1, len(self._callers)))
        list(self._threads.map(_leave, [together] * together.parties))
        self._threads.shutdown()

    def work(self, now: datetime, *, at_most: int | None = None) -> int:
        """Everybody works at that moment; gives how many calls were saved."""
        asked = [self._threads.submit(work, self._campaign, one, now, at_most=at_most) for one in self._callers]
        wait(asked)
        return sum(one.result() for one in asked)


def _leave(together: threading.Barrier) -> None:
    """Each thread closes its own connection: they wait for one another, so that none does it twice."""
    from django.db import connection

    together.wait()
    connection.close()


def play(
    campaign_id: UUID, callers: Sequence[UUID], start: datetime, *, days: int, said: Callable[[int, int], None]
) -> datetime:
    """Play up to `days` half-days with everybody calling; stops when nobody waits. Gives the last moment played.

    `said(calls, waiting)` is told after each half-day.
    """
    from bienveille.engines.dispatch.queries import ledger
    from bienveille.services.outreach.queries import find_campaign

    moment = start
    with Crowd(campaign_id, callers) as crowd:
        for _ in range(days):
            calls = crowd.work(moment)
            campaign = find_campaign(campaign_id)
            assert campaign is not None
            waiting = ledger(campaign.queue).waiting
            said(calls, waiting)
            if waiting == 0:
                break
            moment = _half_day_later(moment)
    return moment


def _half_day_later(moment: datetime) -> datetime:
    """Ten in the morning, then three in the afternoon, Saturdays and Sundays left out."""
    if moment.hour < 13:
        return moment.replace(hour=15)
    moment = moment.replace(hour=10) + timedelta(days=1)
    while moment.weekday() >= 5:
        moment += timedelta(days=1)
    return moment
