"""Somebody of a household: added, corrected, gone, dead, opposed, protected; and a household added by hand."""

from datetime import date
from typing import Any

from django.db import transaction

from bienveille.ground.lib.names import clean_text
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.housing.models import Dwelling
from bienveille.register.tenants.choices import FactSource
from bienveille.register.tenants.models import Household, Person
from bienveille.register.tenants.operations.rows import (
    CORRECTABLE,
    CannotChangePerson,
    ChangedMeanwhile,
    HouseholdHasLeft,
    audit_person,
    clean_facts,
    locked,
    note_corrections,
)
from bienveille.register.tenants.rules import file_still_says, formal_name, holder_first, is_present, version_of


@transaction.atomic
def add_household(*, actor: User, dwelling: Dwelling, today: date, **facts: Any) -> Household:
    """Add a household that the landlord's file does not have yet, with its first person (fields: CORRECTABLE).

    Refuses a missing name and a birth to come. When the file lists this person there one day, it takes the row over.
    """
    person = Person(**clean_facts({"last_name": "", "role": "holder", **facts}, today))
    household = Household.objects.create(dwelling=dwelling, name=formal_name(person))
    record_audit(actor=actor, action=AuditAction.HOUSEHOLD_CHANGED, subject=household, detail={"change": "added"})
    person.household = household
    person.save()
    audit_person(actor, person, "added", sorted(facts))
    return household


@transaction.atomic
def add_person(*, actor: User, household: Household, today: date, **facts: Any) -> Person:
    """Add somebody who lives there (fields: CORRECTABLE). Refuses a missing name, a birth to come, a household gone."""
    held = Household.objects.select_for_update().get(pk=household.pk)
    if held.closed_on is not None:
        raise HouseholdHasLeft
    person = Person(household=held, **clean_facts({"last_name": "", **facts}, today))
    person.save()
    audit_person(actor, person, "added", sorted(facts))
    return person


@transaction.atomic
def correct_person(
    *,
    actor: User,
    person: Person,
    changes: dict[str, Any],
    today: date,
    seen: str = "",
    source: str = FactSource.STAFF,
) -> Person:
    """Correct what is known of somebody. Refuses a field or value without sense; the same values change nothing.

    `seen`: the version that was read (`rules.version_of`); refuses when somebody changed it since. The household that
    bears this person's name follows it. Imports leave the correction alone until the file says something else; who
    made it, when and on whose word (`source`) is kept to be sent back to the landlord's software.
    """
    if source not in FactSource.values or source == FactSource.ERP:
        raise CannotChangePerson("Dites qui l’a dit.")
    held = locked(person)
    if seen and version_of(held, CORRECTABLE) != seen:
        raise ChangedMeanwhile(held)
    former = formal_name(held)
    facts = clean_facts(changes, today)
    changed = [name for name, value in facts.items() if getattr(held, name) != value]
    if changed:
        if held.erp_key is not None:
            held.file_said = file_still_says(held, facts, changed)
        for name in changed:
            setattr(held, name, facts[name])
        held.save(update_fields=[*changed, "file_said"])
        note_corrections(actor, held, changed, source=source)
        if formal_name(held) != former:
            Household.objects.filter(pk=held.household_id, name=former).update(name=formal_name(held))
        audit_person(actor, held, "corrected", sorted(changed))
    return held


@transaction.atomic
def report_left(*, actor: User, person: Person, on: date) -> Person:
    """Somebody no longer lives there since that day. The row stays; said twice, the first day is kept."""
    held = locked(person)
    if held.left_on is None:
        held.left_on = on
        held.save(update_fields=["left_on"])
        audit_person(actor, held, "left", ["left_on"])
    return held


@transaction.atomic
def report_deceased(*, actor: User, person: Person, today: date, on: date | None = None) -> Person:
    """Somebody has died: nobody will ask for them again, whatever the campaign. The day may be unknown.

    The household that bore their name bears that of who is left; services that keep queues have their own operation
    around this one (`outreach.operations.report_death`). Refuses a day to come.
    Said twice, a day told later completes what was known.
    """
    if on is not None and on > today:
        raise CannotChangePerson("Le jour du décès ne peut pas être à venir.")
    held = locked(person)
    changed = [] if held.deceased else ["deceased"]
    if on is not None and held.deceased_on is None:
        changed.append("deceased_on")
    if changed:
        held.deceased = True
        held.deceased_on = held.deceased_on or on
        held.save(update_fields=changed)
        _name_after_who_is_left(held, today)
        audit_person(actor, held, "deceased", changed)
    return held


def _name_after_who_is_left(gone: Person, today: date) -> None:
    """A household that bore the name of somebody who died bears that of the next one who lives there."""
    next_one = _next_in_line(gone, today)
    if next_one is not None:
        Household.objects.filter(pk=gone.household_id, name=formal_name(gone)).update(name=formal_name(next_one))


def _next_in_line(gone: Person, today: date) -> Person | None:
    people = Person.objects.filter(household=gone.household_id).exclude(pk=gone.pk).order_by("pk")
    return min((one for one in people if is_present(one, today)), key=holder_first, default=None)


@transaction.atomic
def take_back_death(*, actor: User, person: Person, reason: str) -> Person:
    """It was not this person, or they are alive: they may be called again. Refuses without the reason."""
    reason = clean_text(reason)
    if not reason:
        raise CannotChangePerson("Dites comment vous savez que cette personne est vivante.")
    held = locked(person)
    if held.deceased:
        held.deceased, held.deceased_on = False, None
        held.save(update_fields=["deceased", "deceased_on"])
        other = _next_in_line(held, date.max)
        if other is not None and holder_first(held) < holder_first(other):
            Household.objects.filter(pk=held.household_id, name=formal_name(other)).update(name=formal_name(held))
        audit_person(actor, held, "death_taken_back", ["deceased"], reason=reason)
    return held


@transaction.atomic
def take_back_left(*, actor: User, person: Person) -> Person:
    """This person lives there after all. Refuses when the household itself has left."""
    held = locked(person)
    if Household.objects.get(pk=held.household_id).closed_on is not None:
        raise HouseholdHasLeft
    if held.left_on is not None:
        held.left_on = None
        held.save(update_fields=["left_on"])
        audit_person(actor, held, "came_back", ["left_on"])
    return held


@transaction.atomic
def record_opposition(*, actor: User, person: Person, on: date, reason: str = "") -> Person:
    """Somebody objects to being called (GDPR art. 21): out of every audience from now on. The first day is kept.

    `reason`: how they said it, kept by the audit log.
    """
    held = locked(person)
    if held.opposed_on is None:
        held.opposed_on = on
        held.save(update_fields=["opposed_on"])
        audit_person(actor, held, "opposed", ["opposed_on"], reason=clean_text(reason))
    return held


@transaction.atomic
def withdraw_opposition(*, actor: User, person: Person, reason: str) -> Person:
    """Somebody agrees to be called again. Refuses without the reason, which the audit log keeps."""
    reason = clean_text(reason)
    if not reason:
        raise CannotChangePerson("Dites comment cette personne est revenue sur son opposition.")
    held = locked(person)
    if held.opposed_on is not None:
        held.opposed_on = None
        held.save(update_fields=["opposed_on"])
        audit_person(actor, held, "opposition_withdrawn", ["opposed_on"], reason=reason)
    return held


@transaction.atomic
def protect_address(*, actor: User, person: Person, protected: bool, reason: str = "") -> Person:
    """Hide where somebody lives, or stop hiding it. Lifting the protection is refused without a reason."""
    reason = clean_text(reason)
    if not protected and not reason:
        raise CannotChangePerson("Dites pourquoi l’adresse ne doit plus être protégée.")
    held = locked(person)
    if held.protected_address != protected:
        held.protected_address = protected
        held.save(update_fields=["protected_address"])
        change = "address_protected" if protected else "address_unprotected"
        audit_person(actor, held, change, ["protected_address"], reason=reason)
    return held
