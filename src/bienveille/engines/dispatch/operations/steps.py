"""What is tried beside calls: planned, given up, ended, taken back; and why a household stays without an answer."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction

from bienveille.engines.dispatch.choices import ContactState, PlannedState, StepKind, StepResult
from bienveille.engines.dispatch.models import Contact, Explanation, Step
from bienveille.engines.dispatch.operations.contacts import contact_may_go_back, locked_contact, reopen_lane
from bienveille.engines.dispatch.queries import usable_phones
from bienveille.engines.dispatch.rules.steps import RESULTS, after_step
from bienveille.ground.lib.names import clean_text
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.wording.queries import check_note

#: How long who ended a step may take its result back.
UNDO_STEP = timedelta(minutes=30)
LONGEST_WORDS = 200


class CannotPlanStep(Refusal):
    message = "Cette étape est déjà prévue pour ce ménage\u00a0: terminez-la ou annulez-la d’abord."


class CannotEndStep(Refusal):
    message = "Cette étape est déjà terminée ou annulée."


class CannotTakeBackStep(Refusal):
    message = (
        "Ce résultat ne se reprend plus\u00a0: il date de plus de trente minutes, ou le ménage a été appelé depuis."
    )


class UnfitWords(Refusal):
    message = "Cette phrase parle de santé ou de vie privée\u00a0: écrivez un fait plus général."


def fit_words(words: str) -> str:
    """The words cleaned and cut. Refuses those of health or opinion: they are kept."""
    words = clean_text(words)[:LONGEST_WORDS]
    if check_note(words):
        raise UnfitWords
    return words


@transaction.atomic
def plan_step(
    *, actor: User, contact_id: UUID, kind: str, assigned_to: User, due_on: date, say: str, now: datetime
) -> Step:
    """Ask somebody to try something else for a household that nobody reached, by a day.

    Refuses a household that calls may still reach, a second step of the same kind, and words of health.
    """
    say = fit_words(say)
    contact = locked_contact(contact_id)
    if contact.state != ContactState.UNREACHABLE:
        raise CannotPlanStep("Ce ménage n’est pas sans réponse\u00a0: les appels continuent, ou sont terminés.")
    if Step.objects.filter(contact=contact, kind=kind, state=PlannedState.PLANNED).exists():
        raise CannotPlanStep
    step = Step.objects.create(
        contact=contact,
        kind=StepKind(kind),
        assigned_to=assigned_to,
        due_on=due_on,
        say=say,
        created_by=actor,
        created_at=now,
    )
    _audit(actor, contact, step="planned", kind=kind)
    return step


@transaction.atomic
def cancel_step(*, actor: User, step_id: UUID) -> Step:
    """Give up a step that was planned; it stays in the history. Refuses one already ended; twice does nothing more."""
    step = _locked_step(step_id)
    if step.state == PlannedState.DONE:
        raise CannotEndStep
    if step.state == PlannedState.PLANNED:
        step.state = PlannedState.CANCELLED
        step.save(update_fields=["state"])
        _audit(actor, step.contact, step="cancelled", kind=step.kind)
    return step


@transaction.atomic
def end_step(*, actor: User, step_id: UUID, result: str, now: datetime) -> Step:
    """Say how a step ended; what it gave may close the contact, or put it back among those to call.

    Refuses a result that does not suit the step, one already ended, and another number that nobody wrote down.
    """
    contact_id = Step.objects.values_list("contact_id", flat=True).get(pk=step_id)
    with contact_may_go_back(contact_id):
        contact = locked_contact(contact_id)
        step = _locked_step(step_id)
        if step.state != PlannedState.PLANNED:
            raise CannotEndStep
        if result not in RESULTS[step.kind]:
            raise CannotEndStep("Choisissez un résultat de la liste.")
        if result == StepResult.NUMBER_FOUND and not usable_phones(contact.household_id):
            raise CannotEndStep(
                "Écrivez d’abord ce numéro sur la fiche du ménage\u00a0: il n’y en a aucun d’utilisable."
            )
        step.state, step.result, step.done_at, step.done_by = PlannedState.DONE, result, now, actor
        after = after_step(result)
        wakes = after is not None and after.state == ContactState.WAITING
        free = contact.state == ContactState.UNREACHABLE and contact.reserved_by_id is None
        if after is not None and free and not (wakes and contact.queue.closed_at):
            step.before = {"state": contact.state, "reason": contact.reason}
            contact.state, contact.reason = after.state, after.reason
            contact.save(update_fields=["state", "reason"])
            reopen_lane(contact)
        step.save()
        _audit(actor, contact, step="done", kind=step.kind, result=result, state=contact.state)
    return step


@transaction.atomic
def take_back_step(*, actor: User, step_id: UUID, now: datetime) -> Step:
    """Take back the result I have just noted: the step is to be done again, the contact is as it was.

    Refuses after half an hour, somebody else's result, and once the household was called or changed since.
    """
    contact_id = Step.objects.values_list("contact_id", flat=True).get(pk=step_id)
    with contact_may_go_back(contact_id):
        contact = locked_contact(contact_id)
        step = _locked_step(step_id)
        if step.state != PlannedState.DONE or step.done_by_id != actor.pk or step.done_at is None:
            raise CannotTakeBackStep
        if now - step.done_at > UNDO_STEP:
            raise CannotTakeBackStep
        if Step.objects.filter(contact=contact, kind=step.kind, state=PlannedState.PLANNED).exists():
            raise CannotTakeBackStep
        if step.before:
            after = after_step(step.result)
            if after is None or contact.state != after.state or contact.reserved_by_id is not None:
                raise CannotTakeBackStep
            contact.state, contact.reason = step.before["state"], step.before["reason"]
            contact.not_before = None
            contact.save(update_fields=["state", "reason", "not_before"])
        step.state, step.result, step.before = PlannedState.PLANNED, "", {}
        step.done_at = step.done_by = step.seen_at = step.seen_by = None
        step.save()
        _audit(actor, contact, step="taken_back", kind=step.kind)
    return step


@transaction.atomic
def see_worry(*, actor: User, step_id: UUID, now: datetime) -> Step:
    """Say that I saw that somebody worries, and see to it: it waits for nobody else. Twice does nothing more."""
    step = _locked_step(step_id)
    if step.result == StepResult.WORRIED and step.seen_at is None:
        step.seen_at, step.seen_by = now, actor
        step.save(update_fields=["seen_at", "seen_by"])
        _audit(actor, step.contact, step="worry_seen", kind=step.kind)
    return step


@transaction.atomic
def explain(*, actor: User | None, contact_ids: Collection[UUID], words: str, now: datetime) -> int:
    """Say why households stay without an answer; what was said before is replaced. How many.

    Refuses words of health or opinion, and no words at all. Three queries, whatever the number of households.
    """
    words = fit_words(words)
    if not words:
        raise UnfitWords("Dites pourquoi, en quelques mots.")
    closed = [ContactState.UNREACHABLE, ContactState.WITHDRAWN]
    contacts = list(Contact.objects.filter(pk__in=contact_ids, state__in=closed).only("id", "household_id"))
    Explanation.objects.bulk_create(
        [Explanation(contact=contact, words=words, said_by=actor, said_at=now) for contact in contacts],
        update_conflicts=True,
        unique_fields=["contact"],
        update_fields=["words", "said_by", "said_at"],
        batch_size=5000,
    )
    record_audit(
        actor=actor,
        action=AuditAction.CONTACT_CHANGED,
        reason=words,
        detail={"explained": len(contacts)},
    )
    return len(contacts)


def _locked_step(step_id: UUID) -> Step:
    return Step.objects.select_for_update(of=["self"], no_key=True).select_related("contact").get(pk=step_id)


def _audit(actor: User, contact: Contact, **detail: str) -> None:
    record_audit(
        actor=actor,
        action=AuditAction.CONTACT_CHANGED,
        subject_type="tenants.Household",
        subject_id=contact.household_id,
        detail=detail,
    )
