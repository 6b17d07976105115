"""What campaigns show: lists, figures, ledger, the call page. One function per screen or figure, all its SQL here."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Case, Prefetch, QuerySet, When
from django.utils.timezone import localtime

from bienveille.engines.audiences.queries import check, count, describe
from bienveille.engines.dispatch.choices import PlannedState
from bienveille.engines.dispatch.models import Attempt, Contact, PlannedCall
from bienveille.engines.questionnaires.choices import Need
from bienveille.ground.lib.phones import display_phone
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import User
from bienveille.register.tenants.choices import ContactKind, ContactStatus
from bienveille.register.tenants.models import ContactPoint, Mark, Person
from bienveille.register.tenants.rules import age_on, mark_words
from bienveille.services.outreach.choices import CampaignState, Grade
from bienveille.services.outreach.models import Campaign, Wave
from bienveille.services.outreach.rules import reasons

# Every contact stands once in « all », once in its agency, and once in each service that called it.
_FIGURES = """
WITH call AS (
    SELECT a.contact_id, a.at, a.outcome, p.weekly, f.id IS NOT NULL AS referred, r.grade, r.needs,
           CASE WHEN u.service <> '' AND lower(trim(u.service)) <> 'agence' THEN u.service
                ELSE coalesce(ua.name, nullif(u.service, ''), 'Sans service') END AS service
    FROM dispatch_attempt a
    JOIN dispatch_contact c ON c.id = a.contact_id
    JOIN accounts_user u ON u.id = a.caller_id
    LEFT JOIN accounts_agency ua ON ua.id = u.agency_id
    LEFT JOIN outreach_report r ON r.attempt_id = a.id
    LEFT JOIN outreach_referral f ON f.attempt_id = a.id
    LEFT JOIN LATERAL (
        SELECT bool_or(weekly) AS weekly FROM dispatch_plannedcall p WHERE p.planned_by_id = a.id) p ON true
    WHERE c.queue_id = %(queue)s AND a.undone_at IS NULL),
contact AS (
    SELECT c.id, c.state, c.reason, coalesce(g.name, 'Sans agence') AS agency
    FROM dispatch_contact c JOIN dispatch_lane l ON l.id = c.lane_id
    LEFT JOIN accounts_agency g ON g.id = l.agency_id
    WHERE c.queue_id = %(queue)s),
by_contact AS (
    SELECT contact_id, count(*) AS calls, bool_or(weekly) AS weekly, bool_or(referred) AS referred,
           (array_agg(grade ORDER BY at DESC) FILTER (WHERE grade <> ''))[1] AS grade
    FROM call GROUP BY contact_id),
by_service AS (
    SELECT contact_id, service, count(*) AS calls, bool_or(outcome = 'reached') AS reached, bool_or(weekly) AS weekly,
           bool_or(referred) AS referred, (array_agg(grade ORDER BY at DESC) FILTER (WHERE grade <> ''))[1] AS grade
    FROM call GROUP BY contact_id, service),
member AS (
    SELECT k.kind, CASE k.kind WHEN 'agency' THEN c.agency ELSE '' END AS key, c.id, c.state, c.reason,
           coalesce(b.calls, 0) AS calls, c.state = 'reached' AS reached, b.weekly, b.referred, b.grade
    FROM contact c LEFT JOIN by_contact b ON b.contact_id = c.id CROSS JOIN (VALUES ('all'), ('agency')) AS k (kind)
    UNION ALL
    SELECT 'service', s.service, c.id, c.state, c.reason, s.calls, s.reached, s.weekly, s.referred, s.grade
    FROM by_service s JOIN contact c ON c.id = s.contact_id)
SELECT kind, key, 'count' AS family, jsonb_build_object(
           'targeted', count(*), 'called', count(*) FILTER (WHERE calls > 0), 'outgoing_calls', sum(calls),
           'reached', count(*) FILTER (WHERE reached), 'refused', count(*) FILTER (WHERE state = 'refused'),
           'weekly_recurring', count(*) FILTER (WHERE weekly), 'referrals', count(*) FILTER (WHERE referred)) AS value
FROM member GROUP BY kind, key
UNION ALL
SELECT kind, key, 'unreachable', jsonb_object_agg(reason, n) FROM (
    SELECT kind, key, reason, count(*) AS n FROM member WHERE state = 'unreachable' GROUP BY kind, key, reason) AS x
GROUP BY kind, key
UNION ALL
SELECT kind, key, 'grades', jsonb_object_agg(grade, n) FROM (
    SELECT kind, key, grade, count(*) AS n FROM member WHERE grade <> '' GROUP BY kind, key, grade) AS x
GROUP BY kind, key
UNION ALL
SELECT kind, key, 'needs', jsonb_object_agg(need, n) FROM (
    SELECT m.kind, m.key, need, count(DISTINCT m.id) AS n
    FROM member m JOIN call ON call.contact_id = m.id AND (m.kind <> 'service' OR call.service = m.key)
    CROSS JOIN LATERAL unnest(call.needs) AS need
    GROUP BY m.kind, m.key, need) AS x
GROUP BY kind, key
"""


def figures(campaign: Campaign) -> dict[str, Any]:
    """The key figures in the shape of `contracts.md`, whole, by agency and by service (1 query).

    Computed from the attempts themselves; an undone attempt does not count. In a service, `targeted` is whom that
    service called.
    """
    groups: dict[tuple[str, str], dict[str, Any]] = {("all", ""): _blank()}
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES.replace("%(queue)s", "%s"), [campaign.queue_id] * 2)
        for kind, key, family, value in cursor.fetchall():
            group = groups.setdefault((kind, key), _blank())
            numbers = json.loads(value)
            if family == "count":
                group.update(numbers)
            else:
                group[family].update(numbers)
    for group in groups.values():
        group["reached_share"] = round(group["reached"] / group["called"], 3) if group["called"] else 0.0
    parts: dict[str, dict[str, Any]] = {"agency": {}, "service": {}}
    for (kind, key), group in sorted(groups.items()):
        if kind in parts:
            parts[kind][key] = group
    return {
        "campaign": str(campaign.pk),
        **groups["all", ""],
        "by_agency": parts["agency"],
        "by_service": parts["service"],
    }


def _blank() -> dict[str, Any]:
    """A group where nothing happened, with every key of the contract in its order."""
    return {
        "targeted": 0,
        "called": 0,
        "outgoing_calls": 0,
        "reached": 0,
        "reached_share": 0.0,
        "refused": 0,
        "unreachable": {"no_answer": 0, "wrong_number": 0},
        "weekly_recurring": 0,
        "referrals": 0,
        "grades": dict.fromkeys(Grade.values, 0),
        "needs": {},
    }


def callers_for(campaign: Campaign) -> QuerySet[User]:
    """Active users who may call in a campaign: those named, else everybody with the caller's role (1 query)."""
    users = User.objects.filter(is_active=True)
    if campaign.all_callers:
        return users.filter(grants__role=Role.CALLER).distinct()
    return users.filter(pk__in=campaign.callers.values("user_id"))


def may_call(campaign: Campaign, user: User) -> bool:
    """Whether this user may be handed households of this campaign (1 query)."""
    return callers_for(campaign).filter(pk=user.pk).exists()


def campaigns_to_call(user: User) -> list[Campaign]:
    """Campaigns in which a user may call now, the newest first (1 query)."""
    with_role = Campaign.objects.filter(state=CampaignState.OPEN, all_callers=True)
    named = Campaign.objects.filter(state__in=[CampaignState.OPEN, CampaignState.PAUSED], callers__user=user)
    is_caller = user.grants.filter(role=Role.CALLER).exists()
    found = (with_role | named).distinct() if is_caller else named
    return list(found.select_related("queue", "questionnaire").order_by("-opened_at"))


def all_campaigns() -> list[Campaign]:
    """Every campaign with its queue, the newest first (1 query)."""
    return list(Campaign.objects.select_related("queue").order_by("-created_at"))


def last_contacts(household_ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """The last time each household was really reached, in any campaign (1 query)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.household_id, max(a.at) FROM dispatch_attempt a JOIN dispatch_contact c ON c.id = a.contact_id
               WHERE c.household_id = ANY (%s) AND a.outcome = 'reached' AND a.undone_at IS NULL GROUP BY 1""",
            [list(household_ids)],
        )
        return dict(cursor.fetchall())


def need_labels() -> dict[str, str]:
    """Need → French label, in the order of the forms."""
    return dict(Need.choices)


# ── The call page ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class PhoneLine:
    number: str
    display: str
    whose: str
    own: bool  # theirs, not a relative's or a neighbour's
    status: str
    answered_on: date | None


@dataclass(frozen=True)
class PersonLine:
    name: str
    age: int | None
    languages: tuple[str, ...]
    phones: tuple[PhoneLine, ...]
    best_time: str
    marks: tuple[str, ...]
    relatives: tuple[tuple[str, str, str], ...]  # name, relation, phone in E.164


@dataclass(frozen=True)
class AttemptLine:
    at: datetime
    outcome: str
    label: str
    caller: str
    note: str


@dataclass(frozen=True)
class CallSheet:
    """Everything a caller needs about the household in their hands, and nothing more."""

    contact: Contact
    why: tuple[str, ...]
    people: tuple[PersonLine, ...]
    attempts: tuple[AttemptLine, ...]
    last_words: AttemptLine | None
    planned: PlannedCall | None

    @property
    def phones(self) -> list[PhoneLine]:
        """Every number, the best first, each once."""
        lines = {line.number: line for person in self.people for line in reversed(person.phones)}
        return sorted(lines.values(), key=lambda line: (line.answered_on is None, line.status != "valid"))


def call_sheet(contact: Contact, now: datetime) -> CallSheet:
    """What the caller's screen and `/next` show (7 queries, whatever the household).

    `contact` comes from `dispatch.queries.with_household`. People who objected to calls, left or died are not shown.
    """
    today = localtime(now).date()
    people = Person.objects.filter(household_id=contact.household_id, left_on=None, deceased=False, opposed_on=None)
    usable = ContactPoint.objects.filter(
        kind=ContactKind.PHONE, status__in=[ContactStatus.VALID, ContactStatus.UNVERIFIED]
    ).order_by("verified_on", "id")
    marks = Mark.objects.filter(expires_on__gt=today).order_by("kind")
    people = people.prefetch_related(
        Prefetch("contact_points", usable), Prefetch("marks", marks), "relatives"
    ).order_by(Case(When(role="holder", then=0), When(role="co_holder", then=1), default=2), "birth_date", "id")
    attempts = [
        AttemptLine(
            at=attempt.at,
            outcome=attempt.outcome,
            label=attempt.get_outcome_display(),
            caller=attempt.caller.initials,
            note=attempt.report.note if hasattr(attempt, "report") else "",
        )
        for attempt in Attempt.objects.filter(contact__household_id=contact.household_id, undone_at=None)
        .select_related("caller", "report")
        .order_by("-at", "-id")[:20]
    ]
    last_reached = last_contacts([contact.household_id]).get(contact.household_id)
    return CallSheet(
        contact=contact,
        why=tuple(reasons(contact.why, last_reached, contact.attempts_made, contact.planned_call, today)),
        people=tuple(_person_line(person, today) for person in people),
        attempts=tuple(attempts),
        last_words=next((line for line in attempts if line.note), None),
        planned=contact.planned_call,
    )


def _person_line(person: Person, today: date) -> PersonLine:
    return PersonLine(
        name=person.display_name,
        age=age_on(person.birth_date, today),
        languages=tuple(person.languages),
        phones=tuple(
            PhoneLine(
                number=point.value,
                display=display_phone(point.value),
                whose=point.whose or person.display_name,
                own=not point.whose,
                status=point.status,
                answered_on=point.verified_on,
            )
            for point in person.contact_points.all()
        ),
        best_time=person.get_best_time_display(),
        marks=tuple(mark_words(mark.kind, person.title) for mark in person.marks.all()),
        relatives=tuple((relative.name, relative.relation, relative.phone) for relative in person.relatives.all()),
    )


def find_campaign(campaign_id: UUID) -> Campaign | None:
    """One campaign with its queue and its questionnaire (1 query)."""
    return Campaign.objects.select_related("queue", "questionnaire").filter(pk=campaign_id).first()


def promised_calls(caller: User, until: date) -> list[PlannedCall]:
    """Calls that a caller promised up to a day, the oldest first, with household and campaign (1 query)."""
    calls = PlannedCall.objects.filter(
        caller=caller, state=PlannedState.PLANNED, due_on__lte=until, contact__queue__closed_at=None
    )
    calls = calls.select_related("contact__household", "contact__queue__campaign", "planned_by__report")
    return list(calls.order_by("due_on", "id"))


def count_promised(caller: User, until: date) -> int:
    """How many calls a caller still owes up to a day, for the bar (1 query)."""
    return PlannedCall.objects.filter(
        caller=caller, state=PlannedState.PLANNED, due_on__lte=until, contact__queue__closed_at=None
    ).count()


def undone_call(contact: Contact, caller: User, now: datetime) -> dict[str, Any]:
    """What a caller had typed in the call they have just taken back, so that they correct it (1 query).

    Empty unless the latest attempt of the household is theirs and was undone since it came back to their hands.
    """
    last = (
        Attempt.objects.filter(contact=contact)
        .select_related("report__response", "referral")
        .order_by("-at", "-id")
        .first()
    )
    if last is None or last.caller_id != caller.pk or last.undone_at is None or contact.reserved_at is None:
        return {}
    if last.undone_at < contact.reserved_at or now - last.undone_at > timedelta(hours=1):
        return {}
    typed: dict[str, Any] = {"outcome": last.outcome, "answers": {}}
    if hasattr(last, "report"):
        typed |= {"grade": last.report.grade, "needs": last.report.needs, "note": last.report.note}
        if last.report.response:
            typed["answers"] = last.report.response.answers
    if hasattr(last, "referral"):
        typed["agreed"] = bool(last.referral.agreed)
    return typed


# ── The page of a household ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class HouseholdEvent:
    """One call that a household got: when, how it ended, by whom, what it revealed."""

    at: datetime
    outcome: str
    label: str
    caller: str
    campaign: str
    minutes: int | None  # from the hand-out to the report
    grade: str
    needs: tuple[str, ...]
    note: str


def events_for_household(household_id: UUID, *, limit: int = 100) -> list[HouseholdEvent]:
    """The calls a household got in every campaign, newest first, those taken back left out (1 query)."""
    attempts = (
        Attempt.objects.filter(contact__household_id=household_id, undone_at=None)
        .select_related("caller", "report", "contact__queue__campaign")
        .order_by("-at", "-id")[:limit]
    )
    return [_event(attempt) for attempt in attempts]


def _event(attempt: Attempt) -> HouseholdEvent:
    report = attempt.report if hasattr(attempt, "report") else None
    lasted = (attempt.at - attempt.started_at).total_seconds() if attempt.started_at else 0
    return HouseholdEvent(
        at=attempt.at,
        outcome=attempt.outcome,
        label=attempt.get_outcome_display(),
        caller=attempt.caller.initials,
        campaign=attempt.contact.queue.campaign.name,
        minutes=int(lasted // 60) or None,
        grade=report.grade if report else "",
        needs=tuple(Need(need).label for need in report.needs) if report else (),
        note=report.note if report else "",
    )


def standing_of_household(household_id: UUID) -> list[Contact]:
    """Where a household stands in each campaign that is not closed, the newest first (1 query)."""
    contacts = Contact.objects.filter(household_id=household_id, queue__closed_at=None)
    return list(contacts.select_related("queue__campaign").order_by("-queue__campaign__opened_at"))


def promises_to_household(household_id: UUID) -> list[PlannedCall]:
    """The calls that a household was promised, with who promised them (1 query)."""
    calls = PlannedCall.objects.filter(contact__household_id=household_id, state=PlannedState.PLANNED)
    return list(calls.select_related("caller", "contact__queue__campaign").order_by("due_on", "id"))


def whom_it_calls(campaign: Campaign, on: date) -> list[tuple[Wave, str, int]]:
    """Each wave of a campaign with its audience in French and how many households it holds today (3 queries a wave).

    A household in two waves is counted in each; once open it stays in the first.
    """
    return [
        (wave, describe(wave.audience), count(check(wave.audience), on).households)
        for wave in campaign.waves.order_by("rank")
    ]
