"""A situation is signalled, of a household or of a residence: its open case hears of it, or one opens."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localtime

from bienveille.engines.cases.choices import ActionKind, CaseKind, CaseOutcome, CaseState
from bienveille.engines.cases.models import ALIVE, Case, CaseAction
from bienveille.engines.cases.operations.alerts import alert_soon
from bienveille.engines.cases.operations.changes import add_event, audit_case, locked, save_case
from bienveille.engines.cases.queries import case_of_source, signals_of
from bienveille.engines.cases.rules import (
    CONFIDENTIAL,
    close_before,
    erased_on,
    first_alert_at,
    graver,
    gravest,
    kept_apart,
    take_before,
)
from bienveille.ground.lib.calling_hours import place_of
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.models import Agency, User
from bienveille.register.housing.models import Residence
from bienveille.register.tenants.models import Household


class CannotOpenThat(Refusal):
    message = "Une situation confidentielle ne s’ouvre pas ici : parlez-en à la direction."


@dataclass(frozen=True)
class Signal:
    """What somebody saw: how grave, which needs, a few words; `source` is the key of the call that told it."""

    grade: str
    needs: tuple[str, ...] = ()
    words: str = ""
    kept_despite_guard: bool = False
    source: UUID | None = None
    kind: str = CaseKind.WELFARE


@transaction.atomic
def signal_household(*, actor: User | None, household_id: UUID, signal: Signal, now: datetime) -> Case:
    """Say that a household needs somebody: its open case hears of it, or one opens. Once for each call.

    A graver signal asks for somebody anew, even when the case is followed. Refuses a confidential kind, and needs that
    only two named people may read (`open_confidential`).
    """
    if signal.kind in CONFIDENTIAL or kept_apart(signal.needs):
        raise CannotOpenThat
    return keep_signal(actor=actor, household_id=household_id, signal=signal, now=now)


def keep_signal(*, actor: User | None, household_id: UUID, signal: Signal, now: datetime) -> Case:
    """The household's open case of the kind hears of it, or one opens; inside the transaction of who calls."""
    if signal.source is not None:
        known = case_of_source(signal.source)
        if known is not None:
            return locked(known)
    # One at a time for a household, so that two calls at once open one case.
    household = (
        Household.objects.select_for_update(of=["self"], no_key=True)
        .select_related("dwelling__building__residence__agency")
        .get(pk=household_id)
    )
    open_case = Case.objects.select_for_update(of=["self"]).filter(ALIVE, household=household, kind=signal.kind).first()
    agency, place = _where(household)
    if open_case is None:
        return _open(actor, Case(household=household, agency=agency), signal, now, place=place)
    return _joined(actor, open_case, signal, now, place=place)


@transaction.atomic
def signal_residence(*, actor: User, residence_id: UUID, signal: Signal, now: datetime) -> Case:
    """Say that a residence needs somebody, for something that concerns the place and not one household: its open case
    hears of it, or one opens. Refuses needs that only two named people may read.
    """
    if kept_apart(signal.needs):
        raise CannotOpenThat
    signal = replace(signal, kind=CaseKind.RESIDENCE)
    # One at a time for a residence, as for a household.
    residence = (
        Residence.objects.select_for_update(of=["self"], no_key=True).select_related("agency").get(pk=residence_id)
    )
    place = place_of(residence.commune_id)
    open_case = Case.objects.select_for_update(of=["self"]).filter(ALIVE, residence=residence, kind=signal.kind).first()
    if open_case is None:
        return _open(actor, Case(residence=residence, agency=residence.agency), signal, now, place=place)
    return _joined(actor, open_case, signal, now, place=place)


def _open(actor: User | None, new: Case, signal: Signal, now: datetime, *, place: str) -> Case:
    """`new`: its subject and its agency."""
    case = Case.objects.create(
        kind=signal.kind,
        household=new.household,
        residence=new.residence,
        agency=new.agency,
        needs=list(signal.needs),
        grade=signal.grade,
        opened_at=now,
        opened_by=actor,
        signalled_at=now,
        take_before=take_before(signal.grade, now),
        close_before=close_before(signal.grade, now, place),
        next_alert_at=_first_alert_at(signal, now),
    )
    _keep_signal(actor, case, signal, now)
    audit_case(actor, case, "opened", grade=signal.grade)
    alert_soon(case, now)
    return case


def _first_alert_at(signal: Signal, now: datetime) -> datetime:
    """When somebody is alerted: those named for a confidential case, at once, whatever the grade."""
    return now if signal.kind in CONFIDENTIAL else first_alert_at(signal.grade, now)


def _where(household: Household) -> tuple[Agency | None, str]:
    if household.dwelling is None:
        return None, ""
    residence = household.dwelling.building.residence
    return residence.agency, place_of(residence.commune_id)


def _joined(actor: User | None, case: Case, signal: Signal, now: datetime, *, place: str) -> Case:
    worse = graver(signal.grade, case.grade) or signal.grade == "red"
    case.needs = [*case.needs, *(need for need in signal.needs if need not in case.needs)]
    case.news_at = now
    changed = ["needs", "news_at"]
    if graver(signal.grade, case.grade):
        case.grade = signal.grade
        case.close_before = min(case.close_before, close_before(signal.grade, now, place))
        changed += ["grade", "close_before"]
    asked_anew = worse and case.state == CaseState.FOLLOWED
    if asked_anew:
        case.state, case.acknowledged_at, case.alert_round = CaseState.NEW, None, case.alert_round + 1
        case.signalled_at, case.take_before = now, take_before(signal.grade, now)
        changed += ["state", "acknowledged_at", "alert_round", "signalled_at", "take_before"]
    elif case.state == CaseState.NEW:
        case.take_before = min(case.take_before, take_before(signal.grade, now))
        changed += ["take_before"]
    if case.state == CaseState.NEW:
        first = _first_alert_at(signal, now)
        case.next_alert_at = first if asked_anew or case.next_alert_at is None else min(case.next_alert_at, first)
        changed += ["next_alert_at"]
    save_case(case, *changed)
    _keep_signal(actor, case, signal, now)
    audit_case(actor, case, "signalled", grade=signal.grade)
    alert_soon(case, now)
    return case


def _keep_signal(actor: User | None, case: Case, signal: Signal, now: datetime) -> None:
    add_event(
        case,
        ActionKind.SIGNALLED,
        by=actor,
        at=now,
        words=signal.words,
        kept_despite_guard=signal.kept_despite_guard,
        grade=signal.grade,
        needs=list(signal.needs),
        source=signal.source,
        answered_at=now if case.state == CaseState.FOLLOWED else None,
    )


@transaction.atomic
def take_back_signal(*, actor: User | None, source: UUID, now: datetime) -> Case | None:
    """A call was taken back: its case says so. A case that nobody took and that nothing else signalled ends there.

    Gives the case, None when that call signalled nothing. Twice does nothing more.
    """
    case_id = case_of_source(source)
    if case_id is None:
        return None
    case = locked(case_id)
    action = CaseAction.objects.get(source=source)
    if action.undone_at is not None:
        return case
    action.undone_at = now
    action.save(update_fields=["undone_at"])
    left = list(signals_of(case))
    if case.state == CaseState.CLOSED:
        return case
    if left:
        case.grade = gravest(one.grade for one in left)
        case.needs = list(dict.fromkeys(need for one in left for need in one.needs))
        case.news_at = now
        save_case(case, "grade", "needs", "news_at")
    elif case.state == CaseState.NEW and case.owner_id is None:
        day = localtime(now).date()
        case.state, case.outcome, case.closed_at, case.closed_by = CaseState.CLOSED, CaseOutcome.UNDONE, now, actor
        case.expires_on, case.next_alert_at, case.next_step, case.next_step_on = erased_on(day), None, "", None
        save_case(
            case,
            *("state", "outcome", "closed_at", "closed_by", "expires_on", "next_alert_at", "next_step", "next_step_on"),
        )
        add_event(case, ActionKind.CLOSED, by=actor, at=now)
    else:
        case.news_at = now
        save_case(case, "news_at")
    audit_case(actor, case, "signal_taken_back")
    return case
