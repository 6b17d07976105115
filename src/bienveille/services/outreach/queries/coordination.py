"""A campaign as its coordinators follow it: contacts one by one, who calls now, what waits for a decision today."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Concat, Trim

from bienveille.engines.cases.choices import CaseState
from bienveille.engines.dispatch.choices import ContactState, PlannedState
from bienveille.engines.dispatch.models import Attempt, Contact, PlannedCall
from bienveille.ground.lib.words import search_name
from bienveille.register.accounts.models import Agency, User
from bienveille.register.accounts.rules import Scope
from bienveille.register.tenants.choices import PersonRole
from bienveille.register.tenants.models import Person
from bienveille.services.outreach.choices import Grade
from bienveille.services.outreach.models import Campaign, Referral, Report, Wave

#: How many lines of each kind the page of a campaign shows; the others are counted.
LINES = 5


def within(scope: Scope, path: str) -> Q:
    """The condition that keeps the agencies of a scope; `path` leads to the agency. No query."""
    if scope.everything:
        return Q()
    return Q(**{f"{path}_id__in": scope.agencies}) | Q(**{f"{path}__company_id__in": scope.companies})


@dataclass(frozen=True)
class ContactFilters:
    """What a list of contacts keeps; empty: everything."""

    state: str = ""
    agency: UUID | None = None
    wave: int | None = None
    caller: UUID | None = None
    grade: str = ""
    text: str = ""


def contacts_of(campaign: Campaign, scope: Scope, filters: ContactFilters) -> QuerySet[Contact]:
    """Contacts of a campaign within a scope, with all that a row shows (1 query when it is read).

    Each has `wave_name`, `last_at`, `last_outcome`, `last_by`, `grade`, `due_on`, `promised_to` (a key), `promised_by`.
    """
    first = Person.objects.filter(household=OuterRef("household_id")).order_by(
        Case(When(role=PersonRole.HOLDER, then=0), default=1), "id"
    )
    name = Trim(Concat("caller__first_name", Value(" "), "caller__last_name"))
    attempts = Attempt.objects.filter(contact=OuterRef("pk"), undone_at=None).order_by("-at", "-id")
    reports = Report.objects.filter(attempt__contact=OuterRef("pk"), attempt__undone_at=None).exclude(grade="")
    planned = PlannedCall.objects.filter(contact=OuterRef("pk"), state=PlannedState.PLANNED)
    contacts = (
        Contact.objects.filter(within(scope, "lane__agency"), queue_id=campaign.queue_id, household__isnull=False)
        .select_related("lane__agency", "household", "reserved_by", "queue")
        .annotate(
            sort_name=Subquery(first.values("search")[:1]),
            last_at=Subquery(attempts.values("at")[:1]),
            last_outcome=Subquery(attempts.values("outcome")[:1]),
            last_by=Subquery(attempts.values(name=name)[:1]),
            grade=Subquery(reports.order_by("-attempt__at").values("grade")[:1]),
            due_on=Subquery(planned.values("due_on")[:1]),
            promised_to=Subquery(planned.values("caller_id")[:1]),
            promised_by=Subquery(planned.values(name=name)[:1]),
            wave_name=Subquery(
                Wave.objects.filter(campaign=campaign, rank=OuterRef("lane__wave")).order_by().values("name")[:1]
            ),
        )
    )
    if filters.state:
        contacts = contacts.filter(state=filters.state)
    if filters.agency:
        contacts = contacts.filter(lane__agency_id=filters.agency)
    if filters.wave is not None:
        contacts = contacts.filter(lane__wave=filters.wave)
    if filters.grade:
        contacts = contacts.filter(grade=filters.grade)
    if filters.caller:
        called = attempts.filter(caller_id=filters.caller)
        contacts = contacts.filter(Q(reserved_by_id=filters.caller) | Q(Exists(called)) | Q(promised_to=filters.caller))
    for word in search_name(filters.text).split()[:4]:
        named = Person.objects.filter(household=OuterRef("household_id"), search__contains=word)
        contacts = contacts.filter(Exists(named))
    return contacts


def wave_names(campaign: Campaign) -> dict[int, str]:
    """The waves of a campaign by rank (1 query)."""
    return dict(Wave.objects.filter(campaign=campaign).order_by("rank").values_list("rank", "name"))


def agencies_of(campaign: Campaign, scope: Scope) -> list[tuple[UUID, str]]:
    """Agencies that have contacts in a campaign, within a scope, by name (1 query)."""
    found = Agency.objects.filter(pk__in=Contact.objects.filter(queue_id=campaign.queue_id).values("lane__agency_id"))
    if not scope.everything:
        found = found.filter(Q(pk__in=scope.agencies) | Q(company_id__in=scope.companies))
    return list(found.order_by("name").values_list("pk", "name"))


def people_of(campaign: Campaign) -> dict[UUID, User]:
    """Everybody who called, holds or promised something in a campaign, by key, in the order of names (1 query)."""
    contacts = Contact.objects.filter(queue_id=campaign.queue_id)
    users = User.objects.filter(
        Q(Exists(Attempt.objects.filter(caller=OuterRef("pk"), contact__queue_id=campaign.queue_id)))
        | Q(Exists(PlannedCall.objects.filter(caller=OuterRef("pk"), contact__queue_id=campaign.queue_id)))
        | Q(Exists(contacts.filter(reserved_by=OuterRef("pk"))))
    )
    return {user.pk: user for user in users.order_by("last_name", "first_name")}


@dataclass(frozen=True)
class CallerLine:
    """One caller of a campaign: today's work, what they hold, since when."""

    user_id: UUID
    name: str
    email: str
    agency: str
    languages: list[str]
    calls_today: int
    reached_today: int
    last_at: datetime | None
    contact_id: UUID | None
    reserved_at: datetime | None
    lease_until: datetime | None
    promised: int
    rests_until: date | None

    def overdue(self, now: datetime) -> bool:
        """Whether they hold a household past its time."""
        return self.lease_until is not None and self.lease_until < now


_BOARD = """
WITH work AS (
    SELECT a.caller_id, max(a.at) AS last_at, count(*) FILTER (WHERE a.at >= %s) AS calls,
           count(*) FILTER (WHERE a.at >= %s AND a.outcome = 'reached') AS reached
    FROM dispatch_attempt a JOIN dispatch_contact c ON c.id = a.contact_id
    WHERE c.queue_id = %s AND a.undone_at IS NULL GROUP BY 1),
promise AS (
    SELECT p.caller_id, count(*) AS n FROM dispatch_plannedcall p JOIN dispatch_contact c ON c.id = p.contact_id
    WHERE c.queue_id = %s AND p.state = 'planned' GROUP BY 1),
caller AS (
    SELECT user_id FROM outreach_campaigncaller WHERE campaign_id = %s AND NOT %s
    UNION SELECT user_id FROM accounts_rolegrant WHERE role = 'caller' AND %s
    UNION SELECT caller_id FROM work UNION SELECT caller_id FROM promise
    UNION SELECT reserved_by_id FROM dispatch_contact WHERE queue_id = %s AND reserved_by_id IS NOT NULL)
SELECT u.id, trim(u.first_name || ' ' || u.last_name), u.email, coalesce(g.name, ''), u.languages,
       coalesce(work.calls, 0), coalesce(work.reached, 0), work.last_at,
       h.id, h.reserved_at, h.lease_until, coalesce(promise.n, 0), rest.until
FROM caller JOIN accounts_user u ON u.id = caller.user_id
LEFT JOIN accounts_agency g ON g.id = u.agency_id
LEFT JOIN work ON work.caller_id = u.id
LEFT JOIN promise ON promise.caller_id = u.id
LEFT JOIN dispatch_contact h ON h.queue_id = %s AND h.reserved_by_id = u.id
LEFT JOIN outreach_callerpause rest ON rest.user_id = u.id AND rest.until > %s
WHERE u.is_active OR work.calls > 0 OR promise.n > 0 OR h.id IS NOT NULL
ORDER BY h.reserved_at NULLS LAST, work.last_at DESC NULLS LAST, u.last_name, u.first_name, u.id
"""


def callers_board(campaign: Campaign, midnight: datetime) -> list[CallerLine]:
    """Everybody who calls in a campaign: those with a household in hand, then the latest to have called (1 query)."""
    queue, everybody = campaign.queue_id, campaign.all_callers
    params: list[Any] = [
        midnight,
        midnight,
        queue,
        queue,
        campaign.pk,
        everybody,
        everybody,
        queue,
        queue,
        midnight.date(),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_BOARD, params)
        return [CallerLine(row[0], row[1] or row[2], *row[2:]) for row in cursor.fetchall()]


@dataclass(frozen=True)
class Waits:
    """Some lines of a kind, and how many there are in all."""

    count: int
    lines: list[Any]

    def __bool__(self) -> bool:
        return self.count > 0

    @property
    def others(self) -> int:
        return self.count - len(self.lines)


def _waits(rows: QuerySet[Any], *order: str) -> Waits:
    lines = list(rows.order_by(*order)[: LINES + 1])
    count = len(lines) if len(lines) <= LINES else rows.count()
    return Waits(count, lines[:LINES])


def referrals_waiting(campaign: Campaign, scope: Scope) -> Waits:
    """Orange and red situations that nobody took, red first, then the earliest due, each once (2 queries at most)."""
    rows = Referral.objects.filter(
        within(scope, "attempt__contact__lane__agency"),
        attempt__contact__queue_id=campaign.queue_id,
        attempt__undone_at=None,
        grade__in=[Grade.ORANGE, Grade.RED],
        case__state=CaseState.NEW,
    )
    later = rows.filter(case=OuterRef("case"), pk__gt=OuterRef("pk"))  # keys are in the order of time
    rows = rows.exclude(Exists(later))
    related = ("attempt__contact__household", "attempt__contact__lane__agency", "attempt__caller", "attempt__report")
    return _waits(rows.select_related(*related), "-grade", "due_at", "id")  # red before orange


def promises_overdue(campaign: Campaign, scope: Scope, today: date) -> Waits:
    """Calls promised for a day gone by, the oldest first (2 queries at most)."""
    rows = PlannedCall.objects.filter(
        within(scope, "contact__lane__agency"),
        contact__queue_id=campaign.queue_id,
        contact__queue__closed_at=None,
        state=PlannedState.PLANNED,
        due_on__lt=today,
    )
    return _waits(rows.select_related("contact__household", "contact__lane__agency", "caller"), "due_on", "id")


def notes_to_read(campaign: Campaign, scope: Scope) -> Waits:
    """Notes that a caller kept despite the warning, not read again yet, the oldest first (2 queries at most)."""
    rows = Report.objects.filter(
        within(scope, "attempt__contact__lane__agency"),
        attempt__contact__queue_id=campaign.queue_id,
        attempt__undone_at=None,
        note_kept_despite_guard=True,
        read_again_at=None,
    ).exclude(note="")
    return _waits(rows.select_related("attempt__contact__household", "attempt__caller"), "attempt__at", "id")


def languages_without_caller(campaign: Campaign, scope: Scope, spoken: set[str]) -> list[tuple[str, int]]:
    """Languages of households that wait and that no caller speaks, with how many (1 query)."""
    rows = (
        Contact.objects.filter(within(scope, "lane__agency"), queue_id=campaign.queue_id, state=ContactState.WAITING)
        .exclude(lane__language="")
        .values_list(F("lane__language"), flat=True)
    )
    counts = Counter(rows)
    return [(code, number) for code, number in counts.most_common() if code not in spoken]


def contacts_chosen(campaign: Campaign, scope: Scope, contact_ids: list[UUID]) -> list[Contact]:
    """Some contacts of a campaign, those within a scope, with what a confirmation says of them (1 query)."""
    found = contacts_of(campaign, scope, ContactFilters()).filter(pk__in=contact_ids)
    return list(found.order_by("household__name", "pk"))


def referral_of(referral_id: UUID) -> Referral | None:
    """One situation handed over, with its household and agency (1 query)."""
    related = ("attempt__contact__household", "attempt__contact__lane__agency", "attempt__contact__queue__campaign")
    return Referral.objects.select_related(*related).filter(pk=referral_id, attempt__undone_at=None).first()


def report_of(report_id: UUID) -> Report | None:
    """One report, with its household and agency (1 query)."""
    related = ("attempt__contact__household", "attempt__contact__lane__agency", "attempt__contact__queue__campaign")
    return Report.objects.select_related(*related).filter(pk=report_id, attempt__undone_at=None).first()
