"""How long what must end is kept, and what tells that two leases are of the same people."""

from bienveille.register.accounts.models import Landlord
from bienveille.register.tenants.rules import read_kept

#: Of two leases `x` and `o`: the same household, somebody of the same name whose birth dates do not say otherwise, or
#: two rows that were told to be one person; or what was noted before their people were erased.
SAME_PEOPLE = """(o.household_id = x.household_id OR o.same_people = x.same_people OR EXISTS (
    SELECT FROM tenants_person p JOIN tenants_person q
      ON q.search = p.search AND (q.birth_date = p.birth_date OR q.birth_date IS NULL OR p.birth_date IS NULL)
      OR coalesce(q.merged_into_id, q.id) = coalesce(p.merged_into_id, p.id)
    WHERE p.household_id = x.household_id AND q.household_id = o.household_id))"""


def kept_months() -> dict[str, int]:
    """How many months each thing of `rules.KEPT` is kept, as the landlord set it, else as usual (1 query)."""
    landlord = Landlord.objects.first()
    return read_kept(landlord.settings if landlord else {})
