"""What people do with a case: take it, note what was done, pass it on, close it, open it again."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localtime

from bienveille.engines.cases.choices import ActionKind, CaseState
from bienveille.engines.cases.models import ALIVE, Alert, Case, CaseAction
from bienveille.engines.cases.operations.changes import (
    CannotDoThat,
    add_event,
    audit_case,
    check_revision,
    locked,
    save_case,
)
from bienveille.engines.cases.queries import may_follow, present_readers
from bienveille.engines.cases.rules import (
    BY_HAND,
    CHOSEN_OUTCOMES,
    CONFIDENTIAL,
    close_before,
    erased_on,
    first_alert_at,
    take_before,
)
from bienveille.ground.lib.calling_hours import place_of
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.models import User
from bienveille.register.housing.models import Residence
from bienveille.register.tenants.models import Household
from bienveille.register.wording.queries import check_note

WORDS_LENGTH = 500


class AlreadyTaken(Refusal):
    message = "Quelqu’un d’autre a déjà pris cette situation en charge."


class CannotHandOver(Refusal):
    message = "Cette personne ne suit pas les situations de cette agence : choisissez-en une autre."


class CannotReopen(Refusal):
    message = "Une autre situation est déjà ouverte ici : notez-y ce qui arrive."


class InvalidAction(Refusal):
    message = "Dites ce qui a été fait, en quelques mots."


@dataclass(frozen=True)
class Done:
    """What somebody did or noted, and what is to be done next; `next_step` empty: nothing planned."""

    kind: str
    words: str = ""
    next_step: str = ""
    next_step_on: date | None = None


@transaction.atomic
def take_case(*, actor: User, case_id: UUID, now: datetime) -> Case:
    """See to a case: from now on nobody else is alerted. Refuses one that somebody else follows. Twice: once.

    A case that asks for somebody anew is taken again by its owner, or by whoever answers first.
    """
    case = locked(case_id)
    if case.state == CaseState.CLOSED:
        raise CannotDoThat("Cette situation est close.")
    if case.state == CaseState.FOLLOWED:
        if case.owner_id != actor.pk:
            raise AlreadyTaken
        return case
    case.state, case.owner, case.acknowledged_at = CaseState.FOLLOWED, actor, now
    case.next_alert_at = case.news_at = None
    save_case(case, "state", "owner", "acknowledged_at", "next_alert_at", "news_at")
    CaseAction.objects.filter(case=case, kind=ActionKind.SIGNALLED, answered_at=None).update(answered_at=now)
    mine = Alert.objects.filter(case=case, round=case.alert_round, user=actor)
    mine.filter(seen_at=None).update(seen_at=now)
    mine.update(acknowledged_at=now)
    add_event(case, ActionKind.TAKEN, by=actor, at=now)
    audit_case(actor, case, "taken")
    return case


@transaction.atomic
def leave_case(*, actor: User, case_id: UUID, now: datetime) -> Case:
    """Undo having taken a case: it waits again for somebody, by the same hour. Refuses one that somebody else has."""
    case = locked(case_id)
    if case.state == CaseState.CLOSED:
        raise CannotDoThat("Cette situation est close.")
    if case.owner_id not in (None, actor.pk):
        raise AlreadyTaken
    if case.state == CaseState.NEW:
        return case
    CaseAction.objects.filter(case=case, answered_at=case.acknowledged_at).update(answered_at=None)
    case.state, case.owner, case.acknowledged_at = CaseState.NEW, None, None
    case.alert_round += 1
    case.next_alert_at = now if case.kind in CONFIDENTIAL else max(first_alert_at(case.grade, case.signalled_at), now)
    save_case(case, "state", "owner", "acknowledged_at", "alert_round", "next_alert_at")
    add_event(case, ActionKind.LEFT, by=actor, at=now)
    audit_case(actor, case, "left")
    return case


@transaction.atomic
def note_action(*, actor: User, case_id: UUID, done: Done, revision: int | None, now: datetime) -> CaseAction:
    """Note what was done for a case, and what comes next. Refuses a closed case, and one changed meanwhile."""
    case = locked(case_id)
    check_revision(case, revision)
    if case.state == CaseState.CLOSED:
        raise CannotDoThat("Cette situation est close : rouvrez-la pour y noter une action.")
    if done.kind not in BY_HAND or (done.kind == ActionKind.NOTE and not done.words):
        raise InvalidAction
    case.next_step, case.next_step_on = done.next_step, done.next_step_on if done.next_step else None
    if case.owner_id == actor.pk:
        case.news_at = None
    save_case(case, "next_step", "next_step_on", "news_at")
    event = add_event(
        case,
        done.kind,
        by=actor,
        at=now,
        words=done.words[:WORDS_LENGTH],
        kept_despite_guard=bool(done.words and check_note(done.words)),
    )
    audit_case(actor, case, "noted", kind=done.kind)
    return event


@transaction.atomic
def hand_over(*, actor: User, case_id: UUID, to: User, words: str, revision: int | None, now: datetime) -> Case:
    """Pass a case to a colleague, who sees it as news. Refuses somebody who does not follow cases of its agency."""
    case = locked(case_id)
    check_revision(case, revision)
    if case.state == CaseState.CLOSED:
        raise CannotDoThat("Cette situation est close.")
    if case.kind in CONFIDENTIAL or not may_follow(to.pk, case.agency):
        raise CannotHandOver
    if case.state == CaseState.FOLLOWED and case.owner_id == to.pk:
        return case
    if case.state == CaseState.NEW:
        CaseAction.objects.filter(case=case, kind=ActionKind.SIGNALLED, answered_at=None).update(answered_at=now)
    case.state, case.owner, case.news_at = CaseState.FOLLOWED, to, now
    case.acknowledged_at, case.next_alert_at = case.acknowledged_at or now, None
    save_case(case, "state", "owner", "news_at", "acknowledged_at", "next_alert_at")
    add_event(
        case,
        ActionKind.HANDED,
        by=actor,
        to=to,
        at=now,
        words=words[:WORDS_LENGTH],
        kept_despite_guard=bool(words and check_note(words)),
    )
    audit_case(actor, case, "handed", to=str(to.pk))
    return case


@transaction.atomic
def close_case(*, actor: User, case_id: UUID, outcome: str, words: str, revision: int | None, now: datetime) -> Case:
    """Close a case with how it ended; a year later it is erased. Twice does nothing more.

    Refuses an outcome that is not one a person chooses, a case changed meanwhile, and a confidential case while both
    of its readers are away.
    """
    case = locked(case_id)
    if case.state == CaseState.CLOSED:
        return case
    check_revision(case, revision)
    if case.kind in CONFIDENTIAL and not present_readers(case, now):
        raise CannotDoThat("Les deux personnes nommées sont absentes : la direction doit d’abord en nommer une autre.")
    if outcome not in CHOSEN_OUTCOMES:
        raise InvalidAction("Dites comment la situation s’est terminée.")
    CaseAction.objects.filter(case=case, kind=ActionKind.SIGNALLED, answered_at=None).update(answered_at=now)
    case.state, case.outcome, case.closed_at, case.closed_by = CaseState.CLOSED, outcome, now, actor
    case.owner_id = case.owner_id or actor.pk
    case.acknowledged_at = case.acknowledged_at or now
    case.expires_on = erased_on(localtime(now).date())
    case.next_step, case.next_step_on, case.next_alert_at, case.news_at = "", None, None, None
    save_case(
        case,
        *("state", "outcome", "closed_at", "closed_by", "owner", "acknowledged_at", "expires_on"),
        *("next_step", "next_step_on", "next_alert_at", "news_at"),
    )
    add_event(
        case,
        ActionKind.CLOSED,
        by=actor,
        at=now,
        words=words[:WORDS_LENGTH],
        kept_despite_guard=bool(words and check_note(words)),
    )
    audit_case(actor, case, "closed", outcome=outcome)
    return case


@transaction.atomic
def reopen_case(*, actor: User, case_id: UUID, words: str, now: datetime) -> Case:
    """Open a closed case again; whoever opens it follows it, by new deadlines. Twice does nothing more.

    Refuses when the household, or the residence, has another open case of the kind.
    """
    case = locked(case_id)
    if case.state != CaseState.CLOSED:
        return case
    place = ""
    if case.household_id:
        home = "dwelling__building__residence__commune_id"
        # The same lock as a signal: neither opens a second case beside the other.
        Household.objects.select_for_update(no_key=True).get(pk=case.household_id)
        place = place_of(Household.objects.filter(pk=case.household_id).values_list(home, flat=True).get())
        if Case.objects.filter(ALIVE, household_id=case.household_id, kind=case.kind).exists():
            raise CannotReopen
    elif case.residence_id:
        Residence.objects.select_for_update(no_key=True).get(pk=case.residence_id)
        place = place_of(Residence.objects.filter(pk=case.residence_id).values_list("commune_id", flat=True).get())
        if Case.objects.filter(ALIVE, residence_id=case.residence_id, kind=case.kind).exists():
            raise CannotReopen
    case.state, case.owner, case.acknowledged_at, case.signalled_at = CaseState.FOLLOWED, actor, now, now
    case.take_before, case.close_before = take_before(case.grade, now), close_before(case.grade, now, place)
    case.outcome, case.closed_at, case.closed_by, case.expires_on = "", None, None, None
    case.alert_round += 1
    save_case(
        case,
        *("state", "owner", "acknowledged_at", "signalled_at", "take_before", "close_before"),
        *("outcome", "closed_at", "closed_by", "expires_on", "alert_round"),
    )
    add_event(
        case,
        ActionKind.REOPENED,
        by=actor,
        at=now,
        words=words[:WORDS_LENGTH],
        kept_despite_guard=bool(words and check_note(words)),
    )
    audit_case(actor, case, "reopened")
    return case


@transaction.atomic
def see_case(*, actor: User, case_id: UUID, now: datetime) -> None:
    """Somebody opened the page of a case: their alerts are seen; its owner has read what was new."""
    Alert.objects.filter(case_id=case_id, user=actor, seen_at=None, created_at__lte=now).update(seen_at=now)
    Case.objects.filter(pk=case_id, owner=actor, state=CaseState.FOLLOWED).exclude(news_at=None).update(news_at=None)
