"""Requests to the municipal registers: how many by commune, those of one, and exactly what their file holds."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from bienveille.engines.cases.choices import RegisterState
from bienveille.engines.cases.models import RegisterRequest
from bienveille.engines.cases.queries.reach import within
from bienveille.engines.cases.queries.referrals import lines_of
from bienveille.engines.cases.rules.referrals_register import THIRD_PARTY, quality_label
from bienveille.ground.lib.phones import display_phone
from bienveille.register.accounts.queries import landlord
from bienveille.register.accounts.rules import Scope
from bienveille.register.tenants.choices import ContactKind, ContactStatus
from bienveille.register.tenants.models import ContactPoint, Person

ON_A_REGISTER = (RegisterState.SENT, RegisterState.ACKNOWLEDGED)
_HOME = "person__household__dwelling__building__residence__commune"
#: With what tells whose they are.
_WHOM = (_HOME, "person__household__dwelling__building__residence__agency")


@dataclass(frozen=True)
class Place:
    """One commune and how many requests it has, by state."""

    code: str
    name: str
    to_send: int
    sent: int
    acknowledged: int


def requests_within(scope: Scope) -> QuerySet[RegisterRequest]:
    """The requests of these agencies; nobody at a protected address. No query."""
    protected = Person.objects.filter(household=OuterRef("person__household"), deceased=False, protected_address=True)
    rows = RegisterRequest.objects.filter(~Exists(protected))
    return rows.none() if scope.nothing else rows.filter(within(scope))


def places_of_requests(scope: Scope) -> list[Place]:
    """The communes that have requests, by name (1 query)."""
    rows = (
        requests_within(scope)
        .values("commune_id", "commune__name")
        .annotate(
            to_send=Count("pk", filter=Q(state=RegisterState.TO_SEND)),
            sent=Count("pk", filter=Q(state=RegisterState.SENT)),
            acknowledged=Count("pk", filter=Q(state=RegisterState.ACKNOWLEDGED)),
        )
        .order_by("commune__name", "commune_id")
    )
    return [
        Place(row["commune_id"], row["commune__name"], row["to_send"], row["sent"], row["acknowledged"]) for row in rows
    ]


def requests_of(scope: Scope, code: str) -> list[RegisterRequest]:
    """The requests for a commune, those to send first (1 query)."""
    rows = requests_within(scope).filter(commune=code).select_related("person", "heard_by", "sent_by")
    return list(rows.order_by(F("sent_at").asc(nulls_first=True), "asked_on", "pk"))


def find_request(request_id: UUID) -> RegisterRequest | None:
    """One request with whom it is about (1 query)."""
    return RegisterRequest.objects.select_related(*_WHOM, "commune").filter(pk=request_id).first()


def open_request_of(person_id: UUID) -> RegisterRequest | None:
    """The request under way, or on a register, about somebody (1 query)."""
    rows = RegisterRequest.objects.filter(person=person_id, state__in=[RegisterState.TO_SEND, *ON_A_REGISTER])
    return rows.select_related("commune").first()


def rows_to_send(scope: Scope, code: str) -> tuple[list[UUID], list[list[Any]]]:
    """The keys and the lines of the file for a town hall: the fields of a third party's request, in order, and nothing
    else (3 queries, whatever their number).
    """
    found = list(
        requests_within(scope)
        .filter(commune=code, state=RegisterState.TO_SEND, person__deceased=False)
        .select_related(_HOME, "to_warn")
        .order_by("person__last_name", "person__first_name", "pk")
    )
    own, phones = landlord(), _phones(one.person_id for one in found)
    name = own.name if own else ""
    return [one.pk for one in found], [_row(one, phones.get(one.person_id, ""), name) for one in found]


def _row(one: RegisterRequest, phone: str, third_party: str) -> list[Any]:
    warned = one.to_warn
    person, dwelling = one.person, one.person.household.dwelling
    return [
        person.last_name,
        person.first_name,
        person.birth_date,
        quality_label(one.quality),
        ", ".join(lines_of(dwelling)) if dwelling else "",
        phone,
        one.home_service,
        " ".join(filter(None, [warned.name, display_phone(warned.phone) if warned.phone else ""])) if warned else "",
        one.asked_on,
        third_party,
        THIRD_PARTY,
    ]


def _phones(people: Iterable[UUID]) -> dict[UUID, str]:
    """The own number of each person that may be used."""
    usable = ContactPoint.objects.filter(
        person__in=list(people),
        kind=ContactKind.PHONE,
        whose="",
        status__in=[ContactStatus.VALID, ContactStatus.UNVERIFIED],
    )
    numbers: dict[UUID, list[str]] = defaultdict(list)
    for person, value in usable.order_by("-status", F("verified_on").desc(nulls_last=True), "pk").values_list(
        "person_id", "value"
    ):
        numbers[person].append(value)
    return {person: values[0] for person, values in numbers.items()}


def requests_to_end(today: date) -> list[tuple[UUID, str]]:
    """Requests about somebody who died, left, or whose address is protected since, and why (1 query)."""
    protected = Person.objects.filter(household=OuterRef("person__household"), deceased=False, protected_address=True)
    rows = (
        RegisterRequest.objects.filter(state__in=[RegisterState.TO_SEND, *ON_A_REGISTER])
        .annotate(hidden=Exists(protected))
        .filter(Q(person__deceased=True) | Q(person__left_on__lte=today) | Q(hidden=True, state=RegisterState.TO_SEND))
        .order_by("pk")
        .values_list("pk", "person__deceased", "person__left_on")
    )
    return [
        (key, "deceased" if dead else "moved" if left and left <= today else "protected") for key, dead, left in rows
    ]
