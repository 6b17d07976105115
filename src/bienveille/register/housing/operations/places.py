"""Residences, buildings and homes by hand; a building manager's residences."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction

from bienveille.ground.lib.names import clean_text
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.access import has_role
from bienveille.register.accounts.choices import AuditAction, Role
from bienveille.register.accounts.models import Agency, User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.housing.models import Building, Dwelling, Residence, ResidenceManager

RESIDENCE_FIELDS = (
    "agency", "code", "name", "kind", "address", "postal_code", "commune", "in_qpv", "qpv_code", "halls",
    "latitude", "longitude",
)  # fmt: skip
DWELLING_FIELDS = (
    "code", "rpls_id", "type", "surface", "staircase", "floor", "door", "lift", "financing", "dpe", "ownership",
    "occupancy", "occupancy_on", "built_in", "accessible",
)  # fmt: skip


class CannotChangeHousing(Refusal):
    message = "Ce lieu ne peut pas être enregistré ainsi."


@transaction.atomic
def create_residence(*, actor: User, agency: Agency, code: str, name: str, **facts: Any) -> Residence:
    """Add a residence (fields: RESIDENCE_FIELDS). Refuses a code already taken and what the register cannot hold."""
    return _save(actor, Residence(), {"agency": agency, "code": code, "name": name, **facts}, RESIDENCE_FIELDS)


@transaction.atomic
def correct_residence(*, actor: User, residence: Residence, **changes: Any) -> Residence:
    """Correct a residence. The same values change nothing; refusals as in `create_residence`."""
    held = Residence.objects.select_for_update().get(pk=residence.pk)
    return _save(actor, held, changes, RESIDENCE_FIELDS)


@transaction.atomic
def create_building(*, actor: User, residence: Residence, code: str) -> Building:
    """Add a building to a residence. Refuses a code that the residence already has."""
    return _save(actor, Building(residence=residence), {"code": code}, ("code",))


@transaction.atomic
def correct_building(*, actor: User, building: Building, code: str) -> Building:
    """Give a building another code."""
    held = Building.objects.select_for_update().get(pk=building.pk)
    return _save(actor, held, {"code": code}, ("code",))


@transaction.atomic
def create_dwelling(*, actor: User, building: Building, code: str, **facts: Any) -> Dwelling:
    """Add a home (fields: DWELLING_FIELDS). Refuses a code or RPLS number already taken, an impossible floor."""
    return _save(actor, Dwelling(building=building), {"code": code, **facts}, DWELLING_FIELDS)


@transaction.atomic
def correct_dwelling(*, actor: User, dwelling: Dwelling, **changes: Any) -> Dwelling:
    """Correct a home. The same values change nothing; refusals as in `create_dwelling`."""
    held = Dwelling.objects.select_for_update().get(pk=dwelling.pk)
    return _save(actor, held, changes, DWELLING_FIELDS)


@transaction.atomic
def add_manager(*, actor: User, residence: Residence, user: User) -> ResidenceManager:
    """Say that somebody looks after a residence on site: they may open it. Twice changes nothing.

    Refuses who does not have the role: the residence alone would open nothing to them.
    """
    if not has_role(user, Role.BUILDING_MANAGER):
        raise CannotChangeHousing(f"{user.display_name} n’a pas le rôle de gardien\u00a0: accordez-le d’abord.")
    made, created = ResidenceManager.objects.get_or_create(residence=residence, user=user)
    if created:
        _audit_manager(actor, residence, user, "manager_added")
    return made


@transaction.atomic
def remove_manager(*, actor: User, residence: Residence, user: User) -> bool:
    """Say that somebody no longer looks after a residence. Gives whether they did."""
    gone, _ = ResidenceManager.objects.filter(residence=residence, user=user).delete()
    if gone:
        _audit_manager(actor, residence, user, "manager_removed")
    return bool(gone)


def _audit_manager(actor: User, residence: Residence, user: User, change: str) -> None:
    detail = {"change": change, "user": str(user.pk)}
    record_audit(actor=actor, action=AuditAction.HOUSING_CHANGED, subject=residence, detail=detail)


def _save[Row: (Residence, Building, Dwelling)](
    actor: User, row: Row, facts: dict[str, Any], allowed: tuple[str, ...]
) -> Row:
    """Checks as the models' own constraints do, writes what changed, audits the names of the fields."""
    unknown = sorted(set(facts) - set(allowed))
    if unknown:
        raise CannotChangeHousing(f"Ce champ ne se corrige pas ici\u00a0: {unknown[0]}.")
    facts = {name: clean_text(value) if isinstance(value, str) else value for name, value in facts.items()}
    new = row._state.adding
    changed = [name for name, value in facts.items() if new or not _same(row, name, value)]
    if not changed:
        return row
    for name in changed:
        setattr(row, name, facts[name])
    if hasattr(row, "code") and not row.code and not isinstance(row, Building):
        raise CannotChangeHousing("Donnez un code.")
    try:
        _check(row, changed)
    except ValidationError as error:
        raise CannotChangeHousing(_said(error)) from None
    row.save()
    detail = {"change": "created" if new else "corrected", "fields": sorted(changed)}
    record_audit(actor=actor, action=AuditAction.HOUSING_CHANGED, subject=row, detail=detail)
    return row


def _same(row: models.Model, name: str, value: Any) -> bool:
    field: Any = row._meta.get_field(name)
    held = getattr(row, field.attname)
    if isinstance(value, models.Model):
        return bool(held == value.pk)
    try:
        return bool(held == field.to_python(value))
    except ValidationError:
        return False


def _check(row: models.Model, changed: list[str]) -> None:
    """The fields that change, by their own rules; the row, by the table's. What may be unknown may be emptied."""
    fields: list[Any] = row._meta.get_fields()
    kept = {
        f.name for f in fields if f.name not in changed or (f.concrete and f.null and getattr(row, f.attname) is None)
    }
    row.clean_fields(exclude=kept)
    row.validate_unique()
    row.validate_constraints()


_SENTENCES = {
    "code": "Ce code est déjà pris, ou trop long.",
    "name": "Donnez un nom, en 200 caractères au plus.",
    "postal_code": "Un code postal compte cinq chiffres.",
    "qpv_code": "Un code de quartier prioritaire commence par QN ou QP.",
    "rpls_id": "Ce numéro RPLS est déjà pris, ou trop long.",
    "surface": "La surface doit être un nombre de mètres carrés, plus grand que zéro.",
    "floor": "L’étage doit être un nombre entre −5 et 70.",
    "type": "Ce type de logement n’est pas dans la liste.",
    "dpe": "L’étiquette énergie va de A à G.",
    "latitude": "La latitude va de −90 à 90 et se donne avec la longitude, qui va de −180 à 180.",
    "occupancy": "Cette occupation n’est pas dans la liste.",
    "built_in": "L’année de construction compte quatre chiffres, à partir de 1500.",
}
_CONSTRAINTS = {
    "residence_postal_code": "postal_code",
    "residence_qpv_code": "qpv_code",
    "dwelling_rpls_once": "rpls_id",
    "dwelling_surface": "surface",
    "dwelling_floor": "floor",
    "dwelling_type": "type",
    "dwelling_dpe": "dpe",
    "residence_place": "latitude",
    "dwelling_occupancy": "occupancy",
    "dwelling_built_in": "built_in",
}


def _said(error: ValidationError) -> str:
    """The first thing wrong, in words for the user: a field's own rule, or a constraint of the table."""
    for name, problems in error.error_dict.items():
        if name in _SENTENCES:
            return _SENTENCES[name]
        if any(problem.code == "unique_together" for problem in problems):
            return _SENTENCES["code"]
    text = str(error)
    for constraint, name in _CONSTRAINTS.items():
        if constraint in text:
            return _SENTENCES[name]
    return CannotChangeHousing.message
