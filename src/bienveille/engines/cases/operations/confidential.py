"""Confidential cases: opened for two named readers, passed on seat by seat, the address protected from there."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.template.loader import render_to_string
from django.utils.timezone import localtime

from bienveille.engines.cases.choices import ActionKind, CaseKind, CaseState
from bienveille.engines.cases.models import ALIVE, Case, CaseReader, ReaderPair
from bienveille.engines.cases.operations.alerts import address_of, alert_soon, want_reader
from bienveille.engines.cases.operations.changes import CannotDoThat, add_event, audit_case, locked, save_case
from bienveille.engines.cases.operations.opening import Signal, keep_signal, take_back_signal
from bienveille.engines.cases.queries import absences_on, is_reader, may_follow, pair_over, present_readers
from bienveille.engines.cases.rules import CONFIDENTIAL, READERS, confidential_key, readers_present
from bienveille.ground.platform.jobs import job
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import Agency, User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.tenants.models import Person
from bienveille.register.tenants.operations import protect_address

#: What the log of a person says of a protection decided in a confidential case: no more than a request.
ASKED = "À la demande de la personne"


class CannotNameReaders(Refusal):
    message = "Ces deux personnes ne peuvent pas être nommées."


@transaction.atomic
def open_confidential(*, actor: User | None, household_id: UUID, signal: Signal, now: datetime) -> Case:
    """Tell the two named readers that a household needs them: its confidential case hears of it, or one opens.

    They are told at once. Nobody named for the agency, or both away: the direction is told to name somebody, without
    a word of the case. `signal.source` is the key of a call; the case keeps another one, that leads nowhere.
    """
    source = confidential_key(signal.source) if signal.source is not None else None
    kept = replace(signal, kind=CaseKind.CONFIDENTIAL, source=source)
    case = keep_signal(actor=actor, household_id=household_id, signal=kept, now=now)
    if not CaseReader.objects.filter(case=case).exists():
        pair = pair_over(case.agency_id)
        if pair is not None:
            _seat(case, pair, by=None)
    if not present_readers(case, now):
        want_reader(agency_id=case.agency_id, day=localtime(now).date())
    return case


def take_back_confidential(*, actor: User | None, source: UUID, now: datetime) -> Case | None:
    """A call was taken back: what it told the readers is taken back too. None when it told them nothing."""
    return take_back_signal(actor=actor, source=confidential_key(source), now=now)


@transaction.atomic
def name_readers(*, actor: User, agency: Agency | None, first: User, second: User, now: datetime) -> ReaderPair:
    """Choose who reads the confidential cases of an agency, or of everything: those that will open.

    Those already open keep their readers, but for the cases that nobody named can read today: they are given to the
    two chosen. Refuses the same person twice, and whoever does not follow cases there.
    """
    if first.pk == second.pk:
        raise CannotNameReaders("Choisissez deux personnes différentes.")
    if not all(one.is_active and may_follow(one.pk, agency) for one in (first, second)):
        raise CannotNameReaders("Les deux personnes suivent les situations de cette agence.")
    if agency is not None:
        Agency.objects.select_for_update().get(pk=agency.pk)
    pair, _ = ReaderPair.objects.update_or_create(
        agency=agency, defaults={"first": first, "second": second, "named_by": actor}
    )
    record_audit(
        actor=actor,
        action=AuditAction.CASE_CHANGED,
        subject_type="accounts.Agency" if agency else "cases.ReaderPair",
        subject_id=agency.pk if agency else pair.pk,
        detail={"case": "readers_named", "first": str(first.pk), "second": str(second.pk)},
    )
    _give_those_without_reader(actor, pair, now)
    return pair


def _give_those_without_reader(actor: User, pair: ReaderPair, now: datetime) -> None:
    """Open confidential cases under this pair that nobody named can read today are given to it."""
    cases = Case.objects.select_for_update(of=["self"]).filter(ALIVE, kind__in=CONFIDENTIAL)
    if pair.agency_id is not None:
        cases = cases.filter(agency_id=pair.agency_id)
    else:
        own = ReaderPair.objects.filter(agency=OuterRef("agency"))
        cases = cases.filter(Q(agency=None) | ~Exists(own))
    day = localtime(now).date()
    absences = absences_on(day)
    held = list(cases.order_by("pk").prefetch_related("seats__user"))
    for case in held:
        seats = sorted((seat for seat in case.seats.all() if seat.user.is_active), key=lambda seat: seat.rank)
        if readers_present([seat.user_id for seat in seats], absences, day):
            continue
        CaseReader.objects.filter(case=case).delete()
        _seat(case, pair, by=actor)
        if case.state == CaseState.NEW:
            case.next_alert_at = now
            save_case(case, "next_alert_at")
            alert_soon(case, now)
        else:
            case.owner_id, case.news_at = pair.first_id, now
            save_case(case, "owner", "news_at")
        add_event(case, ActionKind.HANDED, by=actor, to=pair.first, at=now)


def _seat(case: Case, pair: ReaderPair, *, by: User | None) -> None:
    CaseReader.objects.bulk_create(
        CaseReader(case=case, user_id=user, rank=rank, named_by=by)
        for rank, user in enumerate((pair.first_id, pair.second_id), start=1)
    )
    audit_case(by, case, "readers_seated", first=str(pair.first_id), second=str(pair.second_id))


@transaction.atomic
def hand_over_seat(*, actor: User, case_id: UUID, to: User, now: datetime) -> Case:
    """Give one's own seat in a confidential case to a colleague: one no longer reads it, they do.

    Refuses who does not read it, who reads it already, and whoever does not follow cases of its agency. A case with
    one reader gains one, who sits beside.
    """
    case = locked(case_id)
    if case.kind not in CONFIDENTIAL or not is_reader(case, actor):
        raise CannotDoThat
    if case.state == CaseState.CLOSED:
        raise CannotDoThat("Cette situation est close.")
    if is_reader(case, to):
        raise CannotNameReaders("Cette personne lit déjà cette situation.")
    if not to.is_active or not may_follow(to.pk, case.agency):
        raise CannotNameReaders("Cette personne ne suit pas les situations de cette agence : choisissez-en une autre.")
    seats = list(CaseReader.objects.select_for_update().filter(case=case).order_by("rank"))
    if len(seats) < READERS:
        CaseReader.objects.create(case=case, user=to, rank=3 - seats[0].rank, named_by=actor)
    else:
        mine = next(seat for seat in seats if seat.user_id == actor.pk)
        mine.user, mine.named_by = to, actor
        mine.save(update_fields=["user", "named_by"])
    case.news_at = now if case.state == CaseState.FOLLOWED else None
    if case.owner_id == actor.pk and len(seats) == READERS:
        case.owner = to
    save_case(case, "owner", "news_at")
    add_event(case, ActionKind.HANDED, by=actor, to=to, at=now)
    audit_case(actor, case, "seat_handed", to=str(to.pk))
    if case.state == CaseState.NEW:
        case.next_alert_at = now
        case.save(update_fields=["next_alert_at"])
        alert_soon(case, now)
    return case


@transaction.atomic
def set_address_protection(*, actor: User, case_id: UUID, person: Person, protected: bool, now: datetime) -> Person:
    """Protect where somebody lives from a confidential case, or lift it: written in the case and on the person.

    The person's own log says that they asked, never why. Refuses who does not read the case, and somebody else's home.
    """
    case = locked(case_id)
    if case.kind not in CONFIDENTIAL or not is_reader(case, actor) or person.household_id != case.household_id:
        raise CannotDoThat
    kept = protect_address(actor=actor, person=person, protected=protected, reason=ASKED)
    save_case(case)
    words = "Adresse protégée" if protected else "Adresse de nouveau visible"
    add_event(case, ActionKind.NOTE, by=actor, at=now, words=words)
    audit_case(actor, case, "address_protected" if protected else "address_unprotected", person=str(person.pk))
    return kept


@transaction.atomic
def watch_readers(*, now: datetime) -> int:
    """Ask the direction to name somebody where an open confidential case has no reader there today, taken or not.

    In how many agencies. Twice the same day asks once.
    """
    day = localtime(now).date()
    absences = absences_on(day)
    wanted: set[UUID | None] = set()
    for case in Case.objects.filter(ALIVE, kind__in=CONFIDENTIAL).order_by("pk").prefetch_related("seats__user"):
        seats = sorted((seat for seat in case.seats.all() if seat.user.is_active), key=lambda seat: seat.rank)
        if not readers_present([seat.user_id for seat in seats], absences, day):
            wanted.add(case.agency_id)
    for agency_id in wanted:
        want_reader(agency_id=agency_id, day=day)
    return len(wanted)


def tell_named_readers(*, agency_id: UUID | None, now: datetime) -> int:
    """Write to the two named for an agency that something waits, whoever of them is there; the direction is told when
    nobody is. How many are written to.
    """
    day = localtime(now).date()
    pair = pair_over(agency_id)
    named = [one.pk for one in (pair.first, pair.second) if one.is_active] if pair is not None else []
    present = readers_present(named, absences_on(day), day)
    if not present:
        want_reader(agency_id=agency_id, day=day)
    for user in present:
        tell_reader.enqueue_once(f"cases.reader:{user}", user_id=user)
    return len(present)


@job(queue="messages", retry_on=(OSError,))
def tell_reader(*, user_id: str) -> None:
    """Write to one reader that something waits, not a word of what."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is not None:
        body = render_to_string("cases/mail_reader.txt", {"url": address_of("workspace:my_cases")})
        EmailMessage(subject="Bienveille\u00a0: quelque chose vous attend", body=body, to=[user.email]).send()
