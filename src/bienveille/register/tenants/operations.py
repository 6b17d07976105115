"""What can be done to a household by hand: people, ways to reach them, marks. Imports have their own operations.

Every operation takes rows that `access` has loaded for the actor, locks what it changes, and writes one audit row
with the names of what changed, never the values.
"""

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from bienveille.ground.lib.emails import read_emails
from bienveille.ground.lib.languages import NAMES as LANGUAGES
from bienveille.ground.lib.names import clean_text
from bienveille.ground.lib.phones import read_phone
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.tenants.choices import (
    ContactKind,
    ContactStatus,
    DayPart,
    FactSource,
    MaritalStatus,
    MarkKind,
    PersonRole,
    Title,
)
from bienveille.register.tenants.models import ContactPoint, Household, Mark, Person, Relative
from bienveille.register.tenants.rules import LONGEST_MARK_DAYS, mark_expiry

_CHOICES: dict[str, Any] = {
    "title": Title,
    "role": PersonRole,
    "marital_status": MaritalStatus,
    "best_time": DayPart,
}
_BLANK = {"title", "marital_status", "best_time"}
#: What a correction by hand may touch: `correct_person(changes={…})`.
CORRECTABLE = ("title", "last_name", "first_name", "birth_date", "role", "marital_status", "languages", "best_time")
_FIRST_BIRTH = date(1900, 1, 2)


class CannotChangePerson(Refusal):
    message = "Cette personne ne peut pas être modifiée ainsi."


class HouseholdHasLeft(Refusal):
    message = "Ce ménage a quitté son logement : sa fiche ne change plus."


class InvalidContactPoint(Refusal):
    message = "Ce numéro ou cette adresse ne peut pas être enregistré."


class ContactPointKnown(InvalidContactPoint):
    message = "Ce numéro ou cette adresse figure déjà sur la fiche de cette personne."


class InvalidMark(Refusal):
    message = "Ce repère ne peut pas être enregistré."


class InvalidRelative(Refusal):
    message = "Ce proche ne peut pas être enregistré."


# ---- People ----------------------------------------------------------------------------------------------------


@transaction.atomic
def add_person(*, actor: User, household: Household, today: date, **facts: Any) -> Person:
    """Add somebody who lives there (fields: CORRECTABLE). Refuses a missing name, a birth to come, a household gone."""
    held = Household.objects.select_for_update().get(pk=household.pk)
    if held.closed_on is not None:
        raise HouseholdHasLeft
    person = Person(household=held, **_clean_facts({"last_name": "", **facts}, today))
    person.save()
    _audit_person(actor, person, "added", sorted(facts))
    return person


@transaction.atomic
def correct_person(*, actor: User, person: Person, changes: dict[str, Any], today: date) -> Person:
    """Correct what is known of somebody. Refuses a field or value without sense; the same values change nothing."""
    held = _locked(person)
    facts = _clean_facts(changes, today)
    changed = [name for name, value in facts.items() if getattr(held, name) != value]
    if changed:
        for name in changed:
            setattr(held, name, facts[name])
        held.save(update_fields=changed)
        _audit_person(actor, held, "corrected", sorted(changed))
    return held


@transaction.atomic
def report_left(*, actor: User, person: Person, on: date) -> Person:
    """Somebody no longer lives there since that day. The row stays; said twice, the first day is kept."""
    held = _locked(person)
    if held.left_on is None:
        held.left_on = on
        held.save(update_fields=["left_on"])
        _audit_person(actor, held, "left", ["left_on"])
    return held


@transaction.atomic
def report_deceased(*, actor: User, person: Person, today: date, on: date | None = None) -> Person:
    """Somebody has died: nobody will ask for them again, whatever the campaign. The day may be unknown.

    Refuses a day to come. Said twice, a day told later completes what was known.
    """
    if on is not None and on > today:
        raise CannotChangePerson("Le jour du décès ne peut pas être à venir.")
    held = _locked(person)
    changed = [] if held.deceased else ["deceased"]
    if on is not None and held.deceased_on is None:
        changed.append("deceased_on")
    if changed:
        held.deceased = True
        held.deceased_on = held.deceased_on or on
        held.save(update_fields=changed)
        _audit_person(actor, held, "deceased", changed)
    return held


@transaction.atomic
def record_opposition(*, actor: User, person: Person, on: date) -> Person:
    """Somebody objects to being called (GDPR art. 21): out of every audience from now on. The first day is kept."""
    held = _locked(person)
    if held.opposed_on is None:
        held.opposed_on = on
        held.save(update_fields=["opposed_on"])
        _audit_person(actor, held, "opposed", ["opposed_on"])
    return held


@transaction.atomic
def withdraw_opposition(*, actor: User, person: Person, reason: str) -> Person:
    """Somebody agrees to be called again. Refuses without the reason, which the audit log keeps."""
    reason = clean_text(reason)
    if not reason:
        raise CannotChangePerson("Dites comment cette personne est revenue sur son opposition.")
    held = _locked(person)
    if held.opposed_on is not None:
        held.opposed_on = None
        held.save(update_fields=["opposed_on"])
        _audit_person(actor, held, "opposition_withdrawn", ["opposed_on"], reason=reason)
    return held


@transaction.atomic
def protect_address(*, actor: User, person: Person, protected: bool, reason: str = "") -> Person:
    """Hide where somebody lives, or stop hiding it. Lifting the protection is refused without a reason."""
    reason = clean_text(reason)
    if not protected and not reason:
        raise CannotChangePerson("Dites pourquoi l’adresse ne doit plus être protégée.")
    held = _locked(person)
    if held.protected_address != protected:
        held.protected_address = protected
        held.save(update_fields=["protected_address"])
        change = "address_protected" if protected else "address_unprotected"
        _audit_person(actor, held, change, ["protected_address"], reason=reason)
    return held


# ---- Ways to reach somebody ------------------------------------------------------------------------------------


@transaction.atomic
def add_contact_point(
    *, actor: User, person: Person, kind: str, value: str, whose: str = "", source: str = FactSource.STAFF
) -> ContactPoint:
    """Add a number or an address. Refuses one that is not valid, and one already on the record."""
    held = _locked(person)
    point = ContactPoint(
        person=held, kind=_kind(kind), value=_contact_value(kind, value), whose=_short(whose, 60), source=source
    )
    _save_point(point)
    _audit_person(actor, held, "contact_point_added", [kind])
    return point


@transaction.atomic
def correct_contact_point(
    *, actor: User, contact_point: ContactPoint, value: str, whose: str = "", now: datetime
) -> ContactPoint:
    """Correct a number or an address: it becomes usable again, never checked yet. The same one changes nothing."""
    point = _locked_point(contact_point)
    value, whose = _contact_value(point.kind, value), _short(whose, 60)
    changed = [name for name, new in (("value", value), ("whose", whose)) if getattr(point, name) != new]
    if not changed:
        return point
    point.whose = whose
    if "value" in changed:
        point.value, point.status, point.verified_on = value, ContactStatus.VALID, None
        point.status_changed_at, point.status_changed_by = now, actor
    _save_point(point)
    _audit_person(actor, point.person, "contact_point_corrected", changed)
    return point


@transaction.atomic
def flag_contact_point(
    *, actor: User, contact_point: ContactPoint, status: ContactStatus, now: datetime
) -> ContactPoint:
    """Say that a number or an address is wrong, must not be used again, or is to be checked. Who and when are kept."""
    point = _locked_point(contact_point)
    if point.status != status:
        point.status = ContactStatus(status)
        point.status_changed_at, point.status_changed_by = now, actor
        point.save(update_fields=["status", "status_changed_at", "status_changed_by"])
        _audit_person(actor, point.person, f"contact_point_{status}", [point.kind])
    return point


@transaction.atomic
def verify_contact_point(*, actor: User, contact_point: ContactPoint, now: datetime, today: date) -> ContactPoint:
    """Somebody was really reached there. Refuses one that must not be used: the person's word counts more."""
    point = _locked_point(contact_point)
    if point.status == ContactStatus.STOP:
        raise InvalidContactPoint("Cette personne a demandé que ce contact ne serve plus.")
    if point.status != ContactStatus.VALID:
        point.status, point.status_changed_at, point.status_changed_by = ContactStatus.VALID, now, actor
    elif point.verified_on == today:
        return point
    point.verified_on = today
    point.save(update_fields=["status", "status_changed_at", "status_changed_by", "verified_on"])
    _audit_person(actor, point.person, "contact_point_verified", [point.kind])
    return point


# ---- Marks and relatives ---------------------------------------------------------------------------------------


@transaction.atomic
def add_mark(
    *,
    actor: User,
    person: Person,
    kind: str,
    source: str,
    today: date,
    expires_on: date | None = None,
    purpose: str = "",
) -> Mark:
    """Note a fact useful for care; noted again, it is believed anew. It always ends: by default as `rules` say.

    Refuses an end already past or more than two years ahead, and a declared disability without the purpose for
    which the person agreed to it (GDPR art. 9).
    """
    if kind not in MarkKind.values or source not in FactSource.values:
        raise InvalidMark
    expires_on = expires_on or mark_expiry(kind, today)
    if not 0 < (expires_on - today).days <= LONGEST_MARK_DAYS + 1:
        raise InvalidMark("Un repère a une fin, à venir et dans deux ans au plus.")
    purpose = _short(purpose, 60)
    if kind == MarkKind.DISABILITY_DECLARED and not purpose:
        raise InvalidMark("Indiquez pour quelle finalité cette personne accepte que son handicap soit noté.")
    held = _locked(person)
    facts = {"source": source, "noted_on": today, "expires_on": expires_on, "noted_by": actor, "purpose": purpose}
    mark, _ = Mark.objects.update_or_create(person=held, kind=kind, defaults=facts)
    _audit_person(actor, held, "mark_noted", [kind])
    return mark


@transaction.atomic
def remove_mark(*, actor: User, mark: Mark) -> None:
    """Take back a mark that is no longer true. Twice does nothing more."""
    held = Mark.objects.select_for_update(of=("self",)).select_related("person").filter(pk=mark.pk).first()
    if held is not None:
        _audit_person(actor, held.person, "mark_removed", [held.kind])
        held.delete()


@transaction.atomic
def save_relative(
    *,
    actor: User,
    person: Person,
    name: str,
    agreed_on: date | None,
    today: date,
    relation: str = "",
    phone: str = "",
    email: str = "",
    relative: Relative | None = None,
) -> Relative:
    """Keep or correct a relative to call. Refuses without a name, a way to call, or the day the person agreed."""
    name = clean_text(name)
    if not name or len(name) > 150:
        raise InvalidRelative("Donnez le nom de ce proche.")
    if agreed_on is None or agreed_on > today:
        raise InvalidRelative("Indiquez le jour où la personne a accepté que ce proche soit appelé.")
    if not phone and not email:
        raise InvalidRelative("Donnez un numéro ou une adresse électronique.")
    held = _locked(person)
    kept = Relative(person=held) if relative is None else _locked_relative(relative, held)
    kept.name, kept.relation, kept.agreed_on = name, _short(relation, 60), agreed_on
    kept.phone = _contact_value(ContactKind.PHONE, phone) if phone else ""
    kept.email = _contact_value(ContactKind.EMAIL, email) if email else ""
    kept.save()
    _audit_person(actor, held, "relative_added" if relative is None else "relative_corrected", [])
    return kept


@transaction.atomic
def remove_relative(*, actor: User, relative: Relative) -> None:
    """Forget a relative, at once and for good. Twice does nothing more."""
    held = Relative.objects.select_for_update(of=("self",)).select_related("person").filter(pk=relative.pk).first()
    if held is not None:
        _audit_person(actor, held.person, "relative_removed", [])
        held.delete()


# ---- Shared ----------------------------------------------------------------------------------------------------


def _clean_facts(facts: dict[str, Any], today: date) -> dict[str, Any]:
    unknown = set(facts) - set(CORRECTABLE)
    if unknown:
        raise CannotChangePerson(f"Ce champ ne se corrige pas ici : {sorted(unknown)[0]}.")
    clean: dict[str, Any] = {}
    for name, value in facts.items():
        if name in _CHOICES:
            if value not in _CHOICES[name].values and not (value == "" and name in _BLANK):
                raise CannotChangePerson("Cette valeur n’est pas dans la liste.")
            clean[name] = value
        elif name == "birth_date":
            if value is not None and not _FIRST_BIRTH <= value <= today:
                raise CannotChangePerson("La date de naissance doit être passée, et après 1900.")
            clean[name] = value
        elif name == "languages":
            if not set(value) <= set(LANGUAGES):
                raise CannotChangePerson("Cette langue n’est pas connue.")
            clean[name] = list(dict.fromkeys(value))
        else:
            clean[name] = _short(value, 100)
    if clean.get("last_name") == "":
        raise CannotChangePerson("Donnez un nom de famille.")
    return clean


def _short(text: str, most: int) -> str:
    text = clean_text(text)
    if len(text) > most:
        raise CannotChangePerson(f"Ce texte compte plus de {most} caractères.")
    return text


def _kind(kind: str) -> ContactKind:
    if kind not in ContactKind.values:
        raise InvalidContactPoint
    return ContactKind(kind)


def _contact_value(kind: str, value: str) -> str:
    """The one number, in E.164, or the one address that was typed."""
    if kind == ContactKind.PHONE:
        numbers = read_phone(value).numbers
        if len(numbers) != 1:
            raise InvalidContactPoint("Ce numéro n’est pas valable en France.")
        return numbers[0]
    addresses = read_emails(value)
    if len(addresses) != 1:
        raise InvalidContactPoint("Cette adresse électronique n’est pas valable.")
    return addresses[0]


def _save_point(point: ContactPoint) -> None:
    try:
        with transaction.atomic():
            point.save()
    except IntegrityError as error:
        if "contact_point_once" in str(error):
            raise ContactPointKnown from None
        raise


def _locked(person: Person) -> Person:
    return Person.objects.select_for_update().get(pk=person.pk)


def _locked_point(point: ContactPoint) -> ContactPoint:
    return ContactPoint.objects.select_for_update(of=("self",)).select_related("person").get(pk=point.pk)


def _locked_relative(relative: Relative, person: Person) -> Relative:
    kept = Relative.objects.select_for_update().filter(pk=relative.pk, person=person).first()
    if kept is None:
        raise InvalidRelative("Ce proche ne figure plus sur la fiche.")
    return kept


def _audit_person(actor: User, person: Person, change: str, fields: list[str], reason: str = "") -> None:
    record_audit(
        actor=actor,
        action=AuditAction.PERSON_CHANGED,
        subject=person,
        reason=reason,
        detail={"change": change, "fields": fields, "household": str(person.household_id)},
    )
