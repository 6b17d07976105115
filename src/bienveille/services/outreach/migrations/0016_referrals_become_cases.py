from django.db import migrations

# One case for each household that a call handed over; nobody is alerted for what was signalled before cases existed:
# the list and the morning's digest show what still waits.
OPEN = """
WITH live AS (
    SELECT c.household_id, f.created_at, f.due_at, f.taken_at, f.taken_by_id, f.needs,
           coalesce(nullif(f.grade, ''), 'yellow') AS grade
    FROM outreach_referral f JOIN dispatch_attempt a ON a.id = f.attempt_id
    JOIN dispatch_contact c ON c.id = a.contact_id
    WHERE a.undone_at IS NULL),
one AS (
    SELECT household_id, min(created_at) AS opened, max(created_at) AS signalled,
           coalesce(min(due_at) FILTER (WHERE taken_at IS NULL), min(due_at)) AS due,
           bool_and(taken_at IS NOT NULL) AS taken, max(taken_at) AS taken_at,
           (array_agg(taken_by_id ORDER BY taken_at DESC NULLS LAST))[1] AS owner,
           (array_agg(grade ORDER BY array_position(ARRAY['red', 'orange', 'yellow', 'green'], grade)))[1] AS grade
    FROM live GROUP BY household_id)
INSERT INTO cases_case (id, kind, household_id, agency_id, needs, grade, state, owner_id, opened_at, signalled_at,
    take_before, acknowledged_at, close_before, next_step, alert_round, outcome, revision)
SELECT uuidv7(), 'welfare', one.household_id, r.agency_id,
       ARRAY(SELECT DISTINCT need FROM live, unnest(live.needs) AS need WHERE live.household_id = one.household_id),
       one.grade, CASE WHEN one.taken THEN 'followed' ELSE 'new' END, CASE WHEN one.taken THEN one.owner END,
       one.opened, one.signalled, one.due, CASE WHEN one.taken THEN one.taken_at END,
       one.due + interval '30 days', '', 1, '', 1
FROM one JOIN tenants_household h ON h.id = one.household_id
LEFT JOIN housing_dwelling d ON d.id = h.dwelling_id
LEFT JOIN housing_building b ON b.id = d.building_id
LEFT JOIN housing_residence r ON r.id = b.residence_id
"""
TELL = """
INSERT INTO cases_caseaction (id, case_id, kind, at, by_id, words, kept_despite_guard, grade, needs, source,
    answered_at, revision)
SELECT uuidv7(), k.id, 'signalled', f.created_at, a.caller_id, '', false, coalesce(nullif(f.grade, ''), 'yellow'),
       f.needs, a.id, f.taken_at, 1
FROM outreach_referral f JOIN dispatch_attempt a ON a.id = f.attempt_id
JOIN dispatch_contact c ON c.id = a.contact_id
JOIN cases_case k ON k.household_id = c.household_id AND k.kind = 'welfare'
WHERE a.undone_at IS NULL
"""
LINK = """
UPDATE outreach_referral f SET case_id = s.case_id FROM cases_caseaction s WHERE s.source = f.attempt_id
"""


class Migration(migrations.Migration):
    dependencies = [("outreach", "0015_referral_has_case")]

    operations = [
        migrations.RunSQL(OPEN, migrations.RunSQL.noop),
        migrations.RunSQL(TELL, migrations.RunSQL.noop),
        migrations.RunSQL(LINK, migrations.RunSQL.noop),
    ]
