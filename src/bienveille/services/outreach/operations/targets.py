"""How a wave becomes contacts: choose, rank, say why, fill the lanes, in one statement."""

from datetime import date

from django.db import connection

from bienveille.engines.audiences.queries import check, compile_rule
from bienveille.engines.dispatch.models import Queue
from bienveille.register.accounts.rules import Scope
from bienveille.services.outreach.choices import Priority
from bienveille.services.outreach.models import Wave

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
           coalesce(dispatch_place(r.commune_id), '') AS place,
           {last_reached} AS last_reached
    FROM tenants_household h
    JOIN people ON people.id = h.id
    JOIN housing_dwelling d ON d.id = h.dwelling_id
    JOIN housing_building b ON b.id = d.building_id
    JOIN housing_residence r ON r.id = b.residence_id),
lanes AS (
    INSERT INTO dispatch_lane (queue_id, wave, agency_id, language, place, open)
    SELECT DISTINCT %s::uuid, %s, agency_id, language, place, true FROM facts
    RETURNING id, agency_id, language, place)
INSERT INTO dispatch_contact (queue_id, lane_id, household_id, priority, state, reason, attempts_made, why)
SELECT %s, lanes.id, facts.id, row_number() OVER (ORDER BY {order}, facts.id),
       CASE WHEN phone THEN 'waiting' ELSE 'unreachable' END, CASE WHEN phone THEN '' ELSE 'no_phone' END, 0,
       array_remove(ARRAY[
           CASE WHEN oldest IS NOT NULL THEN extract(year FROM age(%s::date, oldest))::int || ' ans' END,
           CASE WHEN people = 1 THEN CASE title WHEN 'mrs' THEN 'vit seule' ELSE 'vit seul' END END,
           CASE WHEN floor >= 3 AND lift = false THEN floor || 'e étage sans ascenseur' END], NULL)
FROM facts JOIN lanes ON lanes.agency_id = facts.agency_id AND lanes.language = facts.language
     AND lanes.place = facts.place
"""
_LAST_REACHED = """(
    SELECT max(a.at) FROM dispatch_attempt a JOIN dispatch_contact c ON c.id = a.contact_id
    WHERE c.household_id = h.id AND a.outcome = 'reached' AND a.undone_at IS NULL)"""


def target_wave(*, queue: Queue, wave: Wave, today: date, scope: Scope) -> None:
    """Fill a wave: the households of its audience within a scope, ranked and explained (1 statement)."""
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
