"""What audiences may ask of lots of homes: who lives in one that is taken over or sold."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from bienveille.ground.lib.criteria import Condition, Criterion, InvalidValue, Names, Over, Pick, read_codes
from bienveille.services.letting.queries.lots import lot_names, recent_lots


def _identifiers(value: object) -> tuple[str, ...]:
    codes = read_codes(value)
    for code in codes:
        try:
            UUID(code)
        except ValueError:
            raise InvalidValue(f"« {code} » n’est pas l’identifiant d’un lot") from None
    return codes


def _known(codes: Collection[str]) -> Names:
    return lot_names(codes)


def _in_lot(codes: tuple[str, ...], on: date) -> Condition:
    """The home with which a member was added, or the one that has its code since."""
    sql = """d.id IN (
        SELECT m.dwelling_id FROM letting_stocklothome m
        WHERE m.lot_id = ANY (%s::uuid[]) AND m.dwelling_id IS NOT NULL
        UNION ALL
        SELECT k.id FROM letting_stocklothome m JOIN housing_dwelling k ON k.code = m.code
        WHERE m.lot_id = ANY (%s::uuid[]) AND m.dwelling_id IS NULL)"""
    return Condition(Over.HOME, sql, (list(codes), list(codes)))


def _words(codes: tuple[str, ...], names: Names) -> str:
    quoted = ", ".join(f"« {names.get(code, code)} »" for code in codes)
    return f"de l’un des lots {quoted}" if len(codes) > 1 else f"du lot {quoted}"


CRITERIA = (
    Criterion(
        name="takeover_lot",
        label="Lot repris ou vendu",
        parse=_identifiers,
        condition=_in_lot,
        phrase=_words,
        known=_known,
        unknown="Aucun lot ne porte l’identifiant « {code} ».",
        place=True,
        control=Pick("un lot", options=recent_lots),
    ),
)
