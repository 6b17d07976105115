"""The hand-out keeps to hours: those of the queue, at each household's own clock; their own wish; a rest after a grave
call. The calendar is rows (`dispatch_opening`), so no hour is worked out here.
"""

from importlib import import_module

from django.db import migrations

_FIRST = import_module("bienveille.engines.dispatch.migrations.0002_hand_out").CREATE
_PROMISED = import_module("bienveille.engines.dispatch.migrations.0004_promised_hours")
_TAKE = "CREATE FUNCTION dispatch_take("
_REOPEN = "-- Opens again the lanes"
_OBSTACLE = "CREATE FUNCTION dispatch_obstacle("
_HAND_OUT = "-- One household for one caller"

FORMER_TAKE = _FIRST[_FIRST.index(_TAKE) : _FIRST.index(_REOPEN)]
FORMER_OBSTACLE = _FIRST[_FIRST.index(_OBSTACLE) : _FIRST.index(_HAND_OUT)].replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)

PLACES = """
-- Code of the place of a commune (INSEE): whose clock and whose days off; empty in mainland France.
-- The same as `calling_hours.place_of`, and a test compares them.
CREATE FUNCTION dispatch_place(p_commune text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN CASE
    WHEN left(p_commune, 3) IN ('971', '972', '973', '974', '975', '976', '977', '978', '984', '986', '987', '988')
        THEN left(p_commune, 3)
    WHEN left(p_commune, 2) = '57' THEN '57'
    WHEN left(p_commune, 2) IN ('67', '68') THEN '67'
    ELSE '' END;

-- What a clock of that place shows at a moment.
CREATE FUNCTION dispatch_clock(p_place text, p_now timestamptz) RETURNS timestamp
LANGUAGE sql STABLE PARALLEL SAFE RETURN p_now AT TIME ZONE CASE p_place
    WHEN '971' THEN 'America/Guadeloupe' WHEN '972' THEN 'America/Martinique' WHEN '973' THEN 'America/Cayenne'
    WHEN '974' THEN 'Indian/Reunion' WHEN '975' THEN 'America/Miquelon' WHEN '976' THEN 'Indian/Mayotte'
    WHEN '977' THEN 'America/Guadeloupe' WHEN '978' THEN 'America/Guadeloupe' WHEN '984' THEN 'Indian/Kerguelen'
    WHEN '986' THEN 'Pacific/Wallis' WHEN '987' THEN 'Pacific/Tahiti' WHEN '988' THEN 'Pacific/Noumea'
    ELSE 'Europe/Paris' END;

-- Whether a household has said nothing against that day and that part of the day.
CREATE FUNCTION dispatch_suits(p_household uuid, p_day date, p_part text) RETURNS boolean
LANGUAGE sql STABLE RETURN NOT EXISTS (
    SELECT 1 FROM tenants_callwish w
    WHERE w.household_id = p_household
      AND (extract(isodow FROM p_day)::smallint = ANY (w.not_on)
           OR w.parts <> '{}' AND NOT p_part = ANY (w.parts)));

-- The part of the day of an hour, as `calling_hours.part_of` says it.
CREATE FUNCTION dispatch_part(p_clock timestamp) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN CASE
    WHEN p_clock::time < '13:00' THEN 'morning' WHEN p_clock::time < '17:00' THEN 'afternoon' ELSE 'evening' END;
"""

TAKE = """
-- Head of one lane, reserved for a caller; null when the lane has nobody ready (it is then shut, if that is sure).
-- `p_gentle`: the caller has just had a grave call, and is spared another one.
CREATE FUNCTION dispatch_take(
    p_queue uuid, p_lane bigint, p_caller uuid, p_now timestamptz, p_until timestamptz, p_gentle boolean)
RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    v_contact uuid;
BEGIN
    UPDATE dispatch_contact
    SET state = 'reserved', token = gen_random_uuid(), reserved_by_id = p_caller, reserved_at = p_now,
        lease_until = p_until
    WHERE id = (
        SELECT id FROM dispatch_contact
        WHERE lane_id = p_lane AND state = 'waiting' AND not_before IS NULL AND NOT (p_gentle AND hard)
        ORDER BY priority, id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id INTO v_contact;
    IF v_contact IS NULL AND pg_try_advisory_xact_lock(dispatch_lanes_lock(p_queue)) THEN
        UPDATE dispatch_lane SET open = false WHERE id = p_lane AND open AND NOT EXISTS (
            SELECT 1 FROM dispatch_contact WHERE lane_id = p_lane AND state = 'waiting' AND not_before IS NULL);
    END IF;
    RETURN v_contact;
END $$;
"""

OBSTACLE = """
-- Why a household may no longer be called; empty when it may. Oppositions, protections, departures, wishes and wrong
-- numbers keep coming after a queue is opened: they are looked at again each time somebody is about to be called.
CREATE OR REPLACE FUNCTION dispatch_obstacle(p_contact uuid, p_today date) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_obstacle text;
BEGIN
    SELECT CASE
        WHEN count(*) = 0 THEN 'moved'
        WHEN bool_or(p.protected_address) THEN 'protected'
        WHEN bool_and(p.opposed_on IS NOT NULL) THEN 'opposed'
        WHEN bool_or(w.in_writing) THEN 'writing'
        WHEN NOT bool_or(p.opposed_on IS NULL AND EXISTS (
            SELECT 1 FROM tenants_contactpoint t
            WHERE t.person_id = p.id AND t.kind = 'phone' AND t.status IN ('valid', 'unverified'))) THEN 'no_phone'
        ELSE '' END INTO v_obstacle
    FROM dispatch_contact c JOIN tenants_person p ON p.household_id = c.household_id
    LEFT JOIN tenants_callwish w ON w.household_id = c.household_id
    WHERE c.id = p_contact AND (p.left_on IS NULL OR p.left_on > p_today) AND NOT p.deceased;
    RETURN v_obstacle;
END $$;
"""

LATER = """
-- When a household may be called, by its wish and the hours of the queue: null when now suits, a moment to come, or
-- 'infinity' when no hour of the calendar suits both. Without a wish, or without a calendar, now suits.
CREATE FUNCTION dispatch_later(p_contact uuid, p_now timestamptz) RETURNS timestamptz
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_household uuid;
    v_queue uuid;
    v_place text;
    v_moment timestamptz;
BEGIN
    SELECT c.household_id, c.queue_id, l.place INTO v_household, v_queue, v_place
    FROM dispatch_contact c JOIN dispatch_lane l ON l.id = c.lane_id
    WHERE c.id = p_contact AND EXISTS (SELECT 1 FROM tenants_callwish w WHERE w.household_id = c.household_id);
    IF NOT FOUND THEN RETURN NULL; END IF;
    SELECT o.starts_at INTO v_moment FROM dispatch_opening o
    WHERE o.queue_id = v_queue AND o.place = v_place AND o.ends_at > p_now
      AND dispatch_suits(v_household, o.day, o.part)
    ORDER BY o.ends_at LIMIT 1;
    IF v_moment <= p_now THEN RETURN NULL; END IF;
    IF v_moment IS NULL AND EXISTS (
        SELECT 1 FROM dispatch_opening o WHERE o.queue_id = v_queue AND o.place = v_place AND o.ends_at > p_now)
    THEN RETURN 'infinity'; END IF;
    RETURN v_moment;
END $$;
"""

HAND_OUT = """
-- One household for one caller, or no row. Order: the one they already hold; a call they promised that is due;
-- then a language they speak, first wave first, their own agency first, best rank first; then promises of callers who
-- did not keep them; then lanes in a language nobody present speaks: better a difficult call than none.
-- Nobody outside the queue's hours, by the clock of where they live; nobody outside the hours they asked for, who are
-- put off; after a grave call, no other one for that caller within a day, unless it is promised and late.
CREATE OR REPLACE FUNCTION dispatch_hand_out(
    p_queue uuid, p_caller uuid, p_agency uuid, p_languages text[], p_now timestamptz, p_today date,
    p_reason text, p_channel text)
RETURNS TABLE (contact_id uuid, fresh boolean)
LANGUAGE plpgsql AS $$
DECLARE
    v_queue dispatch_queue%ROWTYPE;
    v_until timestamptz;
    v_contact uuid;
    v_planned uuid;
    v_wave smallint;
    v_lane bigint;
    v_round integer;
    v_obstacle text;
    v_places text[];
    v_gentle boolean;
    v_later timestamptz;
BEGIN
    SELECT * INTO v_queue FROM dispatch_queue WHERE id = p_queue;
    IF NOT FOUND THEN RETURN; END IF;
    v_until := p_now + make_interval(mins => v_queue.lease_minutes);

    -- Two tabs of one caller wait for each other: the second is served what the first was given.
    PERFORM pg_advisory_xact_lock(hashtextextended(p_caller::text || p_queue::text, 0));

    UPDATE dispatch_contact SET lease_until = v_until
    WHERE queue_id = p_queue AND reserved_by_id = p_caller RETURNING id INTO v_contact;
    IF v_contact IS NOT NULL THEN
        contact_id := v_contact; fresh := false; RETURN NEXT; RETURN;
    END IF;
    IF NOT v_queue.accepting THEN RETURN; END IF;

    -- Where it is an hour at which people are called; null when the queue has no hours of its own. A span lasts less
    -- than a day, so the index is read a few rows long.
    IF v_queue.windows <> '[]' THEN
        SELECT coalesce(array_agg(place), '{}') INTO v_places FROM dispatch_opening
        WHERE queue_id = p_queue AND ends_at > p_now AND ends_at < p_now + interval '1 day' AND starts_at <= p_now;
        IF v_places = '{}' THEN RETURN; END IF;
    END IF;

    SELECT a.hard AND a.at > p_now - interval '1 day' INTO v_gentle FROM dispatch_attempt a
    WHERE a.caller_id = p_caller AND a.undone_at IS NULL ORDER BY a.at DESC LIMIT 1;
    v_gentle := coalesce(v_gentle, false);

    LOOP
        v_contact := NULL;
        v_planned := NULL;
        SELECT p.id, p.contact_id INTO v_planned, v_contact
        FROM dispatch_plannedcall p
        JOIN dispatch_contact c ON c.id = p.contact_id
        JOIN dispatch_lane l ON l.id = c.lane_id
        LEFT JOIN dispatch_attempt a ON a.id = p.planned_by_id
        CROSS JOIN LATERAL (SELECT
            CASE WHEN l.place = '' THEN p_today ELSE dispatch_clock(l.place, p_now)::date END AS day) there
        WHERE p.caller_id = p_caller AND p.state = 'planned' AND p.due_on <= there.day
          AND (p.due_from IS NULL OR p.due_from <= p_now OR p.due_on < there.day)
          AND c.queue_id = p_queue AND c.reserved_by_id IS NULL
          AND (v_places IS NULL OR l.place = ANY (v_places))
          AND (NOT v_gentle OR NOT coalesce(a.hard, false) OR p.due_on < there.day)
          AND (p.due_from IS NOT NULL
               OR dispatch_suits(c.household_id, there.day, dispatch_part(dispatch_clock(l.place, p_now))))
        ORDER BY p.due_on, p.id LIMIT 1 FOR NO KEY UPDATE OF p, c SKIP LOCKED;

        IF v_contact IS NULL THEN
            -- ORDER BY keeps the planner on the index of those to be tried later; EXISTS makes it read the table.
            PERFORM 1 FROM dispatch_contact
            WHERE queue_id = p_queue AND not_before <= p_now ORDER BY not_before LIMIT 1;
            IF FOUND THEN
                PERFORM dispatch_wake(p_queue, p_now, 200);
            END IF;
        END IF;

        FOR v_round IN 1..2 LOOP
            EXIT WHEN v_contact IS NOT NULL;
            -- The common case costs two probes: the current wave, the caller's own agency.
            SELECT wave INTO v_wave FROM dispatch_lane
            WHERE queue_id = p_queue AND open AND (language = '' OR language = ANY (p_languages))
              AND (v_places IS NULL OR place = ANY (v_places))
            ORDER BY wave LIMIT 1;
            IF v_wave IS NOT NULL AND p_agency IS NOT NULL THEN
                FOR v_lane IN
                    SELECT id FROM dispatch_lane
                    WHERE queue_id = p_queue AND open AND wave = v_wave AND agency_id = p_agency
                      AND (language = '' OR language = ANY (p_languages))
                      AND (v_places IS NULL OR place = ANY (v_places))
                    ORDER BY language DESC, id
                LOOP
                    v_contact := dispatch_take(p_queue, v_lane, p_caller, p_now, v_until, v_gentle);
                    EXIT WHEN v_contact IS NOT NULL;
                END LOOP;
            END IF;
            -- Else the best head of all lanes, so that the oldest come first whatever their agency. Empty lanes come
            -- before: trying them shuts them.
            IF v_contact IS NULL THEN
                FOR v_lane IN
                    SELECT l.id FROM dispatch_lane l
                    LEFT JOIN LATERAL (
                        SELECT c.priority FROM dispatch_contact c
                        WHERE c.lane_id = l.id AND c.state = 'waiting' AND c.not_before IS NULL
                        ORDER BY c.priority, c.id LIMIT 1) AS head ON true
                    WHERE l.queue_id = p_queue AND l.open AND (l.language = '' OR l.language = ANY (p_languages))
                      AND (v_places IS NULL OR l.place = ANY (v_places))
                    ORDER BY l.wave, l.agency_id = p_agency DESC NULLS LAST, head.priority NULLS FIRST, l.id
                LOOP
                    v_contact := dispatch_take(p_queue, v_lane, p_caller, p_now, v_until, v_gentle);
                    EXIT WHEN v_contact IS NOT NULL;
                END LOOP;
            END IF;
            IF v_contact IS NULL THEN
                SELECT p.id, p.contact_id INTO v_planned, v_contact
                FROM dispatch_plannedcall p
                JOIN dispatch_contact c ON c.id = p.contact_id
                JOIN dispatch_lane l ON l.id = c.lane_id
                CROSS JOIN LATERAL (SELECT
                    CASE WHEN l.place = '' THEN p_today ELSE dispatch_clock(l.place, p_now)::date END AS day) there
                WHERE c.queue_id = p_queue AND p.state = 'planned' AND p.due_on < there.day
                  AND c.reserved_by_id IS NULL
                  AND (v_places IS NULL OR l.place = ANY (v_places))
                  AND (p.due_from IS NOT NULL
                       OR dispatch_suits(c.household_id, there.day, dispatch_part(dispatch_clock(l.place, p_now))))
                ORDER BY p.due_on, p.id LIMIT 1 FOR NO KEY UPDATE OF p, c SKIP LOCKED;
            END IF;
            IF v_contact IS NULL THEN
                FOR v_lane IN
                    SELECT id FROM dispatch_lane
                    WHERE queue_id = p_queue AND open AND language <> '' AND NOT language = ANY (p_languages)
                      AND (v_places IS NULL OR place = ANY (v_places))
                    ORDER BY wave, agency_id = p_agency DESC NULLS LAST, id
                LOOP
                    v_contact := dispatch_take(p_queue, v_lane, p_caller, p_now, v_until, v_gentle);
                    EXIT WHEN v_contact IS NOT NULL;
                END LOOP;
            END IF;
            -- Nothing left: perhaps somebody vanished with a household in hand.
            EXIT WHEN v_contact IS NOT NULL OR dispatch_wake(p_queue, p_now, 200) = 0;
        END LOOP;

        EXIT WHEN v_contact IS NULL;
        v_obstacle := dispatch_obstacle(v_contact, p_today);
        IF v_obstacle = '' AND v_planned IS NULL THEN
            v_later := dispatch_later(v_contact, p_now);
            IF v_later = 'infinity' THEN
                v_obstacle := 'hours';
            ELSIF v_later IS NOT NULL THEN
                -- Nobody saw it taken: it waits for the hour they asked for, then has its rank again.
                UPDATE dispatch_contact
                SET state = 'waiting', not_before = v_later, token = NULL, reserved_by_id = NULL, reserved_at = NULL,
                    lease_until = NULL
                WHERE id = v_contact;
                CONTINUE;
            END IF;
        END IF;
        EXIT WHEN v_obstacle = '';
        IF v_planned IS NOT NULL THEN
            -- A promise without a number is looked at again in a week: somebody may have found one.
            UPDATE dispatch_plannedcall
            SET state = CASE v_obstacle WHEN 'no_phone' THEN state ELSE 'cancelled' END, due_on = p_today + 7,
                due_from = due_from + make_interval(days => p_today + 7 - due_on)
            WHERE id = v_planned;
        ELSE
            UPDATE dispatch_contact
            SET state = CASE WHEN v_obstacle IN ('no_phone', 'writing', 'hours') THEN 'unreachable' ELSE 'withdrawn' END,
                reason = v_obstacle,
                token = NULL, reserved_by_id = NULL, reserved_at = NULL, lease_until = NULL
            WHERE id = v_contact;
        END IF;
        INSERT INTO accounts_auditentry (actor_id, action, subject_type, subject_id, reason, channel, detail)
        SELECT NULL, 'contact.changed', 'tenants.Household', household_id, p_reason, p_channel,
               jsonb_build_object('obstacle', v_obstacle)
        FROM dispatch_contact WHERE id = v_contact;
    END LOOP;

    IF v_contact IS NULL THEN RETURN; END IF;
    IF v_planned IS NOT NULL THEN
        UPDATE dispatch_contact
        SET token = gen_random_uuid(), reserved_by_id = p_caller, reserved_at = p_now, lease_until = v_until,
            planned_call_id = v_planned
        WHERE id = v_contact;
    END IF;
    INSERT INTO accounts_auditentry (actor_id, action, subject_type, subject_id, reason, channel, detail)
    SELECT p_caller, 'household.handed', 'tenants.Household', household_id, p_reason, p_channel, '{}'
    FROM dispatch_contact WHERE id = v_contact;
    contact_id := v_contact; fresh := true; RETURN NEXT;
END $$;
"""

CREATE = PLACES + TAKE + OBSTACLE + LATER + HAND_OUT
DROP = f"""
{_PROMISED.NEW}
{FORMER_OBSTACLE}
DROP FUNCTION dispatch_later(uuid, timestamptz);
{FORMER_TAKE}
DROP FUNCTION dispatch_take(uuid, bigint, uuid, timestamptz, timestamptz, boolean);
DROP FUNCTION dispatch_part(timestamp);
DROP FUNCTION dispatch_suits(uuid, date, text);
DROP FUNCTION dispatch_clock(text, timestamptz);
DROP FUNCTION dispatch_place(text);
"""
DROP_FORMER = "DROP FUNCTION dispatch_take(uuid, bigint, uuid, timestamptz, timestamptz);"
#: Households already chosen get the place of their home: their lanes have one only where all their homes share it.
SPLIT = """
INSERT INTO dispatch_lane (queue_id, wave, agency_id, language, place, open)
SELECT DISTINCT l.queue_id, l.wave, l.agency_id, l.language, dispatch_place(r.commune_id), true
FROM dispatch_contact c
JOIN dispatch_lane l ON l.id = c.lane_id
JOIN tenants_household h ON h.id = c.household_id
JOIN housing_dwelling d ON d.id = h.dwelling_id
JOIN housing_building b ON b.id = d.building_id
JOIN housing_residence r ON r.id = b.residence_id
WHERE dispatch_place(r.commune_id) <> '' AND l.place = ''
ON CONFLICT DO NOTHING;
UPDATE dispatch_contact c SET lane_id = there.id
FROM dispatch_lane l, dispatch_lane there, tenants_household h, housing_dwelling d, housing_building b,
     housing_residence r
WHERE l.id = c.lane_id AND h.id = c.household_id AND d.id = h.dwelling_id AND b.id = d.building_id
  AND r.id = b.residence_id AND l.place = '' AND dispatch_place(r.commune_id) <> ''
  AND there.queue_id = l.queue_id AND there.wave = l.wave AND there.agency_id IS NOT DISTINCT FROM l.agency_id
  AND there.language = l.language AND there.place = dispatch_place(r.commune_id);
"""


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0006_calling_hours"), ("tenants", "0011_call_wish")]

    operations = [
        migrations.RunSQL(CREATE, DROP),
        migrations.RunSQL(DROP_FORMER, migrations.RunSQL.noop),
        migrations.RunSQL(SPLIT, migrations.RunSQL.noop),
    ]
