"""What a caller does: take the next household, take a promised call, save, take back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localtime

from bienveille.engines.cases import operations as cases
from bienveille.engines.cases.rules import kept_apart, told_to_all
from bienveille.engines.dispatch import operations as dispatch
from bienveille.engines.dispatch.choices import Outcome
from bienveille.engines.dispatch.models import Attempt
from bienveille.engines.dispatch.queries import contact_in_hand, household_in_hand
from bienveille.engines.messaging.choices import Channel
from bienveille.engines.questionnaires.choices import Need
from bienveille.engines.questionnaires.operations import record_response
from bienveille.engines.questionnaires.rules import parse, validate
from bienveille.ground.platform.prepared import insert
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.models import User
from bienveille.register.tenants.choices import FactSource
from bienveille.register.wording.queries import check_note
from bienveille.services.outreach.choices import Grade
from bienveille.services.outreach.models import Campaign, Referral, Report
from bienveille.services.outreach.operations.call_messages import CannotWrite, follow_call, take_back_messages
from bienveille.services.outreach.operations.scales import keep_scale
from bienveille.services.outreach.operations.shared import (
    keep_together,
    leave_to_other,
    set_aside_elsewhere,
    take_back_together,
)
from bienveille.services.outreach.operations.training import check_ready, check_trained
from bienveille.services.outreach.operations.verbatims import CannotPublishVerbatim, Quote, check_quote, keep_verbatim
from bienveille.services.outreach.operations.wishes import follow_wish, keep_wish
from bienveille.services.outreach.queries import may_be_handed, may_call
from bienveille.services.outreach.rules import CallWishSaid, referral_due
from bienveille.services.outreach.rules.shared import Together

NOTE_LENGTH = 500


class InvalidReport(Refusal):
    """A call report that cannot be saved; `errors` says what is wrong, field by field."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        self.errors = errors
        super().__init__("L’appel n’est pas encore enregistré : corrigez ce qui est signalé.")


class NotACaller(Refusal):
    """Somebody who may not call in this campaign; said the same way whether the campaign exists or not."""

    message = "Vous ne faites pas partie des appelants de cette campagne."


@dataclass(frozen=True)
class CallReport:
    """What a caller says of one call, already typed but not yet checked."""

    outcome: str
    grade: str = ""
    answers: Mapping[str, Any] | None = None
    complete: bool = False  # True: required questions must be answered; a program may send what it has
    needs: tuple[str, ...] = ()
    note: str = ""
    keep_note: bool = False
    agreed: bool | None = None
    call_back_on: date | None = None
    call_back_when: str = ""  # morning, afternoon or HH:MM
    weekly: bool = False
    phone: str = ""
    quote: Quote | None = None
    together: Together | None = None  # who picked up, news of each, the other households asked about
    scale: Mapping[str, Any] | None = None  # the short loneliness scale, where it is on
    wish: CallWishSaid | None = None  # when the household asks to be called; None: nothing was asked
    agreed_by: str = ""  # sms or email: the person wants what was agreed in writing, by that way


#: Households given back one after the other because another campaign has them in hand, before the caller waits.
MOST_YIELDS = 20


def take_next(*, campaign: Campaign, caller: User, now: datetime) -> dispatch.HandOut | None:
    """Give me the next household of this campaign; None when nobody is to be called now. Refuses who may not call.

    A caller at rest keeps the household already in hand and is given no other. On a screen, refuses who is not
    trained yet and who has done enough today (`check_ready`).
    """
    handed = may_be_handed(campaign, caller, localtime(now).date())
    if handed is None:
        raise NotACaller
    if not handed and contact_in_hand(campaign.queue_id, caller) is None:
        return None
    check_ready(caller=caller, queue_id=campaign.queue_id, now=now)
    for _ in range(MOST_YIELDS):
        found = dispatch.hand_out(
            queue_id=campaign.queue_id, caller=caller, now=now, reason=f"Campagne {campaign.name}"
        )
        if found is None or not found.fresh:
            return found
        until = set_aside_elsewhere(queue_id=campaign.queue_id, contact_id=found.contact_id, now=now)
        if until is None:
            return found
        leave_to_other(caller=caller, contact_id=found.contact_id, until=until, now=now)
    return None


@transaction.atomic
def take_promised(*, planned_call_id: UUID, caller: User, now: datetime) -> Campaign:
    """Start one of my promised calls now, before its turn. Gives its campaign.

    Refuses a promise that is not mine, who may no longer call there, who is not trained yet (on a screen), and when I
    already hold another household.
    """
    campaign = Campaign.objects.select_related("queue").filter(
        queue__contacts__planned_calls=planned_call_id, queue__closed_at=None
    )
    found = campaign.first()
    if found is None or not may_call(found, caller):
        raise dispatch.UnknownContact
    check_trained(caller=caller, now=now)
    dispatch.take_planned(caller=caller, planned_call_id=planned_call_id, now=now, reason=f"Campagne {found.name}")
    return found


@transaction.atomic
def take_back_call(*, campaign: Campaign, caller: User, attempt_id: UUID, now: datetime) -> None:
    """Take back a call I have just saved and have its household in hand again, instead of the one I hold.

    The one I hold goes back to the queue. Refuses what `undo_attempt` refuses; then I keep the one I hold.
    """
    held = contact_in_hand(campaign.queue_id, caller)
    if held is not None and held.token is not None:
        dispatch.release(caller=caller, contact_id=held.pk, token=held.token)
    dispatch.undo_attempt(caller=caller, attempt_id=attempt_id, now=now)
    take_back_together(caller=caller, attempt_id=attempt_id, now=now)
    take_back_messages(attempt_id=attempt_id, now=now)
    cases.take_back_signal(actor=caller, source=attempt_id, now=now)
    cases.take_back_confidential(actor=caller, source=attempt_id, now=now)


@transaction.atomic
def record_call(
    *,
    campaign: Campaign,
    caller: User,
    contact_id: UUID,
    token: UUID,
    report: CallReport,
    now: datetime,
    idempotency_key: str | None = None,
    tell: bool = True,
) -> dispatch.Recorded:
    """Save a call with what it revealed, once. Refuses what `check_report` finds and what dispatch refuses.

    `tell`: the household may get a message about this call; not when it is saved long after it was made.

    Grade, needs, answers and note are kept only when somebody was spoken to. What was told of violence goes to the two
    readers of a confidential case, and nothing of it stays with the call.
    """
    answers, errors = check_report(campaign, report)
    if errors:
        raise InvalidReport(errors)
    report, apart = set_apart(report)
    household_id = None
    if report.wish is not None:
        household_id = household_in_hand(contact_id, caller)
        if household_id is not None:
            keep_wish(actor=caller, household_id=household_id, wish=report.wish, source=FactSource.CALL, now=now)
    recorded = dispatch.save_attempt(
        caller=caller,
        contact_id=contact_id,
        token=token,
        outcome=report.outcome,
        now=now,
        idempotency_key=idempotency_key,
        call_back_on=report.call_back_on,
        call_back_when=report.call_back_when,
        weekly=report.weekly,
        phone=report.phone,
        hard=report.grade in (Grade.ORANGE, Grade.RED),
        reason=f"Campagne {campaign.name}",
    )
    if recorded.replayed:
        return recorded
    keep_together(campaign=campaign, caller=caller, attempt=recorded.attempt, said=report.together, now=now)
    if tell:
        try:
            follow_call(campaign=campaign, caller=caller, attempt=recorded.attempt, agreed=report.agreed_by, now=now)
        except CannotWrite as refusal:
            raise InvalidReport({"agreed_by": [str(refusal)]}) from None
    if household_id is not None and report.wish is not None:
        follow_wish(actor=caller, household_id=household_id, in_writing=report.wish.in_writing)
    if report.grade or report.needs or report.note or answers:
        _keep_report(campaign, recorded.attempt, report, answers, now)
    if report.scale and report.outcome == Outcome.REACHED:
        keep_scale(attempt=recorded.attempt, campaign=campaign, answers=report.scale, now=now)
    if report.quote is not None:
        try:
            keep_verbatim(attempt=recorded.attempt, campaign=campaign, quote=report.quote, now=now)
        except CannotPublishVerbatim as refusal:
            raise InvalidReport({"quote_by": [str(refusal)]}) from None
    if apart is not None:
        cases.open_confidential(
            actor=caller,
            household_id=recorded.attempt.contact.household_id,
            signal=replace(apart, source=recorded.attempt.pk),
            now=now,
        )
    due_at = referral_due(report.grade, report.agreed, now)
    if due_at is not None:
        case = cases.signal_household(
            actor=caller,
            household_id=recorded.attempt.contact.household_id,
            signal=cases.Signal(grade=report.grade or Grade.YELLOW, needs=report.needs, source=recorded.attempt.pk),
            now=now,
        )
        Referral.objects.create(
            attempt=recorded.attempt,
            case=case,
            grade=report.grade,
            needs=list(report.needs),
            agreed=report.agreed,
            due_at=due_at,
            created_at=now,
        )
    return recorded


def set_apart(report: CallReport) -> tuple[CallReport, cases.Signal | None]:
    """A call without what only two named people may read, and that part; None when there is no such part.

    The note goes with it, and the grade too when nothing else was needed: neither would be there without it.
    """
    hidden = kept_apart(report.needs)
    if not hidden:
        return report, None
    others = told_to_all(report.needs)
    signal = cases.Signal(
        grade=Grade.RED if report.grade == Grade.RED else Grade.ORANGE,
        needs=hidden,
        words=report.note,
        kept_despite_guard=bool(report.note and check_note(report.note)),
    )
    left = replace(report, needs=others, note="", keep_note=False, quote=None)
    return (left if others else replace(left, grade="", agreed=None)), signal


def check_report(campaign: Campaign, report: CallReport) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Clean answers, and every error of a report by field: `outcome`, `grade`, `needs`, `note`, `q_<question>`."""
    errors: dict[str, list[str]] = {}
    if report.outcome not in Outcome.values:
        errors["outcome"] = ["Indiquez comment l’appel s’est terminé."]
    if report.grade and report.grade not in Grade.values:
        errors["grade"] = ["Choisissez vert, jaune, orange ou rouge."]
    unknown = [need for need in report.needs if need not in Need.values]
    if unknown:
        errors["needs"] = [f"Besoins inconnus : {', '.join(map(str, unknown[:5]))}."]
    if len(report.note) > NOTE_LENGTH:
        errors["note"] = [f"La note fait {len(report.note)} caractères ; {NOTE_LENGTH} au plus."]
    if report.agreed_by not in ("", Channel.SMS, Channel.EMAIL):
        errors["agreed_by"] = ["Choisissez SMS, e-mail, ou rien."]
    if "\0" in report.note:
        errors["note"] = ["La note contient un caractère impossible à enregistrer."]
    if report.quote is not None:
        errors.update(check_quote(report.quote, report.outcome))
    spoken = report.outcome in (Outcome.REACHED, Outcome.INTERRUPTED, Outcome.REFUSED)
    if report.weekly and report.outcome != Outcome.REACHED:
        errors["weekly"] = ["Un appel chaque semaine se convient avec la personne : seulement si elle a été jointe."]
    if not spoken or not report.answers:
        return {}, errors
    complete = report.complete and report.outcome == Outcome.REACHED
    answers, wrong = validate(parse(campaign.questionnaire.definition), report.answers, complete=complete)
    errors.update({f"q_{key}": sentences for key, sentences in wrong.items()})
    return answers, errors


def _keep_report(
    campaign: Campaign, attempt: Attempt, report: CallReport, answers: dict[str, Any], now: datetime
) -> None:
    expires_on = localtime(now).date() + timedelta(days=campaign.keep_answers_days)
    response = None
    if answers:
        response = record_response(
            version_id=campaign.questionnaire_id, answers=answers, now=now, keep_until=expires_on, complete=False
        )
    kept = Report(
        attempt=attempt,
        grade=report.grade,
        needs=list(report.needs),
        note=report.note,
        note_kept_despite_guard=bool(report.note and check_note(report.note)),
        response=response,
        expires_on=expires_on,
    )
    insert(kept)
