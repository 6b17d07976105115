"""What the API lists, a page at a time, and the sheet of a call in one statement; all its own SQL."""

import json
import math
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils.timezone import localtime

from bienveille.engines.audiences.models import Audience
from bienveille.engines.dispatch.choices import Outcome, PlannedState
from bienveille.engines.dispatch.models import Contact, PlannedCall
from bienveille.engines.questionnaires.models import QuestionnaireVersion
from bienveille.engines.questionnaires.queries import get_api
from bienveille.ground.lib.phones import display_phone
from bienveille.ground.platform.limits import Limit
from bienveille.ground.platform.prepared import one_row
from bienveille.ground.platform.sealed_fields import sealed_field
from bienveille.register.accounts.access import MANAGERS
from bienveille.register.accounts.models import User
from bienveille.register.accounts.rules import Scope, digest, still_stands
from bienveille.register.tenants.models import Person
from bienveille.register.tenants.rules import age_on
from bienveille.services.outreach.models import Campaign, Report, Wave
from bienveille.services.outreach.rules import reasons

#: The longest page, and the one given to who does not say.
LARGEST_PAGE, PAGE = 200, 50


@dataclass(frozen=True)
class Page[Row]:
    """Some rows and the place from which the next page starts; nothing after the last one."""

    rows: list[Row]
    after: str | None


def _page[Row: (Campaign, Contact, PlannedCall, Audience)](rows: QuerySet[Row], limit: int, place: Any) -> Page[Row]:
    found = list(rows[: limit + 1])
    return Page(found[:limit], place(found[limit - 1]) if len(found) > limit else None)


def campaigns_page(
    user: User, *, manages: bool, calls: bool, state: str | None, after: UUID | None, limit: int
) -> Page[Campaign]:
    """The campaigns somebody may see, the newest first (1 query).

    Who manages sees every one; anybody else those in which they may call, `calls` telling whether they have the role.
    """
    campaigns = Campaign.objects.select_related("queue", "questionnaire__questionnaire").defer(
        "questionnaire__definition"
    )
    if not manages:
        named = Q(callers__user=user, all_callers=False)
        campaigns = campaigns.filter(named | Q(all_callers=True) if calls else named).distinct()
    if state:
        campaigns = campaigns.filter(state=state)
    if after:
        campaigns = campaigns.filter(pk__lt=after)
    return _page(campaigns.order_by("-id"), limit, lambda one: str(one.pk))


def waves_of(campaign: Campaign) -> list[Wave]:
    """Whom a campaign calls, in order (1 query)."""
    return list(Wave.objects.filter(campaign=campaign).order_by("rank"))


def named_callers(campaign: Campaign) -> int | None:
    """How many people were named as callers; None when whoever has the role calls (1 query at most)."""
    return None if campaign.all_callers else campaign.callers.filter(user__is_active=True).count()


def guide_of(campaign: Campaign) -> tuple[str, int]:
    """The name and the version of a campaign's guide (1 query)."""
    versions = QuestionnaireVersion.objects.filter(pk=campaign.questionnaire_id)
    return versions.values_list("questionnaire__slug", "number").get()


def contacts_page(
    campaign: Campaign, *, scope: Scope, state: str | None, agency: str | None, after: UUID | None, limit: int
) -> Page[Contact]:
    """The households of a campaign that a manager covers, in a fixed order (1 query)."""
    contacts = Contact.objects.filter(queue_id=campaign.queue_id, household__isnull=False)
    contacts = contacts.select_related("household", "lane__agency")
    if not scope.everything:
        contacts = contacts.filter(Q(lane__agency__in=scope.agencies) | Q(lane__agency__company__in=scope.companies))
    if state:
        contacts = contacts.filter(state=state)
    if agency:
        contacts = contacts.filter(lane__agency__code=agency)
    if after:
        contacts = contacts.filter(household_id__gt=after)
    return _page(contacts.order_by("household_id"), limit, lambda one: str(one.household_id))


def planned_page(caller: User, *, until: date | None, after: tuple[date, UUID] | None, limit: int) -> Page[PlannedCall]:
    """The calls that somebody promised and has not kept yet, the oldest first (1 query)."""
    calls = PlannedCall.objects.filter(
        caller=caller, state=PlannedState.PLANNED, contact__queue__closed_at=None
    ).select_related("contact__household", "contact__queue__campaign")
    if until:
        calls = calls.filter(due_on__lte=until)
    if after:
        day, last = after
        calls = calls.filter(Q(due_on__gt=day) | Q(due_on=day, pk__gt=last))
    return _page(calls.order_by("due_on", "id"), limit, lambda one: f"{one.due_on.isoformat()}_{one.pk}")


def audiences_page(*, after: UUID | None, limit: int) -> Page[Audience]:
    """Saved audiences, the oldest first (1 query)."""
    audiences = Audience.objects.all()
    if after:
        audiences = audiences.filter(pk__gt=after)
    return _page(audiences.order_by("id"), limit, lambda one: str(one.pk))


def roles_of(user: User) -> list[dict[str, str | None]]:
    """The roles of a token's owner, each with its scope: a company, an agency by code, or everything (1 query)."""
    grants = user.grants.order_by("role", "agency__code", "company__name").values(
        "role", company_name=F("company__name"), agency_code=F("agency__code")
    )
    return [{"role": one["role"], "company": one["company_name"], "agency": one["agency_code"]} for one in grants]


@cache
def _token() -> tuple[str, list[str]]:
    """The statement that opens the door, and the user's fields in its order."""
    fields = User._meta.concrete_fields
    columns = ", ".join(f'u."{field.column}"' for field in fields)
    return (
        f"""SELECT t.expires_at, t.revoked_at,
                   CASE WHEN %s > 0 THEN platform_spend('token:' || t.digest, %s, %s) ELSE 0 END, {columns}
            FROM accounts_apitoken t JOIN accounts_user u ON u.id = t.user_id
            WHERE t.digest = %s AND u.is_active""",
        [field.attname for field in fields],
    )


def token_holder(secret: str, limit: Limit, now: datetime) -> tuple[User, int] | None:
    """The active user whose token this is, and how many seconds they must wait; None for no token (1 query).

    The same as `accounts.access.authenticate_token`, with the limit spent in the same round trip: every request of
    every program begins here.
    """
    statement, names = _token()
    rate = limit.per_minute / 60
    row = one_row(statement, [limit.per_minute, rate, float(limit.burst), digest(secret)])
    if row is None or not still_stands(now=now, expires_at=row[0], ended=(row[1],)):
        return None
    return User.from_db("default", names, row[3:]), math.ceil(row[2])


@dataclass(frozen=True)
class Door:
    """A campaign as a caller comes to it: whether they see it, call in it, are at rest."""

    name: str
    queue_id: UUID
    questionnaire_id: UUID
    seen: bool
    calls: bool
    rests: bool


_DOOR = """
SELECT o.name, o.queue_id, o.questionnaire_id,
       EXISTS (SELECT 1 FROM accounts_rolegrant g WHERE g.user_id = %s AND g.role = ANY (%s)),
       CASE WHEN o.all_callers
           THEN EXISTS (SELECT 1 FROM accounts_rolegrant g WHERE g.user_id = %s AND g.role = 'caller')
           ELSE EXISTS (SELECT 1 FROM outreach_campaigncaller k WHERE k.campaign_id = o.id AND k.user_id = %s) END,
       EXISTS (SELECT 1 FROM outreach_callerpause p WHERE p.user_id = %s AND p.until > %s)
FROM outreach_campaign o WHERE o.id = %s
"""


def door_of(campaign_id: UUID, user: User, today: date) -> Door | None:
    """What `get_campaign_for` and `may_be_handed` say of a campaign and of somebody active, at once (1 query).

    A test holds the two against each other: this one is for the request that callers make all day.
    """
    row = one_row(_DOOR, [user.pk, [str(role) for role in MANAGERS], user.pk, user.pk, user.pk, today, campaign_id])
    if row is None:
        return None
    name, queue_id, questionnaire_id, manages, calls, rests = row
    return Door(name, queue_id, questionnaire_id, manages or calls, calls, rests)


@lru_cache(maxsize=64)
def guide_text(version_id: UUID) -> str:
    """The guide of a version, already written (1 query the first time in a process: a version never changes)."""
    return json.dumps(get_api(version_id), ensure_ascii=False, separators=(",", ":"))


NOTE = sealed_field(Report, "note")
SHEET = """
SELECT c.id::text, c.token::text, c.lease_until, c.why, c.attempts_made, p.id IS NOT NULL, coalesce(p.weekly, false),
       h.id::text, h.name, g.code, r.name, m.name,
       (SELECT max(a.at) FROM dispatch_attempt a JOIN dispatch_contact k ON k.id = a.contact_id
        WHERE k.household_id = h.id AND a.outcome = 'reached' AND a.undone_at IS NULL),
       (SELECT json_agg(json_build_array(z.at, z.outcome, z.first_name, z.last_name, z.email, z.note)
                        ORDER BY z.at DESC, z.id DESC)
        FROM (SELECT a.id, a.at, a.outcome, u.first_name, u.last_name, u.email, coalesce(w.note, '') AS note
              FROM dispatch_attempt a JOIN dispatch_contact k ON k.id = a.contact_id
              JOIN accounts_user u ON u.id = a.caller_id LEFT JOIN outreach_report w ON w.attempt_id = a.id
              WHERE k.household_id = h.id AND a.undone_at IS NULL
              ORDER BY a.at DESC, a.id DESC LIMIT 20) AS z)::text,
       (SELECT json_agg(json_build_array(
                   q.title, q.first_name, q.last_name, q.birth_date, q.languages,
                   (SELECT json_agg(json_build_array(t.value, t.whose, t.status) ORDER BY t.verified_on, t.id)
                    FROM tenants_contactpoint t
                    WHERE t.person_id = q.id AND t.kind = 'phone' AND t.status IN ('valid', 'unverified')))
               ORDER BY CASE q.role WHEN 'holder' THEN 0 WHEN 'co_holder' THEN 1 ELSE 2 END, q.birth_date, q.id)
        FROM tenants_person q
        WHERE q.household_id = h.id AND q.left_on IS NULL AND NOT q.deceased AND q.opposed_on IS NULL)::text
FROM dispatch_contact c
JOIN tenants_household h ON h.id = c.household_id
LEFT JOIN dispatch_plannedcall p ON p.id = c.planned_call_id
LEFT JOIN housing_dwelling d ON d.id = h.dwelling_id
LEFT JOIN housing_building b ON b.id = d.building_id
LEFT JOIN housing_residence r ON r.id = b.residence_id
LEFT JOIN accounts_agency g ON g.id = r.agency_id
LEFT JOIN housing_commune m ON m.code = r.commune_id
WHERE c.queue_id = %s AND c.reserved_by_id = %s
"""


@dataclass(frozen=True)
class _Promise:
    weekly: bool


def sheet_in_hand(queue_id: UUID, caller: User, now: datetime) -> dict[str, Any] | None:
    """The household that a caller holds in a queue, in the shape of `contracts.md` but for the guide (1 query).

    The same as the screen's `call_sheet`, read in one round trip: people who objected to calls, left or died are not
    in it, nor numbers known wrong.
    """
    row = one_row(SHEET, [queue_id, caller.pk])
    if row is None:
        return None
    (contact, token, lease_until, why, made, promised, weekly, household, name, agency, residence, commune,
     last_reached, attempts, people) = row  # fmt: skip
    today = localtime(now).date()
    return {
        "contact": contact,
        "token": token,
        "lease_until": localtime(lease_until).isoformat(),
        "why": reasons(why, last_reached, made, _Promise(weekly) if promised else None, today),
        "attempts": [_attempt(*one) for one in json.loads(attempts or "[]")],
        "household": {
            "id": household,
            "name": name,
            "agency": agency,
            "residence": residence,
            "commune": commune,
            "people": [_person(*one, today=today) for one in json.loads(people or "[]")],
        },
    }


def _attempt(at: str, outcome: str, first_name: str, last_name: str, email: str, note: str) -> dict[str, str]:
    return {
        "at": localtime(datetime.fromisoformat(at)).isoformat(),
        "outcome": outcome,
        "label": str(Outcome(outcome).label),
        "caller": User(first_name=first_name, last_name=last_name, email=email).initials,
        "note": NOTE.open(note),
    }


def _person(
    title: str,
    first_name: str,
    last_name: str,
    birth_date: str | None,
    languages: list[str],
    phones: list[list[str]] | None,
    *,
    today: date,
) -> dict[str, Any]:
    person = Person(title=title, first_name=first_name, last_name=last_name).display_name
    return {
        "name": person,
        "age": age_on(date.fromisoformat(birth_date) if birth_date else None, today),
        "languages": languages,
        "phones": [
            {"number": number, "display": display_phone(number), "whose": whose or person, "status": status}
            for number, whose, status in phones or []
        ],
    }
