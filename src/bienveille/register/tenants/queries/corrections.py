"""Three truths about one field: what the landlord's file says, what people corrected here, what the tenant said."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from bienveille.register.accounts.rules import Scope
from bienveille.register.tenants.choices import FactSource
from bienveille.register.tenants.models import ErpCorrection, FieldCorrection, Person
from bienveille.register.tenants.rules import FIELD_WORDS, as_file_text, said_words


def corrections_for_erp(
    scope: Scope, *, agency: UUID | None = None, field: str = "", source: str = "", hide_protected: bool = True
) -> QuerySet[ErpCorrection]:
    """What the landlord's software should change, within one's agencies: to be ordered and cut (1 query).

    Fields corrected here, numbers of the file said to be wrong, numbers that people gave here. By agency, whose address
    is hidden from this reader is left out: the filter would tell where they live.
    """
    if scope.nothing:
        return ErpCorrection.objects.none()
    rows = ErpCorrection.objects.select_related("person__household", "by")
    if not scope.everything:
        within = Q(person__household__dwelling__building__residence__agency__in=scope.agencies)
        within |= Q(person__household__dwelling__building__residence__agency__company__in=scope.companies)
        rows = rows.filter(within)
    hidden = Exists(
        Person.objects.filter(household=OuterRef("person__household"), deceased=False, protected_address=True)
    )
    rows = rows.annotate(
        agency_name=F("person__household__dwelling__building__residence__agency__name"),
        hidden=hidden,
    )
    if agency is not None:
        rows = rows.filter(person__household__dwelling__building__residence__agency=agency)
        if hide_protected:
            rows = rows.filter(~hidden)
    if field:
        rows = rows.filter(field=field)
    return rows.filter(source=source) if source else rows


@dataclass(frozen=True)
class Truth:
    """One field that the file and this house say differently, in words."""

    label: str
    in_file: str
    here: str
    by_staff: str
    staff: str
    staff_at: datetime | None
    by_tenant: str
    tenant_at: datetime | None


def truths_of(people: Iterable[Person]) -> dict[UUID, list[Truth]]:
    """For each person, the fields corrected here: what the file says, what people corrected, what the tenant said
    (1 query).
    """
    corrected = [person for person in people if person.file_said]
    said: dict[tuple[UUID, str, bool], FieldCorrection] = {}
    for one in FieldCorrection.objects.filter(person__in=corrected).select_related("by").order_by("at"):
        said[one.person_id, one.field, one.source == FactSource.TENANT] = one
    found: dict[UUID, list[Truth]] = {}
    for person in corrected:
        for name in (name for name in FIELD_WORDS if name in person.file_said):
            staff, tenant = said.get((person.pk, name, False)), said.get((person.pk, name, True))
            found.setdefault(person.pk, []).append(
                Truth(
                    label=FIELD_WORDS[name],
                    in_file=said_words(name, person.file_said[name]),
                    here=said_words(name, as_file_text(getattr(person, name))),
                    by_staff=said_words(name, staff.value) if staff else "",
                    staff=staff.by.display_name if staff else "",
                    staff_at=staff.at if staff else None,
                    by_tenant=said_words(name, tenant.value) if tenant else "",
                    tenant_at=tenant.at if tenant else None,
                )
            )
    return found
