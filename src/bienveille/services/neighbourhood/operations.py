"""Relay tenants: one agrees, stops, both taken back. Places proposed for a watch, answered; visits noted."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.timezone import localdate

from bienveille.engines.cases.models import Case
from bienveille.engines.cases.operations import Signal, open_confidential, tell_named_readers
from bienveille.engines.questionnaires.choices import Need
from bienveille.ground.lib.names import clean_text
from bienveille.ground.lib.typography import short_day
from bienveille.ground.platform.jobs import job
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.housing.models import Dwelling, Residence, Watch
from bienveille.register.housing.operations import CannotWatch, start_watch
from bienveille.register.tenants.models import Person
from bienveille.register.wording.queries import check_note
from bienveille.services.neighbourhood.choices import HeardKind, HeardState, ProposalState
from bienveille.services.neighbourhood.models import Heard, RelayTenant, WatchProposal, WatchVisit
from bienveille.services.neighbourhood.queries import (
    decided_since,
    heard_homes,
    lived_in_by,
    lives_in,
    signs_by_place,
    stands,
)
from bienveille.services.neighbourhood.rules import (
    HEARD_KEPT,
    LEFT_ALONE,
    LOOKED_AT,
    RELAYS_KEPT,
    VISITS_KEPT,
    WAITS,
    Signs,
    clusters,
    is_looked_at,
    refusal_of,
    signs_words,
    watch_refusal,
)

WORDS_LENGTH = 300


class CannotBeRelay(Refusal):
    """`field`: what was typed that is refused, if it is one thing."""

    message = "Cette personne ne peut pas être notée comme relais."

    def __init__(self, message: str | None = None, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@transaction.atomic
def name_relay(
    *,
    actor: User | None,
    person: Person,
    residence: Residence,
    agreed_on: date,
    role: str,
    limits: str = "",
    until: date,
    today: date,
) -> RelayTenant:
    """Note that a tenant agreed to be a relay of their residence, for what, within which limits, until when.

    Refuses who does not live there, whose address is protected (their name is told to others), who is a relay
    already, words about a person's private life, and days that are no agreement.
    """
    held = Person.objects.select_for_update().get(pk=person.pk)
    if not lives_in(residence, today).filter(pk=held.pk).exists():
        raise CannotBeRelay("Un relais habite la résidence, est majeur, et son adresse n’est pas protégée.")
    role, limits = _checked(role, "role"), _checked(limits, "limits")
    if not role:
        raise CannotBeRelay("Dites ce que cette personne accepte de faire.", field="role")
    field, problem = refusal_of(agreed_on=agreed_on, until=until, today=today)
    if problem:
        raise CannotBeRelay(problem, field=field)
    open_one = RelayTenant.objects.filter(person=held, ended_on=None).first()
    if open_one is not None:
        if stands(today).filter(pk=open_one.pk).exists():
            raise CannotBeRelay("Cette personne est déjà relais.")
        # It lapsed by itself, by its day or by a move: the row says so before another one begins.
        open_one.ended_on = max(open_one.agreed_on, min(today, open_one.until))
        open_one.save(update_fields=["ended_on"])
    relay = RelayTenant.objects.create(
        person=held, residence=residence, agreed_on=agreed_on, role=role, limits=limits, until=until, named_by=actor
    )
    _audit(actor, held, "relay_named")
    return relay


@transaction.atomic
def end_relay(*, actor: User | None, relay: RelayTenant, today: date) -> RelayTenant:
    """Note that somebody is no longer a relay, from today; nobody asks why. Harmless twice."""
    held = RelayTenant.objects.select_for_update().select_related("person").get(pk=relay.pk)
    if held.ended_on is None:
        held.ended_on, held.ended_by = max(today, held.agreed_on), actor
        held.save(update_fields=["ended_on", "ended_by"])
        _audit(actor, held.person, "relay_ended")
    return held


@transaction.atomic
def take_back_relay(*, actor: User, relay: RelayTenant, today: date) -> None:
    """Undo what was just done to a relay: one that runs never was, one that ended runs again. Harmless twice.

    Refuses to run again when the person no longer lives there, or agreed again meanwhile.
    """
    held = RelayTenant.objects.select_for_update().select_related("person", "residence").filter(pk=relay.pk).first()
    if held is None:
        return
    if held.ended_on is None:
        held.delete()
        _audit(actor, held.person, "relay_taken_back")
        return
    again = RelayTenant.objects.filter(person=held.person, ended_on=None).exists()
    if again or not lives_in(held.residence, today).filter(pk=held.person_id).exists():
        raise CannotBeRelay("Cette personne n’habite plus là, ou a redonné son accord depuis.")
    held.ended_on, held.ended_by = None, None
    held.save(update_fields=["ended_on", "ended_by"])
    _audit(actor, held.person, "relay_resumed")


def _checked(words: str, field: str) -> str:
    text = clean_text(words)[:WORDS_LENGTH]
    if check_note(text):
        raise CannotBeRelay(
            "Ces mots parlent de santé ou de vie privée\u00a0: écrivez ce que la personne fait.", field=field
        )
    return text


def _audit(actor: User | None, person: Person, change: str) -> None:
    record_audit(actor=actor, action=AuditAction.PERSON_CHANGED, subject=person, detail={"change": change})


# ---- Residences to watch -----------------------------------------------------------------------------------------

VISIT_LENGTH = 500


class CannotDecide(Refusal):
    message = "Cette proposition n’attend plus de réponse."

    def __init__(self, message: str | None = None, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class CannotNoteVisit(Refusal):
    message = "Cette visite ne peut pas être notée ainsi."

    def __init__(self, message: str | None = None, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@job(queue="housekeeping")
def look_for_clusters() -> int:
    """Each night: propose the places that stand out, forget what has come to its last day. How many are proposed."""
    today = localdate()
    forget_watching(today=today)
    return propose_watches(today=today)


@transaction.atomic
def propose_watches(*, today: date) -> int:
    """Propose a watch for each place that stands out; nothing starts by itself. Twice the same day proposes once."""
    left_alone = decided_since(today - LEFT_ALONE)
    found = clusters(signs_by_place(today - LOOKED_AT), left_alone)
    WatchProposal.objects.bulk_create(
        [
            WatchProposal(
                residence_id=place.residence,
                building_id=place.building,
                staircase=place.staircase,
                households=signs.households,
                worrying=signs.worrying,
                grave=signs.grave,
                silent=signs.silent,
                made_on=today,
                expires_on=today + WAITS,
            )
            for place, signs in found.items()
        ],
        ignore_conflicts=True,
    )
    return len(found)


@job(queue="housekeeping")
def purge_watching() -> int:
    """Erase what was seen or heard of a place, on its last day. How many rows."""
    return forget_watching(today=localdate())


@transaction.atomic
def forget_watching(*, today: date) -> int:
    """Erase proposals that nobody answered in time, those answered a year ago, visits and what was heard
    past their last day."""
    unanswered = WatchProposal.objects.filter(state=ProposalState.PROPOSED, expires_on__lt=today)
    answered = WatchProposal.objects.filter(decided_on__lt=today - VISITS_KEPT)
    visits = WatchVisit.objects.filter(expires_on__lt=today)
    heard = Heard.objects.filter(expires_on__lt=today)
    return sum(rows.delete()[0] for rows in (unanswered, answered, visits, heard))


@job(queue="housekeeping")
def purge_relays() -> int:
    """Erase the agreements of relay tenants that ended some time ago. How many."""
    return forget_relays(today=localdate())


@transaction.atomic
def forget_relays(*, today: date) -> int:
    """Erase agreements a while after their end, said or reached: nobody asks that person for news any more."""
    ended = RelayTenant.objects.filter(Q(ended_on__lt=today - RELAYS_KEPT) | Q(until__lt=today - RELAYS_KEPT))
    erased, _ = ended.delete()
    if erased:
        record_audit(
            actor=None,
            action=AuditAction.HOUSING_CHANGED,
            subject_type="neighbourhood.RelayTenant",
            reason="Accords de locataires relais arrivés à leur terme",
            detail={"change": "relays_erased", "count": erased},
        )
    return erased


@transaction.atomic
def accept_proposal(*, actor: User, proposal: WatchProposal, until: date, today: date) -> Watch:
    """Put the residence of a proposal under watch, until a day. The reason is its figures.

    Refuses a proposal already answered, a residence already watched, a day gone by or more than a year away.
    """
    held = _locked_proposal(proposal.pk)
    problem = watch_refusal(until=until, today=today)
    if problem:
        raise CannotDecide(problem, field="until")
    signs = Signs(held.households, held.worrying, held.grave, held.silent)
    reason = f"{place_words(held)}\u00a0: {signs_words(signs)}"
    try:
        watch = start_watch(
            actor=actor, residence=held.residence, reason=reason, started_on=today, until=until, today=today
        )
    except CannotWatch as refusal:
        raise CannotDecide(str(refusal)) from None
    held.state, held.decided_on, held.decided_by, held.watch = ProposalState.ACCEPTED, today, actor, watch
    held.save(update_fields=["state", "decided_on", "decided_by", "watch"])
    return watch


@transaction.atomic
def refuse_proposal(*, actor: User, proposal: WatchProposal, reason: str, today: date) -> WatchProposal:
    """Leave a place without a watch, and say why: it is not proposed again before three months.

    Refuses a proposal already answered, no reason, and words about a person.
    """
    held = _locked_proposal(proposal.pk)
    reason = clean_text(reason)[:WORDS_LENGTH]
    if not reason:
        raise CannotDecide("Dites pourquoi cette veille n’est pas utile.", field="reason")
    if check_note(reason):
        raise CannotDecide(
            "Cette raison parle d’une personne ou de sa vie privée\u00a0: parlez du lieu.", field="reason"
        )
    held.state, held.decided_on, held.decided_by, held.reason = ProposalState.REFUSED, today, actor, reason
    held.save(update_fields=["state", "decided_on", "decided_by", "reason"])
    record_audit(
        actor=actor, action=AuditAction.HOUSING_CHANGED, subject=held.residence, detail={"change": "watch_refused"}
    )
    return held


def place_words(proposal: WatchProposal) -> str:
    """« Bâtiment A, escalier 2 », or « Toute la résidence ». No query when the building is read."""
    parts = []
    if proposal.building is not None:
        parts.append(f"Bâtiment {proposal.building.code}".strip() if proposal.building.code else "Un bâtiment")
    if proposal.staircase:
        parts.append(f"escalier {proposal.staircase}" if parts else f"Escalier {proposal.staircase}")
    return ", ".join(parts) or "Toute la résidence"


@transaction.atomic
def note_visit(*, actor: User, watch: Watch, on: date, seen: str, keep: bool, today: date) -> WatchVisit:
    """Note a visit to a residence under watch: the day, what was seen of the place.

    Refuses a watch that is over, a day to come or before the watch, no words, and words about a person unless their
    writer insists.
    """
    held = Watch.objects.select_for_update(of=["self"]).select_related("residence").get(pk=watch.pk)
    if held.ended_on is not None:
        raise CannotNoteVisit("Cette veille est terminée.")
    if not held.started_on <= on <= today:
        raise CannotNoteVisit("Une visite se note le jour même ou après, pendant la veille.", field="on")
    seen = clean_text(seen)[:VISIT_LENGTH]
    if not seen:
        raise CannotNoteVisit("Dites ce que vous avez vu.", field="seen")
    found = check_note(seen)
    if found and not keep:
        raise CannotNoteVisit(f"«\u00a0{found[0].excerpt}\u00a0»\u00a0: {found[0].advice}", field="seen")
    visit = WatchVisit.objects.create(
        watch=held, on=on, by=actor, seen=seen, kept_despite_guard=bool(found), expires_on=on + VISITS_KEPT
    )
    record_audit(
        actor=actor, action=AuditAction.HOUSING_CHANGED, subject=held.residence, detail={"change": "visit_noted"}
    )
    return visit


def _locked_proposal(proposal_id: UUID) -> WatchProposal:
    held = (
        WatchProposal.objects.select_for_update(of=["self"])
        .select_related("residence", "building")
        .filter(pk=proposal_id, state=ProposalState.PROPOSED)
        .first()
    )
    if held is None:
        raise CannotDecide
    return held


# ---- Heard through walls -----------------------------------------------------------------------------------------


class CannotTell(Refusal):
    """`field`: what was typed that is refused, if it is one thing."""

    message = "Ce signalement ne peut pas être enregistré ainsi."

    def __init__(self, message: str | None = None, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@transaction.atomic
def tell_heard(
    *, actor: User, dwelling: Dwelling, kind: str, on: date, words: str, keep: bool, now: datetime, today: date
) -> Heard:
    """Say that something was heard from a home. Its readers are told when there is something to look at.

    Refuses a day to come or long gone, and words about a person's private life unless their writer insists. Nothing is
    concluded: two people look and decide.
    """
    if not today - HEARD_KEPT < on <= today:
        raise CannotTell("Choisissez un jour des deux derniers mois.", field="on")
    if kind not in HeardKind.values:
        raise CannotTell(field="kind")
    words = clean_text(words)[:WORDS_LENGTH]
    found = check_note(words)
    if found and not keep:
        raise CannotTell(f"«\u00a0{found[0].excerpt}\u00a0»\u00a0: {found[0].advice}", field="words")
    heard = Heard.objects.create(
        dwelling=dwelling,
        kind=kind,
        on=on,
        words=words,
        kept_despite_guard=bool(found),
        told_by=actor,
        told_at=now,
        expires_on=on + HEARD_KEPT,
    )
    record_audit(actor=actor, action=AuditAction.CASE_CHANGED, subject=heard, detail={"heard": "told"})
    waiting = Heard.objects.filter(dwelling=dwelling, state=HeardState.WAITS, expires_on__gte=today)
    if is_looked_at(list(waiting.values_list("kind", flat=True))):
        residence = Residence.objects.only("agency").get(buildings__dwellings=dwelling)
        tell_named_readers(agency_id=residence.agency_id, now=now)
    return heard


@transaction.atomic
def open_heard(*, actor: User, dwelling_id: UUID, now: datetime, today: date) -> Case:
    """A reader finds that somebody should go and see: the household's confidential case opens with what was heard.

    Refuses what was decided already, and a home where nobody lives.
    """
    dwelling, rows = _waiting_heard(actor, dwelling_id, today)
    household = lived_in_by(dwelling)
    if household is None:
        raise CannotTell("Personne n’habite ce logement dans le registre\u00a0: écartez, en disant pourquoi.")
    told = ". ".join(f"Entendu le {short_day(one.on)}\u00a0: {one.get_kind_display().lower()}" for one in rows)
    signal = Signal(grade="orange", needs=(Need.VIOLENCE,), words=f"{told}. Rien n’est établi."[:500])
    case = open_confidential(actor=actor, household_id=household.pk, signal=signal, now=now)
    _decide_heard(actor, rows, HeardState.OPENED, today)
    return case


@transaction.atomic
def dismiss_heard(*, actor: User, dwelling_id: UUID, reason: str, today: date) -> int:
    """A reader finds that there is nothing to follow, and says why. How many were dismissed.

    Refuses what was decided already, no reason, and words about a person's private life.
    """
    _, rows = _waiting_heard(actor, dwelling_id, today)
    reason = clean_text(reason)[:WORDS_LENGTH]
    if not reason:
        raise CannotTell("Dites pourquoi il n’y a rien à suivre.", field="reason")
    if check_note(reason):
        raise CannotTell("Cette raison parle de la vie privée d’une personne\u00a0: restez aux faits.", field="reason")
    _decide_heard(actor, rows, HeardState.DISMISSED, today, reason)
    return len(rows)


def _waiting_heard(actor: User, dwelling_id: UUID, today: date) -> tuple[Dwelling, list[Heard]]:
    """What waits about one home for this reader, under lock."""
    home = next((one for one in heard_homes(actor, today) if one.dwelling.pk == dwelling_id), None)
    if home is None:
        raise CannotTell("Une autre personne a déjà regardé ce signal.")
    keys = [one.pk for one in home.heard]
    held = Heard.objects.select_for_update().filter(pk__in=keys, state=HeardState.WAITS).order_by("on", "pk")
    rows = list(held)
    if not rows:
        raise CannotTell("Une autre personne a déjà regardé ce signal.")
    return home.dwelling, rows


def _decide_heard(actor: User, rows: list[Heard], state: HeardState, today: date, reason: str = "") -> None:
    for one in rows:
        one.state, one.decided_by, one.decided_on, one.reason = state, actor, today, reason
    Heard.objects.bulk_update(rows, ["state", "decided_by", "decided_on", "reason"])
    record_audit(
        actor=actor,
        action=AuditAction.CASE_CHANGED,
        subject=rows[0],
        detail={"heard": str(state), "count": len(rows)},
    )
