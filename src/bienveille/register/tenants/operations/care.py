"""Marks and relatives: facts useful for care, which end; people to call, who were agreed to."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from bienveille.ground.lib.names import clean_text
from bienveille.ground.platform.jobs import job
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.tenants.choices import ContactKind, FactSource, MarkKind
from bienveille.register.tenants.models import Mark, Merge, Person, Relative
from bienveille.register.tenants.operations.rows import (
    InvalidMark,
    InvalidRelative,
    audit_person,
    contact_value,
    locked,
    locked_relative,
    short,
)
from bienveille.register.tenants.rules import LONGEST_MARK_DAYS, SENSITIVE_MARKS, mark_expiry


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
    if kind in SENSITIVE_MARKS and not purpose:
        raise InvalidMark("Indiquez pour quelle finalité cette personne accepte que son handicap soit noté.")
    held = locked(person)
    facts = {"source": source, "noted_on": today, "expires_on": expires_on, "noted_by": actor, "purpose": purpose}
    mark, _ = Mark.objects.update_or_create(person=held, kind=kind, defaults=facts)
    audit_person(actor, held, "mark_noted", [kind])
    return mark


@transaction.atomic
def renew_mark(*, actor: User, mark: Mark, today: date, source: str = "") -> Mark:
    """It is still true: believed anew from today, as long as a mark of its kind usually is. Twice a day says it once.

    The purpose that a sensitive one was agreed for stays. Refuses one that has ended: it is noted anew.
    """
    person = locked(mark.person)
    held = Mark.objects.select_for_update().filter(pk=mark.pk, person=person).first()
    if held is None or held.expires_on <= today:
        raise InvalidMark("Ce repère a pris fin. Notez-le de nouveau s’il est vrai.")
    if source and source not in FactSource.values:
        raise InvalidMark
    expires_on = max(held.expires_on, mark_expiry(held.kind, today))
    if (held.noted_on, held.expires_on) != (today, expires_on):
        held.noted_on, held.expires_on, held.noted_by = today, expires_on, actor
        held.source = source or held.source
        held.save(update_fields=["noted_on", "expires_on", "noted_by", "source"])
        audit_person(actor, person, "mark_renewed", [held.kind])
    return held


@job(queue="tenants")
def purge_marks() -> int:
    """Erase the marks whose last day has passed, and what merges remember of them. How many were erased."""
    return erase_marks(today=timezone.localdate())


@transaction.atomic
def erase_marks(*, today: date) -> int:
    """Erase what has ended: nothing showed it any more. The audit keeps their number, never whose they were."""
    ended = Mark.objects.select_for_update().filter(expires_on__lte=today)
    keys = {str(key): person for key, person in ended.values_list("pk", "person_id")}
    if not keys:
        return 0
    for merge in Merge.objects.select_for_update().filter(undone_at=None, kept__in=set(keys.values())):
        told = merge.before["marks"]
        for part in ("moved", "changed"):
            told[part] = {key: facts for key, facts in told[part].items() if key not in keys}
        merge.save(update_fields=["before"])
    erased, _ = Mark.objects.filter(pk__in=keys).delete()
    record_audit(
        actor=None,
        action=AuditAction.PERSON_CHANGED,
        subject_type="tenants.Mark",
        reason="Repères arrivés à leur terme",
        detail={"change": "marks_erased", "count": erased},
    )
    return erased


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
