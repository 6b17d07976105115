"""How long what must end is kept, whose time is over, and what tells that two leases are of the same people."""

from datetime import date

from django.db import connection

from bienveille.register.accounts.models import Landlord
from bienveille.register.tenants.rules import months_ago, read_kept

#: Of two leases `x` and `o`: the same household, somebody of the same name whose birth dates do not say otherwise, or
#: two rows that were told to be one person; or what was noted before their people were erased.
SAME_PEOPLE = """(o.household_id = x.household_id OR o.same_people = x.same_people OR EXISTS (
    SELECT FROM tenants_person p JOIN tenants_person q
      ON q.search = p.search AND (q.birth_date = p.birth_date OR q.birth_date IS NULL OR p.birth_date IS NULL)
      OR coalesce(q.merged_into_id, q.id) = coalesce(p.merged_into_id, p.id)
    WHERE p.household_id = x.household_id AND q.household_id = o.household_id))"""

#: Of a household `h`: nobody lives there under a contract any more, garage included, and the last end is old enough.
#: Whoever stands for a row that the landlord's file lists elsewhere (two rows said to be one person) waits for it.
IS_DEPARTED = """h.created_at < %(before)s
  AND CASE WHEN h.closed_on IS NOT NULL THEN h.closed_on < %(before)s ELSE NOT EXISTS (
        SELECT FROM tenants_person p WHERE p.household_id = h.id
           AND coalesce(p.left_on, p.deceased_on, 'infinity') >= %(before)s) END
  AND NOT EXISTS (
    SELECT FROM tenants_lease l WHERE l.household_id = h.id AND (l.exit IS NULL OR l.exit >= %(before)s))
  AND NOT EXISTS (
    SELECT FROM tenants_person p JOIN tenants_person g ON g.merged_into_id = p.id
    WHERE p.household_id = h.id AND g.household_id <> h.id AND g.erp_fingerprint IS NOT NULL)"""
#: Of a person `p`, who left a household that stays. Whom the landlord's file still lists waits for it to say that they
#: left: erased sooner, they would come back tomorrow as somebody who lives there.
HAS_LEFT = """coalesce(p.left_on, p.deceased_on) < %(before)s
  AND p.erp_fingerprint IS NULL AND p.merged_into_id IS NULL
  AND EXISTS (
    SELECT FROM tenants_person o WHERE o.household_id = p.household_id AND o.left_on IS NULL AND NOT o.deceased)
  AND NOT EXISTS (SELECT FROM tenants_person g WHERE g.merged_into_id = p.id AND g.erp_fingerprint IS NOT NULL)"""
_GONE = f"""
SELECT count(*) FROM (
    SELECT who.id FROM tenants_household h JOIN tenants_person who ON who.household_id = h.id WHERE {IS_DEPARTED}
    UNION SELECT p.id FROM tenants_person p WHERE {HAS_LEFT}) gone
"""


def kept_months() -> dict[str, int]:
    """How many months each thing of `rules.KEPT` is kept, as the landlord set it, else as usual (1 query)."""
    landlord = Landlord.objects.first()
    return read_kept(landlord.settings if landlord else {})


def people_past(*, today: date, months: int) -> int:
    """How many people's time is over when it lasts so many months, whatever holds some of them back (1 query).

    Serves the page that sets how long they are kept.
    """
    with connection.cursor() as cursor:
        cursor.execute(_GONE, {"before": months_ago(today, months)})
        count: int = cursor.fetchone()[0]
    return count
