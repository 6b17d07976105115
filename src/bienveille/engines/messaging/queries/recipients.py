"""Who gets a mailing, by which channel, at which address: one statement, counted or written."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from bienveille.engines.audiences.queries import check, compile_rule
from bienveille.engines.messaging.choices import DeliveryState, Reach
from bienveille.engines.messaging.models import Mailing
from bienveille.engines.messaging.rules.leaving import QUIET
from bienveille.ground.lib.calling_hours import PLACES
from bienveille.register.accounts.rules import Scope
from bienveille.register.tenants.criteria import ELIGIBLE

#: Numbers that take an SMS, in E.164: the mobile ranges of France and of what is dialled from it (Arcep, plan of 2022).
MOBILE = r"^\+(33[67]|262(692|693|639)|590(690|691)|594694|596(696|697)|508(5|4)|687[7-9]|689(87|88|89)|681(82|83|84))"
_PLACE = "CASE {} ELSE '' END".format(
    " ".join(
        f"WHEN left(r.commune_id, {len(code)}) = '{code}' THEN '{code}'" for code in PLACES if code not in ("", "67")
    )
    + " WHEN left(r.commune_id, 2) IN ('67', '68') THEN '67'"
)
# Nobody said stop, neither to this landlord at all nor to this channel.
ALLOWED = """NOT EXISTS (SELECT 1 FROM tenants_contactpoint z WHERE z.value = k.value AND z.status = 'stop')
      AND NOT EXISTS (SELECT 1 FROM messaging_stop z
                      WHERE z.value = k.value AND z.channel = CASE k.kind WHEN 'email' THEN 'email' ELSE 'sms' END)"""
# For each household, the best point of each channel: verified rather than not, the holder's rather than another's,
# never a relative's, never one that anybody asked to stop. A letter needs a home and nothing more. `ways` keeps the
# first that exists, or all of them. Whoever nothing reaches has a row too: nobody is forgotten.
_RECIPIENTS = """
chosen AS MATERIALIZED (
    SELECT a.household_id AS id, a.dwelling_id FROM ({audience}) a
    WHERE NOT EXISTS (
        SELECT 1 FROM messaging_delivery m WHERE m.mailing_id = %(mailing)s AND m.household_id = a.household_id)),
talkers AS (
    SELECT DISTINCT ON (p.household_id)
           p.household_id AS id, p.id AS person_id, coalesce(p.languages[1], 'fr') AS language
    FROM chosen JOIN tenants_person p ON p.household_id = chosen.id
    WHERE {eligible}
    ORDER BY p.household_id, p.role = 'holder' DESC, p.birth_date, p.id),
points AS (
    SELECT DISTINCT ON (p.household_id, k.kind)
           p.household_id AS id, p.id AS person_id, coalesce(p.languages[1], 'fr') AS language,
           CASE k.kind WHEN 'email' THEN 'email' ELSE 'sms' END AS channel, k.value AS "to"
    FROM chosen JOIN tenants_person p ON p.household_id = chosen.id
    JOIN tenants_contactpoint k ON k.person_id = p.id
    WHERE {eligible} AND k.status IN ('valid', 'unverified') AND k.whose = ''
      AND (k.kind = 'email' AND 'email' = ANY (%(channels)s)
           OR k.kind = 'phone' AND 'sms' = ANY (%(channels)s) AND k.value ~ %(mobile)s)
      AND {allowed}
    ORDER BY p.household_id, k.kind, k.status = 'valid' DESC, k.verified_on DESC NULLS LAST,
             p.role = 'holder' DESC, p.birth_date, k.value),
known AS (
    SELECT id, person_id, language, channel, "to", array_position(%(channels)s, channel) - 1 AS rung FROM points
    UNION ALL
    SELECT chosen.id, talkers.person_id, talkers.language, 'letter', '', array_position(%(channels)s, 'letter') - 1
    FROM chosen JOIN talkers ON talkers.id = chosen.id
    WHERE 'letter' = ANY (%(channels)s) AND chosen.dwelling_id IS NOT NULL),
ways AS (
    SELECT {ways} * FROM known ORDER BY id, rung),
rows AS MATERIALIZED (
    SELECT uuidv7() AS delivery_id, chosen.id, ways.person_id, coalesce(ways.language, 'fr') AS language,
           coalesce(ways.channel, '') AS channel, coalesce(ways."to", '') AS "to", coalesce(ways.rung, 0) AS rung,
           {place} AS place
    FROM chosen LEFT JOIN ways ON ways.id = chosen.id
    JOIN housing_dwelling d ON d.id = chosen.dwelling_id
    JOIN housing_building b ON b.id = d.building_id
    JOIN housing_residence r ON r.id = b.residence_id),
shared AS (
    SELECT rows.*, CASE WHEN "to" <> '' THEN first_value(delivery_id) OVER (PARTITION BY channel, "to" ORDER BY id)
                   ELSE delivery_id END AS first_id
    FROM rows)"""
_STATE = "CASE WHEN channel = '' THEN 'unreachable' WHEN first_id <> delivery_id THEN 'covered' ELSE 'waiting' END"
# Whoever had a message of another mailing lately waits for the end of their quiet period.
_QUIET = """(
    SELECT max(m.sent_at) + %(quiet)s FROM messaging_delivery m
    WHERE m.household_id = shared.id AND m.mailing_id <> %(mailing)s AND m.sent_at > %(now)s - %(quiet)s)"""
_PREPARE = """
WITH {recipients}
INSERT INTO messaging_delivery (id, mailing_id, household_id, person_id, channel, rung, "to", language, place, subject,
                                body, state, reason, covered_by_id, not_before, provider_id, detail)
SELECT delivery_id, %(mailing)s, id, person_id, channel, rung, "to", language, place, '', '',
       {state}, '', CASE WHEN first_id <> delivery_id THEN first_id END,
       CASE WHEN %(urgent)s OR channel = '' THEN NULL ELSE {quiet} END, '', ''
FROM shared ORDER BY id, rung"""
_COUNT = """
WITH {recipients}
SELECT channel, {state} AS state, count(*) FROM shared GROUP BY 1, 2"""


def _filled(template: str, mailing: Mailing, today: date, scope: Scope) -> tuple[str, dict[str, Any]]:
    compiled = compile_rule(check(mailing.audience), today, scope=scope, columns=["dwelling_id"])
    named: dict[str, Any] = {f"a{rank}": value for rank, value in enumerate(compiled.params)}
    audience = compiled.sql
    for name in named:
        audience = audience.replace("%s", f"%({name})s", 1)
    recipients = _RECIPIENTS.format(
        audience=audience,
        eligible=ELIGIBLE.replace("%s", "%(today)s"),
        ways="DISTINCT ON (id)" if mailing.reach == Reach.FIRST else "",
        place=_PLACE,
        allowed=ALLOWED,
    )
    params = {
        **named,
        "mailing": mailing.pk,
        "channels": list(mailing.channels),
        "today": today,
        "mobile": MOBILE,
        "quiet": QUIET,
        "urgent": mailing.urgent,
    }
    return template.format(recipients=recipients, state=_STATE, quiet=_QUIET), params


@dataclass
class Preview:
    """What a mailing would be, before anything is written: households, messages by channel, who is not reached."""

    households: int = 0
    channels: dict[str, int] = field(default_factory=dict)
    covered: int = 0
    unreachable: int = 0


def preview(mailing: Mailing, *, today: date, scope: Scope) -> Preview:
    """Counts by channel of a mailing that has not started (1 query). Nothing is written."""
    statement, params = _filled(_COUNT, mailing, today, scope)
    found = Preview(channels={str(channel): 0 for channel in mailing.channels})
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        for channel, state, many in cursor.fetchall():
            if state == DeliveryState.UNREACHABLE:
                found.unreachable += many
            elif state == DeliveryState.COVERED:
                found.covered += many
            else:
                found.channels[channel] += many
    found.households = found.covered + found.unreachable + sum(found.channels.values())
    if mailing.reach == Reach.ALL:
        compiled = compile_rule(check(mailing.audience), today, scope=scope)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM ({compiled.sql}) a", compiled.params)
            found.households = cursor.fetchone()[0]
    return found


def prepare(mailing: Mailing, *, now: datetime, today: date, scope: Scope) -> int:
    """One delivery for each household and channel (1 query). How many. Run twice, the second adds nothing."""
    statement, params = _filled(_PREPARE, mailing, today, scope)
    with connection.cursor() as cursor:
        cursor.execute(statement, {**params, "now": now})
        written = cursor.rowcount
        if written > 1000:
            cursor.execute("ANALYZE messaging_delivery")
    return written


# The next rung of those whom the last one did not reach, from the same rules.
_FALL_BACK = """
WITH fallen AS MATERIALIZED (
    SELECT m.id AS former, m.household_id AS id, m.rung, m.place FROM messaging_delivery m
    WHERE m.mailing_id = %(mailing)s AND NOT m.superseded AND m.channel <> ''
      AND (m.state IN ('bounced', 'refused') OR m.state = 'stopped' AND m.reason IN ('stop', 'changed', 'empty')
           OR m.state = 'covered' AND EXISTS (
               SELECT 1 FROM messaging_delivery o WHERE o.id = m.covered_by_id
               AND (o.state IN ('bounced', 'refused') OR o.state = 'stopped' AND o.reason IN ('stop', 'changed'))))
    LIMIT 1000 FOR UPDATE SKIP LOCKED),
points AS (
    SELECT DISTINCT ON (fallen.id, k.kind)
           fallen.id, p.id AS person_id, coalesce(p.languages[1], 'fr') AS language,
           CASE k.kind WHEN 'email' THEN 'email' ELSE 'sms' END AS channel, k.value AS "to"
    FROM fallen JOIN tenants_person p ON p.household_id = fallen.id
    JOIN tenants_contactpoint k ON k.person_id = p.id
    WHERE {eligible} AND k.status IN ('valid', 'unverified') AND k.whose = ''
      AND (k.kind = 'email' AND 'email' = ANY (%(channels)s)
           OR k.kind = 'phone' AND 'sms' = ANY (%(channels)s) AND k.value ~ %(mobile)s)
      AND {allowed}
      AND NOT EXISTS (SELECT 1 FROM messaging_delivery m WHERE m.mailing_id = %(mailing)s AND m."to" = k.value)
    ORDER BY fallen.id, k.kind, k.status = 'valid' DESC, k.verified_on DESC NULLS LAST,
             p.role = 'holder' DESC, p.birth_date, k.value),
known AS (
    SELECT id, person_id, language, channel, "to", array_position(%(channels)s, channel) - 1 AS rung FROM points
    UNION ALL
    SELECT DISTINCT ON (fallen.id) fallen.id, p.id, coalesce(p.languages[1], 'fr'), 'letter', '',
           array_position(%(channels)s, 'letter') - 1
    FROM fallen JOIN tenants_person p ON p.household_id = fallen.id
    JOIN tenants_household h ON h.id = fallen.id AND h.closed_on IS NULL AND h.dwelling_id IS NOT NULL
    WHERE {eligible} AND 'letter' = ANY (%(channels)s)),
ways AS (
    SELECT DISTINCT ON (fallen.former) fallen.*, known.person_id, known.language, known.channel, known."to",
           known.rung AS next_rung
    FROM fallen LEFT JOIN known ON known.id = fallen.id AND known.rung > fallen.rung
    ORDER BY fallen.former, known.rung),
singled AS (
    SELECT DISTINCT ON (channel, "to", CASE WHEN "to" = '' THEN former END) * FROM ways WHERE channel IS NOT NULL
    ORDER BY channel, "to", CASE WHEN "to" = '' THEN former END),
made AS (
    INSERT INTO messaging_delivery (mailing_id, household_id, person_id, channel, rung, "to", language, place, subject,
                                    body, state, reason, provider_id, detail)
    SELECT %(mailing)s, id, person_id, channel, next_rung, "to", language, place, '', '', 'waiting', '', '', ''
    FROM singled
    ON CONFLICT DO NOTHING
    RETURNING household_id),
marked AS (
    UPDATE messaging_delivery m SET superseded = true FROM singled
    WHERE m.id = singled.former AND singled.id IN (SELECT household_id FROM made) RETURNING 1)
SELECT count(*) FROM marked"""


def fall_back(mailing: Mailing, *, today: date) -> int:
    """Households whom their channel did not reach get the next one (1 query, a thousand at most). How many."""
    with connection.cursor() as cursor:
        cursor.execute(
            _FALL_BACK.format(eligible=ELIGIBLE.replace("%s", "%(today)s"), allowed=ALLOWED),
            {"mailing": mailing.pk, "channels": list(mailing.channels), "mobile": MOBILE, "today": today},
        )
        return cursor.fetchone()[0]


@dataclass(frozen=True, slots=True)
class Point:
    """Where one message for one household goes: whose number or address, and whose hours count there."""

    to: str
    person_id: UUID
    language: str
    place: str


_POINT = f"""
SELECT k.value, p.id, coalesce(p.languages[1], 'fr'), {_PLACE}
FROM tenants_household h
JOIN tenants_person p ON p.household_id = h.id
JOIN tenants_contactpoint k ON k.person_id = p.id
LEFT JOIN housing_dwelling d ON d.id = h.dwelling_id
LEFT JOIN housing_building b ON b.id = d.building_id
LEFT JOIN housing_residence r ON r.id = b.residence_id
WHERE h.id = %(household)s AND h.closed_on IS NULL AND {ELIGIBLE.replace("%s", "%(today)s")}
  AND k.status IN ('valid', 'unverified') AND k.whose = ''
  AND CASE %(channel)s WHEN 'email' THEN k.kind = 'email' ELSE k.kind = 'phone' AND k.value ~ %(mobile)s END
  AND {ALLOWED}
  AND NOT EXISTS (SELECT 1 FROM tenants_person q WHERE q.household_id = h.id AND q.protected_address
                  AND NOT q.deceased AND (q.left_on IS NULL OR q.left_on > %(today)s))
ORDER BY k.status = 'valid' DESC, k.verified_on DESC NULLS LAST, p.role = 'holder' DESC, p.birth_date, k.value
LIMIT 1"""


def point_of(household_id: UUID, channel: str, today: date) -> Point | None:
    """Where a message of its own for one household goes by this channel, by the rules of mailings (1 query).

    None when nothing may reach it: no such point, opposed, stopped, an address that is protected.
    """
    given: dict[str, Any] = {"household": household_id, "channel": str(channel), "today": today, "mobile": MOBILE}
    with connection.cursor() as cursor:
        cursor.execute(_POINT, given)
        row = cursor.fetchone()
    return Point(*row) if row else None


def states(mailing: Mailing) -> dict[str, int]:
    """How many deliveries that count stand in each state; they add up to the mailing's target (1 query)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, count(*) FROM messaging_delivery WHERE mailing_id = %s AND NOT superseded GROUP BY state",
            [mailing.pk],
        )
        found = dict(cursor.fetchall())
    return {state: found.get(state, 0) for state in DeliveryState.values}


def channel_states(mailing: Mailing) -> list[tuple[str, str, int]]:
    """Channel, state, how many, of every delivery, those replaced by another channel included (1 query)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT channel, state, count(*) FROM messaging_delivery WHERE mailing_id = %s
               GROUP BY channel, state ORDER BY channel, state""",
            [mailing.pk],
        )
        return cursor.fetchall()
