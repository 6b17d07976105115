"""The hand-out, inside the database: one round trip, plans kept, locks taken in one order (docs/adr/0005)."""

from django.db import migrations

CREATE = """
-- Lanes of a queue are shut by one transaction at a time, which holds this lock alone; whoever puts a contact back
-- in a lane holds it shared until they commit. So nobody shuts a lane while a contact on its way back is unseen, and
-- nobody waits in a circle: who shuts only tries the lock, and never waits for anything afterwards.
CREATE FUNCTION dispatch_lanes_lock(p_queue uuid) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN hashtextextended(p_queue::text, 1);

-- Head of one lane, reserved for a caller; null when the lane has nobody ready (it is then shut, if that is sure).
CREATE FUNCTION dispatch_take(p_queue uuid, p_lane bigint, p_caller uuid, p_now timestamptz, p_until timestamptz)
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
        WHERE lane_id = p_lane AND state = 'waiting' AND not_before IS NULL
        ORDER BY priority, id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id INTO v_contact;
    IF v_contact IS NULL AND pg_try_advisory_xact_lock(dispatch_lanes_lock(p_queue)) THEN
        UPDATE dispatch_lane SET open = false WHERE id = p_lane AND open AND NOT EXISTS (
            SELECT 1 FROM dispatch_contact WHERE lane_id = p_lane AND state = 'waiting' AND not_before IS NULL);
    END IF;
    RETURN v_contact;
END $$;

-- Opens again the lanes that have somebody ready. Its caller holds the lanes' lock, shared or alone.
CREATE FUNCTION dispatch_reopen(p_queue uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM dispatch_lane WHERE queue_id = p_queue AND NOT open ORDER BY id FOR NO KEY UPDATE;
    UPDATE dispatch_lane l SET open = true
    WHERE queue_id = p_queue AND NOT open AND EXISTS (
        SELECT 1 FROM dispatch_contact c WHERE c.lane_id = l.id AND c.state = 'waiting' AND c.not_before IS NULL);
END $$;

-- Puts back in their lanes the contacts whose time has come, and those whose caller vanished. Returns how many.
-- The token stays: the caller who comes back may still save, as long as nobody else was given the household.
CREATE FUNCTION dispatch_wake(p_queue uuid, p_now timestamptz, p_limit integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    v_closed boolean;
    v_count integer;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(dispatch_lanes_lock(p_queue));
    SELECT closed_at IS NOT NULL INTO v_closed FROM dispatch_queue WHERE id = p_queue;
    WITH due AS (
        SELECT id FROM dispatch_contact
        WHERE queue_id = p_queue AND not_before <= p_now AND NOT v_closed
        ORDER BY not_before LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED),
    expired AS (
        SELECT id FROM dispatch_contact
        WHERE queue_id = p_queue AND reserved_by_id IS NOT NULL AND lease_until < p_now
        LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED),
    woken AS (
        UPDATE dispatch_contact
        SET not_before = NULL, reserved_by_id = NULL, reserved_at = NULL, lease_until = NULL, planned_call_id = NULL,
            state = CASE WHEN state <> 'reserved' THEN state WHEN v_closed THEN 'withdrawn' ELSE 'waiting' END,
            reason = CASE WHEN state = 'reserved' AND v_closed THEN 'closed' ELSE reason END
        WHERE id IN (SELECT id FROM due UNION SELECT id FROM expired)
        RETURNING id)
    SELECT count(*) INTO v_count FROM woken;
    IF v_count > 0 THEN
        PERFORM dispatch_reopen(p_queue);
    END IF;
    RETURN v_count;
END $$;

-- Why a household may no longer be called; empty when it may. Oppositions, protections, departures and wrong numbers
-- keep coming after a queue is opened: they are looked at again each time somebody is about to be called.
CREATE FUNCTION dispatch_obstacle(p_contact uuid, p_today date) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_obstacle text;
BEGIN
    SELECT CASE
        WHEN count(*) = 0 THEN 'moved'
        WHEN bool_or(p.protected_address) THEN 'protected'
        WHEN bool_and(p.opposed_on IS NOT NULL) THEN 'opposed'
        WHEN NOT bool_or(p.opposed_on IS NULL AND EXISTS (
            SELECT 1 FROM tenants_contactpoint t
            WHERE t.person_id = p.id AND t.kind = 'phone' AND t.status IN ('valid', 'unverified'))) THEN 'no_phone'
        ELSE '' END INTO v_obstacle
    FROM dispatch_contact c JOIN tenants_person p ON p.household_id = c.household_id
    WHERE c.id = p_contact AND (p.left_on IS NULL OR p.left_on > p_today) AND NOT p.deceased;
    RETURN v_obstacle;
END $$;

-- One household for one caller, or no row. Order: the one they already hold; a call they promised that is due;
-- then a language they speak, first wave first, their own agency first, best rank first; then promises of callers who
-- did not keep them; then lanes in a language nobody present speaks: better a difficult call than none.
CREATE FUNCTION dispatch_hand_out(
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

    LOOP
        v_contact := NULL;
        v_planned := NULL;
        SELECT p.id, p.contact_id INTO v_planned, v_contact
        FROM dispatch_plannedcall p JOIN dispatch_contact c ON c.id = p.contact_id
        WHERE p.caller_id = p_caller AND p.state = 'planned' AND p.due_on <= p_today
          AND c.queue_id = p_queue AND c.reserved_by_id IS NULL
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
            ORDER BY wave LIMIT 1;
            IF v_wave IS NOT NULL AND p_agency IS NOT NULL THEN
                FOR v_lane IN
                    SELECT id FROM dispatch_lane
                    WHERE queue_id = p_queue AND open AND wave = v_wave AND agency_id = p_agency
                      AND (language = '' OR language = ANY (p_languages))
                    ORDER BY language DESC, id
                LOOP
                    v_contact := dispatch_take(p_queue, v_lane, p_caller, p_now, v_until);
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
                    ORDER BY l.wave, l.agency_id = p_agency DESC NULLS LAST, head.priority NULLS FIRST, l.id
                LOOP
                    v_contact := dispatch_take(p_queue, v_lane, p_caller, p_now, v_until);
                    EXIT WHEN v_contact IS NOT NULL;
                END LOOP;
            END IF;
            IF v_contact IS NULL THEN
                SELECT p.id, p.contact_id INTO v_planned, v_contact
                FROM dispatch_plannedcall p JOIN dispatch_contact c ON c.id = p.contact_id
                WHERE c.queue_id = p_queue AND p.state = 'planned' AND p.due_on < p_today AND c.reserved_by_id IS NULL
                ORDER BY p.due_on, p.id LIMIT 1 FOR NO KEY UPDATE OF p, c SKIP LOCKED;
            END IF;
            IF v_contact IS NULL THEN
                FOR v_lane IN
                    SELECT id FROM dispatch_lane
                    WHERE queue_id = p_queue AND open AND language <> '' AND NOT language = ANY (p_languages)
                    ORDER BY wave, agency_id = p_agency DESC NULLS LAST, id
                LOOP
                    v_contact := dispatch_take(p_queue, v_lane, p_caller, p_now, v_until);
                    EXIT WHEN v_contact IS NOT NULL;
                END LOOP;
            END IF;
            -- Nothing left: perhaps somebody vanished with a household in hand.
            EXIT WHEN v_contact IS NOT NULL OR dispatch_wake(p_queue, p_now, 200) = 0;
        END LOOP;

        EXIT WHEN v_contact IS NULL;
        v_obstacle := dispatch_obstacle(v_contact, p_today);
        EXIT WHEN v_obstacle = '';
        IF v_planned IS NOT NULL THEN
            -- A promise without a number is looked at again in a week: somebody may have found one.
            UPDATE dispatch_plannedcall
            SET state = CASE v_obstacle WHEN 'no_phone' THEN state ELSE 'cancelled' END, due_on = p_today + 7
            WHERE id = v_planned;
        ELSE
            UPDATE dispatch_contact
            SET state = CASE v_obstacle WHEN 'no_phone' THEN 'unreachable' ELSE 'withdrawn' END, reason = v_obstacle,
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
DROP = """
DROP FUNCTION dispatch_hand_out(uuid, uuid, uuid, text[], timestamptz, date, text, text);
DROP FUNCTION dispatch_obstacle(uuid, date);
DROP FUNCTION dispatch_wake(uuid, timestamptz, integer);
DROP FUNCTION dispatch_reopen(uuid);
DROP FUNCTION dispatch_take(uuid, bigint, uuid, timestamptz, timestamptz);
DROP FUNCTION dispatch_lanes_lock(uuid);
"""


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0001_initial"), ("accounts", "0002_audit_append_only")]

    operations = [migrations.RunSQL(CREATE, DROP)]
