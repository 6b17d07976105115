"""Ways to reach somebody: added, corrected, flagged, checked."""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from bienveille.register.accounts.models import User
from bienveille.register.tenants.choices import ContactStatus, FactSource
from bienveille.register.tenants.models import ContactPoint, Person
from bienveille.register.tenants.operations.rows import (
    ChangedMeanwhile,
    InvalidContactPoint,
    audit_person,
    contact_value,
    kind_of,
    locked,
    locked_point,
    save_point,
    short,
)
from bienveille.register.tenants.rules import version_of

#: What the version of a number or an address covers.
POINT_FIELDS = ("value", "whose", "status")


@transaction.atomic
def add_contact_point(
    *,
    actor: User,
    person: Person,
    kind: str,
    value: str,
    whose: str = "",
    source: str = FactSource.STAFF,
    now: datetime | None = None,
) -> ContactPoint:
    """Add a number or an address, with who did and when. Refuses one that is not valid, and one already there."""
    held = locked(person)
    point = ContactPoint(
        person=held, kind=kind_of(kind), value=contact_value(kind, value), whose=short(whose, 60), source=source
    )
    point.status_changed_at, point.status_changed_by = now or timezone.now(), actor
    save_point(point)
    audit_person(actor, held, "contact_point_added", [kind])
    return point


@transaction.atomic
def correct_contact_point(
    *, actor: User, contact_point: ContactPoint, value: str, whose: str = "", now: datetime, seen: str = ""
) -> ContactPoint:
    """Correct a number or an address: it becomes usable again, never checked yet. The same one changes nothing.

    One that came from the landlord's file stays, as wrong, beside the right one: else the next file would bring it
    back. So does any of somebody who stands for two rows, since the file may say it of the other one. `seen`: the
    version that was read; refuses when somebody changed it since.
    """
    point = locked_point(contact_point)
    if seen and version_of(point, POINT_FIELDS) != seen:
        raise ChangedMeanwhile(point)
    value, whose = contact_value(point.kind, value), short(whose, 60)
    changed = [name for name, new in (("value", value), ("whose", whose)) if getattr(point, name) != new]
    if not changed:
        return point
    if "value" in changed and (point.source == FactSource.ERP or _stands_for_two(point.person)):
        right = ContactPoint(person=point.person, kind=point.kind, value=value, whose=whose, source=FactSource.STAFF)
        right.status_changed_at, right.status_changed_by = now, actor
        save_point(right)
        point.status, point.status_changed_at, point.status_changed_by = ContactStatus.WRONG, now, actor
        point.save(update_fields=["status", "status_changed_at", "status_changed_by"])
        audit_person(actor, point.person, "contact_point_corrected", changed)
        return right
    point.whose = whose
    if "value" in changed:
        point.value, point.status, point.verified_on = value, ContactStatus.VALID, None
        point.status_changed_at, point.status_changed_by = now, actor
    save_point(point)
    audit_person(actor, point.person, "contact_point_corrected", changed)
    return point


def _stands_for_two(person: Person) -> bool:
    return Person.objects.filter(merged_into=person).exists()


@transaction.atomic
def flag_contact_point(
    *, actor: User | None, contact_point: ContactPoint, status: ContactStatus, now: datetime
) -> ContactPoint:
    """Say that a number or an address is wrong, must not be used again, or is to be checked. Who and when are kept."""
    point = locked_point(contact_point)
    if point.status != status:
        point.status = ContactStatus(status)
        point.status_changed_at, point.status_changed_by = now, actor
        point.save(update_fields=["status", "status_changed_at", "status_changed_by"])
        audit_person(actor, point.person, f"contact_point_{status}", [point.kind])
    return point


@transaction.atomic
def verify_contact_point(*, actor: User, contact_point: ContactPoint, now: datetime, today: date) -> ContactPoint:
    """Somebody was really reached there. Refuses one that must not be used: the person's word counts more."""
    point = locked_point(contact_point)
    if point.status == ContactStatus.STOP:
        raise InvalidContactPoint("Cette personne a demandé que ce contact ne serve plus.")
    if point.status != ContactStatus.VALID:
        point.status, point.status_changed_at, point.status_changed_by = ContactStatus.VALID, now, actor
    elif point.verified_on == today:
        return point
    point.verified_on = today
    point.save(update_fields=["status", "status_changed_at", "status_changed_by", "verified_on"])
    audit_person(actor, point.person, "contact_point_verified", [point.kind])
    return point
