"""What callers do before their first call, and what keeps a day of calls within bounds, on the screens."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localtime

from bienveille.engines.dispatch.queries import contact_in_hand
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction, AuditChannel
from bienveille.register.accounts.models import Landlord, User
from bienveille.register.accounts.operations import current_channel, record_audit
from bienveille.services.outreach.models import CallerRhythm, CallerTraining, CharterAcceptance
from bienveille.services.outreach.queries.training import calling_rules, readiness, rhythm_of
from bienveille.services.outreach.rules.training import (
    LESSONS,
    MOST_EVER,
    Answer,
    charter_in_force,
    next_lesson,
    read_calling_rules,
)


class NotTrained(Refusal):
    """Somebody who has not accepted the charter or not done the training asks for a first call."""

    message = "Avant votre premier appel, lisez la charte et faites la formation : cinq minutes, trois questions."


class DayIsFull(Refusal):
    """Somebody who has had as many conversations today as they wanted, or as the landlord allows."""

    message = "Vous avez assez donné pour aujourd’hui : vous avez tenu le nombre de conversations de la journée."


class CharterFirst(Refusal):
    """The training begins once the charter is accepted."""

    message = "Lisez et acceptez d’abord la charte."


class CannotGoOn(Refusal):
    """Going on past one's number is possible once a day."""

    message = "Vous avez déjà continué une fois aujourd’hui. Reposez-vous : la file vous attend demain."


class CannotChangeRhythm(Refusal):
    message = "Choisissez un nombre entre 1 et celui que la coordination a fixé."


def check_ready(*, caller: User, queue_id: UUID | None, now: datetime) -> None:
    """Let a caller be handed a household on a screen. Refuses who is not trained, then who has done enough today.

    Programs are not asked (decision 0015), nor is somebody who already has a household in hand: it is theirs to end.
    """
    if current_channel() != AuditChannel.WEB:
        return
    if queue_id is not None and contact_in_hand(queue_id, caller) is not None:
        return
    check_trained(caller=caller, now=now)
    if not rhythm_of(caller, localtime(now).date()).left:
        raise DayIsFull


def check_trained(*, caller: User, now: datetime) -> None:
    """Let a caller begin on a screen. Refuses who has not accepted the charter or not done the training."""
    if current_channel() != AuditChannel.WEB:
        return
    if calling_rules().training and not readiness(caller, localtime(now).date()).ready:
        raise NotTrained


@transaction.atomic
def accept_charter(*, caller: User, now: datetime) -> CharterAcceptance:
    """Accept the charter in force today. Twice, the first day stays."""
    version = charter_in_force(localtime(now).date()).version
    accepted, new = CharterAcceptance.objects.get_or_create(user=caller, version=version, defaults={"accepted_at": now})
    if new:
        _audit(caller, "charter_accepted", version=version)
    return accepted


@transaction.atomic
def answer_lesson(*, caller: User, rank: int, answer: str, now: datetime) -> Answer | None:
    """Answer the question of a lesson. Gives the answer chosen, right or wrong, with why; None when it is none.

    A right one is kept; the last one ends the training. Refuses before the charter is accepted.
    """
    if readiness(caller, localtime(now).date()).accepted_at is None:
        raise CharterFirst
    lesson = LESSONS[rank - 1]
    chosen = lesson.answer(answer)
    if chosen is None or not chosen.right:
        return chosen
    CallerTraining.objects.get_or_create(user=caller, defaults={"started_at": now})
    training = CallerTraining.objects.select_for_update().get(user=caller)
    if lesson.key not in training.answered:
        training.answered = [*training.answered, lesson.key]
        if training.done_at is None and next_lesson(training.answered) is None:
            training.done_at = now
            _audit(caller, "trained")
        training.save(update_fields=["answered", "done_at"])
    return chosen


@transaction.atomic
def train(*, caller: User, now: datetime) -> None:
    """Say that somebody was trained face to face: charter accepted and training done. Twice changes nothing."""
    accept_charter(caller=caller, now=now)
    for rank, lesson in enumerate(LESSONS, 1):
        right = next(one.key for one in lesson.answers if one.right)
        answer_lesson(caller=caller, rank=rank, answer=right, now=now)


@transaction.atomic
def choose_daily_cap(*, caller: User, cap: int | None) -> CallerRhythm:
    """Say how many conversations I want in a day; None: as many as the landlord allows. Refuses more than that."""
    if cap is not None and not 1 <= cap <= calling_rules().most_a_day:
        raise CannotChangeRhythm
    rhythm, _ = CallerRhythm.objects.update_or_create(user=caller, defaults={"daily_cap": cap})
    _audit(caller, "daily_cap")
    return rhythm


@transaction.atomic
def go_on_today(*, caller: User, now: datetime) -> CallerRhythm:
    """Go on a little past my number, knowingly, once a day. Refuses the second time."""
    today = localtime(now).date()
    CallerRhythm.objects.get_or_create(user=caller)
    rhythm = CallerRhythm.objects.select_for_update().get(user=caller)
    if rhythm.went_on_day == today:
        raise CannotGoOn
    rhythm.went_on_day = today
    rhythm.save(update_fields=["went_on_day"])
    _audit(caller, "went_on")
    return rhythm


@transaction.atomic
def change_calling_rules(*, actor: User, training: bool, most_a_day: int) -> None:
    """Say what is asked of callers on the screens: the training, the most conversations a day.

    Refuses a number that is not between 1 and 60. Without a change, nothing is written.
    """
    if not 1 <= most_a_day <= MOST_EVER:
        raise CannotChangeRhythm(f"Choisissez un nombre entre 1 et {MOST_EVER}.")
    landlord = Landlord.objects.select_for_update().get()
    former = read_calling_rules(landlord.settings)
    if (former.training, former.most_a_day) == (training, most_a_day):
        return
    landlord.settings = {**landlord.settings, "calling": {"training": training, "most_a_day": most_a_day}}
    landlord.save(update_fields=["settings"])
    detail = {"did": "calling_rules", "training": training, "most_a_day": most_a_day}
    record_audit(actor=actor, action=AuditAction.ACCOUNT_CHANGED, subject=landlord, detail=detail)


def _audit(caller: User, did: str, **detail: str) -> None:
    record_audit(actor=caller, action=AuditAction.ACCOUNT_CHANGED, subject=caller, detail={"did": did, **detail})
