"""What the demo shows of situations: closed last winter, followed now, one that waits; who is on duty, who is away."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bienveille.register.accounts.models import User

#: Who is on duty this week, and the week after.
WEEKS = 2


def close_last_winter(director: User, before: datetime) -> None:
    """The situations of last winter ended, as they do: most needs were covered."""
    from bienveille.engines.cases.models import Case
    from bienveille.engines.cases.operations import close_case

    outcomes = ("helped", "helped", "partner", "nothing", "declined")
    for rank, case in enumerate(
        Case.objects.filter(state="followed", opened_at__lt=before).order_by("opened_at", "pk")
    ):
        done = case.opened_at + timedelta(days=2 + rank % 9)
        close_case(
            actor=director,
            case_id=case.pk,
            outcome=outcomes[rank % len(outcomes)],
            words="",
            revision=None,
            now=done,
        )


def follow(director: User, manager: User, worker: User, moment: datetime) -> None:
    """Situations of the running campaign: some followed, one passed on, one late, the last ones waiting. Once."""
    from django.utils.timezone import get_current_timezone

    from bienveille.engines.cases.models import Case, DutyTurn
    from bienveille.engines.cases.operations import (
        Done,
        add_absence,
        add_turns,
        hand_over,
        note_action,
        take_case,
    )
    from bienveille.engines.cases.rules import spans_of

    if DutyTurn.objects.exists():
        return
    zone, today = get_current_timezone(), moment.date()
    monday = today - timedelta(days=today.weekday())
    for rank, user in ((1, worker), (2, director)):
        spans = [spans_of("week", monday + timedelta(days=7 * week), zone)[0] for week in range(WEEKS)]
        add_turns(actor=director, agency=None, user=user, rank=rank, spans=spans)
    add_absence(
        actor=director,
        user=manager,
        starts_on=today + timedelta(days=20),
        ends_on=today + timedelta(days=26),
        substitute=worker,
        today=today,
    )
    waiting = list(Case.objects.filter(state="new").order_by("opened_at", "pk"))
    for rank, case in enumerate(waiting[:-2] if len(waiting) > 2 else waiting[:1]):
        taken = case.opened_at + timedelta(minutes=9 if case.grade == "red" else 70 + 11 * rank)
        take_case(actor=worker, case_id=case.pk, now=min(taken, moment))
        if rank % 3 == 0:
            words = "Va mieux. Les repas commencent lundi."
            step, on = "Rappeler pour savoir si les repas conviennent", today + timedelta(days=rank % 2)
            done = Done("call", words, step, on)
        elif rank % 3 == 1:
            done = Done("referral", "CCAS joint, réponse attendue.", "Relancer le CCAS", today - timedelta(days=1))
        else:
            done = Done("visit", "Gardien passé, radiateur purgé.")
        note_action(
            actor=worker, case_id=case.pk, done=done, revision=None, now=min(taken + timedelta(hours=3), moment)
        )
        if rank == 2 and case.agency_id is not None:
            agency = manager.agency_id
            if agency == case.agency_id:
                words = "Tu connais la résidence."
                hand_over(actor=director, case_id=case.pk, to=manager, words=words, revision=None, now=moment)
    _a_lift_is_out(manager, moment)


def _a_lift_is_out(manager: User, moment: datetime) -> None:
    """A situation of a whole residence, signalled this morning."""
    from bienveille.engines.cases.operations import Signal, signal_residence
    from bienveille.register.housing.models import Residence

    residence = Residence.objects.filter(agency__code="LYO").order_by("code").first()
    if residence is not None:
        signal = Signal("orange", ("lift",), "Arrêté depuis hier soir, escalier B. Réparateur attendu.")
        signal_residence(actor=manager, residence_id=residence.pk, signal=signal, now=moment - timedelta(hours=2))
