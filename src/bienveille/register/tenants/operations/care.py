"""Marks and relatives: facts useful for care, which end; people to call, who were agreed to."""

from datetime import date

from django.db import transaction

from bienveille.ground.lib.names import clean_text
from bienveille.register.accounts.models import User
from bienveille.register.tenants.choices import ContactKind, FactSource, MarkKind
from bienveille.register.tenants.models import Mark, Person, Relative
from bienveille.register.tenants.operations.rows import (
    InvalidMark,
    InvalidRelative,
    audit_person,
    contact_value,
    locked,
    locked_relative,
    short,
)
from bienveille.register.tenants.rules import LONGEST_MARK_DAYS, mark_expiry


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
    purpose = short(purpose, 60)
    if kind == MarkKind.DISABILITY_DECLARED and not purpose:
        raise InvalidMark("Indiquez pour quelle finalité cette personne accepte que son handicap soit noté.")
    held = locked(person)
    facts = {"source": source, "noted_on": today, "expires_on": expires_on, "noted_by": actor, "purpose": purpose}
    mark, _ = Mark.objects.update_or_create(person=held, kind=kind, defaults=facts)
    audit_person(actor, held, "mark_noted", [kind])
    return mark


@transaction.atomic
def remove_mark(*, actor: User, mark: Mark) -> None:
    """Take back a mark that is no longer true. Twice does nothing more."""
    held = Mark.objects.select_for_update(of=("self",)).select_related("person").filter(pk=mark.pk).first()
    if held is not None:
        audit_person(actor, held.person, "mark_removed", [held.kind])
        Mark.objects.filter(person__merged_into=held.person_id, kind=held.kind).delete()
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
    held = locked(person)
    kept = Relative(person=held) if relative is None else locked_relative(relative, held)
    kept.name, kept.relation, kept.agreed_on = name, short(relation, 60), agreed_on
    kept.phone = contact_value(ContactKind.PHONE, phone) if phone else ""
    kept.email = contact_value(ContactKind.EMAIL, email) if email else ""
    kept.save()
    audit_person(actor, held, "relative_added" if relative is None else "relative_corrected", [])
    return kept


@transaction.atomic
def remove_relative(*, actor: User, relative: Relative) -> None:
    """Forget a relative, at once and for good. Twice does nothing more."""
    held = Relative.objects.select_for_update(of=("self",)).select_related("person").filter(pk=relative.pk).first()
    if held is not None:
        audit_person(actor, held.person, "relative_removed", [])
        same = {"phone": held.phone, "email": held.email}
        Relative.objects.filter(person__merged_into=held.person_id, **same).delete()
        held.delete()
