"""What can be done to a campaign: prepare, open, pause, close; and what a caller does: take, save, take back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.timezone import localtime

from bienveille.engines.audiences.access import targeting_scope
from bienveille.engines.audiences.queries import EVERYWHERE, check, compile_rule
from bienveille.engines.dispatch import operations as dispatch
from bienveille.engines.dispatch.choices import Outcome
from bienveille.engines.dispatch.models import Attempt, Queue
from bienveille.engines.dispatch.queries import contact_in_hand
from bienveille.engines.questionnaires.choices import Need
from bienveille.engines.questionnaires.operations import record_response
from bienveille.engines.questionnaires.queries import get_current
from bienveille.engines.questionnaires.rules import parse, validate
from bienveille.ground.lib.note_guard import check_note
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.accounts.rules import Scope
from bienveille.services.outreach.choices import CampaignState, Grade, Priority
from bienveille.services.outreach.models import Campaign, CampaignCaller, Referral, Report, Wave
from bienveille.services.outreach.queries import may_call
from bienveille.services.outreach.rules import CampaignDocument, read_document, referral_due

NOTE_LENGTH = 500


class InvalidDocument(Refusal):
    """A campaign document that cannot be used; `errors` says what is wrong, field by field."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        self.errors = errors
        sentences = "\n".join(f"– {name} : {' '.join(texts)}" for name, texts in errors.items())
        super().__init__(f"La campagne ne peut pas être créée :\n{sentences}")


class InvalidReport(Refusal):
    """A call report that cannot be saved; `errors` says what is wrong, field by field."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        self.errors = errors
        super().__init__("L’appel n’est pas encore enregistré : corrigez ce qui est signalé.")


class CannotOpen(Refusal):
    message = "Cette campagne est déjà ouverte ou fermée."


class CannotPause(Refusal):
    message = "Seule une campagne ouverte peut être mise en pause."


class CannotClose(Refusal):
    message = "Cette campagne est déjà fermée."


class NobodyToCall(Refusal):
    message = "Aucun ménage ne répond aux critères de la campagne : élargissez le public, puis ouvrez-la de nouveau."


class NotACaller(Refusal):
    """Somebody who may not call in this campaign; said the same way whether the campaign exists or not."""

    message = "Vous ne faites pas partie des appelants de cette campagne."


# ── Preparing ───────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def create_campaign(*, document: object, actor: User | None) -> Campaign:
    """Prepare a campaign from its document. Refuses what `read_document` or the audiences refuse, by field."""
    parsed, errors = read_document(document)
    if parsed is None:
        raise InvalidDocument(errors)
    version = get_current(parsed.questionnaire)
    if version is None:
        errors["questionnaire"] = [f"Le questionnaire « {parsed.questionnaire} » n’existe pas."]
    for rank, wave in enumerate(parsed.waves, start=1):
        try:
            check(dict(wave.audience))
        except Refusal as refusal:
            errors[f"waves.{rank}.audience"] = [str(refusal)]
    users = _named_callers(parsed, errors)
    if errors or version is None:
        raise InvalidDocument(errors)
    queue = Queue.objects.create(max_attempts=parsed.max_attempts, lease_minutes=parsed.lease_minutes)
    campaign = Campaign.objects.create(
        name=parsed.name,
        purpose=parsed.purpose,
        queue=queue,
        questionnaire=version,
        all_callers=parsed.all_callers,
        created_by=actor,
    )
    Wave.objects.bulk_create(
        Wave(campaign=campaign, rank=rank, name=wave.name, audience=dict(wave.audience), priority=list(wave.priority))
        for rank, wave in enumerate(parsed.waves, start=1)
    )
    CampaignCaller.objects.bulk_create(CampaignCaller(campaign=campaign, user=user) for user in users)
    _audit(actor, campaign, "created")
    return campaign


def _named_callers(document: CampaignDocument, errors: dict[str, list[str]]) -> list[User]:
    if document.all_callers:
        return []
    users = list(User.objects.filter(email__in=document.caller_emails, is_active=True))
    unknown = sorted(set(document.caller_emails) - {user.email for user in users})
    if unknown:
        errors["callers"] = [f"Adresses inconnues : {', '.join(unknown[:10])}."]
    return users


def _audit(actor: User | None, campaign: Campaign, what: str, **detail: Any) -> None:
    record_audit(
        actor=actor,
        action=AuditAction.CAMPAIGN_CHANGED,
        subject=campaign,
        reason=campaign.name,
        detail={"what": what, **detail},
    )


def _locked(campaign_id: UUID) -> Campaign:
    return Campaign.objects.select_for_update(of=["self"]).select_related("queue").get(pk=campaign_id)


_ORDER = {
    Priority.OLDEST_FIRST: "oldest ASC NULLS LAST",
    Priority.ALONE_FIRST: "(people = 1) DESC",
    Priority.TOP_FLOOR_FIRST: "(CASE WHEN lift = false THEN floor ELSE 0 END) DESC NULLS LAST",
    Priority.LONGEST_SILENCE_FIRST: "last_reached ASC NULLS FIRST",
}

# One wave in one statement: choose, rank, say why, make the lanes, fill them. A household already in an earlier wave
# stays there. Who has no usable number is counted from the start as unreachable: nobody is forgotten.
_TARGET = """
WITH chosen AS MATERIALIZED (
    SELECT a.id FROM ({audience}) AS a (id)
    WHERE NOT EXISTS (SELECT 1 FROM dispatch_contact c WHERE c.queue_id = %s AND c.household_id = a.id)),
people AS (
    SELECT p.household_id AS id, count(*) AS people,
           min(p.birth_date) FILTER (WHERE p.opposed_on IS NULL) AS oldest,
           min(p.title) AS title,
           bool_or(p.languages = '{{}}' OR 'fr' = ANY (p.languages)) FILTER (WHERE p.opposed_on IS NULL) AS speaks,
           (array_agg(p.languages[1] ORDER BY p.role = 'holder' DESC, p.birth_date)
               FILTER (WHERE p.opposed_on IS NULL))[1] AS language,
           bool_or(EXISTS (
               SELECT 1 FROM tenants_contactpoint t
               WHERE t.person_id = p.id AND t.kind = 'phone' AND t.status IN ('valid', 'unverified')))
               FILTER (WHERE p.opposed_on IS NULL) AS phone
    FROM tenants_person p JOIN chosen ON chosen.id = p.household_id
    WHERE (p.left_on IS NULL OR p.left_on > %s) AND NOT p.deceased
    GROUP BY p.household_id),
facts AS MATERIALIZED (
    SELECT h.id, r.agency_id, CASE WHEN people.speaks THEN '' ELSE coalesce(people.language, '') END AS language,
           people.people, people.oldest, people.title, people.phone, d.floor, d.lift,
           {last_reached} AS last_reached
    FROM tenants_household h
    JOIN people ON people.id = h.id
    JOIN housing_dwelling d ON d.id = h.dwelling_id
    JOIN housing_building b ON b.id = d.building_id
    JOIN housing_residence r ON r.id = b.residence_id),
lanes AS (
    INSERT INTO dispatch_lane (queue_id, wave, agency_id, language, open)
    SELECT DISTINCT %s::uuid, %s, agency_id, language, true FROM facts
    RETURNING id, agency_id, language)
INSERT INTO dispatch_contact (queue_id, lane_id, household_id, priority, state, reason, attempts_made, why)
SELECT %s, lanes.id, facts.id, row_number() OVER (ORDER BY {order}, facts.id),
       CASE WHEN phone THEN 'waiting' ELSE 'unreachable' END, CASE WHEN phone THEN '' ELSE 'no_phone' END, 0,
       array_remove(ARRAY[
           CASE WHEN oldest IS NOT NULL THEN extract(year FROM age(%s::date, oldest))::int || ' ans' END,
           CASE WHEN people = 1 THEN CASE title WHEN 'mrs' THEN 'vit seule' ELSE 'vit seul' END END,
           CASE WHEN floor >= 3 AND lift = false THEN floor || 'e étage sans ascenseur' END], NULL)
FROM facts JOIN lanes ON lanes.agency_id = facts.agency_id AND lanes.language = facts.language
"""
_LAST_REACHED = """(
    SELECT max(a.at) FROM dispatch_attempt a JOIN dispatch_contact c ON c.id = a.contact_id
    WHERE c.household_id = h.id AND a.outcome = 'reached' AND a.undone_at IS NULL)"""


@transaction.atomic
def open_campaign(*, campaign_id: UUID, actor: User | None, now: datetime) -> int:
    """Open a campaign: choose and rank its households, freeze the target, start handing out. Gives the target.

    One statement per wave, within the agencies that the actor covers. Refuses a campaign already opened, and one whose
    waves hold nobody.
    """
    campaign = _locked(campaign_id)
    if campaign.state != CampaignState.DRAFT:
        raise CannotOpen
    today = localtime(now).date()
    scope = targeting_scope(actor) if actor else EVERYWHERE
    for wave in campaign.waves.order_by("rank"):
        _target(campaign.queue, wave, today, scope)
    target = dispatch.freeze_target(queue=campaign.queue)
    if target == 0:
        raise NobodyToCall
    campaign.state, campaign.opened_at = CampaignState.OPEN, now
    campaign.save(update_fields=["state", "opened_at"])
    _audit(actor, campaign, "opened", target=target)
    return target


def _target(queue: Queue, wave: Wave, today: date, scope: Scope) -> None:
    compiled = compile_rule(check(wave.audience), today, scope=scope)
    order = [_ORDER[Priority(name)] for name in wave.priority] or [_ORDER[Priority.OLDEST_FIRST]]
    silence = Priority.LONGEST_SILENCE_FIRST in wave.priority
    statement = _TARGET.format(
        audience=compiled.sql,
        order=", ".join(order),
        last_reached=_LAST_REACHED if silence else "NULL::timestamptz",
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*compiled.params, queue.pk, today, queue.pk, wave.rank, queue.pk, today])
        if cursor.rowcount > 1000:
            cursor.execute("ANALYZE dispatch_contact")


@transaction.atomic
def pause_campaign(*, campaign_id: UUID, actor: User | None, paused: bool) -> Campaign:
    """Stop handing out for a while, or start again. Calls under way are finished. Refuses unless open or paused."""
    campaign = _locked(campaign_id)
    wanted = CampaignState.PAUSED if paused else CampaignState.OPEN
    if campaign.state not in (CampaignState.OPEN, CampaignState.PAUSED):
        raise CannotPause
    campaign.state = wanted
    campaign.save(update_fields=["state"])
    dispatch.pause_queue(queue=campaign.queue, paused=paused)
    _audit(actor, campaign, "paused" if paused else "resumed")
    return campaign


@transaction.atomic
def close_campaign(*, campaign_id: UUID, actor: User | None, now: datetime) -> Campaign:
    """Close a campaign for good: whoever still waits is withdrawn and stays in the ledger. Refuses a closed one."""
    campaign = _locked(campaign_id)
    if campaign.state == CampaignState.CLOSED:
        raise CannotClose
    left = dispatch.close_queue(queue=campaign.queue, now=now)
    campaign.state, campaign.closed_at = CampaignState.CLOSED, now
    campaign.save(update_fields=["state", "closed_at"])
    _audit(actor, campaign, "closed", not_called=left)
    return campaign


# ── Calling ─────────────────────────────────────────────────────────────────────────────────────────────────────


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
    weekly: bool = False
    phone: str = ""


def take_next(*, campaign: Campaign, caller: User, now: datetime) -> dispatch.HandOut | None:
    """Give me the next household of this campaign; None when nobody is to be called now. Refuses who may not call."""
    if not may_call(campaign, caller):
        raise NotACaller
    return dispatch.hand_out(queue_id=campaign.queue_id, caller=caller, now=now, reason=f"Campagne {campaign.name}")


@transaction.atomic
def take_promised(*, planned_call_id: UUID, caller: User, now: datetime) -> Campaign:
    """Start one of my promised calls now, before its turn. Gives its campaign.

    Refuses a promise that is not mine, who may no longer call there, and when I already hold another household.
    """
    campaign = Campaign.objects.select_related("queue").filter(
        queue__contacts__planned_calls=planned_call_id, queue__closed_at=None
    )
    found = campaign.first()
    if found is None or not may_call(found, caller):
        raise dispatch.UnknownContact
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
) -> dispatch.Recorded:
    """Save a call with what it revealed, once. Refuses what `check_report` finds and what dispatch refuses.

    Grade, needs, answers and note are kept only when somebody was spoken to.
    """
    answers, errors = check_report(campaign, report)
    if errors:
        raise InvalidReport(errors)
    recorded = dispatch.record_attempt(
        caller=caller,
        contact_id=contact_id,
        token=token,
        outcome=report.outcome,
        now=now,
        idempotency_key=idempotency_key,
        call_back_on=report.call_back_on,
        weekly=report.weekly,
        phone=report.phone,
        reason=f"Campagne {campaign.name}",
    )
    if recorded.replayed:
        return recorded
    if report.grade or report.needs or report.note or answers:
        _keep_report(campaign, recorded.attempt, report, answers, now)
    due_at = referral_due(report.grade, report.agreed, now)
    if due_at is not None:
        Referral.objects.create(
            attempt=recorded.attempt,
            grade=report.grade,
            needs=list(report.needs),
            agreed=report.agreed,
            due_at=due_at,
            created_at=now,
        )
    return recorded


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
    if "\0" in report.note:
        errors["note"] = ["La note contient un caractère impossible à enregistrer."]
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
    Report.objects.create(
        attempt=attempt,
        grade=report.grade,
        needs=list(report.needs),
        note=report.note,
        note_kept_despite_guard=bool(report.note and check_note(report.note)),
        response=response,
        expires_on=expires_on,
    )
