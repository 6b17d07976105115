"""When a household asks to be called."""

from uuid import UUID

from bienveille.register.tenants.models import CallWish


def wish_of(household_id: UUID) -> CallWish | None:
    """What a household said about calls, with who noted it (1 query)."""
    return CallWish.objects.filter(household_id=household_id).select_related("noted_by").first()
