"""What an audience may ask about a home: its agency, residence, commune, neighbourhood and floor."""

from collections.abc import Collection
from datetime import date
from typing import Any

from bienveille.ground.lib.criteria import (
    Condition,
    Criterion,
    InvalidValue,
    Names,
    Over,
    read_bounds,
    read_codes,
    read_flag,
)
from bienveille.ground.lib.typography import listed
from bienveille.register.accounts.models import Agency
from bienveille.register.housing.models import Commune, Residence


def _of_agencies(codes: tuple[str, ...], on: date) -> Condition:
    return Condition(Over.HOME, "r.agency_id IN (SELECT id FROM accounts_agency WHERE code = ANY(%s))", (list(codes),))


def _of_residences(codes: tuple[str, ...], on: date) -> Condition:
    return Condition(Over.HOME, "r.code = ANY(%s)", (list(codes),))


def _of_communes(codes: tuple[str, ...], on: date) -> Condition:
    """The code of Paris, Lyon or Marseille covers its arrondissements."""
    sql = "r.commune_id IN (SELECT code FROM housing_commune WHERE code = ANY(%s) OR parent_id = ANY(%s))"
    return Condition(Over.HOME, sql, (list(codes), list(codes)))


def _in_qpv(inside: bool, on: date) -> Condition:
    """A residence about which it is not known is neither inside nor outside."""
    return Condition(Over.HOME, "r.in_qpv" if inside else "NOT r.in_qpv")


def _read_floor(value: Any) -> int:
    low, high = read_bounds(value, least=1, most=70)
    if low is None or high is not None:
        raise InvalidValue("on attend « min », l’étage le plus bas à retenir")
    return low


def _without_lift(floor: int, on: date) -> Condition:
    """A home whose lift is unknown is left out."""
    return Condition(Over.HOME, "d.floor >= %s AND NOT d.lift", (floor,))


def agency_names(codes: Collection[str]) -> Names:
    """Names of the agencies that have these codes (1 query)."""
    return dict(Agency.objects.filter(code__in=codes).values_list("code", "name"))


def residence_names(codes: Collection[str]) -> Names:
    """Names of the residences that have these codes (1 query)."""
    return dict(Residence.objects.filter(code__in=codes).values_list("code", "name"))


def commune_names(codes: Collection[str]) -> Names:
    """Names of the communes that have these INSEE codes (1 query)."""
    return dict(Commune.objects.filter(code__in=codes).values_list("code", "name"))


def _named(kind: str, names: list[str]) -> str:
    """« de l’agence de Lyon ou de l’agence Siège », whether or not the name starts with what it is."""
    short = [name[len(kind) :].strip() if name.casefold().startswith(kind) else name for name in names]
    article = "de l’agence" if kind == "agence" else f"de la {kind}"
    return listed([f"{article} {name}" for name in short], "ou")


def _in_order(codes: tuple[str, ...], names: Names) -> list[str]:
    return [names.get(code, code) for code in codes]


AGENCY = Criterion(
    name="agency",
    label="Agence",
    parse=read_codes,
    condition=_of_agencies,
    phrase=lambda codes, names: _named("agence", _in_order(codes, names)),
    known=agency_names,
    unknown="L’agence « {code} » n’existe pas.",
    place=True,
)
RESIDENCE = Criterion(
    name="residence",
    label="Résidence",
    parse=read_codes,
    condition=_of_residences,
    phrase=lambda codes, names: _named("résidence", _in_order(codes, names)),
    known=residence_names,
    unknown="La résidence « {code} » n’existe pas.",
    place=True,
)
COMMUNE = Criterion(
    name="commune",
    label="Commune",
    parse=read_codes,
    condition=_of_communes,
    phrase=lambda codes, names: f"habitant {listed(_in_order(codes, names), 'ou')}",
    known=commune_names,
    unknown="Aucune commune ne porte le code INSEE « {code} ».",
    place=True,
)
QPV = Criterion(
    name="qpv",
    label="Quartier prioritaire",
    parse=read_flag,
    condition=_in_qpv,
    phrase=lambda inside, names: f"{'dans un' if inside else 'hors'} quartier prioritaire",
    place=True,
)
FLOOR_WITHOUT_LIFT = Criterion(
    name="floor_without_lift",
    label="Étage sans ascenseur",
    parse=_read_floor,
    condition=_without_lift,
    phrase=lambda floor, names: f"logés sans ascenseur au {floor}{'er' if floor == 1 else 'e'} étage ou plus haut",
)

CRITERIA = (AGENCY, RESIDENCE, COMMUNE, QPV, FLOOR_WITHOUT_LIFT)
