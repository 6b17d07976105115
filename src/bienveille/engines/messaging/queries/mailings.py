"""What the screens of mailings show: the list, what one may send, who was not reached."""

from decimal import Decimal

from django.db.models import QuerySet

from bienveille.engines.messaging.choices import DeliveryState
from bienveille.engines.messaging.models import Delivery, Mailing
from bienveille.engines.messaging.queries.templates import Listed, templates_list
from bienveille.engines.messaging.rules.costs import read_prices
from bienveille.engines.messaging.rules.mailings import APPROVED_ABOVE, read_above
from bienveille.register.accounts.models import User
from bienveille.register.accounts.queries import landlord
from bienveille.register.accounts.rules import Scope

#: Told to nobody yet: what the list of those who remain is made of.
REMAINING = (
    DeliveryState.UNREACHABLE,
    DeliveryState.BOUNCED,
    DeliveryState.REFUSED,
    DeliveryState.STOPPED,
    DeliveryState.UNKNOWN,
    DeliveryState.CANCELLED,
)


def mailings_list(user: User, scope: Scope) -> QuerySet[Mailing]:
    """Mailings, the newest first: every one for who covers everything, else one's own (1 query)."""
    found = Mailing.objects.select_related("version__template", "created_by")
    return (found if scope.everything else found.filter(created_by=user)).order_by("-created_at", "-pk")


def sendable() -> list[Listed]:
    """Texts in use with their latest version (3 queries)."""
    return [one for one in templates_list() if one.texts]


def remaining(mailing: Mailing) -> QuerySet[Delivery]:
    """Households that the mailing has not reached, with why, by residence (1 query, and a count for the pages)."""
    return (
        Delivery.objects.filter(mailing=mailing, superseded=False, state__in=REMAINING)
        .select_related("household__dwelling__building__residence")
        .order_by("household__dwelling__building__residence__name", "household__name", "pk")
    )


def approved_above() -> int:
    """Above how many households a second person reads a mailing (1 query)."""
    owner = landlord()
    return read_above(owner.settings.get("mailings_approved_above")) if owner else APPROVED_ABOVE


def message_prices() -> dict[str, Decimal]:
    """What the landlord said that an SMS or a letter costs (1 query)."""
    owner = landlord()
    return read_prices(owner.settings.get("message_prices")) if owner else {}
