"""Emergency rehousing: what is needed, a home kept for some hours, the special entry step by step, the move.

Whoever acts is a reader of the confidential case. The address is written in the hold alone: never in words, never on
the household, whose home in the register changes with its lease.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.timezone import localtime
from django.utils.timezone import now as clock

from bienveille.engines.cases.choices import ActionKind, CaseState
from bienveille.engines.cases.models import Case
from bienveille.engines.cases.operations import Done, note_action, set_address_protection
from bienveille.engines.cases.queries import is_reader
from bienveille.engines.cases.rules import CONFIDENTIAL
from bienveille.ground.platform.jobs import job
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.tenants.models import Person
from bienveille.services.letting.choices import RehousingState
from bienveille.services.letting.models import EntryStep, HomeHold, Rehousing
from bienveille.services.letting.queries.rehousing import hold_of, home_by_key, homes_for, unknown_communes
from bienveille.services.letting.rules.rehousing import AFTER_MOVE, HOLDS, KEYS, SIZES, held_until, known_codes


class CannotRehouse(Refusal):
    """`field`: what was typed that is refused, if it is one thing."""

    message = "Ce relogement ne peut pas être enregistré ainsi."

    def __init__(self, message: str | None = None, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class HomeTaken(Refusal):
    message = "Ce logement vient d’être réservé ou loué : choisissez-en un autre."


@dataclass(frozen=True)
class Wanted:
    """The home that somebody needs, and where it must not be."""

    people: int
    smallest: str
    step_free: bool = False
    other_commune: bool = False
    avoided: tuple[str, ...] = ()


@transaction.atomic
def start_rehousing(*, actor: User, case_id: UUID, wanted: Wanted, now: datetime) -> Rehousing:
    """Say what home a confidential case needs, or correct it; a search that was dropped begins again.

    Refuses who does not read the case, an unknown size or commune, and a change once somebody has moved in.
    """
    case = _locked(actor, case_id)
    codes = known_codes(wanted.avoided)
    if wanted.smallest not in SIZES or not 1 <= wanted.people <= 15:
        raise CannotRehouse
    unknown = unknown_communes(codes)
    if unknown:
        raise CannotRehouse(f"Code de commune inconnu : {', '.join(unknown[:3])}.", field="avoided")
    found = Rehousing.objects.select_for_update().filter(case=case).first()
    new = found is None
    rehousing = found or Rehousing(case=case, started_at=now, started_by=actor)
    if rehousing.state == RehousingState.MOVED:
        raise CannotRehouse("L’entrée est faite.")
    rehousing.people, rehousing.smallest, rehousing.step_free = wanted.people, wanted.smallest, wanted.step_free
    rehousing.other_commune, rehousing.avoided = wanted.other_commune, codes
    if rehousing.state == RehousingState.DROPPED:
        rehousing.state = RehousingState.SEARCHING
    rehousing.save(force_insert=new)
    _tell(actor, case, "rehousing_wanted", "Relogement à l’abri demandé" if new else "", now)
    return rehousing


@transaction.atomic
def hold_home(*, actor: User, case_id: UUID, dwelling_id: UUID, hours: int, now: datetime) -> HomeHold:
    """Keep a vacant home for some hours, instead of the one kept before. Two at once: the first keeps it.

    Refuses a home that does not suit, that is kept for somebody else or let meanwhile, and hours not proposed.
    """
    case = _locked(actor, case_id)
    rehousing = _running(case)
    if hours not in HOLDS:
        raise CannotRehouse("Choisissez une durée.", field="hours")
    today = localtime(now).date()
    today_home = case.household.dwelling_id if case.household else None
    home = home_by_key(today_home) if today_home else None
    dwelling = homes_for(rehousing, home, now, today).filter(pk=dwelling_id).first()
    if dwelling is None:
        raise HomeTaken
    HomeHold.objects.filter(dwelling=dwelling, released_at=None, until__lte=now).update(released_at=now)
    HomeHold.objects.filter(rehousing=rehousing, released_at=None).update(released_at=now)
    try:
        with transaction.atomic():
            hold = HomeHold.objects.create(
                rehousing=rehousing, dwelling=dwelling, held_at=now, held_by=actor, until=held_until(now, hours)
            )
    except IntegrityError:
        raise HomeTaken from None
    rehousing.state = RehousingState.HELD
    rehousing.save(update_fields=["state"])
    _tell(actor, case, "home_held", f"Logement réservé pour {HOLDS[hours]}", now)
    return hold


@transaction.atomic
def release_home(*, actor: User, case_id: UUID, now: datetime) -> Rehousing:
    """Stop keeping the home: it may be let to others, another is to be found. Twice does nothing more."""
    case = _locked(actor, case_id)
    rehousing = _running(case)
    if HomeHold.objects.filter(rehousing=rehousing, released_at=None).update(released_at=now):
        rehousing.state = RehousingState.SEARCHING
        rehousing.save(update_fields=["state"])
        _tell(actor, case, "home_released", "Réservation rendue", now)
    return rehousing


@transaction.atomic
def tick_entry_step(*, actor: User, case_id: UUID, key: str, done: bool, now: datetime) -> Rehousing:
    """Say that a step of the entry is done, or take that back. Twice does nothing more. Refuses an unknown step."""
    case = _locked(actor, case_id)
    rehousing = Rehousing.objects.select_for_update().filter(case=case).first()
    if rehousing is None or key not in KEYS:
        raise CannotRehouse
    if done:
        _, new = EntryStep.objects.get_or_create(
            rehousing=rehousing, key=key, defaults={"done_at": now, "done_by": actor}
        )
    else:
        new = bool(EntryStep.objects.filter(rehousing=rehousing, key=key).delete()[0])
    if new:
        _audit(actor, case, "entry_step_done" if done else "entry_step_undone", key=key)
    return rehousing


@transaction.atomic
def move_in(*, actor: User, case_id: UUID, on: date, now: datetime) -> Rehousing:
    """Note that they moved into the home kept for them; everybody of the household has their address protected.

    The register is not told where: the lease will, and it will be masked. Refuses without a home kept, and a day to
    come.
    """
    case = _locked(actor, case_id)
    rehousing = _running(case)
    hold = hold_of(rehousing)
    if hold is None or hold.until <= now:
        raise CannotRehouse("Réservez d’abord un logement.")
    if on > localtime(now).date():
        raise CannotRehouse("L’entrée se note le jour même ou après.", field="on")
    HomeHold.objects.filter(pk=hold.pk).update(until=now + AFTER_MOVE)
    rehousing.state, rehousing.moved_on = RehousingState.MOVED, on
    rehousing.save(update_fields=["state", "moved_on"])
    for person in Person.objects.filter(household=case.household_id, deceased=False, left_on=None).order_by("pk"):
        if not person.protected_address:
            set_address_protection(actor=actor, case_id=case.pk, person=person, protected=True, now=now)
    _tell(actor, case, "moved_in", "Entrée faite dans le logement réservé", now)
    return rehousing


@transaction.atomic
def drop_rehousing(*, actor: User, case_id: UUID, now: datetime) -> Rehousing:
    """Stop looking for a home; the one that was kept is given back. It can begin again. Twice does nothing more."""
    case = _locked(actor, case_id)
    rehousing = _running(case)
    HomeHold.objects.filter(rehousing=rehousing, released_at=None).update(released_at=now)
    if rehousing.state != RehousingState.DROPPED:
        rehousing.state = RehousingState.DROPPED
        rehousing.save(update_fields=["state"])
        _tell(actor, case, "rehousing_dropped", "Relogement abandonné", now)
    return rehousing


@job(queue="cases")
def give_back_homes() -> int:
    """Every ten minutes: give back the homes kept past their hour. How many."""
    return give_back_due(now=clock())


@transaction.atomic
def give_back_due(*, now: datetime) -> int:
    """Give back the homes kept past their hour; their readers see it as news. Twice does nothing more."""
    due = HomeHold.objects.select_for_update(of=["self"], skip_locked=True).filter(released_at=None, until__lte=now)
    holds = list(due.select_related("rehousing").order_by("until", "pk"))
    HomeHold.objects.filter(pk__in=[hold.pk for hold in holds]).update(released_at=now)
    waiting = [hold.rehousing for hold in holds if hold.rehousing.state == RehousingState.HELD]
    Rehousing.objects.filter(pk__in=[one.pk for one in waiting]).update(state=RehousingState.SEARCHING)
    Case.objects.filter(pk__in=[one.case_id for one in waiting], state=CaseState.FOLLOWED).update(news_at=now)
    return len(holds)


def _locked(actor: User, case_id: UUID) -> Case:
    """An open confidential case that this user reads, for this transaction alone."""
    case = Case.objects.select_for_update(of=["self"]).select_related("household").filter(pk=case_id).first()
    if case is None or case.kind not in CONFIDENTIAL or not is_reader(case, actor):
        raise CannotRehouse
    if case.state == CaseState.CLOSED:
        raise CannotRehouse("Cette situation est close.")
    return case


def _running(case: Case) -> Rehousing:
    rehousing = Rehousing.objects.select_for_update().filter(case=case).first()
    if rehousing is None or rehousing.state == RehousingState.MOVED:
        raise CannotRehouse("Dites d’abord quel logement il faut." if rehousing is None else "L’entrée est faite.")
    return rehousing


def _tell(actor: User, case: Case, did: str, words: str, now: datetime) -> None:
    """A line in the case, without an address, and one in the audit of the case."""
    if words:
        done = Done(ActionKind.NOTE, words, case.next_step, case.next_step_on)
        note_action(actor=actor, case_id=case.pk, done=done, revision=None, now=now)
    _audit(actor, case, did)


def _audit(actor: User, case: Case, did: str, **detail: str) -> None:
    record_audit(
        actor=actor,
        action=AuditAction.CASE_CHANGED,
        subject_type="cases.Case",
        subject_id=case.pk,
        detail={"case": did, **detail},
    )
