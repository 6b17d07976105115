"""Two rows that look like one person: somebody says that they are not."""

from datetime import datetime

from django.db import transaction

from bienveille.register.accounts.models import User
from bienveille.register.tenants.models import KnownApart, Person
from bienveille.register.tenants.operations.rows import audit_person


@transaction.atomic
def say_apart(*, actor: User, first: Person, second: Person, now: datetime) -> KnownApart:
    """These two are not the same person: they are no longer suggested. Twice, in any order, says it once."""
    first, second = sorted((first, second), key=lambda person: person.pk)
    said, fresh = KnownApart.objects.get_or_create(
        first=first, second=second, defaults={"said_by": actor, "said_at": now}
    )
    if fresh:
        audit_person(actor, first, "said_apart", [])
        audit_person(actor, second, "said_apart", [])
    return said


@transaction.atomic
def take_back_apart(*, actor: User, first: Person, second: Person) -> None:
    """They may be the same after all: the suggestion comes back. Twice does nothing more."""
    first, second = sorted((first, second), key=lambda person: person.pk)
    deleted, _ = KnownApart.objects.filter(first=first, second=second).delete()
    if deleted:
        audit_person(actor, first, "apart_taken_back", [])
        audit_person(actor, second, "apart_taken_back", [])
