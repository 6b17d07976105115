"""Which households of a queue are known as grave: the last grade given there was orange or red, in any campaign."""

from django.db import connection

from bienveille.engines.dispatch.models import Queue

# From the reports, not from the contacts: grave ones are few. The last report that has a grade speaks.
_FLAG = """
UPDATE dispatch_contact c SET hard = true
FROM (
    SELECT DISTINCT ON (o.household_id) o.household_id, r.grade
    FROM outreach_report r
    JOIN dispatch_attempt a ON a.id = r.attempt_id AND a.undone_at IS NULL
    JOIN dispatch_contact o ON o.id = a.contact_id
    WHERE r.grade <> ''
    ORDER BY o.household_id, a.at DESC, a.id DESC) AS last
WHERE c.queue_id = %s AND c.household_id = last.household_id AND last.grade IN ('orange', 'red') AND NOT c.hard
"""


def flag_hard(*, queue: Queue) -> int:
    """Say which households of a queue were last found in a grave situation; run again, it adds newcomers. How many."""
    with connection.cursor() as cursor:
        cursor.execute(_FLAG, [queue.pk])
        return cursor.rowcount
