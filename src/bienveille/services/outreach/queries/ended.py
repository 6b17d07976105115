"""Calls whose time is over: those of campaigns closed long enough ago, of which nothing told remains."""

from datetime import datetime

from django.db import connection
from django.utils.timezone import localtime

from bienveille.register.tenants.rules import months_ago

#: Of a campaign `k` and a contact `c`. What a call told ends on its own last day, a situation that somebody sees to
#: when it is closed: their call waits.
CALL_IS_PAST = """k.state = 'closed' AND k.closed_at < %(before)s AND c.household_id IS NOT NULL
  AND NOT EXISTS (
    SELECT FROM dispatch_attempt a
    LEFT JOIN outreach_report r ON r.attempt_id = a.id
    LEFT JOIN outreach_verbatim v ON v.attempt_id = a.id
    LEFT JOIN outreach_scaleanswer s ON s.attempt_id = a.id
    LEFT JOIN outreach_referral f ON f.attempt_id = a.id
    LEFT JOIN cases_case o ON o.id = f.case_id AND o.state <> 'closed'
    WHERE a.contact_id = c.id AND coalesce(r.id, v.id, s.id, o.id) IS NOT NULL)"""
_PAST = f"""
SELECT count(*) FROM outreach_campaign k JOIN dispatch_contact c ON c.queue_id = k.queue_id WHERE {CALL_IS_PAST}
"""


def closed_before(*, now: datetime, months: int) -> datetime:
    """The moment, on the landlord's clock, before which a campaign must have closed for its calls to be over."""
    day = months_ago(localtime(now).date(), months)
    return localtime(now).replace(year=day.year, month=day.month, day=day.day, hour=0, minute=0, second=0)


def calls_past(*, now: datetime, months: int) -> int:
    """How many households' calls are over when they are kept so many months after a campaign closes (1 query).

    Serves the page that sets how long they are kept.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PAST, {"before": closed_before(now=now, months=months)})
        count: int = cursor.fetchone()[0]
    return count
