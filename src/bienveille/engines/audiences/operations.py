"""What can be done to a saved audience. Opening a campaign on one belongs to the service that calls."""

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from bienveille.engines.audiences.access import may_prepare
from bienveille.engines.audiences.models import Audience
from bienveille.engines.audiences.queries import check
from bienveille.ground.lib.names import clean_text
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit


class CannotSaveAudience(Refusal):
    message = "Ce public ne peut pas être enregistré."


class AudienceNameTaken(CannotSaveAudience):
    message = "Un autre public porte déjà ce nom. Choisissez-en un autre."


class AudienceGone(Refusal):
    message = "Ce public n’existe plus."


@transaction.atomic
def save_audience(
    *,
    actor: User,
    name: str,
    rule: dict[str, Any],
    purpose: str,
    audience: Audience | None = None,
) -> Audience:
    """Keep a rule under a name, or change the rule of one that is kept.

    Refuses a rule that means nothing, a missing name or purpose, a name already taken, somebody without the role.
    """
    if not may_prepare(actor):
        raise CannotSaveAudience("Votre rôle ne permet pas de préparer un public.")
    name, purpose = clean_text(name), clean_text(purpose)
    _check_name(name)
    if not purpose or len(purpose) > 60:
        raise CannotSaveAudience("Indiquez la finalité de ce public, en 60 caractères au plus.")
    check(rule)
    if audience is None:
        saved, change = Audience(created_by=actor), "created"
    else:
        saved, change = _locked(audience.pk), "changed"
    saved.name, saved.rule, saved.purpose = name, rule, purpose
    _store(saved)
    _audit(actor, saved, change)
    return saved


@transaction.atomic
def rename_audience(*, actor: User, audience: Audience, name: str) -> Audience:
    """Give a saved audience another name. Refuses an empty name and one already taken; the same changes nothing."""
    name = clean_text(name)
    _check_name(name)
    saved = _locked(audience.pk)
    if saved.name != name:
        saved.name = name
        _store(saved)
        _audit(actor, saved, "renamed")
    return saved


@transaction.atomic
def delete_audience(*, actor: User, audience: Audience) -> None:
    """Forget a saved audience; campaigns keep the copy of the rule they were opened with. Twice does nothing more."""
    saved = Audience.objects.select_for_update().filter(pk=audience.pk).first()
    if saved is not None:
        _audit(actor, saved, "deleted")
        saved.delete()


def _check_name(name: str) -> None:
    if not name or len(name) > 150:
        raise CannotSaveAudience("Donnez un nom à ce public, en 150 caractères au plus.")


def _store(audience: Audience) -> None:
    """The database alone knows whether a name is free: two managers may save at the same moment."""
    try:
        with transaction.atomic():
            audience.save()
    except IntegrityError as error:
        if "name" in str(error):
            raise AudienceNameTaken from None
        raise


def _locked(audience_id: UUID) -> Audience:
    saved = Audience.objects.select_for_update().filter(pk=audience_id).first()
    if saved is None:
        raise AudienceGone
    return saved


def _audit(actor: User, audience: Audience, change: str) -> None:
    record_audit(
        actor=actor,
        action=AuditAction.AUDIENCE_CHANGED,
        subject=audience,
        detail={"change": change},
    )
