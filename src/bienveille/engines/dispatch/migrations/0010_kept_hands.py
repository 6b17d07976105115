"""The hand-out serves a caller their own list first, and leaves alone what stands on others' (docs/adr/0005).

`dispatch_take`, `dispatch_reopen`, `dispatch_wake` and `dispatch_hand_out` are replaced: a later change starts from here
(`NEW`). Three places of the hand-out know of lists: the head of the lanes, `dispatch_take_kept`, `dispatch_take_lent`.
"""

from importlib import import_module

from django.db import migrations

FIRST = import_module("bienveille.engines.dispatch.migrations.0002_hand_out").CREATE
HOURS = import_module("bienveille.engines.dispatch.migrations.0007_hand_out_hours")


def _function(text: str, name: str) -> str:
    """The text of one function, ready to replace itself."""
    start = text.index(f"CREATE FUNCTION {name}(")
    return "CREATE OR REPLACE" + text[start + len("CREATE") : text.index("END $$;", start) + len("END $$;")] + "\n"


def _replaced(text: str, former: str, new: str, times: int = 1) -> str:
    assert text.count(former) == times, former
    return text.replace(former, new)


TAKE = _function(HOURS.TAKE, "dispatch_take")
REOPEN, WAKE = (_function(FIRST, f"dispatch_{name}") for name in ("reopen", "wake"))
HAND_OUT = HOURS.HAND_OUT

NEW_TAKE = _replaced(TAKE, "AND not_before IS NULL", "AND not_before IS NULL\n          AND kept_for_id IS NULL", 2)
NEW_REOPEN = _replaced(REOPEN, "c.not_before IS NULL", "c.not_before IS NULL AND c.kept_for_id IS NULL")
# The end of a list is one more reason to be anybody's again.
NEW_WAKE = _replaced(
    _replaced(
        _replaced(WAKE, "    v_count integer;\n", "    v_count integer;\n    v_unkept integer;\n"),
        "    WITH due AS (",
        """    WITH over AS (
        SELECT id FROM dispatch_contact
        WHERE queue_id = p_queue AND kept_for_id IS NOT NULL AND kept_until <= p_now
        ORDER BY kept_until LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED),
    unkept AS (
        UPDATE dispatch_contact SET kept_for_id = NULL, kept_until = NULL, lent_from = NULL, kept_rank = 0
        WHERE id IN (SELECT id FROM over) RETURNING id)
    SELECT count(*) INTO v_unkept FROM unkept;
    WITH due AS (""",
    ),
    "    IF v_count > 0 THEN",
    "    v_count := v_count + v_unkept;\n    IF v_count > 0 THEN",
)
_OWN = _replaced(
    HAND_OUT,
    "            -- The common case costs two probes",
    """            -- Their own list of the week comes before what is anybody's.
            v_contact := dispatch_take_kept(p_queue, p_caller, p_now, v_until, v_gentle, v_places);
            EXIT WHEN v_contact IS NOT NULL;
            -- The common case costs two probes""",
)
_HEAD = _replaced(
    _OWN,
    "c.state = 'waiting' AND c.not_before IS NULL",
    "c.state = 'waiting' AND c.not_before IS NULL\n                          AND c.kept_for_id IS NULL",
)
NEW_HAND_OUT = _replaced(
    _HEAD,
    """            IF v_contact IS NULL THEN
                FOR v_lane IN
                    SELECT id FROM dispatch_lane
                    WHERE queue_id = p_queue AND open AND language <> ''""",
    """            -- Nobody else is left for them: somebody of another's list, once that list may be lent.
            IF v_contact IS NULL THEN
                v_contact := dispatch_take_lent(
                    p_queue, p_caller, p_languages, p_now, v_until, v_gentle, v_places);
            END IF;
            IF v_contact IS NULL THEN
                FOR v_lane IN
                    SELECT id FROM dispatch_lane
                    WHERE queue_id = p_queue AND open AND language <> ''""",
)
LISTS = """
-- The first of a caller's own list of the week, reserved for them; null when nobody of it is ready.
CREATE FUNCTION dispatch_take_kept(
    p_queue uuid, p_caller uuid, p_now timestamptz, p_until timestamptz, p_gentle boolean, p_places text[]) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    v_contact uuid;
BEGIN
    UPDATE dispatch_contact
    SET state = 'reserved', token = gen_random_uuid(), reserved_by_id = p_caller, reserved_at = p_now,
        lease_until = p_until
    WHERE id = (
        SELECT c.id FROM dispatch_contact c
        WHERE c.queue_id = p_queue AND c.kept_for_id = p_caller AND c.state = 'waiting' AND c.not_before IS NULL
          AND NOT (p_gentle AND c.hard)
          AND (p_places IS NULL OR EXISTS (
              SELECT 1 FROM dispatch_lane l WHERE l.id = c.lane_id AND l.place = ANY (p_places)))
        ORDER BY c.kept_rank, c.id LIMIT 1 FOR UPDATE OF c SKIP LOCKED)
    RETURNING id INTO v_contact;
    RETURN v_contact;
END $$;

-- Somebody of another's list that may be lent by now, in a language the caller speaks; null when there is none.
CREATE FUNCTION dispatch_take_lent(
    p_queue uuid, p_caller uuid, p_languages text[], p_now timestamptz, p_until timestamptz, p_gentle boolean,
    p_places text[]) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    v_contact uuid;
BEGIN
    UPDATE dispatch_contact
    SET state = 'reserved', token = gen_random_uuid(), reserved_by_id = p_caller, reserved_at = p_now,
        lease_until = p_until
    WHERE id = (
        SELECT c.id FROM dispatch_contact c
        WHERE c.queue_id = p_queue AND c.kept_for_id IS NOT NULL AND c.lent_from <= p_now
          AND c.state = 'waiting' AND c.not_before IS NULL
          AND NOT (p_gentle AND c.hard)
          AND EXISTS (SELECT 1 FROM dispatch_lane l WHERE l.id = c.lane_id
                      AND (l.language = '' OR l.language = ANY (p_languages))
                      AND (p_places IS NULL OR l.place = ANY (p_places)))
        ORDER BY c.lent_from LIMIT 1 FOR UPDATE OF c SKIP LOCKED)
    RETURNING id INTO v_contact;
    RETURN v_contact;
END $$;

-- Frees the lists of a caller, in one queue or in all: who they were kept for are anybody's again, at once. Gives how
-- many. Locks as whoever puts contacts back: the lanes first, then the contacts in the order of their keys.
CREATE FUNCTION dispatch_free_lists(p_user uuid, p_queue uuid, p_now timestamptz) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    v_queue uuid;
    v_count integer;
    v_total integer := 0;
BEGIN
    FOR v_queue IN
        SELECT DISTINCT p.queue_id FROM dispatch_batch b JOIN dispatch_weekplan p ON p.id = b.plan_id
        WHERE b.caller_id = p_user AND b.ended_at IS NULL AND p.state = 'confirmed'
          AND (p_queue IS NULL OR p.queue_id = p_queue)
        ORDER BY 1
    LOOP
        PERFORM pg_advisory_xact_lock_shared(dispatch_lanes_lock(v_queue));
        PERFORM 1 FROM dispatch_contact c
        WHERE c.queue_id = v_queue AND c.kept_for_id = p_user AND c.id IN (
            SELECT l.contact_id FROM dispatch_batchline l JOIN dispatch_batch b ON b.id = l.batch_id
            WHERE b.caller_id = p_user AND b.ended_at IS NULL)
        ORDER BY c.id FOR NO KEY UPDATE;
        UPDATE dispatch_contact c
        SET kept_for_id = NULL, kept_until = NULL, lent_from = NULL, kept_rank = 0
        WHERE c.queue_id = v_queue AND c.kept_for_id = p_user AND c.id IN (
            SELECT l.contact_id FROM dispatch_batchline l JOIN dispatch_batch b ON b.id = l.batch_id
            WHERE b.caller_id = p_user AND b.ended_at IS NULL);
        GET DIAGNOSTICS v_count = ROW_COUNT;
        v_total := v_total + v_count;
        UPDATE dispatch_batch b SET ended_at = p_now
        FROM dispatch_weekplan p
        WHERE p.id = b.plan_id AND p.queue_id = v_queue AND p.state = 'confirmed' AND b.caller_id = p_user
          AND b.ended_at IS NULL;
        PERFORM dispatch_reopen(v_queue);
    END LOOP;
    RETURN v_total;
END $$;

-- Whatever closes an account (a screen, a staff file), its lists are freed in the same transaction.
CREATE FUNCTION dispatch_caller_left() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM dispatch_free_lists(NEW.id, NULL, now());
    RETURN NULL;
END $$;
CREATE TRIGGER dispatch_caller_left AFTER UPDATE OF is_active ON accounts_user
FOR EACH ROW WHEN (OLD.is_active AND NOT NEW.is_active) EXECUTE FUNCTION dispatch_caller_left();
"""
DROP = """
DROP TRIGGER dispatch_caller_left ON accounts_user;
DROP FUNCTION dispatch_caller_left();
DROP FUNCTION dispatch_free_lists(uuid, uuid, timestamptz);
DROP FUNCTION dispatch_take_lent(uuid, uuid, text[], timestamptz, timestamptz, boolean, text[]);
DROP FUNCTION dispatch_take_kept(uuid, uuid, timestamptz, timestamptz, boolean, text[]);
"""
NEW = NEW_TAKE + NEW_REOPEN + NEW_WAKE + LISTS + NEW_HAND_OUT
FORMER = HAND_OUT + WAKE + REOPEN + TAKE + DROP


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0009_week_lists")]

    operations = [migrations.RunSQL(NEW, FORMER)]
