"""A campaign being prepared: its document, whom its waves hold, who could call, what is missing."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from bienveille.engines.audiences.queries import check, compile_rule, describe
from bienveille.ground.lib.words import search_name
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import User
from bienveille.register.accounts.rules import Scope
from bienveille.services.outreach.models import Campaign, Wave

#: How many people a search for callers shows at once.
CALLERS_SHOWN = 60


def campaign_document(campaign: Campaign) -> dict[str, Any]:
    """The document that would make this campaign again (2 queries); its questionnaire comes with it."""
    waves = [
        {"name": wave.name, "audience": wave.audience, "priority": wave.priority}
        for wave in Wave.objects.filter(campaign=campaign).order_by("rank")
    ]
    emails = User.objects.filter(pk__in=campaign.callers.values("user_id")).order_by("email")
    callers: dict[str, Any] = {"all": True}
    if not campaign.all_callers:
        callers = {"emails": list(emails.values_list("email", flat=True))}
    rules: dict[str, Any] = {
        "max_attempts": campaign.queue.max_attempts,
        "lease_minutes": campaign.queue.lease_minutes,
        "keep_answers_days": campaign.keep_answers_days,
    }
    for name in ("starts_on", "ends_on"):
        if (day := getattr(campaign, name)) is not None:
            rules[name] = day.isoformat()
    if campaign.queue.windows:
        rules["windows"] = campaign.queue.windows
    if campaign.queue.on_days_off:
        rules["on_public_holidays"] = True
    if campaign.send_sms:
        rules["send_sms"] = True
    texts = {name: getattr(campaign, name) for name in ("voicemail", "sms") if getattr(campaign, name)}
    return {
        "name": campaign.name,
        "purpose": campaign.purpose,
        "questionnaire": campaign.questionnaire.questionnaire.slug,
        "waves": waves,
        "callers": callers,
        "rules": rules,
        **({"texts": texts} if texts else {}),
    }


@dataclass(frozen=True)
class WaveCount:
    """One wave: how many households its audience holds, and how many of them are not in an earlier wave."""

    rank: int
    name: str
    sentence: str
    priority: list[str]
    asked: int
    kept: int

    @property
    def earlier(self) -> int:
        return self.asked - self.kept


@dataclass(frozen=True)
class Prospect:
    """Whom a campaign would call if it were opened today."""

    waves: list[WaveCount]
    households: int = 0
    without_phone: int = 0
    agencies: dict[UUID, tuple[str, int]] = field(default_factory=dict)  # those with a number, by agency
    languages: dict[str, int] = field(default_factory=dict)  # those where nobody speaks French, by language

    @property
    def callable(self) -> int:
        return self.households - self.without_phone


# Facts of the households of all waves, each in the first wave that holds it; the same reading as at opening.
_PROSPECT = """
WITH asked AS MATERIALIZED ({asked}),
kept AS (SELECT id, min(rank) AS rank FROM asked GROUP BY id),
people AS (
    SELECT p.household_id AS id,
           bool_or(p.languages = '{{}}' OR 'fr' = ANY (p.languages)) FILTER (WHERE p.opposed_on IS NULL) AS speaks,
           (array_agg(p.languages[1] ORDER BY p.role = 'holder' DESC, p.birth_date)
               FILTER (WHERE p.opposed_on IS NULL))[1] AS language,
           bool_or(EXISTS (
               SELECT 1 FROM tenants_contactpoint t
               WHERE t.person_id = p.id AND t.kind = 'phone' AND t.status IN ('valid', 'unverified')))
               FILTER (WHERE p.opposed_on IS NULL) AS phone
    FROM tenants_person p JOIN kept ON kept.id = p.household_id
    WHERE (p.left_on IS NULL OR p.left_on > %s) AND NOT p.deceased
    GROUP BY p.household_id)
SELECT kept.rank, g.id, g.name, CASE WHEN people.speaks THEN '' ELSE coalesce(people.language, '') END,
       people.phone, count(*)
FROM kept JOIN people ON people.id = kept.id
JOIN tenants_household h ON h.id = kept.id
JOIN housing_dwelling d ON d.id = h.dwelling_id
JOIN housing_building b ON b.id = d.building_id
JOIN housing_residence r ON r.id = b.residence_id
JOIN accounts_agency g ON g.id = r.agency_id
GROUP BY 1, 2, 3, 4, 5
UNION ALL
SELECT rank, NULL, NULL, NULL, NULL, count(*) FROM asked GROUP BY rank
ORDER BY 3, 1
"""


def prospect(waves: list[dict[str, Any]], on: date, *, scope: Scope) -> Prospect:
    """Whom these waves hold today within a scope, each household once, in the first that holds it.

    One query for all waves, and two per kind of code that their rules name.
    """
    if not waves:
        return Prospect([])
    compiled = [compile_rule(check(wave["audience"]), on, scope=scope) for wave in waves]
    asked = " UNION ALL ".join(
        f"SELECT household_id AS id, {rank} AS rank FROM ({one.sql}) AS w{rank}"
        for rank, one in enumerate(compiled, start=1)
    )
    with connection.cursor() as cursor:
        cursor.execute(_PROSPECT.format(asked=asked), [*(value for one in compiled for value in one.params), on])
        rows = cursor.fetchall()
    held: Counter[int] = Counter()
    kept: Counter[int] = Counter()
    languages: Counter[str] = Counter()
    agencies: dict[UUID, tuple[str, int]] = {}
    without_phone = 0
    for rank, agency, name, language, phone, number in rows:
        if agency is None:
            held[rank] += number
            continue
        kept[rank] += number
        if not phone:
            without_phone += number
            continue
        agencies[agency] = (name, agencies.get(agency, (name, 0))[1] + number)
        if language:
            languages[language] += number
    counts = [
        WaveCount(rank, wave["name"], describe(wave["audience"]), list(wave["priority"]), held[rank], kept[rank])
        for rank, wave in enumerate(waves, start=1)
    ]
    return Prospect(counts, sum(kept.values()), without_phone, agencies, dict(languages.most_common()))


def possible_callers(text: str = "", chosen: list[str] | None = None) -> QuerySet[User]:
    """People who may be asked to call: those with the role, those whose name matches, those chosen (1 query)."""
    users = User.objects.filter(is_active=True)
    wanted = Q(grants__role=Role.CALLER)
    if text:
        wanted = Q(search__contains=search_name(text)) | Q(email__istartswith=text)
    found = users.filter(wanted | Q(email__in=chosen or [])).distinct()
    return found.select_related("agency").order_by("last_name", "first_name", "id")
