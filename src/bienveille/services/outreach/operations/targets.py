"""How a wave becomes contacts: choose, rank, say why, fill the lanes, in one statement; newcomers take their place."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from bienveille.engines.audiences.queries import check, compile_rule
from bienveille.engines.dispatch.models import Queue
from bienveille.register.accounts.rules import Scope
from bienveille.services.outreach.choices import Priority
from bienveille.services.outreach.models import Wave
from bienveille.services.outreach.rules.arrivals import order_of, reasons_of

_ALONE = "CASE WHEN people = 1 THEN CASE title WHEN 'mrs' THEN 'vit seule' ELSE 'vit seul' END END"
_FLOOR = (
    "CASE WHEN floor >= 1 AND lift = false THEN "
    "floor || CASE floor WHEN 1 THEN 'er' ELSE 'e' END || ' étage sans ascenseur' END"
)
_SIX_MONTHS = "%(today)s::date - interval '6 months'"
_NEVER = "WHEN last_heard IS NULL THEN 'aucun contact connu'"


@dataclass(frozen=True)
class Criterion:
    """One criterion of an order: how it sorts, and what it says of a household; nothing when it plays no part.

    A declared disability sorts, and is not said: callers may not read it (`MARK_READERS`).
    """

    order: str
    why: str = ""


CRITERIA: dict[Priority, Criterion] = {
    Priority.OLDEST_FIRST: Criterion("oldest ASC NULLS LAST"),
    Priority.OLDEST_ALONE_FIRST: Criterion("(CASE WHEN people = 1 THEN oldest END) ASC NULLS LAST", _ALONE),
    Priority.ALONE_FIRST: Criterion("(people = 1) DESC", _ALONE),
    Priority.TOP_FLOOR_FIRST: Criterion("(CASE WHEN lift = false THEN floor ELSE 0 END) DESC NULLS LAST", _FLOOR),
    Priority.SILENT_SIX_MONTHS_FIRST: Criterion(
        f"(last_heard IS NULL OR last_heard < {_SIX_MONTHS}) DESC",
        f"CASE {_NEVER} WHEN last_heard < {_SIX_MONTHS} THEN 'aucun contact depuis six mois' END",
    ),
    Priority.LONGEST_SILENCE_FIRST: Criterion("last_heard ASC NULLS FIRST", f"CASE {_NEVER} END"),
    Priority.DISABILITY_FIRST: Criterion("disability DESC"),
    Priority.WATCHED_FIRST: Criterion("watched DESC", "CASE WHEN watched THEN 'résidence sous veille' END"),
}
_SILENCES = {Priority.SILENT_SIX_MONTHS_FIRST, Priority.LONGEST_SILENCE_FIRST}
AGE = "CASE WHEN oldest IS NOT NULL THEN extract(year FROM age(%(today)s::date, oldest))::int || ' ans' END"

# Facts of the households `chosen`: who lives there, where, with which number. `heard`: the last news of any kind,
# a call reached, a visit or somebody else's word, whatever the campaign.
_FACTS = """
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
               FILTER (WHERE p.opposed_on IS NULL) AS phone,
           {disability} AS disability
    FROM tenants_person p JOIN chosen ON chosen.id = p.household_id
    WHERE (p.left_on IS NULL OR p.left_on > %(today)s) AND NOT p.deceased
    GROUP BY p.household_id),{heard}
facts AS MATERIALIZED (
    SELECT h.id, r.agency_id, CASE WHEN people.speaks THEN '' ELSE coalesce(people.language, '') END AS language,
           people.people, people.oldest, people.title, people.phone, people.disability, d.floor, d.lift, r.watched,
           coalesce(dispatch_place(r.commune_id), '') AS place, {last_heard} AS last_heard{seat}
    FROM tenants_household h
    JOIN people ON people.id = h.id{join}
    JOIN housing_dwelling d ON d.id = h.dwelling_id
    JOIN housing_building b ON b.id = d.building_id
    JOIN housing_residence r ON r.id = b.residence_id)"""
_DISABILITY = """bool_or(EXISTS (
               SELECT 1 FROM tenants_mark m
               WHERE m.person_id = p.id AND m.kind = 'disability_declared' AND m.expires_on > %(today)s))"""
_HEARD = """
heard AS (
    SELECT c.household_id AS id, max(x.at) AS at
    FROM (SELECT contact_id, at FROM dispatch_attempt WHERE outcome = 'reached' AND undone_at IS NULL
          UNION ALL
          SELECT contact_id, done_at FROM dispatch_step
          WHERE state = 'done' AND result IN ('seen_well', 'call_back', 'refused', 'news')
          UNION ALL
          SELECT s.contact_id, a.at FROM outreach_sharedcall s JOIN dispatch_attempt a ON a.id = s.attempt_id
          WHERE s.undone_at IS NULL AND a.undone_at IS NULL) AS x
    JOIN dispatch_contact c ON c.id = x.contact_id JOIN chosen ON chosen.id = c.household_id
    GROUP BY 1),"""

# One wave in one statement: choose, rank, say why, make the lanes, fill them. Lanes are made in an order of their own,
# so that the same files and the same rule always give the same day. A household already in an earlier wave
# stays there. Who has no usable number is counted from the start as unreachable: nobody is forgotten.
_OPEN = """
WITH chosen AS MATERIALIZED (
    SELECT a.id FROM ({audience}) AS a (id)
    WHERE NOT EXISTS (SELECT 1 FROM dispatch_contact c WHERE c.queue_id = %(queue)s AND c.household_id = a.id)),{facts},
lanes AS (
    INSERT INTO dispatch_lane (queue_id, wave, agency_id, language, place, open)
    SELECT DISTINCT %(queue)s::uuid, %(wave)s::smallint, agency_id, language, place, true FROM facts
    ORDER BY agency_id, language, place
    RETURNING id, agency_id, language, place)
INSERT INTO dispatch_contact (queue_id, lane_id, household_id, priority, state, reason, attempts_made, why)
SELECT %(queue)s, lanes.id, facts.id, row_number() OVER (ORDER BY {order}, facts.id),
       CASE WHEN phone THEN 'waiting' ELSE 'unreachable' END, CASE WHEN phone THEN '' ELSE 'no_phone' END, 0, {why}
FROM facts JOIN lanes ON lanes.agency_id = facts.agency_id AND lanes.language = facts.language
     AND lanes.place = facts.place
"""

# Newcomers of a wave, ranked among those who still wait there: each takes the place of the one just before, so that
# nobody's own rank moves while callers are at work.
_ADD = """
WITH newcomer AS MATERIALIZED (
    SELECT a.id FROM ({audience}) AS a (id)
    WHERE NOT EXISTS (SELECT 1 FROM dispatch_contact c WHERE c.queue_id = %(queue)s AND c.household_id = a.id)),
chosen AS MATERIALIZED (
    SELECT id, NULL::integer AS seat FROM newcomer
    UNION ALL
    SELECT c.household_id, c.priority FROM dispatch_contact c JOIN dispatch_lane l ON l.id = c.lane_id
    WHERE c.queue_id = %(queue)s AND l.wave = %(wave)s AND c.state = 'waiting'
      AND EXISTS (SELECT FROM newcomer)),{facts},
ranked AS (
    SELECT facts.*, row_number() OVER ahead AS line, count(seat) OVER ahead AS run FROM facts
    WINDOW ahead AS (ORDER BY {order}, seat, facts.id ROWS UNBOUNDED PRECEDING)),
placed AS (
    SELECT ranked.*, coalesce(first_value(seat) OVER (PARTITION BY run ORDER BY line), 0) AS rank FROM ranked),
made AS (
    INSERT INTO dispatch_lane (queue_id, wave, agency_id, language, place, open)
    SELECT DISTINCT %(queue)s::uuid, %(wave)s::smallint, agency_id, language, place, true FROM facts WHERE seat IS NULL
    ORDER BY agency_id, language, place
    ON CONFLICT DO NOTHING
    RETURNING id, agency_id, language, place),
lanes AS (
    SELECT id, agency_id, language, place FROM made
    UNION ALL
    SELECT id, agency_id, language, place FROM dispatch_lane WHERE queue_id = %(queue)s AND wave = %(wave)s)
INSERT INTO dispatch_contact (queue_id, lane_id, household_id, priority, state, reason, attempts_made, why)
SELECT %(queue)s, lanes.id, placed.id, rank,
       CASE WHEN phone THEN 'waiting' ELSE 'unreachable' END, CASE WHEN phone THEN '' ELSE 'no_phone' END, 0, {why}
FROM placed JOIN lanes ON lanes.agency_id = placed.agency_id AND lanes.language = placed.language
     AND lanes.place = placed.place
WHERE seat IS NULL
ORDER BY line
"""


def order_sql(wave: Wave) -> str:
    """The order of a wave: its criteria one after the other, then the age, which settles ties."""
    order = order_of(wave.priority)
    ties = [] if Priority.OLDEST_FIRST in order else [Priority.OLDEST_FIRST]
    return ", ".join(CRITERIA[one].order for one in [*order, *ties])


def why_sql(wave: Wave) -> str:
    """The reasons of a wave as an array of texts: the age, then each criterion that plays a part."""
    told = dict.fromkeys(CRITERIA[one].why for one in reasons_of(wave.priority, wave.audience))
    return f"array_remove(ARRAY[{', '.join([AGE, *filter(None, told)])}], NULL)"


def _statement(
    template: str, wave: Wave, today: date, scope: Scope, *, newcomers: bool = False
) -> tuple[str, dict[str, Any]]:
    compiled = compile_rule(check(wave.audience), today, scope=scope)
    named: dict[str, Any] = {f"a{rank}": value for rank, value in enumerate(compiled.params)}
    audience = compiled.sql
    for name in named:
        audience = audience.replace("%s", f"%({name})s", 1)
    order = order_of(wave.priority)
    silence = _SILENCES.intersection(reasons_of(wave.priority, wave.audience))
    facts = _FACTS.format(
        disability=_DISABILITY if Priority.DISABILITY_FIRST in order else "false",
        heard=_HEARD if silence else "",
        last_heard="heard.at" if silence else "NULL::timestamptz",
        seat=", chosen.seat" if newcomers else "",
        join=("\n    LEFT JOIN heard ON heard.id = h.id" if silence else "")
        + ("\n    JOIN chosen ON chosen.id = h.id" if newcomers else ""),
    )
    statement = template.format(audience=audience, facts=facts, order=order_sql(wave), why=why_sql(wave))
    return statement, {**named, "today": today, "wave": wave.rank}


def target_wave(*, queue: Queue, wave: Wave, today: date, scope: Scope) -> None:
    """Fill a wave: the households of its audience within a scope, ranked and explained (1 statement)."""
    statement, params = _statement(_OPEN, wave, today, scope)
    with connection.cursor() as cursor:
        cursor.execute(statement, {**params, "queue": queue.pk})
        if cursor.rowcount > 1000:
            cursor.execute("ANALYZE dispatch_contact")


def add_newcomers(*, queue: Queue, wave: Wave, today: date, scope: Scope) -> int:
    """Households that a wave asks for and that no wave has yet, each at its rank (1 statement). How many."""
    statement, params = _statement(_ADD, wave, today, scope, newcomers=True)
    with connection.cursor() as cursor:
        cursor.execute(statement, {**params, "queue": queue.pk})
        return cursor.rowcount
