"""What the lists of a week are made of: who waits, who calls, with how much time. One query each."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef

from bienveille.engines.dispatch.models import BatchLine
from bienveille.engines.dispatch.rules import Household, Seat, capacity_of
from bienveille.register.accounts.models import User
from bienveille.register.accounts.rules import Scope
from bienveille.services.outreach.models import CallerPause, Campaign
from bienveille.services.outreach.queries.campaigns import callers_for
from bienveille.services.outreach.queries.coordination import within

#: Hours counted for a caller who said nothing of their availability.
USUAL_HOURS = 2.0

# Who waits, with what decides of their caller: the lane, the rank, who reached the household last in a campaign of the
# same purpose, whether its last grade was orange or red, whether anybody may still be called there.
_WAITING = """
WITH waiting AS MATERIALIZED (
    SELECT c.id, c.household_id, c.priority, c.not_before, c.hard, l.agency_id, l.language, l.wave
    FROM dispatch_contact c JOIN dispatch_lane l ON l.id = c.lane_id
    WHERE c.queue_id = %(queue)s AND c.state = 'waiting'),
voice AS (
    SELECT DISTINCT ON (o.household_id) o.household_id, a.caller_id
    FROM waiting w JOIN dispatch_contact o ON o.household_id = w.household_id
    JOIN outreach_campaign k ON k.queue_id = o.queue_id AND k.purpose = %(purpose)s
    JOIN dispatch_attempt a ON a.contact_id = o.id AND a.outcome = 'reached' AND a.undone_at IS NULL
    ORDER BY o.household_id, a.at DESC, a.id DESC),
grade AS (
    SELECT DISTINCT ON (o.household_id) o.household_id, r.grade
    FROM waiting w JOIN dispatch_contact o ON o.household_id = w.household_id
    JOIN dispatch_attempt a ON a.contact_id = o.id AND a.undone_at IS NULL
    JOIN outreach_report r ON r.attempt_id = a.id AND r.grade <> ''
    ORDER BY o.household_id, a.at DESC, a.id DESC),
able AS (
    SELECT p.household_id, NOT bool_or(p.protected_address) AND NOT coalesce(bool_or(h.in_writing), false)
           AND bool_or(p.opposed_on IS NULL AND EXISTS (
               SELECT 1 FROM tenants_contactpoint t
               WHERE t.person_id = p.id AND t.kind = 'phone' AND t.status IN ('valid', 'unverified'))) AS able
    FROM tenants_person p JOIN waiting w ON w.household_id = p.household_id
    LEFT JOIN tenants_callwish h ON h.household_id = p.household_id
    WHERE (p.left_on IS NULL OR p.left_on > %(today)s) AND NOT p.deceased
    GROUP BY p.household_id)
SELECT w.id, w.agency_id, w.language, w.wave, w.priority, w.hard OR coalesce(grade.grade IN ('orange', 'red'), false),
       voice.caller_id, coalesce(able.able, false), w.not_before IS NOT NULL AND w.not_before >= %(until)s
FROM waiting w
LEFT JOIN voice ON voice.household_id = w.household_id
LEFT JOIN grade ON grade.household_id = w.household_id
LEFT JOIN able ON able.household_id = w.household_id
ORDER BY w.wave, w.priority, w.id
"""


@dataclass(frozen=True)
class Waiting:
    """Whom the lists may hold; and those who wait without being for this week, by reason."""

    households: list[Household]
    aside: list[tuple[UUID, str]]  # contact, reason


def who_waits(campaign: Campaign, *, today: date, until: datetime) -> Waiting:
    """Every household of a campaign that waits, in the order of waves and ranks (1 query)."""
    households, aside = [], []
    with connection.cursor() as cursor:
        cursor.execute(
            _WAITING,
            {"queue": campaign.queue_id, "purpose": campaign.purpose, "today": today, "until": until},
        )
        for key, agency, language, wave, rank, hard, voice, able, later in cursor.fetchall():
            if not able:
                aside.append((key, "not_callable"))
            elif later:
                aside.append((key, "later"))
            else:
                households.append(Household(key, agency, language, wave, rank, hard, voice))
    return Waiting(households, aside)


@dataclass(frozen=True)
class WeekSeat:
    """A caller's week: the seat that the assignment fills, and how its capacity was counted."""

    seat: Seat
    name: str
    hours: float
    promised: int
    said: bool  # they told their hours


_SEATS = """
SELECT u.id, coalesce(nullif(trim(u.first_name || ' ' || u.last_name), ''), u.email), u.agency_id, u.hours_per_week,
       u.languages, u.skills,
       ARRAY(SELECT v.agency_id FROM accounts_user_covers v WHERE v.user_id = u.id),
       (SELECT count(*) FROM dispatch_plannedcall p JOIN dispatch_contact c ON c.id = p.contact_id
        JOIN dispatch_queue q ON q.id = c.queue_id
        WHERE p.caller_id = u.id AND p.state = 'planned' AND q.closed_at IS NULL
          AND p.due_on <= %(last)s),
       rest.until
FROM accounts_user u
LEFT JOIN outreach_callerpause rest ON rest.user_id = u.id AND rest.until > %(first)s
WHERE u.id = ANY (%(callers)s)
ORDER BY u.id
"""


def who_calls(campaign: Campaign, *, first: date, last: date, minutes_each: int) -> list[WeekSeat]:
    """The callers of a campaign and what their week allows (2 queries).

    A rest takes its working days off; so does a week that has begun. Calls promised up to its last day take their time.
    """
    callers = list(callers_for(campaign).values_list("pk", flat=True))
    seats = []
    with connection.cursor() as cursor:
        cursor.execute(_SEATS, {"callers": callers, "first": first, "last": last})
        for key, name, agency, hours, languages, skills, covers, promised, rests in cursor.fetchall():
            share = _working_days(max(first, rests) if rests else first, last) / 5
            told = USUAL_HOURS if hours is None else float(hours)
            capacity = capacity_of(told * share, minutes_each, promised, USUAL_HOURS)
            seat = Seat(key, agency, frozenset(covers), frozenset(languages), frozenset(skills), capacity)
            seats.append(WeekSeat(seat, name, told * share, promised, hours is not None))
    return seats


def _working_days(first: date, last: date) -> int:
    return sum(1 for ahead in range((last - first).days + 1) if (first + timedelta(days=ahead)).weekday() < 5)


def skills_of(campaign: Campaign) -> list[str]:
    """Skills that callers of a campaign have, for the choice of what hard situations ask (1 query)."""
    found = callers_for(campaign).values_list("skills", flat=True)
    return sorted({skill for skills in found for skill in skills})


def lines_within(scope: Scope, keys: Collection[UUID]) -> list[BatchLine]:
    """Some lines of lists, those of a scope's agencies, with household and caller (1 query)."""
    lines = BatchLine.objects.filter(within(scope, "contact__lane__agency"), pk__in=keys, ended_at=None)
    related = ("contact__household", "contact__lane__agency", "batch__caller", "plan")
    return list(lines.select_related(*related).order_by("contact__household__name", "pk"))


def callers_at_work(campaign: Campaign, today: date) -> list[User]:
    """Callers of a campaign who do not rest today, by name: to whom a household may be given (1 query)."""
    resting = Exists(CallerPause.objects.filter(user=OuterRef("pk"), until__gt=today))
    return list(callers_for(campaign).filter(~resting).order_by("last_name", "first_name", "pk"))
