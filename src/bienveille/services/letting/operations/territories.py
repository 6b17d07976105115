"""The landlord's own territories: départements counted together in the figures."""

from collections.abc import Iterable

from django.db import transaction

from bienveille.ground.lib.names import clean_text
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.services.letting.choices import DEPARTMENTS
from bienveille.services.letting.models import TerritoryDepartment


class CannotArrangeTerritory(Refusal):
    message = "Ce territoire ne peut pas être enregistré."


@transaction.atomic
def save_territory(*, actor: User | None, name: str, departments: Iterable[str]) -> None:
    """Count some départements together under a name. The same name again gives it these départements and no other.

    Refuses a missing name, no département, one that does not exist or that another territory already holds.
    """
    name, codes = clean_text(name), sorted(set(departments))
    if not name or len(name) > 80:
        raise CannotArrangeTerritory("Donnez un nom au territoire, en 80 caractères au plus.")
    if not codes or any(code not in DEPARTMENTS for code in codes):
        raise CannotArrangeTerritory("Choisissez au moins un département de la liste.")
    held = {row.department: row for row in TerritoryDepartment.objects.select_for_update().order_by("department")}
    for code in codes:
        if code in held and held[code].territory != name:
            taken = held[code].territory
            raise CannotArrangeTerritory(f"{DEPARTMENTS[code]} est déjà dans le territoire «\u00a0{taken}\u00a0».")
    gone = [row.pk for code, row in held.items() if row.territory == name and code not in codes]
    TerritoryDepartment.objects.filter(pk__in=gone).delete()
    new = [TerritoryDepartment(department=code, territory=name) for code in codes if code not in held]
    TerritoryDepartment.objects.bulk_create(new)
    if new or gone:
        _audit(actor, "territory_saved", codes)


@transaction.atomic
def remove_territory(*, actor: User | None, name: str) -> list[str]:
    """Count its départements by themselves again; gives them. Twice does nothing more."""
    rows = list(TerritoryDepartment.objects.select_for_update().filter(territory=name).order_by("department"))
    codes = [row.department for row in rows]
    if rows:
        TerritoryDepartment.objects.filter(pk__in=[row.pk for row in rows]).delete()
        _audit(actor, "territory_removed", codes)
    return codes


def _audit(actor: User | None, change: str, codes: list[str]) -> None:
    record_audit(
        actor=actor,
        action=AuditAction.HOUSING_CHANGED,
        subject_type=TerritoryDepartment._meta.label,
        detail={"change": change, "departments": codes},
    )
