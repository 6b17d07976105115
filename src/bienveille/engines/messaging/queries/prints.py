"""Reading what is printed: letters that wait, prints and their files, homes to write to, addresses to check."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q

from bienveille.engines.messaging.choices import Channel, DeliveryState, MailingState
from bienveille.engines.messaging.models import AddressCheck, Delivery, Line, Mailing, Print, PrintFile
from bienveille.engines.messaging.rules.letters import Home
from bienveille.engines.messaging.rules.notices import SiteNumber, numbers_of_site
from bienveille.ground.lib.typography import phone
from bienveille.register.accounts.rules import Scope
from bienveille.register.tenants.models import Household


@dataclass(frozen=True, slots=True)
class Addressee:
    """A household as an envelope names it, its home, and who writes to it: the agency and its number."""

    name: str
    home: Home
    sender: tuple[str, ...]


def waiting_letters() -> list[Mailing]:
    """Mailings under way with letters that nobody printed yet, how many as `waiting`, the oldest first (1 query)."""
    mine = Q(deliveries__state=DeliveryState.WAITING, deliveries__channel=Channel.LETTER)
    found = Mailing.objects.filter(state=MailingState.SENDING).annotate(waiting=Count("deliveries", filter=mine))
    return list(found.filter(waiting__gt=0).order_by("started_at", "pk"))


def prints_list(*, limit: int = 50) -> list[Print]:
    """The last prints with their mailing and who made them, the newest first (1 query)."""
    found = Print.objects.select_related("mailing", "made_by", "handed_by")
    return list(found.order_by("-made_at", "-pk")[:limit])


def find_print(print_id: UUID) -> Print | None:
    """A print with its mailing (1 query)."""
    return Print.objects.select_related("mailing", "made_by", "handed_by").filter(pk=print_id).first()


def files_of(made_for: Print) -> list[PrintFile]:
    """The files of a print that are not erased, in order (1 query)."""
    return list(PrintFile.objects.filter(made_for=made_for).exclude(stored="").order_by("rank"))


def addressees(households: Collection[UUID]) -> dict[UUID, Addressee]:
    """Where each household gets its letters (2 queries)."""
    found = list(
        Household.objects.filter(pk__in=households, dwelling__isnull=False).select_related(
            "dwelling__building__residence__commune", "dwelling__building__residence__agency"
        )
    )
    lines = [
        SiteNumber(one.kind, one.number, one.hours, one.agency_id, one.residence_id)
        for one in Line.objects.filter(kind="office").order_by("pk")
    ]
    made = {}
    senders: dict[UUID, tuple[str, ...]] = {}
    for household in found:
        dwelling = household.dwelling
        assert dwelling is not None
        residence = dwelling.building.residence
        if residence.pk not in senders:
            numbers = numbers_of_site(lines, residence=residence.pk, agency=residence.agency_id)
            senders[residence.pk] = (residence.agency.name, *(phone(one.number) for one in numbers))
        home = Home(
            residence=residence.name,
            building=dwelling.building.code,
            staircase=dwelling.staircase,
            floor=dwelling.floor,
            door=dwelling.door,
            street=residence.address,
            postal_code=residence.postal_code,
            town=residence.commune.name if residence.commune else "",
        )
        made[household.pk] = Addressee(household.display_name, home, senders[residence.pk])
    return made


def addresses_to_check(scope: Scope, *, limit: int = 200) -> list[AddressCheck]:
    """Households whose letter came back and whose address nobody checked since, the newest first (1 query)."""
    found = AddressCheck.objects.filter(settled_at=None).select_related(
        "household__dwelling__building__residence__agency", "delivery__mailing", "noted_by"
    )
    return list(found.filter(_home_inside(scope)).order_by("-noted_at", "-pk")[:limit])


def find_address_check(check_id: UUID) -> AddressCheck | None:
    """One address to check, with where it is (1 query)."""
    found = AddressCheck.objects.select_related("household__dwelling__building__residence__agency")
    return found.filter(pk=check_id).first()


def letters_numbered(serials: Collection[int]) -> dict[int, Delivery]:
    """Letters by the number they bear, with where they went (1 query)."""
    found = Delivery.objects.filter(channel=Channel.LETTER, number__in=serials).select_related(
        "household__dwelling__building__residence__agency", "mailing"
    )
    return {one.number: one for one in found}


def came_back(deliveries: Collection[UUID]) -> set[UUID]:
    """Which of these letters were noted as come back already (1 query)."""
    return set(AddressCheck.objects.filter(delivery__in=deliveries).values_list("delivery_id", flat=True))


def _home_inside(scope: Scope) -> Q:
    if scope.everything:
        return Q()
    agency = "household__dwelling__building__residence__agency"
    return Q(**{f"{agency}__in": scope.agencies}) | Q(**{f"{agency}__company__in": scope.companies})
