"""The statements that apply a tenants' export, in the order of their use (`operations/tenants.py`).

`imp_tenant` holds the typed rows, `imp_lease` one line per lease, `imp_match` the same beside what the register knows,
`imp_person` the people who are there.
"""

STAGE = """
CREATE TEMP TABLE imp_tenant (
    row integer, lease text, kind text, dwelling text, entry date, exit date, title text, last_name text,
    first_name text, birth date, role text, marital text, languages varchar[], phones text[], whose text[],
    emails text[], disabled boolean, fingerprint bigint, key text, signature bigint, doubtful boolean,
    person_id uuid, phone_id uuid, email_id uuid, lease_key uuid, household_key uuid
) ON COMMIT DROP;
CREATE TEMP TABLE imp_doubtful_lease (number text) ON COMMIT DROP
"""
# Nearly always none, which is what the planner expects: joined, another landlord's file would be compared row by row
# with each of its codes. `IS TRUE` keeps them in a table looked up by hash.
UNKNOWN_DWELLINGS = """
WITH named AS MATERIALIZED (SELECT DISTINCT dwelling AS code FROM imp_tenant WHERE kind = 'housing'),
unknown AS MATERIALIZED (
    SELECT code FROM named WHERE NOT EXISTS (SELECT FROM housing_dwelling d WHERE d.code = named.code))
DELETE FROM imp_tenant t WHERE t.kind = 'housing' AND (t.dwelling IN (SELECT code FROM unknown)) IS TRUE
RETURNING t.row, t.dwelling, t.lease
"""
# Who bears a name that several rows of a lease have, of those already here: the first by their key, the others by
# theirs without its number. Two joins by equality: a single one by "begins with" compares everybody with everybody.
KNOWN_HOMONYMS = """
SELECT h.key, p.erp_key, p.birth_date FROM imp_homonym h JOIN tenants_person p ON p.erp_key = h.key
UNION ALL
SELECT h.key, p.erp_key, p.birth_date FROM imp_homonym h JOIN tenants_person p
  ON regexp_replace(p.erp_key, '#[0-9]+$', '') = h.key
WHERE p.erp_key LIKE '%#%' AND p.erp_key ~ '#[0-9]+$'
"""
# One line per lease: the earliest entry, open as soon as one row is; its first row decides home and kind.
# `speaker` is the row that names the household: a holder first, of those who are still there.
# `signature` is that of the rows together; -3 less it when a cell is doubtful, which is told every night; null when the
# rows must be read again whatever happens (without its refused row, the rest of a lease would look unchanged). `due_on`
# is the first day on which the same rows will mean something else.
LEASES = """
CREATE TEMP TABLE imp_lease ON COMMIT DROP AS
WITH read AS (
    SELECT lease AS number, min(row) AS row, min(entry) AS entry,
           CASE WHEN bool_or(exit IS NULL) THEN NULL ELSE max(exit) END AS exit,
           min(kind) AS kind, min(dwelling) AS dwelling,
           min(kind) <> max(kind) OR min(dwelling) <> max(dwelling) AS torn,
           min(row + 3000000000::bigint * (
               CASE role WHEN 'holder' THEN 0 WHEN 'co_holder' THEN 1 ELSE 2 END
               + CASE WHEN exit < %(today)s THEN 3 ELSE 0 END)) %% 3000000000::bigint AS speaker,
           (sum(signature) %% 4611686018427387904)::bigint AS signature, bool_or(doubtful) AS doubtful,
           count(*) FILTER (WHERE exit IS NULL OR exit >= %(today)s) AS people,
           LEAST(min(exit) FILTER (WHERE exit >= %(today)s) + 1,
                 CASE WHEN bool_or(disabled) THEN %(marks_until)s::date END) AS due_on,
           any_value(lease_key) AS lease_key, any_value(household_key) AS household_key
    FROM imp_tenant GROUP BY lease
)
SELECT r.number, r.row, r.entry, r.exit, r.torn, r.speaker, r.kind, r.dwelling, r.people, r.due_on,
       r.lease_key, r.household_key,
       CASE WHEN NOT r.torn AND NOT EXISTS (SELECT FROM imp_doubtful_lease d WHERE d.number = r.number)
            THEN CASE WHEN r.doubtful THEN -3 - r.signature ELSE r.signature END END AS signature,
       r.kind = 'housing' AND (r.exit IS NULL OR r.exit >= %(today)s) AS open
FROM read r
"""
TORN = """
UPDATE imp_lease l SET kind = t.kind, dwelling = t.dwelling,
       open = t.kind = 'housing' AND (l.exit IS NULL OR l.exit >= %(today)s)
FROM imp_tenant t WHERE l.torn AND t.row = l.row
"""
TORN_ROWS = """
SELECT t.row, t.dwelling, l.number FROM imp_tenant t JOIN imp_lease l ON l.number = t.lease
WHERE l.torn AND (t.dwelling, t.kind) IS DISTINCT FROM (l.dwelling, l.kind) ORDER BY t.row
"""
# Leases whose people were erased are known by a digest of their number: those that the file lists are found by it, for
# the time of the import. One that has ended makes nobody again; one that runs once more is somebody who lives there.
ERASED_LISTED = """
UPDATE tenants_lease l SET number = i.number FROM imp_lease i WHERE l.number = tenants_erased_number(i.number)
"""
ERASED_LEASES = """
SELECT count(*) FROM tenants_lease l JOIN imp_lease i USING (number) WHERE l.erased_on IS NOT NULL AND NOT i.open
"""
ERASED_AGAIN = """
UPDATE tenants_lease SET number = tenants_erased_number(number)
WHERE erased_on IS NOT NULL AND NOT starts_with(number, 'effacé:')
"""
# `at_home`: the household lives there already.
MATCHED_LEASES = """
CREATE TEMP TABLE imp_match ON COMMIT DROP AS
SELECT i.*, d.id AS dwelling_id, COALESCE(l.id, i.lease_key, uuidv7()) AS lease_id, l.id IS NULL AS new_lease,
       l.exit AS old_exit,
       COALESCE(l.household_id, CASE WHEN i.open THEN COALESCE(i.household_key, uuidv7()) END) AS household_id,
       l.household_id IS NULL AND i.open AS new_household, h.name AS old_name,
       h.id IS NOT NULL AND h.closed_on IS NULL AND h.dwelling_id IS NOT DISTINCT FROM d.id AS at_home
FROM imp_lease i LEFT JOIN housing_dwelling d ON d.code = i.dwelling LEFT JOIN tenants_lease l ON l.number = i.number
LEFT JOIN tenants_household h ON h.id = l.household_id
"""
# What was written straight (`straight_load.py`): one line per lease, its first row, how many people.
STRAIGHT = """
CREATE TEMP TABLE imp_straight (
    row integer, people integer, number text, dwelling text, entry date, signature bigint, name text, lease_id uuid,
    household_id uuid
) ON COMMIT DROP
"""
# Rows of one lease that do not follow one another, a home that nobody knows: to be typed as the others.
DOUBTED = """
CREATE TEMP TABLE imp_doubted ON COMMIT DROP AS
SELECT s.row, s.people, s.number, s.household_id FROM imp_straight s
WHERE NOT EXISTS (SELECT FROM housing_dwelling d WHERE d.code = s.dwelling) OR s.number IN (
    SELECT number FROM imp_straight GROUP BY number HAVING count(*) > 1
    UNION ALL SELECT lease FROM imp_tenant UNION ALL SELECT number FROM imp_doubtful_lease)
"""
TAKEN_BACK = (
    "ANALYZE imp_doubted",
    """DELETE FROM tenants_contactpoint c USING tenants_person p, imp_doubted b
    WHERE p.id = c.person_id AND p.household_id = b.household_id""",
    "DELETE FROM tenants_person p USING imp_doubted b WHERE p.household_id = b.household_id",
    "DELETE FROM imp_straight s USING imp_doubted b WHERE s.household_id = b.household_id",
)
STRAIGHT_HOUSEHOLDS = """
INSERT INTO tenants_household (id, dwelling_id, name)
SELECT s.household_id, d.id, s.name FROM imp_straight s JOIN housing_dwelling d ON d.code = s.dwelling
"""
STRAIGHT_LEASES = """
INSERT INTO tenants_lease (id, number, kind, household_id, dwelling_id, dwelling_code, entry, erp_signature, erp_people)
SELECT s.lease_id, s.number, 'housing', s.household_id, d.id, s.dwelling, s.entry, s.signature, s.people
FROM imp_straight s JOIN housing_dwelling d ON d.code = s.dwelling
"""
HOUSEHOLD_NAME = """left(concat_ws(' ', CASE t.title WHEN 'mrs' THEN 'Mme' WHEN 'mr' THEN 'M.' END,
       NULLIF(t.first_name, ''), t.last_name), 250)"""
NEW_HOUSEHOLDS = f"""
INSERT INTO tenants_household (id, dwelling_id, name)
SELECT m.household_id, m.dwelling_id, {HOUSEHOLD_NAME}
FROM imp_match m JOIN imp_tenant t ON t.row = m.speaker WHERE m.new_household
"""
# A garage whose household is still unknown is read every night: somebody may come who bears its holder's name.
_SIGNATURE = "CASE WHEN m.kind = 'housing' OR m.household_id IS NOT NULL THEN m.signature END"
_PEOPLE = "CASE WHEN m.open THEN m.people ELSE 0 END"
NEW_LEASES = f"""
INSERT INTO tenants_lease (id, number, kind, household_id, dwelling_id, dwelling_code, entry, exit, erp_signature,
                           erp_people, erp_due_on)
SELECT lease_id, number, kind, household_id, dwelling_id, dwelling, entry, exit, {_SIGNATURE}, {_PEOPLE}, due_on
FROM imp_match m WHERE new_lease
"""
NEW_RUNNING_LEASES = """
SELECT count(*) FROM imp_match WHERE new_lease AND (exit IS NULL OR exit >= %(today)s)
"""
# What the file no longer says stays, unless it cannot be true any more: an end before the beginning, the end of a lease
# that was only absent from a complete file.
_ENTRY = "CASE WHEN m.entry IS NULL AND m.exit < l.entry THEN NULL ELSE COALESCE(m.entry, l.entry) END"
_EXIT = """CASE WHEN %(has_exit)s THEN m.exit
    WHEN l.erp_absent_on IS NOT NULL OR l.exit < COALESCE(m.entry, l.entry) THEN NULL ELSE l.exit END"""
# How many were written, how many more run.
CHANGED_LEASES = f"""
WITH changed AS (
UPDATE tenants_lease l SET kind = m.kind, dwelling_id = m.dwelling_id, dwelling_code = m.dwelling, entry = {_ENTRY},
       exit = {_EXIT}, household_id = m.household_id, erp_signature = {_SIGNATURE}, erp_people = {_PEOPLE},
       erp_due_on = m.due_on, erp_absent_on = NULL,
       erased_on = CASE WHEN m.household_id IS NULL THEN l.erased_on END
FROM imp_match m
WHERE l.id = m.lease_id AND NOT m.new_lease AND (
    l.kind, l.dwelling_id, l.dwelling_code, l.entry, l.exit, l.household_id, l.erp_signature, l.erp_people,
    l.erp_due_on, l.erp_absent_on
) IS DISTINCT FROM (
    m.kind, m.dwelling_id, m.dwelling, {_ENTRY}, {_EXIT}, m.household_id, {_SIGNATURE}, {_PEOPLE}, m.due_on, NULL)
RETURNING old.exit IS NULL OR old.exit >= %(today)s AS ran, new.exit IS NULL OR new.exit >= %(today)s AS runs
) SELECT count(*), count(*) FILTER (WHERE runs) - count(*) FILTER (WHERE ran) FROM changed
"""
# A household closed here by hand stays closed; one that the file had closed comes back with its lease.
MOVED_HOUSEHOLDS = """
WITH moved AS (
UPDATE tenants_household h SET dwelling_id = m.dwelling_id, closed_on = NULL
FROM imp_match m
WHERE h.id = m.household_id AND m.open AND NOT m.new_lease AND NOT m.new_household AND NOT m.at_home
  AND (h.closed_on IS NULL OR m.old_exit < %(today)s)
  AND (h.dwelling_id, h.closed_on) IS DISTINCT FROM (m.dwelling_id, NULL)
RETURNING old.closed_on
) SELECT count(closed_on) FROM moved
"""
# A household added here by hand, whose home and whose name the file now has under a contract.
TAKEN_OVER = """
UPDATE imp_match m SET household_id = found.id, new_household = false
FROM (
    SELECT n.number, min(h.id::text)::uuid AS id
    FROM imp_match n JOIN tenants_household h ON h.dwelling_id = n.dwelling_id AND h.closed_on IS NULL
    JOIN tenants_person p ON p.household_id = h.id AND p.erp_key IS NULL
    JOIN imp_tenant t ON t.lease = n.number AND p.search = substr(t.key, length(t.lease) + 2)
    WHERE n.new_household AND NOT EXISTS (SELECT FROM tenants_lease l WHERE l.household_id = h.id)
    GROUP BY n.number
) found
WHERE m.number = found.number
  AND NOT EXISTS (SELECT FROM imp_match o WHERE o.household_id = found.id)
"""
# People added here by hand whom the file now lists, each once.
ADOPTED = """
UPDATE tenants_person p SET erp_key = found.key
FROM (
    SELECT DISTINCT ON (t.key) t.key, o.id
    FROM imp_tenant t JOIN imp_match m ON m.number = t.lease AND m.open
    JOIN tenants_person o ON o.household_id = m.household_id AND o.erp_key IS NULL AND o.merged_into_id IS NULL
        AND o.search = substr(t.key, length(t.lease) + 2)
    WHERE NOT EXISTS (SELECT FROM tenants_person k WHERE k.erp_key = t.key)
    ORDER BY t.key, o.left_on DESC NULLS FIRST, o.id
) found
WHERE p.id = found.id
"""
# Somebody merged into another is left alone; what the row says of numbers goes to the one who stands for both.
PEOPLE = """
CREATE TEMP TABLE imp_person ON COMMIT DROP AS
SELECT t.row, m.household_id, COALESCE(p.id, t.person_id) AS person_id, p.id IS NULL AS new, p.merged_into_id,
       p.merged_into_id IS NULL AND p.erp_fingerprint IS DISTINCT FROM t.fingerprint AS touched,
       p.merged_into_id IS NOT NULL AND p.erp_fingerprint IS DISTINCT FROM t.fingerprint AS merged_touched
FROM imp_tenant t JOIN imp_match m ON m.number = t.lease LEFT JOIN tenants_person p ON p.erp_key = t.key
WHERE m.open AND (t.exit IS NULL OR t.exit >= %(today)s)
"""
# Into an empty register: the rows themselves, so that nothing is looked up again by the two statements that follow.
FIRST_PEOPLE = """
CREATE TEMP TABLE imp_person ON COMMIT DROP AS
SELECT t.row, t.title, t.last_name, t.first_name, t.birth, t.role, t.marital, t.languages, t.phones, t.whose, t.emails,
       t.fingerprint, t.key, t.person_id, t.phone_id, t.email_id, m.household_id, true AS new,
       NULL::uuid AS merged_into_id, true AS touched, false AS merged_touched
FROM imp_tenant t JOIN imp_match m ON m.number = t.lease
WHERE m.open AND (t.exit IS NULL OR t.exit >= %(today)s)
"""
_INSERT_PEOPLE = """
INSERT INTO tenants_person (id, household_id, erp_key, erp_fingerprint, title, last_name, first_name, birth_date, role,
                            marital_status, languages, best_time, deceased, protected_address)
SELECT n.person_id, n.household_id, t.key, t.fingerprint, t.title, t.last_name, t.first_name, t.birth, t.role,
       t.marital, t.languages, '', false, false
"""
NEW_PEOPLE = f"{_INSERT_PEOPLE} FROM imp_person n JOIN imp_tenant t ON t.row = n.row WHERE n.new"
FIRST_NEW_PEOPLE = f"{_INSERT_PEOPLE.replace('n.', 't.')} FROM imp_person t"
# Each field as the file writes it, and what becomes of it. What somebody corrected here stays as long as the file says
# what it said then (`file_said`): a new number in the row does not bring a wrong birth date back.
FILE_TEXTS = {
    "title": "t.title",
    "last_name": "t.last_name",
    "first_name": "t.first_name",
    "birth_date": "t.birth::text",
    "role": "t.role",
    "marital_status": "t.marital",
    "languages": "array_to_string(t.languages, ',')",
}
FILE_WINS = {
    "title": "COALESCE(NULLIF(t.title, ''), p.title)",
    "last_name": "t.last_name",
    "first_name": "COALESCE(NULLIF(t.first_name, ''), p.first_name)",
    "birth_date": "COALESCE(t.birth, p.birth_date)",
    "role": "t.role",
    "marital_status": "COALESCE(NULLIF(t.marital, ''), p.marital_status)",
    "languages": "CASE WHEN t.languages = '{}' THEN p.languages ELSE t.languages END",
}
FACTS = ", ".join(
    f"CASE WHEN p.file_said ->> '{name}' = {FILE_TEXTS[name]} THEN p.{name} ELSE {wins} END"
    for name, wins in FILE_WINS.items()
)
STILL_SAID = f"""CASE WHEN p.file_said = '{{}}' THEN p.file_said ELSE (
    SELECT COALESCE(jsonb_object_agg(said.key, said.value), '{{}}') FROM jsonb_each_text(p.file_said) said
    LEFT JOIN (VALUES {", ".join(f"('{name}', {text})" for name, text in FILE_TEXTS.items())}) now (key, value)
      ON now.key = said.key
    WHERE now.key IS NULL OR COALESCE(now.value, '') IN (said.value, '')) END"""
KNOWN = f"n.household_id, {FACTS}, CASE WHEN p.deceased THEN p.left_on END, {STILL_SAID}"
_WRITTEN = ("household_id", *FILE_WINS, "left_on", "file_said")
CHANGED_PEOPLE = f"""
WITH read AS (
    UPDATE tenants_person p SET ({", ".join(_WRITTEN)}, erp_fingerprint) = ROW({KNOWN}, t.fingerprint)
    FROM imp_person n JOIN imp_tenant t ON t.row = n.row
    WHERE p.id = n.person_id AND NOT n.new AND n.touched
    RETURNING p.id, (old.left_on IS NOT NULL AND new.left_on IS NULL)::integer AS back,
        ({", ".join(f"old.{name}" for name in _WRITTEN)})
        IS DISTINCT FROM ({", ".join(f"new.{name}" for name in _WRITTEN)}) AS differs
) INSERT INTO imp_updated (person_id, people) SELECT id, back FROM read WHERE differs
"""
POINTS = """
SELECT n.person_id, 'phone' AS kind, u.number AS value, u.whose
FROM imp_person n JOIN imp_tenant t ON t.row = n.row, unnest(t.phones, t.whose) AS u (number, whose)
WHERE n.new = {new} AND n.touched
UNION ALL
SELECT n.person_id, 'email', e, '' FROM imp_person n JOIN imp_tenant t ON t.row = n.row, unnest(t.emails) AS e
WHERE n.new = {new} AND n.touched
"""
INSERT_POINTS = "INSERT INTO tenants_contactpoint (id, person_id, kind, value, whose, status, source) "
# Of whom something was written; `people`, `phones`: how many more are there.
UPDATED = """
CREATE TEMP TABLE imp_updated (person_id uuid, people integer DEFAULT 0, phones integer DEFAULT 0) ON COMMIT DROP
"""
NEW_PHONES = """
SELECT coalesce(sum(cardinality(t.phones)), 0) FROM imp_person n JOIN imp_tenant t ON t.row = n.row
WHERE n.new AND n.touched
"""
NEW_POINTS = f"""
{INSERT_POINTS} SELECT uuidv7(), person_id, kind, value, whose, 'valid', 'erp'
FROM ({POINTS.format(new="true")}) s
"""
# Nearly everybody has one number and one address at most: a subscript costs less than taking an array apart.
FIRST_POINTS = f"""
{INSERT_POINTS} SELECT id, person_id, kind, value, whose, 'valid', 'erp' FROM (
    SELECT phone_id AS id, person_id, 'phone' AS kind, phones[1] AS value, whose[1] AS whose
    FROM imp_person WHERE phones <> '{{}}'
    UNION ALL SELECT email_id, person_id, 'email', emails[1], '' FROM imp_person WHERE emails <> '{{}}'
    UNION ALL SELECT uuidv7(), t.person_id, 'phone', u.number, u.whose
    FROM imp_person t, unnest(t.phones[2:], t.whose[2:]) AS u (number, whose) WHERE cardinality(t.phones) > 1
    UNION ALL SELECT uuidv7(), t.person_id, 'email', e, ''
    FROM imp_person t, unnest(t.emails[2:]) AS e WHERE cardinality(t.emails) > 1
) s
"""
# What the file says of the numbers of those whose row changed, read once: three statements then look at few of them.
# A number that the file replaced by another is not called before somebody checks it; nobody here had judged it.
KNOWN_POINTS = """
CREATE TEMP TABLE imp_point ON COMMIT DROP AS
SELECT c.id, c.person_id, c.kind, c.value, CASE
    WHEN c.source <> 'erp' OR c.status_changed_by_id IS NOT NULL THEN NULL
    WHEN c.status = 'unverified' AND c.value = ANY (t.phones || t.emails) THEN 'valid'
    WHEN c.status = 'valid' AND c.verified_on IS NULL
     AND ((c.kind = 'phone' AND t.phones <> '{}' AND c.value <> ALL (t.phones))
       OR (c.kind = 'email' AND t.emails <> '{}' AND c.value <> ALL (t.emails)))
     AND NOT EXISTS (SELECT FROM tenants_person o WHERE o.merged_into_id = c.person_id) THEN 'unverified'
    END AS becomes
FROM imp_person n JOIN imp_tenant t ON t.row = n.row JOIN tenants_contactpoint c ON c.person_id = n.person_id
WHERE NOT n.new AND n.touched
"""
# Somebody may have judged it meanwhile.
JUDGED_POINTS = """
WITH judged AS (
    UPDATE tenants_contactpoint c SET status = i.becomes FROM imp_point i
    WHERE i.becomes IS NOT NULL AND c.id = i.id AND c.status_changed_by_id IS NULL
      AND CASE i.becomes WHEN 'valid' THEN c.status = 'unverified' ELSE c.status = 'valid' AND c.verified_on IS NULL END
    RETURNING c.person_id, CASE WHEN c.kind <> 'phone' THEN 0 WHEN c.status = 'valid' THEN 1 ELSE -1 END AS phones
) INSERT INTO imp_updated (person_id, phones) SELECT person_id, phones FROM judged
"""
ADDED_POINTS = f"""
WITH added AS (
    {INSERT_POINTS} SELECT uuidv7(), person_id, kind, value, whose, 'valid', 'erp'
    FROM ({POINTS.format(new="false")}) s
    WHERE NOT EXISTS (
        SELECT FROM imp_point i WHERE (i.person_id, i.kind, i.value) = (s.person_id, s.kind, s.value))
    ON CONFLICT (person_id, kind, value) DO NOTHING RETURNING person_id, (kind = 'phone')::integer AS phones
) INSERT INTO imp_updated (person_id, phones) SELECT person_id, phones FROM added
"""
MARKS = """
INSERT INTO tenants_mark (id, person_id, kind, source, purpose, noted_on, expires_on)
SELECT uuidv7(), n.person_id, %(mark)s, 'erp', %(purpose)s, %(today)s,
       %(today)s::date + make_interval(months => %(months)s)
FROM imp_person n JOIN imp_tenant t ON t.row = n.row WHERE t.disabled
ON CONFLICT (person_id, kind) DO NOTHING
"""
_PERSON_NAME = HOUSEHOLD_NAME.replace("t.", "p.")  # as the register knows them: an emptied cell takes no title away
# The household takes the name of the row that speaks for it when that row has changed, or when nobody who lives there
# bears its name any more. A name corrected here stays, and nobody is called by the name of somebody who died. Few are
# called otherwise: an array of them is looked up, where a join would read every household.
RENAMED_HOUSEHOLDS = f"""
WITH called AS MATERIALIZED (
    SELECT m.household_id, n.touched, {_PERSON_NAME} AS name
    FROM imp_match m JOIN imp_person n ON n.row = m.speaker JOIN tenants_person p ON p.id = n.person_id
    WHERE NOT m.new_household AND m.old_name IS DISTINCT FROM {_PERSON_NAME}
      AND p.left_on IS NULL AND NOT p.deceased AND NOT p.file_said ?| ARRAY['title', 'last_name', 'first_name']
)
UPDATE tenants_household h SET name = c.name FROM called c
WHERE h.id = ANY (ARRAY(SELECT household_id FROM called)) AND h.id = c.household_id AND h.name <> c.name
  AND (c.touched OR 0 = (
    SELECT count(*) FROM tenants_person q WHERE q.household_id = h.id AND q.left_on IS NULL AND NOT q.deceased
       AND h.name = {HOUSEHOLD_NAME.replace("t.", "q.")}))
"""
MERGED_POINTS = f"""
WITH added AS (
    {INSERT_POINTS} SELECT uuidv7(), s.merged_into_id, s.kind, s.value, s.whose, 'valid', 'erp'
    FROM (
        SELECT n.merged_into_id, 'phone' AS kind, u.number AS value, u.whose
        FROM imp_person n JOIN imp_tenant t ON t.row = n.row, unnest(t.phones, t.whose) AS u (number, whose)
        WHERE n.merged_touched
        UNION ALL
        SELECT n.merged_into_id, 'email', e, ''
        FROM imp_person n JOIN imp_tenant t ON t.row = n.row, unnest(t.emails) AS e WHERE n.merged_touched
    ) s
    ON CONFLICT (person_id, kind, value) DO NOTHING RETURNING person_id, (kind = 'phone')::integer AS phones
) INSERT INTO imp_updated (person_id, phones) SELECT person_id, phones FROM added
"""
MERGED_FINGERPRINTS = """
UPDATE tenants_person p SET erp_fingerprint = t.fingerprint
FROM imp_person n JOIN imp_tenant t ON t.row = n.row WHERE p.id = n.person_id AND n.merged_touched
"""
# Somebody merged into another is still listed, or no longer: the one who stands for both lives there, or not.
_LEASE_OF = "regexp_replace({}.erp_key, '[|][^|]*$', '')"  # a key is a lease and a name, which has no bar
SILENT = f"""
CREATE TEMP TABLE imp_silent (person_id uuid) ON COMMIT DROP;
WITH silent AS (
    UPDATE tenants_person p SET erp_fingerprint = NULL
    FROM imp_match m
    WHERE p.merged_into_id IS NOT NULL AND p.erp_fingerprint IS NOT NULL AND m.number = {_LEASE_OF.format("p")}
      AND (NOT m.open OR EXISTS (SELECT FROM imp_tenant t WHERE t.key = p.erp_key AND t.exit < %(today)s)
        OR NOT EXISTS (SELECT FROM imp_tenant t WHERE t.key = p.erp_key)
           AND NOT EXISTS (SELECT FROM imp_doubtful_lease d WHERE d.number = m.number))
    RETURNING p.merged_into_id
) INSERT INTO imp_silent SELECT merged_into_id FROM silent
"""
STAYS = f"""
CREATE TEMP TABLE imp_stays ON COMMIT DROP AS
SELECT k.id AS person_id, l.household_id, l.entry, l.number,
       EXISTS (SELECT FROM imp_person n WHERE n.person_id = g.id AND n.merged_touched) AS touched
FROM tenants_person g JOIN tenants_person k ON k.id = g.merged_into_id
JOIN tenants_lease l ON l.number = {_LEASE_OF.format("g")}
WHERE g.merged_into_id IS NOT NULL AND g.erp_fingerprint IS NOT NULL AND k.erp_key IS NOT NULL AND NOT k.deceased
  AND l.kind = 'housing' AND (l.exit IS NULL OR l.exit >= %(today)s) AND l.household_id IS NOT NULL
"""
_STANDS = """NOT (p.erp_fingerprint IS NULL AND EXISTS (
        SELECT FROM imp_stays s WHERE s.person_id = p.id AND s.household_id = p.household_id))"""
# Who left: the lease has ended, or the person's own row has.
ENDED = """
WITH ended AS (
    UPDATE tenants_person p SET left_on = COALESCE(m.exit, %(today)s::date - 1), erp_fingerprint = NULL
    FROM imp_match m
    WHERE p.household_id = m.household_id AND m.kind = 'housing' AND NOT m.open AND p.left_on IS NULL
      AND NOT EXISTS (
        SELECT FROM tenants_lease o WHERE o.household_id = p.household_id AND o.kind = 'housing'
           AND o.number <> m.number AND (o.exit IS NULL OR o.exit >= %(today)s))
    RETURNING p.id
) INSERT INTO imp_closed SELECT id FROM ended
"""
CLOSED_HOUSEHOLDS = """
UPDATE tenants_household h SET dwelling_id = NULL, closed_on = m.exit
FROM imp_match m
WHERE h.id = m.household_id AND m.kind = 'housing' AND NOT m.open AND h.closed_on IS NULL
  AND NOT EXISTS (
    SELECT FROM tenants_lease o WHERE o.household_id = h.id AND o.kind = 'housing'
       AND o.number <> m.number AND (o.exit IS NULL OR o.exit >= %(today)s))
"""
ROW_ENDED = f"""
WITH ended AS (
    UPDATE tenants_person p SET left_on = t.exit, erp_fingerprint = NULL
    FROM imp_tenant t JOIN imp_match m ON m.number = t.lease
    WHERE p.erp_key = t.key AND m.open AND t.exit < %(today)s AND p.left_on IS NULL AND {_STANDS}
    RETURNING p.id
) INSERT INTO imp_closed SELECT id FROM ended
"""
# No longer listed in a lease that the file has. A lease with a refused row closes nobody: the row may be theirs.
ABSENT = f"""
WITH absent AS (
    UPDATE tenants_person p SET left_on = %(today)s::date - 1, erp_fingerprint = NULL
    FROM imp_match m
    WHERE p.household_id = m.household_id AND m.open AND NOT m.new_lease AND p.left_on IS NULL
      AND p.erp_key IS NOT NULL AND starts_with(p.erp_key, m.number || '|')
      AND NOT EXISTS (SELECT FROM imp_tenant t WHERE t.key = p.erp_key)
      AND NOT EXISTS (SELECT FROM imp_doubtful_lease d WHERE d.number = m.number) AND {_STANDS}
    RETURNING p.id
) INSERT INTO imp_closed SELECT id FROM absent
"""
# Whose own row has left while another says where they live: they are there, or nobody would be called in that home.
# Somebody reported gone by people stays so until the file says something new.
_ELSEWHERE = f"""EXISTS (
    SELECT FROM tenants_lease l WHERE l.number = {_LEASE_OF.format("p")} AND (
        l.household_id IS DISTINCT FROM p.household_id OR l.kind <> 'housing' OR l.exit < %(today)s))"""
STAYED = f"""
WITH home AS (
    SELECT DISTINCT ON (person_id) person_id, household_id, touched FROM imp_stays
    ORDER BY person_id, touched DESC, entry DESC NULLS LAST, number
), stayed AS (
    UPDATE tenants_person p SET household_id = h.household_id, left_on = NULL FROM home h
    WHERE p.id = h.person_id AND p.erp_fingerprint IS NULL AND CASE
        WHEN p.left_on IS NOT NULL THEN h.touched OR EXISTS (SELECT FROM imp_closed c WHERE c.person_id = p.id)
        ELSE {_ELSEWHERE} AND NOT EXISTS (
            SELECT FROM imp_stays s WHERE s.person_id = p.id AND s.household_id = p.household_id) END
    RETURNING p.id, (old.left_on IS NOT NULL)::integer AS back
), gone AS (DELETE FROM imp_closed c USING stayed WHERE c.person_id = stayed.id)
INSERT INTO imp_updated (person_id, people) SELECT id, back FROM stayed
"""
SILENCED = f"""
WITH left_there AS (
    UPDATE tenants_person p SET left_on = %(today)s::date - 1 FROM (SELECT DISTINCT person_id FROM imp_silent) s
    WHERE p.id = s.person_id AND p.left_on IS NULL AND p.erp_fingerprint IS NULL AND p.erp_key IS NOT NULL
      AND {_ELSEWHERE} AND NOT EXISTS (SELECT FROM imp_stays o WHERE o.person_id = p.id)
    RETURNING p.id
) INSERT INTO imp_closed SELECT id FROM left_there
"""
#: Each with what it makes fewer of, one a row.
LEAVING = (
    (SILENT, ""), (STAYS, ""), (ENDED, "persons"), (CLOSED_HOUSEHOLDS, "households"), (ROW_ENDED, "persons"),
    (ABSENT, "persons"), (STAYED, ""), (SILENCED, "persons"), (RENAMED_HOUSEHOLDS, ""),
)  # fmt: skip
# A garage belongs to the household in which exactly one living-there person has its holder's name and birth date.
GARAGES = """
UPDATE tenants_lease l SET household_id = found.household_id, erp_signature = found.signature, erased_on = NULL
FROM (
    SELECT t.lease, min(p.household_id::text)::uuid AS household_id, min(m.signature) AS signature
    FROM imp_tenant t JOIN imp_match m ON m.number = t.lease AND m.kind <> 'housing' AND m.household_id IS NULL
    JOIN tenants_person p ON p.search = regexp_replace(substr(t.key, length(t.lease) + 2), '#[0-9]+$', '')
     AND p.birth_date = t.birth AND p.left_on IS NULL
    GROUP BY t.lease HAVING count(DISTINCT p.household_id) = 1
) found
WHERE l.number = found.lease AND l.household_id IS NULL
"""
