"""A lot from its announcement to its last step: created, corrected, ticked, turned into an audience, deleted."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from bienveille.engines.audiences.operations import delete_audience, save_audience
from bienveille.ground.lib.names import clean_text
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import Agency, User
from bienveille.register.accounts.operations import record_audit
from bienveille.services.letting.access import covers_lot
from bienveille.services.letting.choices import Direction
from bienveille.services.letting.models import StockLot, StockLotStep
from bienveille.services.letting.rules.lots import checklist

LOT_FIELDS = (
    "name", "other_party", "effective_on", "agency", "announced", "announced_full", "announced_co_owned",
    "announced_managed",
)  # fmt: skip
#: The purpose of the landlord's register under which newcomers are called.
PURPOSE = "wellbeing"
MOST_HOMES = 1_000_000
_AUDIENCE_NAMES = {Direction.TAKEN_OVER: "Accueil des locataires", Direction.SOLD: "Locataires à prévenir"}


class CannotSaveLot(Refusal):
    message = "Ce lot ne peut pas être enregistré."


class CannotDeleteLot(Refusal):
    message = "Un public a été fait de ce lot. Retirez-le d’abord, puis supprimez le lot."


class LotGone(Refusal):
    message = "Ce lot n’existe plus."


@transaction.atomic
def create_lot(
    *, actor: User | None, direction: Direction, name: str, effective_on: date, agency: Agency | None, **facts: Any
) -> StockLot:
    """Announce homes taken over or sold (fields: LOT_FIELDS). What was announced is kept as it was said.

    Refuses a name already taken or empty, a number that cannot be, an agency that is not the actor's.
    """
    lot = StockLot(direction=Direction(direction), created_by=actor)
    return _save(actor, lot, {"name": name, "effective_on": effective_on, "agency": agency, **facts}, "created")


@transaction.atomic
def change_lot(*, actor: User | None, lot: StockLot, **changes: Any) -> StockLot:
    """Correct what is said of a lot. The same values change nothing; refusals as in `create_lot`."""
    return _save(actor, locked_lot(lot.pk), changes, "corrected")


def _save(actor: User | None, lot: StockLot, facts: dict[str, Any], change: str) -> StockLot:
    unknown = sorted(set(facts) - set(LOT_FIELDS))
    if unknown:
        raise CannotSaveLot(f"Ce champ ne se corrige pas ici\u00a0: {unknown[0]}.")
    new = lot._state.adding
    changed = []
    for name, value in facts.items():
        clean = clean_text(value) if isinstance(value, str) else value
        held = lot.agency_id if name == "agency" else getattr(lot, name)
        if new or held != (clean.pk if isinstance(clean, Agency) else clean):
            setattr(lot, name, clean)
            changed.append(name)
    if not changed:
        return lot
    _check(actor, lot, new=new, moved="agency" in changed)
    try:
        with transaction.atomic():
            lot.save()
    except IntegrityError as error:
        if "name" in str(error):
            raise CannotSaveLot("Un autre lot porte déjà ce nom. Choisissez-en un autre.") from None
        raise
    audit_lot(actor, lot, change, fields=sorted(changed))
    return lot


def _check(actor: User | None, lot: StockLot, *, new: bool, moved: bool) -> None:
    if not lot.name or len(lot.name) > 150:
        raise CannotSaveLot("Donnez un nom à ce lot, en 150 caractères au plus.")
    if len(lot.other_party) > 150:
        raise CannotSaveLot("Nommez l’autre propriétaire en 150 caractères au plus.")
    numbers = (lot.announced, lot.announced_full, lot.announced_co_owned, lot.announced_managed)
    if any(number is not None and not 0 <= number <= MOST_HOMES for number in numbers):
        raise CannotSaveLot("Un nombre de logements va de 0 à 1\u00a0000\u00a0000.")
    if actor is not None and (new or moved) and not covers_lot(actor, lot.agency if lot.agency_id else None):
        raise CannotSaveLot("Choisissez une agence que vous suivez.")


@transaction.atomic
def tick_step(*, actor: User | None, lot: StockLot, key: str, now: datetime) -> bool:
    """Say that a step of the checklist is done; said twice, the first stands. Refuses a step that the lot has not."""
    held = locked_lot(lot.pk)
    if key not in {step.key for step in checklist(held.direction)}:
        raise CannotSaveLot("Cette étape n’est pas dans la liste de ce lot.")
    _, made = StockLotStep.objects.get_or_create(lot=held, key=key, defaults={"done_by": actor, "done_at": now})
    if made:
        audit_lot(actor, held, "step_done", step=key)
    return made


@transaction.atomic
def untick_step(*, actor: User | None, lot: StockLot, key: str) -> bool:
    """Say that a step is not done after all; said twice, nothing more happens."""
    held = locked_lot(lot.pk)
    deleted, _ = StockLotStep.objects.filter(lot=held, key=key).delete()
    if deleted:
        audit_lot(actor, held, "step_undone", step=key)
    return bool(deleted)


@transaction.atomic
def create_lot_audience(*, actor: User, lot: StockLot) -> StockLot:
    """Keep the households of a lot as an audience, ready for a campaign of calls. Twice gives the same one.

    Refuses, as audiences do, a name already taken and somebody without the role.
    """
    held = locked_lot(lot.pk)
    if held.audience_id is None:
        name = f"{_AUDIENCE_NAMES[Direction(held.direction)]}, {held.name}"[:150]
        held.audience = save_audience(
            actor=actor, name=name, rule={"all": [{"takeover_lot": str(held.pk)}]}, purpose=PURPOSE
        )
        held.save(update_fields=["audience"])
        audit_lot(actor, held, "audience_created")
    return held


@transaction.atomic
def drop_lot_audience(*, actor: User, lot: StockLot) -> None:
    """Forget the audience of a lot; campaigns keep the copy that they were opened with. Twice does nothing more."""
    held = locked_lot(lot.pk)
    audience = held.audience
    if audience is not None:
        held.audience = None
        held.save(update_fields=["audience"])
        delete_audience(actor=actor, audience=audience)
        audit_lot(actor, held, "audience_dropped")


@transaction.atomic
def delete_lot(*, actor: User | None, lot: StockLot) -> None:
    """Forget a lot, its list of homes and its steps; no home is touched. Refuses while an audience is made of it."""
    held = StockLot.objects.select_for_update(of=("self",)).filter(pk=lot.pk).first()
    if held is None:
        return
    if held.audience_id is not None:
        raise CannotDeleteLot
    audit_lot(actor, held, "deleted")
    held.delete()


def locked_lot(lot_id: UUID) -> StockLot:
    """The lot as it is now, locked until the end of the transaction."""
    lot = (
        StockLot.objects.select_for_update(of=("self",)).select_related("agency", "audience").filter(pk=lot_id).first()
    )
    if lot is None:
        raise LotGone
    return lot


def audit_lot(actor: User | None, lot: StockLot, change: str, **detail: Any) -> None:
    record_audit(
        actor=actor, action=AuditAction.HOUSING_CHANGED, subject=lot, detail={"change": f"lot_{change}", **detail}
    )
