"""The statements that tell what changed since the last import, and what is no longer there (`operations/changes.py`).

`imp_left` holds the leases that a file does not list.
"""

# What the rows of the leases were; then how many people live under those that need not be read again, null when none
# was ever signed.
_VALID = "erp_signature IS NOT NULL AND (erp_due_on IS NULL OR erp_due_on > %(today)s)"
REMEMBERED = f"""
SELECT coalesce(string_agg(int8send(erp_signature), ''::bytea) FILTER (WHERE {_VALID}), ''::bytea),
       CASE WHEN count(erp_signature) > 0 THEN coalesce(sum(erp_people) FILTER (WHERE {_VALID}), 0)::bigint END
FROM tenants_lease
"""
# Of the leases that the file lists otherwise (`met`), what their rows were and how many people live under them, unless
# they must be read again.
TOLD = f"SELECT number, erp_signature, erp_people FROM tenants_lease WHERE number = ANY (%(met)s::text[]) AND {_VALID}"
# The leases whose signature was not met, and those that have none, but for the ones that the file lists: one look at
# all, by numbers rather than by texts. `people`: null of those that must be read again.
LEFT = f"""
CREATE TEMP TABLE imp_left ON COMMIT DROP AS
SELECT number, CASE WHEN {_VALID} THEN erp_people END AS people
FROM tenants_lease
WHERE (erp_signature = ANY (%(unmet)s::bigint[]) OR NOT ({_VALID})) AND number <> ALL (%(met)s::text[])
"""
LEFT_PEOPLE = "SELECT coalesce(sum(people), 0)::bigint FROM imp_left"
LEFT_BY_READING = """
CREATE TEMP TABLE imp_left ON COMMIT DROP AS
SELECT number FROM tenants_lease l
WHERE NOT EXISTS (SELECT FROM imp_lease i WHERE i.number = l.number)
  AND NOT EXISTS (SELECT FROM imp_doubtful_lease d WHERE d.number = l.number)
"""
# Leases of homes that run and that no file lists. One that begins tomorrow may well not be there yet.
ABSENT_LEASES = """
CREATE TEMP TABLE imp_absent ON COMMIT DROP AS
SELECT l.id AS lease_id, l.number, l.household_id FROM tenants_lease l JOIN imp_unlisted USING (number)
WHERE l.kind = 'housing' AND (l.exit IS NULL OR l.exit >= %(today)s) AND (l.entry IS NULL OR l.entry < %(today)s)
"""
# Ended on a day that was known, by a row that is no longer there.
ENDED_UNSEEN = """
INSERT INTO imp_match (number, exit, kind, open, lease_id, new_lease, household_id, new_household)
SELECT l.number, l.exit, 'housing', false, l.id, false, l.household_id, false
FROM tenants_lease l JOIN imp_unlisted USING (number)
JOIN tenants_household h ON h.id = l.household_id AND h.closed_on IS NULL
WHERE l.kind = 'housing' AND l.exit < %(today)s
"""
RUNNING_LEASES = """
SELECT count(*) FROM tenants_lease WHERE kind = 'housing' AND (exit IS NULL OR exit >= %(today)s)
"""
CLOSED_LEASES = """
UPDATE tenants_lease l SET exit = %(today)s::date - 1, erp_absent_on = %(today)s, erp_signature = NULL
FROM imp_absent a WHERE l.id = a.lease_id
"""
ABSENT_AS_ENDED = """
INSERT INTO imp_match (number, exit, kind, open, lease_id, new_lease, household_id, new_household)
SELECT number, %(today)s::date - 1, 'housing', false, lease_id, false, household_id, false FROM imp_absent
"""
