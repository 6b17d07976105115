"""What can be done to residences, buildings and homes by hand, and the loading of the official communes."""

import gzip
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, models, transaction

from bienveille.ground.lib.names import clean_text
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import Agency, User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.housing.models import Building, Dwelling, Residence

COMMUNES = Path(__file__).parent / "data" / "communes.tsv.gz"

RESIDENCE_FIELDS = (
    "agency", "code", "name", "kind", "address", "postal_code", "commune", "in_qpv", "qpv_code", "halls",
)  # fmt: skip
DWELLING_FIELDS = (
    "code", "rpls_id", "type", "surface", "staircase", "floor", "door", "lift", "financing", "dpe", "ownership",
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
def watch_residence(*, actor: User, residence: Residence, watched: bool) -> Residence:
    """Put a residence under active watch, or end it."""
    held = Residence.objects.select_for_update().get(pk=residence.pk)
    return _save(actor, held, {"watched": watched}, ("watched",))


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
}
_CONSTRAINTS = {
    "residence_postal_code": "postal_code",
    "residence_qpv_code": "qpv_code",
    "dwelling_rpls_once": "rpls_id",
    "dwelling_surface": "surface",
    "dwelling_floor": "floor",
    "dwelling_type": "type",
    "dwelling_dpe": "dpe",
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


# ---- Communes --------------------------------------------------------------------------------------------------


@transaction.atomic
def ensure_reference() -> int:
    """Load the official communes, or bring them up to date; returns how many rows changed (1 query when all is there).

    Communes that are not in the official list, as an old export may name them, are left alone. The file is made by
    frontend/territory.mjs.
    """
    with gzip.open(COMMUNES, "rt", encoding="utf-8") as file, connection.cursor() as cursor:
        _, expected = file.readline().rstrip("\n").split("\t")
        cursor.execute("SELECT count(*) FROM housing_commune WHERE department <> ''")
        if cursor.fetchone()[0] >= int(expected):
            return 0
        cursor.execute(
            "CREATE TEMP TABLE official (code text, name text, department text, epci text, parent text, postal text)"
            " ON COMMIT DROP"
        )
        with cursor.copy("COPY official FROM STDIN") as copy:
            while block := file.read(1 << 18):
                copy.write(block)
        cursor.execute(
            """INSERT INTO housing_commune AS c (code, name, postal_codes, department, epci, parent_id)
               SELECT code, name, string_to_array(postal, ','), department, epci, nullif(parent, '')
               FROM official ORDER BY parent <> '', code
               ON CONFLICT (code) DO UPDATE SET name = excluded.name, postal_codes = excluded.postal_codes,
                   department = excluded.department, epci = excluded.epci, parent_id = excluded.parent_id
               WHERE (c.name, c.postal_codes, c.department, c.epci, c.parent_id) IS DISTINCT FROM
                     (excluded.name, excluded.postal_codes, excluded.department, excluded.epci, excluded.parent_id)"""
        )
        return cursor.rowcount
