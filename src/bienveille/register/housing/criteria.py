"""What an audience may ask about a home: its agency, residence, commune, neighbourhood, watch and floor."""

from collections.abc import Collection
from datetime import date
from typing import Any

from django.db.models import Q
from django.db.models.functions import Length

from bienveille.ground.lib.criteria import (
    Bounds,
    Condition,
    Criterion,
    Flag,
    InvalidValue,
    Names,
    Over,
    Pick,
    read_bounds,
    read_codes,
    read_flag,
)
from bienveille.ground.lib.typography import listed
from bienveille.register.accounts.models import Agency
from bienveille.register.housing.models import Commune, Residence

#: How many answers a search proposes at once.
FOUND = 12


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


def _watched(inside: bool, on: date) -> Condition:
    return Condition(Over.HOME, "r.watched" if inside else "NOT r.watched")


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


def agency_list() -> Names:
    """Every agency by its code, in the order of their names (1 query)."""
    return dict(Agency.objects.order_by("name", "code").values_list("code", "name"))


def find_residences(text: str) -> Names:
    """Some residences whose code or name has this text, with their commune (1 query)."""
    found = Residence.objects.filter(Q(code__iexact=text) | Q(name__icontains=text)).order_by("name", "code")
    rows = found.values_list("code", "name", "commune__name")[:FOUND]
    return {code: f"{name}, {commune}" if commune else name for code, name, commune in rows}


def find_communes(text: str) -> Names:
    """Some communes whose INSEE code is this text, or whose name begins with it (1 query)."""
    found = Commune.objects.filter(Q(code__iexact=text) | Q(name__istartswith=text)).order_by(Length("name"), "name")
    return {code: f"{name} ({code})" for code, name in found.values_list("code", "name")[:FOUND]}


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
    control=Pick("une agence", options=agency_list),
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
    control=Pick("une résidence", find=find_residences),
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
    control=Pick("une commune", find=find_communes),
)
QPV = Criterion(
    name="qpv",
    label="Quartier prioritaire",
    parse=read_flag,
    condition=_in_qpv,
    phrase=lambda inside, names: f"{'dans un' if inside else 'hors'} quartier prioritaire",
    place=True,
    control=Flag("dans un quartier prioritaire", "hors quartier prioritaire"),
)
WATCHED = Criterion(
    name="watched",
    label="Résidence sous veille",
    parse=read_flag,
    condition=_watched,
    phrase=lambda inside, names: "dans une résidence sous veille" if inside else "hors des résidences sous veille",
    place=True,
    control=Flag("dans une résidence sous veille", "hors des résidences sous veille"),
)
FLOOR_WITHOUT_LIFT = Criterion(
    name="floor_without_lift",
    label="Étage sans ascenseur",
    parse=_read_floor,
    condition=_without_lift,
    phrase=lambda floor, names: f"logés sans ascenseur au {floor}{'er' if floor == 1 else 'e'} étage ou plus haut",
    control=Bounds("étage", least_only=True, start=3),
)

CRITERIA = (AGENCY, RESIDENCE, COMMUNE, QPV, WATCHED, FLOOR_WITHOUT_LIFT)
