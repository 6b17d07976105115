"""What can be done to a saved profile without a file: say what other titles become, take some back, delete it."""

import datetime as dt
from collections.abc import Mapping

from django.db import transaction

from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.imports.choices import WAITING
from bienveille.register.imports.models import ImportProfile, ImportRun


class ProfileInUse(Refusal):
    """An import that waits is read with it."""

    message = "Un import en attente se sert de ce profil\u00a0: appliquez-le ou abandonnez-le d’abord."


@transaction.atomic
def change_profile(
    *, actor: User, profile: ImportProfile, columns: Mapping[str, Mapping[str, str]], now: dt.datetime
) -> None:
    """Say what the titles of this landlord's files become, kind by kind; the same said again changes nothing."""
    locked = ImportProfile.objects.select_for_update().get(pk=profile.pk)
    wanted = {kind: dict(titles) for kind, titles in columns.items() if titles}
    if locked.columns == wanted:
        return
    locked.columns, locked.saved_by, locked.saved_at = wanted, actor, now
    locked.save(update_fields=["columns", "saved_by", "saved_at"])
    titles = sum(map(len, wanted.values()))
    _audit(actor, locked, "profile", titles=titles)


@transaction.atomic
def delete_profile(*, actor: User, profile: ImportProfile) -> None:
    """Forget a profile. Refuses while an import that waits is read with it (`ProfileInUse`). Harmless twice."""
    locked = ImportProfile.objects.select_for_update().filter(pk=profile.pk).first()
    if locked is None:
        return
    if ImportRun.objects.filter(profile=locked.name, state__in=WAITING).exists():
        raise ProfileInUse
    _audit(actor, locked, "profile_deleted")
    locked.delete()


def _audit(actor: User, profile: ImportProfile, did: str, **detail: int) -> None:
    record_audit(
        actor=actor,
        action=AuditAction.IMPORT_CHANGED,
        subject=profile,
        reason=f"Profil d’import {profile.name}",
        detail={"did": did, **detail},
    )
