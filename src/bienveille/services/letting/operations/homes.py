"""The homes of a lot: by their codes, pasted or in a file, or by whole buildings; taken back one by one or at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from bienveille.ground.lib.ids import uuid7
from bienveille.ground.lib.typography import number
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.models import User
from bienveille.register.accounts.rules import Scope
from bienveille.services.letting.access import managing_scope
from bienveille.services.letting.models import StockLot, StockLotHome
from bienveille.services.letting.operations.lots import audit_lot, locked_lot
from bienveille.services.letting.queries.lots import codes_of_buildings, known_codes
from bienveille.services.letting.rules.codes import (
    LONGEST_CODE,
    MOST_CODES,
    UnreadableFile,
    cells_of,
    column_of_codes,
    pasted_codes,
)


class CannotAddHomes(Refusal):
    message = "Ces logements n’ont pas pu être ajoutés."


@dataclass(frozen=True)
class Added:
    """What became of the codes given: each is in exactly one of these."""

    batch: UUID
    added: int
    unknown: int  # of which the register does not know yet
    already: int
    elsewhere: int  # left out: homes of agencies that the actor does not cover
    too_long: int  # left out: longer than any code


@transaction.atomic
def add_codes(*, actor: User | None, lot: StockLot, text: str, now: datetime) -> Added:
    """Add homes by their codes, pasted one below the other. Those already there are left as they are.

    Codes that no home has are kept: the home comes in with the next import. Refuses an empty list and one too long.
    """
    return _add(actor, lot, pasted_codes(text), now)


@transaction.atomic
def add_file(*, actor: User | None, lot: StockLot, raw: bytes, now: datetime) -> Added:
    """Add homes by a small file of codes; the column that holds the most known codes is read. The file is not kept.

    Refuses a file that is neither a text nor a workbook, and a list empty or too long.
    """
    try:
        records = cells_of(raw)
    except UnreadableFile as error:
        text = str(error)
        raise CannotAddHomes(f"{text[:1].upper()}{text[1:]}.") from None
    if len(records) > MOST_CODES + 100:
        raise CannotAddHomes(_too_many())
    cells = {cell for record in records for cell in record if cell and len(cell) <= LONGEST_CODE}
    return _add(actor, lot, column_of_codes(records, known_codes(cells)), now)


@transaction.atomic
def add_buildings(*, actor: User | None, lot: StockLot, buildings: Iterable[UUID], now: datetime) -> Added:
    """Add every home of some buildings, within the agencies that the actor covers. Refuses when there is none."""
    return _add(actor, lot, codes_of_buildings(buildings, scope=_scope(actor)), now)


@transaction.atomic
def remove_home(*, actor: User | None, lot: StockLot, home_id: UUID) -> str:
    """Take one home out of a lot; gives its code, "" when it was not there. The home itself is not touched."""
    held = locked_lot(lot.pk)
    home = StockLotHome.objects.filter(lot=held, pk=home_id).first()
    if home is None:
        return ""
    home.delete()
    audit_lot(actor, held, "homes_removed", count=1)
    return home.code


@transaction.atomic
def remove_batch(*, actor: User | None, lot: StockLot, batch: UUID) -> int:
    """Take out of a lot the homes that were added at once; gives how many. Twice does nothing more."""
    held = locked_lot(lot.pk)
    count, _ = StockLotHome.objects.filter(lot=held, batch=batch).delete()
    if count:
        audit_lot(actor, held, "homes_removed", count=count)
    return count


def _add(actor: User | None, lot: StockLot, codes: list[str], now: datetime) -> Added:
    if not codes:
        raise CannotAddHomes("Aucun code de logement n’a été trouvé. Donnez au moins un code.")
    if len(codes) > MOST_CODES:
        raise CannotAddHomes(_too_many())
    held = locked_lot(lot.pk)
    fitting = [code for code in codes if len(code) <= LONGEST_CODE]
    known, scope = known_codes(fitting), _scope(actor)
    elsewhere = {
        code for code, (_, agency, company) in known.items() if not scope.covers(company=company, agency=agency)
    }
    there = set(StockLotHome.objects.filter(lot=held, code__in=fitting).values_list("code", flat=True))
    batch = uuid7()
    rows = [
        StockLotHome(
            lot=held,
            code=code,
            dwelling_id=known[code][0] if code in known else None,
            batch=batch,
            added_by=actor,
            added_at=now,
        )
        for code in fitting
        if code not in there and code not in elsewhere
    ]
    StockLotHome.objects.bulk_create(rows, batch_size=2000)
    if rows:
        audit_lot(actor, held, "homes_added", count=len(rows))
    return Added(
        batch=batch,
        added=len(rows),
        unknown=sum(row.dwelling_id is None for row in rows),
        already=len(there),
        elsewhere=len(elsewhere - there),
        too_long=len(codes) - len(fitting),
    )


def _scope(actor: User | None) -> Scope:
    return Scope(everything=True) if actor is None else managing_scope(actor)


def _too_many() -> str:
    return f"Cette liste compte plus de {number(MOST_CODES)} codes. Ajoutez-la en plusieurs fois."
