"""What every correction needs: its row under lock, typed values made clean, the audit row; and the refusals."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from bienveille.ground.lib.emails import read_emails
from bienveille.ground.lib.languages import NAMES as LANGUAGES
from bienveille.ground.lib.names import clean_text
from bienveille.ground.lib.phones import read_phone
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.tenants.choices import ContactKind, DayPart, FactSource, MaritalStatus, PersonRole, Title
from bienveille.register.tenants.models import ContactPoint, FieldCorrection, Person, Relative
from bienveille.register.tenants.rules import as_file_text

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


class MergedElsewhere(Refusal):
    message = "Cette fiche est réunie à une autre : c’est l’autre qui se corrige."


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


class ChangedMeanwhile(Refusal):
    """Somebody else changed it since it was read: nothing is overwritten. `current`: what it says now."""

    message = "Quelqu’un a modifié cette fiche pendant votre saisie. Comparez, puis enregistrez ce qui est juste."

    def __init__(self, current: Any) -> None:
        self.current = current
        super().__init__()


def clean_facts(facts: dict[str, Any], today: date) -> dict[str, Any]:
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
            clean[name] = short(value, 100)
    if clean.get("last_name") == "":
        raise CannotChangePerson("Donnez un nom de famille.")
    return clean


def short(text: str, most: int) -> str:
    text = clean_text(text)
    if len(text) > most:
        raise CannotChangePerson(f"Ce texte compte plus de {most} caractères.")
    return text


def kind_of(kind: str) -> ContactKind:
    if kind not in ContactKind.values:
        raise InvalidContactPoint
    return ContactKind(kind)


def contact_value(kind: str, value: str) -> str:
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


def save_point(point: ContactPoint) -> None:
    try:
        with transaction.atomic():
            point.save()
    except IntegrityError as error:
        if "contact_point_once" in str(error):
            raise ContactPointKnown from None
        raise


def locked(person: Person) -> Person:
    """The row as it is now, under lock. Refuses one merged into another: undoing would not find it as it was."""
    held = Person.objects.select_for_update().get(pk=person.pk)
    if held.merged_into_id is not None:
        raise MergedElsewhere
    return held


def locked_point(point: ContactPoint) -> ContactPoint:
    held = ContactPoint.objects.select_for_update(of=("self",)).select_related("person").get(pk=point.pk)
    if held.person.merged_into_id is not None:
        raise MergedElsewhere
    return held


def locked_relative(relative: Relative, person: Person) -> Relative:
    kept = Relative.objects.select_for_update().filter(pk=relative.pk, person=person).first()
    if kept is None:
        raise InvalidRelative("Ce proche ne figure plus sur la fiche.")
    return kept


def note_corrections(
    actor: User, person: Person, names: Iterable[str], *, source: str = FactSource.STAFF, now: datetime | None = None
) -> None:
    """Keep who corrected fields that the landlord's file has wrong, and when; forget it once both say the same."""
    for name in names:
        if name in person.file_said:
            told = {"value": as_file_text(getattr(person, name))[:300], "by": actor, "at": now or timezone.now()}
            FieldCorrection.objects.update_or_create(person=person, field=name, source=source, defaults=told)
        else:
            FieldCorrection.objects.filter(person=person, field=name).delete()


def audit_person(actor: User | None, person: Person, change: str, fields: list[str], reason: str = "") -> None:
    record_audit(
        actor=actor,
        action=AuditAction.PERSON_CHANGED,
        subject=person,
        reason=reason,
        detail={"change": change, "fields": fields, "household": str(person.household_id)},
    )
